//! Refunds from request to credit note: two people, exact numbers, and no more about the patient than a reader may know.

use super::*;
use crate::billing::{
    IssueInvoice, LineForm, ListInvoices, ReadInvoice, TakePayment, Takings, TakingsReport, WriteInvoice,
};
use crate::fixture::{self, Fixture};
use crate::{Actor, ConflictKind, Order, PageRequest, RequestKey};
use domain::invoice::{InvoiceStatus, RefundError, RefundState};
use domain::{AuditOutcome, Code};
use jiff::SignedDuration;
use jiff::civil::date;

/// A bill of Marta's on which so much was paid in cash.
async fn paid(clinic: &Fixture, amount: &str) -> Versioned<Invoice> {
    let line =
        LineForm { description: "Consultation".into(), quantity: "1".into(), unit_amount: "60.00".into() };
    let write = WriteInvoice { patient: clinic.marta, appointment: None, lines: vec![line] };
    let bill = clinic.services.execute(&clinic.billing, write).await.unwrap();
    let issue = IssueInvoice { id: bill.id, expected: bill.version };
    let bill = clinic.services.execute(&clinic.billing, issue).await.unwrap();
    let (amount, method) = (amount.to_owned(), "cash".to_owned());
    let pay = TakePayment { id: bill.id, expected: None, amount, method };
    clinic.services.execute(&clinic.billing, pay).await.unwrap()
}

fn request(bill: &Versioned<Invoice>, amount: &str) -> RequestRefund {
    let (amount, reason) = (amount.to_owned(), "Paid twice".to_owned());
    RequestRefund { id: bill.id, expected: bill.version, amount, reason }
}

async fn asked(clinic: &Fixture, by: &Actor, amount: &str) -> RefundEntry {
    let bill = paid(clinic, "60.00").await;
    clinic.services.execute(by, request(&bill, amount)).await.unwrap()
}

fn approve(entry: &RefundEntry) -> ApproveRefund {
    let (id, number, expected) = (entry.bill, entry.number, entry.version);
    ApproveRefund { id, number, expected, method: "cash".to_owned() }
}

fn decline(entry: &RefundEntry) -> DeclineRefund {
    let (id, number, expected) = (entry.bill, entry.number, entry.version);
    DeclineRefund { id, number, expected, reason: "It was paid once".to_owned() }
}

fn withdraw(entry: &RefundEntry) -> WithdrawRefund {
    WithdrawRefund { id: entry.bill, number: entry.number, expected: entry.version }
}

fn refused<T>(error: RefundError) -> Result<T, ServiceError> {
    Err(ServiceError::Conflict(ConflictKind::Refund(error)))
}

fn list(waiting: bool) -> ListRefunds {
    ListRefunds { waiting, page: PageRequest::first(10, Order::Descending) }
}

#[tokio::test]
async fn what_one_asks_for_another_approves_and_the_bill_stays_paid() {
    let clinic = fixture::clinic().await;
    let entry = asked(&clinic, &clinic.receptionist, "25.50").await;
    assert_eq!((entry.refund.state(), entry.is_own), (RefundState::Requested, true));
    let given = clinic.services.execute(&clinic.billing, approve(&entry)).await.unwrap();
    assert!(!given.is_own);
    let note = given.refund.credit_note().unwrap();
    assert_eq!((note.number, note.minor), (YearlyNumber { year: 2026, serial: 1 }, 2_550));
    let read = ReadInvoice { id: entry.bill };
    let bill = clinic.services.execute(&clinic.patient, read).await.unwrap();
    assert_eq!((bill.status(), bill.balance().minor), (InvoiceStatus::Paid, 0));
    assert_eq!((bill.paid().minor, bill.refunded().minor, bill.refundable().minor), (6_000, 2_550, 3_450));
    let log = clinic.audit().await;
    let events: Vec<_> = log
        .iter()
        .filter(|event| event.event.subject == format!("refund 1 of bill {}", entry.bill))
        .map(|event| (event.event.action, event.event.outcome, event.event.patient, &*event.event.reason))
        .collect();
    let marta = Some(clinic.marta);
    assert_eq!(
        events,
        [
            (Action::RequestRefund, AuditOutcome::Success, marta, ""),
            (Action::ApproveRefund, AuditOutcome::Success, marta, "approved")
        ]
    );
}

