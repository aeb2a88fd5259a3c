//! Each rule through a form and through the API: the same outcome, whichever way it is asked.

use crate::api::join_all;
use crate::harness::{Call, Clinic, Person, Reply, clinic, stranger};
use domain::Role;
use serde_json::json;

/// What became of a wish, whichever surface it came in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    Refused,
    Conflict,
    Hidden,
    Forbidden,
}

impl Outcome {
    #[track_caller]
    fn of(reply: &Reply) -> Self {
        match reply.status.as_u16() {
            200 | 201 | 204 | 303 => Self::Done,
            400 | 422 => Self::Refused,
            409 | 412 => Self::Conflict,
            404 => Self::Hidden,
            403 => Self::Forbidden,
            other => panic!("{other}: {}", reply.text()),
        }
    }
}

/// Sends the form and the program's request, each in a clinic of its own.
async fn both(form: Call<'_>, program: Call<'_>) -> (Outcome, Outcome) {
    (Outcome::of(&form.send().await), Outcome::of(&program.send().await))
}

fn form_booking<'c>(
    clinic: &'c Clinic,
    person: &Person,
    day: &str,
    time: &str,
    visit_type: &str,
) -> Call<'c> {
    let doctor = clinic.the(Role::Doctor).id.to_string();
    let patient = clinic.the(Role::Patient).patient.unwrap().to_string();
    let slot = format!("{doctor}~{day}~{time}");
    clinic.post("/appointments/new").browser(person).form(&[
        ("patientId", &patient),
        ("slot", &slot),
        ("shownDoctor", &doctor),
        ("shownDate", day),
        ("shownType", visit_type),
    ])
}

fn json_booking<'c>(
    clinic: &'c Clinic,
    person: &Person,
    day: &str,
    time: &str,
    visit_type: &str,
) -> Call<'c> {
    clinic.post("/api/appointments").bearer(person).json(json!({
        "patientId": clinic.the(Role::Patient).patient,
        "doctorId": clinic.the(Role::Doctor).id,
        "start": format!("{day}T{time}"),
        "visitType": visit_type,
    }))
}

#[tokio::test]
async fn bookings_keep_the_same_rules() {
    let (pages, programs) = (clinic().await, clinic().await);
    for (day, time, visit_type, expected) in [
        ("2026-11-24", "09:30", "consultation", Outcome::Done),
        ("2026-11-24", "09:30", "consultation", Outcome::Conflict),
        ("2026-11-24", "09:00", "minor-surgery", Outcome::Conflict),
        ("2026-11-24", "10:00", "consultation", Outcome::Done),
        ("2026-11-24", "12:30", "consultation", Outcome::Refused),
        ("2026-11-24", "06:00", "consultation", Outcome::Refused),
        ("2026-11-20", "10:00", "consultation", Outcome::Refused),
        ("2026-11-28", "10:00", "consultation", Outcome::Refused),
        ("2027-11-24", "10:00", "consultation", Outcome::Refused),
        ("2026-11-31", "10:00", "consultation", Outcome::Refused),
        ("2026-11-24", "11:00", "dancing", Outcome::Refused),
    ] {
        let form = form_booking(&pages, pages.the(Role::Receptionist), day, time, visit_type);
        let program = json_booking(&programs, programs.the(Role::Receptionist), day, time, visit_type);
        assert_eq!(both(form, program).await, (expected, expected), "{day} {time} {visit_type}");
    }
    let counts = [&pages, &programs].map(|clinic| clinic.state.services.storage_status().totals.appointments);
    assert_eq!(counts, [2, 2]);
}

