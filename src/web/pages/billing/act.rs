//! Issuing bills and taking payments.

use super::{bill_id, is_own, stored};
use crate::ui::form::FormState;
use crate::ui::pages::billing::{self as views, IssuePage, PayPage};
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::{FormData, PageContext, PageError};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::invoice::InvoiceStatus;
use domain::{Action, Invoice};
use jiff::ToSpan;
use service::billing::{IssueInvoice, TakePayment};
use service::{ServiceError, Versioned};

/// The page before issuing; a bill that is issued has none.
async fn issue_page(cx: &PageContext, id: &str, changed: bool) -> Result<Response, PageError> {
    let bill = stored(cx, id).await?;
    if bill.status() != InvoiceStatus::Draft {
        return Ok(see_other(&format!("/billing/{}", bill.id)));
    }
    let today = cx.services().today();
    let due = today.checked_add(Invoice::DAYS_TO_PAY.days()).unwrap_or(today);
    let head = PageHead::new("Issue this bill?", Section::Billing);
    let head = if changed { head.with_status(StatusCode::CONFLICT) } else { head };
    let page = IssuePage { bill, due, changed };
    Ok(cx.render(head, move || views::issue(&page)))
}

pub(super) async fn confirm(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    cx.require(Action::IssueInvoice)?;
    issue_page(&cx, &id, false).await
}

pub(super) async fn issue(
    cx: PageContext,
    Path(id): Path<String>,
    form: FormData,
) -> Result<Response, PageError> {
    let job = IssueInvoice { id: bill_id(&id)?, expected: form.parse("version").unwrap_or_default() };
    match cx.services().execute(&cx.actor, job).await {
        Ok(bill) => Ok(see_other(&format!("/billing/{}?notice=bill-issued", bill.id))),
        Err(ServiceError::Stale) => issue_page(&cx, &id, true).await,
        Err(error) => Err(error.into()),
    }
}

fn is_payable(bill: &Invoice) -> bool {
    matches!(bill.status(), InvoiceStatus::Issued | InvoiceStatus::PartlyPaid)
}

fn pay_page(cx: &PageContext, bill: Versioned<Invoice>, form: FormState, changed: bool) -> Response {
    let own = is_own(cx);
    let title = if own { "Pay this bill" } else { "Take a payment" };
    let head = PageHead::new(title, Section::Billing).for_form(&form);
    let head = if changed { head.with_status(StatusCode::CONFLICT) } else { head };
    let page = PayPage { bill, form, own, changed };
    cx.render(head, move || views::pay(&page))
}

pub(super) async fn payment(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    cx.require(Action::TakePayment)?;
    let bill = stored(&cx, &id).await?;
    if !is_payable(&bill) {
        return Ok(see_other(&format!("/billing/{}", bill.id)));
    }
    let form = FormState::fresh(FormData::default().with("amount", bill.balance().plain()));
    Ok(pay_page(&cx, bill, form, false))
}

pub(super) async fn pay(
    cx: PageContext,
    Path(id): Path<String>,
    form: FormData,
) -> Result<Response, PageError> {
    let job = TakePayment {
        id: bill_id(&id)?,
        // A payment must know which balance it was made for: without a version it counts as an old one.
        expected: Some(form.parse("version").unwrap_or_default()),
        amount: form.text("amount"),
        method: form.text("method"),
    };
    match cx.services().execute(&cx.actor, job).await {
        Ok(bill) => Ok(see_other(&match bill.payments.last() {
            Some(payment) => {
                format!("/billing/{}/receipts/{}?notice=payment-taken", bill.id, payment.receipt)
            }
            None => format!("/billing/{}", bill.id),
        })),
        Err(ServiceError::Invalid(errors)) => {
            let bill = stored(&cx, &id).await?;
            Ok(pay_page(&cx, bill, FormState::refused(form, errors), false))
        }
        Err(ServiceError::Stale) => {
            let bill = stored(&cx, &id).await?;
            if !is_payable(&bill) {
                return Err(ServiceError::Stale.into());
            }
            Ok(pay_page(&cx, bill, FormState::fresh(form), true))
        }
        Err(error) => Err(error.into()),
    }
}
