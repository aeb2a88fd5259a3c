//! The twelve endpoints of the old system, answered as its clients expect.

use crate::harness::{PASSWORD, clinic};
use domain::Role;
use serde_json::{Value, json};

#[tokio::test]
async fn a_program_gets_the_status_at_the_root() {
    let clinic = clinic().await;
    let status = clinic.get("/").header("accept", "application/json").expect(200).await;
    assert!(status.header("content-type").starts_with("application/json"));
    assert!(status.json().is_object());
    let page = clinic.get("/").header("accept", "text/html").expect(200).await;
    assert!(page.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn signing_up_answers_201_with_message_and_user_id() {
    let clinic = clinic().await;
    let body = json!({"username": "john_doe", "email": "john@example.com", "password": "correct horse"});
    let made = clinic.post("/api/signup").json(body.clone()).expect(201).await.json();
    assert!(made["message"].is_string());
    assert!(made["userId"].is_u64());
    let again = clinic.post("/api/signup").json(body).expect(400).await;
    assert!(again.json()["message"].is_string());
    assert_eq!(again.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn signing_up_without_a_field_is_answered_with_400_and_a_message() {
    let clinic = clinic().await;
    let whole = json!({"username": "john_doe", "email": "john@example.com", "password": "correct horse"});
    for field in ["username", "email", "password"] {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().remove(field);
        let refused = clinic.post("/api/signup").json(body).expect(400).await;
        assert!(refused.json()["message"].is_string());
        assert_eq!(refused.refused(), [field]);
    }
}

#[tokio::test]
async fn signing_in_works_with_the_email_address_and_with_the_username() {
    let clinic = clinic().await;
    for login in ["marta.kowalska@example.org", "Marta.Kowalska", "MARTA.KOWALSKA@example.org"] {
        let body = json!({"email": login, "password": PASSWORD});
        let answer = clinic.post("/api/login").json(body).expect(200).await.json();
        assert!(answer["message"].is_string());
        assert_eq!(answer["username"], "marta.kowalska");
        assert_eq!(answer.get("redirectTo"), None);
        let token = answer["token"].as_str().unwrap();
        let users =
            clinic.get("/api/users").header("authorization", format!("Bearer {token}")).expect(200).await;
        assert_eq!(users.json().as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn an_administrator_is_sent_to_the_admin_page() {
    let clinic = clinic().await;
    let body = json!({"email": clinic.the(Role::Admin).username, "password": PASSWORD});
    let answer = clinic.post("/api/login").json(body).expect(200).await.json();
    assert_eq!(answer["redirectTo"], "/admin");
    assert_eq!(answer["role"], "admin");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_are_answered_alike() {
    let clinic = clinic().await;
    let mut answers = Vec::new();
    for (login, password) in [("marta.kowalska", "wrong boots"), ("nobody@example.org", PASSWORD)] {
        let body = json!({"email": login, "password": password});
        let answer = clinic.post("/api/login").json(body).expect(401).await;
        assert!(answer.json()["message"].is_string());
        answers.push(answer.body);
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn the_list_of_users_has_no_passwords() {
    let clinic = clinic().await;
    let users = clinic.get("/api/users").bearer(clinic.the(Role::Admin)).expect(200).await;
    assert!(!users.text().contains("password") && !users.text().contains("$2"));
    let users = users.json();
    assert_eq!(users.as_array().unwrap().len(), 9);
    for field in ["id", "username", "email", "createdAt"] {
        assert!(!users[0][field].is_null(), "{field}");
    }
}

fn old_appointment() -> Value {
    json!({"patientName": "John Doe", "date": "2026-12-01", "time": "10:00 AM", "doctor": "Dr. Smith"})
}

#[tokio::test]
async fn an_old_appointment_is_kept_as_written() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let made = clinic.post("/api/appointments").bearer(desk).json(old_appointment()).expect(201).await.json();
    for (field, value) in old_appointment().as_object().unwrap() {
        assert_eq!(&made[field], value);
    }
    assert_eq!(made["createdAt"], "2026-11-23T09:00:00.000Z");
    assert_eq!(made["durationMinutes"], 30);
    assert!(made["id"].is_u64());
    assert!(made["patientId"].is_null() && made["doctorId"].is_null());
    let list = clinic.get("/api/appointments").bearer(desk).expect(200).await.json();
    assert_eq!(list, json!([made]));
}

#[tokio::test]
async fn a_written_doctor_is_not_booked_twice_either() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    clinic.post("/api/appointments").bearer(desk).json(old_appointment()).expect(201).await;
    for (time, doctor, status) in [
        ("10:00 AM", "Dr. Smith", 409),
        ("10:15 AM", "dr  SMITH", 409),
        ("10:30 AM", "Dr. Smith", 201),
        ("10:00 AM", "Dr. Jones", 201),
    ] {
        let body = json!({"patientName": "Jane Roe", "date": "2026-12-01", "time": time, "doctor": doctor});
        let answer = clinic.post("/api/appointments").bearer(desk).json(body).expect(status).await;
        assert_eq!(answer.json()["message"].is_string(), status == 409);
    }
}

#[tokio::test]
async fn an_old_record_is_answered_with_its_id() {
    let clinic = clinic().await;
    let doctor = clinic.the(Role::Doctor);
    let body =
        json!({"patientName": "John Doe", "condition": "Hypertension", "treatment": "Lisinopril 10 mg"});
    let made = clinic.post("/api/medicalrecords").bearer(doctor).json(body.clone()).expect(201).await.json();
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(&made[field], value);
    }
    assert!(made["id"].is_u64() && made["createdAt"].is_string());
    let list = clinic.get("/api/medicalrecords").bearer(doctor).expect(200).await.json();
    assert_eq!(list, json!([made]));
}

#[tokio::test]
async fn an_old_bill_is_answered_with_its_id_and_its_amount_as_sent() {
    let clinic = clinic().await;
    let clerk = clinic.the(Role::Billing);
    for (sent, answered) in
        [(json!(150), json!(150)), (json!(150.75), json!(150.75)), (json!("75"), json!(75))]
    {
        let body = json!({"patientName": "John Doe", "amount": sent, "paymentMethod": "Credit Card"});
        let made = clinic.post("/api/billings").bearer(clerk).json(body).expect(201).await.json();
        assert_eq!(made["amount"], answered);
        assert_eq!(made["paymentMethod"], "Credit Card");
        assert_eq!(made["patientName"], "John Doe");
        assert!(made["id"].is_u64() && made["createdAt"].is_string());
    }
    let list = clinic.get("/api/billings").bearer(clerk).expect(200).await.json();
    assert_eq!(list.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn old_writes_are_for_the_role_that_may_do_the_thing() {
    let clinic = clinic().await;
    let writes = [
        ("/api/appointments", old_appointment(), vec![Role::Receptionist, Role::Doctor, Role::Nurse]),
        (
            "/api/medicalrecords",
            json!({"patientName": "John Doe", "condition": "Flu", "treatment": "Rest"}),
            vec![Role::Doctor],
        ),
        (
            "/api/billings",
            json!({"patientName": "John Doe", "amount": 10, "paymentMethod": "Cash"}),
            vec![Role::Billing],
        ),
    ];
    for (path, body, allowed) in writes {
        for (hour, role) in Role::ALL.into_iter().enumerate() {
            let mut body = body.clone();
            if path == "/api/appointments" {
                body["time"] = json!(format!("{:02}:00 AM", hour + 1));
            }
            let expected = if allowed.contains(&role) { 201 } else { 403 };
            clinic.post(path).bearer(clinic.the(role)).json(body).expect(expected).await;
        }
    }
}

#[tokio::test]
async fn missing_fields_of_the_old_shapes_are_answered_with_400() {
    let clinic = clinic().await;
    for (path, role) in [
        ("/api/appointments", Role::Receptionist),
        ("/api/medicalrecords", Role::Doctor),
        ("/api/billings", Role::Billing),
    ] {
        let refused = clinic.post(path).bearer(clinic.the(role)).json(json!({})).expect(400).await;
        assert!(refused.json()["message"].is_string());
        assert!(refused.refused().contains(&"patientName".to_owned()));
    }
}

#[tokio::test]
async fn a_name_that_one_patient_has_links_the_entry() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let marta = clinic.the(Role::Patient);
    let mut body = old_appointment();
    body["patientName"] = json!("marta kowalska");
    let made = clinic.post("/api/appointments").bearer(desk).json(body).expect(201).await.json();
    assert_eq!(made["patientId"], json!(marta.patient));
    let hers = clinic.get("/api/appointments").bearer(marta).expect(200).await.json();
    assert_eq!(hers[0]["id"], made["id"]);
}

#[tokio::test]
async fn nothing_but_sign_up_sign_in_status_and_probes_is_open() {
    let clinic = clinic().await;
    for path in ["/api/users", "/api/appointments", "/api/medicalrecords", "/api/billings"] {
        let refused = clinic.get(path).expect(401).await;
        assert_eq!(refused.header("www-authenticate"), "Bearer");
        assert!(refused.json()["message"].is_string());
    }
    for path in ["/api/appointments", "/api/medicalrecords", "/api/billings"] {
        clinic.post(path).json(json!({})).expect(401).await;
    }
    for path in ["/health", "/ready"] {
        clinic.get(path).expect(200).await;
    }
}
