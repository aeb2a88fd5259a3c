//! The one error of the service layer; each surface presents it in its own way, with the same meaning.

use crate::scheduling::{Stranded, Taken};
use domain::appointment::ForbiddenTransition;
use domain::invoice::{InvoiceError, RefundError};
use domain::record::NoteError;
use domain::schedule::InvalidSchedule;
use domain::waiting::NotWaiting;
use domain::{Code, FieldErrors};
use storage::{Constraint, StorageError};

/// Why a state of affairs forbids what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConflictKind {
    /// The doctor has another appointment at that time.
    #[error("the doctor has another appointment at this time")]
    DoctorBusy,
    /// The patient has another appointment at that time.
    #[error("the patient has another appointment at this time")]
    PatientBusy,
    /// The room is in use at that time.
    #[error("the room is in use at this time")]
    RoomBusy,
    /// The appointment's status does not allow it.
    #[error("{0}")]
    Status(#[from] ForbiddenTransition),
    /// The note's state does not allow it.
    #[error("{0}")]
    Note(#[from] NoteError),
    /// The bill's state does not allow it.
    #[error("{0}")]
    Invoice(#[from] InvoiceError),
    /// The refund's state, or whose request it is, does not allow it.
    #[error("{0}")]
    Refund(#[from] RefundError),
    /// The entry is linked to a patient already.
    #[error("the entry is linked to a patient already")]
    AlreadyLinked,
    /// It is open to the caller, or granted, already.
    #[error("this is open already")]
    AlreadyOpen,
    /// The last administrator cannot be disabled or demoted.
    #[error("the last administrator cannot be disabled or given another role")]
    LastAdmin,
    /// Nobody changes their own role or disables themselves.
    #[error("you cannot change your own role or disable your own account")]
    OwnAccount,
    /// An administrator takes nobody's second factor away from themselves.
    #[error("you cannot reset your own second factor; turn it off in your account")]
    OwnSecondFactor,
    /// The second factor is on.
    #[error("two-step sign-in is on already")]
    SecondFactorOn,
    /// The second factor is not on.
    #[error("two-step sign-in is not on")]
    SecondFactorOff,
    /// No secret waits for its first code.
    #[error("the set-up took too long or was not begun; begin again")]
    SecondFactorNotBegun,
    /// An administrator exists, the set-up link is void.
    #[error("an administrator exists already")]
    SetUpDone,
    /// Demonstration data go into an empty store only.
    #[error("the store holds data already")]
    NotEmpty,
    /// A row of a file that cannot be taken in; where it stands and why.
    #[error("{0}; nothing was taken in")]
    Row(String),
    /// The patient has an account.
    #[error("this patient has an account already")]
    HasAccount,
    /// An account whose own record is in use cannot join another one.
    #[error("your account has appointments, notes or bills of its own: ask the front desk to join them")]
    RecordInUse,
    /// This clinic sends no mail.
    #[error("this clinic sends no email: ask its staff")]
    NoMail,
    /// Only a message that was given up is sent again.
    #[error("only a message that was given up can be sent again")]
    NotFailed,
    /// Booked appointments would lie outside the new hours, and nobody decided what becomes of them.
    #[error("{} booked appointments would lie outside the new hours: decide what becomes of them", .0.len())]
    Stranded(Vec<Stranded>),
    /// Visits of a series cannot be had.
    #[error("{} visits of the series cannot be had at their time", .0.len())]
    Series(Taken),
    /// The place on the waiting list is not where this step leads from.
    #[error("{0}")]
    Waiting(#[from] NotWaiting),
    /// A time was held for somebody on the waiting list, and is no more.
    #[error("this time is no longer held: the offer has ended or was answered")]
    OfferEnded,
    /// A constraint without a better word.
    #[error("conflict with what is stored ({0})")]
    Other(Constraint),
}

/// Why a use case did not happen; nothing of it was stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// Fields were refused.
    #[error("some fields were refused")]
    Invalid(FieldErrors),
    /// The caller must sign in first.
    #[error("sign in first")]
    Unauthenticated,
    /// The caller's role may not do this at all.
    #[error("your role does not allow this")]
    Forbidden,
    /// There is no such thing, or it is not the caller's to know.
    #[error("not found")]
    NotFound,
    /// The state of affairs forbids it.
    #[error("{0}")]
    Conflict(ConflictKind),
    /// Someone else changed it since the caller read it.
    #[error("someone else changed this since you opened it")]
    Stale,
    /// The key of a request came with another one before.
    #[error("this idempotency key came with another request before; take a new one")]
    KeyReused,
    /// Too many tries; again after so many seconds.
    #[error("too many requests")]
    RateLimited(u32),
    /// Not now; again after so many seconds.
    #[error("not available now")]
    Unavailable(u32),
    /// There is no room to store anything new.
    #[error("the clinic's storage is full")]
    Full,
    /// A fault of the program or the stored data; the text is for the log only.
    #[error("internal fault")]
    Internal(String),
}

impl ServiceError {
    /// One refused field.
    pub fn field(field: &'static str, code: Code) -> Self {
        Self::Invalid(FieldErrors::one(field, code))
    }

    /// Whether a rule about who may do it stood in the way, not the state of affairs or what was typed.
    pub const fn is_denial(&self) -> bool {
        matches!(
            self,
            Self::Forbidden
                | Self::Unauthenticated
                | Self::NotFound
                | Self::RateLimited(_)
                | Self::Conflict(ConflictKind::Refund(RefundError::OwnRequest))
        )
    }

    /// Whether somebody else has the time that was asked for.
    pub const fn is_taken(&self) -> bool {
        use ConflictKind::{DoctorBusy, PatientBusy, RoomBusy};
        matches!(self, Self::Conflict(DoctorBusy | PatientBusy | RoomBusy))
    }

    /// Why, in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(fields) if fields.iter().any(|(_, code)| *code == Code::SecondFactorWrong) => {
                "wrong second factor"
            }
            Self::Conflict(ConflictKind::Refund(RefundError::OwnRequest)) => "own request",
            other => other.code(),
        }
    }

    /// The code in logs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::Conflict(_) => "conflict",
            Self::Stale => "stale",
            Self::KeyReused => "key-reused",
            Self::RateLimited(_) => "rate-limited",
            Self::Unavailable(_) => "unavailable",
            Self::Full => "full",
            Self::Internal(_) => "internal",
        }
    }
}

