//! Booked appointments that other hours or holidays would leave outside the hours.

use super::*;
use domain::audit::AuditEvent;
use domain::catalogue::Holiday;
use domain::schedule::Leave;
use domain::{Action, AuditOutcome};
use jiff::civil::date;
use std::collections::BTreeSet;

/// Dr Rahman is away on Tuesday 24 November, on which Marta and Tom are booked.
async fn away(fixture: &Fixture, stranded: Option<StrandedDecision>) -> SetSchedule {
    let doctor = fixture.doctor.user().unwrap();
    let seen = fixture.services.execute(&fixture.receptionist, ReadSchedule { doctor }).await.unwrap();
    let mut schedule = seen.value.clone();
    schedule.leave.push(Leave::days(date(2026, 11, 24), date(2026, 11, 24)));
    SetSchedule { schedule, expected: Some(seen.version), stranded }
}

async fn closed(fixture: &Fixture, stranded: Option<StrandedDecision>) -> SetCatalogue {
    let seen = fixture.services.execute(&fixture.receptionist, ReadCatalogue {}).await.unwrap();
    let (mut catalogue, day) = (seen.value.clone(), date(2026, 11, 24));
    catalogue.holidays.push(Holiday { from: day, until: day, name: "Staff day".to_owned() });
    SetCatalogue { catalogue, expected: seen.version, stranded }
}

/// Two of Tuesday, one of Wednesday.
async fn booked(fixture: &Fixture) -> [AppointmentId; 3] {
    let mut ids = Vec::new();
    for (day, time) in [("2026-11-24", "09:30"), ("2026-11-24", "11:00"), ("2026-11-25", "09:30")] {
        ids.push(book(fixture, &fixture.receptionist, day, time).await.unwrap().id);
    }
    ids.try_into().unwrap()
}

fn decide(fate: Fate, of: &[AppointmentId]) -> StrandedDecision {
    StrandedDecision { fate, of: of.iter().copied().collect() }
}

fn cancel_for(reason: &str) -> Fate {
    Fate::Cancel { reason: reason.to_owned() }
}

fn asked<T: std::fmt::Debug>(answer: Result<T, ServiceError>) -> Vec<Stranded> {
    match answer {
        Err(ServiceError::Conflict(ConflictKind::Stranded(stranded))) => stranded,
        other => panic!("{other:?}"),
    }
}

async fn statuses(fixture: &Fixture, ids: &[AppointmentId]) -> Vec<AppointmentStatus> {
    let mut found = Vec::new();
    for id in ids {
        let read = ReadAppointment { id: *id };
        found.push(fixture.services.execute(&fixture.receptionist, read).await.unwrap().status);
    }
    found
}

use AppointmentStatus::{Booked, CancelledByClinic};

#[tokio::test]
async fn leave_over_booked_appointments_needs_a_decision() {
    let fixture = clinic().await;
    let ids = booked(&fixture).await;
    let told = asked(fixture.services.execute(&fixture.receptionist, away(&fixture, None).await).await);
    assert_eq!(told.iter().map(|it| it.id).collect::<Vec<_>>(), ids[..2]);
    assert_eq!(told[0].patient.as_ref().unwrap().id, Some(fixture.marta));
    // Administrators see no appointments: they are told how many, when and of whom.
    let told = asked(fixture.services.execute(&fixture.admin, away(&fixture, None).await).await);
    assert!(told.len() == 2 && told.iter().all(|it| it.patient.is_none()));
    assert_eq!(statuses(&fixture, &ids).await, [Booked; 3]);
    // Whatever was booked since the list was shown is not decided of.
    let first = Some(decide(Fate::Keep, &ids[..1]));
    let told = asked(fixture.services.execute(&fixture.receptionist, away(&fixture, first).await).await);
    assert_eq!(told.len(), 2);
}

