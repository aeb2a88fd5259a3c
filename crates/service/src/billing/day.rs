//! Closing the day: visits not billed yet, and what was taken and is owed.

use crate::{Mode, Order, PageRequest, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::invoice::InvoiceStatus;
use domain::{Action, Appointment, AppointmentStatus, Code, Invoice, Money, PaymentMethod, Scope};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::collections::BTreeSet;
use storage::{AppointmentFilter, InvoiceFilter};

/// Lists visits of the last 60 days that are over and have no bill, latest first.
#[derive(Clone, Copy, Debug)]
pub struct VisitsNotBilled {}

impl VisitsNotBilled {
    /// Days back that are looked at.
    const DAYS: i64 = 60;
}

#[async_trait]
impl UseCase for VisitsNotBilled {
    type Out = Vec<Versioned<Appointment>>;
    const ACTION: Action = Action::ReadInvoices;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject { patient: unit.actor.patient(), ..Subject::any("visits not billed") })
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut filter = AppointmentFilter {
            from: unit.now.checked_sub(SignedDuration::from_hours(24 * Self::DAYS)).ok(),
            statuses: vec![AppointmentStatus::Fulfilled],
            ..AppointmentFilter::default()
        };
        if permit.scope() == Scope::Own {
            let Some(patient) = unit.actor.patient() else { return Ok(Vec::new()) };
            filter.patient = Some(patient);
        }
        let mut visits =
            unit.tx.appointments().list(&filter, &PageRequest::all(Order::Descending)).await?.items;
        let ids = Some(visits.iter().map(|visit| visit.id).collect());
        let bills = InvoiceFilter { appointments: ids, ..InvoiceFilter::default() };
        let bills = unit.tx.invoices().list(&bills, &PageRequest::all(Order::Ascending)).await?.items;
        let billed: BTreeSet<_> = bills.iter().filter_map(|bill| bill.appointment).collect();
        visits.retain(|visit| !billed.contains(&visit.id));
        Ok(visits)
    }
}

/// Sums what was taken in a period, and what is owed now.
#[derive(Clone, Copy, Debug)]
pub struct Takings {
    /// First day.
    pub from: Date,
    /// First day after.
    pub until: Date,
}

/// Sums of money; no names. What was taken is less what was given back in the same time by the same method, so that it is
/// what must be in the till; it is below zero where more was given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakingsReport {
    /// What was taken by each method, every method once.
    pub by_method: Vec<(PaymentMethod, Money)>,
    /// What was taken in all.
    pub total: Money,
    /// What was given back, which is in none of the sums of what was taken.
    pub refunded: Money,
    /// What is still to pay on all issued bills now.
    pub outstanding: Money,
    /// The part of it that should have been paid before today.
    pub overdue: Money,
    /// What was taken on each day, days without takings too.
    pub by_day: Vec<(Date, Money)>,
}

/// Money that changed hands: when, how, and how much.
type Moved = (Date, PaymentMethod, i64);

impl Takings {
    /// Longest period in days.
    const LONGEST: i32 = 366;

    fn days(self) -> Result<Vec<Date>, ServiceError> {
        let length = self.until.since(self.from).map_or(0, |span| span.get_days());
        if !(1..=Self::LONGEST).contains(&length) {
            return Err(ServiceError::field("until", Code::OutOfRange("Period", "1", "366 days")));
        }
        Ok(self.from.series(1.day()).take_while(|day| *day < self.until).collect())
    }

    /// Bills of the clinic's currency; an amount in another cannot be added up.
    async fn bills(unit: &mut Unit<'_>, filter: &InvoiceFilter) -> Result<Vec<Invoice>, ServiceError> {
        let page = unit.tx.invoices().list(filter, &PageRequest::all(Order::Ascending)).await?;
        let currency = unit.clinic.currency;
        Ok(page.items.into_iter().map(|bill| bill.value).filter(|bill| bill.currency == currency).collect())
    }

    async fn debts(unit: &mut Unit<'_>) -> Result<(i64, i64), ServiceError> {
        let statuses = vec![InvoiceStatus::Issued, InvoiceStatus::PartlyPaid];
        let today = unit.clinic.zone.date(unit.now);
        let bills = Self::bills(unit, &InvoiceFilter { statuses, ..InvoiceFilter::default() }).await?;
        Ok(bills.iter().fold((0, 0), |(outstanding, overdue): (i64, i64), bill| {
            let owed = bill.balance().minor;
            let late = if bill.is_overdue(today) { owed } else { 0 };
            (outstanding.saturating_add(owed), overdue.saturating_add(late))
        }))
    }

    /// Every payment of the period.
    async fn payments(
        unit: &mut Unit<'_>,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Moved>, ServiceError> {
        let filter =
            InvoiceFilter { paid_from: Some(from), paid_until: Some(until), ..InvoiceFilter::default() };
        let bills = Self::bills(unit, &filter).await?;
        let zone = &unit.clinic.zone;
        Ok(bills
            .iter()
            .flat_map(|bill| &bill.payments)
            .filter(|payment| (from..until).contains(&payment.at))
            .map(|payment| (zone.date(payment.at), payment.method, payment.minor))
            .collect())
    }

    /// Everything that was given back in the period.
    async fn refunds(
        unit: &mut Unit<'_>,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Moved>, ServiceError> {
        let filter = InvoiceFilter { refunded_in: Some((from, until)), ..InvoiceFilter::default() };
        let bills = Self::bills(unit, &filter).await?;
        let zone = &unit.clinic.zone;
        Ok(bills
            .iter()
            .flat_map(Invoice::credit_notes)
            .filter(|note| (from..until).contains(&note.at))
            .map(|note| (zone.date(note.at), note.method, note.minor))
            .collect())
    }
}

#[async_trait]
impl UseCase for Takings {
    type Out = TakingsReport;
    const ACTION: Action = Action::ReadTakings;
    const MODE: Mode = Mode::ReadLately;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any(format!("takings from {} until {}", self.from, self.until)))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let days = self.days()?;
        let zone = &unit.clinic.zone;
        let (from, until) = (zone.start_of_day(self.from), zone.start_of_day(self.until));
        let payments = Self::payments(unit, from, until).await?;
        let refunds = Self::refunds(unit, from, until).await?;
        let (outstanding, overdue) = Self::debts(unit).await?;
        let money = |minor| Money::new(minor, unit.clinic.currency);
        let sum = |moved: &[Moved], wanted: &dyn Fn(Date, PaymentMethod) -> bool| {
            let chosen = moved.iter().filter(|(day, method, _)| wanted(*day, *method));
            chosen.fold(0i64, |sum, (_, _, minor)| sum.saturating_add(*minor))
        };
        let sum_of = |wanted: &dyn Fn(Date, PaymentMethod) -> bool| {
            money(sum(&payments, wanted).saturating_sub(sum(&refunds, wanted)))
        };
        Ok(TakingsReport {
            by_method: PaymentMethod::ALL.map(|method| (method, sum_of(&|_, of| of == method))).to_vec(),
            total: sum_of(&|_, _| true),
            refunded: money(sum(&refunds, &|_, _| true)),
            outstanding: money(outstanding),
            overdue: money(overdue),
            by_day: days.into_iter().map(|day| (day, sum_of(&|of, _| of == day))).collect(),
        })
    }
}