impl From<FieldErrors> for ServiceError {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}

impl From<StorageError> for ServiceError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Conflict(constraint) => match constraint {
                Constraint::UserEmail => Self::field("email", Code::EmailTaken),
                Constraint::UserUsername => Self::field("username", Code::UsernameTaken),
                Constraint::DoctorOverlap => Self::Conflict(ConflictKind::DoctorBusy),
                Constraint::PatientOverlap => Self::Conflict(ConflictKind::PatientBusy),
                Constraint::RoomOverlap => Self::Conflict(ConflictKind::RoomBusy),
                other => Self::Conflict(ConflictKind::Other(other)),
            },
            StorageError::Stale => Self::Stale,
            StorageError::Full => Self::Full,
            StorageError::Busy => Self::Unavailable(1),
            StorageError::Unavailable(_) => Self::Unavailable(5),
            StorageError::Corrupt(why) => Self::Internal(why),
            StorageError::ReadOnly => Self::Internal(error.to_string()),
        }
    }
}

macro_rules! conflict_from {
    ($($error:ty => $kind:ident),*) => {
        $(impl From<$error> for ServiceError {
            fn from(error: $error) -> Self {
                Self::Conflict(ConflictKind::$kind(error))
            }
        })*
    };
}
conflict_from!(ForbiddenTransition => Status, NoteError => Note, InvoiceError => Invoice, RefundError => Refund, NotWaiting => Waiting);

impl From<InvalidSchedule> for ServiceError {
    fn from(_: InvalidSchedule) -> Self {
        Self::field("weekly", Code::UnknownChoice("working hours"))
    }
}
