//! Visits that are repeated.

use super::*;
use crate::{Order, PageRequest};
use domain::schedule::Leave;
use domain::series::Every;
use jiff::civil::date;

/// Four consultations with Dr Rahman, a week apart, from Tuesday 24 November on at 10:00.
fn wish(fixture: &Fixture) -> SeriesWish {
    let text = str::to_owned;
    SeriesWish {
        patient: fixture.marta,
        doctor: fixture.doctor.user().unwrap(),
        date: text("2026-11-24"),
        time: text("10:00"),
        visit_type: text("consultation"),
        reason: text("physiotherapy"),
        count: text("1"),
        every: Every::Weeks,
        number: text("4"),
        until: String::new(),
    }
}

async fn plan(fixture: &Fixture, wish: SeriesWish) -> Vec<Occurrence> {
    fixture.services.plan_series(&fixture.receptionist, wish).await.unwrap()
}

fn chosen(planned: &[Occurrence]) -> Vec<(UserId, String, String)> {
    planned.iter().map(|it| (it.doctor, it.date.to_string(), it.time.clone())).collect()
}

async fn book_all(fixture: &Fixture, wish: SeriesWish) -> Vec<Versioned<Appointment>> {
    let chosen = chosen(&plan(fixture, wish.clone()).await);
    fixture.services.execute(&fixture.receptionist, BookSeries { wish, chosen }).await.unwrap()
}

async fn booked(fixture: &Fixture) -> Vec<String> {
    let statuses = vec![AppointmentStatus::Booked];
    let filter = AppointmentQuery { statuses, ..AppointmentQuery::default() };
    let list = ListAppointments { filter, page: PageRequest::all(Order::Ascending) };
    let found = fixture.services.execute(&fixture.receptionist, list).await.unwrap();
    let zone = &fixture.services.clinic().zone;
    found.items.iter().map(|it| zone.local(it.time.start()).strftime("%m-%d %H:%M").to_string()).collect()
}

fn troubles(planned: &[Occurrence]) -> Vec<Option<&'static str>> {
    planned.iter().map(|it| it.trouble.as_ref().map(Trouble::name)).collect()
}

fn taken(outcome: Result<Vec<Versioned<Appointment>>, ServiceError>) -> Vec<(String, &'static str)> {
    let Err(ServiceError::Conflict(ConflictKind::Series(taken))) = outcome else { panic!("{outcome:?}") };
    taken.into_iter().map(|(date, _, trouble)| (date, trouble.name())).collect()
}

#[tokio::test]
async fn a_series_is_booked_as_it_was_planned() {
    let fixture = clinic().await;
    let visits = book_all(&fixture, wish(&fixture)).await;
    assert_eq!(booked(&fixture).await, ["11-24 10:00", "12-01 10:00", "12-08 10:00", "12-15 10:00"]);
    assert!(visits.iter().all(|it| it.series.is_some() && it.series == visits[0].series));
    let read = ReadSeries { id: visits[2].id };
    let view = fixture.services.execute(&fixture.patient, read.clone()).await.unwrap().unwrap();
    assert_eq!((view.number, view.visits.len()), (3, 4));
    assert_eq!(view.rhythm.map(domain::series::Rhythm::title).as_deref(), Some("every week"));
    let stranger = fixture.services.execute(&fixture.other_patient, read).await;
    assert_eq!(stranger, Err(ServiceError::NotFound));
}

#[tokio::test]
async fn the_time_of_day_is_the_same_after_both_nights_on_which_the_clocks_change() {
    let fixture = clinic().await;
    for (first, number) in [("2027-03-24", "3"), ("2027-05-18", "2")] {
        let wish = SeriesWish { date: first.to_owned(), number: number.to_owned(), ..wish(&fixture) };
        fixture.clock.advance(jiff::SignedDuration::from_hours(24 * 50));
        book_all(&fixture, wish).await;
    }
    fixture.clock.advance(jiff::SignedDuration::from_hours(24 * 200));
    let autumn = SeriesWish { date: "2027-10-27".to_owned(), number: "2".to_owned(), ..wish(&fixture) };
    let autumn =
        SeriesWish { count: "5".to_owned(), every: Every::Days, date: "2027-10-28".to_owned(), ..autumn };
    let visits = book_all(&fixture, autumn).await;
    let times = booked(&fixture).await;
    assert!(times.iter().all(|time| time.ends_with("10:00")), "{times:?}");
    let apart = visits[1].time.start().duration_since(visits[0].time.start());
    assert_eq!(apart, jiff::SignedDuration::from_hours(5 * 24 + 1), "an hour more by the sun");
    let spring: Vec<_> =
        times.iter().filter(|time| time.starts_with("03") || time.starts_with("04")).collect();
    assert_eq!(spring, ["03-24 10:00", "03-31 10:00", "04-07 10:00"]);
}

