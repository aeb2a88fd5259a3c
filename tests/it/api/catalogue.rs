//! `/api/catalogue`, and what becomes of booked appointments when it or a doctor's hours change.

use crate::harness::{Clinic, Person, clinic};
use domain::Role;
use serde_json::{Value, json};

async fn read(clinic: &Clinic, person: &Person) -> (Value, u64) {
    let reply = clinic.get("/api/catalogue").bearer(person).expect(200).await;
    let version = reply.version();
    let mut body = reply.json();
    for answered in ["currency", "version"] {
        body.as_object_mut().unwrap().remove(answered);
    }
    (body, version)
}

async fn book(clinic: &Clinic, start: &str) -> u64 {
    let (marta, doctor) = (clinic.the(Role::Patient).patient, clinic.the(Role::Doctor).id);
    let body = json!({"patientId": marta, "doctorId": doctor, "start": start, "visitType": "consultation"});
    let booked = clinic.post("/api/appointments").bearer(clinic.the(Role::Receptionist)).json(body);
    booked.expect(201).await.json()["id"].as_u64().unwrap()
}

#[tokio::test]
async fn what_was_read_can_be_changed_and_sent_back() {
    let clinic = clinic().await;
    let (desk, clerk) = (clinic.the(Role::Receptionist), clinic.the(Role::Billing));
    let (mut body, version) = read(&clinic, clinic.the(Role::Patient)).await;
    assert_eq!((version, &body["visitTypes"][0]["price"]), (0, &json!("60.00")));
    body["rooms"] = json!([{"code": "room-1", "name": "Room 1"}]);
    body["visitTypes"][1]["offered"] = json!(false);
    let put = |person, version, body: &Value| {
        clinic.put("/api/catalogue").bearer(person).if_match(version).json(body.clone())
    };
    put(clerk, 0, &body).expect(403).await;
    assert_eq!(put(desk, 0, &body).expect(204).await.version(), 1);
    put(desk, 0, &body).expect(412).await;
    let (mut body, version) = read(&clinic, desk).await;
    assert_eq!((version, &body["rooms"][0]["inUse"]), (1, &json!(true)));
    body["visitTypes"][0]["price"] = json!(62.5);
    put(desk, 1, &body).expect(403).await;
    put(clerk, 1, &body).expect(204).await;
    let (mut body, version) = read(&clinic, desk).await;
    assert_eq!((version, &body["visitTypes"][0]["price"]), (2, &json!("62.50")));
    body["rooms"] = json!([]);
    assert_eq!(put(desk, 2, &body).expect(422).await.refused(), ["rooms"]);
    let known = clinic.get("/api/catalogue").bearer(desk).header("if-none-match", "\"2\"");
    known.expect(304).await;
}

#[tokio::test]
async fn a_holiday_over_appointments_is_refused_until_somebody_decides() {
    let clinic = clinic().await;
    let (desk, admin) = (clinic.the(Role::Receptionist), clinic.the(Role::Admin));
    let id = book(&clinic, "2026-11-24T09:30").await;
    let (mut body, version) = read(&clinic, desk).await;
    body["holidays"] = json!([{"from": "2026-11-24", "until": "2026-11-24", "name": "Staff day"}]);
    let put = |person, body: &Value| {
        clinic.put("/api/catalogue").bearer(person).if_match(version).json(body.clone())
    };
    let refused = put(desk, &body).expect(409).await.json();
    assert_eq!(
        refused["stranded"],
        json!([{"id": id, "doctor": "Dr Amina Rahman", "patientName": "Marta Kowalska",
            "start": "2026-11-24T09:30:00.000Z", "durationMinutes": 30}])
    );
    let refused = put(admin, &body).expect(409).await.json();
    assert_eq!(refused["stranded"][0]["patientName"], Value::Null);
    body["stranded"] = json!({"decision": "cancel", "reason": "Closed", "appointments": []});
    put(desk, &body).expect(409).await;
    body["stranded"]["appointments"] = json!([id]);
    put(desk, &body).expect(204).await;
    let visit = clinic.get(&format!("/api/appointments/{id}")).bearer(desk).expect(200).await.json();
    assert_eq!(visit["status"], "cancelled-by-clinic");
}

#[tokio::test]
async fn hours_that_leave_an_appointment_out_are_set_when_it_is_kept() {
    let clinic = clinic().await;
    let doctor = clinic.the(Role::Doctor);
    let id = book(&clinic, "2026-11-24T09:30").await;
    let path = format!("/api/doctors/{}/schedule", doctor.id);
    let version = clinic.get(&path).bearer(doctor).expect(200).await.version();
    let mut hours = json!({"weekly": [{"weekday": 2, "from": "10:00", "until": "12:00"}], "slotMinutes": 30});
    let put = |hours: &Value| clinic.put(&path).bearer(doctor).if_match(version).json(hours.clone());
    assert_eq!(put(&hours).expect(409).await.json()["stranded"][0]["id"], id);
    hours["stranded"] = json!({"decision": "keep", "appointments": [id]});
    put(&hours).expect(204).await;
    let visit = clinic.get(&format!("/api/appointments/{id}")).bearer(doctor).expect(200).await.json();
    assert_eq!(visit["status"], "booked");
    let unknown = json!([{"weekday": 2, "from": "10:00", "until": "12:00", "room": "attic"}]);
    let hours = json!({"weekly": unknown, "slotMinutes": 30});
    let refused = clinic.put(&path).bearer(doctor).if_match(version + 1).json(hours).expect(422).await;
    assert_eq!(refused.refused(), ["weekly"]);
}
