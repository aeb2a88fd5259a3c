//! A whole clinic behind its router: a store in a temporary directory, a clock that stands still, one account of
//! every role, a second doctor and a second patient.

mod crawl;
mod disk;
pub mod dom;
pub mod invariants;
mod post;
mod request;
mod world;

pub use crawl::crawl;
pub use post::{SITE, token};
pub use request::{Call, Reply};
pub use world::{CANARY, Stranger, regular, stranger};

use axum::Router;
use domain::Catalogue;
use domain::{ClinicZone, Currency, PatientId, Role, UserId};
use healthcare::web::limits::RateLimits;
use healthcare::web::live::Live;
use healthcare::web::router::router;
use healthcare::web::state::{AppParts, AppState, Readiness};
use healthcare::web::tokens::Tokens;
use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil::date;
use service::identity::{ChangePasswordForm, NewUserForm, ReadUser, SignInForm};
use service::{Actor, Clock, FixedClock, Passwords, SeededRandom, Services};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use storage::Storage;
use storage::conformance::scratch::{Scratch, server};
use storage::json::{JsonOptions, JsonStore};
use storage::postgres::{PgOptions, PgStore};
use tempfile::TempDir;

/// Everyone's password.
pub const PASSWORD: &str = "summer hats by the door";
const FIRST_PASSWORD: &str = "winter boots by the door";

/// Someone with an account.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: UserId,
    pub role: Role,
    pub username: String,
    pub name: &'static str,
    pub patient: Option<PatientId>,
    /// Of a session that has just begun.
    pub token: String,
}

/// The clinic. It is Monday 23 November 2026, 09:00 in London.
pub struct Clinic {
    pub router: Router,
    pub state: AppState,
    pub clock: Arc<FixedClock>,
    /// Whether the disk is full.
    pub full: Arc<AtomicBool>,
    people: Vec<(Role, Person)>,
    /// Lives as long as the clinic.
    home: Arc<Home>,
}

/// Where the data lie: a directory, or a database of its own on the server that the tests are run on.
struct Home {
    directory: TempDir,
    scratch: Option<Scratch>,
}

impl Home {
    async fn new() -> Self {
        let scratch = match server() {
            Some(server) => Some(Scratch::new(&server).await),
            None => None,
        };
        Self { directory: scratch_directory(), scratch }
    }

    /// Opens the store, as another process would.
    async fn open(&self, zone: &ClinicZone, now: Timestamp) -> Arc<dyn Storage> {
        if let Some(scratch) = &self.scratch {
            let options = PgOptions { connections: 10, ..PgOptions::new(scratch.database()) };
            return Arc::new(PgStore::open(options).await.unwrap());
        }
        let options = JsonOptions::new(self.directory.path(), zone.clone(), Currency::GBP, now);
        Arc::new(JsonStore::open(options).unwrap())
    }
}

const PEOPLE: [(Role, &str); 9] = [
    (Role::Admin, "Olivia Bennett"),
    (Role::Auditor, "Henry Shaw"),
    (Role::Billing, "Sam Lee"),
    (Role::Receptionist, "Grace Hall"),
    (Role::Nurse, "Nina Okafor"),
    (Role::Doctor, "Dr Amina Rahman"),
    (Role::Doctor, "Dr Owen Price"),
    (Role::Patient, "Marta Kowalska"),
    (Role::Patient, "Tom Baker"),
];

/// A directory that goes away with the test; in memory where the system offers it, as every read is audited on disk.
fn scratch_directory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// The clinic with everyone in it.
pub async fn clinic() -> Clinic {
    let mut clinic = empty_clinic().await;
    for (role, name) in PEOPLE {
        let person = clinic.hire(role, name).await;
        clinic.people.push((role, person));
    }
    clinic
}

/// The clinic as it is reached over TLS.
pub async fn clinic_over_tls() -> Clinic {
    clinic().await.with_settings(|parts| {
        parts.cookie_secure = true;
        parts.trusted_proxies = healthcare::web::client_address::TrustedProxies::default();
    })
}

/// A clinic without anyone in it.
pub async fn empty_clinic() -> Clinic {
    open(Arc::new(Home::new().await), None, 7).await
}

/// A clinic on a copy of a data directory: always on files.
pub async fn clinic_on(data: &Path) -> Clinic {
    let directory = scratch_directory();
    for file in std::fs::read_dir(data).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), directory.path().join(file.file_name())).unwrap();
    }
    open(Arc::new(Home { directory, scratch: None }), None, 7).await
}

