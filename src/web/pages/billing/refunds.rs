//! Refunds: the queue, one refund with the decision on it, asking for one, and the credit note.

use super::{bill_id, is_own, stored};
use crate::ui::form::FormState;
use crate::ui::pages::billing::{self as views, AskPage, CreditNotePage, RefundPage, RefundsPage};
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::forms::Query;
use crate::web::{FormData, PageContext, PageError};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Action, Invoice, InvoiceId};
use service::billing::{
    ApproveRefund, DeclineRefund, ListRefunds, ReadRefund, RefundEntry, RequestRefund, WithdrawRefund,
};
use service::{Order, PageRequest, ServiceError, Versioned};

/// Bills on one page of the queue.
const ON_A_PAGE: usize = 25;

/// The part of the navigation that the reader comes from: not everyone who sees refunds sees bills.
fn section(cx: &PageContext) -> Section {
    if cx.services().may(&cx.actor, Action::ReadInvoices) { Section::Billing } else { Section::Admin }
}

pub(super) async fn list(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    cx.require(Action::ReadRefunds)?;
    let waiting = query.get("show") != "all";
    let after = Some(query.text("cursor")).filter(|cursor| !cursor.is_empty());
    let order = if waiting { Order::Ascending } else { Order::Descending };
    let page = PageRequest { after, ..PageRequest::first(ON_A_PAGE, order) };
    let refunds = cx.services().execute(&cx.actor, ListRefunds { waiting, page }).await?;
    let section = section(&cx);
    let zone = cx.services().clinic().zone.clone();
    let page = RefundsPage { refunds, waiting, in_admin: section == Section::Admin, zone };
    let title = if waiting { "Refunds to approve" } else { "Refunds" };
    Ok(cx.render(PageHead::new(title, section), move || views::refunds(&page)))
}

fn refund_id(id: &str, number: &str) -> Result<(InvoiceId, u32), PageError> {
    Ok((bill_id(id)?, number.parse().map_err(|_| PageError::NOT_FOUND)?))
}

async fn found(cx: &PageContext, (id, number): (InvoiceId, u32)) -> Result<RefundEntry, PageError> {
    Ok(cx.services().execute(&cx.actor, ReadRefund { id, number }).await?)
}

fn show(cx: &PageContext, entry: RefundEntry, mut form: FormState, changed: bool) -> Response {
    let may = |action| cx.services().may(&cx.actor, action);
    let most = entry.paid.iter().max_by_key(|(_, sum)| sum.minor);
    if let (Some((method, _)), "") = (most, form.values.get("method")) {
        // Back the way that most of it came.
        form.values.set("method", method.name());
    }
    let head = PageHead::new(format!("Refund of {}", entry.amount), section(cx)).for_form(&form);
    let head = if changed { head.with_status(StatusCode::CONFLICT) } else { head };
    let page = RefundPage {
        decides: may(Action::ApproveRefund),
        reads_bill: may(Action::ReadInvoices),
        zone: cx.services().clinic().zone.clone(),
        entry,
        form,
        changed,
    };
    cx.render(head, move || views::refund(&page))
}

pub(super) async fn read(
    cx: PageContext,
    Path((id, number)): Path<(String, String)>,
) -> Result<Response, PageError> {
    cx.require(Action::ReadRefunds)?;
    let entry = found(&cx, refund_id(&id, &number)?).await?;
    Ok(show(&cx, entry, FormState::default(), false))
}

