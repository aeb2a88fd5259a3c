//! Bills from draft to paid, and that their numbers and sums are right whatever happens in between.

use super::*;
use crate::fixture::{self, Fixture};
use crate::{ConflictKind, Order, Page, PageRequest};
use domain::invoice::InvoiceError;
use domain::{AppointmentId, AppointmentStatus, Code, Money, PatientId, PaymentMethod};
use jiff::{SignedDuration, civil::date};

fn line(description: &str, quantity: &str, unit_amount: &str) -> LineForm {
    LineForm { description: description.into(), quantity: quantity.into(), unit_amount: unit_amount.into() }
}

async fn draft(clinic: &Fixture, amount: &str) -> Versioned<Invoice> {
    let write = WriteInvoice {
        patient: clinic.marta,
        appointment: None,
        lines: vec![line("Consultation", "1", amount)],
    };
    clinic.services.execute(&clinic.billing, write).await.unwrap()
}

async fn issued(clinic: &Fixture, amount: &str) -> Versioned<Invoice> {
    let bill = draft(clinic, amount).await;
    clinic
        .services
        .execute(&clinic.billing, IssueInvoice { id: bill.id, expected: bill.version })
        .await
        .unwrap()
}

fn pay(id: InvoiceId, amount: &str) -> TakePayment {
    TakePayment { id, expected: None, amount: amount.into(), method: "cash".into() }
}

fn all() -> ListInvoices {
    ListInvoices { patient: None, statuses: vec![], page: PageRequest::first(100, Order::Ascending) }
}

fn ids<T>(page: &Page<Versioned<T>>, id: impl Fn(&T) -> u64) -> Vec<u64> {
    page.items.iter().map(|item| id(&item.value)).collect()
}

#[tokio::test]
async fn a_bill_goes_from_draft_to_paid() {
    let clinic = fixture::clinic().await;
    let bill = issued(&clinic, "42.00").await;
    assert_eq!(bill.title(), "Invoice 2026-0001");
    assert_eq!(bill.issue.unwrap().due, date(2026, 12, 23));
    let part = clinic.services.execute(&clinic.receptionist, pay(bill.id, "40")).await.unwrap();
    assert_eq!(part.status(), InvoiceStatus::PartlyPaid);
    assert_eq!(part.payments[0].receipt, YearlyNumber { year: 2026, serial: 1 });
    assert_eq!(part.payments[0].by_name, "Grace Hall");
    let above = clinic.services.execute(&clinic.billing, pay(bill.id, "2.01")).await;
    assert_eq!(above, Err(ServiceError::field("amount", Code::AmountAboveBalance)));
    let paid = clinic.services.execute(&clinic.billing, pay(bill.id, "2.00")).await.unwrap();
    assert_eq!(paid.status(), InvoiceStatus::Paid);
    let revise =
        ReviseInvoice { id: bill.id, expected: paid.version, lines: vec![line("Consultation", "1", "1.00")] };
    let refused = clinic.services.execute(&clinic.billing, revise).await;
    assert_eq!(refused, Err(ServiceError::Conflict(ConflictKind::Invoice(InvoiceError::AlreadyIssued))));
}

#[tokio::test]
async fn numbers_have_no_gap_whatever_fails_in_between() {
    let clinic = fixture::clinic().await;
    for serial in 1..=4u64 {
        let bill = draft(&clinic, "10.00").await;
        // The number is taken before the stale version is noticed; the failed unit gives it back.
        let stale = IssueInvoice { id: bill.id, expected: bill.version + 1 };
        assert_eq!(clinic.services.execute(&clinic.billing, stale).await, Err(ServiceError::Stale));
        let issue = IssueInvoice { id: bill.id, expected: bill.version };
        let bill = clinic.services.execute(&clinic.billing, issue.clone()).await.unwrap();
        assert_eq!(bill.issue.unwrap().number, YearlyNumber { year: 2026, serial });
        assert!(clinic.services.execute(&clinic.billing, issue).await.is_err());
        assert!(clinic.services.execute(&clinic.billing, pay(bill.id, "11")).await.is_err());
        let paid = clinic.services.execute(&clinic.billing, pay(bill.id, "10")).await.unwrap();
        assert_eq!(paid.payments[0].receipt.serial, serial);
    }
    clinic.clock.advance(SignedDuration::from_hours(24 * 60));
    assert_eq!(issued(&clinic, "10.00").await.title(), "Invoice 2027-0001");
}