/// A clinic that waits for its first administrator.
pub async fn clinic_to_set_up(token: &str) -> Clinic {
    open(Arc::new(Home::new().await), Some(token.to_owned()), 7).await
}

async fn open(home: Arc<Home>, set_up_token: Option<String>, seed: u64) -> Clinic {
    let zone = ClinicZone::named("Europe/London").unwrap();
    let now = zone.instant(date(2026, 11, 23).at(9, 0, 0, 0)).unwrap();
    let clock = Arc::new(FixedClock::new(now));
    let store = home.open(&zone, now).await;
    let clinic = service::Clinic {
        name: "Elmwood Surgery".to_owned(),
        zone,
        currency: Currency::GBP,
        catalogue: Catalogue::standard(),
        sessions: domain::SessionLimits::default(),
        second_factor_roles: Vec::new(),
        assignment: domain::AssignmentWindow::default(),
    };
    let full = Arc::new(AtomicBool::new(false));
    let services = Services::new(
        Arc::new(disk::Filling { store, full: Arc::clone(&full) }),
        Arc::clone(&clock) as Arc<dyn Clock>,
        Arc::new(SeededRandom::new(seed)),
        Passwords::new(4, 2, 256),
        clinic,
    );
    let state = AppState::from(AppParts { set_up_token, ..parts(services) });
    state.readiness.open();
    Clinic { router: router(state.clone()), state, clock, full, people: Vec::new(), home }
}

/// What a server of tests is set to.
fn parts(services: Services) -> AppParts {
    AppParts {
        services,
        tokens: Tokens::new(&[7; 32], &[]),
        cookie_secure: false,
        trusted_proxies: "10.0.0.0/8".parse().unwrap(),
        // Tests that concern it set it.
        rate_limits: RateLimits::default(),
        readiness: Readiness::default(),
        live: Live::default(),
        set_up_token: None,
    }
}

impl Clinic {
    /// A second server on the same directory, as another process would be.
    pub async fn replica(&self) -> Self {
        let replica = open(Arc::clone(&self.home), None, 8).await;
        Self { people: self.people.clone(), ..replica }
    }

    /// The same clinic on a server with other settings.
    pub fn with_settings(&self, set: impl FnOnce(&mut AppParts)) -> Self {
        let mut parts = parts(self.state.services.clone());
        set(&mut parts);
        let state = AppState::from(parts);
        state.readiness.open();
        let (clock, full, home) = (Arc::clone(&self.clock), Arc::clone(&self.full), Arc::clone(&self.home));
        Self { router: router(state.clone()), state, clock, full, people: self.people.clone(), home }
    }

    /// Makes an account, as the operator at the command line does, and signs it in.
    pub async fn hire(&self, role: Role, name: &'static str) -> Person {
        let services = &self.state.services;
        let operator = Actor::system("test");
        let username = name.trim_start_matches("Dr ").to_lowercase().replace(' ', ".");
        let form = NewUserForm {
            username: username.clone(),
            email: format!("{username}@example.org"),
            role: role.name().to_owned(),
            display_name: Some(name.to_owned()),
            password: Some(FIRST_PASSWORD.to_owned()),
        };
        let id = services.create_user(&operator, form).await.unwrap().id;
        let patient = services.execute(&operator, ReadUser { id }).await.unwrap().patient;
        let form = SignInForm {
            login: username.clone(),
            password: FIRST_PASSWORD.to_owned(),
            label: "Test".to_owned(),
            device: service::identity::Device::Program,
        };
        let first = services.sign_in(&Actor::anonymous("test"), form).await.unwrap().session().unwrap();
        let actor = services.authenticate(first.session.id, "test").await.unwrap();
        let form = ChangePasswordForm {
            current: FIRST_PASSWORD.to_owned(),
            new: PASSWORD.to_owned(),
            repeat: PASSWORD.to_owned(),
        };
        let session = services.change_password(&actor, form).await.unwrap().session;
        let token = self.state.token(session.id, session.security_version, session.expires_at).unwrap();
        Person { id, role, username, name, patient, token }
    }

    /// The (first) account of a role.
    pub fn the(&self, role: Role) -> &Person {
        &self.people.iter().find(|(of, _)| *of == role).unwrap().1
    }

    /// The account with this name.
    pub fn named(&self, name: &str) -> &Person {
        &self.people.iter().find(|(_, person)| person.name == name).unwrap().1
    }

    /// Time goes by.
    pub fn wait(&self, minutes: i64) {
        self.clock.advance(SignedDuration::from_mins(minutes));
    }
}
