//! A patient chooses a time, which is held while they check their answers.

use crate::harness::{Clinic, Person, Reply, clinic};
use domain::Role;

async fn hold(clinic: &Clinic, person: &Person, time: &str) -> Reply {
    let slot = format!("{}~2026-11-24~{time}", clinic.the(Role::Doctor).id);
    let fields = [("type", "consultation"), ("doctor", ""), ("slot", &*slot)];
    clinic.post("/appointments/book/hold").browser(person).form(&fields).send().await
}

async fn book(clinic: &Clinic, person: &Person, hold: &str) -> Reply {
    let fields =
        [("type", "consultation"), ("date", "2026-11-24"), ("hold", hold), ("reason", "My left knee")];
    clinic.post("/appointments/book").browser(person).form(&fields).send().await
}

#[tokio::test]
async fn a_chosen_time_is_held_and_says_until_when() {
    let clinic = clinic().await;
    let (marta, tom) = (clinic.the(Role::Patient), clinic.named("Tom Baker"));
    let chosen = hold(&clinic, marta, "09:30").await;
    assert_eq!(chosen.status, 303);
    let page = clinic.get(chosen.location()).browser(marta).expect(200).await.text();
    assert!(page.contains("We hold this time for you until 09:05."));
    assert!(page.contains("Tuesday 24 November 2026, 09:30"));
    // Another patient, who still sees it on their page, gets what is near.
    let taken = hold(&clinic, tom, "09:30").await;
    assert_eq!(taken.status, 409);
    let page = taken.text();
    assert!(page.contains("This time has just been taken") && page.contains("~2026-11-24~10:00"));
    // The hold of another, and one that nobody has, lead back to the times alike.
    let unknown = "/appointments/book/check?type=consultation&date=2026-11-24&hold=";
    for hold in ["1", "999999"] {
        let back = clinic.get(&format!("{unknown}{hold}")).browser(tom).expect(303).await;
        assert_eq!(back.location(), "/appointments/book/time?type=consultation&date=2026-11-24");
        let back = book(&clinic, tom, hold).await;
        assert_eq!(
            (back.status.as_u16(), back.location()),
            (303, "/appointments/book/time?type=consultation&date=2026-11-24")
        );
    }
    let booked = book(&clinic, marta, "1").await;
    assert_eq!((booked.status.as_u16(), booked.location()), (303, "/appointments/1/booked"));
}

#[tokio::test]
async fn a_hold_that_ended_says_so_and_offers_the_nearest_times() {
    let clinic = clinic().await;
    let (marta, tom) = (clinic.the(Role::Patient), clinic.named("Tom Baker"));
    let chosen = hold(&clinic, marta, "09:30").await;
    clinic.wait(6);
    let page = clinic.get(chosen.location()).browser(marta).expect(200).await.text();
    assert!(page.contains("We no longer hold this time for you") && page.contains("~2026-11-24~10:00"));
    assert!(!page.contains("We hold this time for you until"));
    let theirs = hold(&clinic, tom, "09:30").await;
    assert_eq!(theirs.status, 303);
    let theirs = theirs.location().split("hold=").nth(1).unwrap().to_owned();
    let late = book(&clinic, marta, "1").await;
    assert_eq!(late.status, 409);
    let page = late.text();
    assert!(page.contains("This time has just been taken") && page.contains("~2026-11-24~10:00"));
    assert!(page.contains("My left knee"), "what was typed is kept");
    // Whoever is late by a little, and alone, books all the same.
    clinic.wait(6);
    assert_eq!(book(&clinic, tom, &theirs).await.location(), format!("/appointments/{theirs}/booked"));
}
