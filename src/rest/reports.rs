//! Figures without names, and the audit log.

use super::appointments::query_date;
use super::extract::{Paging, Query, SignedIn};
use super::respond::{self, Address, Answer};
use super::wire::{Day, Decimal, Instant, Text};
use crate::web::state::AppState;
use axum::extract::State;
use domain::{Action, AuditEvent, AuditOutcome, Currency, PatientId, Role, UserId};
use jiff::ToSpan;
use serde::{Deserialize, Serialize};
use service::billing::Takings;
use service::reports::{AuditQuery, ReadActivity, ReadAudit};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Which days.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PeriodQuery {
    /// First day, `2026-11-23`; today when left out.
    from: Option<String>,
    /// First day after; the day after the first when left out.
    until: Option<String>,
}

/// Sums of money.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TakingsView {
    /// First day.
    #[schema(value_type = String, format = Date)]
    from: Day,
    /// First day after.
    #[schema(value_type = String, format = Date)]
    until: Day,
    /// ISO 4217 code of all amounts.
    #[schema(value_type = String)]
    currency: Text<Currency>,
    /// What was taken in all.
    #[schema(value_type = String)]
    total: Decimal,
    /// What was taken by `cash`, `card` and `transfer`.
    #[schema(value_type = BTreeMap<String, String>)]
    by_method: BTreeMap<&'static str, Decimal>,
    /// What was taken on each day.
    by_day: Vec<DayAmount>,
    /// What is still to pay on all issued bills now.
    #[schema(value_type = String)]
    outstanding: Decimal,
    /// The part of it that should have been paid before today.
    #[schema(value_type = String)]
    overdue: Decimal,
}

/// What was taken on a day.
#[derive(Serialize, ToSchema)]
pub(super) struct DayAmount {
    /// The day.
    #[schema(value_type = String, format = Date)]
    date: Day,
    /// How much.
    #[schema(value_type = String)]
    amount: Decimal,
}

/// Read what was taken in a period, and what is owed now.
#[utoipa::path(get, path = "/api/takings", tag = "Reports", params(PeriodQuery),
    responses((status = 200, description = "Sums of money", body = TakingsView)))]
pub(super) async fn takings(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Query(query): Query<PeriodQuery>,
) -> Answer {
    let from = query_date("from", query.from.as_ref())?.unwrap_or_else(|| state.services.today());
    let until = query_date("until", query.until.as_ref())?;
    let until = until.unwrap_or_else(|| from.checked_add(1.day()).unwrap_or(from));
    let report = state.services.execute(&actor, Takings { from, until }).await?;
    respond::ok(&TakingsView {
        from: Day(from),
        until: Day(until),
        currency: Text(state.services.clinic().currency),
        total: Decimal(report.total),
        by_method: report.by_method.iter().map(|(method, sum)| (method.name(), Decimal(*sum))).collect(),
        by_day: report
            .by_day
            .iter()
            .map(|(date, sum)| DayAmount { date: Day(*date), amount: Decimal(*sum) })
            .collect(),
        outstanding: Decimal(report.outstanding),
        overdue: Decimal(report.overdue),
    })
}

/// Figures of the clinic's activity.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActivityView {
    /// How many accounts have each role.
    #[schema(value_type = BTreeMap<String, u64>)]
    users_by_role: BTreeMap<&'static str, u64>,
    /// How many patients there are.
    patients: u64,
    /// How many appointments.
    appointments: u64,
    /// How many record entries.
    medical_records: u64,
    /// How many bills.
    billings: u64,
    /// Appointments that begin on each of the last 14 days.
    appointments_by_day: Vec<DayCount>,
    /// Today's appointments by status.
    #[schema(value_type = BTreeMap<String, u64>)]
    by_status_today: BTreeMap<&'static str, u64>,
    /// Successful sign-ins on each of the last 14 days.
    sign_ins_by_day: Vec<DayCount>,
}

/// How many on a day.
#[derive(Serialize, ToSchema)]
pub(super) struct DayCount {
    /// The day.
    #[schema(value_type = String, format = Date)]
    date: Day,
    /// How many.
    count: u64,
}

/// Read figures of the clinic's activity.
#[utoipa::path(get, path = "/api/activity", tag = "Reports",
    responses((status = 200, description = "Figures", body = ActivityView)))]
