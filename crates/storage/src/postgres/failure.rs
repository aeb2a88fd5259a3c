//! What a failure of the database means for a unit of work.

use crate::{Constraint, StorageError};
use sqlx::Error;
use sqlx::postgres::PgDatabaseError;
use std::fmt::Display;

/// What went wrong, by what is to be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A rule that the database keeps.
    Constraint(Constraint),
    /// Another unit of work was in the way: run it again.
    Crowded,
    /// The connection is gone, or the server is not in a state to write: run it again elsewhere.
    Connection(String),
    /// It took too long, or no connection came free.
    Busy,
    /// No room is left on the server.
    Full,
    /// Anything else: a mistake in the program or in the set-up.
    Other(String),
}

impl Failure {
    /// What the port says of it.
    pub fn told(&self) -> StorageError {
        match self {
            Self::Constraint(constraint) => StorageError::Conflict(*constraint),
            Self::Crowded | Self::Busy => StorageError::Busy,
            Self::Connection(why) => StorageError::Unavailable(format!("the database is away: {why}")),
            Self::Full => StorageError::Full,
            Self::Other(why) => StorageError::Unavailable(why.clone()),
        }
    }

    /// Whether running the whole unit again may help.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Crowded | Self::Connection(_))
    }
}

/// The rule that an index or a constraint of this name keeps.
fn constraint(name: &str) -> Option<Constraint> {
    const NAMED: [Constraint; 10] = [
        Constraint::UserEmail,
        Constraint::UserUsername,
        Constraint::PatientUser,
        Constraint::PatientMrn,
        Constraint::DoctorOverlap,
        Constraint::PatientOverlap,
        Constraint::RoomOverlap,
        Constraint::InvoiceNumber,
        Constraint::ReceiptNumber,
        Constraint::CreditNoteNumber,
    ];
    if name.ends_with("_exists") {
        return Some(Constraint::Link);
    }
    let named = NAMED.into_iter().find(|constraint| constraint.to_string() == name);
    named.or_else(|| name.ends_with("_id").then_some(Constraint::Id))
}

fn connection(error: &dyn Display) -> Failure {
    Failure::Connection(error.to_string())
}

fn of_database(error: &PgDatabaseError) -> Failure {
    let other = || Failure::Other(format!("the database refused: {} ({})", error.message(), error.code()));
    match error.code() {
        "40001" | "40P01" => Failure::Crowded,
        "23505" | "23P01" | "23503" => {
            error.constraint().and_then(constraint).map_or_else(other, Failure::Constraint)
        }
        // A statement, a lock or a transaction took longer than it may, or the server has no memory or connection left.
        "57014" | "55P03" | "25P03" | "53200" | "53300" => Failure::Busy,
        "53100" => Failure::Full,
        // A standby, or one that was primary: the next connection may lead elsewhere.
        "25006" | "25P02" | "57P01" | "57P02" | "57P03" | "57P05" => connection(&error.message()),
        code if code.starts_with("08") => connection(&error.message()),
        _ => other(),
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match &error {
            Error::Database(database) => match database.try_downcast_ref::<PgDatabaseError>() {
                Some(database) => of_database(database),
                None => Self::Other(error.to_string()),
            },
            Error::PoolTimedOut => Self::Busy,
            Error::Io(_)
            | Error::Tls(_)
            | Error::Protocol(_)
            | Error::PoolClosed
            | Error::WorkerCrashed
            | Error::BeginFailed => connection(&error),
            _ => Self::Other(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_have_the_names_that_the_port_gives_them() {
        assert_eq!(constraint("doctor_overlap"), Some(Constraint::DoctorOverlap));
        assert_eq!(constraint("receipt_number"), Some(Constraint::ReceiptNumber));
        assert_eq!(constraint("users_id"), Some(Constraint::Id));
        assert_eq!(constraint("appointment_patient_exists"), Some(Constraint::Link));
        assert_eq!(constraint("billings_total"), None);
    }
}