#[tokio::test]
async fn an_empty_or_worthless_bill_is_not_issued() {
    let clinic = fixture::clinic().await;
    let bill = draft(&clinic, "0").await;
    let issue = IssueInvoice { id: bill.id, expected: bill.version };
    let refused = clinic.services.execute(&clinic.billing, issue).await;
    assert_eq!(refused, Err(ServiceError::Conflict(ConflictKind::Invoice(InvoiceError::NothingToBill))));
    let write = WriteInvoice { patient: clinic.marta, appointment: None, lines: vec![line(" ", "1", "")] };
    let refused = clinic.services.execute(&clinic.billing, write).await;
    assert_eq!(refused, Err(ServiceError::field("lines", Code::NoLines)));
}

#[tokio::test]
async fn refused_lines_are_named_by_their_place_in_the_form() {
    let clinic = fixture::clinic().await;
    let lines = vec![line("", "", ""), line("", "1", "5.00"), line("Dressing", "1000", "5,0")];
    let write = WriteInvoice { patient: clinic.marta, appointment: None, lines };
    let Err(ServiceError::Invalid(errors)) = clinic.services.execute(&clinic.billing, write).await else {
        panic!("refused fields expected")
    };
    let fields: Vec<&str> = errors.iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["description1", "quantity2", "unitAmount2"]);
    let many = vec![line("Dressing", "1", "1.00"); Invoice::MOST_LINES + 1];
    let write = WriteInvoice { patient: clinic.marta, appointment: None, lines: many };
    let refused = clinic.services.execute(&clinic.billing, write).await;
    assert_eq!(refused, Err(ServiceError::field("lines", Code::OutOfRange("Number of lines", "1", "50"))));
}

#[tokio::test]
async fn a_visit_is_billed_once_at_the_price_of_its_type() {
    let clinic = fixture::clinic().await;
    let start = clinic.in_hours(-24);
    let visit = clinic.visit(&clinic.doctor, clinic.marta, start, AppointmentStatus::Fulfilled).await;
    let of_tom =
        clinic.visit(&clinic.doctor, clinic.tom, clinic.in_hours(-20), AppointmentStatus::Fulfilled).await;
    clinic.visit(&clinic.doctor, clinic.tom, clinic.in_hours(2), AppointmentStatus::Booked).await;
    let waiting = clinic.services.execute(&clinic.billing, VisitsNotBilled {}).await.unwrap();
    assert_eq!(waiting.iter().map(|visit| visit.id).collect::<Vec<_>>(), [of_tom, visit]);
    let own = clinic.services.execute(&clinic.patient, VisitsNotBilled {}).await.unwrap();
    assert_eq!(own.iter().map(|visit| visit.id).collect::<Vec<_>>(), [visit]);

    let write =
        |appointment| WriteInvoice { patient: clinic.marta, appointment: Some(appointment), lines: vec![] };
    let bill = clinic.services.execute(&clinic.billing, write(visit)).await.unwrap();
    assert_eq!(bill.total(), Money::new(6_000, clinic.services.clinic().currency));
    for refused in [visit, of_tom, AppointmentId(999)] {
        let expected =
            ServiceError::field("appointmentId", Code::UnknownChoice("a visit that is not billed yet"));
        assert_eq!(clinic.services.execute(&clinic.billing, write(refused)).await, Err(expected));
    }
    let waiting = clinic.services.execute(&clinic.billing, VisitsNotBilled {}).await.unwrap();
    assert_eq!(waiting.len(), 1);
}

