//! The clinic's vocabulary: ids, value objects, aggregates, roles and the policy table.
//! Pure: nothing here reads a clock, makes a random number or does I/O, so it also builds for wasm32.

pub mod access;
pub mod appointment;
pub mod audit;
pub mod catalogue;
pub mod ids;
pub mod invoice;
pub mod message;
pub mod money;
pub mod patient;
pub mod person;
pub mod plan;
pub mod policy;
pub mod record;
pub mod request;
pub mod role;
pub mod schedule;
pub mod second_factor;
pub mod secret;
pub mod series;
pub mod time;
pub mod user;
pub mod validation;
mod vitals;
pub mod waiting;

pub use access::{AccessEntry, AccessFact, AccessKind, AssignmentWindow};
pub use appointment::{Appointment, AppointmentStatus, DoctorLink, PatientLink, Priority};
pub use audit::{AuditAnchor, AuditEvent, AuditOutcome, ChainHead};
pub use catalogue::{Catalogue, VisitType};
pub use ids::{
    AccessId, AppointmentId, InvoiceId, PatientId, PlanId, RecordId, RequestDigest, RequestId, SeriesId,
    SessionId, UserId,
};
pub use invoice::{Invoice, Payment, PaymentMethod, Refund};
pub use money::{Currency, Money};
pub use patient::Patient;
pub use person::{Email, Mrn, PersonName, Phone, Username};
pub use plan::{PlanEntry, PlanFact, PlanKind};
pub use policy::{Action, Decision, Relation, Scope, decide};
pub use record::{Record, RecordBody};
pub use request::AnsweredRequest;
pub use role::Role;
pub use schedule::Schedule;
pub use second_factor::SecondFactor;
pub use secret::{PasswordHash, PasswordPlain};
pub use time::{ClinicZone, TimeRange};
pub use user::{Session, SessionLimits, User, UserStatus};
pub use validation::{Code, FieldErrors};
