//! Calendar feeds, read as calendar programs read them: by a parser that is not ours.

use crate::harness::{Clinic, Person, clinic};
use domain::Role;
use icalendar::{Calendar, CalendarComponent, Component as _, Event};
use serde_json::json;

/// Makes the address of somebody's calendar by the form; its path.
async fn made(clinic: &Clinic, person: &Person) -> String {
    let page = clinic.post("/profile/calendar").browser(person).header("host", "clinic.example").form(&[]);
    let page = page.expect(200).await.text();
    let from = page.find("/calendar/").unwrap();
    let path = page[from..].split('"').next().unwrap().to_owned();
    assert!(page.contains(&format!("webcal://clinic.example{path}")), "it opens by itself");
    path
}

async fn events(clinic: &Clinic, path: &str) -> Vec<Event> {
    let reply = clinic.get(path).expect(200).await;
    assert_eq!(reply.header("content-type"), "text/calendar; charset=utf-8");
    let calendar: Calendar = reply.text().parse().unwrap();
    let events = calendar.components.into_iter().filter_map(|it| match it {
        CalendarComponent::Event(event) => Some(event),
        _ => None,
    });
    events.collect()
}

async fn book(clinic: &Clinic, day: &str, reason: &str) -> (String, String) {
    let body = json!({
        "patientId": clinic.the(Role::Patient).patient, "doctorId": clinic.the(Role::Doctor).id.0,
        "start": format!("{day}T09:30"), "visitType": "consultation", "reason": reason,
    });
    let booked = clinic.post("/api/appointments").bearer(clinic.the(Role::Receptionist)).json(body);
    let booked = booked.expect(201).await;
    (booked.location().to_owned(), booked.id())
}

#[tokio::test]
async fn a_patients_calendar_follows_their_appointments() {
    let clinic = clinic().await;
    let (marta, desk) = (clinic.the(Role::Patient), clinic.the(Role::Receptionist));
    let path = made(&clinic, marta).await;
    assert!(events(&clinic, &path).await.is_empty());
    let (place, id) = book(&clinic, "2026-11-24", "My left knee").await;
    let before = events(&clinic, &path).await;
    let [event] = &before[..] else { panic!("{before:?}") };
    assert_eq!(event.get_summary(), Some("Appointment at Elmwood Surgery"));
    assert_eq!(event.property_value("DTSTART"), Some("20261124T093000Z"));
    assert_eq!(event.property_value("DTEND"), Some("20261124T100000Z"));
    // Moved to the other side of no change of the clock: the same entry, a later edition.
    clinic.wait(1);
    let moved = clinic.patch(&place).bearer(desk).if_match(1).json(json!({"start": "2026-11-25T11:00"}));
    moved.expect(200).await;
    let after = events(&clinic, &path).await;
    assert_eq!(after[0].get_uid(), event.get_uid());
    assert!(after[0].get_sequence() > event.get_sequence());
    assert_eq!(after[0].property_value("DTSTART"), Some("20261125T110000Z"));
    // Read again without a change it is the same to the letter.
    let text = clinic.get(&path).expect(200).await.text();
    clinic.wait(5);
    assert_eq!(clinic.get(&path).expect(200).await.text(), text);
    assert!(!text.contains("knee") && !text.contains("Marta"), "neither why nor who");
    let off = clinic.post(&format!("/appointments/{id}/cancel")).browser(desk);
    off.form(&[("version", "2"), ("reason", "Ill")]).expect(303).await;
    assert!(events(&clinic, &path).await.is_empty());
}

#[tokio::test]
async fn both_nights_of_the_clocks_are_right() {
    let clinic = clinic().await;
    let path = made(&clinic, clinic.the(Role::Patient)).await;
    // The clinic lies in London: summer time begins on 28 March 2027.
    for day in ["2027-03-26", "2027-03-29"] {
        book(&clinic, day, "").await;
    }
    let starts: Vec<_> = events(&clinic, &path).await;
    let starts: Vec<_> = starts.iter().map(|event| event.property_value("DTSTART").unwrap()).collect();
    assert_eq!(starts, ["20270326T093000Z", "20270329T083000Z"], "half past nine on both days");
}

#[tokio::test]
async fn doctors_calendars_name_patients_only_where_the_clinic_allows_it() {
    let clinic = clinic().await;
    let path = made(&clinic, clinic.the(Role::Doctor)).await;
    let (_, id) = book(&clinic, "2026-11-24", "My left knee").await;
    let text = clinic.get(&path).expect(200).await.text();
    assert!(text.contains(&format!("SUMMARY:Consultation\\, A-{id}")), "{text}");
    assert!(!text.contains("Marta") && !text.contains("Kowalska") && !text.contains("knee"));
    let desk = clinic.the(Role::Receptionist);
    let offered = clinic.get("/api/catalogue").bearer(desk).expect(200).await;
    let mut catalogue = offered.json();
    for read_only in ["currency", "version"] {
        catalogue.as_object_mut().unwrap().remove(read_only);
    }
    catalogue["rules"]["namesInCalendars"] = json!(true);
    let version = offered.header("etag").trim_matches('"').parse().unwrap();
    clinic.put("/api/catalogue").bearer(desk).if_match(version).json(catalogue).expect(204).await;
    let text = clinic.get(&path).expect(200).await.text();
    assert!(text.contains("SUMMARY:Consultation\\, Marta Kowalska") && !text.contains("knee"));
}

#[tokio::test]
async fn an_address_that_was_replaced_or_ended_is_as_unknown_as_one_that_never_was() {
    let clinic = clinic().await;
    let marta = clinic.the(Role::Patient);
    let first = made(&clinic, marta).await;
    let second = made(&clinic, marta).await;
    let gone = clinic.get(&first).expect(404).await.text();
    events(&clinic, &second).await;
    assert!(
        clinic
            .get("/profile")
            .browser(marta)
            .expect(200)
            .await
            .text()
            .contains("Your appointments in your calendar")
    );
    clinic.post("/profile/calendar/off").browser(marta).form(&[]).expect(303).await;
    clinic.get(&second).expect(404).await;
    let never = clinic.get(&format!("/calendar/{}.ics", "0".repeat(52))).expect(404).await.text();
    let plain = |text: &str| text.lines().filter(|line| !line.contains("nonce")).count();
    assert_eq!(plain(&gone), plain(&never));
    // By the API the same: made, read, ended.
    let link = clinic.post("/api/calendar-feed").bearer(marta).expect(200).await.json();
    let path = link["link"].as_str().unwrap().to_owned();
    events(&clinic, &path).await;
    let since = clinic.get("/api/calendar-feed").bearer(marta).expect(200).await.json();
    assert!(since["since"].is_string());
    clinic.call(axum::http::Method::DELETE, "/api/calendar-feed").bearer(marta).expect(204).await;
    clinic.get(&path).expect(404).await;
}

#[tokio::test]
async fn the_calendar_of_a_disabled_account_ends_with_it() {
    let clinic = clinic().await;
    let (doctor, admin) = (clinic.the(Role::Doctor), clinic.the(Role::Admin));
    let path = made(&clinic, doctor).await;
    let account = format!("/api/users/{}", doctor.id);
    let version = clinic.get(&account).bearer(admin).expect(200).await;
    let version = version.header("etag").trim_matches('"').parse().unwrap();
    let disabled = clinic.patch(&account).bearer(admin).if_match(version).json(json!({"status": "disabled"}));
    disabled.expect(200).await;
    clinic.get(&path).expect(404).await;
}