#[tokio::test]
async fn a_patient_books_and_cancels_by_the_same_rules() {
    let (pages, programs) = (clinic().await, clinic().await);
    let slot = format!("{}~2026-11-24~09:30", pages.the(Role::Doctor).id);
    let wish = json!({
        "doctorId": programs.the(Role::Doctor).id,
        "start": "2026-11-24T09:30",
        "visitType": "consultation",
    });
    for expected in [Outcome::Done, Outcome::Conflict] {
        let form = pages
            .post("/appointments/book/hold")
            .browser(pages.the(Role::Patient))
            .form(&[("type", "consultation"), ("slot", &slot)]);
        let program =
            programs.post("/api/appointments/holds").bearer(programs.the(Role::Patient)).json(wish.clone());
        assert_eq!(both(form, program).await, (expected, expected), "hold");
        if expected == Outcome::Done {
            let form = pages.post("/appointments/book").browser(pages.the(Role::Patient)).form(&[
                ("type", "consultation"),
                ("hold", "1"),
                ("reason", "My knee"),
            ]);
            let program = programs
                .post("/api/appointments/holds/1/confirm")
                .bearer(programs.the(Role::Patient))
                .json(json!({"reason": "My knee"}));
            assert_eq!(both(form, program).await, (expected, expected), "confirm");
        }
    }
    for (version, expected) in [(9, Outcome::Conflict), (2, Outcome::Done)] {
        let number = version.to_string();
        let form = pages
            .post("/appointments/1/cancel")
            .browser(pages.the(Role::Patient))
            .form(&[("version", &number), ("reason", "Away")]);
        let program = programs
            .post("/api/appointments/1/cancellation")
            .bearer(programs.the(Role::Patient))
            .if_match(version)
            .json(json!({"reason": "Away"}));
        assert_eq!(both(form, program).await, (expected, expected), "{version}");
    }
}

#[tokio::test]
async fn of_64_who_want_one_slot_by_form_and_by_program_one_gets_it() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let tries = (0..64).map(|serial| {
        let call = if serial % 2 == 0 {
            form_booking(&clinic, desk, "2026-11-24", "09:30", "consultation")
        } else {
            json_booking(&clinic, desk, "2026-11-24", "09:30", "consultation")
        };
        async move { Outcome::of(&call.send().await) }
    });
    let outcomes = join_all(tries).await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Done).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Conflict).count(), 63);
}

#[tokio::test]
async fn a_record_is_written_by_the_same_rules() {
    let (pages, programs) = (clinic().await, clinic().await);
    for clinic in [&pages, &programs] {
        json_booking(clinic, clinic.the(Role::Receptionist), "2026-11-23", "10:00", "follow-up")
            .expect(201)
            .await;
    }
    for (role, name, pulse, expected) in [
        (Role::Nurse, "Nina Okafor", "72", Outcome::Done),
        (Role::Nurse, "Nina Okafor", "900", Outcome::Refused),
        (Role::Nurse, "Nina Okafor", "", Outcome::Refused),
        (Role::Doctor, "Dr Amina Rahman", "72", Outcome::Done),
        (Role::Doctor, "Dr Owen Price", "72", Outcome::Hidden),
        (Role::Receptionist, "Grace Hall", "72", Outcome::Forbidden),
        (Role::Patient, "Marta Kowalska", "72", Outcome::Forbidden),
    ] {
        let patient = pages.the(Role::Patient).patient.unwrap();
        let form = pages
            .post(&format!("/medical-records/{patient}/vitals"))
            .browser(pages.named(name))
            .form(&[("pulse", pulse)]);
        let patient = programs.the(Role::Patient).patient.unwrap();
        let program = programs
            .post(&format!("/api/patients/{patient}/vitals"))
            .bearer(programs.named(name))
            .json(json!({"pulse": pulse}));
        assert_eq!(both(form, program).await, (expected, expected), "{role} {name} {pulse}");
    }
}

