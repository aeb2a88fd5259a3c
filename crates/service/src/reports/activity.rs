//! How much is going on at the clinic, in numbers only.

use crate::{Mode, Permit, ServiceError, Subject, Totals, Unit, UseCase};
use async_trait::async_trait;
use domain::{Action, AppointmentStatus, AuditOutcome, Role};
use jiff::ToSpan;
use jiff::civil::Date;
use storage::{AppointmentFilter, AuditFilter, Order, PageRequest, UserFilter};

/// Figures of the clinic's activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Accounts by role, in the order of [`Role::ALL`].
    pub users_by_role: Vec<(Role, u64)>,
    /// How much is stored.
    pub totals: Totals,
    /// Appointments that begin on each of the last 14 days, oldest first, today last.
    pub appointments_by_day: Vec<(Date, u64)>,
    /// Today's appointments by status, in the order of [`AppointmentStatus::agreed`].
    pub by_status_today: Vec<(AppointmentStatus, u64)>,
    /// Successful sign-ins on each of the last 14 days, oldest first, today last.
    pub sign_ins_by_day: Vec<(Date, u64)>,
}

/// Reads the figures.
#[derive(Clone, Debug)]
pub struct ReadActivity {}

impl ReadActivity {
    /// Days that the figures look back, today included.
    const DAYS: i64 = 14;
    /// Audit events read at a time.
    const BATCH: usize = 1_000;

    fn dates(today: Date) -> Vec<Date> {
        (0..Self::DAYS).rev().filter_map(|ago| today.checked_sub(ago.days()).ok()).collect()
    }
}

async fn appointments(
    unit: &mut Unit<'_>,
    date: Date,
    statuses: Vec<AppointmentStatus>,
) -> Result<u64, ServiceError> {
    let (from, until) = unit.clinic.zone.day_bounds(date);
    let filter =
        AppointmentFilter { from: Some(from), until: Some(until), statuses, ..AppointmentFilter::default() };
    Ok(unit.tx.appointments().count(&filter).await?)
}

async fn sign_ins(unit: &mut Unit<'_>, dates: &[Date]) -> Result<Vec<(Date, u64)>, ServiceError> {
    let zone = &unit.clinic.zone;
    let mut counts: Vec<(Date, u64)> = dates.iter().map(|date| (*date, 0)).collect();
    let filter = AuditFilter {
        actions: vec![Action::SignIn],
        outcome: Some(AuditOutcome::Success),
        from: dates.first().map(|date| zone.start_of_day(*date)),
        ..AuditFilter::default()
    };
    let mut page = PageRequest::first(ReadActivity::BATCH, Order::Ascending);
    loop {
        let events = unit.tx.audit().list(&filter, &page).await?;
        for event in &events.items {
            let date = zone.date(event.event.at);
            if let Some((_, count)) = counts.iter_mut().find(|(day, _)| *day == date) {
                *count += 1;
            }
        }
        if events.next.is_none() {
            return Ok(counts);
        }
        page.after = events.next;
    }
}

#[async_trait]
impl UseCase for ReadActivity {
    type Out = Activity;
    const ACTION: Action = Action::ReadActivity;
    const MODE: Mode = Mode::ReadLately;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any("activity figures"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Activity, ServiceError> {
        let today = unit.clinic.zone.date(unit.now);
        let dates = Self::dates(today);
        let mut users_by_role = Vec::new();
        for role in Role::ALL {
            users_by_role.push((role, unit.tx.users().count(&UserFilter::role(role)).await?));
        }
        let mut appointments_by_day = Vec::new();
        for &date in &dates {
            appointments_by_day.push((date, appointments(unit, date, Vec::new()).await?));
        }
        let mut by_status_today = Vec::new();
        for status in AppointmentStatus::agreed() {
            by_status_today.push((status, appointments(unit, today, vec![status]).await?));
        }
        let sign_ins_by_day = sign_ins(unit, &dates).await?;
        let totals = unit.tx.totals().await?;
        Ok(Activity { users_by_role, totals, appointments_by_day, by_status_today, sign_ins_by_day })
    }
}
