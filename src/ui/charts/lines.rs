//! Line charts over time with target bands; what is out of target has another shape, not only another colour.

use super::scale::{Scale, Standing, apart, axis, labels};
use super::{Shape, axis_label, drawing, grid_line, unit};
use leptos::prelude::*;

/// One line.
#[derive(Clone, Debug)]
pub struct Series {
    /// What it shows.
    pub name: &'static str,
    /// One value for each instant of the chart, where there is one.
    pub values: Vec<Option<f64>>,
    /// The target, ends included.
    pub target: Option<(f64, f64)>,
}

/// Up to two lines over the same instants.
#[derive(Clone, Debug)]
pub struct LineChart {
    /// Start of the ids in the drawing; unique on the page.
    pub id: &'static str,
    /// What the chart shows.
    pub title: String,
    /// What there is to see in it, for those who do not see it.
    pub description: String,
    /// The instants in rising order, in any unit.
    pub instants: Vec<f64>,
    /// The label of each instant.
    pub labels: Vec<String>,
    /// One or two lines.
    pub series: Vec<Series>,
}

/// The classes of the first and the second line.
const CLASSES: [Classes; 2] = [
    Classes { band: "band-s", line: "s1", point: "p1", label: "lab l1", key: "k1", band_key: "kb1" },
    Classes { band: "band-d", line: "s2", point: "p2", label: "lab l2", key: "k2", band_key: "kb2" },
];

#[derive(Clone, Copy)]
struct Classes {
    band: &'static str,
    line: &'static str,
    point: &'static str,
    label: &'static str,
    key: &'static str,
    band_key: &'static str,
}

/// Distance of the first and last point from the edges of the grid.
const INSET: f64 = 12.0;
/// Least distance of the values written at the end of two lines.
const VALUE_GAP: f64 = 15.0;