#[tokio::test]
async fn a_note_is_signed_by_the_same_rules() {
    let (pages, programs) = (clinic().await, clinic().await);
    for clinic in [&pages, &programs] {
        json_booking(clinic, clinic.the(Role::Receptionist), "2026-11-23", "10:00", "follow-up")
            .expect(201)
            .await;
        let path = format!("/api/patients/{}/notes", clinic.the(Role::Patient).patient.unwrap());
        let note = json!({"assessment": "Migraine"});
        clinic.post(&path).bearer(clinic.the(Role::Doctor)).json(note).expect(201).await;
    }
    for (name, version, expected) in [
        ("Dr Amina Rahman", 7, Outcome::Conflict),
        ("Dr Owen Price", 1, Outcome::Hidden),
        ("Grace Hall", 1, Outcome::Forbidden),
        ("Dr Amina Rahman", 1, Outcome::Done),
        ("Dr Amina Rahman", 2, Outcome::Conflict),
    ] {
        let number = version.to_string();
        let form = pages
            .post("/medical-records/notes/1/sign")
            .browser(pages.named(name))
            .form(&[("version", &number)]);
        let program =
            programs.post("/api/medicalrecords/1/signature").bearer(programs.named(name)).if_match(version);
        assert_eq!(both(form, program).await, (expected, expected), "{name} {version}");
    }
}

#[tokio::test]
async fn a_bill_is_paid_by_the_same_rules() {
    let (pages, programs) = (clinic().await, clinic().await);
    let mut bills = Vec::new();
    for clinic in [&pages, &programs] {
        bills.push(stranger(clinic).await.bill);
    }
    for (name, version, amount, method, expected) in [
        ("Sam Lee", 2, "60.01", "cash", Outcome::Refused),
        ("Sam Lee", 2, "0", "cash", Outcome::Refused),
        ("Sam Lee", 2, "10", "shells", Outcome::Refused),
        ("Sam Lee", 1, "10", "cash", Outcome::Conflict),
        ("Tom Baker", 2, "10", "cash", Outcome::Refused),
        ("Marta Kowalska", 2, "10", "card", Outcome::Hidden),
        ("Nina Okafor", 2, "10", "card", Outcome::Forbidden),
        ("Grace Hall", 2, "10.50", "cash", Outcome::Done),
        ("Tom Baker", 3, "49.50", "card", Outcome::Done),
    ] {
        let number = version.to_string();
        let form = pages.post(&format!("/billing/{}/pay", bills[0])).browser(pages.named(name)).form(&[
            ("version", &number),
            ("amount", amount),
            ("method", method),
        ]);
        let program = programs
            .post(&format!("/api/billings/{}/payments", bills[1]))
            .bearer(programs.named(name))
            .if_match(version)
            .json(json!({"amount": amount, "method": method}));
        assert_eq!(both(form, program).await, (expected, expected), "{name} {version} {amount} {method}");
    }
}

#[tokio::test]
async fn a_refund_is_asked_for_and_decided_by_the_same_rules() {
    let (pages, programs) = (clinic().await, clinic().await);
    let mut bills = Vec::new();
    for clinic in [&pages, &programs] {
        bills.push(stranger(clinic).await.refund_bill);
    }
    // The front desk asked for 10 of the 60 that were paid.
    for (name, version, step, typed, expected) in [
        ("Grace Hall", 4, "", ("10", "Again"), Outcome::Conflict),
        ("Grace Hall", 4, "/1/approve", ("cash", ""), Outcome::Forbidden),
        ("Marta Kowalska", 4, "/1/withdraw", ("", ""), Outcome::Hidden),
        ("Sam Lee", 4, "/1/withdraw", ("", ""), Outcome::Conflict),
        ("Sam Lee", 3, "/1/approve", ("cash", ""), Outcome::Conflict),
        ("Sam Lee", 4, "/1/approve", ("shells", ""), Outcome::Refused),
        ("Sam Lee", 4, "/2/approve", ("cash", ""), Outcome::Hidden),
        ("Sam Lee", 4, "/1/approve", ("cash", ""), Outcome::Done),
        ("Olivia Bennett", 5, "/1/decline", ("", "Too late"), Outcome::Conflict),
        ("Olivia Bennett", 5, "", ("10", "Mine"), Outcome::Forbidden),
        ("Sam Lee", 5, "", ("50.01", "Too much"), Outcome::Refused),
        ("Sam Lee", 5, "", ("50", ""), Outcome::Refused),
        ("Sam Lee", 5, "", ("50", "All of it"), Outcome::Done),
        ("Sam Lee", 6, "/2/approve", ("cash", ""), Outcome::Conflict),
        ("Sam Lee", 6, "/2/decline", ("", "Mine"), Outcome::Conflict),
        ("Olivia Bennett", 6, "/2/decline", ("", " "), Outcome::Refused),
        ("Olivia Bennett", 6, "/2/decline", ("", "Not due"), Outcome::Done),
        ("Tom Baker", 7, "", ("50", "Paid twice"), Outcome::Done),
        ("Tom Baker", 8, "/3/withdraw", ("", ""), Outcome::Done),
    ] {
        let number = version.to_string();
        let (first, second) = typed;
        let fields = [("version", &*number), ("amount", first), ("method", first), ("reason", second)];
        let page = if step.is_empty() { "/new" } else { step };
        let form = pages.post(&format!("/billing/{}/refunds{page}", bills[0]));
        let program = programs.post(&format!("/api/billings/{}/refunds{step}", bills[1]));
        let program = program.bearer(programs.named(name)).if_match(version);
        let program = match step.rsplit('/').next() {
            Some("approve") => program.json(json!({"method": first})),
            Some("decline") => program.json(json!({"reason": second})),
            Some("withdraw") => program,
            _ => program.json(json!({"amount": first, "reason": second})),
        };
        let form = form.browser(pages.named(name)).form(&fields);
        assert_eq!(both(form, program).await, (expected, expected), "{name} {version} {step} {typed:?}");
    }
}

