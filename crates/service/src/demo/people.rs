//! Accounts, schedules and patients of the demonstration clinic.

use super::cast::{ACCOUNTS, HOURS, INSURERS, PATIENTS, Person, STAFF, STREETS};
use super::clinic::{Known, Member, Scene};
use crate::patients::next_mrn;
use domain::schedule::{Leave, WeeklyHours};
use domain::user::UserStatus;
use domain::{
    Action, Email, PasswordHash, Patient, PatientId, PersonName, Phone, Role, Schedule, User, UserId,
    Username,
};
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};
use storage::{Counter, StorageError};

/// The name to sign in with: `amina.rahman`.
pub(super) fn login(name: &str) -> String {
    name.trim_start_matches("Dr ").to_lowercase().replace(' ', ".")
}

/// The address of an account.
pub(super) fn address(name: &str) -> String {
    format!("{}@example.org", login(name))
}

/// A new account.
pub(super) struct NewUser<'n> {
    pub role: Role,
    pub name: &'n str,
    pub patient: Option<PatientId>,
    pub at: Timestamp,
    pub hash: PasswordHash,
}

impl NewUser<'_> {
    /// The account under its id.
    pub fn user(self, id: UserId) -> User {
        User {
            id,
            username: Username::imported(&login(self.name)),
            email: Email::imported(&address(self.name)),
            password_hash: self.hash,
            created_at: self.at,
            role: self.role,
            status: UserStatus::Active,
            display_name: self.name.to_owned(),
            patient: self.patient,
            security_version: 1,
            must_change_password: false,
            second_factor: None,
            email_verified_at: None,
            password_set_at: None,
        }
    }
}

impl Scene<'_> {
    async fn account(&mut self, new: NewUser<'_>) -> Result<UserId, StorageError> {
        let id = UserId(self.tx.counters().next(Counter::User).await?);
        self.note(new.at, Action::ManageUsers, format!("user {id}"), new.patient);
        self.tx.users().insert(new.user(id)).await?;
        Ok(id)
    }

    /// Makes the staff and the doctors' hours.
    pub async fn hire(&mut self) -> Result<(), StorageError> {
        let at = self.days_ago(400);
        for (staff, hash) in STAFF.iter().zip(self.hashes) {
            let new = NewUser { role: staff.role, name: staff.name, patient: None, at, hash: hash.clone() };
            let id = self.account(new).await?;
            self.staff.push(Member { id, role: staff.role, name: staff.name });
        }
        self.open_rooms().await?;
        for (doctor, hours) in self.doctors().into_iter().zip(HOURS) {
            let room = self.room_of(doctor.id);
            let mut schedule =
                Schedule { weekly: Vec::new(), leave: Vec::new(), ..Schedule::office_hours(doctor.id) };
            for (weekdays, from, until) in hours {
                let time = |(hour, minute)| Time::constant(hour, minute, 0, 0);
                schedule.weekly.extend(weekdays.iter().map(|weekday| WeeklyHours {
                    room: room.clone(),
                    ..WeeklyHours::plain(*weekday, time(*from), time(*until))
                }));
            }
            if doctor.name == STAFF[6].name {
                let day = |ahead: i64| self.today.checked_add(ahead.days()).unwrap_or(self.today);
                schedule.leave.push(Leave::days(day(15), day(18)));
            }
            self.note(at, Action::SetSchedule, format!("schedule of user {}", doctor.id), None);
            self.tx.schedules().insert(schedule).await?;
        }
        Ok(())
    }

    /// Registers the patients, those who are longest with the clinic first.
    pub async fn register(&mut self) -> Result<Vec<Known>, StorageError> {
        let mut since: Vec<Timestamp> =
            PATIENTS.iter().map(|_| self.days_ago(self.dice.between(190, 900))).collect();
        since.sort_unstable();
        let mut known = Vec::new();
        for (number, (person, since)) in PATIENTS.iter().zip(since).enumerate() {
            let id = PatientId(self.dice.bits());
            let mut patient = self.person(id, person, number, since).await?;
            if let Some(place) = ACCOUNTS.iter().position(|account| *account == number) {
                let hash = self.hashes[(STAFF.len() + place) % self.hashes.len()].clone();
                let new = NewUser { role: Role::Patient, name: person.0, patient: Some(id), at: since, hash };
                patient.user = Some(self.account(new).await?);
            }
            known.push(Known { id, name: patient.name.full(), user: patient.user, since });
            self.note(since, Action::RegisterPatient, format!("patient {id}"), Some(id));
            self.tx.patients().insert(patient).await?;
        }
        Ok(known)
    }

    async fn person(
        &mut self,
        id: PatientId,
        person: &Person,
        number: usize,
        since: Timestamp,
    ) -> Result<Patient, StorageError> {
        let (name, year, sex) = *person;
        let dice = &self.dice;
        let month = i8::try_from(dice.between(1, 12)).unwrap_or(1);
        let day = i8::try_from(dice.between(1, 28)).unwrap_or(1);
        let phone = Phone::parse(&format!("020 7946 0{:03}", 100 + number)).ok();
        let email = Email::parse(&address(name)).ok().filter(|_| number < 2 || dice.percent(75));
        let street = dice.pick(&STREETS);
        let address = format!("{} {street}\nElmwood", dice.between(1, 90));
        let insurance = if dice.percent(60) {
            format!("{} {}", dice.pick(&INSURERS), dice.between(100_000, 999_999))
        } else {
            String::new()
        };
        Ok(Patient {
            id,
            mrn: next_mrn(self.tx).await?,
            name: PersonName::from_full(name),
            birth_date: Date::new(year, month, day).ok(),
            sex,
            phone,
            email,
            address,
            insurance,
            reminders_off: std::collections::BTreeSet::new(),
            user: None,
            created_at: since,
        })
    }
}
