//! Units of work: all or nothing, counters without gaps, the audit chain.

use super::samples::{at, event, note, user};
use super::{Store, add_linked as add, all, audit, get, read, write};
use crate::{AuditFilter, BoxFuture, Counter, Order, PageRequest, StorageError, Tx, UserKey};
use domain::{Action, Record, RecordBody, RecordId, Role, User, UserId};

fn refusal() -> StorageError {
    StorageError::Unavailable("refused by the case".to_owned())
}

pub(super) async fn a_refused_unit_leaves_nothing_behind(store: Store) {
    let unit = write(&store, |tx| {
        Box::pin(async move {
            tx.users().insert(user(1)).await?;
            tx.counters().next(Counter::User).await?;
            tx.audit().append(event(0, Action::SignUp)).await?;
            Err::<(), _>(refusal())
        })
    });
    assert_eq!(unit.await, Err(refusal()));
    assert_eq!(get::<User>(&store, UserKey::Id(UserId(1))).await, None);
    assert_eq!(get::<User>(&store, UserKey::Email("user1@example.org".into())).await, None);
    assert!(audit(&store, AuditFilter::default(), PageRequest::all(Order::Ascending)).await.items.is_empty());
    assert_eq!(add(&store, user(1)).await, Ok(1), "nothing of it is in the way");
}

pub(super) async fn a_unit_sees_its_own_writes(store: Store) {
    let unit = write(&store, |tx| {
        Box::pin(async move {
            tx.users().insert(user(1)).await?;
            let found = tx.users().lookup(&UserKey::Username("user1".into())).await?;
            let mut changed = found.ok_or_else(refusal)?.value;
            changed.role = Role::Nurse;
            tx.users().update(1, changed).await?;
            let nurses = crate::UserFilter::role(Role::Nurse);
            let listed = tx.users().list(&nurses, &PageRequest::first(10, Order::Ascending)).await?;
            Ok((listed.items.len(), tx.users().count(&nurses).await?, tx.totals().await?.users))
        })
    });
    assert_eq!(unit.await, Ok((1, 1, 1)));
}

pub(super) async fn a_panicking_unit_harms_nobody(store: Store) {
    assert_eq!(add(&store, user(1)).await, Ok(1));
    let unit = write(&store, |tx| {
        Box::pin(async move {
            tx.users().insert(user(2)).await?;
            let missing: Option<()> = tx.users().lookup(&UserKey::Id(UserId(99))).await?.map(|_| ());
            missing.expect("this panic belongs to the case");
            Ok(())
        })
    });
    assert!(matches!(unit.await, Err(StorageError::Unavailable(_))));
    assert_eq!(get::<User>(&store, UserKey::Id(UserId(2))).await, None);
    assert_eq!(add(&store, user(2)).await, Ok(1));
    assert!(!store.status().dead);
}

pub(super) async fn counters_have_no_gaps_when_units_fail(store: Store) {
    for expected in 1..=10u64 {
        let failed = write(&store, |tx| {
            Box::pin(async move {
                tx.counters().next(Counter::Invoice(2026)).await?;
                tx.counters().next(Counter::Invoice(2026)).await?;
                Err::<(), _>(refusal())
            })
        });
        assert_eq!(failed.await, Err(refusal()));
        let next =
            write(&store, |tx| Box::pin(async move { tx.counters().next(Counter::Invoice(2026)).await }));
        assert_eq!(next.await, Ok(expected));
    }
}

pub(super) async fn counters_do_not_touch_each_other(store: Store) {
    let unit = write(&store, |tx| {
        Box::pin(async move {
            let mut numbers = Vec::new();
            for counter in [
                Counter::User,
                Counter::Appointment,
                Counter::MedicalRecord,
                Counter::Billing,
                Counter::Mrn,
                Counter::Invoice(2026),
                Counter::Invoice(2027),
                Counter::Receipt(2026),
                Counter::CreditNote(2026),
                Counter::User,
            ] {
                numbers.push(tx.counters().next(counter).await?);
            }
            Ok(numbers)
        })
    });
    assert_eq!(unit.await, Ok(vec![1, 1, 1, 1, 1, 1, 1, 1, 1, 2]));
}