#[tokio::test]
async fn what_stands_in_the_way_is_marked_with_the_nearest_free_time() {
    let fixture = clinic().await;
    let doctor = fixture.doctor.user().unwrap();
    let seen = fixture.services.execute(&fixture.doctor, ReadSchedule { doctor }).await.unwrap();
    let mut schedule = seen.value;
    schedule.leave.push(Leave::days(date(2026, 12, 8), date(2026, 12, 8)));
    let set = SetSchedule { schedule, expected: Some(seen.version), stranded: None };
    fixture.services.execute(&fixture.doctor, set).await.unwrap();
    let seen = fixture.services.execute(&fixture.admin, ReadCatalogue {}).await.unwrap();
    let mut catalogue = seen.value;
    let day = date(2026, 12, 15);
    catalogue.holidays.push(domain::catalogue::Holiday {
        from: day,
        until: day,
        name: "Inventory".to_owned(),
    });
    let set = SetCatalogue { catalogue, expected: seen.version, stranded: None };
    fixture.services.execute(&fixture.receptionist, set).await.unwrap();
    book(&fixture, &fixture.other_patient, "2026-12-01", "10:00").await.unwrap();
    let planned = plan(&fixture, wish(&fixture)).await;
    assert_eq!(troubles(&planned), [None, Some("doctor-busy"), Some("leave"), Some("closed")]);
    let (_, near, time, _) = planned[1].nearest.clone().unwrap();
    assert_eq!((near, time.as_str()), (date(2026, 12, 1), "09:30"));
    // They leave two out and take another time for one: that is a series all the same.
    let mut chosen = chosen(&planned[..2]);
    chosen[1].2 = time;
    let visits = BookSeries { wish: wish(&fixture), chosen };
    assert_eq!(fixture.services.execute(&fixture.receptionist, visits).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_visit_at_a_time_that_the_clocks_skip_or_too_far_ahead_is_marked() {
    let fixture = clinic().await;
    // Sundays at half past one, over the night of 28 March, on which there is no such time.
    let sundays = SeriesWish { date: "2027-03-21".to_owned(), time: "01:30".to_owned(), ..wish(&fixture) };
    let planned = plan(&fixture, SeriesWish { number: "20".to_owned(), ..sundays }).await;
    let words = |at: usize| planned[at].trouble.as_ref().map(Trouble::words);
    assert_eq!(words(0).as_deref(), Some("The doctor does not see patients then"));
    assert_eq!(words(1).as_deref(), Some("The clocks go forward: there is no such time"));
    assert_eq!(words(19).as_deref(), Some("Too far ahead to be booked"));
}

#[tokio::test]
async fn all_are_booked_or_none() {
    let fixture = clinic().await;
    let planned = plan(&fixture, wish(&fixture)).await;
    book(&fixture, &fixture.other_patient, "2026-12-08", "10:00").await.unwrap();
    let visits = BookSeries { wish: wish(&fixture), chosen: chosen(&planned) };
    let outcome = fixture.services.execute(&fixture.receptionist, visits.clone()).await;
    assert_eq!(taken(outcome), [("2026-12-08".to_owned(), "doctor-busy")]);
    assert_eq!(booked(&fixture).await, ["12-08 10:00"]);
    // A time that somebody held and let run out is in nobody's way.
    let hold = HoldSlot { booking: form(&fixture, &fixture.other_patient, "2026-12-15", "10:00") };
    fixture.services.execute(&fixture.other_patient, hold).await.unwrap();
    fixture.clock.advance(jiff::SignedDuration::from_mins(6));
    let mut chosen = chosen(&planned);
    chosen.remove(2);
    let visits = BookSeries { chosen, ..visits };
    assert_eq!(fixture.services.execute(&fixture.receptionist, visits).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_visit_and_all_that_follow_it_move_together() {
    let fixture = clinic().await;
    let desk = &fixture.receptionist;
    let daily = SeriesWish { every: Every::Days, number: "3".to_owned(), ..wish(&fixture) };
    let visits = book_all(&fixture, daily).await;
    let wanted = |visit: &Versioned<Appointment>, date: &str, time: &str| MoveFollowing {
        id: visit.id,
        expected: visit.version,
        doctor: fixture.doctor.user().unwrap(),
        date: date.to_owned(),
        time: time.to_owned(),
        reason: String::new(),
    };
    // Each into the place of the next.
    let moved = fixture.services.execute(desk, wanted(&visits[0], "2026-11-25", "10:00")).await.unwrap();
    assert_eq!(booked(&fixture).await, ["11-25 10:00", "11-26 10:00", "11-27 10:00"]);
    // And back, from the second on, at another time.
    fixture.services.execute(desk, wanted(&moved[1], "2026-11-25", "14:00")).await.unwrap();
    assert_eq!(booked(&fixture).await, ["11-25 10:00", "11-25 14:00", "11-26 14:00"]);
    // One that cannot be had: none moves.
    book(&fixture, &fixture.other_patient, "2026-11-26", "09:30").await.unwrap();
    let first = fixture.services.execute(desk, ReadAppointment { id: visits[0].id }).await.unwrap();
    let outcome = fixture.services.execute(desk, wanted(&first, "2026-11-25", "09:30")).await;
    assert_eq!(taken(outcome).first().map(|(_, why)| *why), Some("doctor-busy"));
    assert_eq!(booked(&fixture).await, ["11-25 10:00", "11-25 14:00", "11-26 09:30", "11-26 14:00"]);
}

#[tokio::test]
async fn a_visit_and_all_that_follow_it_are_called_off_together() {
    let fixture = clinic().await;
    let desk = &fixture.receptionist;
    let visits = book_all(&fixture, wish(&fixture)).await;
    let cancel = |reason: &str| CancelFollowing {
        id: visits[1].id,
        expected: visits[1].version,
        reason: reason.to_owned(),
    };
    let silent = fixture.services.execute(desk, cancel(" ")).await;
    assert_eq!(silent, Err(ServiceError::field("reason", Code::Missing("a reason"))));
    let cancelled = fixture.services.execute(desk, cancel("moved away")).await.unwrap();
    assert_eq!(cancelled.len(), 3);
    assert_eq!(booked(&fixture).await, ["11-24 10:00"]);
    let again = fixture.services.execute(desk, cancel("moved away")).await;
    assert_eq!(again, Err(ServiceError::Stale));
    let alone = book(&fixture, &fixture.other_patient, "2026-11-25", "10:00").await.unwrap();
    let alone = CancelFollowing { id: alone.id, expected: alone.version, reason: "x".to_owned() };
    assert_eq!(fixture.services.execute(desk, alone).await, Err(ServiceError::NotFound));
    let own = fixture.services.execute(&fixture.patient, cancel("x")).await;
    assert_eq!(own, Err(ServiceError::Forbidden));
}

#[tokio::test]
async fn what_is_asked_for_is_checked_field_by_field() {
    let fixture = clinic().await;
    let refused = async |wish: SeriesWish| {
        let outcome = fixture.services.execute(&fixture.receptionist, PlanSeries { wish }).await;
        let Err(ServiceError::Invalid(errors)) = outcome else { panic!("{outcome:?}") };
        errors.iter().map(|(field, _)| field).collect::<Vec<_>>()
    };
    let base = || wish(&fixture);
    assert_eq!(refused(SeriesWish { date: String::new(), ..base() }).await, ["date"]);
    assert_eq!(refused(SeriesWish { time: "noon".to_owned(), ..base() }).await, ["time"]);
    assert_eq!(refused(SeriesWish { count: "0".to_owned(), ..base() }).await, ["count"]);
    assert_eq!(refused(SeriesWish { number: "53".to_owned(), ..base() }).await, ["number"]);
    assert_eq!(refused(SeriesWish { number: String::new(), ..base() }).await, ["number"]);
    assert_eq!(refused(SeriesWish { until: "2026-11-25".to_owned(), ..base() }).await, ["until"]);
    assert_eq!(refused(SeriesWish { visit_type: "none".to_owned(), ..base() }).await, ["visitType"]);
    assert_eq!(refused(SeriesWish { doctor: UserId(1), ..base() }).await, ["doctorId"]);
    let own = fixture.services.execute(&fixture.patient, PlanSeries { wish: base() }).await;
    assert_eq!(own, Err(ServiceError::Forbidden));
}
