//! What can go wrong in a store, by what the caller can do about it.

use std::fmt;

/// A rule that the store itself enforces at commit, whatever the number of writers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Constraint {
    /// Two accounts with one e-mail address.
    UserEmail,
    /// Two accounts with one username.
    UserUsername,
    /// Two patients linked to one account.
    PatientUser,
    /// Two patients with one medical record number.
    PatientMrn,
    /// A doctor in two overlapping live appointments.
    DoctorOverlap,
    /// A patient in two overlapping live appointments.
    PatientOverlap,
    /// A room in two overlapping live appointments.
    RoomOverlap,
    /// Two bills with one invoice number.
    InvoiceNumber,
    /// Two payments with one receipt number.
    ReceiptNumber,
    /// Two refunds with one credit note number.
    CreditNoteNumber,
    /// Two objects with one id.
    Id,
    /// A link to an object that is not there. The JSON store leaves this to the services.
    Link,
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UserEmail => "user_email",
            Self::UserUsername => "user_username",
            Self::PatientUser => "patient_user",
            Self::PatientMrn => "patient_mrn",
            Self::DoctorOverlap => "doctor_overlap",
            Self::PatientOverlap => "patient_overlap",
            Self::RoomOverlap => "room_overlap",
            Self::InvoiceNumber => "invoice_number",
            Self::ReceiptNumber => "receipt_number",
            Self::CreditNoteNumber => "credit_note_number",
            Self::Id => "id",
            Self::Link => "link",
        })
    }
}

/// Why a unit of work did not happen. After any of these nothing of it is stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// It would break a constraint.
    #[error("constraint {0}")]
    Conflict(Constraint),
    /// The object was changed since it was read, or is gone.
    #[error("changed by someone else since it was read")]
    Stale,
    /// Too much waits already; try again later.
    #[error("the store is busy")]
    Busy,
    /// There is no room for anything new; reads go on, and writes too as soon as there is room again.
    #[error("no room is left for the store")]
    Full,
    /// The store cannot be written now (it failed or shuts down); reads may go on.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The stored data are damaged; an operator is needed.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// A write within a read-only unit of work: a mistake in the program.
    #[error("write in a read-only unit of work")]
    ReadOnly,
}
