//! What the clinic offers: who sets which part of it, and what of it stays.

use super::*;
use domain::catalogue::{Holiday, Room};
use domain::{Catalogue, Role};
use jiff::civil::date;

async fn read(fixture: &Fixture) -> Versioned<Catalogue> {
    fixture.services.execute(&fixture.patient, ReadCatalogue {}).await.unwrap()
}

async fn set(fixture: &Fixture, role: Role, change: fn(&mut Catalogue)) -> Result<u64, ServiceError> {
    let Versioned { value: mut catalogue, version: expected } = read(fixture).await;
    change(&mut catalogue);
    let set = SetCatalogue { catalogue, expected, stranded: None };
    fixture.services.execute(fixture.actor_for(role), set).await
}

const PRICE: fn(&mut Catalogue) = |it| it.visit_types[0].price_minor += 100;
const LENGTH: fn(&mut Catalogue) = |it| it.visit_types[0].minutes += 15;
const ROOM: fn(&mut Catalogue) = |it| {
    let code = format!("room-{}", it.rooms.len());
    it.rooms.push(Room { code, name: "Room".to_owned(), in_use: true });
};

#[tokio::test]
async fn prices_are_set_by_billing_and_the_rest_by_the_desk() {
    let fixture = clinic().await;
    let allowed = [
        (Role::Receptionist, false, true),
        (Role::Billing, true, false),
        (Role::Admin, true, true),
        (Role::Doctor, false, false),
        (Role::Patient, false, false),
    ];
    for (role, may_price, may_rest) in allowed {
        for (change, may) in [(PRICE, may_price), (LENGTH, may_rest), (ROOM, may_rest)] {
            let before = read(&fixture).await;
            let answer = set(&fixture, role, change).await;
            if may {
                assert_eq!(answer, Ok(before.version + 1), "{role}");
            } else {
                assert_eq!(answer, Err(ServiceError::Forbidden), "{role}");
                assert_eq!(read(&fixture).await, before, "{role}");
            }
        }
    }
}

#[tokio::test]
async fn a_changed_catalogue_holds_for_bookings_at_once_and_is_never_overwritten_unseen() {
    let fixture = clinic().await;
    let seen = read(&fixture).await;
    assert_eq!(seen.version, 0);
    set(&fixture, Role::Receptionist, LENGTH).await.unwrap();
    let visit = book(&fixture, &fixture.receptionist, "2026-11-24", "09:30").await.unwrap();
    assert_eq!(visit.time.minutes(), 45);
    let late = SetCatalogue { catalogue: seen.value, expected: seen.version, stranded: None };
    assert_eq!(fixture.services.execute(&fixture.admin, late).await, Err(ServiceError::Stale));
}

#[tokio::test]
async fn what_appointments_may_name_is_not_removed() {
    let fixture = clinic().await;
    set(&fixture, Role::Admin, ROOM).await.unwrap();
    for (field, change) in [
        ("visitTypes", (|it| drop(it.visit_types.remove(0))) as fn(&mut Catalogue)),
        ("rooms", |it| it.rooms.clear()),
        ("holidays", |it| {
            let (from, until) = (date(2026, 12, 26), date(2026, 12, 25));
            it.holidays.push(Holiday { from, until, name: "Christmas".to_owned() });
        }),
        ("holdMinutes", |it| it.rules.hold_minutes = 0),
    ] {
        let Err(ServiceError::Invalid(errors)) = set(&fixture, Role::Admin, change).await else {
            panic!("{field} was accepted");
        };
        assert!(errors.of(field).is_some(), "{field}");
    }
}
