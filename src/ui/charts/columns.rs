//! Column charts of whole numbers, as takings by day.

use super::scale::{tenths_of, whole_step};
use super::{Shape, axis_label, drawing, grid_line, table, unit};
use leptos::prelude::*;

/// One column.
#[derive(Clone, Debug)]
pub struct Column {
    /// The label below it.
    pub label: String,
    /// The label in the table.
    pub name: String,
    /// Its height.
    pub value: i64,
    /// Its height in words.
    pub words: String,
    /// Whether it stands out, as today.
    pub is_now: bool,
}

/// Columns side by side.
#[derive(Clone, Debug)]
pub struct ColumnChart {
    /// Start of the ids in the drawing; unique on the page.
    pub id: &'static str,
    /// What the chart shows; also the caption of the table.
    pub title: &'static str,
    /// What there is to see in it, for those who do not see it.
    pub description: String,
    /// What a column stands for and what its height is, as heads of the table.
    pub heads: (&'static str, &'static str),
    /// The columns.
    pub columns: Vec<Column>,
}

/// Both drawings and the table; `words` writes a value of the axis.
pub fn columns(chart: &ColumnChart, words: &dyn Fn(i64) -> String) -> AnyView {
    let rows = chart
        .columns
        .iter()
        .map(|column| vec![column.name.clone().into_any(), column.words.clone().into_any()])
        .collect();
    let summary = match chart.columns.len() {
        1 => "Show the figure as a table".to_owned(),
        count => format!("Show the {count} figures as a table"),
    };
    let table = table(summary, chart.title, vec![chart.heads.0, chart.heads.1], rows);
    let wide = one_drawing(chart, Shape::WIDE, words);
    let narrow = one_drawing(chart, Shape::NARROW, words);
    view! { <figure class="hc-fig">{wide}{narrow}{table}</figure> }.into_any()
}

fn one_drawing(chart: &ColumnChart, shape: Shape, words: &dyn Fn(i64) -> String) -> AnyView {
    let shape = Shape { left: shape.left + 8.0, right: shape.right + 28.0, ..shape };
    let most = chart.columns.iter().map(|column| column.value).max().unwrap_or_default().max(1);
    let step = whole_step(most);
    let steps = (1..=5).find(|steps| step.saturating_mul(*steps) >= most).unwrap_or(5);
    let top = step.saturating_mul(steps);
    let height = |value: i64| share(value, top, shape.bottom - shape.top);
    let grid = (0..=steps).map(|index| {
        let value = step.saturating_mul(index);
        grid_line(shape, shape.bottom - height(value), words(value))
    });
    let count = u32::try_from(chart.columns.len().max(1)).unwrap_or(u32::MAX);
    let slot = (shape.right - shape.left) / f64::from(count);
    let every = (shape.label_gap / slot).ceil().max(1.0);
    let body = chart.columns.iter().zip(0u32..count).flat_map(|(column, index)| {
        let left = shape.left + slot * f64::from(index);
        // Counted from the last column, so that the newest always has its label.
        let has_label = f64::from(count - 1 - index) % every < 0.5;
        let label = has_label.then(|| axis_label(shape, left + slot / 2.0, column.label.clone()));
        [Some(bar(column, left, slot, shape.bottom, height(column.value))), label].into_iter().flatten()
    });
    drawing(shape, chart.id, chart.title, &chart.description, grid.chain(body).collect_view().into_any())
}

/// `value` of `most` on `length` units.
fn share(value: i64, most: i64, length: f64) -> f64 {
    const PARTS: i64 = 1_000;
    let tenths = i32::try_from(tenths_of(value, most, PARTS)).unwrap_or_default();
    f64::from(tenths) / 10_000.0 * length
}

fn bar(column: &Column, left: f64, slot: f64, bottom: f64, height: f64) -> AnyView {
    let width = (slot * 0.7).min(48.0);
    let class = if column.is_now { "bar is-now" } else { "bar" };
    view! {
        <rect
            class=class
            x=unit(left + (slot - width) / 2.0)
            y=unit(bottom - height)
            width=unit(width)
            height=unit(height)
        ></rect>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: &[i64]) -> ColumnChart {
        let column = |value: &i64| Column {
            label: "Mon".into(),
            name: "Monday".into(),
            value: *value,
            words: value.to_string(),
            is_now: false,
        };
        ColumnChart {
            id: "t",
            title: "Takings",
            description: "Of three days".into(),
            heads: ("Day", "Taken"),
            columns: values.iter().map(column).collect(),
        }
    }

    #[test]
    fn every_figure_is_a_column_and_a_row() {
        let html = columns(&chart(&[0, 4_200, 9_000]), &|value| value.to_string()).to_html();
        assert_eq!(html.matches("class=\"bar\"").count(), 6, "three columns in each of the two drawings");
        assert!(html.contains("Show the 3 figures as a table"));
        assert!(html.contains(">10000<"), "the axis ends at a round value");
    }

    #[test]
    fn days_without_takings_are_drawn_too() {
        assert!(!columns(&chart(&[0]), &|value| value.to_string()).to_html().contains("NaN"));
        assert!(!columns(&chart(&[]), &|value| value.to_string()).to_html().contains("NaN"));
    }
}