/// A number without needless decimals.
pub(super) fn number(value: f64) -> String {
    if value.fract().abs() < 0.05 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// Both drawings and the legend. The table stands below, made by the caller.
pub fn lines(chart: &LineChart, table: AnyView) -> AnyView {
    let wide = one_drawing(chart, Shape::WIDE);
    let narrow = one_drawing(chart, Shape::NARROW);
    view! { <figure class="hc-fig">{wide}{narrow}{legend(chart)}{table}</figure> }.into_any()
}

fn extremes(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

fn one_drawing(chart: &LineChart, shape: Shape) -> AnyView {
    let targets = chart.series.iter().filter_map(|series| series.target).flat_map(|(low, high)| [low, high]);
    let values = chart.series.iter().flat_map(|series| series.values.iter().flatten().copied());
    let (low, high) = extremes(values.chain(targets));
    let ticks = axis(low, high);
    let ends = (ticks[0], ticks[ticks.len() - 1]);
    let y = Scale::new(ends, (shape.bottom, shape.top));
    let x = Scale::new(extremes(chart.instants.iter().copied()), (shape.left + INSET, shape.right - INSET));
    let xs: Vec<f64> = chart.instants.iter().map(|instant| x.at(*instant)).collect();
    let bands = chart
        .series
        .iter()
        .zip(CLASSES)
        .filter_map(|(series, classes)| series.target.map(|target| band(shape, y, target, classes.band)));
    let grid = ticks.iter().map(|tick| grid_line(shape, y.at(*tick), number(*tick)));
    let words = labels(&xs, shape.label_gap)
        .into_iter()
        .map(|index| axis_label(shape, xs[index], chart.labels.get(index).cloned().unwrap_or_default()));
    let drawn = chart.series.iter().zip(CLASSES).map(|(series, classes)| line(series, &xs, y, classes));
    let body = bands.chain(grid).chain(words).chain(drawn).chain(last_values(chart, shape, y)).collect_view();
    drawing(shape, chart.id, &chart.title, &chart.description, body.into_any())
}

fn band(shape: Shape, y: Scale, (low, high): (f64, f64), class: &'static str) -> AnyView {
    let (top, bottom) = (y.at(high), y.at(low));
    view! {
        <rect
            class=class
            x=unit(shape.left)
            y=unit(top)
            width=unit(shape.right - shape.left)
            height=unit(bottom - top)
        ></rect>
    }
    .into_any()
}

fn line(series: &Series, xs: &[f64], y: Scale, classes: Classes) -> AnyView {
    let points: Vec<(f64, f64)> =
        xs.iter().zip(&series.values).filter_map(|(x, value)| value.map(|value| (*x, value))).collect();
    let path: Vec<String> = points.iter().map(|(x, value)| format!("{x:.1},{:.1}", y.at(*value))).collect();
    let marks = points
        .iter()
        .map(|(x, value)| mark(*x, y.at(*value), Standing::of(*value, series.target), classes.point))
        .collect_view();
    view! {
        <polyline class=classes.line points=path.join(" ")></polyline>
        {marks}
    }
    .into_any()
}

/// A circle or a square in target; a triangle that points to where the value left it.
fn mark(x: f64, y: f64, standing: Standing, class: &'static str) -> AnyView {
    match standing {
        Standing::High => {
            view! { <path class="hi" d=format!("M{x:.1} {:.1}l6.5 11h-13z", y - 7.0)></path> }.into_any()
        }
        Standing::Low => {
            view! { <path class="hi" d=format!("M{x:.1} {:.1}l6.5 -11h-13z", y + 7.0)></path> }.into_any()
        }
        Standing::Within if class == "p1" => {
            view! { <circle class=class cx=unit(x) cy=unit(y) r="4.5"></circle> }.into_any()
        }
        Standing::Within => {
            view! { <rect class=class x=unit(x - 4.0) y=unit(y - 4.0) width="8" height="8"></rect> }
                .into_any()
        }
    }
}

/// The newest value of each line at its end.
fn last_values(chart: &LineChart, shape: Shape, y: Scale) -> Vec<AnyView> {
    let mut ends: Vec<(f64, f64, Classes)> = chart
        .series
        .iter()
        .zip(CLASSES)
        .filter_map(|(series, classes)| {
            series.values.iter().rev().flatten().next().map(|value| (*value, y.at(*value) + 4.0, classes))
        })
        .collect();
    ends.sort_by(|one, other| one.1.total_cmp(&other.1));
    if let [upper, lower] = ends.as_mut_slice() {
        (upper.1, lower.1) = apart(upper.1, lower.1, VALUE_GAP);
    }
    ends.into_iter()
        .map(|(value, at, classes)| {
            view! {
                <text class=classes.label x=unit(shape.right + 6.0) y=unit(at)>
                    {number(value)}
                </text>
            }
            .into_any()
        })
        .collect()
}

fn legend(chart: &LineChart) -> AnyView {
    let keys = chart
        .series
        .iter()
        .zip(CLASSES)
        .map(|(series, classes)| view! { <span class=classes.key>{series.name}</span> })
        .collect_view();
    let bands = chart
        .series
        .iter()
        .zip(CLASSES)
        .filter_map(|(series, classes)| {
            series.target.map(|(low, high)| {
                let words =
                    format!("Target {} {} to {}", series.name.to_lowercase(), number(low), number(high));
                view! { <span class=classes.band_key>{words}</span> }
            })
        })
        .collect_view();
    let is_out = |series: &Series| {
        series.values.iter().flatten().any(|value| Standing::of(*value, series.target) != Standing::Within)
    };
    let out = chart.series.iter().any(is_out).then(|| view! { <span class="khi">"Out of target"</span> });
    view! { <p class="hc-legend">{keys}{bands}{out}</p> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> LineChart {
        LineChart {
            id: "bp",
            title: "Blood pressure".into(),
            description: "Falling".into(),
            instants: vec![0.0, 30.0, 60.0],
            labels: vec!["Sep".into(), "Oct".into(), "Nov".into()],
            series: vec![
                Series {
                    name: "Systolic",
                    values: vec![Some(152.0), None, Some(131.0)],
                    target: Some((90.0, 140.0)),
                },
                Series {
                    name: "Diastolic",
                    values: vec![Some(58.0), None, Some(82.0)],
                    target: Some((60.0, 90.0)),
                },
            ],
        }
    }

    #[test]
    fn a_value_out_of_target_is_drawn_as_a_triangle_that_points_its_way() {
        let html = lines(&chart(), ().into_any()).to_html();
        assert_eq!(html.matches("class=\"hi\"").count(), 4, "one high and one low value in each drawing");
        assert_eq!(html.matches("l6.5 -11").count(), 2);
        assert!(html.contains("Out of target"));
    }

    #[test]
    fn no_id_occurs_twice_and_both_drawings_are_described() {
        let html = lines(&chart(), ().into_any()).to_html();
        assert_eq!(html.matches("id=\"bp-title\"").count(), 1);
        assert!(html.contains("aria-label=\"Blood pressure. Falling\""));
    }

    #[test]
    fn a_single_reading_is_a_chart_too() {
        let mut one = chart();
        one.instants.truncate(1);
        one.labels.truncate(1);
        one.series.iter_mut().for_each(|series| series.values.truncate(1));
        assert!(!lines(&one, ().into_any()).to_html().contains("NaN"));
    }
}
