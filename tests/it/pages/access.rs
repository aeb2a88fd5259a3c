//! Emergency access, acting for somebody, and the cookie that tells a known browser, on the pages.

use crate::harness::{PASSWORD, clinic};
use domain::Role;
use serde_json::json;

#[tokio::test]
async fn a_closed_record_is_opened_in_an_emergency_read_and_closed() {
    let clinic = clinic().await;
    let doctor = clinic.the(Role::Doctor);
    let tom = clinic.named("Tom Baker").patient.unwrap();
    let (record, glass) = (format!("/medical-records/{tom}"), format!("/medical-records/{tom}/emergency"));
    let closed = clinic.get(&record).browser(doctor).expect(404).await;
    assert!(closed.text().contains(&glass), "it says how");
    clinic.get(&glass).browser(doctor).expect(200).await;
    let typed = [("reason", "Fell down the stairs, <b>unconscious</b>"), ("password", "wrong horse")];
    let refused = clinic.post(&glass).browser(doctor).form(&typed).expect(422).await.text();
    assert!(refused.contains("&lt;b&gt;unconscious&lt;/b&gt;") && !refused.contains("wrong horse"));
    let typed = [typed[0], ("password", PASSWORD)];
    let opened = clinic.post(&glass).browser(doctor).form(&typed).expect(303).await;
    assert_eq!(opened.location(), format!("{record}?notice=emergency-open"));
    let page = clinic.get(&record).browser(doctor).expect(200).await.text();
    assert!(page.contains("Emergency access until 10:00"));
    assert!(!page.contains("/vitals\"") && !page.contains("/notes/new"), "nothing to write with");
    clinic.get(&format!("{record}/vitals")).browser(doctor).expect(404).await;
    clinic.post(&format!("{glass}/end")).browser(doctor).form(&[]).expect(303).await;
    clinic.get(&record).browser(doctor).expect(404).await;
    let auditor = clinic.the(Role::Auditor);
    assert!(clinic.get("/").browser(auditor).expect(200).await.text().contains("/admin/emergency-access"));
    let queue = clinic.get("/admin/emergency-access").browser(auditor).expect(200).await.text();
    assert!(queue.contains("Dr Amina Rahman") && !queue.contains("Tom Baker"));
    let one = queue.split("/admin/emergency-access/").nth(1).unwrap().split('"').next().unwrap();
    let one = format!("/admin/emergency-access/{one}");
    clinic.post(&one).browser(auditor).form(&[("justified", "no")]).expect(422).await;
    clinic.post(&one).browser(auditor).form(&[("justified", "yes")]).expect(303).await;
    clinic.post(&one).browser(auditor).form(&[("justified", "no"), ("comment", "No")]).expect(409).await;
}

#[tokio::test]
async fn a_parent_books_for_a_child_and_every_page_says_for_whom() {
    let clinic = clinic().await;
    let (desk, marta) = (clinic.the(Role::Receptionist), clinic.the(Role::Patient));
    let child = json!({"givenName": "Anna", "familyName": "Kowalska", "birthDate": "2019-05-02"});
    let child = clinic.post("/api/patients").bearer(desk).json(child).expect(201).await.id();
    let page = format!("/patients/{child}/proxies");
    let mut typed =
        vec![("login", "marta.kowalska@example.org"), ("relationship", "Parent"), ("proof", "passport")];
    clinic.post(&page).browser(desk).form(&typed[..2]).expect(422).await;
    clinic.post(&page).browser(desk).form(&typed).expect(303).await;
    clinic.post(&page).browser(desk).form(&typed).expect(409).await;
    typed.clear();
    let people = clinic.get("/profile/people").browser(marta).expect(200).await.text();
    assert!(people.contains("Act for Anna Kowalska"));
    clinic.post("/profile/act-for").browser(marta).form(&[("patient", &child)]).expect(303).await;
    for path in ["/", "/appointments", "/medical-records", "/billing", "/profile"] {
        let page = clinic.get(path).browser(marta).expect(200).await.text();
        assert!(
            page.contains("aria-label=\"Acting for a patient\"") && page.contains("<strong>Anna Kowalska"),
            "{path}"
        );
    }
    let home = clinic.get("/").browser(marta).expect(200).await.text();
    assert!(home.contains("You are looking after Anna Kowalska") && home.contains("Act for yourself"));
    assert!(!home.contains("Hello, ") && !home.contains("Your health") && !home.contains("Your record"));
    let doctor = clinic.the(Role::Doctor).id;
    let wish = json!({"doctorId": doctor, "start": "2026-11-25T09:30", "visitType": "consultation"});
    let booked = clinic.post("/api/appointments").bearer(marta).json(wish).expect(201).await.json();
    assert_eq!(booked["patientId"], child);
    let list = clinic.get("/profile/record-access").browser(marta).expect(200).await.text();
    assert!(list.contains("Who looked at this record") && !list.contains("Who looked at my record"));
    assert!(list.contains("Marta Kowalska, acting for Anna Kowalska, booked an appointment for them on"));
    let auditor = clinic.the(Role::Auditor);
    let log = format!("/api/audit?action=book-appointment&patient={child}");
    let event = clinic.get(&log).bearer(auditor).expect(200).await.json()[0].clone();
    assert_eq!(event["reason"], "acting for the patient");
    let event =
        clinic.get(&format!("/admin/audit/{}", event["seq"])).browser(auditor).expect(200).await.text();
    assert!(event.contains("<dt>Acting for"), "{event}");
    assert!(!event.contains("Anna"), "{event}");
    clinic.post("/profile/act-for").browser(marta).form(&[]).expect(303).await;
    let own = clinic.get("/api/appointments").bearer(marta).expect(200).await.json();
    assert_eq!(own, json!([]));
    assert!(clinic.get("/").browser(marta).expect(200).await.text().contains("Hello, Marta Kowalska"));
}

