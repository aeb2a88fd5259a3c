//! Forms: the hidden key, from double clicks to cut connections.

use super::stock;
use crate::api::join_all;
use crate::harness::{Call, Clinic, Person, Reply, clinic, clinic_to_set_up, stranger};
use domain::Role;
use serde_json::json;

/// The key of the form of a page that is sent to `action`.
#[track_caller]
fn key_of(page: &Reply, action: &str) -> String {
    let html = page.text();
    let opening = format!("method=\"post\" action=\"{action}\"");
    let form = html.split("<form").find(|form| form.contains(&opening)).expect("the page has the form");
    let value = form.split("name=\"idempotencyKey\" value=\"").nth(1).expect("the form has a key");
    value.split('"').next().unwrap().to_owned()
}

fn post<'c>(clinic: &'c Clinic, person: Option<&Person>, path: &str, fields: &[(&str, &str)]) -> Call<'c> {
    let call = clinic.post(path).form(fields);
    match person {
        Some(person) => call.browser(person),
        None => call.header("sec-fetch-site", "same-origin"),
    }
}

/// Sends a form twice under one key: it must end in the same place and have its effect once.
async fn twice(clinic: &Clinic, person: &Person, path: &str, fields: &[(&str, &str)]) -> Reply {
    let keyed = [fields, &[("idempotencyKey", path)]].concat();
    let first = post(clinic, Some(person), path, &keyed).expect(303).await;
    assert_eq!(first.header("idempotency-replayed"), "", "{path}");
    let before = stock(clinic).await;
    let again = post(clinic, Some(person), path, &keyed).expect(303).await;
    assert_eq!(again.location(), first.location(), "{path}");
    assert_eq!(again.header("idempotency-replayed"), "true", "{path}");
    assert_eq!(stock(clinic).await, before, "{path}");
    first
}

fn booking_of<'f>(slot: &'f str, doctor: &'f str, patient: &'f str, key: &'f str) -> [(&'f str, &'f str); 6] {
    [
        ("patientId", patient),
        ("slot", slot),
        ("shownDoctor", doctor),
        ("shownDate", "2026-11-24"),
        ("shownType", "consultation"),
        ("idempotencyKey", key),
    ]
}

#[tokio::test]
async fn a_double_click_makes_one_booking() {
    let one = clinic().await;
    let other = one.replica().await;
    let desk = one.the(Role::Receptionist);
    let doctor = one.the(Role::Doctor).id.to_string();
    let patient = one.the(Role::Patient).patient.unwrap().to_string();
    let page = one.get(&format!("/appointments/new?patient={patient}&date=2026-11-24")).browser(desk);
    let key = key_of(&page.expect(200).await, "/appointments/new");
    let slot = format!("{doctor}~2026-11-24~09:30");
    let fields = booking_of(&slot, &doctor, &patient, &key);
    let clicks = (0..64).map(|number| {
        let clinic = if number % 2 == 0 { &one } else { &other };
        let call = post(clinic, Some(desk), "/appointments/new", &fields);
        async move { call.expect(303).await }
    });
    let replies = join_all(clicks).await;
    for reply in &replies {
        assert_eq!(reply.location(), replies[0].location());
    }
    assert!(replies[0].location().ends_with("?notice=booked"));
    // The server that did it knows at once; the other one may hear of it a moment later.
    let stored = |clinic: &Clinic| clinic.state.services.storage_status().totals.appointments;
    assert_eq!(stored(&one).max(stored(&other)), 1);
}

#[tokio::test]
async fn a_form_from_the_browsers_memory_can_be_filled_in_anew() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let doctor = clinic.the(Role::Doctor).id.to_string();
    let patient = clinic.the(Role::Patient).patient.unwrap().to_string();
    for (time, place) in
        [("09:30", "/appointments/1?"), ("10:00", "/appointments/2?"), ("09:30", "/appointments/1?")]
    {
        let slot = format!("{doctor}~2026-11-24~{time}");
        let fields = booking_of(&slot, &doctor, &patient, "k");
        let reply = post(&clinic, Some(desk), "/appointments/new", &fields).expect(303).await;
        assert!(reply.location().starts_with(place), "{time}: {}", reply.location());
    }
}

