//! Bills: drafts, issuing, payments, and the old system's amount-and-method shape.

use super::appointments::LinkBody;
use super::extract::{Body, Id, IfMatch, IfNoneMatch, Json, Paging, Query, SignedIn, parse};
use super::problem::ApiError;
use super::refunds::RefundFacts;
use super::respond::{self, Address, Answer};
use super::wire::{Amount, Day, Decimal, Instant, LegacyAmount, Text};
use crate::web::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use domain::invoice::{InvoiceLine, InvoiceStatus};
use domain::{AppointmentId, Currency, Invoice, InvoiceId, Money, PatientId, Payment};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use service::billing::{
    BillWritten, IssueInvoice, LineForm, LinkInvoice, ListInvoices, ReadInvoice, ReviseInvoice, TakePayment,
    WriteInvoice,
};
use service::{Version, Versioned};
use utoipa::ToSchema;

/// A bill. The old system knew `id`, `patientName`, `amount`, `paymentMethod` and `createdAt`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvoiceView<'a> {
    /// Identity.
    #[schema(value_type = u64)]
    id: InvoiceId,
    /// The patient's name, or the name as written.
    patient_name: &'a str,
    /// Who pays; null for a bill that is not linked.
    #[schema(value_type = Option<String>)]
    patient_id: Option<Text<PatientId>>,
    /// The total as a number; in bills of the old system that hold no number, the text as written.
    #[schema(value_type = f64)]
    amount: LegacyAmount,
    /// How it was paid last, or the method as written; empty when nothing is known.
    payment_method: &'a str,
    /// The gap-free invoice number; null until it is issued.
    number: Option<String>,
    /// `draft`, `issued`, `partly-paid`, `paid` or `recorded` (from the old system).
    status: &'static str,
    /// The visit.
    #[schema(value_type = Option<u64>)]
    appointment_id: Option<AppointmentId>,
    /// ISO 4217 code of all amounts.
    #[schema(value_type = String)]
    currency: Text<Currency>,
    /// Charges.
    lines: Vec<LineView<'a>>,
    /// Sum of the lines.
    #[schema(value_type = String)]
    total: Decimal,
    /// Sum of the payments, whatever was given back of them.
    #[schema(value_type = String)]
    paid: Decimal,
    /// Sum of what was given back. It leaves `balance` and `status` as they are: nobody owes anew what they got back.
    #[schema(value_type = String)]
    refunded: Decimal,
    /// What is still to pay.
    #[schema(value_type = String)]
    balance: Decimal,
    /// Payments, oldest first.
    payments: Vec<PaymentView<'a>>,
    /// Refunds asked for, oldest first, whatever became of them.
    refunds: Vec<RefundFacts<'a>>,
    /// When it was issued.
    #[schema(value_type = Option<String>, format = DateTime)]
    issued_at: Option<Instant>,
    /// Last day to pay.
    #[schema(value_type = Option<String>, format = Date)]
    due: Option<Day>,
    /// Counts the changes; the entity tag.
    version: Version,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

/// One charge.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LineView<'a> {
    /// What for.
    description: &'a str,
    /// How many.
    quantity: u32,
    /// Price of one.
    #[schema(value_type = String)]
    unit_amount: Decimal,
    /// Price of all.
    #[schema(value_type = String)]
    amount: Decimal,
}

/// Money received.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaymentView<'a> {
    /// The gap-free receipt number.
    receipt: String,
    /// How much.
    #[schema(value_type = String)]
    amount: Decimal,
    /// `cash`, `card` or `transfer`.
    method: &'static str,
    /// When it was taken.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// Who took it.
    by: &'a str,
}

