//! Two patients: every request that one can make is sent again with each id in it replaced by the other's. The answer is
//! that to an id that nobody has, byte for byte.

use crate::harness::{Clinic, Person, Stranger, clinic, crawl, dom, regular, stranger};
use crate::matrix::row::{UNKNOWN_NUMBER, UNKNOWN_PATIENT};
use crate::matrix::{likeness, rows};
use axum::http::Method;
use percent_encoding::NON_ALPHANUMERIC;
use std::collections::BTreeSet;

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Patient,
    User,
    Appointment,
    Note,
    Bill,
    Session,
}

impl Kind {
    /// What the segment of an address after this one names.
    fn after(segment: &str) -> Option<Self> {
        Some(match segment {
            "patients" | "medical-records" => Self::Patient,
            "users" => Self::User,
            "appointments" | "holds" => Self::Appointment,
            "notes" | "medicalrecords" | "unlinked" => Self::Note,
            "billing" | "billings" => Self::Bill,
            "sessions" => Self::Session,
            _ => return None,
        })
    }

    /// What a field or a parameter of this name names.
    fn of_field(name: &str) -> Option<Self> {
        Some(match name.trim_end_matches("Id") {
            "patient" => Self::Patient,
            "user" => Self::User,
            "appointment" | "visit" | "hold" => Self::Appointment,
            "note" | "record" => Self::Note,
            "bill" | "billing" | "invoice" => Self::Bill,
            "session" => Self::Session,
            _ => return None,
        })
    }

    fn unknown(self) -> &'static str {
        if self == Self::Patient { UNKNOWN_PATIENT } else { UNKNOWN_NUMBER }
    }

    fn ids(self, of: &Stranger, session: &str) -> Vec<String> {
        match self {
            Self::Patient => vec![of.patient.clone()],
            Self::User => vec![of.user.clone()],
            Self::Appointment => vec![of.appointment.clone(), of.soon.clone()],
            Self::Note => vec![of.note.clone(), of.draft.clone()],
            Self::Bill => vec![of.bill.clone(), of.draft_bill.clone(), of.refund_bill.clone()],
            Self::Session => vec![session.to_owned()],
        }
    }
}

/// A request as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Recorded {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    /// A form, or JSON.
    body: String,
    content_type: &'static str,
}

impl Recorded {
    fn new(method: &str, address: &str, body: String, content_type: &'static str) -> Self {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let query = serde_urlencoded::from_str(query).unwrap_or_default();
        Self { method: method.to_owned(), path: path.to_owned(), query, body, content_type }
    }

    /// The same with one id replaced: for each id in it, by each of these.
    fn swapped(&self, replacement: impl Fn(Kind) -> Vec<String>) -> Vec<(Kind, String, Self)> {
        let mut all = Vec::new();
        let mut add = |place: String, kind: Kind, put: &dyn Fn(&mut Self, String)| {
            for id in replacement(kind) {
                let mut other = self.clone();
                put(&mut other, id);
                all.push((kind, place.clone(), other));
            }
        };
        let segments: Vec<&str> = self.path.split('/').collect();
        for at in 1..segments.len() {
            let is_id = segments[at].len() == 26 || segments[at].chars().all(|digit| digit.is_ascii_digit());
            if let (Some(kind), true) = (Kind::after(segments[at - 1]), is_id && !segments[at].is_empty()) {
                add(format!("segment {at}"), kind, &|other, id| {
                    let mut segments = segments.clone();
                    segments[at] = &id;
                    other.path = segments.join("/");
                });
            }
        }
        for (at, (name, _)) in self.query.iter().enumerate() {
            if let Some(kind) = Kind::of_field(name) {
                add(format!("query {name}"), kind, &|other, id| other.query[at].1 = id);
            }
        }
        if self.content_type.ends_with("urlencoded") {
            let fields: Vec<(String, String)> = serde_urlencoded::from_str(&self.body).unwrap_or_default();
            for (at, (name, _)) in fields.iter().enumerate() {
                if let Some(kind) = Kind::of_field(name) {
                    add(format!("field {name}"), kind, &|other, id| {
                        let mut fields = fields.clone();
                        fields[at].1 = id;
                        other.body = serde_urlencoded::to_string(fields).unwrap();
                    });
                }
            }
        } else if let Ok(serde_json::Value::Object(members)) = serde_json::from_str(&self.body) {
            for (name, value) in &members {
                if let Some(kind) = Kind::of_field(name) {
                    add(format!("member {name}"), kind, &|other, id| {
                        let mut members = members.clone();
                        let id =
                            if value.is_number() { id.parse::<u64>().unwrap().into() } else { id.into() };
                        members.insert(name.clone(), id);
                        other.body = serde_json::Value::Object(members).to_string();
                    });
                }
            }
        }
        all
    }

