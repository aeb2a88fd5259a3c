//! Column charts as server-drawn SVG: a wide and a narrow drawing, and the figures as a table.

use domain::time::long_date;
use jiff::civil::Date;
use leptos::prelude::*;

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Below the column, in the wide drawing.
    pub short: String,
    /// In the table.
    pub long: String,
    /// Its height.
    pub value: u64,
    /// The value as read.
    pub words: String,
}

impl Column {
    /// The column of a day.
    pub fn day(date: Date, value: u64, words: String) -> Self {
        Self { short: date.strftime("%-d %b").to_string(), long: long_date(date), value, words }
    }
}

/// Sizes of a drawing in its own units.
struct Frame {
    class: &'static str,
    width: u64,
    height: u64,
    /// Room for the scale at the left and for the days below.
    left: u64,
    below: u64,
    /// Every which day is named.
    every: usize,
}

const WIDE: Frame =
    Frame { class: "hc-chart hc-chart--wide", width: 640, height: 220, left: 44, below: 26, every: 2 };
const NARROW: Frame =
    Frame { class: "hc-chart hc-chart--narrow", width: 320, height: 200, left: 40, below: 26, every: 5 };
/// Room above the highest line for its number.
const ABOVE: u64 = 14;

/// The chart for a wide place; the last column is today. `id` is unique on the page.
pub fn columns(id: &'static str, title: &'static str, columns: &[Column]) -> AnyView {
    let description = describe(columns);
    view! {
        <figure class="hc-fig">
            {drawing(id, title, &description, columns, &WIDE)} {drawing(id, title, &description, columns, &NARROW)}
            {table(title, columns)}
        </figure>
    }
    .into_any()
}

/// The chart for a narrow place on every screen.
pub fn narrow_columns(id: &'static str, title: &'static str, columns: &[Column]) -> AnyView {
    view! {
        <figure class="hc-fig">
            {drawing(id, title, &describe(columns), columns, &Frame { class: "hc-chart", ..NARROW })}
            {table(title, columns)}
        </figure>
    }
    .into_any()
}

/// The chart in a sentence.
fn describe(columns: &[Column]) -> String {
    let Some(last) = columns.last() else { return "No days.".to_owned() };
    let most = columns.iter().rev().max_by_key(|column| column.value).unwrap_or(last);
    format!("{} days. Most: {} on {}. Today: {}.", columns.len(), most.words, most.long, last.words)
}

/// The top of the scale: 4 equal steps of a round number, at least 1 each.
fn scale(columns: &[Column]) -> (u64, u64) {
    let most = columns.iter().map(|column| column.value).max().unwrap_or_default().max(1);
    let mut step = 1;
    let mut factors = [2, 5, 10].into_iter().cycle();
    let mut unit = 1;
    while step * 4 < most {
        let factor = factors.next().unwrap_or(10);
        step = unit * factor;
        if factor == 10 {
            unit = step;
        }
    }
    let lines = most.div_ceil(step);
    (step, lines)
}

fn drawing(id: &str, title: &'static str, description: &str, columns: &[Column], frame: &Frame) -> AnyView {
    let (step, lines) = scale(columns);
    let bottom = frame.height - frame.below;
    let height = bottom - ABOVE;
    let y = |value: u64| bottom - value * height / (step * lines);
    let grid = (0..=lines).map(|line| grid_line(frame, y(line * step), line * step)).collect_view();
    let width = (frame.width - frame.left) / (columns.len().max(1) as u64);
    let last = columns.len().saturating_sub(1);
    let bars = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let left = frame.left + index as u64 * width;
            let named = (last - index).is_multiple_of(frame.every);
            let label = named.then(|| {
                // The last name ends with the drawing, it would be cut if it stood in the middle.
                let (class, x) = if index == last { ("end", frame.width) } else { ("mid", left + width / 2) };
                day_label(class, x, frame.height - 6, column.short.clone())
            });
            let class = if index == last { "bar is-now" } else { "bar" };
            let top = y(column.value);
            let radius = if bottom - top > 4 { "2" } else { "0" };
            view! {
                <rect
                    class=class
                    x=left + width / 8
                    y=top
                    width=width * 3 / 4
                    height=bottom - top
                    rx=radius
                ></rect>
                {label}
            }
        })
        .collect_view();
    let (title_id, text_id) = (format!("{id}-{}-title", frame.width), format!("{id}-{}-text", frame.width));
    let labels = format!("{title_id} {text_id}");
    view! {
        <svg
            class=frame.class
            viewBox=format!("0 0 {} {}", frame.width, frame.height)
            role="img"
            aria-labelledby=labels
        >
            <title id=title_id>{title}</title>
            <desc id=text_id>{description.to_owned()}</desc>
            {grid}
            {bars}
        </svg>
    }
    .into_any()
}

fn grid_line(frame: &Frame, y: u64, value: u64) -> AnyView {
    view! {
        <line class="g" x1=frame.left x2=frame.width y1=y y2=y></line>
        <text class="end" x=frame.left - 6 y=y + 4>
            {value}
        </text>
    }
    .into_any()
}

fn day_label(class: &'static str, x: u64, y: u64, words: String) -> AnyView {
    view! {
        <text class=class x=x y=y>
            {words}
        </text>
    }
    .into_any()
}

fn table(title: &'static str, columns: &[Column]) -> AnyView {
    let rows = columns
        .iter()
        .rev()
        .map(|column| {
            view! {
                <tr>
                    <th scope="row">{column.long.clone()}</th>
                    <td class="hc-amount">{column.words.clone()}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <details class="govuk-details">
            <summary class="govuk-details__summary">
                <span class="govuk-details__summary-text">
                    "Show as a table" <span class="hc-vh">{format!(": {title}")}</span>
                </span>
            </summary>
            <div class="govuk-details__text">
                <table class="hc-tbl hc-tbl--keep">
                    <caption class="hc-vh">{title}</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Day"</th>
                            <th scope="col" class="hc-amount">
                                "Figure"
                            </th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[u64]) -> Vec<Column> {
        let first = jiff::civil::date(2026, 11, 10);
        let days = first.series(jiff::Span::new().days(1));
        values.iter().zip(days).map(|(value, date)| Column::day(date, *value, value.to_string())).collect()
    }

    #[test]
    fn the_scale_has_round_steps() {
        for (most, expected) in
            [(0, (1, 1)), (3, (1, 3)), (9, (5, 2)), (24, (10, 3)), (81, (50, 2)), (900, (500, 2))]
        {
            assert_eq!(scale(&of(&[0, most])), expected, "{most}");
        }
    }

    #[test]
    fn the_chart_says_in_words_what_it_shows() {
        assert_eq!(describe(&of(&[2, 7, 3])), "3 days. Most: 7 on Wednesday 11 November 2026. Today: 3.");
        assert_eq!(describe(&[]), "No days.");
    }

    proptest! {
        #[test]
        fn no_column_leaves_the_frame(values in proptest::collection::vec(0u64..1_000_000, 0..40)) {
            let columns = of(&values);
            let (step, lines) = scale(&columns);
            prop_assert!(lines <= 4);
            prop_assert!(values.iter().all(|value| *value <= step * lines));
        }
    }
}
