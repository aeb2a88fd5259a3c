//! To whom a time that comes free is offered.

use super::*;
use crate::scheduling::notices::{Answer, AnswerVisit, VisitLink};
use crate::{Order, PageRequest};
use domain::schedule::{ExtraHours, Leave};
use jiff::civil::{Time, date};

async fn ranks(fixture: &Fixture, actor: &Actor) -> Vec<(usize, PlanId)> {
    let list = |after| ListWaiting {
        filter: WaitingQuery::default(),
        page: PageRequest { limit: 2, after, order: Order::Ascending },
    };
    let (mut ranks, mut after) = (Vec::new(), None);
    loop {
        let page = fixture.services.waiting_list(actor, list(after)).await.unwrap();
        ranks.extend(page.items.iter().map(|place| (place.rank, place.id)));
        after = page.next;
        if after.is_none() {
            return ranks;
        }
    }
}

#[tokio::test]
async fn a_time_that_was_cancelled_by_the_link_in_a_message_is_offered_too() {
    let fixture = clinic().await;
    let visit = book(&fixture, &fixture.patient, "2026-11-25", "09:30").await.unwrap();
    let place = join(&fixture, &fixture.other_patient, wish(&fixture, &fixture.other_patient)).await;
    let cancel = AnswerVisit { link: VisitLink::to(&visit), answer: Answer::Cancel };
    fixture.services.execute(&Actor::anonymous("test"), cancel).await.unwrap();
    assert!(offer_of(&fixture, place).await.is_some());
}

