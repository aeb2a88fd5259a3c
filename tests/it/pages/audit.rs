//! The pages of the audit log: filters and chips, one event, the log as a file, who looked at a record, own actions.

use crate::harness::{Clinic, Person, Reply, clinic};
use domain::Role;
use serde_json::{Value, json};

async fn open(clinic: &Clinic, person: &Person, path: &str, status: u16) -> Reply {
    clinic.get(path).browser(person).expect(status).await
}

/// Dr Rahman sees Marta and reads her record; the desk reads her details.
async fn looks(clinic: &Clinic) -> String {
    let marta = clinic.named("Marta Kowalska").patient.unwrap().to_string();
    let (doctor, desk) = (clinic.named("Dr Amina Rahman"), clinic.the(Role::Receptionist));
    let visit = json!({"patientId": marta, "doctorId": doctor.id, "start": "2026-11-24T10:00", "visitType": "consultation"});
    clinic.post("/api/appointments").bearer(desk).json(visit).expect(201).await;
    clinic.get(&format!("/api/patients/{marta}/record")).bearer(doctor).expect(200).await;
    clinic.get(&format!("/api/patients/{marta}")).bearer(clinic.named("Marta Kowalska")).expect(200).await;
    marta
}

#[tokio::test]
async fn filters_show_as_chips_and_each_goes_away_by_itself() {
    let clinic = clinic().await;
    let marta = looks(&clinic).await;
    let auditor = clinic.the(Role::Auditor);
    let patient =
        clinic.get(&format!("/api/patients/{marta}")).bearer(clinic.the(Role::Nurse)).expect(200).await;
    let mrn = patient.json()["mrn"].as_str().unwrap().to_owned();
    let path = format!("/admin/audit?user=amina.rahman&mrn={mrn}&action=read-record&until=2026-11-23");
    let page = open(&clinic, auditor, &path, 200).await.text();
    assert!(page.contains("Dr Amina Rahman") && page.contains("By amina.rahman"));
    assert!(page.contains(&format!(
        "href=\"/admin/audit?mrn={mrn}&amp;action=read%2Drecord&amp;until=2026%2D11%2D23\""
    )));
    assert!(page.contains("href=\"/admin/audit/export?user=amina%2Erahman&amp;"));
    let page = open(&clinic, auditor, "/admin/audit?user=amina.rahman&until=2026-11-22", 200).await.text();
    assert!(page.contains("No event matches."));
    // What nobody has is said at its field, and stays as it was typed.
    let page = open(&clinic, auditor, "/admin/audit?user=nobody&mrn=12", 422).await.text();
    assert!(page.contains("Enter a username or email address that an account has"));
    assert!(page.contains("<title>Error: Audit log") && page.contains("value=\"nobody\""));
}

#[tokio::test]
async fn an_event_leads_to_its_neighbours_and_its_request() {
    let clinic = clinic().await;
    looks(&clinic).await;
    let auditor = clinic.the(Role::Auditor);
    let request = clinic
        .get("/api/users")
        .bearer(clinic.the(Role::Admin))
        .header("x-request-id", "request-of-this-test")
        .expect(200)
        .await;
    assert_eq!(request.header("x-request-id"), "request-of-this-test");
    let found =
        clinic.get("/api/audit?request=request-of-this-test").bearer(auditor).expect(200).await.json();
    assert_eq!(found.as_array().unwrap().len(), 1);
    let seq = found[0]["seq"].as_u64().unwrap();
    let page = open(&clinic, auditor, &format!("/admin/audit/{seq}"), 200).await.text();
    assert!(
        page.contains(found[0]["hash"].as_str().unwrap())
            && page.contains(found[0]["prev"].as_str().unwrap())
    );
    assert!(page.contains(&format!("href=\"/admin/audit/{}\"", seq - 1)));
    assert!(page.contains("/admin/audit?request=request%2Dof%2Dthis%2Dtest"));
    for unknown in ["999999", "0", "x", "99999999999999999999"] {
        open(&clinic, auditor, &format!("/admin/audit/{unknown}"), 404).await;
    }
}

