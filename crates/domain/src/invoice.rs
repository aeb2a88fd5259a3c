//! Bills: their lines, their number once issued, and the append-only lists of payments and refunds.

mod payment;
mod refund;

pub use payment::{Payment, PaymentMethod};
pub use refund::{CreditNote, Refund, RefundError, RefundOutcome, RefundState, RefundStep};

use crate::{AppointmentId, Currency, InvoiceId, Money, PatientLink, UserId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A gap-free number within a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct YearlyNumber {
    /// Calendar year at the clinic.
    pub year: i16,
    /// From 1.
    pub serial: u64,
}

impl fmt::Display for YearlyNumber {
    /// `2026-0417`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:04}", self.year, self.serial)
    }
}

/// One charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceLine {
    /// What for.
    pub description: String,
    /// How many, at least 1.
    pub quantity: u32,
    /// Price of one in minor units.
    pub unit_minor: i64,
}

impl InvoiceLine {
    /// Most of one thing on a line.
    pub const MOST: u32 = 999;

    /// Whether a bill can have this line: at least one of it, and a price that is not below zero.
    pub fn is_sound(&self) -> bool {
        (1..=Self::MOST).contains(&self.quantity) && self.unit_minor >= 0
    }

    /// Quantity times price in minor units.
    pub fn total_minor(&self) -> i64 {
        self.unit_minor.saturating_mul(i64::from(self.quantity))
    }
}

/// When and under which number a bill was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    /// Gap-free invoice number.
    pub number: YearlyNumber,
    /// When.
    pub at: Timestamp,
    /// Last day to pay.
    pub due: Date,
}

/// What the old system knew of a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LegacyBill {
    /// The amount as written, a number or any text.
    pub amount: String,
    /// The payment method as written.
    pub payment_method: String,
    /// Whether it was imported from the old system's files: then nothing is known of its payment.
    pub imported: bool,
}

/// A bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoice {
    /// Identity.
    pub id: InvoiceId,
    /// Who pays.
    pub patient: PatientLink,
    /// The visit it is for.
    pub appointment: Option<AppointmentId>,
    /// Currency of all amounts.
    pub currency: Currency,
    /// Charges; fixed once issued.
    pub lines: Vec<InvoiceLine>,
    /// Set when issued.
    pub issue: Option<Issue>,
    /// Payments, oldest first.
    pub payments: Vec<Payment>,
    /// Refunds asked for, oldest first, whatever became of them. The first is number 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<Refund>,
    /// Who made it, `None` for imported ones.
    pub created_by: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Old-shape fields, for bills that came in that shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legacy: Option<LegacyBill>,
}

/// Where a bill stands; derived, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InvoiceStatus {
    /// Not issued, can be changed.
    Draft,
    /// Issued, nothing paid.
    Issued,
    /// Partly paid.
    PartlyPaid,
    /// Nothing is left to pay. It stays so when money is given back: a refund is no new debt.
    Paid,
    /// From the old system: no more is known.
    Recorded,
}

impl InvoiceStatus {
    /// All statuses.
    pub const ALL: [Self; 5] = [Self::Draft, Self::Issued, Self::PartlyPaid, Self::Paid, Self::Recorded];

    /// The name in files and in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Issued => "issued",
            Self::PartlyPaid => "partly-paid",
            Self::Paid => "paid",
            Self::Recorded => "recorded",
        }
    }

    /// The words shown to people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Issued => "To pay",
            Self::PartlyPaid => "Partly paid",
            Self::Paid => "Paid",
            Self::Recorded => "From the old system",
        }
    }

    /// The status with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// What cannot be done to a bill as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvoiceError {
    /// Issued bills never change.
    #[error("the bill is issued and cannot be changed")]
    AlreadyIssued,
    /// A bill without charges cannot be issued.
    #[error("a bill needs at least one line with an amount above zero before it is issued")]
    NothingToBill,
    /// Only issued bills take payments.
    #[error("the bill is not issued yet")]
    NotIssued,
    /// The payment is above what is still to pay, or not above zero.
    #[error("the payment must be above zero and no more than what is still to pay")]
    WrongAmount,
    /// Imported bills are read-only.
    #[error("bills of the old system cannot be changed")]
    Imported,
}

impl Invoice {
    /// Days from issue to the last day to pay.
    pub const DAYS_TO_PAY: i64 = 30;
    /// Most lines of a bill.
    pub const MOST_LINES: usize = 50;

    /// Sum of the lines.
    pub fn total(&self) -> Money {
        let minor = self.lines.iter().fold(0i64, |sum, line| sum.saturating_add(line.total_minor()));
        Money::new(minor, self.currency)
    }

    /// Sum of the payments, whatever was given back of them.
    pub fn paid(&self) -> Money {
        let minor = self.payments.iter().fold(0i64, |sum, payment| sum.saturating_add(payment.minor));
        Money::new(minor, self.currency)
    }

    /// What is still to pay; zero for drafts and imported bills. A refund leaves it as it is: the credit note takes from
    /// what is charged just what is given back.
    pub fn balance(&self) -> Money {
        let minor = if self.issue.is_some() { self.total().minor - self.paid().minor } else { 0 };
        Money::new(minor, self.currency)
    }

