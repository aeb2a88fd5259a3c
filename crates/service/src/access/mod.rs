//! Ways into a patient's data beside one's own: being assigned, care teams, emergency access, and acting for someone.

mod assigned;
mod care_team;
#[cfg(test)]
mod care_team_tests;
mod emergency;
mod proxy;
mod review;
#[cfg(test)]
mod tests;

pub(crate) use care_team::CARE_TEAM_ENDED;
pub use care_team::{AddToCareTeam, CareTeam, Clinician, EndCareTeam, Member, ReadCareTeam};
pub use emergency::{EmergencyForm, EndEmergency, LONGEST_REASON};
pub use proxy::{ActFor, EndProxy, GrantProxy, ListProxies, ListWards, Proxy, RELATIONSHIPS};
pub use review::{CountEmergencies, EmergencyAccess, ListEmergencies, ReadEmergency, ReviewEmergency};

use crate::Unit;
use domain::{AccessEntry, AccessKind, PatientId, UserId};
use jiff::Timestamp;
use storage::{AccessFilter, Order, PageRequest, StorageError, Tx, Versioned};

/// What of this kind holds between an account and a patient at `now`.
async fn live(
    tx: &mut dyn Tx,
    kind: AccessKind,
    (user, patient): (UserId, PatientId),
    now: Timestamp,
) -> Result<Option<Versioned<AccessEntry>>, StorageError> {
    let filter = AccessFilter {
        kind: Some(kind),
        user: Some(user),
        patient: Some(patient),
        live_at: Some(now),
        ..AccessFilter::default()
    };
    Ok(tx.access().list(&filter, &PageRequest::first(1, Order::Descending)).await?.items.into_iter().next())
}

/// That an account acts for a patient at `now`.
pub(crate) async fn proxy(
    tx: &mut dyn Tx,
    user: UserId,
    patient: PatientId,
    now: Timestamp,
) -> Result<Option<Versioned<AccessEntry>>, StorageError> {
    live(tx, AccessKind::Proxy, (user, patient), now).await
}

impl Unit<'_> {
    /// The caller's emergency access to a patient's record, while it lasts.
    pub(crate) async fn emergency(
        &mut self,
        patient: PatientId,
    ) -> Result<Option<Versioned<AccessEntry>>, StorageError> {
        let Some(user) = self.actor.user() else { return Ok(None) };
        live(self.tx, AccessKind::Emergency, (user, patient), self.now).await
    }

    /// That an account acts for a patient, while it does.
    pub(crate) async fn proxy(
        &mut self,
        user: UserId,
        patient: PatientId,
    ) -> Result<Option<Versioned<AccessEntry>>, StorageError> {
        proxy(self.tx, user, patient, self.now).await
    }
}
