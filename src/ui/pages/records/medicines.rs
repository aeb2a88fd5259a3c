//! Medicines with the progress of their course, problems, allergies.

use super::{ChartPage, nothing, panel};
use crate::ui::components::{day, tag};
use domain::record::{Medicine, Problem, Severity, Summary};
use domain::{Record, RecordBody};
use jiff::civil::Date;
use leptos::prelude::*;

/// How far a course of medicine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    /// Until further notice.
    Open,
    /// On a day, from 1, of so many.
    Day(u16, u16),
    /// Over.
    Over,
}

impl Course {
    fn of(started: Date, days: Option<u16>, today: Date) -> Self {
        let Some(days) = days else { return Self::Open };
        let since = today.since(started).map_or(0, |span| span.get_days()).max(0);
        match u16::try_from(since + 1) {
            Ok(on) if on <= days => Self::Day(on, days),
            _ => Self::Over,
        }
    }
}

fn courses(page: &ChartPage) -> Vec<(&Record, &Medicine, Course)> {
    page.chart
        .entries
        .iter()
        .filter_map(|entry| match &entry.body {
            RecordBody::Medicine(medicine) => {
                let course = Course::of(page.zone.date(entry.created_at), medicine.days, page.today);
                Some((&entry.value, medicine, course))
            }
            _ => None,
        })
        .collect()
}

/// Medicines that are taken now, those that were taken before folded away.
pub(super) fn medicines(page: &ChartPage) -> AnyView {
    let (past, present): (Vec<_>, Vec<_>) =
        courses(page).into_iter().partition(|(_, _, course)| *course == Course::Over);
    let current = if present.is_empty() {
        nothing("No medicines at present.")
    } else {
        let items =
            present.into_iter().map(|(record, medicine, course)| item(page, record, medicine, course));
        view! { <ul class="hc-med">{items.collect_view()}</ul> }.into_any()
    };
    let before = (!past.is_empty()).then(|| {
        let summary = if past.len() == 1 {
            "1 earlier medicine".to_owned()
        } else {
            format!("{} earlier medicines", past.len())
        };
        let items = past.into_iter().map(|(record, medicine, course)| item(page, record, medicine, course));
        view! {
            <details class="govuk-details">
                <summary class="govuk-details__summary">
                    <span class="govuk-details__summary-text">{summary}</span>
                </summary>
                <div class="govuk-details__text">
                    <ul class="hc-med">{items.collect_view()}</ul>
                </div>
            </details>
        }
    });
    let tool = page.rights.prescribe.then(|| (page.path("/medicines"), "Prescribe"));
    panel("medicines", "Medicines", tool, view! { {current} {before} }.into_any())
}

fn item(page: &ChartPage, record: &Record, medicine: &Medicine, course: Course) -> AnyView {
    let started = day(&page.zone, record.created_at);
    let progress = match course {
        Course::Open => {
            view! { <div class="hc-sub">"Until further notice, since "{started}</div> }.into_any()
        }
        Course::Over => {
            view! { <div class="hc-sub">{medicine.directions()}", from "{started}</div> }.into_any()
        }
        Course::Day(on, days) => {
            let id = format!("course-{}", record.id);
            // The last fifth of a course is when the next one is thought of.
            let class = if on * 5 > days * 4 { "hc-progress hc-progress--low" } else { "hc-progress" };
            view! {
                <div class=class>
                    <label class="hc-sub" for=id.clone()>
                        "Course: day "{on}" of "{days}
                    </label>
                    <progress id=id max=days.to_string() value=on.to_string()>
                        {on}" of "{days}
                    </progress>
                </div>
            }
            .into_any()
        }
    };
    let dosage = (course != Course::Over).then(|| medicine.dosage.clone());
    view! {
        <li>
            <b>{medicine.name.clone()}</b>
            " "
            {dosage}
            {progress}
        </li>
    }
    .into_any()
}