#[tokio::test]
async fn the_filtered_log_is_a_file_of_all_its_events() {
    let clinic = clinic().await;
    looks(&clinic).await;
    let auditor = clinic.the(Role::Auditor);
    let file = open(&clinic, auditor, "/admin/audit/export?format=csv&action=sign-in", 200).await;
    assert!(file.header("content-type").starts_with("text/csv"));
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"audit-2026-11-23.csv\"");
    assert_eq!(file.header("cache-control"), "no-store");
    // Everyone was signed in once.
    assert_eq!(file.text().lines().count(), 1 + 9);
    // As browsers ask for it: packed on the way.
    let packed =
        clinic.get("/admin/audit/export?format=csv").browser(auditor).header("accept-encoding", "gzip");
    assert!(packed.expect(200).await.body.starts_with(&[0x1f, 0x8b]));
    let file = open(&clinic, auditor, "/admin/audit/export?format=jsonl", 200).await.text();
    let events: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seqs: Vec<u64> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    let last = clinic.get("/api/audit?limit=1").bearer(auditor).expect(200).await.json();
    assert_eq!(
        (&last[0]["action"], &last[0]["subject"]),
        (&json!("export-audit"), &json!("audit log as jsonl"))
    );
    open(&clinic, auditor, "/admin/audit/export?user=nobody", 422).await;
}

#[tokio::test]
async fn security_events_are_for_administrators_and_auditors() {
    let clinic = clinic().await;
    let wrong = json!({"email": "nina.okafor", "password": "not hers"});
    clinic.post("/api/login").json(wrong).expect(401).await;
    for role in [Role::Admin, Role::Auditor] {
        let page = open(&clinic, clinic.the(role), "/admin/security", 200).await.text();
        assert!(page.contains("Nina Okafor") && page.contains("Last 24 hours"), "{role}");
    }
    open(&clinic, clinic.the(Role::Auditor), "/admin/security?days=400", 200).await;
}

#[tokio::test]
async fn a_patient_reads_who_looked_and_nothing_that_only_programs_know() {
    let clinic = clinic().await;
    let marta = looks(&clinic).await;
    let person = clinic.named("Marta Kowalska");
    let page = open(&clinic, person, "/profile/record-access", 200).await.text();
    assert!(page.contains("Dr Amina Rahman, doctor, read your medical record on 23 November 2026 at 09:00"));
    assert!(page.contains("Grace Hall, receptionist, booked an appointment for you"));
    assert!(!page.contains("Marta Kowalska, patient,"));
    assert!(!page.contains(&marta) && !page.contains("user 6"));
    let path = format!("/api/patients/{marta}/access-log");
    let log = clinic.get(&format!("{path}?limit=1")).bearer(person).expect(200).await;
    assert!(log.header("link").starts_with(&format!("<{path}?limit=1&cursor=")));
    let entry = &log.json()[0];
    assert_eq!((&entry["who"], &entry["role"]), (&json!("Dr Amina Rahman"), &json!("doctor")));
    assert_eq!(entry["what"], "read your medical record");
    assert_eq!(
        entry.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["acting", "at", "emergency", "role", "what", "who"]
    );
    for path in ["/", "/profile"] {
        assert!(
            open(&clinic, person, path, 200).await.text().contains("href=\"/profile/record-access\""),
            "{path}"
        );
    }
}

#[tokio::test]
async fn staff_read_what_is_written_down_of_them() {
    let clinic = clinic().await;
    looks(&clinic).await;
    let desk = clinic.the(Role::Receptionist);
    let page = open(&clinic, desk, "/profile/actions", 200).await.text();
    assert!(page.contains("Book appointment") && page.contains("Sign in"));
    assert!(open(&clinic, desk, "/profile", 200).await.text().contains("href=\"/profile/actions\""));
    let own = clinic.get("/api/audit/own").bearer(desk).expect(200).await.json();
    assert!(own.as_array().unwrap().iter().all(|event| event["actorId"] == json!(desk.id)));
}
