//! Measurements: the latest ones with their usual ranges, trends as charts, all of them as a table.

use super::ranges::{self, DIASTOLIC, GROWN_UP, Measure, SYSTOLIC};
use super::{ChartPage, ON_A_PAGE, nothing, pages, panel};
use crate::ui::charts::{self, LineChart, Series, Standing};
use crate::ui::components::{day, short_moment};
use domain::record::Vitals;
use domain::time::age_in_years;
use domain::{Record, RecordBody};
use jiff::Timestamp;
use jiff::civil::Date;
use leptos::prelude::*;

/// Most readings of one chart.
const IN_A_CHART: usize = 16;

fn readings(page: &ChartPage) -> impl Iterator<Item = (&Record, &Vitals)> {
    page.chart.entries.iter().filter_map(|entry| match &entry.body {
        RecordBody::Vitals(vitals) => Some((&entry.value, vitals)),
        _ => None,
    })
}

/// Whether the ranges of grown-ups hold for a reading of that day; for an unknown age they do.
fn grown_up(page: &ChartPage, on: Date) -> bool {
    page.chart.patient.birth_date.is_none_or(|birth| age_in_years(birth, on) >= GROWN_UP)
}

/// `High` or `Low` with a triangle.
fn abnormal(standing: Standing) -> Option<AnyView> {
    match standing {
        Standing::High => Some(view! { <b class="hc-abn hc-abn--high">"High"</b> }.into_any()),
        Standing::Low => Some(view! { <b class="hc-abn hc-abn--low">"Low"</b> }.into_any()),
        Standing::Within => None,
    }
}

/// The vitals part of a chart.
pub(super) fn tab(page: &ChartPage) -> AnyView {
    let add = page.rights.intake.then(|| {
        view! {
            <div class="govuk-button-group hc-noprint">
                <a class="govuk-button" role="button" draggable="false" href=page.path("/vitals")>
                    "Record vitals"
                </a>
            </div>
        }
    });
    view! {
        {add}
        <div class="hc-grid hc-grid--half">
            <div class="hc-stack">{blood_pressure(page)}</div>
            <div class="hc-stack">{latest(page, false)} {weight(page)}</div>
        </div>
        {all_readings(page)}
    }
    .into_any()
}

/// The latest value of every kind of measurement, with a bar of its usual range where `with_bars`.
pub(super) fn latest(page: &ChartPage, with_bars: bool) -> AnyView {
    let mut shown: Vec<(Measure, Timestamp)> = Vec::new();
    let mut size = Vitals::default();
    for (record, vitals) in readings(page) {
        size.weight_hundred_grams = size.weight_hundred_grams.or(vitals.weight_hundred_grams);
        size.height_millimetres = size.height_millimetres.or(vitals.height_millimetres);
        for measure in ranges::measures(vitals, grown_up(page, page.zone.date(record.created_at))) {
            if shown.iter().all(|(known, _)| known.name != measure.name) {
                shown.push((measure, record.created_at));
            }
        }
    }
    // Height is seldom measured: the index is that of the newest weight and the newest height.
    shown.retain(|(measure, _)| measure.name != ranges::BODY_MASS_INDEX);
    let weighed = shown.iter().find(|(measure, _)| measure.name == ranges::WEIGHT).map(|(_, at)| *at);
    shown.extend(ranges::body_mass(&size, grown_up(page, page.today)).zip(weighed));
    let newest = shown.iter().map(|(_, at)| *at).max();
    let title = if page.own { "Latest measurements" } else { "Latest vitals" };
    let Some(newest) = newest else { return panel("vitals", title, None, nothing("Nothing measured yet.")) };
    let items = shown
        .into_iter()
        .map(|(measure, at)| {
            let class = (measure.standing != Standing::Within).then_some("hc-vitals__out");
            let older = (at != newest).then(|| {
                // The word and the bar stand on lines of their own, after which no break is needed.
                let is_plain =
                    measure.standing == Standing::Within && !(with_bars && measure.range.is_some());
                view! {
                    {is_plain.then(|| view! { <br /> })}
                    <small>{day(&page.zone, at)}</small>
                }
            });
            let bar = with_bars.then(|| range_bar(&measure)).flatten();
            view! {
                <div class=class>
                    <dt>{measure.name}</dt>
                    <dd>
                        {measure.words.clone()}" "<small>{measure.unit}</small>" "
                        {abnormal(measure.standing)} {bar} {older}
                    </dd>
                </div>
            }
        })
        .collect_view();
    let body = view! {
        <p class="hc-sub">{short_moment(&page.zone, newest)}</p>
        <dl class="hc-vitals">{items}</dl>
    }
    .into_any();
    panel("vitals", title, None, body)
}