#[tokio::test]
async fn a_patient_sees_and_pays_the_own_issued_bills() {
    let clinic = fixture::clinic().await;
    let open = draft(&clinic, "10.00").await;
    let bill = issued(&clinic, "42.00").await;
    let listed = clinic.services.execute(&clinic.patient, all()).await.unwrap();
    assert_eq!(ids(&listed, |bill| bill.id.0), [bill.id.0]);
    let hidden = clinic.services.execute(&clinic.patient, ReadInvoice { id: open.id }).await;
    assert_eq!(hidden, Err(ServiceError::NotFound));

    let cash = clinic.services.execute(&clinic.patient, pay(bill.id, "42")).await;
    assert_eq!(cash, Err(ServiceError::field("method", Code::UnknownChoice("how it is paid"))));
    let card = TakePayment { method: "card".into(), ..pay(bill.id, "42") };
    assert_eq!(
        clinic.services.execute(&clinic.other_patient, card.clone()).await,
        Err(ServiceError::NotFound)
    );
    let paid = clinic.services.execute(&clinic.patient, card).await.unwrap();
    assert_eq!(paid.payments[0].by, clinic.patient.user().unwrap());

    let of_marta = ListInvoices { patient: Some(clinic.marta), ..all() };
    let stranger = clinic.services.execute(&clinic.other_patient, of_marta).await.unwrap();
    assert!(stranger.items.is_empty());
    for id in [bill.id, InvoiceId(999)] {
        let read = clinic.services.execute(&clinic.other_patient, ReadInvoice { id }).await;
        assert_eq!(read, Err(ServiceError::NotFound));
    }
    for caller in [&clinic.doctor, &clinic.nurse, &clinic.admin, &clinic.auditor] {
        let read = clinic.services.execute(caller, ReadInvoice { id: bill.id }).await;
        assert_eq!(read, Err(ServiceError::Forbidden));
    }
}

#[tokio::test]
async fn amounts_that_are_none_are_refused_with_their_reason() {
    let clinic = fixture::clinic().await;
    let bill = issued(&clinic, "42.00").await;
    for (amount, code) in [
        ("", Code::AmountInvalid),
        ("-5", Code::AmountInvalid),
        ("1e2", Code::AmountInvalid),
        ("0", Code::AmountNotPositive),
        ("42.01", Code::AmountAboveBalance),
    ] {
        let refused = clinic.services.execute(&clinic.billing, pay(bill.id, amount)).await;
        assert_eq!(refused, Err(ServiceError::field("amount", code)), "{amount}");
    }
    let unknown = TakePayment { method: "cheque".into(), ..pay(bill.id, "1") };
    let refused = clinic.services.execute(&clinic.billing, unknown).await;
    assert_eq!(refused, Err(ServiceError::field("method", Code::UnknownChoice("how it is paid"))));
    let open = draft(&clinic, "10.00").await;
    let early = clinic.services.execute(&clinic.billing, pay(open.id, "1")).await;
    assert_eq!(early, Err(ServiceError::Conflict(ConflictKind::Invoice(InvoiceError::NotIssued))));
}

#[tokio::test]
async fn two_who_pay_one_bill_at_once_never_pay_too_much() {
    let clinic = fixture::clinic().await;
    let bill = issued(&clinic, "10.00").await;
    let tills = (0..6).map(|_| {
        let (services, billing, id) = (clinic.services.clone(), clinic.billing.clone(), bill.id);
        tokio::spawn(async move { services.execute(&billing, pay(id, "3.00")).await })
    });
    let mut taken = 0;
    for till in tills.collect::<Vec<_>>() {
        match till.await.unwrap() {
            Ok(_) => taken += 1,
            Err(error) => assert_eq!(error, ServiceError::field("amount", Code::AmountAboveBalance)),
        }
    }
    assert_eq!(taken, 3);
    let after = clinic.services.execute(&clinic.billing, ReadInvoice { id: bill.id }).await.unwrap();
    assert_eq!((after.paid().minor, after.balance().minor), (900, 100));
    let seen_before = TakePayment { expected: Some(bill.version), ..pay(bill.id, "1.00") };
    assert_eq!(clinic.services.execute(&clinic.billing, seen_before).await, Err(ServiceError::Stale));
}

