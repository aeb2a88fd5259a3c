//! The waiting room: the board, the screen in the hall, the day sheet, and what tells open pages of changes.

use crate::harness::{Clinic, Person, clinic};
use axum::body::Body;
use axum::http::Request;
use domain::Role;
use http_body_util::BodyExt;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tower::ServiceExt;

/// Books a patient today with Dr Rahman.
async fn book(clinic: &Clinic, patient: &str, time: &str) -> u64 {
    let body = json!({"patientId": clinic.named(patient).patient, "doctorId": clinic.the(Role::Doctor).id,
        "start": format!("2026-11-23T{time}"), "visitType": "consultation", "reason": "A sore knee"});
    let booked = clinic.post("/api/appointments").bearer(clinic.the(Role::Receptionist)).json(body);
    booked.expect(201).await.json()["id"].as_u64().unwrap()
}

/// Takes an appointment to a status by the form that boards and lists have.
async fn step(clinic: &Clinic, id: u64, version: &str, to: &str) {
    let form = [("to", to), ("version", version), ("return", "/appointments/board")];
    let call =
        clinic.post(&format!("/appointments/{id}/status")).browser(clinic.the(Role::Nurse)).form(&form);
    assert!(call.expect(303).await.location().starts_with("/appointments/board"));
}

async fn read(clinic: &Clinic, who: &Person, path: &str) -> String {
    clinic.get(path).browser(who).expect(200).await.text()
}

#[tokio::test]
async fn the_board_shows_the_pressing_first_and_then_who_waits_longest() {
    let clinic = clinic().await;
    let (marta, tom) =
        (book(&clinic, "Marta Kowalska", "11:00").await, book(&clinic, "Tom Baker", "10:00").await);
    step(&clinic, marta, "1", "arrived").await;
    for _ in 0..4 {
        // Whoever works keeps the session alive.
        clinic.clock.advance(SignedDuration::from_mins(9));
        read(&clinic, clinic.the(Role::Nurse), "/appointments/board").await;
    }
    step(&clinic, tom, "1", "arrived").await;
    let nurse = clinic.the(Role::Nurse);
    let place =
        |board: &str, name: &str| board.find(&format!(">{name}<")).unwrap_or_else(|| panic!("{name}"));
    let board = read(&clinic, nurse, "/appointments/board").await;
    assert!(board.contains("2 waiting") && board.contains(", long wait"));
    assert!(place(&board, "Marta Kowalska") < place(&board, "Tom Baker"), "who came first");
    let urgent = [("priority", "emergency"), ("version", "2"), ("return", "/appointments/board")];
    let set = clinic.post(&format!("/appointments/{tom}/priority")).browser(nurse).form(&urgent);
    assert_eq!(set.expect(303).await.location(), "/appointments/board?notice=priority-set");
    let board = read(&clinic, nurse, "/appointments/board").await;
    assert!(place(&board, "Tom Baker") < place(&board, "Marta Kowalska"), "the pressing first");
    assert!(board.contains("hc-prio--2") && board.contains("Emergency"));
    // Called in, the patient waits no more.
    step(&clinic, tom, "3", "in-progress").await;
    let board = read(&clinic, nurse, "/appointments/board").await;
    assert!(board.contains("1 waiting") && board.contains("With a doctor"));
    assert!(place(&board, "Marta Kowalska") < place(&board, "Tom Baker"));
}

#[tokio::test]
async fn the_screen_in_the_hall_names_nobody() {
    let clinic = clinic().await;
    let (marta, tom) =
        (book(&clinic, "Marta Kowalska", "11:00").await, book(&clinic, "Tom Baker", "10:00").await);
    for id in [marta, tom] {
        step(&clinic, id, "1", "arrived").await;
    }
    step(&clinic, tom, "2", "in-progress").await;
    let screen = clinic.get("/appointments/hall").browser(clinic.the(Role::Receptionist)).expect(200).await;
    assert_eq!(screen.header("refresh"), "15");
    let text = screen.text();
    for shown in [format!("A-{tom}"), format!("A-{marta}"), "T B".to_owned(), "M K".to_owned()] {
        assert!(text.contains(&shown), "{shown}");
    }
    for hidden in ["Marta", "Kowalska", "Tom", "Baker", "knee", "onsultation", "400 000"] {
        assert!(!text.contains(hidden), "{hidden}");
    }
    for role in [Role::Patient, Role::Billing, Role::Admin] {
        for path in ["/appointments/hall", "/appointments/board"] {
            clinic.get(path).browser(clinic.the(role)).expect(403).await;
        }
    }
}

