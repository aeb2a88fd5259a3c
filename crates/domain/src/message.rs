//! What patients are told about their appointments, and what became of it. Never anything clinical.

use crate::Email;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "kebab-case")]
pub enum Notice {
    /// An appointment was booked.
    Booked,
    /// It is so many hours away.
    Reminder {
        /// How many.
        hours: u16,
    },
    /// It has another time or doctor.
    Moved,
    /// It was called off.
    Cancelled,
    /// A time is held for somebody on the waiting list.
    Offered,
}

impl Notice {
    /// The names of all kinds, in the order in which people are told.
    pub const NAMES: [&'static str; 5] = ["booked", "reminder", "moved", "cancelled", "offered"];

    /// The name in files and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Reminder { .. } => "reminder",
            Self::Moved => "moved",
            Self::Cancelled => "cancelled",
            Self::Offered => "offered",
        }
    }

    /// The words shown to people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Booked => "Confirmation",
            Self::Reminder { .. } => "Reminder",
            Self::Moved => "Change",
            Self::Cancelled => "Cancellation",
            Self::Offered => "Offer",
        }
    }
}

/// The way that a message takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// By e-mail.
    Email,
    /// By the clinic's own gateway, for text messages.
    Webhook,
}

impl Channel {
    /// All ways in the order of forms.
    pub const ALL: [Self; 2] = [Self::Email, Self::Webhook];

    /// The way with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }

    /// The name in files and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Webhook => "webhook",
        }
    }

    /// The words shown to people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Email => "Email",
            Self::Webhook => "Text message",
        }
    }
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Delivery {
    /// It is to be sent, when the entry is due.
    Waiting,
    /// It was handed over.
    Sent {
        /// When.
        at: Timestamp,
    },
    /// It was given up.
    Failed {
        /// When.
        at: Timestamp,
    },
    /// It had no use any more when it was due.
    Dropped {
        /// When.
        at: Timestamp,
        /// Why not.
        because: String,
    },
}

impl Delivery {
    /// The names of all states, in the order of their life.
    pub const NAMES: [&'static str; 4] = ["waiting", "sent", "failed", "dropped"];

    /// The name in files and the API.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent { .. } => "sent",
            Self::Failed { .. } => "failed",
            Self::Dropped { .. } => "dropped",
        }
    }

    /// The words shown to people.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Waiting => "To be sent",
            Self::Sent { .. } => "Sent",
            Self::Failed { .. } => "Failed",
            Self::Dropped { .. } => "Not needed",
        }
    }
}

/// A try that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedTry {
    /// When.
    pub at: Timestamp,
    /// What the other side said, without the address.
    pub why: String,
}

/// Something that a patient is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// What for.
    #[serde(flatten)]
    pub notice: Notice,
    /// The way that it takes.
    pub channel: Channel,
    /// The patient's name when it was written.
    pub patient_name: String,
    /// Where to, for an e-mail.
    pub email: Option<Email>,
    /// The start of the appointment that it speaks of: when that has changed, it has no use any more.
    pub start: Timestamp,
    /// What became of it.
    #[serde(flatten)]
    pub delivery: Delivery,
    /// Tries that failed, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tries: Vec<FailedTry>,
}

impl Message {
    /// How long a message is kept after the appointment that it speaks of, for whoever asks what was sent.
    pub const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

    /// Tries after which a message is given up: about nine hours after the first.
    pub const MOST_TRIES: usize = 8;

    /// When it is tried again after its last failure: after a minute, then four times as long each time, six hours at most.
    /// `None` when it is given up.
    pub fn next_try(&self) -> Option<Timestamp> {
        let last = self.tries.last()?;
        if self.tries.len() >= Self::MOST_TRIES {
            return None;
        }
        let minutes = 4_i64.saturating_pow(u32::try_from(self.tries.len() - 1).unwrap_or(u32::MAX)).min(360);
        last.at.checked_add(SignedDuration::from_mins(minutes)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_grow_apart_and_end() {
        let mut message = Message {
            notice: Notice::Reminder { hours: 48 },
            channel: Channel::Email,
            patient_name: "Marta Kowalska".into(),
            email: None,
            start: Timestamp::UNIX_EPOCH,
            delivery: Delivery::Waiting,
            tries: vec![],
        };
        assert_eq!(message.next_try(), None, "nothing has failed");
        let mut minutes = Vec::new();
        for _ in 0..Message::MOST_TRIES {
            message.tries.push(FailedTry { at: Timestamp::UNIX_EPOCH, why: "down".into() });
            minutes.extend(message.next_try().map(|at| at.as_second() / 60));
        }
        assert_eq!(minutes, [1, 4, 16, 64, 256, 360, 360]);
    }

    #[test]
    fn a_message_comes_back_as_it_was_written() {
        let message = Message {
            notice: Notice::Reminder { hours: 2 },
            channel: Channel::Webhook,
            patient_name: "Daniel Osei".into(),
            email: None,
            start: Timestamp::UNIX_EPOCH,
            delivery: Delivery::Dropped { at: Timestamp::UNIX_EPOCH, because: "moved".into() },
            tries: vec![],
        };
        let text = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<Message>(&text).unwrap(), message);
    }
}
