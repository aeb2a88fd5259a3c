//! Refunds: asked for on a bill by one person, decided by another.

use super::extract::{Id, Ids, IfMatch, IfNoneMatch, Json, Paging, Query, SignedIn};
use super::respond::{self, Address, Answer};
use super::wire::{Amount, Decimal, Instant, Text};
use crate::web::state::AppState;
use axum::extract::State;
use domain::invoice::RefundOutcome;
use domain::{Currency, InvoiceId, Money, Refund};
use serde::{Deserialize, Serialize};
use service::Version;
use service::billing::{
    ApproveRefund, DeclineRefund, ListRefunds, ReadRefund, RefundEntry, RequestRefund, WithdrawRefund,
};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A refund and what became of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefundFacts<'a> {
    /// Counts the refunds of the bill, from 1.
    number: u32,
    /// How much.
    #[schema(value_type = String)]
    amount: Decimal,
    /// Why, in the words of whoever asked.
    reason: &'a str,
    /// `requested`, `approved`, `declined` or `withdrawn`.
    status: &'static str,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    requested_at: Instant,
    /// Who asked.
    requested_by: &'a str,
    /// When it was decided or withdrawn; null while it waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    settled_at: Option<Instant>,
    /// Who did that.
    settled_by: Option<&'a str>,
    /// The gap-free number of the credit note, once it is approved.
    credit_note: Option<String>,
    /// How it was given back: `cash`, `card` or `transfer`.
    method: Option<&'static str>,
    /// Why it was declined.
    declined_because: Option<&'a str>,
}

impl<'a> RefundFacts<'a> {
    /// The refund with this number, of a bill in this currency.
    pub(super) fn of(number: u32, refund: &'a Refund, currency: Currency) -> Self {
        let note = refund.credit_note();
        let declined_because = match &refund.outcome {
            Some(RefundOutcome::Declined { reason, .. }) => Some(reason.as_str()),
            _ => None,
        };
        Self {
            number,
            amount: Decimal(Money::new(refund.minor, currency)),
            reason: &refund.reason,
            status: refund.state().name(),
            requested_at: Instant(refund.requested.at),
            requested_by: &refund.requested.by_name,
            settled_at: refund.settled().map(|step| Instant(step.at)),
            settled_by: refund.settled().map(|step| step.by_name.as_str()),
            credit_note: note.map(|note| note.number.to_string()),
            method: note.map(|note| note.method.name()),
            declined_because,
        }
    }
}

/// A refund with what one has to know of its bill to decide on it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefundView<'a> {
    #[serde(flatten)]
    facts: RefundFacts<'a>,
    /// The bill.
    #[schema(value_type = u64)]
    billing_id: InvoiceId,
    /// The bill's number.
    invoice_number: Option<String>,
    /// Who paid; null for administrators and auditors, who see no patients.
    patient_name: Option<&'a str>,
    /// ISO 4217 code of all amounts.
    #[schema(value_type = String)]
    currency: Text<Currency>,
    /// What was paid on the bill by `cash`, `card` and `transfer`, as far as it was.
    #[schema(value_type = BTreeMap<String, String>)]
    paid_by_method: BTreeMap<&'static str, Decimal>,
    /// What was given back of it so far.
    #[schema(value_type = String)]
    refunded: Decimal,
    /// Whether the caller asked for it, and so cannot decide on it.
    is_own: bool,
    /// Counts the changes of the bill; the entity tag.
    version: Version,
}

impl<'a> RefundView<'a> {
    fn of(entry: &'a RefundEntry) -> Self {
        Self {
            facts: RefundFacts::of(entry.number, &entry.refund, entry.amount.currency),
            billing_id: entry.bill,
            invoice_number: entry.invoice.map(|number| number.to_string()),
            patient_name: entry.patient_name.as_deref(),
            currency: Text(entry.amount.currency),
            paid_by_method: entry.paid.iter().map(|(method, sum)| (method.name(), Decimal(*sum))).collect(),
            refunded: Decimal(entry.refunded),
            is_own: entry.is_own,
            version: entry.version,
        }
    }
}

/// Which refunds.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct RefundsQuery {
    /// Only those that wait for approval.
    waiting: Option<bool>,
    /// Most bills of the answer, each with all its refunds.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<usize>,
    /// Where to go on, as the `Link` header of the answer before said.
    cursor: Option<String>,
}

