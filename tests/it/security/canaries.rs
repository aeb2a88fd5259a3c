//! What stands in a stranger's files is shown to whom the policy lets see it, and in no page, answer or payload of
//! anyone else.

use crate::harness::{Clinic, Person, Stranger, clinic, crawl, regular, stranger};
use crate::matrix::row::Row;
use crate::matrix::rows;
use domain::policy::{Decision, Scope};
use domain::{Action, Relation, Role, decide};
use serde_json::{Value, json};

/// A word that stands in one field and nowhere else.
struct Canary {
    field: &'static str,
    word: &'static str,
    /// Whoever may do one of these sees it.
    seen_by: &'static [Action],
    /// Whether it is kept from those who may see the work of their role only.
    is_withheld: bool,
}

const fn canary(field: &'static str, word: &'static str, seen_by: &'static [Action]) -> Canary {
    Canary { field, word, seen_by, is_withheld: false }
}

const NAME: &[Action] =
    &[Action::ReadDemographics, Action::SearchPatients, Action::ReadAppointments, Action::ReadInvoices];
const DEMOGRAPHICS: &[Action] = &[Action::ReadDemographics];
const VISIT: &[Action] = &[Action::ReadAppointments];
const RECORD: &[Action] = &[Action::ReadRecord];
const TEAM: &[Action] = &[Action::ReadCareTeam];
const BILL: &[Action] = &[Action::ReadInvoices];

const CANARIES: [Canary; 25] = [
    canary("givenName", "Zqgiven", NAME),
    canary("familyName", "Zqfamily", NAME),
    canary("address", "Zqaddress", DEMOGRAPHICS),
    canary("insurance", "Zqinsurance", DEMOGRAPHICS),
    Canary { is_withheld: true, ..canary("email", "zqemail", DEMOGRAPHICS) },
    Canary { is_withheld: true, ..canary("phone", "07700 900765", DEMOGRAPHICS) },
    canary("account", "tom.baker@example.org", &[Action::ReadUsers]),
    canary("visit reason", "Zqvisitreason", VISIT),
    canary("overbook reason", "Zqoverbook", VISIT),
    canary("cancellation", "Zqcancellation", VISIT),
    canary("subjective", "Zqsubjective", RECORD),
    canary("objective", "Zqobjective", RECORD),
    canary("assessment", "Zqassessment", RECORD),
    canary("plan", "Zqplan", RECORD),
    canary("draft", "Zqunsigned", RECORD),
    canary("addendum", "Zqaddendum", RECORD),
    canary("substance", "Zqsubstance", RECORD),
    canary("reaction", "Zqreaction", RECORD),
    canary("medicine", "Zqmedicine", RECORD),
    canary("dosage", "Zqdosage", RECORD),
    canary("problem", "Zqproblem", RECORD),
    canary("care team", "Zqteam", TEAM),
    canary("bill line", "Zqline", BILL),
    canary("draft bill line", "Zqdraftline", BILL),
    canary("refund reason", "Zqrefundreason", &[Action::ReadRefunds]),
];

/// Writes every word where it belongs: into the files of Tom, whom nobody sees these days.
async fn plant(clinic: &Clinic, of: &Stranger) {
    let (desk, price, clerk) =
        (clinic.the(Role::Receptionist), clinic.named("Dr Owen Price"), clinic.the(Role::Billing));
    let path = format!("/api/patients/{}", of.patient);
    let version = clinic.get(&path).bearer(desk).expect(200).await.version();
    let details = json!({
        "givenName": "Zqgiven", "familyName": "Zqfamily", "birthDate": "1980-01-01", "address": "Zqaddress",
        "insurance": "Zqinsurance", "email": "zqemail@example.org", "phone": "07700 900765",
    });
    clinic.put(&path).bearer(desk).if_match(version).json(details).expect(204).await;
    let visit = |start: &str, overbook: &str| {
        json!({"patientId": of.patient, "doctorId": of.doctor.parse::<u64>().unwrap(), "start": start,
            "visitType": "consultation", "reason": "Zqvisitreason", "overbookReason": overbook})
    };
    let post = |person, path: String, body: Value| clinic.post(&path).bearer(person).json(body).expect(201);
    // A visit near enough to write about, and one in its way.
    let near = post(desk, "/api/appointments".to_owned(), visit("2026-11-26T10:00", "")).await;
    let over = post(desk, "/api/appointments".to_owned(), visit("2027-01-13T10:00", "Zqoverbook")).await;
    let write = |kind: &str, body: Value| post(price, format!("/api/patients/{}/{kind}", of.patient), body);
    let words = json!({"subjective": "Zqsubjective", "objective": "Zqobjective", "assessment": "Zqassessment",
        "plan": "Zqplan"});
    let note = write("notes", words).await.id();
    clinic.post(&format!("/api/medicalrecords/{note}/signature")).bearer(price).if_match(1).expect(200).await;
    let addenda = clinic.post(&format!("/api/medicalrecords/{note}/addenda")).bearer(price).if_match(2);
    addenda.json(json!({"text": "Zqaddendum"})).expect(200).await;
    let member = json!({"userId": price.id, "reason": "Zqteam"});
    post(desk, format!("{path}/care-team"), member).await;
    write("notes", json!({"plan": "Zqunsigned"})).await;
    write("allergies", json!({"substance": "Zqsubstance", "reaction": "Zqreaction", "severity": "severe"}))
        .await;
    write("medicines", json!({"name": "Zqmedicine", "dosage": "Zqdosage", "days": 7})).await;
    write("problems", json!({"name": "Zqproblem"})).await;
    for (line, is_issued) in [("Zqline", true), ("Zqdraftline", false)] {
        let lines = json!([{"description": line, "unitAmount": "60.00"}]);
        let body = json!({"patientId": of.patient, "lines": lines});
        let bill = post(clerk, "/api/billings".to_owned(), body).await.id();
        if is_issued {
            clinic.post(&format!("/api/billings/{bill}/issue")).bearer(clerk).if_match(1).expect(200).await;
            let (pay, ask) =
                (format!("/api/billings/{bill}/payments"), format!("/api/billings/{bill}/refunds"));
            let paid = json!({"amount": "60.00", "method": "card"});
            clinic.post(&pay).bearer(clerk).if_match(2).json(paid).expect(200).await;
            let refund = json!({"amount": "5.00", "reason": "Zqrefundreason"});
            clinic.post(&ask).bearer(clinic.named("Tom Baker")).if_match(3).json(refund).expect(201).await;
        }
    }
    for visit in [near.id(), over.id()] {
        let cancel = clinic.post(&format!("/api/appointments/{visit}/cancellation")).bearer(desk).if_match(1);
        cancel.json(json!({"reason": "Zqcancellation"})).expect(200).await;
    }
}

