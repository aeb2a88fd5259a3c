//! A small clinic for the tests of this crate: one account of every role, a second doctor and a second
//! patient, in a store of its own. Only tests may use it.

use crate::actor::{Kind, SignedIn};
use crate::{Actor, Clinic, FixedClock, Passwords, SeededRandom, Services};
use domain::Catalogue;
use domain::audit::AuditEvent;
use domain::patient::Sex;
use domain::user::UserStatus;
use domain::waiting::{DayPart, Waiting, WaitingState};
use domain::{
    Appointment, AppointmentId, AppointmentStatus, ClinicZone, Currency, DoctorLink, Email, Mrn,
    PasswordHash, Patient, PatientId, PatientLink, PersonName, Phone, PlanEntry, PlanFact, PlanId, Role,
    Schedule, SessionLimits, TimeRange, User, UserId, Username,
};
use jiff::{SignedDuration, Timestamp, civil::date};
use std::sync::{Arc, Mutex};
use storage::conformance::scratch::{Scratch, backend};
use storage::json::{JsonOptions, JsonStore};
use storage::{AuditFilter, BoxFuture, Counter, Order, PageRequest, Storage, StorageError, Totals, Tx, Work};

/// The clinic and everyone in it. It is Monday 23 November 2026, 09:00 in London.
pub(crate) struct Fixture {
    /// The services under test.
    pub services: Services,
    /// Stands still until it is advanced.
    pub clock: Arc<FixedClock>,
    /// Dr Amina Rahman; office hours.
    pub doctor: Actor,
    /// Dr Owen Price; office hours.
    pub other_doctor: Actor,
    pub nurse: Actor,
    pub receptionist: Actor,
    pub billing: Actor,
    pub admin: Actor,
    pub auditor: Actor,
    /// The account of Marta Kowalska.
    pub patient: Actor,
    /// The account of Tom Baker.
    pub other_patient: Actor,
    /// Marta Kowalska.
    pub marta: PatientId,
    /// Tom Baker.
    pub tom: PatientId,
    home: Home,
}

/// Where the data lie for as long as the test runs: a directory, or a database of its own.
type Home = (tempfile::TempDir, Option<Scratch>);

/// An empty store on the backend that the tests are run on.
async fn store(zone: &ClinicZone, now: Timestamp) -> (Arc<dyn Storage>, Home) {
    let directory = tempfile::tempdir().unwrap();
    let options = JsonOptions::new(directory.path(), zone.clone(), Currency::GBP, now);
    let (store, scratch) = backend(|| JsonStore::open(options).unwrap()).await;
    (store, (directory, scratch))
}

/// Opens the clinic on the backend that the tests are run on.
pub(crate) async fn clinic() -> Fixture {
    let (zone, now) = here_and_now();
    clinic_in(store(&zone, now).await).await
}

/// The same on files, whatever backend the tests are run on: for what only they have.
pub(crate) async fn clinic_on_files() -> Fixture {
    let (zone, now) = here_and_now();
    let directory = tempfile::tempdir().unwrap();
    let options = JsonOptions::new(directory.path(), zone, Currency::GBP, now);
    clinic_in((Arc::new(JsonStore::open(options).unwrap()), (directory, None))).await
}

fn here_and_now() -> (ClinicZone, Timestamp) {
    let zone = ClinicZone::named("Europe/London").unwrap();
    let now = zone.instant(date(2026, 11, 23).at(9, 0, 0, 0)).unwrap();
    (zone, now)
}

async fn clinic_in((store, home): (Arc<dyn Storage>, Home)) -> Fixture {
    let (zone, now) = here_and_now();
    let clock = Arc::new(FixedClock::new(now));
    let clinic = Clinic {
        name: "Elmwood Surgery".to_owned(),
        zone,
        currency: Currency::GBP,
        catalogue: Catalogue::standard(),
        sessions: SessionLimits::default(),
        second_factor_roles: Vec::new(),
        assignment: domain::AssignmentWindow::default(),
    };
    let services = Services::new(
        store,
        Arc::clone(&clock) as Arc<dyn crate::Clock>,
        Arc::new(SeededRandom::new(7)),
        Passwords::new(4, 1, 64),
        clinic,
    );
    people(services, clock, home, now).await
}

/// A clinic without anyone in it.
pub(crate) async fn empty_clinic() -> Fixture {
    let mut fixture = clinic().await;
    let zone = fixture.services.clinic().zone.clone();
    let (store, home) = store(&zone, fixture.services.now()).await;
    fixture.services.storage = store;
    fixture.home = home;
    fixture
}