pub(super) async fn activity(State(state): State<AppState>, SignedIn(actor): SignedIn) -> Answer {
    let activity = state.services.execute(&actor, ReadActivity {}).await?;
    let days = |counts: &[(jiff::civil::Date, u64)]| {
        counts.iter().map(|(date, count)| DayCount { date: Day(*date), count: *count }).collect()
    };
    respond::ok(&ActivityView {
        users_by_role: activity.users_by_role.iter().map(|(role, count)| (role.name(), *count)).collect(),
        patients: activity.totals.patients,
        appointments: activity.totals.appointments,
        medical_records: activity.totals.medical_records,
        billings: activity.totals.billings,
        appointments_by_day: days(&activity.appointments_by_day),
        by_status_today: activity
            .by_status_today
            .iter()
            .map(|(status, count)| (status.name(), *count))
            .collect(),
        sign_ins_by_day: days(&activity.sign_ins_by_day),
    })
}

/// Which events.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct EventsQuery {
    /// Only by this account.
    #[param(value_type = Option<u64>)]
    actor: Option<UserId>,
    /// Only about this patient.
    #[param(value_type = Option<String>)]
    patient: Option<PatientId>,
    /// Only this action, as `read-record`.
    #[param(value_type = Option<String>)]
    action: Option<Action>,
    /// `success`, `denied` or `failed`.
    #[param(value_type = Option<String>)]
    outcome: Option<AuditOutcome>,
    /// Only on or after this day.
    from: Option<String>,
    /// Only before this day.
    until: Option<String>,
    /// Most items of the answer.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<usize>,
    /// Where to go on, as the `Link` header of the answer before said.
    cursor: Option<String>,
}

/// An event of the audit log.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventView<'a> {
    /// Position in the log, without gaps.
    seq: u64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// By which account; null for nobody signed in and for the system.
    #[schema(value_type = Option<u64>)]
    actor_id: Option<UserId>,
    /// The actor's name.
    actor: &'a str,
    /// The actor's role.
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    /// What.
    #[schema(value_type = String)]
    action: Action,
    /// To what, as `appointment 12`.
    subject: &'a str,
    /// Whose data.
    #[schema(value_type = Option<String>)]
    patient_id: Option<Text<PatientId>>,
    /// How it ended.
    outcome: &'static str,
    /// Why it ended so.
    reason: &'a str,
    /// Joins the event with the log.
    request_id: &'a str,
    /// SHA-256 of the event before.
    prev: &'a str,
    /// SHA-256 over `prev` and this event.
    hash: &'a str,
}

impl<'a> EventView<'a> {
    fn of(event: &'a AuditEvent) -> Self {
        let draft = &event.event;
        Self {
            seq: event.seq,
            at: Instant(draft.at),
            actor_id: draft.actor,
            actor: &draft.actor_name,
            role: draft.role,
            action: draft.action,
            subject: &draft.subject,
            patient_id: draft.patient.map(Text),
            outcome: draft.outcome.name(),
            reason: &draft.reason,
            request_id: &draft.request_id,
            prev: &event.prev,
            hash: &event.hash,
        }
    }
}

/// The name of an action on the wire.
fn action_name(action: Action) -> String {
    serde_json::to_string(&action).unwrap_or_default().trim_matches('"').to_owned()
}

/// List audit events, newest first.
///
/// Auditors see all, administrators security events.
#[utoipa::path(get, path = "/api/audit", tag = "Reports", params(EventsQuery),
    responses((status = 200, description = "Events", body = [EventView])))]
pub(super) async fn audit(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Query(query): Query<EventsQuery>,
) -> Answer {
    let address = Address::new("/api/audit")
        .with("actor", query.actor)
        .with("patient", query.patient)
        .with("action", query.action.map(action_name))
        .with("outcome", query.outcome.map(AuditOutcome::name))
        .with("from", query.from.as_ref())
        .with("until", query.until.as_ref())
        .with("limit", query.limit);
    let events = AuditQuery {
        actor: query.actor,
        patient: query.patient,
        action: query.action,
        outcome: query.outcome,
        from: query_date("from", query.from.as_ref())?,
        until: query_date("until", query.until.as_ref())?,
    };
    let page = Paging::request(query.limit, query.cursor)?;
    let page = state.services.execute(&actor, ReadAudit { query: events, page }).await?;
    respond::list(&page, &address, EventView::of)
}
