//! What was taken in a period, by method and by day.

use crate::ui::charts::{Column, ColumnChart, columns};
use crate::ui::form::{self, FormState, Input};
use domain::Money;
use domain::time::{long_date, short_date};
use jiff::ToSpan;
use jiff::civil::Date;
use leptos::prelude::*;
use service::billing::TakingsReport;

/// What this page shows.
pub struct TakingsPage {
    /// The period as typed.
    pub form: FormState,
    /// First and last day, when they make a period.
    pub period: Option<(Date, Date)>,
    /// The sums.
    pub report: Option<TakingsReport>,
    /// Whether the reader may open the bills behind the sums.
    pub may_open: bool,
    /// The clinic's date.
    pub today: Date,
}

/// Above so many days the columns are months.
const MOST_DAYS: usize = 62;

/// The page.
pub fn takings(page: &TakingsPage) -> AnyView {
    let back = page.may_open.then(|| {
        view! {
            <a class="govuk-back-link" href="/billing">
                "Back to all bills"
            </a>
        }
    });
    let caption = page.period.map(|(from, until)| {
        let words = if from == until {
            long_date(from)
        } else {
            format!("{} to {}", short_date(from), short_date(until))
        };
        view! { <span class="govuk-caption-l">{words}</span> }
    });
    let body = page.report.as_ref().map(|report| {
        view! {
            {figures(page, report)}
            <div class="hc-grid">
                <div class="hc-stack">{by_day(page, report)}</div>
                <div class="hc-stack">{by_method(report)}</div>
            </div>
        }
    });
    view! {
        {form::error_summary(&page.form)}
        {back}
        <div class="hc-head">
            <div>
                {caption}
                <h1 class="govuk-heading-l">"Takings"</h1>
            </div>
        </div>
        {period_form(page)}
        {body}
    }
    .into_any()
}

fn period_form(page: &TakingsPage) -> AnyView {
    let ago = |days: i64| page.today.checked_sub(days.days()).unwrap_or(page.today);
    let presets = [
        ("Today", page.today),
        ("7 days", ago(6)),
        ("30 days", ago(29)),
        ("This month", page.today.first_of_month()),
        ("This year", page.today.first_of_year()),
    ];
    let chips = presets
        .into_iter()
        .map(|(words, from)| {
            let current = (page.period == Some((from, page.today))).then_some("true");
            view! {
                <li>
                    <a
                        class="hc-chip"
                        href=format!("/billing/takings?from={from}&until={}", page.today)
                        aria-current=current
                    >
                        {words}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <ul class="hc-chips hc-noprint" aria-label="Period">
            {chips}
        </ul>
        <form class="hc-panel hc-filter hc-filter--row hc-noprint" method="get" novalidate>
            {form::input(&page.form, Input::text("from", "From").kind("date"))}
            {form::input(&page.form, Input::text("until", "Until, that day included").kind("date"))}
            <div class="hc-filter__act">
                <button class="govuk-button hc-btn-s">"Show"</button>
            </div>
        </form>
    }
    .into_any()
}

fn figures(page: &TakingsPage, report: &TakingsReport) -> AnyView {
    let amount = |money: Money, path: &'static str| {
        if page.may_open {
            view! { <a href=path>{money.to_string()}</a> }.into_any()
        } else {
            money.to_string().into_any()
        }
    };
    let late = (report.overdue.minor > 0).then_some("hc-kpi--alert");
    let refunded = (report.refunded.minor > 0)
        .then(|| view! { <small>{format!("after {} refunded", report.refunded)}</small> });
    view! {
        <dl class="hc-panel hc-kpis">
            <div>
                <dt>"Taken in this period"</dt>
                <dd>{report.total.to_string()} " " {refunded}</dd>
            </div>
            <div>
                <dt>"To pay now"</dt>
                <dd>{amount(report.outstanding, "/billing?status=open")}</dd>
            </div>
            <div class=late>
                <dt>"Overdue now"</dt>
                <dd>{amount(report.overdue, "/billing?status=overdue")}</dd>
            </div>
        </dl>
    }
    .into_any()
}

fn by_method(report: &TakingsReport) -> AnyView {
    let rows = report
        .by_method
        .iter()
        .map(|(method, sum)| {
            view! {
                <tr>
                    <th scope="row">{method.title()}</th>
                    <td class="hc-amount">{sum.to_string()}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="hc-panel">
            <div class="hc-panel__head">
                <h2>"By method"</h2>
            </div>
            <table class="hc-tbl hc-tbl--keep">
                <caption class="hc-vh">"Takings by method"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Method"</th>
                        <th scope="col" class="hc-amount">
                            "Taken"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
                <tfoot>
                    <tr>
                        <th scope="row">"Total"</th>
                        <td class="hc-amount">{report.total.to_string()}</td>
                    </tr>
                </tfoot>
            </table>
        </section>
    }
    .into_any()
}

/// The columns of the chart: days, or months when there are many days.
fn chart_columns(page: &TakingsPage, report: &TakingsReport) -> Vec<Column> {
    let currency = report.total.currency;
    let column = |label: String, name: String, minor: i64, is_now: bool| Column {
        label,
        name,
        value: minor,
        words: Money::new(minor, currency).to_string(),
        is_now,
    };
    if report.by_day.len() <= MOST_DAYS {
        return report
            .by_day
            .iter()
            .map(|(day, sum)| {
                column(day.strftime("%-d %b").to_string(), long_date(*day), sum.minor, *day == page.today)
            })
            .collect();
    }
    let mut months: Vec<(Date, i64)> = Vec::new();
    for (day, sum) in &report.by_day {
        let month = day.first_of_month();
        match months.last_mut() {
            Some((last, minor)) if *last == month => *minor = minor.saturating_add(sum.minor),
            _ => months.push((month, sum.minor)),
        }
    }
    let current = page.today.first_of_month();
    months
        .into_iter()
        .map(|(month, minor)| {
            let name = month.strftime("%B %Y").to_string();
            column(month.strftime("%b %y").to_string(), name, minor, month == current)
        })
        .collect()
}

fn by_day(page: &TakingsPage, report: &TakingsReport) -> AnyView {
    let in_days = report.by_day.len() <= MOST_DAYS;
    let best = report.by_day.iter().max_by_key(|(_, sum)| sum.minor).filter(|(_, sum)| sum.minor > 0);
    let description = best.map_or_else(
        || match report.refunded.minor {
            0 => "Nothing was taken.".to_owned(),
            _ => format!("No more was taken than refunded: {} in all.", report.total),
        },
        |(day, sum)| format!("{} in all; most on {}, {sum}.", report.total, long_date(*day)),
    );
    let title = if in_days { "Takings by day" } else { "Takings by month" };
    let chart = ColumnChart {
        id: "takings",
        title,
        description: description.clone(),
        heads: (if in_days { "Day" } else { "Month" }, "Taken"),
        columns: chart_columns(page, report),
    };
    let currency = report.total.currency;
    let words = move |minor: i64| Money::new(minor, currency).to_string().trim_end_matches(".00").to_owned();
    view! {
        <section class="hc-panel hc-pad">
            <h2>{title}</h2>
            <p class="hc-sub">{description}</p>
            {columns(&chart, &words)}
        </section>
    }
    .into_any()
}