async fn people(services: Services, clock: Arc<FixedClock>, home: Home, now: Timestamp) -> Fixture {
    let (marta, tom) = (PatientId(1 << 100), PatientId(2 << 100));
    let accounts = [
        (Role::Admin, "Olivia Bennett", None),
        (Role::Auditor, "Henry Shaw", None),
        (Role::Billing, "Sam Lee", None),
        (Role::Receptionist, "Grace Hall", None),
        (Role::Nurse, "Nina Okafor", None),
        (Role::Doctor, "Dr Amina Rahman", None),
        (Role::Doctor, "Dr Owen Price", None),
        (Role::Patient, "Marta Kowalska", Some(marta)),
        (Role::Patient, "Tom Baker", Some(tom)),
    ];
    let hash =
        services.passwords.hash(domain::PasswordPlain::offered(Fixture::PASSWORD).unwrap()).await.unwrap();
    let inserts = accounts;
    let work: Work = Box::new(move |tx| {
        let (inserts, hash) = (inserts, hash.clone());
        Box::pin(async move {
            for (role, name, patient) in inserts {
                insert_account(tx, role, name, patient, now, &hash).await?;
            }
            Ok(())
        })
    });
    services.storage.write(work).await.unwrap();
    let mut actors = accounts.iter().zip(1..).map(|((role, name, patient), id)| Actor {
        kind: Kind::User(SignedIn {
            user: UserId(id),
            role: *role,
            name: (*name).to_owned(),
            patient: *patient,
            session: None,
            must_change_password: false,
            acts_for: None,
            must_set_up_second_factor: false,
        }),
        request_id: format!("test-{id}"),
        request: None,
        address: None,
    });
    let mut next = || actors.next().unwrap();
    Fixture {
        admin: next(),
        auditor: next(),
        billing: next(),
        receptionist: next(),
        nurse: next(),
        doctor: next(),
        other_doctor: next(),
        patient: next(),
        other_patient: next(),
        services,
        clock,
        marta,
        tom,
        home,
    }
}

async fn insert_account(
    tx: &mut dyn Tx,
    role: Role,
    name: &str,
    patient: Option<PatientId>,
    now: Timestamp,
    hash: &PasswordHash,
) -> Result<(), StorageError> {
    let id = UserId(tx.counters().next(Counter::User).await?);
    let login = name.trim_start_matches("Dr ").to_lowercase().replace(' ', ".");
    let email = Email::parse(&format!("{login}@example.org")).unwrap();
    if let Some(patient) = patient {
        let mrn = crate::patients::next_mrn(tx).await?;
        tx.patients().insert(person(patient, mrn, name, Some(id), now)).await?;
    }
    if role == Role::Doctor {
        tx.schedules().insert(Schedule::office_hours(id)).await?;
    }
    let user = User {
        id,
        username: Username::parse(&login).unwrap(),
        email,
        password_hash: hash.clone(),
        created_at: now,
        role,
        status: UserStatus::Active,
        display_name: name.to_owned(),
        patient,
        security_version: 1,
        must_change_password: false,
        second_factor: None,
        email_verified_at: None,
        password_set_at: None,
    };
    tx.users().insert(user).await.map(drop)
}

fn person(id: PatientId, mrn: Mrn, name: &str, user: Option<UserId>, now: Timestamp) -> Patient {
    Patient {
        id,
        mrn,
        name: PersonName::from_full(name),
        birth_date: Some(date(1985, 3, 27)),
        sex: Sex::Female,
        phone: Some(Phone::parse("020 7946 0958").unwrap()),
        email: Some(Email::parse("patient@example.org").unwrap()),
        address: "12 Elm Road\nLondon".to_owned(),
        insurance: "Northway Health 12345".to_owned(),
        reminders_off: std::collections::BTreeSet::new(),
        user,
        created_at: now,
    }
}

impl Fixture {
    /// Everyone's password.
    pub const PASSWORD: &'static str = "winter boots by the door";

    /// The (first) account of a role.
    pub fn actor_for(&self, role: Role) -> &Actor {
        match role {
            Role::Patient => &self.patient,
            Role::Doctor => &self.doctor,
            Role::Nurse => &self.nurse,
            Role::Receptionist => &self.receptionist,
            Role::Billing => &self.billing,
            Role::Admin => &self.admin,
            Role::Auditor => &self.auditor,
        }
    }

