//! On a database: a page asks as many questions of a full clinic as of an empty one. Run where `TEST_DATABASE_URL` names
//! a server.

use crate::harness::{Clinic, clinic};
use domain::Role;
use serde_json::json;
use std::collections::BTreeMap;

/// What each role looks at, with lists of everything that there is.
const PAGES: [(Role, &str); 24] = [
    (Role::Receptionist, "/"),
    (Role::Receptionist, "/appointments?date=2026-11-24"),
    (Role::Receptionist, "/appointments?view=list"),
    (Role::Receptionist, "/appointments?view=week&date=2026-11-24"),
    (Role::Receptionist, "/appointments?view=month&date=2026-11-24"),
    (Role::Receptionist, "/appointments/board"),
    (Role::Receptionist, "/appointments/day-sheet?date=2026-11-24"),
    (Role::Receptionist, "/appointments/new?date=2026-11-24"),
    (Role::Receptionist, "/patients?q=a"),
    (Role::Receptionist, "/billing"),
    (Role::Doctor, "/"),
    (Role::Doctor, "/medical-records"),
    (Role::Nurse, "/"),
    (Role::Billing, "/"),
    (Role::Billing, "/billing"),
    (Role::Billing, "/billing/refunds"),
    (Role::Auditor, "/billing/refunds?show=all"),
    (Role::Admin, "/"),
    (Role::Admin, "/admin"),
    (Role::Admin, "/admin?q=a"),
    (Role::Auditor, "/"),
    (Role::Patient, "/"),
    (Role::Patient, "/appointments"),
    (Role::Patient, "/billing"),
];

/// Statements of units of work so far.
fn statements(clinic: &Clinic) -> f64 {
    let figures = clinic.state.services.storage_figures();
    let count = figures.iter().find(|figure| figure.name == "healthcare_db_statement_seconds_count");
    count.expect("a database counts its statements: TEST_DATABASE_URL names a server").value
}

/// Patients with an appointment, a bill and an entry each.
async fn furnish(clinic: &Clinic, numbers: std::ops::Range<usize>) {
    let (clerk, doctor) = (clinic.the(Role::Receptionist), clinic.the(Role::Doctor));
    for number in numbers {
        let (hour, minute) = (9 + number / 2 % 8, number % 2 * 30);
        let day = 24 + number / 16;
        let patient = json!({
            "givenName": format!("Ada{number}"), "familyName": "Byron", "birthDate": "1980-02-29", "sex": "female",
        });
        clinic.post("/api/patients").bearer(clerk).json(patient).expect(201).await;
        let half = if hour < 12 { "AM" } else { "PM" };
        let visit = json!({
            "patientName": format!("Ada{number} Byron"), "doctor": doctor.name, "date": format!("2026-11-{day}"),
            "time": format!("{:02}:{minute:02} {half}", if hour > 12 { hour - 12 } else { hour }),
        });
        clinic.post("/api/appointments").bearer(clerk).json(visit).expect(201).await;
        let name = format!("Ada{number} Byron");
        let bill = json!({"patientName": name, "amount": "10.00", "paymentMethod": "card"});
        clinic.post("/api/billings").bearer(clinic.the(Role::Billing)).json(bill).expect(201).await;
        let entry = json!({"patientName": name, "condition": "Cough", "treatment": "Rest"});
        clinic.post("/api/medicalrecords").bearer(doctor).json(entry).expect(201).await;
    }
}

async fn asked(clinic: &Clinic) -> BTreeMap<(Role, &'static str), f64> {
    let mut asked = BTreeMap::new();
    for (role, page) in PAGES {
        let before = statements(clinic);
        clinic.get(page).browser(clinic.the(role)).expect(200).await;
        asked.insert((role, page), statements(clinic) - before);
    }
    asked
}

#[tokio::test]
async fn a_page_asks_as_much_of_a_full_clinic_as_of_an_empty_one() {
    let clinic = clinic().await;
    furnish(&clinic, 0..3).await;
    let few = asked(&clinic).await;
    furnish(&clinic, 3..33).await;
    let totals = clinic.state.services.storage_status().totals;
    assert!(totals.patients >= 33 && totals.appointments >= 30 && totals.billings >= 30, "{totals:?}");
    assert!(totals.medical_records >= 30, "{totals:?}");
    let many = asked(&clinic).await;
    assert_eq!(many, few, "statements by page");
    let most = many.values().copied().fold(0.0, f64::max);
    assert!(most <= 60.0, "{many:?}");
}
