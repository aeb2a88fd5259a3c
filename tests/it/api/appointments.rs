//! `/api/appointments` in the full shape: the rules of booking, moving and calling off.

use crate::harness::{Clinic, Person, Reply, clinic, stranger};
use domain::Role;
use serde_json::{Value, json};

fn booking(clinic: &Clinic, start: &str) -> Value {
    let marta = clinic.the(Role::Patient).patient;
    json!({"patientId": marta, "doctorId": clinic.the(Role::Doctor).id, "start": start, "visitType": "consultation"})
}

async fn book(clinic: &Clinic, as_whom: &Person, start: &str) -> Reply {
    clinic.post("/api/appointments").bearer(as_whom).json(booking(clinic, start)).send().await
}

#[tokio::test]
async fn a_booked_appointment_is_answered_in_both_shapes() {
    let clinic = clinic().await;
    let made = book(&clinic, clinic.the(Role::Receptionist), "2026-11-24T09:30").await;
    assert_eq!(made.status, 201);
    assert_eq!(made.version(), 1);
    let shown = made.json();
    for (field, value) in [
        ("patientName", json!("Marta Kowalska")),
        ("doctor", json!("Dr Amina Rahman")),
        ("date", json!("2026-11-24")),
        ("time", json!("09:30 AM")),
        ("start", json!("2026-11-24T09:30:00.000Z")),
        ("durationMinutes", json!(30)),
        ("status", json!("booked")),
        ("visitType", json!("consultation")),
    ] {
        assert_eq!(shown[field], value, "{field}");
    }
    let read = clinic.get(made.location()).bearer(clinic.the(Role::Nurse)).expect(200).await;
    assert_eq!(read.json(), shown);
}

#[tokio::test]
async fn a_patient_books_for_nobody_else() {
    let clinic = clinic().await;
    let (marta, tom) = (clinic.the(Role::Patient), clinic.named("Tom Baker"));
    let mut own = booking(&clinic, "2026-11-24T09:30");
    own.as_object_mut().unwrap().remove("patientId");
    let made = clinic.post("/api/appointments").bearer(marta).json(own).expect(201).await;
    assert_eq!(made.json()["patientId"], json!(marta.patient));
    let foreign = clinic
        .post("/api/appointments")
        .bearer(tom)
        .json(booking(&clinic, "2026-11-24T10:00"))
        .expect(404)
        .await;
    let mut unknown = booking(&clinic, "2026-11-24T10:00");
    unknown["patientId"] = json!("00000000000000000000000000");
    let unknown = clinic.post("/api/appointments").bearer(tom).json(unknown).expect(404).await;
    assert_eq!(foreign.body, unknown.body);
}

#[tokio::test]
async fn times_that_cannot_be_booked_are_refused_at_the_start() {
    let clinic = clinic().await;
    clinic.wait(60 * 24 * 100);
    // It is March now; the clocks go forward on the 28th at one.
    let desk = clinic.hire(Role::Receptionist, "Paul Ford").await;
    for (start, what) in [
        ("2027-03-28T01:30", "a time that the clocks skip"),
        ("2026-11-24T09:30", "the past"),
        ("2028-11-24T09:30", "too far ahead"),
        ("2027-03-30T06:00", "before the doctor begins"),
        ("2027-03-30T12:30", "the doctor's break"),
        ("2027-03-30T16:45", "over the end of the day"),
        ("2027-04-03T10:00", "a Saturday"),
        ("2027-02-30T10:00", "no date"),
        ("2027-03-30T25:00", "no time"),
        ("soon", "neither"),
        ("", "nothing"),
    ] {
        let refused = book(&clinic, &desk, start).await;
        assert_eq!(refused.status, 422, "{what}: {}", refused.text());
        assert_eq!(refused.refused().first().map(String::as_str), Some("start"), "{what}");
    }
    assert_eq!(clinic.get("/api/appointments").bearer(&desk).expect(200).await.json(), json!([]));
}

