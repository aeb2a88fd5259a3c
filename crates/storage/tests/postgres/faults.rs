//! What must hold when the database, the network or the crowd misbehaves.

use crate::{dynamic, fresh};
use domain::{Action, Appointment, AppointmentId, User, UserId};
use sqlx::{Connection as _, Executor as _, PgConnection};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use storage::conformance::samples::{appointment, doctor, event, patient, user};
use storage::conformance::scratch::Scratch;
use storage::conformance::{Store, add, count, get, write};
use storage::postgres::{DatabaseUrl, OpenError, PgOptions, PgStore};
use storage::{
    AppointmentFilter, AuditFilter, Constraint, Counter, Order, PageRequest, Storage, StorageError,
    UserFilter, UserKey,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// People for 200 bookings.
async fn people(store: &Store, patients: u128) {
    add(store, user(1)).await.unwrap();
    for id in 1..=patients {
        add(store, patient(id, "Ada", "Byron")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_hundred_bookers_of_one_slot_on_two_servers_one_wins() {
    let (one, scratch) = fresh().await;
    let other = Arc::new(PgStore::open(PgOptions::new(scratch.database())).await.unwrap());
    people(&dynamic(&one), 200).await;
    let tries = (1..=200u64).map(|id| {
        let store = dynamic(if id % 2 == 0 { &one } else { &other });
        tokio::spawn(async move { add(&store, appointment(id, id.into(), doctor(1), 0)).await })
    });
    let (mut won, mut lost) = (0, 0);
    for attempt in tries.collect::<Vec<_>>() {
        match attempt.await.unwrap() {
            Ok(1) => won += 1,
            Err(StorageError::Conflict(Constraint::DoctorOverlap)) => lost += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((won, lost), (1, 199));
    assert_eq!(count::<Appointment>(&dynamic(&one), AppointmentFilter::default()).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_have_no_gap_however_many_take_them_at_once_on_two_servers() {
    let (one, scratch) = fresh().await;
    let other = Arc::new(PgStore::open(PgOptions::new(scratch.database())).await.unwrap());
    let taken = (0..100u64).map(|number| {
        let store = dynamic(if number % 2 == 0 { &one } else { &other });
        tokio::spawn(async move {
            write(&store, move |tx| {
                Box::pin(async move {
                    let next = tx.counters().next(Counter::Invoice(2026)).await?;
                    // Every third one comes to nothing.
                    if number % 3 == 0 { Err(StorageError::Stale) } else { Ok(next) }
                })
            })
            .await
        })
    });
    let mut numbers = Vec::new();
    for one in taken.collect::<Vec<_>>() {
        numbers.extend(one.await.unwrap().ok());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=66).collect::<Vec<_>>());
}

/// Passes bytes on to the server, and cuts connections when it is told to.
struct Cutter {
    address: String,
    /// Cuts at the next answer to a commit: the server has committed, and nobody is told.
    cuts_answers: Arc<AtomicBool>,
    /// Cuts before the next commit reaches the server.
    cuts_questions: Arc<AtomicBool>,
    cuts: Arc<AtomicU64>,
}

async fn cutter(target: String) -> Cutter {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (answers, questions, cuts) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let cutter = Cutter {
        address,
        cuts_answers: answers.clone(),
        cuts_questions: questions.clone(),
        cuts: cuts.clone(),
    };
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&target).await.unwrap();
            tokio::spawn(passed_on(client, server, answers.clone(), questions.clone(), cuts.clone()));
        }
    });
    cutter
}

async fn passed_on(
    client: TcpStream,
    server: TcpStream,
    cuts_answers: Arc<AtomicBool>,
    cuts_questions: Arc<AtomicBool>,
    cuts: Arc<AtomicU64>,
) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let has = |bytes: &[u8], word: &[u8]| bytes.windows(word.len()).any(|part| part == word);
    let is_cut = |flag: &AtomicBool| {
        let cut = flag.swap(false, Ordering::SeqCst);
        cuts.fetch_add(u64::from(cut), Ordering::SeqCst);
        cut
    };
    let asks = async {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(read) = from_client.read(&mut bytes).await {
            if read == 0 || (has(&bytes[..read], b"COMMIT\0") && is_cut(&cuts_questions)) {
                return;
            }
            if to_server.write_all(&bytes[..read]).await.is_err() {
                return;
            }
        }
    };
    let answers = async {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(read) = from_server.read(&mut bytes).await {
            if read == 0 || (has(&bytes[..read], b"COMMIT\0") && is_cut(&cuts_answers)) {
                return;
            }
            if to_client.write_all(&bytes[..read]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! { () = asks => {}, () = answers => {} }
}

/// An address that leads to the server for as long as it is open.
struct Gate {
    address: String,
    is_open: tokio::sync::watch::Sender<bool>,
    /// Raised when every connection that is open now is to fall silent, for ever.
    silenced: tokio::sync::watch::Sender<u32>,
}

async fn gate(target: String) -> Gate {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (is_open, watched) = tokio::sync::watch::channel(true);
    let (silenced, silence) = tokio::sync::watch::channel(0);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (target, mut watched, mut silence) = (target.clone(), watched.clone(), silence.clone());
            silence.mark_unchanged();
            tokio::spawn(async move {
                if !*watched.borrow() {
                    return;
                }
                let mut server = TcpStream::connect(&target).await.unwrap();
                let falls_silent = tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut client, &mut server) => false,
                    _ = watched.wait_for(|is_open| !is_open) => false,
                    changed = silence.changed() => changed.is_ok(),
                };
                if falls_silent {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    Gate { address, is_open, silenced }
}

/// Waits until the store says that it is in trouble, or that it is not any more.
async fn until_troubled(store: &Store, wanted: bool) {
    while store.status().trouble.is_some() != wanted {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_database_is_told_and_found_again_without_a_restart() {
    let (_, scratch) = fresh().await;
    let gate = gate(server_of(&scratch)).await;
    let options = PgOptions {
        acquire_timeout: Duration::from_millis(300),
        retry_for: Duration::from_millis(300),
        ..PgOptions::new(through(&scratch, &gate.address))
    };
    let store: Store = Arc::new(PgStore::open(options).await.unwrap());
    for round in 1..=3 {
        assert_eq!(add(&store, user(round)).await, Ok(1));
        gate.is_open.send(false).unwrap();
        until_troubled(&store, true).await;
        assert!(!store.status().dead, "a restart would not help");
        let refused = add(&store, user(100)).await;
        assert!(matches!(refused, Err(StorageError::Unavailable(_))), "{refused:?}");
        let read = storage::conformance::read(&store, |tx| Box::pin(async move { tx.totals().await })).await;
        assert!(matches!(read, Err(StorageError::Unavailable(_))), "{read:?}");
        gate.is_open.send(true).unwrap();
        until_troubled(&store, false).await;
        assert_eq!(count::<User>(&store, UserFilter::default()).await, round);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_falls_silent_is_left_for_the_one_behind_its_address() {
    let (direct, scratch) = fresh().await;
    let gate = gate(server_of(&scratch)).await;
    let options = PgOptions {
        connections: 2,
        statement_timeout: Duration::from_millis(100),
        ..PgOptions::new(through(&scratch, &gate.address))
    };
    let store: Store = Arc::new(PgStore::open(options).await.unwrap());
    assert_eq!(add(&store, user(1)).await, Ok(1));
    gate.silenced.send_modify(|times| *times += 1);
    // Nobody answers on the connections that are open, and nobody closes them.
    assert_eq!(add(&store, user(2)).await, Ok(1));
    assert_eq!(count::<User>(&store, UserFilter::default()).await, 2);
    until_troubled(&store, false).await;
    assert_eq!(count::<User>(&dynamic(&direct), UserFilter::default()).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_as_the_owner_is_not_led_astray_by_temporary_tables() {
    let (store, scratch) = fresh().await;
    let store = dynamic(&store);
    let mut console = PgConnection::connect(&scratch.url()).await.unwrap();
    let disguise = "CREATE TEMPORARY TABLE audit_arrivals (LIKE public.audit_arrivals INCLUDING ALL); \
                    INSERT INTO pg_temp.audit_arrivals (body, at, action, outcome) VALUES ('forged', now(), 'x', 'x')";
    console.execute(disguise).await.unwrap();
    console.execute("SELECT chain_audit_events(10)").await.unwrap();
    let forged = console.execute("SELECT FROM pg_temp.audit_arrivals").await.unwrap().rows_affected();
    assert_eq!(forged, 1, "the temporary table was not looked at");
    let all = PageRequest::all(Order::Ascending);
    assert!(storage::conformance::audit(&store, AuditFilter::default(), all).await.items.is_empty());
}

/// The same database through another address.
fn through(scratch: &Scratch, address: &str) -> DatabaseUrl {
    let url = scratch.url();
    let (before, after) = url.split_once('@').unwrap();
    let database = after.split_once('/').unwrap().1;
    DatabaseUrl::parse(&format!("{before}@{address}/{database}")).unwrap()
}

fn server_of(scratch: &Scratch) -> String {
    let url = scratch.url();
    url.split_once('@').unwrap().1.split_once('/').unwrap().0.to_owned()
}

async fn booked_through_cuts(answers: bool) {
    let (direct, scratch) = fresh().await;
    let cutter = cutter(server_of(&scratch)).await;
    let store = PgStore::open(PgOptions::new(through(&scratch, &cutter.address))).await.unwrap();
    let store: Store = Arc::new(store);
    people(&store, 1).await;
    for number in 0..20i64 {
        let flag = if answers { &cutter.cuts_answers } else { &cutter.cuts_questions };
        flag.store(true, Ordering::SeqCst);
        let id = u64::try_from(number).unwrap() + 1;
        let booked = write(&store, move |tx| {
            Box::pin(async move {
                let visit = appointment(id, 1, doctor(1), number * 30);
                tx.appointments().insert(visit).await?;
                tx.audit().append(event(number, Action::BookAppointment)).await?;
                tx.counters().next(Counter::Receipt(2026)).await
            })
        });
        // Whatever became of the first commit, the booking happens exactly once.
        assert_eq!(booked.await, Ok(id));
    }
    assert!(cutter.cuts.load(Ordering::SeqCst) >= 20);
    let stored = count::<Appointment>(&dynamic(&direct), AppointmentFilter::default()).await;
    assert_eq!(stored, 20);
    let booked = AuditFilter { actions: vec![Action::BookAppointment], ..AuditFilter::default() };
    let log =
        storage::conformance::audit(&dynamic(&direct), booked, PageRequest::all(Order::Ascending)).await;
    assert_eq!(log.items.len(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_found_and_not_done_again() {
    booked_through_cuts(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_never_arrives_is_done_again() {
    booked_through_cuts(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exhausted_pool_is_busy_and_not_a_hang() {
    let (_, scratch) = fresh().await;
    let options = PgOptions {
        connections: 1,
        acquire_timeout: Duration::from_millis(200),
        ..PgOptions::new(scratch.database())
    };
    let store: Store = Arc::new(PgStore::open(options).await.unwrap());
    let (holding, held) = tokio::sync::oneshot::channel();
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    let mut signals = Some((holding, released));
    let holder = store.clone();
    // A unit of work that keeps the only connection until it is told to end.
    let long = tokio::spawn(async move {
        let work: storage::Work = Box::new(move |tx| {
            let signals = signals.take();
            Box::pin(async move {
                tx.totals().await?;
                if let Some((holding, released)) = signals {
                    holding.send(()).unwrap();
                    let _ = released.await;
                }
                Ok(())
            })
        });
        holder.read(work).await
    });
    held.await.unwrap();
    assert_eq!(add(&store, user(1)).await, Err(StorageError::Busy));
    assert_eq!(store.status().trouble, None, "the database is well, it is only much work");
    release.send(()).unwrap();
    assert_eq!(long.await.unwrap(), Ok(()));
    assert_eq!(add(&store, user(1)).await, Ok(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_takes_too_long_is_busy_and_leaves_nothing() {
    let (direct, scratch) = fresh().await;
    let options =
        PgOptions { statement_timeout: Duration::from_millis(200), ..PgOptions::new(scratch.database()) };
    let store: Store = Arc::new(PgStore::open(options).await.unwrap());
    add(&store, user(1)).await.unwrap();
    // Someone at a console holds a table.
    let mut console = PgConnection::connect(&scratch.url()).await.unwrap();
    console.execute("BEGIN; LOCK TABLE users").await.unwrap();
    assert_eq!(add(&store, user(2)).await, Err(StorageError::Busy));
    console.execute("ROLLBACK").await.unwrap();
    assert_eq!(get::<User>(&dynamic(&direct), UserKey::Id(UserId(2))).await, None);
    assert_eq!(add(&store, user(2)).await, Ok(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_is_replaced_unseen() {
    let (store, scratch) = fresh().await;
    let mut console = PgConnection::connect(&scratch.url()).await.unwrap();
    for id in 1..=5 {
        assert_eq!(add(&dynamic(&store), user(id)).await, Ok(1));
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        console.execute(end).await.unwrap();
        assert_eq!(count::<User>(&dynamic(&store), UserFilter::default()).await, id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_log_can_only_be_added_to() {
    let (store, scratch) = fresh().await;
    let store = dynamic(&store);
    write(&store, |tx| Box::pin(async move { tx.audit().append(event(0, Action::SignIn)).await }))
        .await
        .unwrap();
    storage::conformance::audit(&store, AuditFilter::default(), PageRequest::all(Order::Ascending)).await;
    let mut console = PgConnection::connect(&scratch.url()).await.unwrap();
    for change in [
        "UPDATE audit_events SET body = 'x'",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
        "UPDATE audit_arrivals SET body = 'x'",
    ] {
        let refused = console.execute(change).await;
        assert!(refused.unwrap_err().to_string().contains("can only be added to"), "{change}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_was_changed_at_the_console_is_found() {
    let (store, scratch) = fresh().await;
    let store = dynamic(&store);
    for minutes in 0..5 {
        let unit = write(&store, move |tx| {
            Box::pin(async move { tx.audit().append(event(minutes, Action::SignIn)).await })
        });
        unit.await.unwrap();
    }
    let quiet = |_: &str| ();
    assert_eq!(
        storage::postgres::verify(&PgOptions::new(scratch.database()), &quiet).await.unwrap().events,
        5
    );
    let mut console = PgConnection::connect(&scratch.url()).await.unwrap();
    let forge = "ALTER TABLE audit_events DISABLE TRIGGER append_only; \
                 UPDATE audit_events SET body = replace(body, 'Number 1', 'Number 2') WHERE seq = 3";
    console.execute(forge).await.unwrap();
    let found = storage::postgres::verify(&PgOptions::new(scratch.database()), &quiet).await;
    assert!(matches!(&found, Err(OpenError::Damaged(why)) if why.contains("event 3")), "{found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_servers_that_start_at_once_make_one_schema() {
    let server = storage::conformance::scratch::server().expect("a server for tests");
    let scratch = Scratch::bare(&server).await;
    let opened = (0..6).map(|_| {
        let options = PgOptions::new(scratch.database());
        tokio::spawn(async move { PgStore::open(options).await.map(|store| store.status().totals) })
    });
    for store in opened.collect::<Vec<_>>() {
        assert_eq!(store.await.unwrap(), Ok(storage::Totals::default()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_migrations_an_empty_database_is_refused_with_what_to_do() {
    let server = storage::conformance::scratch::server().expect("a server for tests");
    let scratch = Scratch::bare(&server).await;
    let options = PgOptions { migrate: false, ..PgOptions::new(scratch.database()) };
    let refused = PgStore::open(options).await.map(|_| ());
    assert!(matches!(&refused, Err(OpenError::NotMigrated { done: 0, .. })), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_to_nothing_is_refused() {
    let (store, _scratch) = fresh().await;
    let store = dynamic(&store);
    add(&store, user(1)).await.unwrap();
    let stray = add(&store, appointment(1, 1, doctor(1), 0)).await;
    assert_eq!(stray, Err(StorageError::Conflict(Constraint::Link)));
    assert_eq!(get::<Appointment>(&store, AppointmentId(1)).await, None);
}
