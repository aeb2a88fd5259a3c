//! Who may get in: what is kept of it, and for how long.

use super::samples::{at, attempts, care_team, emergency, user};
use super::{Store, add, add_linked, change, count, get};
use crate::AccessFilter;
use domain::second_factor::{RecoveryHash, SecondFactor, TotpSecret};
use domain::{AccessEntry, AccessFact, AccessId, User, UserId};

pub(super) async fn what_ended_and_nobody_needs_is_forgotten(store: Store) {
    const DAY: i64 = 24 * 60;
    for id in 1..=10 {
        add_linked(&store, attempts(id, 1, 0)).await.expect("tries");
    }
    add_linked(&store, emergency(11, 1, 1, 0)).await.expect("an emergency access");
    for id in 21..=24 {
        add_linked(&store, attempts(id, 1, DAY)).await.expect("tries a day later");
    }
    let live = AccessFilter { live_at: Some(at(DAY)), ..AccessFilter::default() };
    assert_eq!(count::<AccessEntry>(&store, live).await, 4);
    assert!(get::<AccessEntry>(&store, AccessId(11)).await.is_some(), "what is reviewed stays");
}

pub(super) async fn an_entry_that_ended_can_be_written_anew(store: Store) {
    add_linked(&store, attempts(1, 1, 0)).await.expect("tries");
    let mut more = attempts(1, 1, 2 * 24 * 60);
    more.fact = AccessFact::Attempts { failures: 9, last: at(3 * 24 * 60), of_device: false };
    let found = get::<AccessEntry>(&store, AccessId(1)).await.expect("nothing newer has come");
    assert_eq!(change(&store, found.version, more.clone()).await, Ok(2));
    assert_eq!(get::<AccessEntry>(&store, AccessId(1)).await.map(|found| found.value), Some(more));
}

pub(super) async fn a_place_in_a_care_team_stays_after_it_ended(store: Store) {
    const DAY: i64 = 24 * 60;
    let mut place = care_team(1, 1, 1, 0);
    add_linked(&store, place.clone()).await.expect("a care team");
    place.expires_at = at(5);
    assert_eq!(change(&store, 1, place.clone()).await, Ok(2));
    for id in 2..=9 {
        add_linked(&store, attempts(id, 1, 3 * DAY)).await.expect("tries days later");
    }
    let found = get::<AccessEntry>(&store, AccessId(1)).await.map(|found| found.value);
    assert_eq!(found, Some(place));
}

pub(super) async fn a_second_factor_is_kept(store: Store) {
    let mut person = user(1);
    add(&store, person.clone()).await.expect("an account");
    person.email_verified_at = Some(at(5));
    person.second_factor = Some(SecondFactor {
        secret: TotpSecret::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
        begun_at: at(1),
        confirmed_at: Some(at(2)),
        last_step: 7,
        recovery: vec![RecoveryHash("ab".repeat(32))],
    });
    assert_eq!(change(&store, 1, person.clone()).await, Ok(2));
    let key = crate::UserKey::Id(UserId(1));
    assert_eq!(get::<User>(&store, key).await.map(|found| found.value), Some(person));
}