#[tokio::test]
async fn a_browser_that_was_used_before_does_not_wait_for_the_guesses_of_others() {
    let clinic = clinic().await;
    let nurse = clinic.the(Role::Nurse);
    let right = [("login", nurse.username.as_str()), ("password", PASSWORD)];
    let first = clinic.post("/").header("sec-fetch-site", "same-origin").form(&right).expect(303).await;
    let device = first
        .headers
        .get_all("set-cookie")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find(|cookie| cookie.starts_with("device="))
        .unwrap()
        .to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(device.contains(part), "{device}");
    }
    for _ in 0..8 {
        let wrong = json!({"email": nurse.username, "password": "wrong horse"});
        clinic.post("/api/login").json(wrong).expect(401).await;
    }
    let elsewhere = clinic.post("/").header("sec-fetch-site", "same-origin").form(&right).expect(422).await;
    assert!(elsewhere.text().contains("The email address or password is not right"));
    let kept = device.split(';').next().unwrap();
    let here = clinic.post("/").header("sec-fetch-site", "same-origin").header("cookie", kept);
    here.form(&right).expect(303).await;
}

#[tokio::test]
async fn the_front_desk_brings_a_doctor_into_a_care_team_and_the_patient_sees_it() {
    let clinic = clinic().await;
    let (desk, doctor) = (clinic.the(Role::Receptionist), clinic.the(Role::Doctor));
    let person = clinic.named("Tom Baker");
    let tom = person.patient.unwrap();
    let (page, record) = (format!("/patients/{tom}/care-team"), format!("/medical-records/{tom}"));
    let closed = clinic.get(&record).browser(doctor).expect(404).await.text();
    assert!(
        closed.contains("from 30 days before an appointment to 7 days after it"),
        "the words of the rule"
    );
    let outside = clinic.get(&page).browser(doctor).expect(200).await.text();
    assert!(!outside.contains("Add to care team"), "who does not treat the patient changes nothing");
    let id = doctor.id.to_string();
    let typed = [("userId", id.as_str()), ("reason", "<i>Chest</i> clinic")];
    clinic.post(&page).browser(doctor).form(&typed).expect(404).await;

    let form = clinic.get(&page).browser(desk).expect(200).await.text();
    assert!(form.contains(">Dr Amina Rahman, doctor<") && form.contains(">Nina Okafor, nurse<"));
    assert!(form.contains("value=\"21\"") && form.contains("value=\"2027\""), "90 days are offered");
    let refused = clinic.post(&page).browser(desk).form(&typed[1..]).expect(422).await.text();
    assert!(
        refused.contains("Choose a doctor or nurse") && refused.contains("&lt;i&gt;Chest&lt;/i&gt; clinic")
    );
    let added = clinic.post(&page).browser(desk).form(&typed).expect(303).await;
    assert_eq!(added.location(), format!("{page}?notice=care-team-added"));
    clinic.post(&page).browser(desk).form(&typed).expect(409).await;
    clinic.get(&record).browser(doctor).expect(200).await;
    let summary = clinic.get(&format!("/patients/{tom}")).browser(desk).expect(200).await.text();
    assert!(summary.contains("Dr Amina Rahman") && summary.contains("&lt;i&gt;Chest&lt;/i&gt; clinic"));
    for path in ["/profile/record-access".to_owned(), format!("/patients/{tom}"), page.clone()] {
        let seen = clinic.get(&path).browser(person).expect(200).await.text();
        assert!(seen.contains("&lt;i&gt;Chest&lt;/i&gt; clinic") && !seen.contains("/end\""), "{path}");
    }
    let bills = clinic.get(&format!("/patients/{tom}")).browser(clinic.the(Role::Billing)).expect(200).await;
    assert!(!bills.text().contains("Chest"), "no part of a clerk's work");

    let team = clinic.get(&format!("/api{page}")).bearer(doctor).expect(200).await.json();
    assert_eq!(team["members"][0]["name"], "Dr Amina Rahman");
    assert_eq!(team["members"][0]["until"], "2027-02-22T00:00:00.000Z");
    let place = team["members"][0]["id"].as_str().unwrap().to_owned();
    let end = format!("/care-team/{place}/end");
    clinic.post(&end).browser(clinic.named("Dr Owen Price")).form(&[]).expect(404).await;
    let ended = clinic.post(&end).browser(doctor).form(&[]).expect(303).await;
    assert_eq!(ended.location(), format!("{page}?notice=care-team-ended"));
    clinic.get(&record).browser(doctor).expect(404).await;
    let log = clinic.get("/profile/record-access").browser(person).expect(200).await.text();
    assert!(log.contains("Grace Hall, receptionist, added someone to your care team on 23 November 2026"));
    assert!(log.contains("Dr Amina Rahman, doctor, took someone off your care team on 23 November 2026"));
}