#[tokio::test]
async fn an_old_shape_bill_is_issued_at_once_and_linked_by_name() {
    let clinic = fixture::clinic().await;
    let written = |name: &str, amount: &str| BillWritten {
        patient_name: name.into(),
        amount: amount.into(),
        payment_method: "Credit Card".into(),
    };
    let bill = clinic.services.execute(&clinic.billing, written("Marta Kowalska", "150")).await.unwrap();
    assert_eq!((bill.patient.id, bill.total().minor), (Some(clinic.marta), 15_000));
    assert_eq!((bill.status(), bill.title().as_str()), (InvoiceStatus::Issued, "Invoice 2026-0001"));
    let legacy = bill.legacy.clone().unwrap();
    assert_eq!(
        (legacy.amount.as_str(), legacy.payment_method.as_str(), legacy.imported),
        ("150", "Credit Card", false)
    );
    for (amount, code) in
        [("0.00", Code::AmountNotPositive), ("ten", Code::AmountInvalid), ("", Code::AmountInvalid)]
    {
        let refused = clinic.services.execute(&clinic.billing, written("John Doe", amount)).await;
        assert_eq!(refused, Err(ServiceError::field("amount", code)), "{amount}");
    }
    let unlinked = clinic.services.execute(&clinic.billing, written("John Doe", "£1,042.50")).await.unwrap();
    assert_eq!((unlinked.patient.id, unlinked.title().as_str()), (None, "Invoice 2026-0002"));
    let link = LinkInvoice { id: unlinked.id, expected: unlinked.version, patient: clinic.tom };
    assert_eq!(clinic.services.execute(&clinic.doctor, link.clone()).await, Err(ServiceError::Forbidden));
    let linked = clinic.services.execute(&clinic.billing, link.clone()).await.unwrap();
    assert_eq!(linked.patient.id, Some(clinic.tom));
    let again = LinkInvoice { expected: linked.version, ..link };
    let refused = clinic.services.execute(&clinic.billing, again).await;
    assert_eq!(refused, Err(ServiceError::Conflict(ConflictKind::AlreadyLinked)));
    let refused = clinic.services.execute(&clinic.receptionist, written("John Doe", "5")).await;
    assert_eq!(refused, Err(ServiceError::Forbidden));
}

#[tokio::test]
async fn a_bill_needs_a_patient() {
    let clinic = fixture::clinic().await;
    let write = WriteInvoice {
        patient: PatientId(99),
        appointment: None,
        lines: vec![line("Consultation", "1", "1")],
    };
    let refused = clinic.services.execute(&clinic.billing, write).await;
    assert_eq!(refused, Err(ServiceError::field("patientId", Code::UnknownPatient)));
}

#[tokio::test]
async fn takings_add_up_by_method_and_by_day() {
    let clinic = fixture::clinic().await;
    let bill = issued(&clinic, "100.00").await;
    clinic.services.execute(&clinic.billing, pay(bill.id, "20")).await.unwrap();
    clinic.clock.advance(SignedDuration::from_hours(24));
    let card = TakePayment { method: "card".into(), ..pay(bill.id, "30") };
    clinic.services.execute(&clinic.billing, card).await.unwrap();
    let week = Takings { from: date(2026, 11, 23), until: date(2026, 11, 30) };
    let report = clinic.services.execute(&clinic.billing, week).await.unwrap();
    let pounds = |minor| Money::new(minor, clinic.services.clinic().currency);
    assert_eq!(
        report.by_method,
        [
            (PaymentMethod::Card, pounds(3_000)),
            (PaymentMethod::Cash, pounds(2_000)),
            (PaymentMethod::Transfer, pounds(0))
        ]
    );
    assert_eq!((report.total, report.outstanding, report.overdue), (pounds(5_000), pounds(5_000), pounds(0)));
    assert_eq!(report.by_day.len(), 7);
    assert_eq!(
        report.by_day[..2],
        [(date(2026, 11, 23), pounds(2_000)), (date(2026, 11, 24), pounds(3_000))]
    );

    clinic.clock.advance(SignedDuration::from_hours(24 * 40));
    let one_day = Takings { from: date(2026, 11, 24), until: date(2026, 11, 25) };
    let report = clinic.services.execute(&clinic.admin, one_day).await.unwrap();
    assert_eq!((report.total, report.overdue), (pounds(3_000), pounds(5_000)));
    for (from, until) in [(date(2026, 11, 24), date(2026, 11, 24)), (date(2025, 1, 1), date(2026, 11, 24))] {
        let refused = clinic.services.execute(&clinic.billing, Takings { from, until }).await;
        assert_eq!(refused, Err(ServiceError::field("until", Code::OutOfRange("Period", "1", "366 days"))));
    }
    let refused = clinic.services.execute(&clinic.receptionist, one_day).await;
    assert_eq!(refused, Err(ServiceError::Forbidden));
}
