//! Every route and server function × every kind of caller × own and foreign objects: what must come follows from the
//! policy table.

mod api;
mod pages;
pub mod row;
pub mod source;

use crate::harness::{CANARY, Clinic, Person, Reply, Stranger, clinic, regular, stranger};
use axum::http::Method;
use domain::Role;
use row::{Body, Expected, Row, What};
use serde_json::json;
use std::collections::BTreeSet;

/// The rows of all routes.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    api::ROWS.iter().chain(pages::ROWS)
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let tabled: BTreeSet<String> = rows().map(|row| row.route.to_owned()).collect();
    let written = source::routes();
    let missing: Vec<_> = written.difference(&tabled).collect();
    let gone: Vec<_> = tabled.difference(&written).collect();
    assert!(missing.is_empty() && gone.is_empty(), "without a row: {missing:#?}\nwithout a route: {gone:#?}");
}

/// Sends a row's example; programs show a token, browsers a cookie.
async fn send(clinic: &Clinic, row: &Row, person: Option<&Person>, id: &str, stranger: &Stranger) -> Reply {
    let method = Method::from_bytes(row.method().as_bytes()).unwrap();
    let mut call = clinic.call(method, &row.path(id)).header("x-request-id", "matrix").if_match(999);
    if let Some(person) = person {
        call = if row.is_api() { call.bearer(person) } else { call.browser(person) };
    }
    let text = row.text(id, stranger);
    match row.body {
        Body::Nothing => call,
        Body::Json(_) => call.header("content-type", "application/json").bytes(text),
        Body::Form(_) => call.header("content-type", "application/x-www-form-urlencoded").bytes(text),
    }
    .send()
    .await
}

fn check(row: &Row, caller: Option<&Person>, of: &Stranger, reply: &Reply) -> Result<(), String> {
    let status = reply.status.as_u16();
    let expected = row.expected(caller, of);
    let right = match expected {
        Expected::SignInFirst if row.is_api() || row.route.contains("/rpc/") => status == 401,
        Expected::SignInFirst => {
            status == 303 && (reply.location() == "/" || reply.location().starts_with("/?next="))
        }
        Expected::Forbidden if row.is_api() => status == 403,
        Expected::Forbidden | Expected::Refused => matches!(status, 403 | 404),
        Expected::NotFound => status == 404,
        Expected::Served => row.served.contains(&status),
    };
    let who = caller.map_or("nobody", |caller| caller.name);
    if expected != Expected::Served && reply.text().contains(CANARY) {
        return Err(format!("{} tells {who} what stands in a record", row.route));
    }
    if right {
        Ok(())
    } else {
        let whose = if of.is_expected { "Marta's" } else { "Tom's" };
        Err(format!("{} of {whose} as {who}: {status} instead of {expected:?} {:?}", row.route, row.served))
    }
}

async fn fresh(clinic: &Clinic, person: &Person) -> Person {
    let body = json!({"email": person.username, "password": crate::harness::PASSWORD});
    let answer = clinic.post("/api/login").json(body).expect(200).await.json();
    Person { token: answer["token"].as_str().unwrap().to_owned(), ..person.clone() }
}