#[tokio::test]
async fn a_day_sheet_has_reasons_and_phones_for_those_who_need_them() {
    let clinic = clinic().await;
    book(&clinic, "Marta Kowalska", "11:00").await;
    let path = "/appointments/day-sheet?date=2026-11-23";
    for (role, has_reason) in
        [(Role::Receptionist, true), (Role::Doctor, true), (Role::Nurse, true), (Role::Billing, false)]
    {
        let sheet = read(&clinic, clinic.the(role), path).await;
        assert!(sheet.contains("Marta Kowalska") && sheet.contains("Dr Amina Rahman"), "{role:?}");
        assert!(!sheet.contains("Dr Owen Price"), "a sheet for those alone who see somebody");
        assert_eq!(sheet.contains("sore knee"), has_reason, "{role:?}");
    }
    clinic.get(path).browser(clinic.the(Role::Patient)).expect(403).await;
    let day = read(&clinic, clinic.the(Role::Nurse), "/appointments?date=2026-11-23").await;
    assert!(day.contains("/appointments/day-sheet?date=2026-11-23"));
}

/// The events of an open page.
struct Stream(Body);

impl Stream {
    async fn open(clinic: &Clinic, who: &Person, since: u64) -> Self {
        let request = Request::get(format!("/appointments/live?since={since}"))
            .header("accept", "text/event-stream")
            .header("cookie", format!("session={}", who.token));
        let response = clinic.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self(response.into_body())
    }

    /// The next event as it is sent; none when the stream ended.
    async fn next(&mut self) -> Option<String> {
        let frame = self.0.frame().await?.unwrap().into_data().unwrap();
        Some(String::from_utf8(frame.to_vec()).unwrap())
    }
}

async fn revision(clinic: &Clinic) -> u64 {
    let call = clinic.get("/appointments/live").browser(clinic.the(Role::Nurse));
    call.expect(200).await.json()["revision"].as_u64().unwrap()
}

#[tokio::test]
async fn a_booking_at_another_server_is_told_to_open_pages_without_any_of_it() {
    let clinic = clinic().await;
    let other = clinic.replica().await;
    let before = revision(&clinic).await;
    let mut stream = Stream::open(&clinic, clinic.the(Role::Receptionist), before).await;
    assert!(stream.next().await.unwrap().contains("event: ready"));
    let id = book(&other, "Marta Kowalska", "11:00").await;
    let told = stream.next().await.unwrap();
    assert!(told.contains("event: changed"), "{told}");
    let revision: Value = told.lines().find_map(|line| line.strip_prefix("data: ")).unwrap().parse().unwrap();
    assert!(revision.as_u64().unwrap() > before, "a revision and nothing else: {told}");
    // A page that was made before learns of it at once; one that was made after does not.
    let mut late = Stream::open(&other, clinic.the(Role::Patient), before).await;
    assert!(late.next().await.unwrap().contains("event: changed"));
    let mut fresh = Stream::open(&clinic, clinic.the(Role::Doctor), self::revision(&clinic).await).await;
    assert!(fresh.next().await.unwrap().contains("event: ready"));
    // Reading is no change: the next that is told is the step of the visit.
    read(&clinic, clinic.the(Role::Doctor), "/appointments?date=2026-11-23").await;
    step(&other, id, "1", "arrived").await;
    assert!(fresh.next().await.unwrap().contains("event: changed"));
}

#[tokio::test]
async fn a_stream_ends_with_its_session_and_with_the_server() {
    let clinic = clinic().await;
    let (nurse, doctor) = (clinic.the(Role::Nurse), clinic.the(Role::Doctor));
    let now = revision(&clinic).await;
    let mut of_nurse = Stream::open(&clinic, nurse, now).await;
    let mut of_doctor = Stream::open(&clinic, doctor, now).await;
    for stream in [&mut of_nurse, &mut of_doctor] {
        assert!(stream.next().await.unwrap().contains("event: ready"));
    }
    clinic.post("/signout").browser(nurse).form(&[]).expect(303).await;
    assert_eq!(of_nurse.next().await, None);
    let call = clinic.get("/appointments/live").browser(nurse).header("accept", "text/event-stream");
    assert_ne!(call.send().await.status, 200);
    clinic.state.readiness.drain();
    assert_eq!(of_doctor.next().await, None);
    let call = clinic.get("/appointments/live").browser(doctor).header("accept", "text/event-stream");
    assert_eq!(call.send().await.status, 503);
}