#[tokio::test]
async fn accounts_are_made_by_the_same_rules() {
    let (pages, programs) = (clinic().await, clinic().await);
    for (username, email, password, expected) in [
        ("ada", "ada@example.org", "lemon trees at noon", Outcome::Done),
        ("ada", "other@example.org", "lemon trees at noon", Outcome::Refused),
        ("other", "ADA@example.org", "lemon trees at noon", Outcome::Refused),
        ("third", "third@example", "lemon trees at noon", Outcome::Refused),
        ("third", "third@example.org", "short", Outcome::Refused),
        ("third", "third@example.org", "password1", Outcome::Refused),
        ("", "third@example.org", "lemon trees at noon", Outcome::Refused),
    ] {
        let form = pages.post("/signup").header("sec-fetch-site", "same-origin").form(&[
            ("givenName", "Ada"),
            ("familyName", "Lovelace"),
            ("birthDate-day", "10"),
            ("birthDate-month", "12"),
            ("birthDate-year", "1985"),
            ("username", username),
            ("email", email),
            ("password", password),
        ]);
        let body = json!({"username": username, "email": email, "password": password});
        let program = programs.post("/api/signup").json(body);
        assert_eq!(both(form, program).await, (expected, expected), "{username} {email} {password}");
    }
}

#[tokio::test]
async fn a_form_that_is_refused_keeps_what_was_typed_but_no_password() {
    let clinic = clinic().await;
    let form = [("login", "marta.kowalska@example.org"), ("password", "not my secret")];
    let reply = clinic.post("/").header("sec-fetch-site", "same-origin").form(&form).expect(422).await;
    assert!(reply.text().contains("marta.kowalska@example.org"));
    assert!(!reply.text().contains("not my secret"));
    assert!(reply.text().contains("<title>Error: "));
}

#[tokio::test]
async fn forms_of_other_types_and_sizes_are_error_pages() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let post = |content_type: &str, body: Vec<u8>| {
        clinic.post("/patients/new").browser(desk).header("content-type", content_type).bytes(body)
    };
    let form = "application/x-www-form-urlencoded";
    for (call, status) in [
        (post("application/json", b"{}".to_vec()), 415),
        (post("multipart/form-data; boundary=x", b"--x--".to_vec()), 415),
        (post(form, vec![b'a'; 10 * 1024 * 1024]), 413),
        (post(form, b"givenName=%ff%fe".to_vec()), 400),
        (post(form, b"givenName=\xff".to_vec()), 400),
    ] {
        let reply = call.expect(status).await;
        assert!(reply.header("content-type").starts_with("text/html"), "{status}");
        assert!(reply.text().contains("<h1"), "{status}");
    }
}
