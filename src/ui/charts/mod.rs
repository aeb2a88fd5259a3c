//! Charts as server-drawn SVG: each in a wide and a narrow drawing, with title, description, legend and a table.

mod columns;
mod lines;
mod scale;

pub use columns::{Column, ColumnChart, columns};
pub use lines::{LineChart, Series, lines};
pub use scale::Standing;

use leptos::prelude::*;

/// The size of a drawing in units of its own; texts are 13 units high.
#[derive(Clone, Copy, Debug)]
struct Shape {
    class: &'static str,
    view_box: &'static str,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    /// Where the labels of the horizontal axis stand.
    labels: f64,
    /// Least distance of two such labels.
    label_gap: f64,
}

impl Shape {
    const WIDE: Self = Self {
        class: "hc-chart hc-chart--wide",
        view_box: "0 0 640 260",
        left: 48.0,
        right: 596.0,
        top: 16.0,
        bottom: 228.0,
        labels: 250.0,
        label_gap: 72.0,
    };
    const NARROW: Self = Self {
        class: "hc-chart hc-chart--narrow",
        view_box: "0 0 320 236",
        left: 48.0,
        right: 282.0,
        top: 12.0,
        bottom: 204.0,
        labels: 226.0,
        label_gap: 68.0,
    };

    const fn is_wide(&self) -> bool {
        self.right > 320.0
    }
}

/// A coordinate as SVG wants it.
fn unit(value: f64) -> String {
    format!("{value:.1}")
}

/// The frame of a drawing. Only the wide one names its title and description by id, so that no id occurs twice.
fn drawing(shape: Shape, id: &str, title: &str, description: &str, body: AnyView) -> AnyView {
    if shape.is_wide() {
        let (title_id, description_id) = (format!("{id}-title"), format!("{id}-description"));
        let labelled_by = format!("{title_id} {description_id}");
        view! {
            <svg
                class=shape.class
                viewBox=shape.view_box
                role="img"
                aria-labelledby=labelled_by
            >
                <title id=title_id>{title.to_owned()}</title>
                <desc id=description_id>{description.to_owned()}</desc>
                {body}
            </svg>
        }
        .into_any()
    } else {
        view! {
            <svg class=shape.class viewBox=shape.view_box role="img" aria-label=format!("{title}. {description}")>
                {body}
            </svg>
        }
        .into_any()
    }
}

/// A horizontal line of the grid with its value at the left.
fn grid_line(shape: Shape, y: f64, words: String) -> AnyView {
    view! {
        <line class="g" x1=unit(shape.left) x2=unit(shape.right) y1=unit(y) y2=unit(y)></line>
        <text class="end" x=unit(shape.left - 8.0) y=unit(y + 4.0)>
            {words}
        </text>
    }
    .into_any()
}

/// A label below the horizontal axis.
fn axis_label(shape: Shape, x: f64, words: String) -> AnyView {
    view! {
        <text class="mid" x=unit(x) y=unit(shape.labels)>
            {words}
        </text>
    }
    .into_any()
}

/// The same figures as a table, folded away.
pub fn table(
    summary: String,
    caption: &'static str,
    head: Vec<&'static str>,
    rows: Vec<Vec<AnyView>>,
) -> AnyView {
    let head = head.into_iter().map(|words| view! { <th scope="col">{words}</th> }).collect_view();
    let rows = rows
        .into_iter()
        .map(|cells| {
            let cells = cells.into_iter().map(|cell| view! { <td>{cell}</td> }).collect_view();
            view! { <tr>{cells}</tr> }
        })
        .collect_view();
    view! {
        <details class="govuk-details">
            <summary class="govuk-details__summary">
                <span class="govuk-details__summary-text">{summary}</span>
            </summary>
            <div class="govuk-details__text">
                <table class="hc-tbl hc-tbl--keep">
                    <caption class="hc-vh">{caption}</caption>
                    <thead>
                        <tr>{head}</tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}
