//! A large clinic for measurements: 1,000 patients, as many doctors and appointments as wanted.

use super::clinic::{REASON, minutes_after};
use super::people::NewUser;
use super::{DemoAccount, Dice};
use crate::patients::next_mrn;
use crate::{Clinic, ServiceError, Services};
use domain::audit::AuditDraft;
use domain::patient::Sex;
use domain::schedule::WeeklyHours;
use domain::{
    Action, Appointment, AppointmentId, AppointmentStatus, AuditOutcome, DoctorLink, PasswordHash, Patient,
    PatientId, PatientLink, PersonName, Role, Schedule, TimeRange, UserId,
};
use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::sync::Arc;
use storage::{Counter, StorageError, Tx, Work};

const PATIENTS: u64 = 1_000;
/// Appointments in one unit of work.
const BATCH: usize = 5_000;
/// Of every five times of a doctor these many are booked; the others stay free.
const BOOKED_OF_FIVE: usize = 3;
/// The same clinic every time.
const SEED: u64 = 20_251_015;
/// The account that books.
const RECEPTIONIST: &str = "Bench Receptionist";

/// How large it is to be.
#[derive(Clone, Copy, Debug)]
pub struct BenchSize {
    /// Appointments, three of five times booked, from today outwards in both directions.
    pub appointments: u64,
    /// Accounts beside those that it needs.
    pub accounts: u64,
    /// Doctors.
    pub doctors: u64,
    /// Length of their times in minutes.
    pub slot_minutes: u16,
}

impl Default for BenchSize {
    fn default() -> Self {
        Self { appointments: 0, accounts: 0, doctors: 10, slot_minutes: 30 }
    }
}

/// Gives the bookable times of one doctor after the other, today first, then the days next to it, and so on outwards.
struct Calendar {
    clinic: Arc<Clinic>,
    schedule: Schedule,
    doctors: u64,
    today: Date,
    day: i64,
    waiting: Vec<(u64, usize, TimeRange)>,
}

impl Calendar {
    fn next(&mut self) -> Option<(u64, usize, TimeRange)> {
        while self.waiting.is_empty() {
            // 0, 1, -1, 2, -2, …
            let ahead = if self.day % 2 == 1 { (self.day + 1) / 2 } else { -self.day / 2 };
            self.day += 1;
            let date = self.today.checked_add(ahead.days()).ok()?;
            let slots = self.schedule.slots_on(date, &self.clinic.calendar());
            for doctor in 0..self.doctors {
                let shift = usize::try_from(doctor).unwrap_or(0);
                let booked =
                    slots.iter().enumerate().filter(|(index, _)| (index + shift) % 5 < BOOKED_OF_FIVE);
                self.waiting.extend(booked.map(|(index, slot)| (doctor, index, *slot)));
            }
            self.waiting.reverse();
        }
        self.waiting.pop()
    }
}

fn doctor_name(number: u64) -> String {
    format!("Dr Bench {}", char::from(b'A' + u8::try_from(number % 26).unwrap_or(0)))
}

fn patient_id(number: u64) -> PatientId {
    let dice = Dice::new(SEED ^ number.wrapping_mul(0x0001_0000_0001));
    PatientId(dice.bits())
}

