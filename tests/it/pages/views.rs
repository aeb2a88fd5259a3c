//! The views of the schedule for staff: week, month, list, completing several visits, walk-ins.

use crate::harness::{Clinic, Person, clinic, dom};
use domain::Role;
use serde_json::{Value, json};

/// Books Marta with Dr Rahman and gives the appointment.
async fn book(clinic: &Clinic, start: &str) -> Value {
    let (marta, doctor) = (clinic.the(Role::Patient).patient, clinic.the(Role::Doctor).id);
    let body = json!({"patientId": marta, "doctorId": doctor, "start": start, "visitType": "consultation",
        "reason": "A sore knee"});
    let booked = clinic.post("/api/appointments").bearer(clinic.the(Role::Receptionist)).json(body);
    booked.expect(201).await.json()
}

/// Takes an appointment to a status and gives its version.
async fn step(clinic: &Clinic, id: &Value, version: u64, to: &str) -> u64 {
    let call = clinic.put(&format!("/api/appointments/{id}/status"));
    let call = call.bearer(clinic.the(Role::Receptionist)).if_match(version);
    call.json(json!({ "status": to })).expect(200).await.json()["version"].as_u64().unwrap()
}

async fn read(clinic: &Clinic, who: &Person, path: &str) -> String {
    clinic.get(path).browser(who).expect(200).await.text()
}

#[tokio::test]
async fn every_view_leads_to_the_others_with_its_day_and_doctor() {
    let clinic = clinic().await;
    let doctor = clinic.the(Role::Doctor).id;
    for who in [Role::Receptionist, Role::Doctor, Role::Nurse, Role::Billing] {
        for view in ["", "view=week&amp;", "view=month&amp;"] {
            let path = format!("/appointments?{view}date=2026-11-25&doctor={doctor}").replace("amp;", "");
            let page = read(&clinic, clinic.the(who), &path).await;
            for other in ["", "view=week&amp;", "view=month&amp;"] {
                let link = format!("href=\"/appointments?{other}date=2026-11-25&amp;doctor={doctor}\"");
                assert!(page.contains(&link), "{who:?} {path}: {link}");
            }
            let list = format!("/appointments?view=list&amp;from=2026-11-25&amp;doctor={doctor}");
            assert!(page.contains(&list), "{who:?} {path}");
            let board = page.contains("href=\"/appointments/board");
            assert_eq!(board, who != Role::Billing, "no way leads to what one may not see");
        }
    }
    clinic.get("/appointments?view=week").browser(clinic.the(Role::Admin)).expect(403).await;
}

#[tokio::test]
async fn a_week_shows_the_visits_and_free_times_of_a_doctor_and_the_load_of_all() {
    let clinic = clinic().await;
    let (desk, doctor) = (clinic.the(Role::Receptionist), clinic.the(Role::Doctor).id);
    let id = book(&clinic, "2026-11-25T09:30").await["id"].clone();
    let week = read(&clinic, desk, &format!("/appointments?view=week&date=2026-11-27&doctor={doctor}")).await;
    assert!(week.contains("23 to 29 November 2026") && week.contains("Marta Kowalska"));
    assert!(week.contains(&format!("/appointments/{id}")));
    let free = format!("/appointments/new?doctor={doctor}&amp;date=2026-11-26&amp;time=09%3A30");
    assert!(week.contains(&free), "a free cell leads to its booking");
    assert!(week.contains("date=2026-12-04") && week.contains("date=2026-11-20"), "the weeks beside");
    let all = read(&clinic, desk, "/appointments?view=week&date=2026-11-27").await;
    assert!(all.contains("Dr Amina Rahman, Wednesday 25 November 2026: 1 of 14 slots booked"));
    assert!(!all.contains("Marta"));
    // Those who do not book are offered no free times.
    let billing = clinic.the(Role::Billing);
    let read_only =
        read(&clinic, billing, &format!("/appointments?view=week&date=2026-11-27&doctor={doctor}")).await;
    assert!(!read_only.contains("+ Book"));
}