/// A refund that somebody asked for who is of another role by now: an administrator, say, who was at the front desk.
async fn asked_before(clinic: &Fixture, by: &Actor) -> RefundEntry {
    let bill = paid(clinic, "60.00").await.id;
    let step = RefundStep {
        at: clinic.services.now(),
        by: by.user().unwrap(),
        by_name: by.name().to_owned(),
        by_role: Role::Receptionist,
    };
    clinic
        .store(move |tx| {
            let step = step.clone();
            Box::pin(async move {
                let mut bill = tx.invoices().lookup(&bill).await?.unwrap();
                bill.value.request_refund(1_000, "Paid twice".to_owned(), step).unwrap();
                tx.invoices().update(bill.version, bill.value).await
            })
        })
        .await;
    clinic.services.execute(by, ReadRefund { id: bill, number: 1 }).await.unwrap()
}

#[tokio::test]
async fn nobody_decides_on_the_own_request_whatever_their_role() {
    let clinic = fixture::clinic().await;
    for deciding in [&clinic.billing, &clinic.admin] {
        let entry = asked_before(&clinic, deciding).await;
        assert!(entry.is_own);
        let own = refused(RefundError::OwnRequest);
        assert_eq!(clinic.services.execute(deciding, approve(&entry)).await, own);
        assert_eq!(clinic.services.execute(deciding, decline(&entry)).await, own);
        // The answer is the same whatever else has changed.
        let stale = ApproveRefund { expected: 1, ..approve(&entry) };
        assert_eq!(clinic.services.execute(deciding, stale).await, own);
        let event = clinic.audit().await.pop().unwrap().event;
        assert_eq!((event.action, event.outcome), (Action::ApproveRefund, AuditOutcome::Denied));
        assert_eq!((event.patient, &*event.reason), (Some(clinic.marta), "own request"));
        assert_eq!(event.actor, deciding.user());
    }
    // Who may only ask may decide on nobody's.
    let entry = asked(&clinic, &clinic.patient, "10").await;
    for asking in [&clinic.patient, &clinic.receptionist, &clinic.auditor, &clinic.doctor, &clinic.nurse] {
        let refused = clinic.services.execute(asking, approve(&entry)).await;
        assert_eq!(refused, Err(ServiceError::Forbidden));
    }
    assert!(clinic.services.execute(&clinic.admin, approve(&entry)).await.is_ok());
}

#[tokio::test]
async fn of_those_who_approve_at_once_one_wins() {
    let clinic = fixture::clinic().await;
    let entry = asked(&clinic, &clinic.receptionist, "60").await;
    let tries = (0..8).map(|number| {
        let services = clinic.services.clone();
        let by = if number % 2 == 0 { clinic.billing.clone() } else { clinic.admin.clone() };
        let (yes, no) = (approve(&entry), decline(&entry));
        tokio::spawn(async move {
            if number < 6 { services.execute(&by, yes).await } else { services.execute(&by, no).await }
        })
    });
    let mut won = 0;
    for attempt in tries.collect::<Vec<_>>() {
        match attempt.await.unwrap() {
            Ok(_) => won += 1,
            Err(error) => assert_eq!(error, ServiceError::Stale),
        }
    }
    assert_eq!(won, 1);
    let bill = clinic.services.execute(&clinic.billing, ReadInvoice { id: entry.bill }).await.unwrap();
    assert!(bill.refunded().minor <= 6_000 && bill.credit_notes().count() <= 1);
}

#[tokio::test]
async fn credit_notes_have_no_gap_whatever_fails_in_between() {
    let clinic = fixture::clinic().await;
    for serial in 1..=3u64 {
        let entry = asked(&clinic, &clinic.receptionist, "10").await;
        let stale = ApproveRefund { expected: entry.version + 1, ..approve(&entry) };
        assert_eq!(clinic.services.execute(&clinic.billing, stale).await, Err(ServiceError::Stale));
        let unknown = ApproveRefund { method: "cheque".to_owned(), ..approve(&entry) };
        let choice = ServiceError::field("method", Code::UnknownChoice("how the money is given back"));
        assert_eq!(clinic.services.execute(&clinic.billing, unknown).await, Err(choice));
        let given = clinic.services.execute(&clinic.billing, approve(&entry)).await.unwrap();
        assert_eq!(given.refund.credit_note().unwrap().number, YearlyNumber { year: 2026, serial });
        let again = ApproveRefund { expected: given.version, ..approve(&entry) };
        assert_eq!(clinic.services.execute(&clinic.billing, again).await, refused(RefundError::Settled));
        // A request that is declined takes no number.
        let bill = clinic.services.execute(&clinic.billing, ReadInvoice { id: entry.bill }).await.unwrap();
        let entry = clinic.services.execute(&clinic.receptionist, request(&bill, "1")).await.unwrap();
        clinic.services.execute(&clinic.admin, decline(&entry)).await.unwrap();
    }
    clinic.clock.advance(SignedDuration::from_hours(24 * 60));
    let entry = asked(&clinic, &clinic.receptionist, "10").await;
    let given = clinic.services.execute(&clinic.admin, approve(&entry)).await.unwrap();
    assert_eq!(given.refund.credit_note().unwrap().number, YearlyNumber { year: 2027, serial: 1 });
}

