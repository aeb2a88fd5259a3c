//! Tries to prove who one is, counted where every replica sees them. A try is counted before it is judged, so that many
//! at once are no more than one after the other. A pause ends by itself and is never made longer from outside while it
//! lasts: nobody can lock someone else out for good, and a device that its owner signed in from before has a count of its
//! own, which nobody else can use up (OWASP ASVS 5.0 §6.3.1, NIST SP 800-63B-4 §3.2.2).

use super::device::{Device, DeviceSecret};
use crate::links::count_within;
use crate::mail::{Contents, Post};
use crate::{AccountNotice, ServiceError, Services, Unit};
use domain::{AccessEntry, AccessFact, AccessId, User, UserId, UserStatus};
use jiff::{SignedDuration, Timestamp};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use storage::{StorageError, Tx, Versioned, Work};

/// How many tries are free, and how long the pauses are after that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    free: u32,
    first_pause: SignedDuration,
    longest_pause: SignedDuration,
    /// After so long without a try all is forgotten.
    pub(super) memory: SignedDuration,
}

/// One account: at most 101 guesses a day, whoever makes them.
const ACCOUNT: Limit = Limit {
    free: 5,
    first_pause: SignedDuration::from_secs(30),
    longest_pause: SignedDuration::from_mins(15),
    memory: SignedDuration::from_hours(24),
};
/// A device that the account was used on before; it is remembered for half a year.
pub(super) const DEVICE: Limit = Limit {
    free: 10,
    first_pause: SignedDuration::from_secs(30),
    longest_pause: SignedDuration::from_mins(15),
    memory: SignedDuration::from_hours(180 * 24),
};
/// One address: a whole clinic may stand behind it.
const ADDRESS: Limit = Limit {
    free: 50,
    first_pause: SignedDuration::from_mins(1),
    longest_pause: SignedDuration::from_mins(15),
    memory: SignedDuration::from_hours(1),
};

/// One sign-in between its steps: five codes, then it is over before the pause is.
const CHALLENGE: Limit = Limit {
    free: 5,
    first_pause: SignedDuration::from_hours(1),
    longest_pause: SignedDuration::from_hours(1),
    memory: SignedDuration::from_hours(1),
};

impl Limit {
    /// The pause after so many failures.
    fn pause(&self, failures: u32) -> SignedDuration {
        let Some(over) = failures.checked_sub(self.free) else { return SignedDuration::ZERO };
        self.first_pause.saturating_mul(1 << over.min(16)).min(self.longest_pause)
    }
}

/// Something whose tries are counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(super) id: AccessId,
    user: Option<UserId>,
    limit: Limit,
    /// What a success takes back: all failures, or this one only.
    forgives_all: bool,
    /// Whether they are the tries of a device.
    of_device: bool,
}

/// A try that was counted and may be judged.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    /// What pauses for the first time unless the try succeeds.
    pauses: Option<Counted>,
}

/// 128 bits of a digest: what it was made of cannot be told from it.
pub(super) fn digest(kind: &str, what: &str) -> AccessId {
    AccessId(crate::repeats::digest(kind, &[what.as_bytes()]))
}

impl Counted {
    /// An account, or what was typed in its place: unknown accounts pause as known ones do.
    pub(super) fn account(user: Option<UserId>, login: &str) -> Self {
        let id = user.map_or_else(|| digest("login", login), |id| digest("account", &id.to_string()));
        Self { id, user, limit: ACCOUNT, forgives_all: true, of_device: false }
    }

    /// A device that the account knows; `None` for all programs.
    pub(super) fn device(secret: Option<&DeviceSecret>, user: UserId) -> Self {
        let name = secret.map_or("programs", DeviceSecret::expose);
        let id = digest("device", &format!("{user}\n{name}"));
        Self { id, user: Some(user), limit: DEVICE, forgives_all: true, of_device: true }
    }

    /// The codes of one sign-in between its steps.
    pub(super) fn challenge(secret: &str) -> Self {
        let id = digest("codes of a sign-in", secret);
        Self { id, user: None, limit: CHALLENGE, forgives_all: true, of_device: false }
    }

    /// Whether others than the account's owner are counted together with them.
    pub(super) const fn is_shared(&self) -> bool {
        !self.forgives_all
    }

    fn address(address: IpAddr) -> Self {
        let id = digest("address", &address.to_string());
        Self { id, user: None, limit: ADDRESS, forgives_all: false, of_device: false }
    }

