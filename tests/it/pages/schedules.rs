//! The pages of working hours.

use crate::harness::{Clinic, clinic, dom};
use domain::Role;
use serde_json::json;

/// Books Marta with Dr Rahman.
async fn book(clinic: &Clinic, start: &str) -> u64 {
    let (marta, doctor) = (clinic.the(Role::Patient).patient, clinic.the(Role::Doctor).id);
    let body = json!({"patientId": marta, "doctorId": doctor, "start": start, "visitType": "consultation"});
    let booked = clinic.post("/api/appointments").bearer(clinic.the(Role::Receptionist)).json(body);
    booked.expect(201).await.json()["id"].as_u64().unwrap()
}

/// The fields of the form with this address, as the page prefills them.
fn fields(html: &str, action: &str) -> Vec<(String, String)> {
    let form = dom::forms(action, html).into_iter().find(|form| form.is_post && form.action == action);
    let fields = form.expect("the form").fields.into_iter();
    fields.filter(|(name, ..)| name != "idempotencyKey").map(|(name, value, _)| (name, value)).collect()
}

/// The same, some of them typed anew.
fn typed<'f>(fields: &'f [(String, String)], anew: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let kept = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let is_kept = |(name, _): &(&str, &str)| anew.iter().all(|(typed, _)| typed != name);
    kept.filter(is_kept).chain(anew.iter().copied()).collect()
}

#[tokio::test]
async fn leave_over_an_appointment_asks_what_becomes_of_it() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let path = format!("/appointments/schedules/{}", clinic.the(Role::Doctor).id);
    let id = book(&clinic, "2026-11-24T09:30").await;
    let page = clinic.get(&path).browser(desk).expect(200).await.text();
    let shown = fields(&page, &path);
    let away = typed(&shown, &[("leaveFrom1", "2026-11-24"), ("leaveUntil1", "2026-11-24")]);
    let asked = clinic.post(&path).browser(desk).form(&away).expect(422).await.text();
    for words in ["Marta Kowalska", "Keep them", "Cancel them all", "Go back without saving", "2026-11-24"] {
        assert!(asked.contains(words), "{words}");
    }
    // What was typed is still there, and a reason is needed.
    let shown = fields(&asked, &path);
    let nameless = typed(&shown, &[("decision", "cancel"), ("reason", "")]);
    let refused = clinic.post(&path).browser(desk).form(&nameless).expect(422).await.text();
    assert!(refused.contains("Enter a reason") && refused.contains("Marta Kowalska"));
    let cancel = typed(&shown, &[("decision", "cancel"), ("reason", "The doctor is away")]);
    let saved = clinic.post(&path).browser(desk).form(&cancel).expect(303).await;
    assert_eq!(saved.location(), format!("{path}?notice=schedule-saved"));
    let visit = clinic.get(&format!("/appointments/{id}")).browser(desk).expect(200).await.text();
    assert!(visit.contains("Cancelled by clinic") && visit.contains("The doctor is away"));
}

#[tokio::test]
async fn administrators_are_told_of_appointments_without_the_patient_and_may_keep_them() {
    let clinic = clinic().await;
    let admin = clinic.the(Role::Admin);
    let path = format!("/appointments/schedules/{}", clinic.the(Role::Doctor).id);
    let id = book(&clinic, "2026-11-24T09:30").await;
    let page = clinic.get(&path).browser(admin).expect(200).await.text();
    let shown = fields(&page, &path);
    let away = typed(&shown, &[("leaveFrom1", "2026-11-24"), ("leaveUntil1", "2026-11-24")]);
    let asked = clinic.post(&path).browser(admin).form(&away).expect(422).await.text();
    assert!(asked.contains(&format!("A-{id}")) && !asked.contains("Kowalska"));
    assert!(!asked.contains("Cancel them all"));
    let shown = fields(&asked, &path);
    let keep = typed(&shown, &[("decision", "keep")]);
    clinic.post(&path).browser(admin).form(&keep).expect(303).await;
    let visit = clinic.get(&format!("/api/appointments/{id}")).bearer(clinic.the(Role::Receptionist));
    assert_eq!(visit.expect(200).await.json()["status"], "booked");
}