#[tokio::test]
async fn amounts_and_reasons_are_checked() {
    let clinic = fixture::clinic().await;
    let bill = paid(&clinic, "40.00").await;
    for (amount, code) in [
        ("", Code::AmountInvalid),
        ("-1", Code::AmountInvalid),
        ("0.00", Code::AmountNotPositive),
        ("40.01", Code::AmountAboveRefundable),
    ] {
        let refused = clinic.services.execute(&clinic.receptionist, request(&bill, amount)).await;
        assert_eq!(refused, Err(ServiceError::field("amount", code)), "{amount}");
    }
    let silent = RequestRefund { reason: "  ".to_owned(), ..request(&bill, "1") };
    let missing = ServiceError::field("reason", Code::Missing("why the money is asked back"));
    assert_eq!(clinic.services.execute(&clinic.receptionist, silent).await, Err(missing));
    let stale = RequestRefund { expected: 1, ..request(&bill, "1") };
    assert_eq!(clinic.services.execute(&clinic.receptionist, stale).await, Err(ServiceError::Stale));
    let entry = clinic.services.execute(&clinic.receptionist, request(&bill, "40")).await.unwrap();
    let second = RequestRefund { expected: entry.version, ..request(&bill, "1") };
    assert_eq!(clinic.services.execute(&clinic.billing, second).await, refused(RefundError::AnotherWaits));
    let silent = DeclineRefund { reason: String::new(), ..decline(&entry) };
    let missing = ServiceError::field("reason", Code::Missing("why it is declined"));
    assert_eq!(clinic.services.execute(&clinic.billing, silent).await, Err(missing));
    let given = clinic.services.execute(&clinic.billing, approve(&entry)).await.unwrap();
    let more = RequestRefund { expected: given.version, ..request(&bill, "0.01") };
    assert_eq!(clinic.services.execute(&clinic.billing, more).await, refused(RefundError::NothingLeft));
}

#[tokio::test]
async fn only_whoever_asked_withdraws_and_only_while_it_waits() {
    let clinic = fixture::clinic().await;
    let entry = asked(&clinic, &clinic.patient, "60").await;
    let other = clinic.services.execute(&clinic.receptionist, withdraw(&entry)).await;
    assert_eq!(other, refused(RefundError::NotOwnRequest));
    let stranger = clinic.services.execute(&clinic.other_patient, withdraw(&entry)).await;
    assert_eq!(stranger, Err(ServiceError::NotFound));
    let stale = WithdrawRefund { expected: entry.version + 1, ..withdraw(&entry) };
    assert_eq!(clinic.services.execute(&clinic.patient, stale).await, Err(ServiceError::Stale));
    let gone = clinic.services.execute(&clinic.patient, withdraw(&entry)).await.unwrap();
    assert_eq!(gone.refund.state(), RefundState::Withdrawn);
    let decided = ApproveRefund { expected: gone.version, ..approve(&entry) };
    assert_eq!(clinic.services.execute(&clinic.billing, decided).await, refused(RefundError::Settled));
    let missing = ReadRefund { id: entry.bill, number: 2 };
    assert_eq!(clinic.services.execute(&clinic.billing, missing).await, Err(ServiceError::NotFound));
}