#[tokio::test]
async fn a_form_has_a_new_key_each_time_it_is_shown() {
    let clinic = clinic().await;
    let first = key_of(&clinic.get("/signup").expect(200).await, "/signup");
    let second = key_of(&clinic.get("/signup").expect(200).await, "/signup");
    let refused = post(&clinic, None, "/signup", &[("givenName", "Ada"), ("idempotencyKey", &first)]);
    let third = key_of(&refused.expect(422).await, "/signup");
    assert!(first != second && first != third && second != third);
    assert!(first.len() >= 26, "128 bits of randomness");
}

#[tokio::test]
async fn what_happens_at_the_front_desk_happens_once() {
    let clinic = clinic().await;
    let tom = stranger(&clinic).await;
    let desk = clinic.the(Role::Receptionist);
    let doctor = clinic.the(Role::Doctor).id.to_string();
    let patient = clinic.the(Role::Patient).patient.unwrap().to_string();
    let slot = |time: &str| format!("{doctor}~2026-11-24~{time}");
    let chosen = slot("09:30");
    let fields = &booking_of(&chosen, &doctor, &patient, "")[..5];
    let place = twice(&clinic, desk, "/appointments/new", fields).await.location().to_owned();
    let visit = place.split('?').next().unwrap();
    let moved = slot("11:00");
    let fields =
        [("version", "1"), ("slot", moved.as_str()), ("shownDoctor", &doctor), ("shownDate", "2026-11-24")];
    twice(&clinic, desk, &format!("{visit}/move"), &fields).await;
    let status = format!("{visit}/status");
    twice(&clinic, desk, &status, &[("version", "2"), ("to", "arrived"), ("return", "/?view=day")]).await;
    let far = format!("/appointments/{}/cancel", tom.appointment);
    twice(&clinic, desk, &far, &[("version", "1"), ("reason", "Away")]).await;
    let person = [
        ("givenName", "Ada"),
        ("familyName", "Lovelace"),
        ("birthDate-day", "10"),
        ("birthDate-month", "12"),
        ("birthDate-year", "1985"),
        ("sex", "female"),
    ];
    let place = twice(&clinic, desk, "/patients/new", &person).await.location().to_owned();
    let ada = place.split('?').next().unwrap();
    let edit = [&person[..], &[("version", "1"), ("address", "12 Elm Road")]].concat();
    twice(&clinic, desk, &format!("{ada}/edit"), &edit).await;
    let written =
        json!({"patientName": "Nobody Known", "date": "2026-12-01", "time": "10:00", "doctor": "Dr. Smith"});
    let written = clinic.post("/api/appointments").bearer(desk).json(written).expect(201).await.id();
    let link = format!("/appointments/{written}/link");
    twice(&clinic, desk, &link, &[("version", "1"), ("patientId", &patient)]).await;
}

#[tokio::test]
async fn what_a_patient_asks_for_happens_once() {
    let clinic = clinic().await;
    let marta = clinic.the(Role::Patient);
    let slot = format!("{}~2026-11-24~09:30", clinic.the(Role::Doctor).id);
    twice(&clinic, marta, "/appointments/book/hold", &[("type", "consultation"), ("slot", &slot)]).await;
    twice(&clinic, marta, "/appointments/book", &[("type", "consultation"), ("hold", "1")]).await;
    twice(&clinic, marta, "/appointments/1/cancel", &[("version", "2"), ("reason", "Away")]).await;
    let version = clinic.get("/profile").browser(marta).expect(200).await.text();
    let version =
        version.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = [
        ("version", version.as_str()),
        ("displayName", "Marta K."),
        ("email", "m@example.org"),
        ("password", crate::harness::PASSWORD),
    ];
    twice(&clinic, marta, "/profile", &fields).await;
}

