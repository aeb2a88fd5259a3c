//! Refunds of the demonstration clinic: given, declined, and some that wait for another person.

use super::bills::DAY;
use super::clinic::{Member, Scene, minutes_after};
use domain::invoice::{InvoiceStatus, RefundStep};
use domain::{Action, Invoice, Role};
use jiff::Timestamp;
use storage::{Counter, StorageError};

/// What becomes of a refund.
#[derive(Clone, Copy)]
enum End {
    Approved,
    Declined(&'static str),
    Waiting,
}

/// Who asks, for which part in percent, why, and what becomes of it; in the order of time.
const REFUNDS: [(Role, i64, &str, End); 5] = [
    (Role::Receptionist, 100, "Paid at the desk and again by transfer", End::Approved),
    (Role::Billing, 30, "The dressing was charged but not used", End::Approved),
    (
        Role::Receptionist,
        50,
        "Asks for a discount after paying",
        End::Declined("The price was agreed before the visit"),
    ),
    (Role::Receptionist, 100, "The visit was charged twice", End::Waiting),
    (Role::Billing, 40, "Charged as a new patient, but known here", End::Waiting),
];

fn step(member: &Member, at: Timestamp) -> RefundStep {
    RefundStep { at, by: member.id, by_name: member.name.to_owned(), by_role: member.role }
}

impl Scene<'_> {
    /// Asks money back of bills that were paid before yesterday, and decides on most of it.
    pub async fn refund(&mut self, bills: &mut [Invoice]) -> Result<(), StorageError> {
        let yesterday = minutes_after(self.now, -DAY);
        let is_settled = |bill: &&mut Invoice| {
            let last = bill.payments.last().is_some_and(|payment| payment.at < yesterday);
            bill.status() == InvoiceStatus::Paid && last
        };
        let asked = minutes_after(self.now, -DAY + 60);
        for (bill, (number, plan)) in bills.iter_mut().filter(is_settled).zip((1..).zip(REFUNDS)) {
            let (role, percent, reason, end) = plan;
            let (by, at) = (self.member(role), minutes_after(asked, number * 30));
            let minor = bill.paid().minor * percent / 100;
            // It is paid, and nothing of it was asked back before.
            let _ = bill.request_refund(minor, reason.to_owned(), step(&by, at));
            let (subject, patient) = (format!("refund 1 of bill {}", bill.id), bill.patient.id);
            self.note(at, Action::RequestRefund, subject.clone(), patient);
            let (decider, at) =
                (step(&self.member(Role::Admin), minutes_after(at, 15)), minutes_after(at, 15));
            match end {
                End::Waiting => continue,
                End::Declined(why) => {
                    let _ = bill.decline_refund(1, why.to_owned(), decider);
                }
                End::Approved => {
                    let note = self.number(at, Counter::CreditNote).await?;
                    let method = bill.payments[0].method;
                    let _ = bill.approve_refund(1, note, method, decider);
                }
            }
            self.note(at, Action::ApproveRefund, subject, patient);
        }
        Ok(())
    }
}
