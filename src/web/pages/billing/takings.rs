//! What was taken in a period.

use crate::ui::form::FormState;
use crate::ui::pages::billing::{self as views, TakingsPage};
use crate::web::context::{PageHead, Section};
use crate::web::forms::Query;
use crate::web::{FormData, PageContext, PageError};
use axum::response::Response;
use domain::time::parse_date;
use domain::{Action, Code, FieldErrors};
use jiff::ToSpan;
use jiff::civil::Date;
use service::ServiceError;
use service::billing::Takings;

/// Days before today that are shown when none are chosen.
const DAYS: i64 = 13;

/// First and last day: as chosen, or the last two weeks.
fn period(query: &FormData, today: Date) -> Result<(Date, Date), FieldErrors> {
    let mut errors = FieldErrors::new();
    let start = today.checked_sub(DAYS.days()).unwrap_or(today);
    let mut date = |name: &'static str, what: &'static str, usual: Date| match query.get(name) {
        "" => Some(usual),
        text => errors.take(name, parse_date(text).ok_or(Code::NotADate(what))),
    };
    let (from, until) = (date("from", "First day", start), date("until", "Last day", today));
    match (from, until) {
        (Some(from), Some(until)) => Ok((from, until)),
        _ => Err(errors),
    }
}

pub(super) async fn takings(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    cx.require(Action::ReadTakings)?;
    let today = cx.services().today();
    let mut page = TakingsPage {
        form: FormState::fresh(query.clone()),
        period: None,
        report: None,
        may_open: cx.services().may(&cx.actor, Action::ReadInvoices),
        today,
    };
    match period(&query, today) {
        Ok((from, until)) => {
            page.form.values.set("from", from.to_string());
            page.form.values.set("until", until.to_string());
            let after = until.checked_add(1.day()).unwrap_or(until);
            match cx.services().execute(&cx.actor, Takings { from, until: after }).await {
                Ok(report) => (page.period, page.report) = (Some((from, until)), Some(report)),
                Err(ServiceError::Invalid(errors)) => page.form.errors = errors,
                Err(error) => return Err(error.into()),
            }
        }
        Err(errors) => page.form.errors = errors,
    }
    let head = PageHead::new("Takings", Section::Billing).for_form(&page.form);
    Ok(cx.render(head, move || views::takings(&page)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn two_weeks_are_shown_when_no_period_is_chosen() {
        let today = date(2026, 11, 23);
        assert_eq!(period(&FormData::default(), today), Ok((date(2026, 11, 10), today)));
    }

    #[test]
    fn dates_that_do_not_exist_are_named_beside_their_field() {
        let query = FormData::default().with("from", "2026-02-30").with("until", "soon");
        let errors = period(&query, date(2026, 11, 23)).unwrap_err();
        assert!(errors.of("from").is_some() && errors.of("until").is_some());
    }
}
