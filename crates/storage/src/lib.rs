//! The storage port and its backends. Durability, constraints and order of commits live here;
//! business rules and rights do not.

pub mod chain;
#[cfg(feature = "conformance")]
pub mod conformance;
mod contents;
mod cursor;
mod edit;
mod error;
mod figures;
mod keys;
mod page;
mod port;

pub mod json;
#[cfg(feature = "postgres")]
pub mod postgres;

pub use contents::{Contents, Sum};
pub use edit::{Edit, Edited};
pub use error::{Constraint, StorageError};
pub use figures::{Figure, FigureKind};
pub use keys::{
    AccessFilter, AppointmentFilter, AuditFilter, InvoiceFilter, MessageFilter, PatientFilter, PatientKey,
    PlanFilter, RecordFilter, RefundFilter, SessionFilter, UserFilter, UserKey,
};
pub use page::{Order, Page, PageRequest};
pub use port::{
    Aggregate, AnsweredRequests, AuditLog, BoxFuture, Caller, Counter, Counters, Repository, Storage,
    StorageStatus, Totals, Tx, Version, Versioned, Work,
};