/// Where the value lies to its usual range; the bar shows half a range more on both sides.
fn range_bar(measure: &Measure) -> Option<AnyView> {
    let (low, high) = measure.range?;
    let margin = (high - low) / 2.0;
    let at = |value: f64| ((value - low + margin) / (high - low + 2.0 * margin) * 200.0).clamp(8.0, 192.0);
    let label = format!("{} {}, usual {low} to {high}", measure.words, measure.unit);
    let x = at(measure.value);
    let mark = if measure.standing == Standing::Within {
        view! { <circle class="val" cx=format!("{x:.1}") cy="8" r="6"></circle> }.into_any()
    } else {
        view! { <path class="val is-out" d=format!("M{x:.1} 1l8 13h-16z")></path> }.into_any()
    };
    Some(
        view! {
            <svg class="hc-range" viewBox="0 0 200 16" role="img" aria-label=label>
                <rect class="track" x="0" y="6" width="200" height="4"></rect>
                <rect
                    class="ok"
                    x=format!("{:.1}", at(low))
                    y="4"
                    width=format!("{:.1}", at(high) - at(low))
                    height="8"
                ></rect>
                {mark}
            </svg>
        }
        .into_any(),
    )
}

/// Readings of one chart, oldest first.
type Points<'a, T> = Vec<(Timestamp, T)>;

fn points<T>(page: &ChartPage, value: impl Fn(&Vitals) -> Option<T>) -> Points<'_, T> {
    let mut found: Points<'_, T> = readings(page)
        .filter_map(|(record, vitals)| value(vitals).map(|value| (record.created_at, value)))
        .take(IN_A_CHART)
        .collect();
    found.reverse();
    found
}

/// The label of each reading: month and year over a long time, else day and month.
fn axis_labels(page: &ChartPage, instants: &[Timestamp]) -> Vec<String> {
    let dates: Vec<Date> = instants.iter().map(|at| page.zone.date(*at)).collect();
    let days = match (dates.first(), dates.last()) {
        (Some(first), Some(last)) => last.since(*first).map_or(0, |span| span.get_days()),
        _ => 0,
    };
    let format = if days > 330 { "%b %Y" } else { "%-d %b" };
    dates.iter().map(|date| date.strftime(format).to_string()).collect()
}

/// Hours since the first reading, the horizontal axis.
fn hours(instants: &[Timestamp]) -> Vec<f64> {
    let first = instants.first().copied().unwrap_or_default();
    instants
        .iter()
        .map(|at| f64::from(i32::try_from(at.duration_since(first).as_hours()).unwrap_or(i32::MAX)))
        .collect()
}

/// Blood pressure over time with its two target bands.
pub(super) fn blood_pressure(page: &ChartPage) -> AnyView {
    const TITLE: &str = "Blood pressure";
    let points = points(page, |vitals| vitals.systolic.zip(vitals.diastolic));
    let (Some((first_at, first)), Some((last_at, last))) = (points.first().copied(), points.last().copied())
    else {
        return panel("blood-pressure", TITLE, None, nothing("Not measured yet."));
    };
    let judged = grown_up(page, page.today);
    let target = |range: (f64, f64)| judged.then_some(range);
    let instants: Vec<Timestamp> = points.iter().map(|(at, _)| *at).collect();
    let description = format!(
        "{} readings from {} to {}: from {}/{} to {}/{} mmHg.",
        points.len(),
        day(&page.zone, first_at),
        day(&page.zone, last_at),
        first.0,
        first.1,
        last.0,
        last.1
    );
    let chart = LineChart {
        id: "bp",
        title: TITLE.to_owned(),
        description,
        instants: hours(&instants),
        labels: axis_labels(page, &instants),
        series: vec![
            Series {
                name: "Systolic",
                values: points.iter().map(|(_, value)| Some(f64::from(value.0))).collect(),
                target: target(SYSTOLIC),
            },
            Series {
                name: "Diastolic",
                values: points.iter().map(|(_, value)| Some(f64::from(value.1))).collect(),
                target: target(DIASTOLIC),
            },
        ],
    };
    let table = pressure_table(page, &points, judged);
    let body = view! {
        <p class="hc-sub">{pressure_words(page, &points, judged)}</p>
        {charts::lines(&chart, table)}
    }
    .into_any();
    panel("blood-pressure", TITLE, None, body)
}

fn out_of_target((upper, lower): (u16, u16)) -> Standing {
    match Standing::of(f64::from(upper), Some(SYSTOLIC)) {
        Standing::Within => Standing::of(f64::from(lower), Some(DIASTOLIC)),
        out => out,
    }
}