#[tokio::test]
async fn a_month_shows_how_full_its_days_are_and_which_are_closed() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    book(&clinic, "2026-11-25T09:30").await;
    let catalogue = clinic.get("/api/catalogue").bearer(desk).expect(200).await;
    let mut offered = catalogue.json();
    for of_answers in ["currency", "version"] {
        offered.as_object_mut().unwrap().remove(of_answers);
    }
    offered["holidays"] = json!([{"from": "2026-11-27", "until": "2026-11-27", "name": "Staff day"}]);
    let version: u64 = catalogue.header("etag").trim_matches('"').parse().unwrap();
    clinic.put("/api/catalogue").bearer(desk).if_match(version).json(offered).expect(204).await;
    let month = read(&clinic, desk, "/appointments?view=month&date=2026-11-25").await;
    assert!(month.contains("Wednesday 25 November 2026: Quiet, 1 of 28 slots booked, 27 free"));
    assert!(month.contains("Friday 27 November 2026: Closed: Staff day"));
    assert!(month.contains("Sunday 29 November 2026: No hours"));
    assert!(month.contains("date=2026-12-01") && month.contains("date=2026-10-01"), "the months beside");
    let load = clinic.get("/api/appointments/load?from=2026-11-25&to=2026-11-27").bearer(desk);
    assert_eq!(
        load.expect(200).await.json(),
        json!([
            {"date": "2026-11-25", "holiday": null, "slots": 28, "booked": 1, "free": 27, "appointments": 1},
            {"date": "2026-11-26", "holiday": null, "slots": 28, "booked": 0, "free": 28, "appointments": 0},
            {"date": "2026-11-27", "holiday": "Staff day", "slots": 0, "booked": 0, "free": 0, "appointments": 0},
        ])
    );
    let backwards = clinic.get("/api/appointments/load?from=2026-11-25&to=2026-11-24").bearer(desk);
    assert_eq!(backwards.expect(422).await.json()["errors"][0]["field"], "to");
    let own = clinic.get("/api/appointments/load").bearer(clinic.the(Role::Patient));
    own.expect(403).await;
}

#[tokio::test]
async fn visits_are_completed_together_and_one_that_changed_is_named() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let mut ids = Vec::new();
    for start in ["2026-11-23T10:00", "2026-11-23T11:00", "2026-11-23T14:00"] {
        let visit = book(&clinic, start).await;
        step(&clinic, &visit["id"], 1, "arrived").await;
        ids.push(visit["id"].to_string());
    }
    let list = "/appointments?view=list&from=2026-11-23&to=2026-11-23";
    let page = read(&clinic, desk, list).await;
    let form = dom::forms(list, &page).into_iter().find(|form| form.action == "/appointments/checkouts");
    assert!(form.is_some());
    for id in &ids {
        assert!(page.contains(&format!("name=\"visit{id}\" value=\"2\"")), "the tick of {id}");
    }
    // The doctor takes the second in meanwhile.
    step(&clinic, &ids[1].parse().unwrap(), 2, "in-progress").await;
    let names: Vec<String> = ids.iter().map(|id| format!("visit{id}")).collect();
    let mut fields: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "2")).collect();
    fields.push(("return", list));
    let done = clinic.post("/appointments/checkouts").browser(desk).form(&fields).expect(303).await;
    let outcome = read(&clinic, desk, done.location()).await;
    assert!(outcome.contains("2 visits completed"));
    assert!(outcome.contains("1 visit was changed by someone else meanwhile"));
    for (position, id) in ids.iter().enumerate() {
        assert!(outcome.contains(&format!("A-{id}")));
        let visit = clinic.get(&format!("/api/appointments/{id}")).bearer(desk).expect(200).await.json();
        assert_eq!(visit["status"], if position == 1 { "in-progress" } else { "fulfilled" });
    }
    let nothing = clinic.post("/appointments/checkouts").browser(desk).form(&[("return", list)]);
    assert!(nothing.expect(303).await.location().ends_with("notice=nothing-selected"));
    // The same for programs.
    let seen = json!({"visits": [{"id": ids[1].parse::<u64>().unwrap(), "version": 3}, {"id": 9_999, "version": 1}]});
    let answer = clinic.post("/api/appointments/checkouts").bearer(desk).json(seen).expect(200).await.json();
    assert_eq!(answer[0]["outcome"], "completed");
    assert_eq!(answer[1], json!({"id": 9_999, "outcome": "not-found"}));
}

