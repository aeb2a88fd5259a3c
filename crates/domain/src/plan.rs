//! What is planned around appointments: the clinic's catalogue, the waiting list, messages to patients, and which server
//! does what only one may do.

use crate::catalogue::Catalogue;
use crate::{AppointmentId, PatientId, PlanId, UserId, message::Message, waiting::Waiting};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One such thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanEntry {
    /// Identity; random, or well known where there is only one.
    pub id: PlanId,
    /// The patient that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<PatientId>,
    /// The doctor that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doctor: Option<UserId>,
    /// The appointment that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment: Option<AppointmentId>,
    /// Since when there is it.
    pub created_at: Timestamp,
    /// When something must be done about it next; `None` when nothing more is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When nobody needs it any more; `None` for what stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_until: Option<Timestamp>,
    /// What it is.
    #[serde(flatten)]
    pub fact: PlanFact,
}

/// What a [`PlanEntry`] is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum PlanFact {
    /// What the clinic offers.
    Catalogue(Catalogue),
    /// Somebody who waits for a free time.
    Waiting(Waiting),
    /// Something that a patient is told.
    Message(Message),
    /// A task that one server has taken on until [`PlanEntry::due_at`].
    Lease {
        /// The server, by a name that it made for itself when it started.
        holder: String,
    },
}

/// Which kind of entry, for lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlanKind {
    /// [`PlanFact::Catalogue`]
    Catalogue,
    /// [`PlanFact::Waiting`]
    Waiting,
    /// [`PlanFact::Message`]
    Message,
    /// [`PlanFact::Lease`]
    Lease,
}

impl PlanKind {
    /// The name in a database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Catalogue => "catalogue",
            Self::Waiting => "waiting",
            Self::Message => "message",
            Self::Lease => "lease",
        }
    }
}

impl PlanEntry {
    /// Where the catalogue lies.
    pub const CATALOGUE: PlanId = PlanId(1);
    /// The lease on sending messages and ending offers.
    pub const DISPATCH_LEASE: PlanId = PlanId(2);

    /// Which kind it is.
    pub const fn kind(&self) -> PlanKind {
        match self.fact {
            PlanFact::Catalogue(_) => PlanKind::Catalogue,
            PlanFact::Waiting(_) => PlanKind::Waiting,
            PlanFact::Message(_) => PlanKind::Message,
            PlanFact::Lease { .. } => PlanKind::Lease,
        }
    }

    /// The catalogue, if it is one.
    pub const fn catalogue(&self) -> Option<&Catalogue> {
        if let PlanFact::Catalogue(catalogue) = &self.fact { Some(catalogue) } else { None }
    }

    /// The place on the waiting list, if it is one.
    pub const fn waiting(&self) -> Option<&Waiting> {
        if let PlanFact::Waiting(waiting) = &self.fact { Some(waiting) } else { None }
    }

    /// The message, if it is one.
    pub const fn message(&self) -> Option<&Message> {
        if let PlanFact::Message(message) = &self.fact { Some(message) } else { None }
    }
}