/// `Latest 131/82 mmHg, 18 Nov 2026. At target since August 2026.`
fn pressure_words(page: &ChartPage, points: &[(Timestamp, (u16, u16))], judged: bool) -> String {
    let Some((at, latest)) = points.last() else { return String::new() };
    let words = format!("Latest {}/{} mmHg, {}.", latest.0, latest.1, day(&page.zone, *at));
    if !judged {
        return words;
    }
    let standing = match out_of_target(*latest) {
        Standing::High => " Above target.".to_owned(),
        Standing::Low => " Below target.".to_owned(),
        Standing::Within => {
            let since =
                points.iter().rev().take_while(|(_, value)| out_of_target(*value) == Standing::Within);
            match since.count() {
                count if count == points.len() || count < 2 => " At target.".to_owned(),
                count => {
                    let since = page.zone.date(points[points.len() - count].0);
                    format!(" At target since {}.", since.strftime("%B %Y"))
                }
            }
        }
    };
    words + &standing
}

fn pressure_table(page: &ChartPage, points: &[(Timestamp, (u16, u16))], judged: bool) -> AnyView {
    let cell = |value: u16, range| {
        let standing = Standing::of(f64::from(value), judged.then_some(range));
        view! { {value} " " {abnormal(standing)} }.into_any()
    };
    let rows = points
        .iter()
        .rev()
        .map(|(at, (upper, lower))| {
            let when = view! { <span class="hc-num">{day(&page.zone, *at)}</span> }.into_any();
            vec![when, cell(*upper, SYSTOLIC), cell(*lower, DIASTOLIC)]
        })
        .collect();
    let summary = match points.len() {
        1 => "Show the reading as a table".to_owned(),
        count => format!("Show the {count} readings as a table"),
    };
    charts::table(summary, "Blood pressure in mmHg", vec!["Date", "Systolic", "Diastolic"], rows)
}

/// Weight over time, when it was measured more than once.
fn weight(page: &ChartPage) -> Option<AnyView> {
    const TITLE: &str = "Weight";
    let points = points(page, |vitals| vitals.weight_hundred_grams);
    let (first, last) = (points.first()?.1, points.last()?.1);
    if points.len() < 2 {
        return None;
    }
    let kilograms = domain::record::one_decimal;
    let instants: Vec<Timestamp> = points.iter().map(|(at, _)| *at).collect();
    let chart = LineChart {
        id: "weight",
        title: TITLE.to_owned(),
        description: format!(
            "{} readings: from {} to {} kg.",
            points.len(),
            kilograms(first),
            kilograms(last)
        ),
        instants: hours(&instants),
        labels: axis_labels(page, &instants),
        series: vec![Series {
            name: "Weight in kg",
            values: points.iter().map(|(_, value)| Some(f64::from(*value) / 10.0)).collect(),
            target: None,
        }],
    };
    let rows = points
        .iter()
        .rev()
        .map(|(at, value)| {
            let when = view! { <span class="hc-num">{day(&page.zone, *at)}</span> }.into_any();
            vec![when, format!("{} kg", kilograms(*value)).into_any()]
        })
        .collect();
    let summary = format!("Show the {} readings as a table", points.len());
    let table = charts::table(summary, "Weight", vec!["Date", "Weight"], rows);
    Some(panel("weight", TITLE, None, charts::lines(&chart, table)))
}

/// Every measurement, newest first.
fn all_readings(page: &ChartPage) -> Option<AnyView> {
    let total = readings(page).count();
    if total == 0 {
        return None;
    }
    let rows = readings(page)
        .skip(page.skip)
        .take(ON_A_PAGE)
        .map(|(record, vitals)| {
            let judged = grown_up(page, page.zone.date(record.created_at));
            let values = ranges::measures(vitals, judged)
                .into_iter()
                .enumerate()
                .map(|(index, measure)| {
                    view! {
                        {(index > 0).then_some(" · ")}
                        {measure.name}
                        " "
                        <b class="hc-num">{measure.words}</b>
                        " "
                        {measure.unit}
                        " "
                        {abnormal(measure.standing)}
                    }
                })
                .collect_view();
            view! {
                <tr>
                    <td data-label="When">
                        <span class="hc-num">{short_moment(&page.zone, record.created_at)}</span>
                        <div class="hc-sub">{record.author_name.clone()}</div>
                    </td>
                    <td data-label="Measured">{values}</td>

                </tr>
            }
        })
        .collect_view();
    Some(
        view! {
            <section class="hc-panel">
                <div class="hc-panel__head">
                    <h2>"All measurements"</h2>
                </div>
                <table class="hc-tbl">
                    <caption class="hc-vh">"All measurements"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"When"</th>
                            <th scope="col">"Measured"</th>

                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </section>
            {pages(page, "vitals", total)}
        }
        .into_any(),
    )
}
