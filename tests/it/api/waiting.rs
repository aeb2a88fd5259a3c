//! `/api/waiting-list`: joining, offers of times that come free, and their answers.

use crate::harness::{Clinic, Person, Reply, clinic};
use axum::http::Method;
use domain::Role;
use serde_json::json;

async fn join(clinic: &Clinic, person: &Person, more: serde_json::Value) -> Reply {
    let mut body = json!({"visitType": "consultation", "until": "2026-12-04"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    clinic.post("/api/waiting-list").bearer(person).json(body).expect(201).await
}

/// A consultation with Dr Rahman that the patient books and calls off again.
async fn give_back(clinic: &Clinic, person: &Person, start: &str) {
    let body = json!({"doctorId": clinic.the(Role::Doctor).id, "start": start, "visitType": "consultation"});
    let booked = clinic.post("/api/appointments").bearer(person).json(body).expect(201).await;
    let path = format!("/api/appointments/{}/cancellation", booked.id());
    clinic.post(&path).bearer(person).if_match(1).json(json!({})).expect(200).await;
}

#[tokio::test]
async fn a_freed_time_is_offered_accepted_and_booked() {
    let clinic = clinic().await;
    let (marta, tom) = (clinic.the(Role::Patient), clinic.named("Tom Baker"));
    let desk = clinic.the(Role::Receptionist);
    let place = join(&clinic, tom, json!({"part": "morning"})).await;
    assert_eq!(place.json()["status"], json!("waitlisted"));
    assert_eq!(place.json().get("rank"), None, "patients do not see who else waits");
    give_back(&clinic, marta, "2026-11-25T09:30").await;
    let path = place.location().to_owned();
    let offered = clinic.get(&path).bearer(tom).expect(200).await.json();
    assert_eq!(offered["status"], json!("offered"));
    assert_eq!(offered["offer"]["start"], json!("2026-11-25T09:30:00.000Z"));
    assert_eq!(offered["offer"]["heldUntil"], json!("2026-11-23T11:00:00.000Z"));
    // To another patient it is as unknown as one that nobody has.
    let unknown = "/api/waiting-list/7zzzzzzzzzzzzzzzzzzzzzzzzz";
    for path in [path.as_str(), unknown] {
        clinic.post(&format!("{path}/accept")).bearer(marta).expect(404).await;
        clinic.post(&format!("{path}/decline")).bearer(marta).expect(404).await;
    }
    let list = clinic.get("/api/waiting-list?offered=true&type=consultation").bearer(desk).expect(200).await;
    assert_eq!(
        (list.json()[0]["id"].clone(), list.json()[0]["rank"].clone()),
        (place.json()["id"].clone(), json!(1))
    );
    assert_eq!(clinic.get("/api/waiting-list").bearer(marta).expect(200).await.json(), json!([]));
    let booked = clinic.post(&format!("{path}/accept")).bearer(tom).expect(200).await.json();
    assert_eq!((&booked["status"], &booked["id"]), (&json!("booked"), &offered["offer"]["id"]));
    clinic.post(&format!("{path}/accept")).bearer(tom).expect(409).await;
    assert_eq!(clinic.get(&path).bearer(tom).expect(200).await.json()["status"], json!("accepted"));
}

#[tokio::test]
async fn staff_see_the_ranks_page_by_page_and_offer_a_time_by_hand() {
    let clinic = clinic().await;
    let (desk, doctor) = (clinic.the(Role::Receptionist), clinic.the(Role::Doctor));
    let [marta, tom] =
        ["Marta Kowalska", "Tom Baker"].map(|name| clinic.named(name).patient.unwrap().to_string());
    let first = join(&clinic, desk, json!({"patientId": marta})).await;
    clinic.wait(1);
    let urgent = join(&clinic, desk, json!({"patientId": tom, "priority": "urgent"})).await;
    let page = clinic.get("/api/waiting-list?limit=1").bearer(desk).expect(200).await;
    assert_eq!(page.json()[0]["id"], urgent.json()["id"]);
    let next = page.header("link").split_once('<').unwrap().1.split_once('>').unwrap().0.to_owned();
    let page = clinic.get(&next).bearer(desk).expect(200).await;
    assert_eq!((&page.json()[0]["id"], &page.json()[0]["rank"]), (&first.json()["id"], &json!(2)));
    let offer = |place: &Reply| {
        let body = json!({"doctorId": doctor.id, "start": "2026-11-24T09:30"});
        clinic.post(&format!("{}/offer", place.location())).bearer(desk).json(body)
    };
    assert_eq!(offer(&first).expect(200).await.json()["status"], json!("offered"));
    let taken = offer(&urgent).expect(409).await;
    assert!(!taken.json()["nearest"].as_array().unwrap().is_empty());
    clinic.post(&format!("{}/decline", first.location())).bearer(desk).expect(204).await;
    // What was let go is offered to the next in line.
    assert_eq!(
        clinic.get(urgent.location()).bearer(desk).expect(200).await.json()["status"],
        json!("offered")
    );
    clinic.call(Method::DELETE, urgent.location()).bearer(desk).expect(204).await;
    assert_eq!(
        clinic.get(urgent.location()).bearer(desk).expect(200).await.json()["status"],
        json!("withdrawn")
    );
}
