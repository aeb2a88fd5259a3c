//! Figures without names.

use super::appointments::query_date;
use super::extract::{Query, SignedIn};
use super::respond::{self, Answer};
use super::wire::{Day, Decimal, Text};
use crate::web::state::AppState;
use axum::extract::State;
use domain::Currency;
use jiff::ToSpan;
use serde::{Deserialize, Serialize};
use service::billing::Takings;
use service::reports::ReadActivity;
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
    /// What was taken in all, less what was given back; so are the sums by method and by day. May be below zero.
    #[schema(value_type = String)]
    total: Decimal,
    /// What was given back.
    #[schema(value_type = String)]
    refunded: Decimal,
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
        refunded: Decimal(report.refunded),
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