    /// Where it stands.
    pub fn status(&self) -> InvoiceStatus {
        match self.issue {
            None if self.legacy.as_ref().is_some_and(|legacy| legacy.imported) => InvoiceStatus::Recorded,
            None => InvoiceStatus::Draft,
            Some(_) if self.paid().minor >= self.total().minor => InvoiceStatus::Paid,
            Some(_) if self.payments.is_empty() => InvoiceStatus::Issued,
            Some(_) => InvoiceStatus::PartlyPaid,
        }
    }

    /// Whether money is owed after the last day to pay.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.balance().minor > 0 && self.issue.is_some_and(|issue| issue.due < today)
    }

    /// What people call it: its number, or `Draft 12`.
    pub fn title(&self) -> String {
        match (&self.issue, self.status()) {
            (Some(issue), _) => format!("Invoice {}", issue.number),
            (None, InvoiceStatus::Recorded) => format!("Old bill {}", self.id),
            (None, _) => format!("Draft {}", self.id),
        }
    }

    /// Replaces the lines of a draft.
    pub fn rewrite(&mut self, lines: Vec<InvoiceLine>) -> Result<(), InvoiceError> {
        match self.status() {
            InvoiceStatus::Draft => {
                self.lines = lines;
                Ok(())
            }
            InvoiceStatus::Recorded => Err(InvoiceError::Imported),
            _ => Err(InvoiceError::AlreadyIssued),
        }
    }

    /// Whether it can be issued as it stands.
    pub fn can_issue(&self) -> Result<(), InvoiceError> {
        match self.status() {
            InvoiceStatus::Draft if self.total().minor > 0 => Ok(()),
            InvoiceStatus::Draft => Err(InvoiceError::NothingToBill),
            InvoiceStatus::Recorded => Err(InvoiceError::Imported),
            _ => Err(InvoiceError::AlreadyIssued),
        }
    }

    /// Issues it under the next number.
    pub fn issue(&mut self, issue: Issue) -> Result<(), InvoiceError> {
        self.can_issue()?;
        self.issue = Some(issue);
        Ok(())
    }

    /// Whether a payment of `minor` can be taken.
    pub fn can_take(&self, minor: i64) -> Result<(), InvoiceError> {
        if self.issue.is_none() {
            return Err(InvoiceError::NotIssued);
        }
        if minor <= 0 || minor > self.balance().minor { Err(InvoiceError::WrongAmount) } else { Ok(()) }
    }

    /// Adds a payment.
    pub fn take(&mut self, payment: Payment) -> Result<(), InvoiceError> {
        self.can_take(payment.minor)?;
        self.payments.push(payment);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn draft(units: &[i64]) -> Invoice {
        Invoice {
            id: InvoiceId(1),
            patient: PatientLink { id: None, name: "John Doe".into() },
            appointment: None,
            currency: Currency::GBP,
            lines: units
                .iter()
                .map(|unit| InvoiceLine { description: "Visit".into(), quantity: 1, unit_minor: *unit })
                .collect(),
            issue: None,
            payments: vec![],
            refunds: vec![],
            created_by: None,
            created_at: Timestamp::UNIX_EPOCH,
            legacy: None,
        }
    }

    fn issue() -> Issue {
        Issue {
            number: YearlyNumber { year: 2026, serial: 417 },
            at: Timestamp::UNIX_EPOCH,
            due: jiff::civil::date(2026, 12, 23),
        }
    }

    fn payment(minor: i64) -> Payment {
        Payment {
            receipt: YearlyNumber { year: 2026, serial: 1 },
            minor,
            method: PaymentMethod::Card,
            at: Timestamp::UNIX_EPOCH,
            by: UserId(1),
            by_name: "Sam Lee".into(),
        }
    }

    #[test]
    fn a_bill_goes_from_draft_to_paid() {
        let mut bill = draft(&[4_200]);
        assert_eq!(bill.status(), InvoiceStatus::Draft);
        assert_eq!(bill.take(payment(100)), Err(InvoiceError::NotIssued));
        bill.issue(issue()).unwrap();
        assert_eq!(bill.title(), "Invoice 2026-0417");
        assert_eq!(bill.rewrite(vec![]), Err(InvoiceError::AlreadyIssued));
        bill.take(payment(4_000)).unwrap();
        assert_eq!(bill.status(), InvoiceStatus::PartlyPaid);
        assert!(bill.is_overdue(jiff::civil::date(2026, 12, 24)));
        assert_eq!(bill.take(payment(201)), Err(InvoiceError::WrongAmount));
        bill.take(payment(200)).unwrap();
        assert_eq!(bill.status(), InvoiceStatus::Paid);
    }

    #[test]
    fn a_bill_of_nothing_is_not_issued() {
        assert_eq!(draft(&[]).issue(issue()), Err(InvoiceError::NothingToBill));
        assert_eq!(draft(&[0]).issue(issue()), Err(InvoiceError::NothingToBill));
    }

    proptest! {
        #[test]
        fn payments_never_exceed_the_total(units in proptest::collection::vec(1i64..100_000, 1..5), tries in proptest::collection::vec(-10i64..100_000, 0..20)) {
            let mut bill = draft(&units);
            bill.issue(issue()).unwrap();
            for minor in tries {
                let _ = bill.take(payment(minor));
                prop_assert!(bill.balance().minor >= 0);
                prop_assert_eq!(bill.paid().minor + bill.balance().minor, bill.total().minor);
            }
        }
    }
}