/// Everything that a caller is told: pages, files, answers to programs and to islands.
async fn everything(clinic: &Clinic, person: Option<&Person>, objects: &[Stranger]) -> Vec<(String, String)> {
    let readable: Vec<(&Row, &Stranger)> =
        rows().flat_map(|row| objects.iter().map(move |of| (row, of))).collect();
    let paths: Vec<String> = readable
        .iter()
        .filter(|(row, _)| row.method() == "GET")
        .map(|(row, of)| row.path(&row.id(of)))
        .chain(["/patients?q=Zq", "/api/patients?text=Zq", "/api/patients?q=Zq"].map(str::to_owned))
        .chain(objects.iter().map(|of| format!("/api/appointments?patient={}", of.patient)))
        .chain(objects.iter().map(|of| format!("/api/billings?patient={}", of.patient)))
        .chain(["2026-11-25", "2026-11-26", "2027-01-13"].map(|day| format!("/appointments?date={day}")))
        .collect();
    let mut told: Vec<(String, String)> =
        crawl(clinic, person, &paths).await.into_iter().map(|(path, reply)| (path, reply.text())).collect();
    // Answers to changes tell something too, and so do those to islands.
    for (row, of) in readable.iter().filter(|(row, _)| row.method() != "GET" && !row.ends_a_session()) {
        let id = row.id(of);
        let method = axum::http::Method::from_bytes(row.method().as_bytes()).unwrap();
        let call = clinic.call(method, &row.path(&id)).if_match(999);
        let call = if let Some(person) = person { call.browser(person) } else { call };
        let text = row.text(&id, of).replace("\"to\"", "\"Zq\"");
        let reply = call.header("content-type", row.content_type()).bytes(text).send().await;
        told.push((row.route.to_owned(), reply.text()));
    }
    told
}

fn may_see(person: &Person, canary: &Canary) -> bool {
    canary.seen_by.iter().any(|action| match decide(Some(person.role), *action, Relation::Other) {
        Decision::Allow(Scope::Limited) => !canary.is_withheld,
        Decision::Allow(_) => true,
        Decision::Deny => false,
    })
}

#[tokio::test]
async fn nobody_is_told_what_the_policy_keeps_from_them() {
    let clinic = clinic().await;
    let objects = [regular(&clinic).await, stranger(&clinic).await];
    plant(&clinic, &objects[1]).await;
    let people = [
        "Marta Kowalska",
        "Dr Amina Rahman",
        "Nina Okafor",
        "Grace Hall",
        "Sam Lee",
        "Olivia Bennett",
        "Henry Shaw",
    ];
    let mut seen = Vec::new();
    // The crawl is not blind: Tom and his doctor between them, and whoever is let, come across every word. They go first,
    // before an administrator gives Tom another password.
    for name in ["Tom Baker", "Dr Owen Price"] {
        let person = clinic.named(name).clone();
        let told = everything(&clinic, Some(&person), &objects).await;
        let shown = |canary: &&Canary| told.iter().any(|(_, text)| text.contains(canary.word));
        seen.extend(CANARIES.iter().filter(shown).map(|canary| canary.field));
    }
    for name in people {
        let person = clinic.named(name).clone();
        let told = everything(&clinic, Some(&person), &objects).await;
        for canary in &CANARIES {
            let place = told.iter().find(|(_, text)| text.contains(canary.word)).map(|(path, _)| path);
            if let Some(place) = place {
                assert!(may_see(&person, canary), "{name} is told the {} at {place}", canary.field);
                seen.push(canary.field);
            }
        }
    }
    for (path, text) in everything(&clinic, None, &objects).await {
        for canary in &CANARIES {
            assert!(!text.contains(canary.word), "anyone is told the {} at {path}", canary.field);
        }
    }
    let unseen: Vec<_> = CANARIES.iter().map(|it| it.field).filter(|field| !seen.contains(field)).collect();
    assert!(unseen.is_empty(), "nobody ever came across {unseen:?}");
}
