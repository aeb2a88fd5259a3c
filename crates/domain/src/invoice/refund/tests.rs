//! Refunds: who may decide, how much at most, and what the bill is then.

use super::*;
use crate::invoice::{InvoiceLine, InvoiceStatus, Issue, Payment};
use crate::{Currency, InvoiceId, PatientLink};
use proptest::prelude::*;

fn step(by: u64) -> RefundStep {
    RefundStep {
        at: Timestamp::UNIX_EPOCH,
        by: UserId(by),
        by_name: "Sam Lee".into(),
        by_role: Role::Billing,
    }
}

fn number(serial: u64) -> YearlyNumber {
    YearlyNumber { year: 2026, serial }
}

fn pay(bill: &mut Invoice, minor: i64) {
    let receipt = number(bill.payments.len() as u64 + 1);
    let (at, by) = (Timestamp::UNIX_EPOCH, UserId(1));
    let payment = Payment { receipt, minor, method: PaymentMethod::Card, at, by, by_name: "Sam Lee".into() };
    let _ = bill.take(payment);
}

fn bill(total: i64, paid: i64) -> Invoice {
    let line = InvoiceLine { description: "Visit".into(), quantity: 1, unit_minor: total };
    let mut bill = Invoice {
        id: InvoiceId(1),
        patient: PatientLink { id: None, name: "John Doe".into() },
        appointment: None,
        currency: Currency::GBP,
        lines: vec![line],
        issue: None,
        payments: vec![],
        refunds: vec![],
        created_by: None,
        created_at: Timestamp::UNIX_EPOCH,
        legacy: None,
    };
    let due = jiff::civil::date(2026, 12, 23);
    bill.issue(Issue { number: number(1), at: Timestamp::UNIX_EPOCH, due }).unwrap();
    pay(&mut bill, paid);
    bill
}

fn ask(bill: &mut Invoice, minor: i64, by: u64) -> Result<(), RefundError> {
    bill.request_refund(minor, "Paid twice".into(), step(by))
}

fn approve(bill: &mut Invoice, refund: u32, by: u64) -> Result<(), RefundError> {
    let note = number(bill.credit_notes().count() as u64 + 1);
    bill.approve_refund(refund, note, PaymentMethod::Cash, step(by))
}

#[test]
fn another_person_approves_and_the_bill_stays_paid() {
    let mut bill = bill(6_000, 6_000);
    ask(&mut bill, 2_500, 1).unwrap();
    assert!(bill.has_waiting_refund());
    assert_eq!(approve(&mut bill, 1, 1), Err(RefundError::OwnRequest));
    approve(&mut bill, 1, 2).unwrap();
    assert_eq!((bill.refunded().minor, bill.refundable().minor), (2_500, 3_500));
    assert_eq!((bill.status(), bill.balance().minor), (InvoiceStatus::Paid, 0));
    assert_eq!(approve(&mut bill, 1, 3), Err(RefundError::Settled));
    assert_eq!(bill.decline_refund(1, "No".into(), step(3)), Err(RefundError::Settled));
    let note = bill.credit_notes().next().unwrap();
    assert_eq!((note.number, note.minor, note.method), (number(1), 2_500, PaymentMethod::Cash));
    ask(&mut bill, 3_500, 1).unwrap();
    approve(&mut bill, 2, 2).unwrap();
    assert_eq!((bill.status(), bill.balance().minor), (InvoiceStatus::Paid, 0));
    assert_eq!(ask(&mut bill, 1, 1), Err(RefundError::NothingLeft));
}

#[test]
fn a_refund_of_a_part_leaves_the_rest_to_pay() {
    let mut bill = bill(6_000, 4_000);
    ask(&mut bill, 4_000, 1).unwrap();
    approve(&mut bill, 1, 2).unwrap();
    assert_eq!((bill.status(), bill.balance().minor), (InvoiceStatus::PartlyPaid, 2_000));
    pay(&mut bill, 2_000);
    assert_eq!((bill.status(), bill.refundable().minor), (InvoiceStatus::Paid, 2_000));
}

