//! Use cases behind one gate. Every change and every read of the clinic's data goes through
//! [`Services::execute`]: authorise, run, audit, commit. Nothing here knows HTTP or HTML.

mod actor;
mod error;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod matrix;
mod passwords;
mod pipeline;
mod ports;
mod repeats;

pub mod billing;
pub mod demo;
pub mod identity;
pub mod patients;
pub mod records;
pub mod reports;
pub mod scheduling;

pub use actor::Actor;
pub use error::{ConflictKind, ServiceError};
pub use passwords::Passwords;
pub use pipeline::{Clinic, Mode, Permit, Services, Subject, Unit, UseCase};
pub use ports::{Clock, FixedClock, OsRandom, Random, SeededRandom, SystemClock};
pub use repeats::{Kept, RequestKey};

// What adapters see of paging and versions, so that they never name the storage crate.
pub use storage::{Order, Page, PageRequest, StorageStatus, Totals, Version, Versioned};