#[tokio::test]
async fn a_taken_time_is_answered_with_409_and_can_be_booked_again_once_it_is_free() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let first = book(&clinic, desk, "2026-11-24T09:30").await;
    assert_eq!(book(&clinic, desk, "2026-11-24T09:30").await.status, 409);
    let cancel = format!("{}/cancellation", first.location());
    let cancelled =
        clinic.post(&cancel).bearer(desk).if_match(1).json(json!({"reason": "Ill"})).expect(200).await;
    assert_eq!(cancelled.json()["status"], "cancelled-by-clinic");
    assert_eq!(book(&clinic, desk, "2026-11-24T09:30").await.status, 201);
}

#[tokio::test]
async fn of_64_bookings_of_one_slot_at_the_same_time_one_succeeds() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let mut statuses = Vec::new();
    let tries = (0..64).map(|serial| {
        let body = json!({
            "patientName": format!("Visitor {serial}"), "date": "2026-11-24", "time": "09:30 AM", "doctor": "Dr Amina Rahman",
        });
        let call = clinic.post("/api/appointments").bearer(desk).json(body);
        async move { call.send().await.status.as_u16() }
    });
    for status in join_all(tries).await {
        statuses.push(status);
    }
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201);
    assert!(statuses[1..].iter().all(|status| *status == 409), "{statuses:?}");
}

/// Runs all futures at the same time on this thread.
pub async fn join_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut waiting = false;
        for (future, output) in &mut running {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *output = Some(value),
                    std::task::Poll::Pending => waiting = true,
                }
            }
        }
        if waiting { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    running.into_iter().filter_map(|(_, output)| output).collect()
}

#[tokio::test]
async fn overbooking_needs_a_reason_and_a_role_that_may() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    book(&clinic, desk, "2026-11-24T09:30").await;
    let tom = clinic.named("Tom Baker");
    let mut over = booking(&clinic, "2026-11-24T09:30");
    over["patientId"] = json!(tom.patient);
    over["overbookReason"] = json!("Severe pain");
    clinic.post("/api/appointments").bearer(clinic.the(Role::Nurse)).json(over.clone()).expect(403).await;
    let made = clinic.post("/api/appointments").bearer(desk).json(over).expect(201).await;
    assert_eq!(made.json()["overbookedBecause"], "Severe pain");
}

#[tokio::test]
async fn a_moved_appointment_frees_its_old_time() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let made = book(&clinic, desk, "2026-11-24T09:30").await;
    let to = json!({"start": "2026-11-24T11:00:00Z", "reason": "Later bus"});
    clinic.patch(made.location()).bearer(desk).json(to.clone()).expect(428).await;
    let moved = clinic.patch(made.location()).bearer(desk).if_match(1).json(to.clone()).expect(200).await;
    assert_eq!(moved.json()["time"], "11:00 AM");
    clinic.patch(made.location()).bearer(desk).if_match(1).json(to).expect(412).await;
    assert_eq!(book(&clinic, desk, "2026-11-24T09:30").await.status, 201);
}

#[tokio::test]
async fn a_patient_cannot_change_the_visit_of_tomorrow_morning() {
    let clinic = clinic().await;
    let made = book(&clinic, clinic.the(Role::Receptionist), "2026-11-23T15:00").await;
    let marta = clinic.the(Role::Patient);
    let cancel = format!("{}/cancellation", made.location());
    clinic.post(&cancel).bearer(marta).if_match(1).json(json!({})).expect(422).await;
}

#[tokio::test]
async fn a_visit_goes_its_way_and_no_other() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let made = book(&clinic, desk, "2026-11-23T10:00").await;
    let path = format!("{}/status", made.location());
    let mut version = 1;
    for status in ["arrived", "in-progress", "fulfilled"] {
        let body = json!({"status": status});
        let reply = clinic.put(&path).bearer(desk).if_match(version).json(body).expect(200).await;
        assert_eq!(reply.json()["status"], status);
        version = reply.version();
    }
    for status in ["booked", "cancelled-by-clinic", "no-show"] {
        let body = json!({"status": status});
        clinic.put(&path).bearer(desk).if_match(version).json(body).expect(409).await;
    }
    clinic.put(&path).bearer(desk).if_match(version).json(json!({"status": "gone"})).expect(400).await;
}

