//! One-time links: a secret that goes out once and is kept as a digest only. It is good for one act, and used in the unit
//! of work that has the effect; a calendar's address alone is used again and again. One that was used, has ended or never was one is refused alike.

use crate::repeats::digest;
use crate::{Random, ServiceError, Unit};
use domain::access::LinkPurpose;
use domain::{AccessEntry, AccessFact, AccessId, AccessKind, Code, Email, PatientId, UserId};
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use storage::{AccessFilter, Order, PageRequest, StorageError, Tx, Versioned};

/// Characters of one half of a secret in text.
const HALF: usize = 26;

/// 256 random bits.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkSecret([u128; 2]);

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret(hidden)")
    }
}

impl LinkSecret {
    fn new(random: &dyn Random) -> Self {
        Self([random.bits(), random.bits()])
    }

    /// The secret that came with a link.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (one, other) = text.trim().split_at_checked(HALF)?;
        let half = |text: &str| text.parse::<AccessId>().map(|id| id.0).ok();
        Some(Self([half(one)?, half(other)?]))
    }

    /// The secret in text, for its owner only.
    pub fn expose(&self) -> String {
        self.0.map(|half| AccessId(half).to_string()).concat()
    }

    /// Where the link leads, on this site.
    pub fn path(&self, purpose: LinkPurpose) -> String {
        let page = match purpose {
            LinkPurpose::PasswordReset => "/password/reset",
            LinkPurpose::EmailVerification => "/email/verify",
            LinkPurpose::PortalInvitation => "/invitation",
            LinkPurpose::SecondFactor => "/",
            LinkPurpose::CalendarFeed => return format!("/calendar/{}.ics", self.expose()),
        };
        format!("{page}?token={}", self.expose())
    }

    /// Under what it is kept: nothing tells the secret from it, and a secret is good for one purpose only.
    pub(crate) fn id(&self, purpose: LinkPurpose) -> AccessId {
        let [one, other] = self.0.map(u128::to_be_bytes);
        AccessId(digest("link", &[purpose.name().as_bytes(), &one, &other]))
    }
}

/// The one refusal of every link that is not good.
pub(crate) fn ended() -> ServiceError {
    ServiceError::field("token", Code::LinkEnded)
}

/// Whether a link for this purpose can be used now.
pub(crate) fn is_open(entry: &AccessEntry, purpose: LinkPurpose, now: Timestamp) -> bool {
    let is_unused = matches!(
        &entry.fact,
        AccessFact::Link { purpose: of, used_at: None, .. } if *of == purpose
    );
    is_unused && entry.is_live(now)
}

/// The address that a link was sent to, if it was sent.
pub(crate) const fn address(entry: &AccessEntry) -> Option<&Email> {
    if let AccessFact::Link { address, .. } = &entry.fact { address.as_ref() } else { None }
}

/// For whom and what a link is.
pub(crate) struct LinkFor {
    pub purpose: LinkPurpose,
    pub user: Option<UserId>,
    pub patient: Option<PatientId>,
    /// Where it is sent, if it is.
    pub address: Option<Email>,
}

impl Unit<'_> {
    /// Makes a link; older ones of the same kind for the same account or patient end.
    pub(crate) async fn make_link(&mut self, of: LinkFor) -> Result<LinkSecret, ServiceError> {
        self.end_links(of.purpose, of.user, of.patient).await?;
        let secret = LinkSecret::new(self.random);
        let entry = AccessEntry {
            id: secret.id(of.purpose),
            user: of.user,
            patient: of.patient,
            created_at: self.now,
            expires_at: self.now.saturating_add(of.purpose.lasts()).unwrap_or(self.now),
            fact: AccessFact::Link { purpose: of.purpose, address: of.address, used_at: None },
        };
        self.tx.access().insert(entry).await?;
        Ok(secret)
    }

    /// Ends every open link of a kind for an account or a patient.
    pub(crate) async fn end_links(
        &mut self,
        purpose: LinkPurpose,
        user: Option<UserId>,
        patient: Option<PatientId>,
    ) -> Result<(), ServiceError> {
        if user.is_none() && patient.is_none() {
            return Ok(());
        }
        let filter = AccessFilter {
            kind: Some(AccessKind::Link),
            user,
            patient,
            live_at: Some(self.now),
            ..AccessFilter::default()
        };
        let found = self.tx.access().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
        for mut link in found.into_iter().filter(|link| is_open(link, purpose, self.now)) {
            link.value.expires_at = self.now;
            self.tx.access().update(link.version, link.value).await?;
        }
        Ok(())
    }

    /// The open link with this secret.
    pub(crate) async fn open_link(
        &mut self,
        purpose: LinkPurpose,
        secret: Option<&LinkSecret>,
    ) -> Result<Versioned<AccessEntry>, ServiceError> {
        let id = secret.ok_or_else(ended)?.id(purpose);
        let found = self.tx.access().lookup(&id).await?;
        found.filter(|entry| is_open(entry, purpose, self.now)).ok_or_else(ended)
    }

    /// Uses a link up.
    pub(crate) async fn use_link(&mut self, mut link: Versioned<AccessEntry>) -> Result<(), ServiceError> {
        if let AccessFact::Link { used_at, .. } = &mut link.value.fact {
            *used_at = Some(self.now);
        }
        self.tx.access().update(link.version, link.value).await?;
        Ok(())
    }

    /// Counts one more of something in an hour that begins with the first; `false` once there were `most`.
    pub(crate) async fn count_hourly(
        &mut self,
        what: &str,
        whose: &str,
        most: u32,
    ) -> Result<bool, ServiceError> {
        let hour = SignedDuration::from_hours(1);
        Ok(count_within(self.tx, self.now, hour, (what, whose), most).await?)
    }
}

/// Counts one more of something within a time that begins with the first; `false` once there were `most`.
pub(crate) async fn count_within(
    tx: &mut dyn Tx,
    now: Timestamp,
    time: SignedDuration,
    (what, whose): (&str, &str),
    most: u32,
) -> Result<bool, StorageError> {
    let id = AccessId(digest("hourly", &[what.as_bytes(), whose.as_bytes()]));
    let first = AccessEntry {
        id,
        user: None,
        patient: None,
        created_at: now,
        expires_at: now.saturating_add(time).unwrap_or(now),
        fact: AccessFact::Attempts { failures: 1, last: now, of_device: false },
    };
    let Some(mut found) = tx.access().lookup(&id).await? else {
        tx.access().insert(first).await?;
        return Ok(true);
    };
    match &mut found.value.fact {
        AccessFact::Attempts { failures, .. } if now < found.value.expires_at && *failures >= most => {
            return Ok(false);
        }
        AccessFact::Attempts { failures, last, .. } if now < found.value.expires_at => {
            *failures += 1;
            *last = now;
        }
        _ => found.value = first,
    }
    tx.access().update(found.version, found.value).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededRandom;

    #[test]
    fn a_secret_survives_its_text_and_nothing_else_is_one() {
        let secret = LinkSecret::new(&SeededRandom::new(7));
        let text = secret.expose();
        assert_eq!(LinkSecret::parse(&text), Some(secret.clone()));
        assert_eq!(LinkSecret::parse(&format!(" {text} ")), Some(secret));
        for other in ["", "x", &text[1..], &format!("{text}0"), &text.to_uppercase(), "ééééééééééééééééééééé"]
        {
            assert_eq!(LinkSecret::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_secret_is_good_for_one_purpose() {
        let secret = LinkSecret::new(&SeededRandom::new(7));
        assert_ne!(secret.id(LinkPurpose::PasswordReset), secret.id(LinkPurpose::EmailVerification));
    }
}