/// After something was done about a refund, or could not be.
async fn done(
    cx: &PageContext,
    of: (InvoiceId, u32),
    form: FormData,
    result: Result<RefundEntry, ServiceError>,
    notice: &str,
) -> Result<Response, PageError> {
    match result {
        Ok(entry) => {
            Ok(see_other(&format!("/billing/{}/refunds/{}?notice={notice}", entry.bill, entry.number)))
        }
        Err(ServiceError::Invalid(errors)) => {
            let entry = found(cx, of).await?;
            Ok(show(cx, entry, FormState::refused(form, errors), false))
        }
        Err(ServiceError::Stale) => {
            let entry = found(cx, of).await?;
            Ok(show(cx, entry, FormState::fresh(form), true))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn approve(
    cx: PageContext,
    Path((id, number)): Path<(String, String)>,
    form: FormData,
) -> Result<Response, PageError> {
    let (id, number) = refund_id(&id, &number)?;
    let expected = form.parse("version").unwrap_or_default();
    let job = ApproveRefund { id, number, expected, method: form.text("method") };
    let result = cx.services().execute(&cx.actor, job).await;
    done(&cx, (id, number), form, result, "refund-approved").await
}

pub(super) async fn decline(
    cx: PageContext,
    Path((id, number)): Path<(String, String)>,
    form: FormData,
) -> Result<Response, PageError> {
    let (id, number) = refund_id(&id, &number)?;
    let expected = form.parse("version").unwrap_or_default();
    let job = DeclineRefund { id, number, expected, reason: form.text("reason") };
    let result = cx.services().execute(&cx.actor, job).await;
    done(&cx, (id, number), form, result, "refund-declined").await
}

pub(super) async fn withdraw(
    cx: PageContext,
    Path((id, number)): Path<(String, String)>,
    form: FormData,
) -> Result<Response, PageError> {
    let (id, number) = refund_id(&id, &number)?;
    let job = WithdrawRefund { id, number, expected: form.parse("version").unwrap_or_default() };
    let result = cx.services().execute(&cx.actor, job).await;
    done(&cx, (id, number), form, result, "refund-withdrawn").await
}

fn ask_page(cx: &PageContext, bill: Versioned<Invoice>, form: FormState, changed: bool) -> Response {
    let head = PageHead::new("Ask for a refund", Section::Billing).for_form(&form);
    let head = if changed { head.with_status(StatusCode::CONFLICT) } else { head };
    let page = AskPage { bill, form, changed, own: is_own(cx) };
    cx.render(head, move || views::ask_refund(&page))
}

pub(super) async fn ask(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    cx.require(Action::RequestRefund)?;
    let bill = stored(&cx, &id).await?;
    if bill.can_request_refund().is_err() {
        return Ok(see_other(&format!("/billing/{}", bill.id)));
    }
    let form = FormState::fresh(FormData::default().with("amount", bill.refundable().plain()));
    Ok(ask_page(&cx, bill, form, false))
}

pub(super) async fn request(
    cx: PageContext,
    Path(id): Path<String>,
    form: FormData,
) -> Result<Response, PageError> {
    let job = RequestRefund {
        id: bill_id(&id)?,
        expected: form.parse("version").unwrap_or_default(),
        amount: form.text("amount"),
        reason: form.text("reason"),
    };
    match cx.services().execute(&cx.actor, job).await {
        Ok(entry) => {
            let (id, number) = (entry.bill, entry.number);
            Ok(see_other(&format!("/billing/{id}/refunds/{number}?notice=refund-requested")))
        }
        Err(ServiceError::Invalid(errors)) => {
            let bill = stored(&cx, &id).await?;
            Ok(ask_page(&cx, bill, FormState::refused(form, errors), false))
        }
        Err(ServiceError::Stale) => {
            let bill = stored(&cx, &id).await?;
            if bill.can_request_refund().is_err() {
                return Err(ServiceError::Stale.into());
            }
            Ok(ask_page(&cx, bill, FormState::fresh(form), true))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn credit_note(
    cx: PageContext,
    Path((id, number)): Path<(String, String)>,
) -> Result<Response, PageError> {
    cx.signed_in()?;
    let bill = stored(&cx, &id).await?.value;
    let named =
        |refund: &&domain::Refund| refund.credit_note().is_some_and(|note| note.number.to_string() == number);
    let refund = bill.refunds.iter().find(named).cloned().ok_or(PageError::NOT_FOUND)?;
    let note = refund.credit_note().ok_or(PageError::NOT_FOUND)?;
    let clinic = cx.services().clinic();
    let page = CreditNotePage { refund, note, clinic: clinic.name.clone(), zone: clinic.zone.clone(), bill };
    let title = format!("Credit note {}", note.number);
    Ok(cx.render(PageHead::new(title, Section::Billing), move || views::credit_note(&page)))
}