pub(super) async fn undo_takes_back_everything_before_it(store: Store) {
    let unit = write(&store, |tx| {
        Box::pin(async move {
            tx.users().insert(user(1)).await?;
            tx.audit().append(event(0, Action::SignUp)).await?;
            tx.counters().next(Counter::Receipt(2026)).await?;
            tx.undo().await?;
            tx.audit().append(event(1, Action::SignIn)).await?;
            tx.users().lookup(&UserKey::Id(UserId(1))).await
        })
    });
    assert_eq!(unit.await, Ok(None));
    assert_eq!(get::<User>(&store, UserKey::Id(UserId(1))).await, None);
    let log = audit(&store, AuditFilter::default(), PageRequest::all(Order::Ascending)).await;
    assert_eq!(
        log.items.iter().map(|it| (it.seq, it.event.action)).collect::<Vec<_>>(),
        [(1, Action::SignIn)]
    );
    let next = write(&store, |tx| Box::pin(async move { tx.counters().next(Counter::Receipt(2026)).await }));
    assert_eq!(next.await, Ok(1));
}

pub(super) async fn an_id_is_never_given_twice(store: Store) {
    let mut given = std::collections::BTreeSet::new();
    for fails in [true, false, true, false, false] {
        let id = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
        let taken = id.clone();
        let unit = write(&store, move |tx| {
            let taken = taken.clone();
            Box::pin(async move {
                let next = tx.counters().next(Counter::Appointment).await?;
                taken.store(next, std::sync::atomic::Ordering::SeqCst);
                if fails { Err(refusal()) } else { Ok(()) }
            })
        });
        assert_eq!(unit.await.is_err(), fails);
        let id = id.load(std::sync::atomic::Ordering::SeqCst);
        assert!(id > 0);
        if !fails {
            assert!(given.last().is_none_or(|last| *last < id), "ids grow");
            given.insert(id);
        }
    }
    assert_eq!(given.len(), 3);
    assert!(!Counter::Appointment.is_gap_free());
    assert!(Counter::Invoice(2026).is_gap_free());
}

async fn append(tx: &mut dyn Tx, minutes: i64, action: Action) -> Result<(), StorageError> {
    tx.audit().append(event(minutes, action)).await
}

pub(super) async fn the_audit_chain_has_no_gaps(store: Store) {
    for minutes in 0..20 {
        let unit = write(&store, move |tx| {
            Box::pin(async move {
                append(tx, minutes, Action::SignIn).await?;
                append(tx, minutes, Action::SignOut).await?;
                if minutes % 3 == 0 { Err(refusal()) } else { Ok(()) }
            })
        });
        assert_eq!(unit.await.is_err(), minutes % 3 == 0);
    }
    let log = audit(&store, AuditFilter::default(), PageRequest::all(Order::Ascending)).await.items;
    assert_eq!(log.iter().map(|it| it.seq).collect::<Vec<_>>(), (1..=26).collect::<Vec<_>>());
    assert_eq!(log[0].prev, "0".repeat(64));
    for pair in log.windows(2) {
        assert_eq!(pair[1].prev, pair[0].hash, "event {} follows the one before", pair[1].seq);
        assert_ne!(pair[1].hash, pair[0].hash);
    }
}

pub(super) async fn the_audit_log_is_paged_and_filtered(store: Store) {
    for minutes in 0..10 {
        let action = if minutes % 2 == 0 { Action::SignIn } else { Action::SignOut };
        let unit = write(&store, move |tx| Box::pin(append(tx, minutes, action)));
        unit.await.expect("an event can be appended");
    }
    let filter = AuditFilter { actions: vec![Action::SignIn], from: Some(at(2)), ..AuditFilter::default() };
    let mut request = PageRequest::first(3, Order::Descending);
    let first = audit(&store, filter.clone(), request.clone()).await;
    assert_eq!(first.items.iter().map(|it| it.seq).collect::<Vec<_>>(), [9, 7, 5]);
    request.after = first.next;
    assert!(request.after.is_some());
    let second = audit(&store, filter.clone(), request).await;
    assert_eq!(second.items.iter().map(|it| it.seq).collect::<Vec<_>>(), [3]);
    assert_eq!(second.next, None);
    let up = audit(&store, filter, PageRequest::first(2, Order::Ascending)).await;
    assert_eq!(up.items.iter().map(|it| it.seq).collect::<Vec<_>>(), [3, 5]);
}

