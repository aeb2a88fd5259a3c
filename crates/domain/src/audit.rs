//! Who did what to whom: one event an action, chained by hashes by the store.

use crate::{Action, PatientId, Role, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How an action ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditOutcome {
    /// It was done.
    Success,
    /// The policy refused it.
    Denied,
    /// It was allowed but could not be done (bad input, conflict, wrong password).
    Failed,
}

impl AuditOutcome {
    /// All outcomes.
    pub const ALL: [Self; 3] = [Self::Success, Self::Denied, Self::Failed];

    /// The name in files and in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }

    /// The outcome with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// An event before the store gave it its place in the chain. Never holds clinical content or secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditDraft {
    /// When.
    pub at: Timestamp,
    /// By whom; `None` for nobody signed in and for the system itself.
    pub actor: Option<UserId>,
    /// The actor's name, `Nobody` or `System`.
    pub actor_name: String,
    /// The actor's role, if signed in.
    pub role: Option<Role>,
    /// What.
    pub action: Action,
    /// To what, as `appointment 12`; may be empty.
    pub subject: String,
    /// Whose data.
    pub patient: Option<PatientId>,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// Why it ended so, as a code or a stated reason; may be empty.
    pub reason: String,
    /// Joins the event with the log.
    pub request_id: String,
}

/// An event in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// Position in the log, from 1, without gaps.
    pub seq: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: AuditDraft,
    /// SHA-256 of the previous event in hex; 64 zeros for the first.
    pub prev: String,
    /// SHA-256 over `prev` and this event in hex.
    pub hash: String,
}

/// The end of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHead {
    /// Position of the last event.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
}

/// The end of the chain at some moment, marked under a key that whoever can change the log does not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditAnchor {
    /// Position of the last event then.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
    /// When.
    pub at: Timestamp,
    /// Names the key without telling anything of it.
    pub key: String,
    /// HMAC-SHA-256 of the above in hex.
    pub mac: String,
}

/// Most characters of a text in an event; a reason that someone typed is shorter.
const LONGEST_TEXT: usize = 1_000;

/// One line that reads as it is written: what could break a line, steer a terminal or turn the direction of writing
/// becomes a space.
fn plain(text: &str) -> String {
    let is_odd = |character: char| {
        character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().take(LONGEST_TEXT).map(|character| if is_odd(character) { ' ' } else { character }).collect()
}

impl AuditDraft {
    /// What the reason of an event begins with whose actor acted for the patient whose data it is about.
    pub const ACTING: &str = "acting for the patient";

    /// Whether the actor acted for the patient whose data it is about.
    pub fn is_acting(&self) -> bool {
        self.reason.starts_with(Self::ACTING)
    }

    /// The same event with every text on one plain line: names and reasons are typed by people, some of whom may want
    /// the log to say what did not happen.
    #[must_use]
    pub fn plain(self) -> Self {
        Self {
            actor_name: plain(&self.actor_name),
            subject: plain(&self.subject),
            reason: plain(&self.reason),
            request_id: plain(&self.request_id),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_an_event_breaks_a_line_or_turns_it_round() {
        let odd = "a\nb\r\u{1b}[2Kc\u{0}\u{202e}d\u{2028}e\u{85}f\u{7f}g";
        assert_eq!(plain(odd), "a b  [2Kc  d e f g");
        assert_eq!(plain("Zoë Müller, 王"), "Zoë Müller, 王");
        assert_eq!(plain(&"x".repeat(5_000)).len(), LONGEST_TEXT);
    }
}