    pub(super) fn entry(&self, begun: Timestamp, failures: u32, last: Timestamp) -> AccessEntry {
        AccessEntry {
            id: self.id,
            user: self.user,
            patient: None,
            created_at: begun,
            expires_at: last.saturating_add(self.limit.memory).unwrap_or(Timestamp::MAX),
            fact: AccessFact::Attempts { failures, last, of_device: self.of_device },
        }
    }
}

/// A counter as it is stored.
struct Count {
    version: Option<u64>,
    begun: Timestamp,
    failures: u32,
    last: Timestamp,
}

impl Count {
    fn of(found: Option<Versioned<AccessEntry>>, now: Timestamp) -> Self {
        let version = found.as_ref().map(|row| row.version);
        match found.map(|row| row.value).filter(|entry| entry.is_live(now)) {
            Some(AccessEntry { created_at, fact: AccessFact::Attempts { failures, last, .. }, .. }) => {
                Self { version, begun: created_at, failures, last }
            }
            _ => Self { version, begun: now, failures: 0, last: now },
        }
    }

    /// When the next try is looked at.
    fn pauses_until(&self, limit: &Limit) -> Timestamp {
        self.last.saturating_add(limit.pause(self.failures)).unwrap_or(Timestamp::MAX)
    }
}

/// Writes a count down.
pub(super) async fn store(
    tx: &mut dyn Tx,
    version: Option<u64>,
    entry: AccessEntry,
) -> Result<(), StorageError> {
    match version {
        Some(version) => tx.access().update(version, entry).await.map(drop),
        None => tx.access().insert(entry).await.map(drop),
    }
}

/// Counts one try against each, unless one of them pauses: then `Err` with how many seconds of the pause are left.
async fn count(
    tx: &mut dyn Tx,
    counted: &[Counted],
    now: Timestamp,
) -> Result<Result<Taken, u32>, StorageError> {
    let mut counts = Vec::with_capacity(counted.len());
    for what in counted {
        let count = Count::of(tx.access().lookup(&what.id).await?, now);
        let until = count.pauses_until(&what.limit);
        if now < until {
            return Ok(Err(u32::try_from(until.duration_since(now).as_secs()).unwrap_or(u32::MAX).max(1)));
        }
        counts.push(count);
    }
    let mut taken = Taken::default();
    for (what, count) in counted.iter().zip(counts) {
        let failures = count.failures.saturating_add(1);
        if failures == what.limit.free && !what.is_shared() {
            taken.pauses = Some(*what);
        }
        store(tx, count.version, what.entry(count.begun, failures, now)).await?;
    }
    Ok(Ok(taken))
}

/// Whether the next try would have to wait.
pub(super) async fn is_used_up(unit: &mut Unit<'_>, counted: &Counted) -> Result<bool, ServiceError> {
    let count = Count::of(unit.tx.access().lookup(&counted.id).await?, unit.now);
    Ok(unit.now < count.pauses_until(&counted.limit))
}

/// Takes the failures back after a success.
pub(crate) async fn forgive(unit: &mut Unit<'_>, counted: &[Counted]) -> Result<(), ServiceError> {
    for what in counted {
        let Some(found) = unit.tx.access().lookup(&what.id).await? else { continue };
        let count = Count::of(Some(found), unit.now);
        let failures = if what.forgives_all { 0 } else { count.failures.saturating_sub(1) };
        store(unit.tx, count.version, what.entry(count.begun, failures, count.last)).await?;
    }
    Ok(())
}

impl Services {
    /// What a sign-in is counted against: the address it comes from, and the device if the account knows it, else the
    /// account.
    pub(super) async fn counted_for_sign_in(
        &self,
        address: Option<IpAddr>,
        device: &Device,
        user: Option<UserId>,
        login: &str,
    ) -> Result<Vec<Counted>, ServiceError> {
        let known = match (device.shown(), user) {
            (Some(device), Some(user)) => self.known_device(Counted::device(Some(device), user)).await?,
            _ => None,
        };
        let account = known.unwrap_or_else(|| Counted::account(user, login));
        Ok(address.map(Counted::address).into_iter().chain([account]).collect())
    }

    async fn known_device(&self, device: Counted) -> Result<Option<Counted>, ServiceError> {
        let (id, now) = (device.id, self.now());
        let found = self.look(move |tx| Box::pin(async move { tx.access().lookup(&id).await })).await?;
        Ok(found.filter(|row| row.is_live(now)).map(|_| device))
    }