#[tokio::test]
async fn a_cancelled_time_is_offered_to_the_more_pressing_and_then_to_who_waited_longer() {
    let fixture = clinic().await;
    let desk = &fixture.receptionist;
    let first = book(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    let second = book(&fixture, &fixture.patient, "2026-11-24", "10:00").await.unwrap();
    let third = book(&fixture, &fixture.patient, "2026-11-25", "10:00").await.unwrap();
    let of_tom = || wish(&fixture, &fixture.other_patient);
    let long = join(&fixture, &fixture.other_patient, of_tom()).await;
    let short = join(&fixture, &fixture.other_patient, of_tom()).await;
    let urgent = JoinWaitingList { patient: Some(fixture.tom), priority: Priority::Urgent, ..of_tom() };
    let urgent = join(&fixture, desk, urgent).await;
    assert_eq!(ranks(&fixture, desk).await, [(1, urgent), (2, long), (3, short)]);
    assert_eq!(ranks(&fixture, &fixture.other_patient).await, [(0, urgent), (0, long), (0, short)]);
    assert_eq!(ranks(&fixture, &fixture.patient).await, []);
    for (visit, id) in [(&first, urgent), (&second, long), (&third, short)] {
        assert_eq!(offer_of(&fixture, id).await, None);
        cancel(&fixture, desk, visit).await.unwrap();
        let offer = place(&fixture, id).await.offer.unwrap();
        assert_eq!((offer.time, offer.status), (visit.time, AppointmentStatus::Proposed));
        assert_eq!(offer.held_until, Some(fixture.services.now() + SignedDuration::from_mins(120)));
        assert_eq!((offer.patient.id, offer.reason.as_str()), (Some(fixture.tom), "my knee"));
    }
}

#[tokio::test]
async fn whatever_frees_a_time_offers_it() {
    let fixture = clinic().await;
    let desk = &fixture.receptionist;
    let visit = book(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    let id = join(&fixture, &fixture.other_patient, wish(&fixture, &fixture.other_patient)).await;
    // Moved away.
    let moved = shift(&fixture, desk, &visit, "2026-11-25", "11:00").await.unwrap();
    assert_eq!(place(&fixture, id).await.offer.unwrap().time, visit.time);
    decline(&fixture, &fixture.other_patient, id).await.unwrap();
    // Called off by the patient.
    let cancelled = cancel(&fixture, &fixture.patient, &moved).await.unwrap();
    assert_eq!(place(&fixture, id).await.offer.unwrap().time, cancelled.time);
    decline(&fixture, &fixture.other_patient, id).await.unwrap();
    // A held time that was let go.
    let wanted = HoldSlot { booking: form(&fixture, &fixture.patient, "2026-11-26", "11:00") };
    let held = fixture.services.execute(&fixture.patient, wanted).await.unwrap();
    fixture.services.execute(&fixture.patient, LetGo { id: held.id }).await.unwrap();
    assert_eq!(place(&fixture, id).await.offer.unwrap().time, held.time);
}

#[tokio::test]
async fn hours_that_are_added_and_leave_that_is_taken_back_are_offered() {
    let fixture = clinic().await;
    let doctor = fixture.doctor.user().unwrap();
    let set = async |change: fn(&mut domain::Schedule)| {
        let seen = fixture.services.execute(&fixture.doctor, ReadSchedule { doctor }).await.unwrap();
        let mut schedule = seen.value;
        change(&mut schedule);
        let set = SetSchedule { schedule, expected: Some(seen.version), stranded: None };
        fixture.services.execute(&fixture.doctor, set).await.unwrap();
    };
    set(|hours| hours.leave.push(Leave::days(date(2026, 11, 24), date(2026, 11, 24)))).await;
    let id = join(&fixture, &fixture.other_patient, wish(&fixture, &fixture.other_patient)).await;
    assert_eq!(offer_of(&fixture, id).await, None, "times that were free all along are no news");
    set(|hours| hours.leave.clear()).await;
    let offer = place(&fixture, id).await.offer.unwrap();
    assert_eq!(offer.time.start().to_string(), "2026-11-24T09:00:00Z");
    decline(&fixture, &fixture.other_patient, id).await.unwrap();
    set(|hours| {
        let (from, until) = (Time::constant(18, 0, 0, 0), Time::constant(19, 0, 0, 0));
        hours.extra.push(ExtraHours { date: date(2026, 11, 26), from, until, room: None });
    })
    .await;
    let offer = place(&fixture, id).await.offer.unwrap();
    assert_eq!(offer.time.start().to_string(), "2026-11-26T18:00:00Z");
}

#[tokio::test]
async fn only_what_fits_is_offered() {
    let fixture = clinic().await;
    let desk = &fixture.receptionist;
    for time in ["09:00", "10:00"] {
        book(&fixture, desk, "2026-11-24", time).await.unwrap();
    }
    let free = book(&fixture, desk, "2026-11-24", "09:30").await.unwrap();
    let of_tom = || JoinWaitingList { patient: Some(fixture.tom), ..wish(&fixture, desk) };
    let long = join(&fixture, desk, JoinWaitingList { visit_type: "new-patient".into(), ..of_tom() }).await;
    let afternoon = join(&fixture, desk, JoinWaitingList { part: DayPart::Afternoon, ..of_tom() }).await;
    let with = fixture.other_doctor.user();
    let other = join(&fixture, desk, JoinWaitingList { doctor: with, ..of_tom() }).await;
    let later = join(&fixture, desk, JoinWaitingList { from: "2026-11-25".into(), ..of_tom() }).await;
    // Marta is at her other doctor's then.
    let there = form(&fixture, desk, "2026-11-26", "09:30");
    let there = BookAppointment { doctor: with.unwrap(), ..there };
    fixture.services.book(desk, there).await.unwrap();
    let busy = join(&fixture, desk, wish(&fixture, desk)).await;
    cancel(&fixture, desk, &free).await.unwrap();
    for id in [long, afternoon, other, later] {
        assert_eq!(offer_of(&fixture, id).await, None);
    }
    assert!(offer_of(&fixture, busy).await.is_some());
    decline(&fixture, desk, busy).await.unwrap();
    let tom_there =
        BookAppointment { patient: Some(fixture.tom), ..form(&fixture, desk, "2026-11-26", "09:30") };
    let tom_there = fixture.services.book(desk, tom_there).await.unwrap();
    for id in [long, afternoon] {
        fixture.services.execute(desk, LeaveWaitingList { id }).await.unwrap();
    }
    cancel(&fixture, desk, &tom_there).await.unwrap();
    assert_eq!(offer_of(&fixture, busy).await, None, "she has another appointment then");
    assert_eq!(place(&fixture, later).await.offer.unwrap().time, tom_there.time);
}

#[tokio::test]
async fn nothing_is_offered_that_patients_could_not_book_by_themselves() {
    let fixture = clinic().await;
    let desk = &fixture.receptionist;
    let seen = fixture.services.execute(&fixture.admin, ReadCatalogue {}).await.unwrap();
    let mut catalogue = seen.value;
    catalogue.rules.patient_notice_minutes = 120;
    let set = SetCatalogue { catalogue, expected: seen.version, stranded: None };
    fixture.services.execute(desk, set).await.unwrap();
    let soon = book(&fixture, desk, "2026-11-23", "10:30").await.unwrap();
    let later = book(&fixture, desk, "2026-11-23", "11:30").await.unwrap();
    let id = join(&fixture, &fixture.other_patient, wish(&fixture, &fixture.other_patient)).await;
    cancel(&fixture, desk, &soon).await.unwrap();
    assert_eq!(offer_of(&fixture, id).await, None);
    cancel(&fixture, desk, &later).await.unwrap();
    let offer = place(&fixture, id).await.offer.unwrap();
    assert_eq!(offer.held_until, Some(fixture.services.now() + SignedDuration::from_mins(120)));
}

#[tokio::test]
async fn only_a_sooner_time_is_offered_instead_of_one_that_is_booked() {
    let fixture = clinic().await;
    let desk = &fixture.receptionist;
    let own = book(&fixture, &fixture.patient, "2026-11-25", "10:00").await.unwrap();
    let book_tom =
        async |date: &str, time: &str| book(&fixture, &fixture.other_patient, date, time).await.unwrap();
    let (later, sooner) = (book_tom("2026-11-25", "11:00").await, book_tom("2026-11-24", "11:00").await);
    let until = String::new();
    let instead = JoinWaitingList { instead_of: Some(own.id), until, ..wish(&fixture, &fixture.patient) };
    let id = join(&fixture, &fixture.patient, instead).await;
    cancel(&fixture, desk, &later).await.unwrap();
    assert_eq!(offer_of(&fixture, id).await, None);
    cancel(&fixture, desk, &sooner).await.unwrap();
    assert_eq!(place(&fixture, id).await.offer.unwrap().time, sooner.time);
}

#[tokio::test]
async fn an_offer_that_nobody_answered_goes_to_the_next() {
    let fixture = clinic().await;
    let visit = book(&fixture, &fixture.receptionist, "2026-11-24", "15:00").await.unwrap();
    let tom = wish(&fixture, &fixture.other_patient);
    let first = join(&fixture, &fixture.other_patient, tom).await;
    let second = join(&fixture, &fixture.patient, wish(&fixture, &fixture.patient)).await;
    cancel(&fixture, &fixture.receptionist, &visit).await.unwrap();
    let offer = offer_of(&fixture, first).await.unwrap();
    fixture.services.offer_round().await.unwrap();
    assert_eq!(offer_of(&fixture, first).await, Some(offer), "it has not ended yet");
    let_it_end(&fixture);
    assert_eq!(accept(&fixture, &fixture.other_patient, first).await, Err(ENDED));
    fixture.services.offer_round().await.unwrap();
    assert_eq!(offer_of(&fixture, first).await, None);
    assert_eq!(place(&fixture, second).await.offer.unwrap().time, visit.time);
    // It was the last chance of both: then anybody can book it.
    let_it_end(&fixture);
    fixture.services.offer_round().await.unwrap();
    assert_eq!((offer_of(&fixture, first).await, offer_of(&fixture, second).await), (None, None));
    assert!(book(&fixture, &fixture.other_patient, "2026-11-24", "15:00").await.is_ok());
}

#[tokio::test]
async fn an_offer_that_ended_is_seen_to_by_whoever_looks() {
    let fixture = clinic().await;
    let visit = book(&fixture, &fixture.receptionist, "2026-11-24", "15:00").await.unwrap();
    join(&fixture, &fixture.other_patient, wish(&fixture, &fixture.other_patient)).await;
    join(&fixture, &fixture.patient, wish(&fixture, &fixture.patient)).await;
    cancel(&fixture, &fixture.receptionist, &visit).await.unwrap();
    let_it_end(&fixture);
    let page = PageRequest::first(5, Order::Ascending);
    let own = ListWaiting { filter: WaitingQuery::default(), page };
    let seen = fixture.services.waiting_list(&fixture.patient, own).await.unwrap();
    assert_eq!(seen.items[0].offer.as_ref().map(|offer| offer.time), Some(visit.time));
}

#[tokio::test]
async fn a_time_that_ended_and_was_taken_meanwhile_is_not_offered_on() {
    let fixture = clinic().await;
    let visit = book(&fixture, &fixture.receptionist, "2026-11-24", "15:00").await.unwrap();
    let id = join(&fixture, &fixture.other_patient, wish(&fixture, &fixture.other_patient)).await;
    let next = join(&fixture, &fixture.other_patient, wish(&fixture, &fixture.other_patient)).await;
    cancel(&fixture, &fixture.receptionist, &visit).await.unwrap();
    let taken = book(&fixture, &fixture.patient, "2026-11-24", "15:00").await;
    assert_eq!(taken, conflict(ConflictKind::DoctorBusy));
    let_it_end(&fixture);
    assert!(book(&fixture, &fixture.patient, "2026-11-24", "15:00").await.is_ok());
    fixture.services.offer_round().await.unwrap();
    assert_eq!((offer_of(&fixture, id).await, offer_of(&fixture, next).await), (None, None));
}

#[tokio::test]
async fn a_place_ends_with_its_last_day() {
    let fixture = clinic().await;
    let id = join(&fixture, &fixture.other_patient, wish(&fixture, &fixture.other_patient)).await;
    fixture.clock.advance(SignedDuration::from_hours(24 * 8));
    fixture.services.offer_round().await.unwrap();
    assert!(matches!(place(&fixture, id).await.waiting.state, WaitingState::Expired { .. }));
    assert_eq!(ranks(&fixture, &fixture.receptionist).await, []);
    fixture.services.offer_round().await.unwrap();
}

#[tokio::test]
async fn what_happens_by_itself_is_written_down_as_nobodys_act() {
    let fixture = clinic().await;
    let visit = book(&fixture, &fixture.patient, "2026-11-24", "15:00").await.unwrap();
    join(&fixture, &fixture.other_patient, wish(&fixture, &fixture.other_patient)).await;
    cancel(&fixture, &fixture.patient, &visit).await.unwrap();
    let offered = fixture.audit().await.into_iter().find(|it| it.event.action == domain::Action::OfferTime);
    let offered = offered.unwrap().event;
    assert_eq!((offered.actor, offered.patient), (None, Some(fixture.tom)));
    assert_eq!(offered.reason, "offered");
}