fn patient_name(number: u64) -> String {
    const GIVEN: [&str; 20] = [
        "Ada", "Ben", "Cora", "Dev", "Ella", "Finn", "Gita", "Hugh", "Iris", "Joel", "Kate", "Leo", "Maya",
        "Noel", "Olga", "Paul", "Rosa", "Seth", "Tara", "Umar",
    ];
    const FAMILY: [&str; 50] = [
        "Abbott",
        "Barlow",
        "Chadwick",
        "Dalton",
        "Eastwood",
        "Farrow",
        "Garside",
        "Hartley",
        "Ibbotson",
        "Jessop",
        "Kershaw",
        "Lockwood",
        "Mallinson",
        "Naylor",
        "Ogden",
        "Pickles",
        "Quarmby",
        "Rushworth",
        "Sugden",
        "Tordoff",
        "Unsworth",
        "Varley",
        "Wadsworth",
        "Yardley",
        "Ackroyd",
        "Beaumont",
        "Crabtree",
        "Dewhurst",
        "Earnshaw",
        "Firth",
        "Greenwood",
        "Hirst",
        "Illingworth",
        "Jagger",
        "Kaye",
        "Lumb",
        "Metcalfe",
        "Nutter",
        "Oldroyd",
        "Priestley",
        "Ramsden",
        "Sutcliffe",
        "Thackray",
        "Uttley",
        "Verity",
        "Whiteley",
        "Womersley",
        "Yeadon",
        "Ainley",
        "Booth",
    ];
    let at = |list: &[&'static str], index: u64| list[usize::try_from(index).unwrap_or(0) % list.len()];
    format!("{} {}", at(&GIVEN, number / 50), at(&FAMILY, number))
}

/// Every day from 08:00 to 18:00, so that a measurement on a Sunday finds a clinic too.
fn schedule(doctor: UserId, slot_minutes: u16) -> Schedule {
    let at = |hour| Time::constant(hour, 0, 0, 0);
    let weekly = (1..=7).map(|weekday| WeeklyHours::plain(weekday, at(8), at(18))).collect();
    Schedule { weekly, slot_minutes, ..Schedule::office_hours(doctor) }
}

impl Services {
    /// Fills an empty store with doctors, 1,000 patients, one receptionist, more accounts and appointments. Gives the
    /// receptionist's account.
    pub async fn seed_bench(&self, size: BenchSize) -> Result<DemoAccount, ServiceError> {
        let password = self.demo_password(None).await?;
        let hash = self.passwords.hash(password.clone()).await?;
        let same_hash = hash.clone();
        let account = DemoAccount::new(Role::Receptionist, RECEPTIONIST, password.expose().to_owned());
        let now = self.now();
        self.fill_empty(Box::new(move |tx| {
            let hash = hash.clone();
            Box::pin(async move { people(tx, &hash, now, size).await })
        }))
        .await?;
        self.add_accounts(size.accounts, same_hash).await?;
        let doctors = self.bench_doctors().await?;
        let mut calendar = Calendar {
            clinic: Arc::new(self.clinic().clone()),
            schedule: schedule(UserId(0), size.slot_minutes),
            doctors: size.doctors,
            today: self.today(),
            day: 0,
            waiting: Vec::new(),
        };
        let mut left = size.appointments;
        while left > 0 {
            let size = usize::try_from(left).map_or(BATCH, |left| left.min(BATCH));
            let batch: Vec<Appointment> = std::iter::from_fn(|| calendar.next())
                .take(size)
                .map(|(doctor, slot, time)| visit(&doctors, doctor, slot, time, now))
                .collect();
            if batch.is_empty() {
                break;
            }
            left -= batch.len() as u64;
            self.book_batch(batch).await?;
        }
        Ok(account)
    }

    /// So many audit events, one a second until now, as a clinic's day would leave them.
    pub async fn seed_bench_events(&self, count: u64) -> Result<(), ServiceError> {
        let now = self.now();
        for first in (0..count).step_by(BATCH) {
            let numbers = first..count.min(first + BATCH as u64);
            let work: Work = Box::new(move |tx| {
                let numbers = numbers.clone();
                Box::pin(async move {
                    for number in numbers {
                        tx.audit().append(read_of_a_record(number, count, now)).await?;
                    }
                    Ok(())
                })
            });
            self.storage.write(work).await?;
        }
        Ok(())
    }

    /// Patients' accounts that nobody signs in to.
    async fn add_accounts(&self, count: u64, hash: PasswordHash) -> Result<(), ServiceError> {
        let now = self.now();
        for first in (0..count).step_by(BATCH) {
            let numbers = first..count.min(first + BATCH as u64);
            let hash = hash.clone();
            let work: Work = Box::new(move |tx| {
                let (numbers, hash) = (numbers.clone(), hash.clone());
                Box::pin(async move {
                    for number in numbers {
                        let id = UserId(tx.counters().next(Counter::User).await?);
                        let name = format!("{} {number}", patient_name(number));
                        let hash = hash.clone();
                        let new = NewUser { role: Role::Patient, name: &name, patient: None, at: now, hash };
                        tx.users().insert(new.user(id)).await?;
                    }
                    Ok(())
                })
            });
            self.storage.write(work).await?;
        }
        Ok(())
    }

    async fn bench_doctors(&self) -> Result<Vec<UserId>, ServiceError> {
        let found = Arc::new(std::sync::Mutex::new(Vec::new()));
        let slot = Arc::clone(&found);
        let work: Work = Box::new(move |tx| {
            let slot = Arc::clone(&slot);
            Box::pin(async move {
                let filter = storage::UserFilter::role(Role::Doctor);
                let all = storage::PageRequest::all(storage::Order::Ascending);
                let doctors = tx.users().list(&filter, &all).await?.items;
                *slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
                    doctors.iter().map(|doctor| doctor.id).collect();
                Ok(())
            })
        });
        self.storage.read(work).await?;
        let doctors = std::mem::take(&mut *found.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        Ok(doctors)
    }

    async fn book_batch(&self, batch: Vec<Appointment>) -> Result<(), ServiceError> {
        let batch = Arc::new(batch);
        let work: Work = Box::new(move |tx| {
            let batch = Arc::clone(&batch);
            Box::pin(async move {
                for visit in batch.iter() {
                    let id = AppointmentId(tx.counters().next(Counter::Appointment).await?);
                    tx.appointments().insert(Appointment { id, ..visit.clone() }).await?;
                }
                Ok(())
            })
        });
        Ok(self.storage.write(work).await?)
    }
}

async fn people(
    tx: &mut dyn Tx,
    hash: &PasswordHash,
    now: Timestamp,
    size: BenchSize,
) -> Result<(), StorageError> {
    let names = (0..size.doctors).map(|number| (Role::Doctor, doctor_name(number)));
    for (role, name) in names.chain([(Role::Receptionist, RECEPTIONIST.to_owned())]) {
        let id = UserId(tx.counters().next(Counter::User).await?);
        let new = NewUser { role, name: &name, patient: None, at: now, hash: hash.clone() };
        tx.users().insert(new.user(id)).await?;
        if role == Role::Doctor {
            tx.schedules().insert(schedule(id, size.slot_minutes)).await?;
        }
    }
    for number in 0..PATIENTS {
        let patient = Patient {
            id: patient_id(number),
            mrn: next_mrn(tx).await?,
            name: PersonName::from_full(&patient_name(number)),
            birth_date: Date::new(1930, 1, 1)
                .and_then(|first| first.checked_add((number * 29).cast_signed().days()))
                .ok(),
            sex: Sex::Unknown,
            phone: None,
            email: None,
            address: String::new(),
            insurance: String::new(),
            reminders_off: std::collections::BTreeSet::new(),
            user: None,
            created_at: now,
        };
        tx.patients().insert(patient).await?;
    }
    let event = AuditDraft {
        at: now,
        actor: None,
        actor_name: "System".to_owned(),
        role: None,
        action: Action::BookAppointment,
        subject: format!("{} appointments", size.appointments),
        patient: None,
        outcome: AuditOutcome::Success,
        reason: REASON.to_owned(),
        request_id: String::new(),
    };
    tx.audit().append(event).await
}

fn read_of_a_record(number: u64, count: u64, now: Timestamp) -> AuditDraft {
    let ago = SignedDuration::from_secs((count - number).cast_signed());
    let patient = patient_id(number % PATIENTS);
    AuditDraft {
        at: now.checked_sub(ago).unwrap_or(now),
        actor: Some(UserId(number % BenchSize::default().doctors + 1)),
        actor_name: doctor_name(number % BenchSize::default().doctors),
        role: Some(Role::Doctor),
        action: Action::ReadRecord,
        subject: format!("record of {patient}"),
        patient: Some(patient),
        outcome: AuditOutcome::Success,
        reason: String::new(),
        request_id: format!("{:032x}", Dice::new(number).bits()),
    }
}

/// No two visits of one time are of the same patient, as there are more patients than doctors.
fn visit(doctors: &[UserId], doctor: u64, slot: usize, time: TimeRange, now: Timestamp) -> Appointment {
    let day = time.start().as_second().div_euclid(86_400).unsigned_abs();
    let patient = (day * 211 + slot as u64 * doctors.len() as u64 + doctor) % PATIENTS;
    let is_over = time.end() <= now;
    Appointment {
        id: AppointmentId(0),
        patient: PatientLink { id: Some(patient_id(patient)), name: patient_name(patient) },
        doctor: DoctorLink {
            id: usize::try_from(doctor).ok().and_then(|doctor| doctors.get(doctor).copied()),
            name: doctor_name(doctor),
        },
        room: None,
        time,
        visit_type: "consultation".to_owned(),
        reason: String::new(),
        status: if is_over { AppointmentStatus::Fulfilled } else { AppointmentStatus::Booked },
        overbooked_because: None,
        held_until: None,
        buffer_minutes: 0,
        series: None,
        priority: domain::Priority::Routine,
        confirmed_at: None,
        created_by: None,
        created_at: minutes_after(time.start(), -7 * 24 * 60).min(now),
        arrived_at: None,
        history: Vec::new(),
    }
}