    /// What a try at the password of somebody who is signed in is counted against.
    pub(super) fn counted_for_proof(user: UserId) -> Vec<Counted> {
        let id = digest("proof", &user.to_string());
        vec![Counted { id, user: Some(user), limit: ACCOUNT, forgives_all: true, of_device: false }]
    }

    /// What a try at a code of an account's second factor is counted against: the device if the account knows it, else
    /// the account.
    pub(super) async fn counted_for_code(
        &self,
        device: &Device,
        user: UserId,
    ) -> Result<Counted, ServiceError> {
        let known = match device.shown() {
            Some(device) => self.known_device(Counted::device(Some(device), user)).await?,
            None => None,
        };
        let (limit, whose) = match known {
            Some(device) => (DEVICE, device.id.to_string()),
            None => (ACCOUNT, user.to_string()),
        };
        let (id, user) = (digest("second factor", &whose), Some(user));
        Ok(Counted { id, user, limit, forgives_all: true, of_device: false })
    }

    /// Counts a try; whether it may go on.
    ///
    /// # Errors
    /// [`ServiceError::RateLimited`] during a pause, with the seconds that are left of it.
    pub(super) async fn take_try(&self, counted: &[Counted]) -> Result<Taken, ServiceError> {
        let (now, counted) = (self.now(), counted.to_vec());
        let slot = Arc::new(Mutex::new(Ok(Taken::default())));
        let result = Arc::clone(&slot);
        let work: Work = Box::new(move |tx| {
            let (counted, slot) = (counted.clone(), Arc::clone(&slot));
            Box::pin(async move {
                let taken = count(tx, &counted, now).await?;
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = taken;
                Ok(())
            })
        });
        match self.storage.write(work).await {
            // Beside an older version nothing can be counted yet; what cannot be written at all fails further on.
            Ok(()) | Err(StorageError::Unavailable(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let taken = *result.lock().unwrap_or_else(PoisonError::into_inner);
        taken.map_err(ServiceError::RateLimited)
    }

    /// Tells the owner of an account that sign-ins pause, after the try that began the first pause of a run failed; once a
    /// day, so that nobody can fill a mailbox by guessing. Whether there is such an account makes no difference to the
    /// work but for the letter, which waits in the queue for nobody.
    pub(super) async fn tell_of_pause(&self, taken: Taken, notice: AccountNotice, owner: Option<&User>) {
        let Some(pauses) = taken.pauses.filter(|_| self.outbox.is_on()) else { return };
        let whose = pauses.user.map_or_else(|| pauses.id.to_string(), |user| format!("user {user}"));
        let (now, slot) = (self.now(), Arc::new(Mutex::new(false)));
        let result = Arc::clone(&slot);
        let work: Work = Box::new(move |tx| {
            let (slot, what) = (Arc::clone(&slot), format!("{notice:?} {whose}"));
            Box::pin(async move {
                let is_first =
                    count_within(tx, now, SignedDuration::from_hours(24), ("told of", &what), 1).await?;
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = is_first;
                Ok(())
            })
        });
        if let Err(error) = self.storage.write(work).await {
            tracing::debug!(%error, "nobody was told of a pause");
            return;
        }
        let is_first = *result.lock().unwrap_or_else(PoisonError::into_inner);
        let mut post = Post::new(is_first);
        if let Some(owner) = owner.filter(|owner| owner.status == UserStatus::Active) {
            post.add(&owner.email, Contents::Notice(notice));
        }
        self.outbox.post(post.take(), self.clinic(), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_quarter_of_an_hour() {
        let pauses: Vec<_> = (3..12).map(|failures| ACCOUNT.pause(failures).as_secs()).collect();
        assert_eq!(pauses, [0, 0, 30, 60, 120, 240, 480, 900, 900]);
        assert_eq!(ACCOUNT.pause(u32::MAX).as_secs(), 900);
    }

    #[test]
    fn an_account_is_guessed_at_a_hundred_times_a_day_at_most() {
        let (mut failures, mut time, mut guesses) = (0, SignedDuration::ZERO, 0);
        while time < SignedDuration::from_hours(24) {
            failures += 1;
            guesses += 1;
            time += ACCOUNT.pause(failures);
        }
        assert!(guesses <= 105, "{guesses}");
    }
}
