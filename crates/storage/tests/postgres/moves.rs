//! Moving a whole clinic from files into a database and back.

use crate::{dynamic, fresh};
use domain::{Action, ClinicZone, Currency, Email, User, UserId};
use std::path::Path;
use std::sync::Arc;
use storage::conformance::samples::{
    answered, appointment, at, doctor, draft, event, issued, note, paid, patient, refund_asked, refunded,
    session, unlinked_summary, user, written,
};
use storage::conformance::scratch::{Scratch, server};
use storage::conformance::{Store, add, change, get, write};
use storage::json::{self, JsonOptions, JsonStore};
use storage::postgres::{self, OpenError, PgOptions, PgStore};
use storage::{Constraint, Contents, Counter, StorageError, UserKey};

fn quiet(_: &str) {}

fn options(directory: &Path) -> JsonOptions {
    JsonOptions::new(directory, ClinicZone::named("Europe/London").unwrap(), Currency::GBP, at(0))
}

/// A small clinic with something of everything.
async fn furnish(store: &Store) {
    for id in 1..=3 {
        add(store, user(id)).await.unwrap();
        add(store, patient(id.into(), "Ada\tB", "By\\ron")).await.unwrap();
        add(store, session(id.into(), id, 1)).await.unwrap();
    }
    add(store, domain::Schedule::office_hours(UserId(1))).await.unwrap();
    for id in 1..=50u64 {
        let minutes = i64::try_from(id).unwrap() * 40;
        add(store, appointment(id, u128::from(id % 3 + 1), doctor(id % 3 + 1), minutes)).await.unwrap();
        add(store, note(id, u128::from(id % 3 + 1), id % 3 + 1)).await.unwrap();
    }
    add(store, appointment(51, 2, written("Dr. Smith"), 9_000)).await.unwrap();
    add(store, unlinked_summary(51)).await.unwrap();
    add(store, draft(1, 1)).await.unwrap();
    add(store, refund_asked(refunded(paid(issued(draft(2, 1), 1), 1, 50, 0), 1, 20, 1), 10, 2))
        .await
        .unwrap();
    change(store, 1, issued(draft(1, 1), 2)).await.unwrap();
    write(store, |tx| {
        Box::pin(async move {
            for counter in [
                Counter::User,
                Counter::User,
                Counter::Mrn,
                Counter::Invoice(2026),
                Counter::Receipt(2026),
                Counter::CreditNote(2026),
            ] {
                tx.counters().next(counter).await?;
            }
            tx.requests().keep(answered(7, 0)).await?;
            for minutes in 0..30 {
                tx.audit().append(event(minutes, Action::SignIn)).await?;
            }
            Ok(())
        })
    })
    .await
    .unwrap();
}

async fn furnished(directory: &Path) -> Contents {
    let store: Store = Arc::new(JsonStore::open(options(directory)).unwrap());
    furnish(&store).await;
    let head = store.audit_head().await.unwrap().unwrap();
    store.keep_anchor(storage::chain::AnchorKey::new(&[1; 32]).anchor(head, at(40))).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    json::contents(&options(directory), &quiet).unwrap()
}

