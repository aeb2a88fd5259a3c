//! `/api/medicalrecords` and `/api/patients/{id}/record`: who reads what, and notes that never change once signed.

use crate::harness::{Clinic, clinic};
use domain::Role;
use serde_json::json;

/// Marta sees Dr Rahman today.
async fn assigned(clinic: &Clinic) -> String {
    let marta = clinic.the(Role::Patient).patient.unwrap().to_string();
    let body = json!({
        "patientId": marta, "doctorId": clinic.the(Role::Doctor).id, "start": "2026-11-23T10:00", "visitType": "follow-up",
    });
    clinic.post("/api/appointments").bearer(clinic.the(Role::Receptionist)).json(body).expect(201).await;
    marta
}

#[tokio::test]
async fn a_doctor_writes_a_note_and_signs_it() {
    let clinic = clinic().await;
    let marta = assigned(&clinic).await;
    let doctor = clinic.the(Role::Doctor);
    let notes = format!("/api/patients/{marta}/notes");
    let made = clinic.post(&notes).bearer(doctor).json(json!({"assessment": "Migraine"})).expect(201).await;
    let path = made.location().to_owned();
    let revised = json!({"assessment": "Migraine", "plan": "Rest in a dark room"});
    let revised = clinic.put(&path).bearer(doctor).if_match(1).json(revised).expect(200).await;
    assert_eq!(revised.json()["condition"], "Migraine");
    clinic.post(&format!("{path}/signature")).bearer(doctor).expect(428).await;
    let signed = clinic.post(&format!("{path}/signature")).bearer(doctor).if_match(2).expect(200).await;
    assert_eq!(signed.json()["note"]["signature"]["name"], "Dr Amina Rahman");
    let late = json!({"plan": "Something else"});
    clinic.put(&path).bearer(doctor).if_match(3).json(late).expect(409).await;
    let added = json!({"text": "Came back, better"});
    let added =
        clinic.post(&format!("{path}/addenda")).bearer(doctor).if_match(3).json(added).expect(200).await;
    assert_eq!(added.json()["note"]["plan"], "Rest in a dark room");
    assert_eq!(added.json()["note"]["addenda"][0]["text"], "Came back, better");
}

#[tokio::test]
async fn the_patient_sees_a_note_once_it_is_signed() {
    let clinic = clinic().await;
    let marta_id = assigned(&clinic).await;
    let (doctor, marta) = (clinic.the(Role::Doctor), clinic.the(Role::Patient));
    let notes = format!("/api/patients/{marta_id}/notes");
    let made = clinic.post(&notes).bearer(doctor).json(json!({"assessment": "Migraine"})).expect(201).await;
    clinic.get(made.location()).bearer(marta).expect(404).await;
    assert_eq!(clinic.get("/api/medicalrecords").bearer(marta).expect(200).await.json(), json!([]));
    clinic.post(&format!("{}/signature", made.location())).bearer(doctor).if_match(1).expect(200).await;
    clinic.get(made.location()).bearer(marta).expect(200).await;
    let chart =
        clinic.get(&format!("/api/patients/{marta_id}/record")).bearer(marta).expect(200).await.json();
    assert_eq!(chart["entries"].as_array().unwrap().len(), 1);
    assert_eq!(chart["appointments"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn every_kind_of_entry_has_the_old_fields_too() {
    let clinic = clinic().await;
    let marta = assigned(&clinic).await;
    let doctor = clinic.the(Role::Doctor);
    for (kind, body, condition, treatment) in [
        (
            "vitals",
            json!({"systolic": 131, "diastolic": 82, "temperature": 36.8}),
            "Vital signs",
            "131/82 mmHg, 36.8 °C",
        ),
        (
            "allergies",
            json!({"substance": "Penicillin", "reaction": "Rash", "severity": "severe"}),
            "Allergy: Penicillin",
            "Rash",
        ),
        (
            "medicines",
            json!({"name": "Metformin 500 mg", "dosage": "twice a day", "days": 28}),
            "Metformin 500 mg",
            "twice a day for 28 days",
        ),
        ("problems", json!({"name": "Type 2 diabetes", "code": "E11"}), "Type 2 diabetes", "E11"),
        ("notes", json!({"assessment": "Stable", "plan": "Go on"}), "Stable", "Go on"),
    ] {
        let made = clinic
            .post(&format!("/api/patients/{marta}/{kind}"))
            .bearer(doctor)
            .json(body)
            .expect(201)
            .await
            .json();
        assert_eq!(made["condition"], condition, "{kind}");
        assert_eq!(made["treatment"], treatment, "{kind}");
        assert_eq!(made["patientName"], "Marta Kowalska");
    }
    let body = json!({"patientId": marta, "assessment": "By the old address"});
    let made = clinic.post("/api/medicalrecords").bearer(doctor).json(body).expect(201).await.json();
    assert_eq!(made["kind"], "note");
}

#[tokio::test]
async fn impossible_measurements_are_refused_by_name() {
    let clinic = clinic().await;
    let marta = assigned(&clinic).await;
    let nurse = clinic.the(Role::Nurse);
    let path = format!("/api/patients/{marta}/vitals");
    for (body, field) in [
        (json!({}), "systolic"),
        (json!({"pulse": 900}), "pulse"),
        (json!({"pulse": -3}), "pulse"),
        (json!({"pulse": 71.5}), "pulse"),
        (json!({"temperature": "warm"}), "temperature"),
        (json!({"systolic": 80, "diastolic": 120}), "diastolic"),
        (json!({"oxygenSaturation": 101}), "oxygenSaturation"),
    ] {
        let refused = clinic.post(&path).bearer(nurse).json(body).expect(422).await;
        assert_eq!(refused.refused(), [field]);
    }
    clinic.post(&path).bearer(nurse).json(json!({"pulse": [71]})).expect(400).await;
}

#[tokio::test]
async fn nobody_but_the_author_touches_a_draft() {
    let clinic = clinic().await;
    let marta = assigned(&clinic).await;
    let (doctor, nurse) = (clinic.the(Role::Doctor), clinic.the(Role::Nurse));
    let notes = format!("/api/patients/{marta}/notes");
    let made = clinic.post(&notes).bearer(doctor).json(json!({"assessment": "Migraine"})).expect(201).await;
    let body = json!({"assessment": "Nothing"});
    clinic.put(made.location()).bearer(nurse).if_match(1).json(body).expect(404).await;
    clinic.post(&format!("{}/signature", made.location())).bearer(nurse).if_match(1).expect(404).await;
}

#[tokio::test]
async fn who_is_not_assigned_reads_nothing() {
    let clinic = clinic().await;
    let marta = assigned(&clinic).await;
    let record = format!("/api/patients/{marta}/record");
    clinic.get(&record).bearer(clinic.the(Role::Doctor)).expect(200).await;
    clinic.get(&record).bearer(clinic.the(Role::Nurse)).expect(200).await;
    clinic.get(&record).bearer(clinic.named("Dr Owen Price")).expect(404).await;
    clinic.get(&record).bearer(clinic.named("Tom Baker")).expect(404).await;
    for role in [Role::Receptionist, Role::Billing, Role::Admin, Role::Auditor] {
        clinic.get(&record).bearer(clinic.the(role)).expect(403).await;
    }
}