/// Diagnoses and problems, also those of the old system.
pub(super) fn problems(page: &ChartPage) -> AnyView {
    let items: Vec<AnyView> = page
        .chart
        .entries
        .iter()
        .filter_map(|entry| match &entry.body {
            RecordBody::Problem(problem) => Some(problem_item(page, entry, problem)),
            RecordBody::Summary(summary) => Some(summary_item(page, entry, summary)),
            _ => None,
        })
        .collect();
    let title = if page.own { "Conditions" } else { "Problems" };
    let tool = page.rights.prescribe.then(|| (page.path("/problems"), "Add a problem"));
    let body = if items.is_empty() {
        nothing("None recorded.")
    } else {
        view! { <ul class="hc-med">{items}</ul> }.into_any()
    };
    panel("problems", title, tool, body)
}

fn problem_item(page: &ChartPage, record: &Record, problem: &Problem) -> AnyView {
    // Codes say nothing to patients.
    let code = (!page.own && !problem.code.is_empty())
        .then(|| view! { " " <span class="hc-num">{problem.code.clone()}</span> });
    view! {
        <li>
            <b>{problem.name.clone()}</b>
            {code}
            <div class="hc-sub">{day(&page.zone, record.created_at)}", "{record.author_name.clone()}</div>
        </li>
    }
    .into_any()
}

fn summary_item(page: &ChartPage, record: &Record, summary: &Summary) -> AnyView {
    view! {
        <li>
            <b>{summary.condition.clone()}</b>
            <div>{summary.treatment.clone()}</div>
            <div class="hc-sub">{day(&page.zone, record.created_at)}", written in short form"</div>
        </li>
    }
    .into_any()
}

/// All allergies, severe first.
pub(super) fn allergies(page: &ChartPage) -> AnyView {
    let items: Vec<AnyView> = page
        .allergies()
        .into_iter()
        .map(|(record, allergy)| {
            let class = match allergy.severity {
                Severity::Severe => "hc-bad",
                Severity::Moderate => "hc-warn",
                Severity::Mild => "hc-plain",
            };
            let reaction = (!allergy.reaction.is_empty()).then(|| view! { <div>{allergy.reaction.clone()}</div> });
            view! {
                <li>
                    <b>{allergy.substance.clone()}</b>
                    " "
                    {tag(class, capital(allergy.severity.name()))}
                    {reaction}
                    <div class="hc-sub">{day(&page.zone, record.created_at)}", "{record.author_name.clone()}</div>
                </li>
            }
            .into_any()
        })
        .collect();
    let tool = page.rights.intake.then(|| (page.path("/allergies"), "Add an allergy"));
    let body = if items.is_empty() {
        nothing("No allergies recorded.")
    } else {
        view! { <ul class="hc-med">{items}</ul> }.into_any()
    };
    panel("allergies", "Allergies", tool, body)
}

/// The word with a capital at its start.
pub(super) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

/// The part of the chart with all three.
pub(super) fn tab(page: &ChartPage) -> AnyView {
    view! {
        <div class="hc-grid hc-grid--half">
            <div class="hc-stack">{medicines(page)}</div>
            <div class="hc-stack">{allergies(page)} {problems(page)}</div>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_course_counts_its_first_day_and_ends_after_its_last() {
        let started = date(2026, 11, 3);
        assert_eq!(Course::of(started, Some(28), date(2026, 11, 3)), Course::Day(1, 28));
        assert_eq!(Course::of(started, Some(28), date(2026, 11, 23)), Course::Day(21, 28));
        assert_eq!(Course::of(started, Some(28), date(2026, 11, 30)), Course::Day(28, 28));
        assert_eq!(Course::of(started, Some(28), date(2026, 12, 1)), Course::Over);
        assert_eq!(Course::of(started, None, date(2030, 1, 1)), Course::Open);
    }

    #[test]
    fn a_course_written_for_tomorrow_is_on_its_first_day() {
        assert_eq!(Course::of(date(2026, 11, 24), Some(7), date(2026, 11, 23)), Course::Day(1, 7));
    }
}