#[test]
fn one_waits_at_a_time_and_frees_its_amount_when_it_is_not_given() {
    let mut bill = bill(6_000, 6_000);
    assert_eq!(ask(&mut bill, 6_001, 1), Err(RefundError::WrongAmount));
    assert_eq!(ask(&mut bill, 0, 1), Err(RefundError::WrongAmount));
    ask(&mut bill, 6_000, 1).unwrap();
    assert_eq!(ask(&mut bill, 1, 2), Err(RefundError::AnotherWaits));
    assert_eq!(bill.decline_refund(1, "No".into(), step(1)), Err(RefundError::OwnRequest));
    assert_eq!(bill.withdraw_refund(1, step(2)), Err(RefundError::NotOwnRequest));
    bill.withdraw_refund(1, step(1)).unwrap();
    assert_eq!(bill.withdraw_refund(1, step(1)), Err(RefundError::Settled));
    ask(&mut bill, 6_000, 2).unwrap();
    bill.decline_refund(2, "Not due".into(), step(1)).unwrap();
    assert_eq!(bill.refundable().minor, 6_000);
    for number in [0, 3, u32::MAX] {
        assert_eq!(bill.withdraw_refund(number, step(1)), Err(RefundError::Unknown));
    }
}

#[test]
fn nothing_is_refunded_of_what_was_not_paid() {
    assert_eq!(ask(&mut bill(6_000, 0), 1, 1), Err(RefundError::NothingLeft));
}

#[test]
fn requests_without_end_are_refused() {
    let mut bill = bill(6_000, 6_000);
    for number in 1..=50 {
        ask(&mut bill, 1, 1).unwrap();
        bill.withdraw_refund(number, step(1)).unwrap();
    }
    assert_eq!(ask(&mut bill, 1, 1), Err(RefundError::TooMany));
}

#[test]
fn bills_without_refunds_are_written_as_before() {
    let mut bill = bill(6_000, 6_000);
    let old = serde_json::to_string(&bill).unwrap();
    assert!(!old.contains("refunds"));
    assert_eq!(serde_json::from_str::<Invoice>(&old).unwrap(), bill);
    ask(&mut bill, 1_000, 1).unwrap();
    approve(&mut bill, 1, 2).unwrap();
    let new = serde_json::to_string(&bill).unwrap();
    assert!(new.contains(
        r#""outcome":{"kind":"approved","creditNote":{"year":2026,"serial":1},"method":"cash","step":{"#
    ));
    assert_eq!(serde_json::from_str::<Invoice>(&new).unwrap(), bill);
}

proptest! {
    /// Whatever is asked, decided and paid by whom and in which order.
    #[test]
    fn refunds_never_exceed_payments(steps in proptest::collection::vec((0..5u8, -10i64..7_000, 1..4u64, 0..6u32), 0..60)) {
        let mut bill = bill(6_000, 1_000);
        for (kind, minor, by, refund) in steps {
            let before = bill.clone();
            let done = match kind {
                0 => ask(&mut bill, minor, by),
                1 => approve(&mut bill, refund, by),
                2 => bill.decline_refund(refund, "No".into(), step(by)),
                3 => bill.withdraw_refund(refund, step(by)),
                _ => { pay(&mut bill, minor); Ok(()) }
            };
            prop_assert!(done.is_ok() || bill == before, "what is refused changes nothing");
            prop_assert!(bill.refundable().minor >= 0 && bill.refunded().minor <= bill.claimed().minor);
            prop_assert!(bill.claimed().minor <= bill.paid().minor);
            prop_assert_eq!(bill.paid().minor + bill.balance().minor, bill.total().minor);
            prop_assert!(bill.refunds.iter().filter(|refund| refund.waits()).count() <= 1);
            for refund in &bill.refunds {
                if let Some(RefundOutcome::Approved { step, .. } | RefundOutcome::Declined { step, .. }) = &refund.outcome {
                    prop_assert!(step.by != refund.requested.by);
                }
            }
        }
    }
}