    /// The instant so many hours from now.
    pub fn in_hours(&self, hours: i64) -> Timestamp {
        self.services.now() + SignedDuration::from_hours(hours)
    }

    /// Writes to the store behind the services' back.
    pub async fn store<T: Send + 'static>(
        &self,
        job: impl for<'t> Fn(&'t mut dyn Tx) -> BoxFuture<'t, Result<T, StorageError>> + Send + Sync + 'static,
    ) -> T {
        let (slot, job) = (Arc::new(Mutex::new(None)), Arc::new(job));
        let result = Arc::clone(&slot);
        let work: Work = Box::new(move |tx| {
            let (slot, job) = (Arc::clone(&slot), Arc::clone(&job));
            Box::pin(async move {
                let value = job(tx).await?;
                *slot.lock().unwrap() = Some(value);
                Ok(())
            })
        });
        self.services.storage.write(work).await.unwrap();
        result.lock().unwrap().take().unwrap()
    }

    /// A patient without an account.
    pub async fn register(&self, name: &'static str) -> PatientId {
        let (id, now) = (PatientId(self.services.random_bits()), self.services.now());
        self.store(move |tx| {
            Box::pin(async move {
                let mrn = crate::patients::next_mrn(tx).await?;
                tx.patients().insert(person(id, mrn, name, None, now)).await?;
                Ok(id)
            })
        })
        .await
    }

    /// An appointment of 30 minutes.
    pub async fn visit(
        &self,
        doctor: &Actor,
        patient: PatientId,
        start: Timestamp,
        status: AppointmentStatus,
    ) -> AppointmentId {
        let now = self.services.now();
        let doctor = DoctorLink { id: doctor.user(), name: doctor.name().to_owned() };
        self.store(move |tx| {
            let doctor = doctor.clone();
            Box::pin(async move {
                let id = AppointmentId(tx.counters().next(Counter::Appointment).await?);
                let visit = Appointment {
                    id,
                    patient: PatientLink { id: Some(patient), name: "A patient".to_owned() },
                    doctor,
                    room: None,
                    time: TimeRange::new(start, 30).unwrap(),
                    visit_type: "consultation".to_owned(),
                    reason: String::new(),
                    status,
                    overbooked_because: None,
                    held_until: None,
                    buffer_minutes: 0,
                    series: None,
                    priority: domain::Priority::Routine,
                    confirmed_at: None,
                    created_by: None,
                    created_at: now,
                    arrived_at: None,
                    history: Vec::new(),
                };
                tx.appointments().insert(visit).await?;
                Ok(id)
            })
        })
        .await
    }

    /// Marta sees Dr Rahman today at 10:00, which makes her assigned to the doctor and the nurse.
    pub async fn visit_of_marta(&self) -> AppointmentId {
        self.visit(&self.doctor, self.marta, self.in_hours(1), AppointmentStatus::Booked).await
    }

    /// A place of a patient on the waiting list, for days far ahead.
    pub async fn place_on_waiting_list(&self, patient: PatientId) -> PlanId {
        let now = self.services.now();
        let waiting = Waiting {
            patient_name: "A patient".to_owned(),
            visit_type: "consultation".to_owned(),
            with: None,
            from: date(2027, 3, 1),
            until: date(2027, 3, 5),
            part: DayPart::Any,
            priority: domain::Priority::Routine,
            reason: String::new(),
            instead_of: None,
            added_by: None,
            state: WaitingState::Waitlisted,
            declined: Vec::new(),
        };
        let entry = PlanEntry {
            id: PlanId(1 << 90),
            patient: Some(patient),
            doctor: None,
            appointment: None,
            created_at: now,
            due_at: Some(self.in_hours(24 * 120)),
            kept_until: None,
            fact: PlanFact::Waiting(waiting),
        };
        self.store(move |tx| {
            let entry = entry.clone();
            Box::pin(async move {
                let id = entry.id;
                tx.plan().insert(entry).await.map(|_| id)
            })
        })
        .await
    }

    /// The whole audit log, oldest first.
    pub async fn audit(&self) -> Vec<AuditEvent> {
        self.store(|tx| {
            Box::pin(async move {
                let all = PageRequest::all(Order::Ascending);
                Ok(tx.audit().list(&AuditFilter::default(), &all).await?.items)
            })
        })
        .await
    }

    /// How much is stored.
    pub fn totals(&self) -> Totals {
        self.services.storage_status().totals
    }
}
