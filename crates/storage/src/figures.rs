//! Figures of a store for operators, in the terms of Prometheus.

/// What a figure does over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FigureKind {
    /// It goes up and down.
    Gauge,
    /// It only grows while the process runs.
    Counter,
    /// A part of a distribution.
    Histogram,
}

impl FigureKind {
    /// The name of the kind.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Histogram => "histogram",
        }
    }
}

/// One figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub help: &'static str,
    /// What it does.
    pub kind: FigureKind,
    /// A label with its value.
    pub label: Option<(&'static str, String)>,
    /// How much.
    pub value: f64,
}

impl Figure {
    /// The name without the part of a histogram.
    pub fn family(&self) -> &'static str {
        let parts = ["_bucket", "_sum", "_count"];
        let is_part = self.kind == FigureKind::Histogram;
        let whole = parts.iter().find_map(|part| self.name.strip_suffix(part));
        whole.filter(|_| is_part).unwrap_or(self.name)
    }
}