#[tokio::test]
async fn what_is_written_into_a_record_is_written_once() {
    let clinic = clinic().await;
    let doctor = clinic.the(Role::Doctor);
    let patient = clinic.the(Role::Patient).patient.unwrap();
    let body = json!({"patientId": patient, "doctorId": doctor.id, "start": "2026-11-23T10:00", "visitType": "follow-up"});
    clinic.post("/api/appointments").bearer(clinic.the(Role::Receptionist)).json(body).expect(201).await;
    let chart = format!("/medical-records/{patient}");
    twice(&clinic, doctor, &format!("{chart}/vitals"), &[("pulse", "72")]).await;
    let allergy = [("substance", "Penicillin"), ("reaction", "Rash"), ("severity", "mild")];
    twice(&clinic, doctor, &format!("{chart}/allergies"), &allergy).await;
    let medicine = [("name", "Ibuprofen"), ("dosage", "200 mg"), ("days", "3")];
    twice(&clinic, doctor, &format!("{chart}/medicines"), &medicine).await;
    twice(&clinic, doctor, &format!("{chart}/problems"), &[("name", "Migraine"), ("code", "")]).await;
    let place = twice(&clinic, doctor, &format!("{chart}/notes/new"), &[("assessment", "Migraine")]).await;
    let note = place.location().split('?').next().unwrap().to_owned();
    twice(&clinic, doctor, &note, &[("version", "1"), ("assessment", "Migraine"), ("plan", "Rest")]).await;
    twice(&clinic, doctor, &format!("{note}/sign"), &[("version", "2")]).await;
    twice(&clinic, doctor, &format!("{note}/addenda"), &[("version", "3"), ("text", "Better")]).await;
    let written = json!({"patientName": "Nobody Known", "condition": "Cough", "treatment": "Tea"});
    let written = clinic.post("/api/medicalrecords").bearer(doctor).json(written).expect(201).await.id();
    let link = format!("/medical-records/unlinked/{written}");
    twice(&clinic, doctor, &link, &[("version", "1"), ("patientId", &patient.to_string())]).await;
}

#[tokio::test]
async fn what_is_billed_is_billed_once() {
    let clinic = clinic().await;
    let clerk = clinic.the(Role::Billing);
    let patient = clinic.the(Role::Patient).patient.unwrap().to_string();
    let lines = [("description0", "Consultation"), ("quantity0", "1"), ("unitAmount0", "60.00")];
    let place = twice(&clinic, clerk, &format!("/billing/new?patient={patient}"), &lines).await;
    let bill = place.location().split('?').next().unwrap().to_owned();
    let revised = [&lines[..], &[("version", "1")]].concat();
    twice(&clinic, clerk, &format!("{bill}/edit"), &revised).await;
    twice(&clinic, clerk, &format!("{bill}/issue"), &[("version", "2")]).await;
    let pay = [("version", "3"), ("amount", "60.00"), ("method", "card")];
    let receipt = twice(&clinic, clerk, &format!("{bill}/pay"), &pay).await;
    assert!(
        receipt.location().ends_with("receipts/2026-0001?notice=payment-taken"),
        "{}",
        receipt.location()
    );
    let ask = [("version", "4"), ("amount", "10.00"), ("reason", "Paid twice")];
    let refund = twice(&clinic, clerk, &format!("{bill}/refunds/new"), &ask).await;
    let refund = refund.location().split('?').next().unwrap().to_owned();
    let approve = [("version", "5"), ("method", "cash")];
    twice(&clinic, clinic.the(Role::Admin), &format!("{refund}/approve"), &approve).await;
    let ask = [("version", "6"), ("amount", "5.00"), ("reason", "Paid twice")];
    twice(&clinic, clerk, &format!("{bill}/refunds/new"), &ask).await;
    let withdraw = format!("{bill}/refunds/2/withdraw");
    twice(&clinic, clerk, &withdraw, &[("version", "7")]).await;
    let ask = [("version", "8"), ("amount", "5.00"), ("reason", "Paid twice")];
    twice(&clinic, clerk, &format!("{bill}/refunds/new"), &ask).await;
    let decline = [("version", "9"), ("reason", "Paid once")];
    twice(&clinic, clinic.the(Role::Admin), &format!("{bill}/refunds/3/decline"), &decline).await;
    let written = json!({"patientName": "Nobody Known", "amount": 5, "paymentMethod": "Cash"});
    let written = clinic.post("/api/billings").bearer(clerk).json(written).expect(201).await;
    let (id, version) = (written.id(), written.version().to_string());
    let fields = [("version", version.as_str()), ("patientId", &patient)];
    twice(&clinic, clerk, &format!("/billing/{id}/link"), &fields).await;
}

