//! Links in messages: signed, so that nothing about them is stored, and bound to what was agreed when they were sent. Moving or
//! calling off the appointment ends them; using one up is what it does to the appointment.

use crate::{ServiceError, Services, links};
use domain::message::Channel;
use domain::{AccessId, Appointment, AppointmentId, PatientId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// The keys under which links are signed and verified.
#[derive(Clone)]
pub struct LinkKeys {
    signing: Vec<u8>,
    /// That signed before.
    previous: Vec<Vec<u8>>,
}

impl fmt::Debug for LinkKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKeys(hidden)")
    }
}

impl LinkKeys {
    /// Keys made of secrets that serve another purpose, so that neither tells anything of the other: one that signs, and those
    /// that signed before.
    pub fn derived(secret: &[u8], previous: &[&[u8]]) -> Self {
        let key = |secret: &[u8]| {
            Sha256::new().chain_update("healthcare message links\n").chain_update(secret).finalize().to_vec()
        };
        Self { signing: key(secret), previous: previous.iter().map(|secret| key(secret)).collect() }
    }

    fn mac(key: &[u8], text: &str) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        mac.chain_update(text)
    }

    /// The text with its signature of 128 bits.
    fn signed(&self, text: &str) -> String {
        let mac = Self::mac(&self.signing, text).finalize().into_bytes();
        let mut half = [0_u8; 16];
        half.copy_from_slice(&mac[..16]);
        format!("{text}-{}", AccessId(u128::from_be_bytes(half)))
    }

    /// The text, if its signature is good.
    fn verified<'t>(&self, token: &'t str) -> Option<&'t str> {
        let (text, signature) = token.trim().rsplit_once('-')?;
        let signature = signature.parse::<AccessId>().ok()?.0.to_be_bytes();
        let mut keys = std::iter::once(&self.signing).chain(&self.previous);
        keys.any(|key| Self::mac(key, text).verify_truncated_left(&signature).is_ok()).then_some(text)
    }
}

/// A link to one appointment as it was agreed when the link was sent, whose signature was good.
#[derive(Clone, Copy, Debug)]
pub struct VisitLink {
    pub(super) appointment: AppointmentId,
    changes: usize,
}

impl VisitLink {
    /// A link to an appointment as it is.
    pub(crate) fn to(appointment: &Appointment) -> Self {
        Self { appointment: appointment.id, changes: appointment.changes() }
    }

    /// Whether the appointment is the one that the link was sent for, not moved or called off since.
    pub(super) fn is_of(&self, appointment: &Appointment) -> bool {
        self.changes == appointment.changes()
    }

    /// Where it leads, on this site.
    pub(super) fn path(self, keys: &LinkKeys) -> String {
        format!("/visit?token={}", keys.signed(&format!("v{}-{}", self.appointment, self.changes)))
    }
}

/// A link that stops reminders on one way, whose signature was good.
#[derive(Clone, Copy, Debug)]
pub struct ReminderLink {
    pub(crate) patient: PatientId,
    pub(crate) channel: Channel,
}

impl ReminderLink {
    /// Where it leads, on this site.
    pub(super) fn path(self, keys: &LinkKeys) -> String {
        format!("/reminders?token={}", keys.signed(&format!("{}-{}", self.channel.name(), self.patient)))
    }
}

impl Services {
    /// The link to an appointment with this token.
    ///
    /// # Errors
    /// The one refusal of every link that is not good.
    pub fn visit_link(&self, token: &str) -> Result<VisitLink, ServiceError> {
        let parse = |text: &str| {
            let (appointment, changes) = text.strip_prefix('v')?.split_once('-')?;
            Some(VisitLink { appointment: appointment.parse().ok()?, changes: changes.parse().ok()? })
        };
        self.link_keys.verified(token).and_then(parse).ok_or_else(links::ended)
    }

    /// The link about reminders with this token.
    ///
    /// # Errors
    /// The one refusal of every link that is not good.
    pub fn reminder_link(&self, token: &str) -> Result<ReminderLink, ServiceError> {
        let parse = |text: &str| {
            let (channel, patient) = text.split_once('-')?;
            Some(ReminderLink { patient: patient.parse().ok()?, channel: Channel::named(channel)? })
        };
        self.link_keys.verified(token).and_then(parse).ok_or_else(links::ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_signed_is_verified() {
        let keys = LinkKeys::derived(b"one", &[]);
        let token = keys.signed("v12-0");
        assert_eq!(keys.verified(&token), Some("v12-0"));
        let other = token.replace("v12", "v13");
        for bad in ["", "v12-0", "v12-0-", &other, &token[..token.len() - 1], &format!("{token}0")] {
            assert_eq!(keys.verified(bad), None, "{bad}");
        }
        assert_eq!(LinkKeys::derived(b"two", &[]).verified(&token), None);
        assert_eq!(LinkKeys::derived(b"two", &[b"one"]).verified(&token), Some("v12-0"));
    }
}
