//! Objects that were changed outside the application, on their way into it as an ordinary unit of work.

use crate::Versioned;
use domain::{Appointment, Invoice, Patient, Record, Schedule, User};

/// An object as someone wants it to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited<T> {
    /// Where it stands, as `users.json, row 3`.
    pub place: String,
    /// What it was when it was changed; `None` for a new one.
    pub before: Option<Versioned<T>>,
    /// What it is to be.
    pub after: T,
}

/// One changed object.
#[derive(Clone, Debug)]
pub enum Edit {
    /// An account.
    User(Edited<User>),
    /// A patient.
    Patient(Edited<Patient>),
    /// A doctor's hours.
    Schedule(Edited<Schedule>),
    /// An appointment.
    Appointment(Edited<Appointment>),
    /// A record entry.
    Record(Edited<Record>),
    /// A bill.
    Invoice(Edited<Invoice>),
}

impl Edit {
    /// Where the object stands.
    pub fn place(&self) -> &str {
        match self {
            Self::User(it) => &it.place,
            Self::Patient(it) => &it.place,
            Self::Schedule(it) => &it.place,
            Self::Appointment(it) => &it.place,
            Self::Record(it) => &it.place,
            Self::Invoice(it) => &it.place,
        }
    }
}
