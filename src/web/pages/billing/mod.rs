//! Handlers of the billing pages; this file lists bills, the others write, issue and pay them.

mod act;
mod draft;
mod link;
mod refunds;
mod takings;

use crate::ui::pages::billing::{
    self as views, BillPage, Figures, Filter, ListPage, OwnPage, ReceiptPage, Rights,
};
use crate::web::context::{PageHead, Section};
use crate::web::forms::Query;
use crate::web::pages::patients::id_of;
use crate::web::state::AppState;
use crate::web::{FormData, PageContext, PageError};
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use domain::invoice::InvoiceStatus;
use domain::{Action, Invoice, InvoiceId, Money, PatientId, Role};
use jiff::ToSpan;
use service::billing::{ListInvoices, ReadInvoice, Takings, VisitsNotBilled};
use service::patients::ReadPatient;
use service::{Order, PageRequest, Versioned};

/// Bills on one page of a list.
const ON_A_PAGE: usize = 30;
/// Parts of the list that are looked through for overdue bills.
const PARTS: usize = 20;

/// Routes of this area.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/billing", get(list))
        .route("/billing/new", get(draft::new).post(draft::write))
        .route("/billing/takings", get(takings::takings))
        .route("/billing/refunds", get(refunds::list))
        .route("/billing/{id}", get(read))
        .route("/billing/{id}/edit", get(draft::edit).post(draft::revise))
        .route("/billing/{id}/issue", get(act::confirm).post(act::issue))
        .route("/billing/{id}/pay", get(act::payment).post(act::pay))
        .route("/billing/{id}/link", get(link::choose).post(link::link))
        .route("/billing/{id}/receipts/{number}", get(receipt))
        .route("/billing/{id}/refunds/new", get(refunds::ask).post(refunds::request))
        .route("/billing/{id}/refunds/{refund}", get(refunds::read))
        .route("/billing/{id}/refunds/{refund}/approve", post(refunds::approve))
        .route("/billing/{id}/refunds/{refund}/decline", post(refunds::decline))
        .route("/billing/{id}/refunds/{refund}/withdraw", post(refunds::withdraw))
        .route("/billing/{id}/credit-notes/{number}", get(refunds::credit_note))
}

fn bill_id(text: &str) -> Result<InvoiceId, PageError> {
    text.parse().map_err(|_| PageError::NOT_FOUND)
}

/// The bill that a path names.
async fn stored(cx: &PageContext, id: &str) -> Result<Versioned<Invoice>, PageError> {
    let id = bill_id(id)?;
    Ok(cx.services().execute(&cx.actor, ReadInvoice { id }).await?)
}

fn is_own(cx: &PageContext) -> bool {
    cx.role() == Some(Role::Patient)
}

async fn list(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    cx.require(Action::ReadInvoices)?;
    if is_own(&cx) {
        return own(&cx, &query).await;
    }
    let filter = Filter::named(query.get("status"));
    let patient = match query.get("patient") {
        "" => None,
        id => Some(named(&cx, id_of(id)?).await?),
    };
    let (bills, next) = bills(&cx, filter, patient.as_ref().map(|(id, _)| *id), query.get("cursor")).await?;
    let not_billed = if cx.services().may(&cx.actor, Action::WriteInvoice) && patient.is_none() {
        Some(cx.services().execute(&cx.actor, VisitsNotBilled {}).await?)
    } else {
        None
    };
    let clinic = cx.services().clinic();
    let page = ListPage {
        figures: figures(&cx).await?,
        filter,
        patient,
        bills,
        next,
        not_billed,
        all_visits: query.get("visits") == "all",
        zone: clinic.zone.clone(),
        today: cx.services().today(),
        visit_types: clinic.catalogue.visit_types.clone(),
        currency: clinic.currency,
    };
    Ok(cx.render(PageHead::new("Bills", Section::Billing), move || views::list(&page)))
}

async fn named(cx: &PageContext, id: PatientId) -> Result<(PatientId, String), PageError> {
    let patient = cx.services().execute(&cx.actor, ReadPatient { id }).await?;
    Ok((id, patient.name.full()))
}

