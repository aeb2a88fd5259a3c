//! The waiting list on pages.

use crate::harness::{Clinic, Person, Reply, clinic};
use domain::Role;

async fn post(clinic: &Clinic, person: &Person, path: &str, fields: &[(&str, &str)]) -> Reply {
    clinic.post(path).browser(person).form(fields).send().await
}

async fn join(clinic: &Clinic, person: &Person, more: &[(&str, &str)]) -> Reply {
    let mut fields = vec![("visitType", "consultation"), ("until", "2026-12-04"), ("part", "any")];
    fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    fields.extend(more);
    post(clinic, person, "/appointments/waiting/new", &fields).await
}

/// A consultation with Dr Rahman; its reference.
async fn book(clinic: &Clinic, person: &Person, start: &str) -> String {
    let doctor = clinic.the(Role::Doctor).id;
    let body = serde_json::json!({"doctorId": doctor, "start": start, "visitType": "consultation"});
    clinic.post("/api/appointments").bearer(person).json(body).expect(201).await.id()
}

async fn cancel(clinic: &Clinic, person: &Person, id: &str) {
    let done = post(clinic, person, &format!("/appointments/{id}/cancel"), &[("version", "1")]).await;
    assert_eq!(done.status, 303);
}

/// The path of the first form on a page that does this with a place.
fn action(page: &str, step: &str) -> String {
    let end = page.find(&format!("/{step}\"")).unwrap();
    let start = page[..end].rfind("/appointments/waiting/").unwrap();
    format!("{}/{step}", &page[start..end])
}

#[tokio::test]
async fn a_patient_is_offered_a_sooner_time_and_accepts_it() {
    let clinic = clinic().await;
    let (marta, tom) = (clinic.the(Role::Patient), clinic.named("Tom Baker"));
    let later = book(&clinic, tom, "2026-11-26T10:00").await;
    let sooner = book(&clinic, marta, "2026-11-25T09:30").await;
    let page = clinic.get("/appointments").browser(tom).expect(200).await.text();
    assert!(page.contains("Tell me if a sooner time comes free"));
    let form =
        clinic.get(&format!("/appointments/waiting/new?instead={later}")).browser(tom).expect(200).await;
    assert!(form.text().contains("Accepting a sooner time cancels this appointment."));
    assert_eq!(
        join(&clinic, tom, &[("insteadOf", &later)]).await.location(),
        "/appointments?notice=joined-waiting-list"
    );
    assert!(
        clinic.get("/appointments").browser(tom).expect(200).await.text().contains("Leave the waiting list")
    );
    cancel(&clinic, marta, &sooner).await;
    for place in ["/appointments", "/"] {
        let page = clinic.get(place).browser(tom).expect(200).await.text();
        assert!(page.contains("A time is held for you until 11:00"), "{place}");
    }
    let page = clinic.get("/appointments").browser(tom).expect(200).await.text();
    let accept = action(&page, "accept");
    assert_eq!(post(&clinic, marta, &accept, &[]).await.status, 404);
    let booked = post(&clinic, tom, &accept, &[]).await;
    assert!(booked.location().ends_with("/booked"), "{}", booked.location());
    let page = clinic.get(&format!("/appointments/{later}")).browser(tom).expect(200).await.text();
    assert!(page.contains("Cancelled by patient"));
    let again = post(&clinic, tom, &accept, &[]).await;
    assert_eq!(again.status, 409);
    assert!(again.text().contains("This time is no longer held"));
}

#[tokio::test]
async fn a_time_that_was_let_go_is_on_the_staffs_list_for_the_next() {
    let clinic = clinic().await;
    let (marta, tom) = (clinic.the(Role::Patient), clinic.named("Tom Baker"));
    let desk = clinic.the(Role::Receptionist);
    let empty = clinic.get("/appointments/waiting").browser(desk).expect(200).await.text();
    assert!(empty.contains("Nobody is on the waiting list."));
    let visit = book(&clinic, marta, "2026-11-25T09:30").await;
    assert_eq!(join(&clinic, tom, &[]).await.status, 303);
    clinic.wait(1);
    let of_marta = marta.patient.unwrap().to_string();
    let added =
        join(&clinic, desk, &[("patientId", &of_marta), ("priority", "routine"), ("part", "morning")]).await;
    assert_eq!(added.location(), "/appointments/waiting?notice=added-to-waiting-list");
    cancel(&clinic, desk, &visit).await;
    let page = clinic.get("/appointments").browser(tom).expect(200).await.text();
    let decline = action(&page, "decline");
    assert_eq!(post(&clinic, tom, &decline, &[]).await.location(), "/appointments?notice=offer-let-go");
    assert!(
        clinic
            .get("/appointments")
            .browser(marta)
            .expect(200)
            .await
            .text()
            .contains("A time is held for you")
    );
    let offered = clinic.get("/appointments/waiting?state=offered").browser(desk).expect(200).await.text();
    assert!(offered.contains("Marta Kowalska") && !offered.contains("Tom Baker"));
    // The clinic's clock ends the offer; Tom had this time and let it go.
    for _ in 0..11 {
        clinic.wait(11);
        clinic.get("/appointments").browser(desk).expect(200).await;
    }
    let page = clinic.get("/appointments/waiting?state=waiting").browser(desk).expect(200).await.text();
    assert!(page.contains("Marta Kowalska") && page.contains("Tom Baker"));
    let offer = action(&page, "offer");
    let slot = format!("{}~2026-11-25~09:30", clinic.the(Role::Doctor).id);
    let none = post(&clinic, desk, &offer, &[]).await;
    assert_eq!(none.status, 422);
    assert_eq!(
        post(&clinic, desk, &offer, &[("slot", &slot)]).await.location(),
        "/appointments/waiting?notice=time-offered"
    );
}

#[tokio::test]
async fn what_was_typed_wrong_is_said_beside_the_field() {
    let clinic = clinic().await;
    let tom = clinic.named("Tom Baker");
    let refused = join(&clinic, tom, &[("until", "2020-01-01"), ("reason", "My left knee")]).await;
    assert_eq!(refused.status, 422);
    let page = refused.text();
    assert!(page.contains("id=\"until-error\"") && page.contains("My left knee"));
    let priority = join(&clinic, tom, &[("priority", "urgent")]).await;
    assert_eq!(priority.status, 422);
}
