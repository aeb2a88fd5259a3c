//! Visits that are repeated, on pages.

use crate::harness::clinic;
use domain::Role;

#[tokio::test]
async fn staff_check_every_visit_book_them_and_change_those_that_follow() {
    let clinic = clinic().await;
    let (desk, tom) = (clinic.the(Role::Receptionist), clinic.named("Tom Baker"));
    let doctor = clinic.the(Role::Doctor).id.to_string();
    let patient = clinic.named("Marta Kowalska").patient.unwrap().to_string();
    let body = serde_json::json!({"doctorId": clinic.the(Role::Doctor).id, "start": "2026-12-01T10:00", "visitType": "consultation"});
    clinic.post("/api/appointments").bearer(tom).json(body).expect(201).await;
    let fields = [
        ("patientId", &*patient),
        ("visitType", "consultation"),
        ("doctorId", &*doctor),
        ("date", "2026-11-24"),
        ("time", "10:00"),
        ("count", "1"),
        ("every", "weeks"),
        ("number", "3"),
        ("until", ""),
    ];
    let query: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let check = format!("/appointments/series/check?{}", query.join("&"));
    let page = clinic.get(&check).browser(desk).expect(200).await.text();
    assert!(
        page.contains("1 of 3 visits cannot be had") && page.contains("The doctor has another appointment")
    );
    assert!(page.contains("Take 09:30"));
    let wrong = clinic.get(&check.replace("number=3", "number=99")).browser(desk).expect(422).await.text();
    assert!(wrong.contains("Number of visits must be from 2 to 52"));
    let slot = |date: &str, time: &str| format!("{doctor}~{date}~{time}");
    let (first, second, third) =
        (slot("2026-11-24", "10:00"), slot("2026-12-01", "10:00"), slot("2026-12-08", "10:00"));
    let post = async |second: &str| {
        let mut sent = fields.to_vec();
        sent.extend([("slot0", &*first), ("slot1", second), ("slot2", &*third), ("reason", "My left knee")]);
        clinic.post("/appointments/series").browser(desk).form(&sent).send().await
    };
    let taken = post(&second).await;
    assert_eq!(taken.status, 409);
    let page = taken.text();
    assert!(
        page.contains("1 Dec 2026, 10:00: The doctor has another appointment")
            && page.contains("My left knee")
    );
    let booked = post(&slot("2026-12-01", "09:30")).await;
    assert_eq!(booked.status, 303);
    let path = booked.location().split('?').next().unwrap().to_owned();
    let page = clinic.get(&path).browser(desk).expect(200).await.text();
    assert!(page.contains("Series: 1 of 3, every week") && page.contains("Cancel this and all following"));
    let own = clinic.get(&path).browser(clinic.named("Marta Kowalska")).expect(200).await.text();
    assert!(own.contains("Series: 1 of 3, every week") && !own.contains("Cancel this and all following"));
    let form = clinic.get(&format!("{path}/series/move")).browser(desk).expect(200).await.text();
    assert!(form.contains("This concerns 3 visits"));
    let to =
        [("version", "1"), ("doctorId", &*doctor), ("date", "2026-11-25"), ("time", "11:00"), ("reason", "")];
    let moved = clinic.post(&format!("{path}/series/move")).browser(desk).form(&to).send().await;
    assert_eq!(moved.location(), format!("{path}?notice=series-moved"));
    let silent = [("version", "2"), ("reason", "")];
    let silent = clinic.post(&format!("{path}/series/cancel")).browser(desk).form(&silent).send().await;
    assert_eq!(silent.status, 422);
    let why = [("version", "2"), ("reason", "Healed")];
    let cancelled = clinic.post(&format!("{path}/series/cancel")).browser(desk).form(&why).send().await;
    assert_eq!(cancelled.location(), format!("{path}?notice=series-cancelled"));
}
