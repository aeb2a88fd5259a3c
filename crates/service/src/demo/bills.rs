//! Bills of the demonstration clinic, with numbers in the order of issue and receipts in the order of payment.

use super::cast::MARTA;
use super::clinic::{Known, Member, Scene, minutes_after};
use super::texts::EXTRAS;
use domain::invoice::{InvoiceLine, Issue, YearlyNumber};
use domain::{
    Action, Appointment, AppointmentId, AppointmentStatus, Invoice, InvoiceId, PatientLink, Payment,
    PaymentMethod, Role,
};
use jiff::{Timestamp, ToSpan};
use storage::{Counter, StorageError};

/// A day in minutes.
pub(super) const DAY: i64 = 24 * 60;

/// How far a bill comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Draft,
    Unpaid,
    PartlyPaid,
    Paid,
}

/// A bill that will be written.
struct Plan {
    patient: PatientLink,
    appointment: Option<AppointmentId>,
    lines: Vec<InvoiceLine>,
    at: Timestamp,
    fate: Fate,
}

/// A payment that will be taken.
struct Due {
    bill: usize,
    at: Timestamp,
    minor: i64,
    method: PaymentMethod,
    by: Member,
}

impl Scene<'_> {
    /// Writes the bills.
    pub async fn bill(&mut self, patients: &[Known], visits: &[Appointment]) -> Result<(), StorageError> {
        let mut plans = self.old_bills(patients);
        plans.extend(self.bills_of_visits(visits, patients[MARTA].id));
        plans.sort_by_key(|plan| plan.at);
        let payments = self.payments(&plans);
        let mut bills = Vec::new();
        for plan in plans {
            bills.push(self.issued(plan).await?);
        }
        for due in payments {
            let receipt = self.number(due.at, Counter::Receipt).await?;
            let bill: &mut Invoice = &mut bills[due.bill];
            let payment = Payment {
                receipt,
                minor: due.minor,
                method: due.method,
                at: due.at,
                by: due.by.id,
                by_name: due.by.name.to_owned(),
            };
            // Never more than the bill, by how it was planned.
            let _ = bill.take(payment);
            let (subject, patient) = (format!("bill {}", bill.id), bill.patient.id);
            self.note(due.at, Action::TakePayment, subject, patient);
        }
        self.refund(&mut bills).await?;
        for bill in bills {
            self.tx.invoices().insert(bill).await?;
        }
        Ok(())
    }

    /// Bills of earlier months: some are overdue.
    fn old_bills(&self, patients: &[Known]) -> Vec<Plan> {
        let fates = [Fate::Unpaid, Fate::Paid, Fate::PartlyPaid, Fate::Paid, Fate::Unpaid, Fate::Paid];
        let old = (0..12usize).map(|number| Plan {
            patient: link(&patients[1 + self.dice.below(patients.len() - 1)]),
            appointment: None,
            lines: self.lines("consultation"),
            at: minutes_after(self.now, -self.dice.between(38, 75) * DAY - self.dice.between(0, 300)),
            fate: fates[number % fates.len()],
        });
        let of_marta = Plan {
            patient: link(&patients[MARTA]),
            appointment: None,
            lines: self.lines("consultation"),
            at: minutes_after(self.now, -55 * DAY),
            fate: Fate::Paid,
        };
        old.chain([of_marta]).collect()
    }

    /// Bills of completed visits. Those of today are mostly still to be written.
    fn bills_of_visits(&self, visits: &[Appointment], marta: domain::PatientId) -> Vec<Plan> {
        let mut over: Vec<&Appointment> =
            visits.iter().filter(|visit| visit.status == AppointmentStatus::Fulfilled).collect();
        over.sort_by_key(|visit| visit.time.start());
        let mut plans: Vec<Plan> = Vec::new();
        for visit in over {
            let at = minutes_after(visit.time.end(), self.dice.between(40, 300));
            let hours_ago = self.now.duration_since(at).as_hours();
            let is_marta = visit.patient.id == Some(marta);
            let not_billed = match hours_ago {
                ..12 => self.dice.percent(85),
                12..48 => self.dice.percent(45),
                _ => self.dice.percent(4),
            };
            if at > self.now || (not_billed && !is_marta) {
                continue;
            }
            let fate = if is_marta {
                // The earlier one is paid, the later one is still to pay.
                if hours_ago > 24 * 10 { Fate::Paid } else { Fate::Unpaid }
            } else {
                self.fate(plans.len(), hours_ago)
            };
            plans.push(Plan {
                patient: visit.patient.clone(),
                appointment: Some(visit.id),
                lines: self.lines(&visit.visit_type),
                at,
                fate,
            });
        }
        plans
    }

    /// The first bills get one fate each, so that every state occurs.
    fn fate(&self, number: usize, hours_ago: i64) -> Fate {
        match (number, self.dice.below(100)) {
            (0, _) | (4.., 0..58) => Fate::Paid,
            (1, _) | (4.., 58..70) => Fate::PartlyPaid,
            (3, _) => Fate::Draft,
            (4.., 70..100) if hours_ago < 72 && self.dice.percent(50) => Fate::Draft,
            _ => Fate::Unpaid,
        }
    }

    fn lines(&self, visit_type: &str) -> Vec<InvoiceLine> {
        let charge = self.clinic.visit_type(visit_type).or(self.clinic.catalogue.visit_types.first());
        let line = |description: &str, unit_minor| InvoiceLine {
            description: description.to_owned(),
            quantity: 1,
            unit_minor,
        };
        let mut lines = vec![
            charge.map_or_else(|| line("Consultation", 6_000), |it| line(&it.name, it.price_minor.max(100))),
        ];
        if self.dice.percent(25) {
            let (description, unit_minor) = *self.dice.pick(&EXTRAS);
            lines.push(line(description, unit_minor));
        }
        lines
    }

    /// What is paid, in the order of time.
    fn payments(&self, plans: &[Plan]) -> Vec<Due> {
        let clerks = [self.member(Role::Receptionist), self.member(Role::Billing)];
        let mut payments: Vec<Due> = Vec::new();
        for (bill, plan) in plans.iter().enumerate() {
            let total: i64 = plan.lines.iter().map(InvoiceLine::total_minor).sum();
            let minor = match plan.fate {
                Fate::Draft | Fate::Unpaid => continue,
                Fate::PartlyPaid => total * self.dice.between(3, 7) / 10,
                Fate::Paid => total,
            };
            // Half pay at the desk, the others within two weeks, the last of them today.
            let later = if self.dice.percent(50) { 10 } else { self.dice.between(60, 14 * DAY) };
            let today = minutes_after(self.now, -self.dice.between(1, 90));
            let method = match self.dice.below(10) {
                0..6 => PaymentMethod::Card,
                6..8 => PaymentMethod::Cash,
                _ => PaymentMethod::Transfer,
            };
            let at = minutes_after(plan.at, 2 + later).min(today).max(plan.at);
            payments.push(Due { bill, at, minor, method, by: self.dice.pick(&clerks).clone() });
        }
        payments.sort_by_key(|due| due.at);
        payments
    }

    async fn issued(&mut self, plan: Plan) -> Result<Invoice, StorageError> {
        let id = InvoiceId(self.tx.counters().next(Counter::Billing).await?);
        let mut bill = Invoice {
            id,
            patient: plan.patient,
            appointment: plan.appointment,
            currency: self.clinic.currency,
            lines: plan.lines,
            issue: None,
            payments: Vec::new(),
            refunds: Vec::new(),
            created_by: Some(self.member(Role::Billing).id),
            created_at: plan.at,
            legacy: None,
        };
        self.note(plan.at, Action::WriteInvoice, format!("bill {id}"), bill.patient.id);
        if plan.fate != Fate::Draft {
            let number = self.number(plan.at, Counter::Invoice).await?;
            let date = self.clinic.zone.date(plan.at);
            let due = date.checked_add(Invoice::DAYS_TO_PAY.days()).unwrap_or(date);
            // It is a draft with a charge above zero.
            let _ = bill.issue(Issue { number, at: plan.at, due });
            self.note(plan.at, Action::IssueInvoice, format!("bill {id}"), bill.patient.id);
        }
        Ok(bill)
    }

    pub(super) async fn number(
        &mut self,
        at: Timestamp,
        counter: fn(i16) -> Counter,
    ) -> Result<YearlyNumber, StorageError> {
        let year = self.clinic.zone.date(at).year();
        Ok(YearlyNumber { year, serial: self.tx.counters().next(counter(year)).await? })
    }
}

fn link(patient: &Known) -> PatientLink {
    PatientLink { id: Some(patient.id), name: patient.name.clone() }
}