#[tokio::test]
async fn a_written_entry_is_linked_once() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let old = json!({"patientName": "M. Kowalska", "date": "2026-12-01", "time": "10:00 AM", "doctor": "Dr. Smith"});
    let made = clinic.post("/api/appointments").bearer(desk).json(old).expect(201).await;
    let path = format!("{}/patient", made.location());
    let body = json!({"patientId": clinic.the(Role::Patient).patient});
    let linked = clinic.put(&path).bearer(desk).if_match(1).json(body.clone()).expect(200).await;
    assert_eq!(linked.json()["patientId"], body["patientId"]);
    clinic.put(&path).bearer(desk).if_match(linked.version()).json(body).expect(409).await;
}

#[tokio::test]
async fn free_times_are_those_that_can_be_booked() {
    let clinic = clinic().await;
    let (desk, doctor) = (clinic.the(Role::Receptionist), clinic.the(Role::Doctor));
    let path = format!("/api/slots?doctor={}&from=2026-11-24&days=2", doctor.id);
    let before = clinic.get(&path).bearer(desk).expect(200).await.json();
    assert_eq!(before.as_array().unwrap().len(), 2);
    let until = format!("/api/slots?doctor={}&from=2026-11-24&to=2026-11-25", doctor.id);
    assert_eq!(clinic.get(&until).bearer(desk).expect(200).await.json(), before);
    let start = before[0]["slots"][0]["start"].as_str().unwrap().to_owned();
    assert_eq!(book(&clinic, desk, &start).await.status, 201);
    let after = clinic.get(&path).bearer(desk).expect(200).await.json();
    let count = |days: &Value| days[0]["slots"].as_array().unwrap().len();
    assert_eq!(count(&after), count(&before) - 1);
    for bad in [
        "days=0",
        "days=63",
        "days=x",
        "from=2026-02-30",
        "type=nothing",
        "from=2026-11-24&to=2026-11-23",
        "to=2027-11-23",
    ] {
        let status = clinic.get(&format!("/api/slots?{bad}")).bearer(desk).send().await.status.as_u16();
        assert!(matches!(status, 400 | 422), "{bad}: {status}");
    }
}

#[tokio::test]
async fn a_doctor_sets_their_own_hours_and_nobody_elses() {
    let clinic = clinic().await;
    let (rahman, price) = (clinic.the(Role::Doctor), clinic.named("Dr Owen Price"));
    let path = format!("/api/doctors/{}/schedule", rahman.id);
    let read = clinic.get(&path).bearer(rahman).expect(200).await;
    let hours = json!({"weekly": [{"weekday": 2, "from": "10:00", "until": "11:00"}], "slotMinutes": 30});
    clinic.put(&path).bearer(price).if_match(read.version()).json(hours.clone()).expect(404).await;
    let set = clinic.put(&path).bearer(rahman).if_match(read.version()).json(hours).expect(204).await;
    assert_eq!(set.version(), read.version() + 1);
    let slots = clinic.get(&format!("/api/slots?doctor={}&from=2026-11-23&days=5", rahman.id)).bearer(rahman);
    let days = slots.expect(200).await.json();
    let counts: Vec<usize> =
        days.as_array().unwrap().iter().map(|day| day["slots"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [0, 2, 0, 0, 0]);
    for (weekly, slot) in [
        (json!([{"weekday": 2, "from": "11:00", "until": "10:00"}]), 30),
        (json!([{"weekday": 9, "from": "10:00", "until": "11:00"}]), 30),
        (json!([{"weekday": 2, "from": "ten", "until": "11:00"}]), 30),
        (json!([]), 1),
    ] {
        let body = json!({"weekly": weekly, "slotMinutes": slot});
        clinic.put(&path).bearer(rahman).if_match(set.version()).json(body).expect(422).await;
    }
}

#[tokio::test]
async fn a_patients_list_holds_their_own_only() {
    let clinic = clinic().await;
    let tom = stranger(&clinic).await;
    book(&clinic, clinic.the(Role::Receptionist), "2026-11-24T09:30").await;
    let marta = clinic.the(Role::Patient);
    for path in ["/api/appointments".to_owned(), format!("/api/appointments?patient={}", tom.patient)] {
        let list = clinic.get(&path).bearer(marta).expect(200).await.json();
        assert!(
            list.as_array().unwrap().iter().all(|visit| visit["patientId"] == json!(marta.patient)),
            "{list}"
        );
    }
}