async fn empty() -> Scratch {
    Scratch::bare(&server().expect("a server for tests")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clinic_that_is_moved_there_and_back_is_the_same() {
    let home = tempfile::tempdir().unwrap();
    let files = furnished(&home.path().join("files")).await;
    let scratch = empty().await;
    let to = PgOptions::new(scratch.database());
    postgres::fill(&to, &files, &quiet).await.unwrap();
    let there = postgres::contents(&to, &quiet).await.unwrap();
    assert_eq!(there.sums(), files.sums());
    let back = options(&home.path().join("back"));
    json::fill(&back, &there, &quiet).unwrap();
    assert_eq!(json::contents(&back, &quiet).unwrap().sums(), files.sums());
    assert!(json::verify(&back, &quiet).is_ok());
    let key = [storage::chain::AnchorKey::new(&[1; 32])];
    assert_eq!(postgres::follow_audit(&to, &key, None, &quiet).await.unwrap().proven, 1);
    assert_eq!(json::follow_audit(&back, &key, None, &quiet).unwrap().proven, 1);
    // Both go on where the old one ended.
    for store in
        [Arc::new(PgStore::open(to).await.unwrap()) as Store, Arc::new(JsonStore::open(back).unwrap())]
    {
        let next = write(&store, |tx| {
            Box::pin(async move {
                let numbers = (
                    tx.counters().next(Counter::User).await?,
                    tx.counters().next(Counter::Invoice(2026)).await?,
                );
                tx.audit().append(event(99, Action::SignOut)).await?;
                Ok(numbers)
            })
        });
        assert_eq!(next.await, Ok((3, 2)));
        assert_eq!(store.status().totals, files.totals());
        let taken = add(&store, appointment(99, 1, doctor(2), 50)).await;
        assert_eq!(taken, Err(StorageError::Conflict(Constraint::DoctorOverlap)));
        let log = storage::conformance::audit(
            &store,
            storage::AuditFilter::default(),
            storage::PageRequest::all(storage::Order::Ascending),
        );
        let log = log.await.items;
        assert_eq!(log.len(), 31);
        assert!(json::follow(log.iter()).is_ok());
        store.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_old_system_let_happen_is_moved_and_not_made_worse() {
    // Two accounts of one address, and two appointments of one doctor at one time, as an import may leave them.
    let mut contents = Contents { position: "old".to_owned(), ..Contents::default() };
    let row = |value| Arc::new(storage::Versioned { value, version: 1 });
    let mut twin = user(2);
    twin.email = Email::imported("USER1@example.org");
    contents.users = vec![row(user(1)), row(twin.clone())];
    let visit = |value| Arc::new(storage::Versioned { value, version: 1 });
    let mut unlinked = appointment(2, 1, doctor(1), 15);
    unlinked.patient.id = None;
    let mut first = appointment(1, 1, doctor(1), 0);
    first.patient.id = None;
    contents.appointments = vec![visit(first.clone()), visit(unlinked.clone())];
    let scratch = empty().await;
    let to = PgOptions::new(scratch.database());
    postgres::fill(&to, &contents, &quiet).await.unwrap();
    assert_eq!(postgres::contents(&to, &quiet).await.unwrap().sums(), contents.sums());
    let store: Store = Arc::new(PgStore::open(to).await.unwrap());
    let found = get::<User>(&store, UserKey::Email("user1@example.org".into())).await;
    assert_eq!(found.map(|user| user.value.id), Some(UserId(1)));
    twin.display_name = "Twin".to_owned();
    assert_eq!(change(&store, 1, twin.clone()).await, Ok(2), "an account can be changed beside its twin");
    twin.email = Email::imported("user1@EXAMPLE.org");
    assert_eq!(change(&store, 2, twin.clone()).await, Ok(3));
    let mut third = appointment(3, 1, doctor(1), 35);
    third.patient.id = None;
    let into = add(&store, third).await;
    assert_eq!(
        into,
        Err(StorageError::Conflict(Constraint::DoctorOverlap)),
        "its time is not free for all that"
    );
    unlinked.reason = "Cough".to_owned();
    assert_eq!(change(&store, 1, unlinked.clone()).await, Ok(2), "an overlap can stay where it is");
    unlinked.time = storage::conformance::samples::range(10, 30);
    let moved = change(&store, 2, unlinked).await;
    assert_eq!(
        moved,
        Err(StorageError::Conflict(Constraint::DoctorOverlap)),
        "and can be moved out of it only"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_that_broke_off_goes_on_and_nobody_serves_half_a_clinic() {
    let home = tempfile::tempdir().unwrap();
    let files = furnished(&home.path().join("files")).await;
    let scratch = empty().await;
    let to = PgOptions::new(scratch.database());
    // It breaks off where the first appointment has no patient.
    let mut broken = files.clone();
    broken.patients.clear();
    assert!(postgres::fill(&to, &broken, &quiet).await.is_err());
    let refused = PgStore::open(to.clone()).await.map(|_| ());
    assert_eq!(refused, Err(OpenError::HalfFilled));
    // The same contents: it goes on after what is there.
    postgres::fill(&to, &files, &quiet).await.unwrap();
    assert_eq!(postgres::contents(&to, &quiet).await.unwrap().sums(), files.sums());
    assert!(PgStore::open(to).await.is_ok());
    // Other contents: it begins anew.
    let scratch = empty().await;
    let to = PgOptions::new(scratch.database());
    broken.position.push_str(" earlier");
    broken.users[0] = Arc::new(storage::Versioned { value: user(1), version: 77 });
    assert!(postgres::fill(&to, &broken, &quiet).await.is_err());
    postgres::fill(&to, &files, &quiet).await.unwrap();
    assert_eq!(postgres::contents(&to, &quiet).await.unwrap().sums(), files.sums());
    assert!(PgStore::open(to).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_with_data_is_not_moved_into() {
    let (store, scratch) = fresh().await;
    add(&dynamic(&store), user(1)).await.unwrap();
    let contents = Contents { position: "other".to_owned(), ..Contents::default() };
    let refused = postgres::fill(&PgOptions::new(scratch.database()), &contents, &quiet).await;
    assert_eq!(refused, Err(OpenError::NotEmpty));
}