fn seqs(page: &crate::Page<domain::AuditEvent>) -> Vec<u64> {
    page.items.iter().map(|it| it.seq).collect()
}

pub(super) async fn the_audit_log_is_narrowed_by_request_and_to_others(store: Store) {
    let unit = write(&store, |tx| {
        Box::pin(async move {
            for number in 1..=6u64 {
                let draft = domain::audit::AuditDraft {
                    actor: (number != 6).then_some(UserId(number % 2)),
                    request_id: format!("request-{}", number % 3),
                    reason: "a \"requestId\":\"request-1\" in words\u{0}".to_owned(),
                    ..event(0, Action::SignIn)
                };
                tx.audit().append(draft).await?;
            }
            Ok(())
        })
    });
    unit.await.expect("events can be appended");
    let all = PageRequest::all(Order::Ascending);
    let request = AuditFilter { request_id: Some("request-1".to_owned()), ..AuditFilter::default() };
    assert_eq!(seqs(&audit(&store, request, all.clone()).await), [1, 4]);
    let others = AuditFilter { except: Some(UserId(1)), ..AuditFilter::default() };
    assert_eq!(seqs(&audit(&store, others, all).await), [2, 4, 6], "nobody is not this one either");
}

pub(super) async fn events_are_read_from_a_position_on(store: Store) {
    for minutes in 0..5 {
        let unit = write(&store, move |tx| Box::pin(append(tx, minutes, Action::SignIn)));
        unit.await.expect("an event can be appended");
    }
    for (seq, count, expected) in [(1, 2, vec![1, 2]), (4, 3, vec![4, 5]), (6, 3, vec![]), (0, 1, vec![1])] {
        let found = read(&store, move |tx| Box::pin(async move { tx.audit().from(seq, count).await }));
        let found: Vec<u64> = found.await.expect("the log can be read").iter().map(|it| it.seq).collect();
        assert_eq!(found, expected, "from {seq}");
    }
}

pub(super) async fn anchors_are_kept_beside_the_chain(store: Store) {
    assert_eq!(store.audit_head().await, Ok(None));
    assert_eq!(store.newest_anchor().await, Ok(None));
    let key = crate::chain::AnchorKey::new(&[1; 32]);
    for minutes in 0..3 {
        let unit = write(&store, move |tx| Box::pin(append(tx, minutes, Action::SignIn)));
        unit.await.expect("an event can be appended");
        let head = store.audit_head().await.expect("the log can be read").expect("it has events");
        let log = audit(&store, AuditFilter::default(), PageRequest::all(Order::Descending)).await.items;
        assert_eq!((head.seq, &head.hash), (log[0].seq, &log[0].hash));
        let anchor = key.anchor(head, at(minutes));
        store.keep_anchor(anchor.clone()).await.expect("an anchor can be kept");
        assert_eq!(store.newest_anchor().await, Ok(Some(anchor)));
    }
}

fn addendum(store: Store, number: usize) -> BoxFuture<'static, Result<(), StorageError>> {
    Box::pin(async move { store.write(Box::new(move |tx| Box::pin(more(tx, number)))).await })
}

async fn more(tx: &mut dyn Tx, number: usize) -> Result<(), StorageError> {
    let found = tx.records().lookup(&RecordId(1)).await?.ok_or_else(refusal)?;
    let mut record = found.value;
    if let RecordBody::Note(note) = &mut record.body {
        note.plan = format!("{} {number}", note.plan);
    }
    tx.records().update(found.version, record).await.map(|_| ())
}

pub(super) async fn concurrent_units_lose_no_update(store: Store) {
    assert_eq!(add(&store, note(1, 1, 1)).await, Ok(1));
    let results = all((0..100).map(|number| addendum(store.clone(), number)).collect()).await;
    assert!(results.iter().all(Result::is_ok));
    let found = get::<Record>(&store, RecordId(1)).await.expect("the note is there");
    assert_eq!(found.version, 101);
    let count =
        read(&store, |tx| Box::pin(async move { tx.records().count(&crate::RecordFilter::default()).await }));
    assert_eq!(count.await, Ok(1));
    assert_eq!(found.value.treatment().split_whitespace().count(), 101);
}
