//! What an account brings with it: a patient's record for patients, office hours for doctors.
//! An account is never joined to a patient who exists already: a name proves nothing.

use crate::{ServiceError, Unit, patients};
use domain::{Email, Patient, PatientId, PersonName, Phone, Role, Schedule, User, UserId};
use jiff::civil::Date;

/// Facts about the patient behind a new account.
#[derive(Clone, Debug)]
pub struct Person {
    pub name: PersonName,
    pub birth_date: Option<Date>,
    pub phone: Option<Phone>,
}

impl Person {
    /// Someone of whom only a name is known.
    pub fn named(name: &str) -> Self {
        Self { name: PersonName::from_full(name), birth_date: None, phone: None }
    }
}

/// Registers the patient of an account.
pub async fn register(
    unit: &mut Unit<'_>,
    user: UserId,
    email: &Email,
    person: Person,
) -> Result<PatientId, ServiceError> {
    let patient = Patient {
        id: PatientId(unit.random.bits()),
        mrn: patients::next_mrn(unit.tx).await?,
        name: person.name,
        birth_date: person.birth_date,
        sex: domain::patient::Sex::default(),
        phone: person.phone,
        email: Some(email.clone()),
        address: String::new(),
        insurance: String::new(),
        reminders_off: std::collections::BTreeSet::new(),
        user: Some(user),
        created_at: unit.now,
    };
    let id = patient.id;
    unit.tx.patients().insert(patient).await?;
    Ok(id)
}

/// Gives the account what its role needs and has not yet.
pub async fn equip(unit: &mut Unit<'_>, user: &mut User) -> Result<(), ServiceError> {
    if user.role == Role::Patient && user.patient.is_none() {
        let person = Person::named(&user.display_name);
        user.patient = Some(register(unit, user.id, &user.email, person).await?);
    }
    if user.role == Role::Doctor && unit.tx.schedules().lookup(&user.id).await?.is_none() {
        unit.tx.schedules().insert(Schedule::office_hours(user.id)).await?;
    }
    Ok(())
}