#[tokio::test]
async fn a_walk_in_is_booked_from_a_free_cell_and_is_here_at_once() {
    let clinic = clinic().await;
    let (desk, doctor) = (clinic.the(Role::Receptionist), clinic.the(Role::Doctor).id);
    let cell = format!("/appointments/new?doctor={doctor}&date=2026-11-23&time=15%3A00");
    let search = read(&clinic, desk, &format!("{cell}&arrived=yes")).await;
    let register = format!(
        "/patients/new?book=1&amp;doctor={doctor}&amp;date=2026-11-23&amp;time=15%3A00&amp;arrived=yes"
    );
    assert!(search.contains(&register), "a new patient keeps the doctor, the day and the time");
    let person = [
        ("givenName", "Nora"),
        ("familyName", "Walker"),
        ("sex", "female"),
        ("birthDate-day", "1"),
        ("birthDate-month", "2"),
        ("birthDate-year", "1990"),
    ];
    let registered = clinic.post(&register.replace("amp;", "")).browser(desk).form(&person).expect(303).await;
    let form = read(&clinic, desk, registered.location()).await;
    let book = dom::forms("/appointments/new", &form);
    let book = book.into_iter().find(|form| form.is_post && form.action == "/appointments/new").unwrap();
    let fields: Vec<(&str, &str)> =
        book.fields.iter().map(|(name, value, _)| (name.as_str(), value.as_str())).collect();
    let value = |wanted: &str| fields.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    assert!(form.contains("name=\"arrived\" type=\"checkbox\" value=\"yes\" checked"));
    let slot = format!("{doctor}~2026-11-23~15:00");
    assert!(form.contains(&format!("value=\"{slot}\" checked")), "the time of the cell is chosen");
    let sent = [
        ("patientId", value("patientId").unwrap()),
        ("slot", &slot),
        ("shownType", "consultation"),
        ("shownDate", "2026-11-23"),
        ("arrived", "yes"),
        ("priority", "urgent"),
    ];
    let booked = clinic.post("/appointments/new").browser(desk).form(&sent).expect(303).await;
    assert!(booked.location().ends_with("notice=checked-in"));
    let id = booked.location().trim_start_matches("/appointments/").split('?').next().unwrap().to_owned();
    let visit = clinic.get(&format!("/api/appointments/{id}")).bearer(desk).expect(200).await.json();
    assert_eq!((&visit["status"], &visit["priority"]), (&json!("arrived"), &json!("urgent")));
    assert_eq!(visit["patientName"], "Nora Walker");
    // On another day nobody is here yet.
    let later = format!("/appointments/new?patient={}&date=2026-11-24", value("patientId").unwrap());
    assert!(!read(&clinic, desk, &later).await.contains("check in at once"));
}

#[tokio::test]
async fn a_priority_is_set_through_the_api() {
    let clinic = clinic().await;
    let id = book(&clinic, "2026-11-25T09:30").await["id"].clone();
    let call = || clinic.put(&format!("/api/appointments/{id}/priority")).bearer(clinic.the(Role::Nurse));
    let urgent = json!({"priority": "urgent"});
    let set = call().if_match(1).json(urgent.clone()).expect(200).await.json();
    assert_eq!((&set["priority"], &set["version"]), (&json!("urgent"), &json!(2)));
    call().if_match(1).json(urgent).expect(412).await;
    call().if_match(2).json(json!({"priority": "soon"})).expect(400).await;
}
