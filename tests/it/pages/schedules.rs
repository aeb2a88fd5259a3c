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

#[tokio::test]
async fn every_kind_of_hours_is_set_on_the_page() {
    let clinic = clinic().await;
    let doctor = clinic.the(Role::Doctor);
    let path = format!("/appointments/schedules/{}", doctor.id);
    let page = clinic.get(&path).browser(doctor).expect(200).await.text();
    // Checkboxes that are not ticked are not sent.
    let mut shown = fields(&page, &path);
    shown.retain(|(name, _)| !name.starts_with("periodType"));
    let full = typed(
        &shown,
        &[
            ("periodDay1", "6"),
            ("periodFrom1", "09:00"),
            ("periodUntil1", "11:00"),
            ("periodValidFrom1", "2026-12-01"),
            ("periodType1-consultation", "yes"),
            ("breakDay1", "1"),
            ("breakFrom1", "10:00"),
            ("breakUntil1", "10:30"),
            ("leaveFrom1", "2026-12-24"),
            ("leaveUntil1", "2026-12-24"),
            ("leaveFromTime1", "12:00"),
            ("leaveUntilTime1", "17:00"),
            ("leaveReason1", "Christmas Eve"),
            ("extraDate1", "2026-12-28"),
            ("extraFrom1", "18:00"),
            ("extraUntil1", "20:00"),
        ],
    );
    clinic.post(&path).browser(doctor).form(&full).expect(303).await;
    let api = format!("/api/doctors/{}/schedule", doctor.id);
    let hours = clinic.get(&api).bearer(doctor).expect(200).await.json();
    assert_eq!(
        hours["weekly"].as_array().unwrap().last().unwrap(),
        &json!({"weekday": 6, "from": "09:00", "until": "11:00", "validFrom": "2026-12-01",
            "visitTypes": ["consultation"]})
    );
    assert_eq!(hours["breaks"], json!([{"weekday": 1, "from": "10:00", "until": "10:30"}]));
    assert_eq!(
        hours["leave"],
        json!([{"from": "2026-12-24", "until": "2026-12-24", "fromTime": "12:00", "untilTime": "17:00",
            "reason": "Christmas Eve"}])
    );
    assert_eq!(hours["extra"], json!([{"date": "2026-12-28", "from": "18:00", "until": "20:00"}]));
    let page = clinic.get(&path).browser(doctor).expect(200).await.text();
    assert!(page.contains("Christmas Eve") && page.contains("1 visit type"));
}

const SETUP: &str = "/appointments/setup";

/// A part of what the clinic offers as its form is shown, with the checkboxes that are ticked.
async fn part(clinic: &Clinic, role: Role, name: &str) -> (String, Vec<(String, String)>) {
    let page = clinic.get(SETUP).browser(clinic.the(role)).expect(200).await.text();
    let path = format!("{SETUP}/{name}");
    let fields = fields(&page, &path);
    (path, fields)
}

#[tokio::test]
async fn reception_sets_all_but_prices_and_billing_sets_prices() {
    let clinic = clinic().await;
    let (desk, clerk) = (clinic.the(Role::Receptionist), clinic.the(Role::Billing));
    let (path, shown) = part(&clinic, Role::Receptionist, "visit-types").await;
    assert!(shown.iter().all(|(name, _)| !name.starts_with("typePrice")));
    let longer =
        typed(&shown, &[("typeMinutes0", "45"), ("typeName8", "Travel advice"), ("typeMinutes8", "20")]);
    let saved = clinic.post(&path).browser(desk).form(&longer).expect(303).await;
    assert_eq!(saved.location(), format!("{SETUP}?notice=setup-saved"));
    let (path, shown) = part(&clinic, Role::Billing, "visit-types").await;
    assert!(shown.iter().all(|(name, _)| name == "version" || name.starts_with("typePrice")));
    let wrong = typed(&shown, &[("typePrice8", "much")]);
    let refused = clinic.post(&path).browser(clerk).form(&wrong).expect(422).await.text();
    assert!(refused.contains("Enter an amount") && refused.contains("value=\"much\""));
    let priced = typed(&shown, &[("typePrice8", "35.00")]);
    clinic.post(&path).browser(clerk).form(&priced).expect(303).await;
    let offered = clinic.get("/api/catalogue").bearer(clerk).expect(200).await.json();
    let types = &offered["visitTypes"];
    assert_eq!((&types[0]["minutes"], &types[0]["price"]), (&json!(45), &json!("60.00")));
    assert_eq!((&types[8]["code"], &types[8]["price"]), (&json!("travel-advice"), &json!("35.00")));
    let room = [("version", "2"), ("roomName0", "Room 1"), ("roomInUse0", "yes")];
    clinic.post(&format!("{SETUP}/rooms")).browser(clerk).form(&room).expect(403).await;
    clinic.post(&format!("{SETUP}/rooms")).browser(desk).form(&room).expect(303).await;
    clinic.post(&format!("{SETUP}/rooms")).browser(desk).form(&room).expect(409).await;
    let (path, shown) = part(&clinic, Role::Admin, "rules").await;
    let admin = clinic.the(Role::Admin);
    let wrong = typed(&shown, &[("holdMinutes", "0")]);
    let refused = clinic.post(&path).browser(admin).form(&wrong).expect(422).await.text();
    assert!(refused.contains("Enter a number from 1 to 30"));
    let right = typed(&shown, &[("holdMinutes", "10"), ("reminderHours", "24")]);
    clinic.post(&path).browser(admin).form(&right).expect(303).await;
    let rules = clinic.get("/api/catalogue").bearer(admin).expect(200).await.json()["rules"].clone();
    assert_eq!((&rules["holdMinutes"], &rules["reminderHours"]), (&json!(10), &json!([24])));
}

#[tokio::test]
async fn a_holiday_over_an_appointment_asks_what_becomes_of_it() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let id = book(&clinic, "2026-11-24T09:30").await;
    let (path, shown) = part(&clinic, Role::Receptionist, "holidays").await;
    let closed = typed(&shown, &[("holidayFrom0", "2026-11-24"), ("holidayName0", "Staff day")]);
    let asked = clinic.post(&path).browser(desk).form(&closed).expect(422).await.text();
    assert!(asked.contains("Marta Kowalska") && asked.contains("Staff day"));
    let shown = fields(&asked, &path);
    let keep = typed(&shown, &[("decision", "keep")]);
    clinic.post(&path).browser(desk).form(&keep).expect(303).await;
    let visit = clinic.get(&format!("/api/appointments/{id}")).bearer(desk).expect(200).await.json();
    assert_eq!(visit["status"], "booked");
    let slots = clinic.get("/api/slots?from=2026-11-24&days=1").bearer(desk).expect(200).await.json();
    assert_eq!(slots[0]["slots"], json!([]));
}