/// A part of the bills under a filter. Which are overdue depends on the day, so those are picked from the open ones.
async fn bills(
    cx: &PageContext,
    filter: Filter,
    patient: Option<PatientId>,
    cursor: &str,
) -> Result<(Vec<Versioned<Invoice>>, Option<String>), PageError> {
    let statuses = match filter {
        Filter::All => vec![],
        Filter::Open | Filter::Overdue => vec![InvoiceStatus::Issued, InvoiceStatus::PartlyPaid],
        Filter::Draft => vec![InvoiceStatus::Draft],
        Filter::Paid => vec![InvoiceStatus::Paid],
        Filter::Recorded => vec![InvoiceStatus::Recorded],
    };
    let today = cx.services().today();
    let mut found: Vec<Versioned<Invoice>> = Vec::new();
    let mut next = Some(cursor.to_owned()).filter(|cursor| !cursor.is_empty());
    for _ in 0..PARTS {
        let page = PageRequest { after: next, ..PageRequest::first(ON_A_PAGE, Order::Descending) };
        let part = ListInvoices { patient, statuses: statuses.clone(), page };
        let part = cx.services().execute(&cx.actor, part).await?;
        found.extend(
            part.items.into_iter().filter(|bill| filter != Filter::Overdue || bill.is_overdue(today)),
        );
        next = part.next;
        if next.is_none() || found.len() >= ON_A_PAGE || filter != Filter::Overdue {
            break;
        }
    }
    Ok((found, next))
}

async fn figures(cx: &PageContext) -> Result<Option<Figures>, PageError> {
    if !cx.services().may(&cx.actor, Action::ReadTakings) {
        return Ok(None);
    }
    let today = cx.services().today();
    let until = today.checked_add(1.day()).unwrap_or(today);
    let report = cx.services().execute(&cx.actor, Takings { from: today, until }).await?;
    Ok(Some(Figures { outstanding: report.outstanding, overdue: report.overdue, today: report.total }))
}

async fn own(cx: &PageContext, query: &FormData) -> Result<Response, PageError> {
    if cx.actor.patient().is_none() {
        return Ok(cx.render(PageHead::new("My bills", Section::Billing), views::no_bills));
    }
    let (bills, next) = bills(cx, Filter::All, None, query.get("cursor")).await?;
    let clinic = cx.services().clinic();
    let page = OwnPage {
        bills,
        next,
        currency: clinic.currency,
        zone: clinic.zone.clone(),
        today: cx.services().today(),
    };
    let title = cx.words("My bills", "Bills");
    Ok(cx.render(PageHead::new(title, Section::Billing), move || views::own(&page, title)))
}

async fn read(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    cx.signed_in()?;
    let bill = stored(&cx, &id).await?;
    let may = |action| cx.services().may(&cx.actor, action);
    let clinic = cx.services().clinic();
    let page = BillPage {
        rights: Rights {
            write: may(Action::WriteInvoice),
            issue: may(Action::IssueInvoice),
            pay: may(Action::TakePayment),
            ask_refund: may(Action::RequestRefund),
        },
        own: is_own(&cx),
        clinic: clinic.name.clone(),
        zone: clinic.zone.clone(),
        today: cx.services().today(),
        bill,
    };
    Ok(cx.render(PageHead::new(page.bill.title(), Section::Billing), move || views::bill(&page)))
}

async fn receipt(cx: PageContext, Path((id, number)): Path<(String, String)>) -> Result<Response, PageError> {
    cx.signed_in()?;
    let bill = stored(&cx, &id).await?.value;
    let position = bill.payments.iter().position(|payment| payment.receipt.to_string() == number);
    let position = position.ok_or(PageError::NOT_FOUND)?;
    let paid = bill.payments[..=position].iter().fold(0i64, |sum, payment| sum.saturating_add(payment.minor));
    let clinic = cx.services().clinic();
    let page = ReceiptPage {
        payment: bill.payments[position].clone(),
        balance: Money::new(bill.total().minor - paid, bill.currency),
        own: is_own(&cx),
        clinic: clinic.name.clone(),
        zone: clinic.zone.clone(),
        bill,
    };
    let title = format!("Receipt {}", page.payment.receipt);
    Ok(cx.render(PageHead::new(title, Section::Billing), move || views::receipt(&page)))
}