/// Who calls.
#[derive(Clone, Copy, Debug)]
enum Who {
    /// Nobody signed in.
    Nobody,
    /// Someone signed in.
    Named(&'static str),
    /// Someone whose account is disabled.
    Disabled(&'static str),
    /// Someone whose session is over.
    Expired(&'static str),
    /// A clinician who opened Tom's record in an emergency.
    InEmergency(&'static str),
    /// A clinician who did so an hour ago.
    AfterEmergency(&'static str),
    /// A clinician who did so and closed it again.
    ClosedEmergency(&'static str),
}

/// Everyone for whom something else may follow. Marta's own doctor is Dr Rahman; Dr Price has nothing to do with her,
/// nor has Tom, the other patient.
const CALLERS: [Who; 29] = [
    Who::Nobody,
    Who::Named("Marta Kowalska"),
    Who::Named("Tom Baker"),
    Who::Named("Dr Amina Rahman"),
    Who::Named("Dr Owen Price"),
    Who::Named("Nina Okafor"),
    Who::Named("Grace Hall"),
    Who::Named("Sam Lee"),
    Who::Named("Olivia Bennett"),
    Who::Named("Henry Shaw"),
    Who::Disabled("Marta Kowalska"),
    Who::Disabled("Dr Amina Rahman"),
    Who::Disabled("Nina Okafor"),
    Who::Disabled("Grace Hall"),
    Who::Disabled("Sam Lee"),
    Who::Disabled("Henry Shaw"),
    Who::Disabled("Tom Baker"),
    Who::Expired("Marta Kowalska"),
    Who::Expired("Dr Amina Rahman"),
    Who::Expired("Nina Okafor"),
    Who::Expired("Grace Hall"),
    Who::Expired("Sam Lee"),
    Who::Expired("Olivia Bennett"),
    Who::Expired("Henry Shaw"),
    Who::InEmergency("Dr Amina Rahman"),
    Who::InEmergency("Nina Okafor"),
    Who::AfterEmergency("Dr Amina Rahman"),
    Who::AfterEmergency("Nina Okafor"),
    Who::ClosedEmergency("Dr Amina Rahman"),
];

/// What a caller sends by the time of the requests, and who that is by then; `foreign` is what belongs to Tom.
async fn arrive(clinic: &Clinic, who: Who, foreign: &mut Stranger) -> (Option<Person>, Option<Person>) {
    let known = |person: &Person| (Some(person.clone()), Some(person.clone()));
    match who {
        Who::Nobody => (None, None),
        Who::Named(name) => known(clinic.named(name)),
        Who::Disabled(name) => {
            disable(clinic, clinic.named(name)).await;
            (Some(clinic.named(name).clone()), None)
        }
        Who::Expired(name) => {
            clinic.wait(60 * 24 * 31);
            (Some(clinic.named(name).clone()), None)
        }
        Who::InEmergency(name) => {
            break_glass(clinic, clinic.named(name), foreign).await;
            foreign.opened_by = Some(clinic.named(name).id);
            known(clinic.named(name))
        }
        Who::AfterEmergency(name) => {
            break_glass(clinic, clinic.named(name), foreign).await;
            clinic.wait(60);
            known(&fresh(clinic, clinic.named(name)).await)
        }
        Who::ClosedEmergency(name) => {
            break_glass(clinic, clinic.named(name), foreign).await;
            let path = format!("/api/patients/{}/emergency-access", foreign.patient);
            clinic.call(Method::DELETE, &path).bearer(clinic.named(name)).expect(204).await;
            known(clinic.named(name))
        }
    }
}

/// Opens the patient's record for an hour.
async fn break_glass(clinic: &Clinic, person: &Person, of: &Stranger) {
    let body = json!({"reason": "Collapsed in the waiting room", "password": crate::harness::PASSWORD});
    let path = format!("/api/patients/{}/emergency-access", of.patient);
    clinic.post(&path).bearer(person).json(body).expect(201).await;
}

/// Every row × one caller × the objects of both patients.
async fn walk(who: Who) {
    let clinic = clinic().await;
    let mut objects = [regular(&clinic).await, stranger(&clinic).await];
    let (mut sent, known) = arrive(&clinic, who, &mut objects[1]).await;
    let mut wrong = Vec::new();
    for of in &objects {
        for row in rows() {
            let reply = send(&clinic, row, sent.as_ref(), &row.id(of), of).await;
            wrong.extend(check(row, known.as_ref(), of, &reply).err());
            let Some(known) = &known else { continue };
            if row.ends_a_session() {
                sent = Some(fresh(&clinic, known).await);
            }
            if row.ends_an_emergency() && of.opened_by == Some(known.id) {
                // The rows' wrong passwords made a pause.
                clinic.wait(15);
                let anew = fresh(&clinic, known).await;
                break_glass(&clinic, &anew, of).await;
                sent = Some(anew);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn disable(clinic: &Clinic, person: &Person) {
    let admin = clinic.the(Role::Admin);
    let path = format!("/api/users/{}", person.id);
    let version = clinic.get(&path).bearer(admin).expect(200).await.version();
    clinic.patch(&path).bearer(admin).if_match(version).json(json!({"status": "disabled"})).expect(200).await;
}

macro_rules! walks {
    ($($name:ident $at:literal)*) => {
        $(#[tokio::test]
        async fn $name() {
            walk(CALLERS[$at]).await;
        })*

        #[test]
        fn every_caller_walks() {
            assert_eq!([$($at),*], core::array::from_fn::<usize, { CALLERS.len() }, _>(|at| at));
            // Routes × callers × the objects of two patients; the number only grows.
            assert!(rows().count() * CALLERS.len() * 2 >= 12_500, "{}", rows().count() * CALLERS.len() * 2);
        }
    };
}
walks! {
    nobody_gets_in_without_signing_in 0
    a_patient_gets_what_patients_may 1
    another_patient_gets_what_patients_may 2
    a_doctor_gets_what_doctors_may 3
    a_doctor_of_others_gets_what_doctors_may 4
    a_nurse_gets_what_nurses_may 5
    a_receptionist_gets_what_receptionists_may 6
    a_billing_clerk_gets_what_billing_clerks_may 7
    an_administrator_gets_what_administrators_may 8
    an_auditor_gets_what_auditors_may 9
    a_disabled_patient_is_nobody 10
    a_disabled_doctor_is_nobody 11
    a_disabled_nurse_is_nobody 12
    a_disabled_receptionist_is_nobody 13
    a_disabled_billing_clerk_is_nobody 14
    a_disabled_auditor_is_nobody 15
    another_disabled_patient_is_nobody 16
    a_patient_whose_session_is_over_is_nobody 17
    a_doctor_whose_session_is_over_is_nobody 18
    a_nurse_whose_session_is_over_is_nobody 19
    a_receptionist_whose_session_is_over_is_nobody 20
    a_billing_clerk_whose_session_is_over_is_nobody 21
    an_administrator_whose_session_is_over_is_nobody 22
    an_auditor_whose_session_is_over_is_nobody 23
    a_doctor_in_an_emergency_reads_that_record_and_writes_nothing 24
    a_nurse_in_an_emergency_reads_that_record_and_writes_nothing 25
    a_doctor_after_an_emergency_gets_what_doctors_may 26
    a_nurse_after_an_emergency_gets_what_nurses_may 27
    a_doctor_who_closed_a_record_gets_what_doctors_may 28
}

#[tokio::test]
async fn an_emergency_opens_reading_only() {
    let clinic = clinic().await;
    let opened = Stranger { opened_by: Some(clinic.the(Role::Nurse).id), ..stranger(&clinic).await };
    let closed = Stranger { opened_by: None, ..opened.clone() };
    let nurse = Some(clinic.the(Role::Nurse));
    let more = rows().filter(|row| row.expected(nurse, &opened) != row.expected(nurse, &closed));
    let more: BTreeSet<&str> = more.map(|row| row.route).collect();
    let reading = [
        "GET /api/medicalrecords/{id}",
        "GET /api/patients/{id}/record",
        "GET /medical-records/notes/{id}",
        "GET /medical-records/{patient}",
    ];
    // Of these an emergency opens the refusal: an entry of a record has its patient already.
    let linking = [
        "GET /medical-records/unlinked/{id}",
        "POST /medical-records/unlinked/{id}",
        "PUT /api/medicalrecords/{id}/patient",
    ];
    assert_eq!(more, reading.into_iter().chain(linking).collect());
}

/// The answer without what differs from one request to the next by itself.
pub fn likeness(reply: &Reply, path: &str) -> (u16, Vec<(String, String)>, String) {
    let policy = reply.header("content-security-policy");
    let nonce =
        policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or("-").to_owned();
    let plain = |text: &str| text.replace(&nonce, "NONCE").replace(path, "PATH");
    let headers =
        reply.headers.iter().map(|(name, value)| (name.to_string(), plain(value.to_str().unwrap())));
    let length = |(name, _): &(String, String)| name != "content-length";
    (reply.status.as_u16(), headers.filter(length).collect(), plain(&reply.text()))
}

#[tokio::test]
async fn a_strangers_object_and_an_unknown_one_are_answered_alike() {
    let clinic = clinic().await;
    let objects = [regular(&clinic).await, stranger(&clinic).await];
    let people = CALLERS.into_iter().filter_map(|who| match who {
        Who::Named(name) => Some(clinic.named(name).clone()),
        _ => None,
    });
    let mut compared = 0;
    for person in people {
        for (row, of) in rows().flat_map(|row| objects.iter().map(move |of| (row, of))) {
            // Clinicians may know every patient: the closed record of one says whose it is.
            let names_the_patient =
                row.route == "GET /medical-records/{patient}" && person.role.is_clinical();
            let is_hidden = row.expected(Some(&person), of) == Expected::NotFound;
            if row.what == What::None || !is_hidden || names_the_patient {
                continue;
            }
            let id = row.id(of);
            let foreign = send(&clinic, row, Some(&person), &id, of).await;
            let unknown = send(&clinic, row, Some(&person), row.unknown_id(), of).await;
            let (foreign, unknown) =
                (likeness(&foreign, &row.path(&id)), likeness(&unknown, &row.path(row.unknown_id())));
            assert_eq!(foreign, unknown, "{} as {}", row.route, person.name);
            compared += 1;
        }
    }
    assert!(compared > 150, "{compared}");
}