impl<'a> InvoiceView<'a> {
    fn of(bill: &'a Versioned<Invoice>) -> Self {
        let money = |minor| Decimal(Money::new(minor, bill.currency));
        let line = |line: &'a InvoiceLine| LineView {
            description: &line.description,
            quantity: line.quantity,
            unit_amount: money(line.unit_minor),
            amount: money(line.total_minor()),
        };
        let payment = |payment: &'a Payment| PaymentView {
            receipt: payment.receipt.to_string(),
            amount: money(payment.minor),
            method: payment.method.name(),
            at: Instant(payment.at),
            by: &payment.by_name,
        };
        let legacy = bill.legacy.as_ref();
        let last_method = bill.payments.last().map_or("", |payment| payment.method.name());
        Self {
            id: bill.id,
            patient_name: &bill.patient.name,
            patient_id: bill.patient.id.map(Text),
            amount: LegacyAmount(legacy.map_or_else(|| bill.total().plain(), |legacy| legacy.amount.clone())),
            payment_method: legacy.map_or(last_method, |legacy| &legacy.payment_method),
            number: bill.issue.map(|issue| issue.number.to_string()),
            status: bill.status().name(),
            appointment_id: bill.appointment,
            currency: Text(bill.currency),
            lines: bill.lines.iter().map(line).collect(),
            total: Decimal(bill.total()),
            paid: Decimal(bill.paid()),
            refunded: Decimal(bill.refunded()),
            balance: Decimal(bill.balance()),
            payments: bill.payments.iter().map(payment).collect(),
            refunds: (1..)
                .zip(&bill.refunds)
                .map(|(number, refund)| RefundFacts::of(number, refund, bill.currency))
                .collect(),
            issued_at: bill.issue.map(|issue| Instant(issue.at)),
            due: bill.issue.map(|issue| Day(issue.due)),
            version: bill.version,
            created_at: Instant(bill.created_at),
        }
    }
}

fn created(bill: &Versioned<Invoice>) -> Answer {
    respond::created(&InvoiceView::of(bill), bill.version, &format!("/api/billings/{}", bill.id))
}

fn changed(bill: &Versioned<Invoice>) -> Answer {
    respond::changed(&InvoiceView::of(bill), bill.version)
}

/// Which bills.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct BillsQuery {
    /// Only this patient's.
    #[param(value_type = Option<String>)]
    patient: Option<PatientId>,
    /// Only in this status.
    #[param(value_type = Option<String>)]
    status: Option<InvoiceStatus>,
    /// Most items of the answer.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<usize>,
    /// Where to go on, as the `Link` header of the answer before said.
    cursor: Option<String>,
}

/// List bills, newest first.
///
/// Patients get their own, without drafts.
#[utoipa::path(get, path = "/api/billings", tag = "Bills", params(BillsQuery),
    responses((status = 200, description = "Bills", body = [InvoiceView])))]
pub(super) async fn list(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Query(query): Query<BillsQuery>,
) -> Answer {
    let address = Address::new("/api/billings")
        .with("patient", query.patient)
        .with("status", query.status.map(InvoiceStatus::name))
        .with("limit", query.limit);
    let page = Paging::request(query.limit, query.cursor)?;
    let list = ListInvoices { patient: query.patient, statuses: query.status.into_iter().collect(), page };
    let page = state.services.execute(&actor, list).await?;
    respond::list(&page, &address, InvoiceView::of)
}

/// Read a bill.
#[utoipa::path(get, path = "/api/billings/{id}", tag = "Bills", params(("id" = u64, Path)),
    responses((status = 200, description = "The bill", body = InvoiceView)))]
pub(super) async fn read(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<InvoiceId>,
    known: IfNoneMatch,
) -> Answer {
    let bill = state.services.execute(&actor, ReadInvoice { id }).await?;
    respond::object(&InvoiceView::of(&bill), bill.version, &known)
}

/// A new bill: a draft in the full shape, or one that is issued at once in the old system's.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the two shapes; each is read as its own type")]
pub(super) enum NewInvoice {
    /// The full shape.
    #[schema(title = "Full")]
    Full(InvoiceBody),
    /// The old system's shape.
    #[schema(title = "Legacy")]
    Legacy(WrittenBill),
}

/// A new draft. Without lines the visit type gives the one line.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct InvoiceBody {
    /// Who pays.
    #[schema(value_type = String)]
    patient_id: PatientId,
    /// The visit; each is billed once.
    #[schema(value_type = Option<u64>)]
    appointment_id: Option<AppointmentId>,
    /// Charges.
    #[serde(default)]
    lines: Vec<LineBody>,
}

/// One charge.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LineBody {
    /// What for.
    description: String,
    /// How many; one when left out.
    quantity: Option<u32>,
    /// Price of one, a number or a decimal string.
    #[schema(value_type = String)]
    unit_amount: Amount,
}

