//! Use cases behind one gate. Every change and every read of the clinic's data goes through
//! [`Services::execute`]: authorise, run, audit, commit. Nothing here knows HTTP or HTML.

mod actor;
mod blocklist;
mod error;
#[cfg(test)]
mod fixture;
mod gate;
mod job;
mod links;
mod mail;
#[cfg(test)]
mod matrix;
mod passwords;
mod pipeline;
mod ports;
mod repeats;
mod use_case;

pub mod access;
pub mod billing;
pub mod demo;
pub mod identity;
pub mod imports;
pub mod patients;
pub mod records;
pub mod reports;
pub mod scheduling;

pub use actor::{Actor, FirstDuty, SessionInUse};
pub use error::{ConflictKind, ServiceError};
pub use gate::Permit;
pub use links::LinkSecret;
pub use mail::{AccountNotice, MailError, Mailer, Message, Outbox, RETRY_AFTER, Text, TextGateway};
pub use passwords::Passwords;
pub use pipeline::Services;
pub use ports::{Clock, FixedClock, OsRandom, Random, SeededRandom, SystemClock};
pub use repeats::{Kept, RequestKey};
pub use use_case::{Clinic, Mode, Subject, Unit, UseCase};

// What adapters see of paging and versions, so that they never name the storage crate.
pub use storage::chain::AnchorKey;
pub use storage::{Figure, FigureKind, Order, Page, PageRequest, StorageStatus, Totals, Version, Versioned};