#[tokio::test]
async fn kept_appointments_stay_and_are_not_asked_about_again() {
    let fixture = clinic().await;
    let ids = booked(&fixture).await;
    let keep = Some(decide(Fate::Keep, &ids));
    fixture.services.execute(&fixture.admin, away(&fixture, keep).await).await.unwrap();
    assert_eq!(statuses(&fixture, &ids).await, [Booked; 3]);
    fixture.services.execute(&fixture.receptionist, away(&fixture, None).await).await.unwrap();
    assert_eq!(fixture.services.execute(&fixture.receptionist, closed(&fixture, None).await).await, Ok(1));
}

#[tokio::test]
async fn cancelled_appointments_go_with_the_change_each_with_its_history_and_event() {
    let fixture = clinic().await;
    let ids = booked(&fixture).await;
    let set = away(&fixture, Some(decide(cancel_for("The doctor is away"), &ids))).await;
    fixture.services.execute(&fixture.doctor, set).await.unwrap();
    assert_eq!(statuses(&fixture, &ids).await, [CancelledByClinic, CancelledByClinic, Booked]);
    let visit = fixture.services.execute(&fixture.nurse, ReadAppointment { id: ids[0] }).await.unwrap();
    assert_eq!(visit.history.last().unwrap().reason, "The doctor is away");
    assert_eq!(visit.history.last().unwrap().by, fixture.doctor.user());
    let is_cancelling = |event: &AuditEvent| event.event.action == Action::CancelAppointment;
    let events: Vec<_> = fixture.audit().await.into_iter().filter(is_cancelling).collect();
    let subjects: BTreeSet<_> = events.iter().map(|event| event.event.subject.clone()).collect();
    assert_eq!(subjects, ids[..2].iter().map(|id| format!("appointment {id}")).collect());
    assert!(events.iter().all(|event| event.event.outcome == AuditOutcome::Success));
}

#[tokio::test]
async fn nothing_changes_where_not_all_can_be_cancelled() {
    let fixture = clinic().await;
    let ids = booked(&fixture).await;
    let nameless = away(&fixture, Some(decide(cancel_for(" "), &ids))).await;
    let before = nameless.expected;
    let answer = fixture.services.execute(&fixture.receptionist, nameless).await;
    assert_eq!(answer, Err(ServiceError::field("reason", Code::Missing("a reason"))));
    // Administrators cancel no appointments.
    let set = away(&fixture, Some(decide(cancel_for("The doctor is away"), &ids))).await;
    assert_eq!(fixture.services.execute(&fixture.admin, set).await, Err(ServiceError::Forbidden));
    assert_eq!(statuses(&fixture, &ids).await, [Booked; 3]);
    assert_eq!(away(&fixture, None).await.expected, before);
}

#[tokio::test]
async fn a_holiday_asks_of_every_doctor() {
    let fixture = clinic().await;
    let mut ids = booked(&fixture).await.to_vec();
    let mut with_price = form(&fixture, &fixture.receptionist, "2026-11-24", "10:00");
    with_price.doctor = fixture.other_doctor.user().unwrap();
    ids.push(fixture.services.book(&fixture.receptionist, with_price).await.unwrap().id);
    let told = asked(fixture.services.execute(&fixture.receptionist, closed(&fixture, None).await).await);
    assert_eq!(told.len(), 3);
    let set = closed(&fixture, Some(decide(cancel_for("The clinic is closed"), &ids))).await;
    fixture.services.execute(&fixture.receptionist, set).await.unwrap();
    assert_eq!(
        statuses(&fixture, &ids).await,
        [CancelledByClinic, CancelledByClinic, Booked, CancelledByClinic]
    );
}

#[tokio::test]
async fn what_is_over_or_outside_the_hours_anyway_strands_nobody() {
    let fixture = clinic().await;
    let at = |hours| fixture.in_hours(hours);
    let night = fixture.visit(&fixture.doctor, fixture.marta, at(24 + 14), Booked).await;
    let came = fixture.visit(&fixture.doctor, fixture.tom, at(24 + 1), AppointmentStatus::Fulfilled).await;
    fixture.services.execute(&fixture.doctor, away(&fixture, None).await).await.unwrap();
    assert_eq!(statuses(&fixture, &[night, came]).await, [Booked, AppointmentStatus::Fulfilled]);
}