    fn address(&self) -> String {
        let query = serde_urlencoded::to_string(&self.query).unwrap();
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }

    async fn likeness(&self, clinic: &Clinic, person: &Person, id: &str) -> String {
        let method = Method::from_bytes(self.method.as_bytes()).unwrap();
        let call = clinic.call(method, &self.address()).browser(person).header("x-request-id", "swap");
        let call = call.if_match(1).header("content-type", self.content_type).bytes(self.body.clone());
        // What was asked for stands in the answer as it was asked for.
        let told = format!("{:?}", likeness(&call.send().await, &self.path));
        let encoded = |text: &str| percent_encoding::utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let told = told.replace(&encoded(&self.address()), "ADDRESS").replace(&encoded(&self.path), "PATH");
        let told = without_keys(&told);
        if id.len() == UNKNOWN_PATIENT.len() { told.replace(id, "ID") } else { told }
    }
}

/// Every form that is shown has a new key.
fn without_keys(told: &str) -> String {
    const FIELD: &str = r#"name=\"idempotencyKey\" value=\""#;
    let mut parts = told.split(FIELD);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('"').map_or(part, |(_, rest)| rest))
}

/// All requests that a patient's own pages lead to, and all that programs may send for them.
async fn record(clinic: &Clinic, person: &Person, of: &Stranger) -> BTreeSet<Recorded> {
    let own: Vec<_> = rows().map(|row| (row, row.id(of))).collect();
    let mut recorded: BTreeSet<Recorded> = own
        .iter()
        .filter(|(row, _)| !row.ends_a_session())
        .map(|(row, id)| Recorded::new(row.method(), &row.path(id), row.text(id, of), row.content_type()))
        .collect();
    let pages: Vec<String> =
        own.iter().filter(|(row, _)| row.method() == "GET").map(|(row, id)| row.path(id)).collect();
    for (path, reply) in crawl(clinic, Some(person), &pages).await {
        for form in dom::forms(&path, &reply.text()) {
            let fields: Vec<(&str, &str)> = form
                .fields
                .iter()
                .filter(|(name, ..)| name != "idempotencyKey")
                .map(|(name, value, _)| (name.as_str(), value.as_str()))
                .collect();
            let text = serde_urlencoded::to_string(fields).unwrap();
            if form.action.contains("/signout") || form.action.contains("end-others") {
                continue;
            }
            recorded.insert(if form.is_post {
                Recorded::new("POST", &form.action, text, "application/x-www-form-urlencoded")
            } else {
                Recorded::new("GET", &format!("{}?{text}", form.action), String::new(), "")
            });
        }
        recorded.insert(Recorded::new("GET", &path, String::new(), ""));
    }
    let document = clinic.get("/api/openapi.json").expect(200).await.json();
    for (path, item) in document["paths"].as_object().unwrap() {
        for parameter in item["get"]["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            if let (Some(kind), Some("query"), false) =
                (Kind::of_field(name), parameter["in"].as_str(), path.contains('{'))
            {
                let id = kind.ids(of, "1").remove(0);
                recorded.insert(Recorded::new("GET", &format!("{path}?{name}={id}"), String::new(), ""));
            }
        }
    }
    recorded
}

async fn swap(clinic: &Clinic, name: &str, own: &Stranger, others: &Stranger) -> usize {
    let person = clinic.named(name).clone();
    let mut compared = 0;
    let mut unlike = Vec::new();
    for request in record(clinic, &person, own).await {
        for (kind, place, foreign) in request.swapped(|kind| kind.ids(others, "2")) {
            let unknown = request.swapped(|kind| vec![kind.unknown().to_owned()]);
            let (_, _, unknown) = unknown.into_iter().find(|(_, other, _)| *other == place).unwrap();
            let ids = kind.ids(others, "2");
            let id = ids.iter().find(|id| foreign.address().contains(*id)).unwrap_or(&ids[0]);
            let told = foreign.likeness(clinic, &person, id).await;
            let expected = unknown.likeness(clinic, &person, kind.unknown()).await;
            if told != expected {
                unlike.push(format!("{} {} {place}", foreign.method, foreign.address()));
            }
            compared += 1;
        }
    }
    assert!(unlike.is_empty(), "{name}: {unlike:#?}");
    compared
}

#[tokio::test]
async fn anothers_id_is_answered_like_one_that_nobody_has() {
    let clinic = clinic().await;
    let (marta, tom) = (regular(&clinic).await, stranger(&clinic).await);
    let compared = swap(&clinic, "Marta Kowalska", &marta, &tom).await;
    let compared = compared + swap(&clinic, "Tom Baker", &tom, &marta).await;
    assert!(compared > 300, "{compared}");
}