#[tokio::test]
async fn what_an_administrator_does_happens_once() {
    let clinic = clinic().await;
    let admin = clinic.the(Role::Admin);
    let nurse = clinic.the(Role::Nurse);
    let path = format!("/admin/users/{}", nurse.id);
    let version = || async {
        clinic.get(&format!("/api/users/{}", nurse.id)).bearer(admin).expect(200).await.version().to_string()
    };
    let now = version().await;
    twice(&clinic, admin, &path, &[("version", &now), ("displayName", "Nina O."), ("role", "nurse")]).await;
    let now = version().await;
    twice(&clinic, admin, &format!("{path}/disable"), &[("version", &now)]).await;
    let now = version().await;
    twice(&clinic, admin, &format!("{path}/enable"), &[("version", &now)]).await;
    let doctor = clinic.the(Role::Doctor).id;
    let hours = [("version", "1"), ("slotMinutes", "30"), ("from1a", "09:00"), ("until1a", "12:00")];
    twice(&clinic, admin, &format!("/appointments/schedules/{doctor}"), &hours).await;
}

#[tokio::test]
async fn an_account_made_twice_is_one_account_whose_newest_password_opens_it() {
    let clinic = clinic().await;
    let admin = clinic.the(Role::Admin);
    let fields = [
        ("username", "nora"),
        ("email", "nora@example.org"),
        ("displayName", "Nora Quinn"),
        ("role", "nurse"),
        ("idempotencyKey", "k"),
    ];
    let before = clinic.state.services.storage_status().totals.users;
    let mut shown = Vec::new();
    for _ in 0..2 {
        let page = post(&clinic, Some(admin), "/admin/users/new", &fields).expect(200).await.text();
        let code = page.split("<code translate=\"no\">").nth(1).unwrap();
        shown.push(code.split('<').next().unwrap().to_owned());
    }
    assert_eq!(clinic.state.services.storage_status().totals.users, before + 1);
    for (password, status) in [(&shown[0], 401), (&shown[1], 200)] {
        clinic.post("/api/login").json(json!({"email": "nora", "password": password})).expect(status).await;
    }
}

#[tokio::test]
async fn a_sign_up_sent_again_signs_in() {
    let clinic = clinic().await;
    let fields = [
        ("givenName", "Ada"),
        ("familyName", "Lovelace"),
        ("birthDate-day", "10"),
        ("birthDate-month", "12"),
        ("birthDate-year", "1985"),
        ("username", "ada"),
        ("email", "ada@example.org"),
        ("password", "lemon trees at noon"),
        ("idempotencyKey", "k"),
    ];
    let before = clinic.state.services.storage_status().totals;
    for _ in 0..2 {
        let reply = post(&clinic, None, "/signup", &fields).expect(303).await;
        assert_eq!(reply.location(), "/?notice=signed-up");
        assert!(reply.header("set-cookie").starts_with("session="));
    }
    let after = clinic.state.services.storage_status().totals;
    assert_eq!((after.users, after.patients), (before.users + 1, before.patients + 1));
}

#[tokio::test]
async fn a_set_up_sent_again_ends_in_the_same_place() {
    let clinic = clinic_to_set_up("k3v9x7q2").await;
    let fields = [
        ("token", "k3v9x7q2"),
        ("username", "olivia"),
        ("email", "olivia@example.org"),
        ("password", "lemon trees at noon"),
        ("idempotencyKey", "k"),
    ];
    for _ in 0..2 {
        let reply = post(&clinic, None, "/set-up", &fields).expect(303).await;
        assert_eq!(reply.location(), "/?notice=set-up-done");
    }
    assert_eq!(clinic.state.services.storage_status().totals.users, 1);
}

#[tokio::test]
async fn signing_in_and_out_again_ends_in_the_same_place() {
    let clinic = clinic().await;
    let fields = [("login", "marta.kowalska"), ("password", crate::harness::PASSWORD), ("next", "/profile")];
    for _ in 0..2 {
        let reply = post(&clinic, None, "/", &fields).expect(303).await;
        assert_eq!(reply.location(), "/profile");
    }
    let marta = clinic.the(Role::Patient);
    for _ in 0..2 {
        let reply = post(&clinic, Some(marta), "/signout", &[]).expect(303).await;
        assert_eq!(reply.location(), "/?notice=signed-out");
    }
}