impl From<LineBody> for LineForm {
    fn from(LineBody { description, quantity, unit_amount }: LineBody) -> Self {
        let quantity = quantity.map(|quantity| quantity.to_string()).unwrap_or_default();
        Self { description, quantity, unit_amount: unit_amount.0 }
    }
}

fn line_forms(lines: Vec<LineBody>) -> Vec<LineForm> {
    lines.into_iter().map(LineForm::from).collect()
}

/// A bill as the old system took it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WrittenBill {
    /// The patient's name.
    patient_name: Option<String>,
    /// How much, a number or a decimal string.
    #[schema(value_type = Option<f64>)]
    amount: Option<Amount>,
    /// How it is to be paid.
    payment_method: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    patient_id: Option<IgnoredAny>,
}

/// Make a bill.
///
/// Refused fields of the old shape are answered with 400.
#[utoipa::path(post, path = "/api/billings", tag = "Bills", request_body = NewInvoice,
    responses((status = 201, description = "The bill", body = InvoiceView)))]
pub(super) async fn create(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Body(body): Body,
) -> Answer {
    if parse::<Shape>(&body)?.patient_id.is_none() {
        let WrittenBill { patient_name, amount, payment_method } = parse(&body)?;
        let bill = BillWritten {
            patient_name: patient_name.unwrap_or_default(),
            amount: amount.unwrap_or_default().0,
            payment_method: payment_method.unwrap_or_default(),
        };
        let written = state.services.execute(&actor, bill).await;
        return created(&written.map_err(|error| ApiError::from(error).refused_as(StatusCode::BAD_REQUEST))?);
    }
    let InvoiceBody { patient_id, appointment_id, lines } = parse(&body)?;
    let draft = WriteInvoice { patient: patient_id, appointment: appointment_id, lines: line_forms(lines) };
    created(&state.services.execute(&actor, draft).await?)
}

/// The charges of a draft.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LinesBody {
    /// All of them.
    lines: Vec<LineBody>,
}

/// Replace the lines of a draft.
#[utoipa::path(put, path = "/api/billings/{id}", tag = "Bills", params(("id" = u64, Path)),
    request_body = LinesBody, responses((status = 200, description = "The draft", body = InvoiceView)))]
pub(super) async fn revise(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<InvoiceId>,
    IfMatch(expected): IfMatch,
    Json(LinesBody { lines }): Json<LinesBody>,
) -> Answer {
    let revision = ReviseInvoice { id, expected, lines: line_forms(lines) };
    changed(&state.services.execute(&actor, revision).await?)
}

/// Issue a draft under the next number.
///
/// From then on it never changes.
#[utoipa::path(post, path = "/api/billings/{id}/issue", tag = "Bills", params(("id" = u64, Path)),
    responses((status = 200, description = "The issued bill", body = InvoiceView)))]
pub(super) async fn issue(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<InvoiceId>,
    IfMatch(expected): IfMatch,
) -> Answer {
    changed(&state.services.execute(&actor, IssueInvoice { id, expected }).await?)
}

/// Money received.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PaymentBody {
    /// How much, a number or a decimal string.
    #[schema(value_type = String)]
    amount: Amount,
    /// `cash`, `card` or `transfer`; patients pay by card.
    method: String,
}

/// Take a payment.
#[utoipa::path(post, path = "/api/billings/{id}/payments", tag = "Bills", params(("id" = u64, Path)),
    request_body = PaymentBody, responses((status = 200, description = "The bill", body = InvoiceView)))]
pub(super) async fn pay(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<InvoiceId>,
    IfMatch(expected): IfMatch,
    Json(PaymentBody { amount, method }): Json<PaymentBody>,
) -> Answer {
    let payment = TakePayment { id, expected: Some(expected), amount: amount.0, method };
    changed(&state.services.execute(&actor, payment).await?)
}

/// Link a bill that came with a name only to a patient, once.
#[utoipa::path(put, path = "/api/billings/{id}/patient", tag = "Bills", params(("id" = u64, Path)),
    request_body = LinkBody, responses((status = 200, description = "The bill", body = InvoiceView)))]
pub(super) async fn link(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<InvoiceId>,
    IfMatch(expected): IfMatch,
    Json(LinkBody { patient_id }): Json<LinkBody>,
) -> Answer {
    changed(&state.services.execute(&actor, LinkInvoice { id, expected, patient: patient_id }).await?)
}