#[tokio::test]
async fn readers_without_patients_learn_no_name() {
    let clinic = fixture::clinic().await;
    let entry = asked(&clinic, &clinic.patient, "60").await;
    let told = |entry: &RefundEntry| (entry.patient_name.clone(), entry.refund.requested.by_name.clone());
    let marta = || "Marta Kowalska".to_owned();
    for reader in [&clinic.billing, &clinic.receptionist, &clinic.patient] {
        let found = clinic.services.execute(reader, list(true)).await.unwrap().items;
        assert_eq!(told(&found[0]), (Some(marta()), marta()));
        assert_eq!(clinic.services.execute(reader, CountRefunds {}).await, Ok(1));
    }
    for reader in [&clinic.admin, &clinic.auditor] {
        let found = clinic.services.execute(reader, list(true)).await.unwrap().items;
        assert_eq!(told(&found[0]), (None, "The patient".to_owned()));
        let one = ReadRefund { id: entry.bill, number: 1 };
        let one = clinic.services.execute(reader, one).await.unwrap();
        assert_eq!(one, found[0]);
        // What the decision needs is there.
        let currency = clinic.services.clinic().currency;
        assert_eq!(one.paid, [(PaymentMethod::Cash, Money::new(6_000, currency))]);
    }
    let given = clinic.services.execute(&clinic.admin, approve(&entry)).await.unwrap();
    assert_eq!(told(&given), (None, "The patient".to_owned()));
    let other = clinic.services.execute(&clinic.other_patient, list(false)).await.unwrap();
    assert!(other.items.is_empty());
    assert!(clinic.services.execute(&clinic.billing, list(true)).await.unwrap().items.is_empty());
    let all = clinic.services.execute(&clinic.auditor, list(false)).await.unwrap().items;
    assert_eq!(all.iter().map(|entry| entry.refund.state()).collect::<Vec<_>>(), [RefundState::Approved]);
    // An auditor of refunds is no reader of bills.
    let page = PageRequest::first(10, Order::Ascending);
    let bills = ListInvoices { patient: None, statuses: vec![], page };
    assert_eq!(clinic.services.execute(&clinic.auditor, bills).await.err(), Some(ServiceError::Forbidden));
}

#[tokio::test]
async fn what_is_sent_again_gets_its_first_answer_and_happens_once() {
    let clinic = fixture::clinic().await;
    let bill = paid(&clinic, "60.00").await;
    let key = |actor: &Actor, key: &str| {
        actor.clone().repeating(Some(RequestKey::of_program(actor, "/here", key, &[key.as_bytes()])))
    };
    let desk = || key(&clinic.receptionist, "ask");
    let entry = clinic.services.execute(&desk(), request(&bill, "20")).await.unwrap();
    assert_eq!(clinic.services.execute(&desk(), request(&bill, "20")).await, Ok(entry.clone()));
    let admin = || key(&clinic.admin, "approve");
    let given = clinic.services.execute(&admin(), approve(&entry)).await.unwrap();
    assert_eq!(clinic.services.execute(&admin(), approve(&entry)).await, Ok(given));
    let bill = clinic.services.execute(&clinic.billing, ReadInvoice { id: bill.id }).await.unwrap();
    assert_eq!((bill.refunds.len(), bill.refunded().minor), (1, 2_000));
}

async fn takings(clinic: &Fixture, day: jiff::civil::Date) -> TakingsReport {
    let period = Takings { from: day, until: day.tomorrow().unwrap() };
    clinic.services.execute(&clinic.admin, period).await.unwrap()
}

#[tokio::test]
async fn takings_are_less_by_what_was_given_back_on_the_day_and_by_the_method() {
    let clinic = fixture::clinic().await;
    let entry = asked(&clinic, &clinic.receptionist, "25").await;
    clinic.clock.advance(SignedDuration::from_hours(24));
    let card = ApproveRefund { method: "card".to_owned(), ..approve(&entry) };
    clinic.services.execute(&clinic.billing, card).await.unwrap();
    let (first, second) = (date(2026, 11, 23), date(2026, 11, 24));
    let of = |report: &TakingsReport| {
        let methods: Vec<i64> = report.by_method.iter().map(|(_, sum)| sum.minor).collect();
        (methods, report.total.minor, report.refunded.minor, report.by_day[0].1.minor)
    };
    assert_eq!(of(&takings(&clinic, first).await), (vec![0, 6_000, 0], 6_000, 0, 6_000));
    assert_eq!(of(&takings(&clinic, second).await), (vec![-2_500, 0, 0], -2_500, 2_500, -2_500));
    assert_eq!(takings(&clinic, second).await.outstanding.minor, 0, "nobody owes what they got back");
}