/// List refunds, those of the newest bill first.
///
/// Patients get their own.
#[utoipa::path(get, path = "/api/refunds", tag = "Bills", params(RefundsQuery),
    responses((status = 200, description = "Refunds", body = [RefundView])))]
pub(super) async fn list(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Query(query): Query<RefundsQuery>,
) -> Answer {
    let address = Address::new("/api/refunds").with("waiting", query.waiting).with("limit", query.limit);
    let page = Paging::request(query.limit, query.cursor)?;
    let waiting = query.waiting.unwrap_or(false);
    let page = state.services.execute(&actor, ListRefunds { waiting, page }).await?;
    respond::list(&page, &address, RefundView::of)
}

/// Read a refund.
#[utoipa::path(get, path = "/api/billings/{id}/refunds/{refund}", tag = "Bills",
    params(("id" = u64, Path), ("refund" = u32, Path)),
    responses((status = 200, description = "The refund", body = RefundView)))]
pub(super) async fn read(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Ids(id, number): Ids<InvoiceId, u32>,
    known: IfNoneMatch,
) -> Answer {
    let entry = state.services.execute(&actor, ReadRefund { id, number }).await?;
    respond::object(&RefundView::of(&entry), entry.version, &known)
}

/// What is asked back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefundBody {
    /// How much, a number or a decimal string.
    #[schema(value_type = String)]
    amount: Amount,
    /// Why, without clinical details.
    reason: String,
}

/// Ask for a refund of what was paid on a bill.
///
/// Another person decides on it. On a bill one waits at a time.
#[utoipa::path(post, path = "/api/billings/{id}/refunds", tag = "Bills", params(("id" = u64, Path)),
    request_body = RefundBody, responses((status = 201, description = "The refund", body = RefundView)))]
pub(super) async fn request(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<InvoiceId>,
    IfMatch(expected): IfMatch,
    Json(RefundBody { amount, reason }): Json<RefundBody>,
) -> Answer {
    let job = RequestRefund { id, expected, amount: amount.0, reason };
    let entry = state.services.execute(&actor, job).await?;
    let location = format!("/api/billings/{id}/refunds/{}", entry.number);
    respond::created(&RefundView::of(&entry), entry.version, &location)
}

fn changed(entry: &RefundEntry) -> Answer {
    respond::changed(&RefundView::of(entry), entry.version)
}

/// How the money is given back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ApprovalBody {
    /// `cash`, `card` or `transfer`.
    method: String,
}

/// Approve a refund that another person asked for.
///
/// It gets the next credit note number, and never changes from then on. The own request is refused with 409.
#[utoipa::path(post, path = "/api/billings/{id}/refunds/{refund}/approve", tag = "Bills",
    params(("id" = u64, Path), ("refund" = u32, Path)), request_body = ApprovalBody,
    responses((status = 200, description = "The refund", body = RefundView)))]
pub(super) async fn approve(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Ids(id, number): Ids<InvoiceId, u32>,
    IfMatch(expected): IfMatch,
    Json(ApprovalBody { method }): Json<ApprovalBody>,
) -> Answer {
    changed(&state.services.execute(&actor, ApproveRefund { id, number, expected, method }).await?)
}

/// Why it is not given.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefusalBody {
    /// For whoever asked; the patient reads it too.
    reason: String,
}

/// Decline a refund that another person asked for.
#[utoipa::path(post, path = "/api/billings/{id}/refunds/{refund}/decline", tag = "Bills",
    params(("id" = u64, Path), ("refund" = u32, Path)), request_body = RefusalBody,
    responses((status = 200, description = "The refund", body = RefundView)))]
pub(super) async fn decline(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Ids(id, number): Ids<InvoiceId, u32>,
    IfMatch(expected): IfMatch,
    Json(RefusalBody { reason }): Json<RefusalBody>,
) -> Answer {
    changed(&state.services.execute(&actor, DeclineRefund { id, number, expected, reason }).await?)
}

/// Take the own request back while nobody has decided on it.
#[utoipa::path(post, path = "/api/billings/{id}/refunds/{refund}/withdraw", tag = "Bills",
    params(("id" = u64, Path), ("refund" = u32, Path)),
    responses((status = 200, description = "The refund", body = RefundView)))]
pub(super) async fn withdraw(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Ids(id, number): Ids<InvoiceId, u32>,
    IfMatch(expected): IfMatch,
) -> Answer {
    changed(&state.services.execute(&actor, WithdrawRefund { id, number, expected }).await?)
}
