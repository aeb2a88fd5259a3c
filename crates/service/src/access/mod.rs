//! Ways into a patient's data beside one's own and the assigned ones: emergency access, and acting for someone.

mod emergency;
mod proxy;
mod review;
#[cfg(test)]
mod tests;

pub use emergency::{EmergencyForm, EndEmergency, LONGEST_REASON};
pub use proxy::{ActFor, EndProxy, GrantProxy, ListProxies, ListWards, PROOFS, Proxy, RELATIONSHIPS};
pub use review::{EmergencyAccess, ListEmergencies, ReadEmergency, ReviewEmergency};

use crate::{ServiceError, Unit};
use domain::{AccessEntry, AccessKind, PatientId, Relation, UserId};
use jiff::Timestamp;
use storage::{AccessFilter, Order, PageRequest, StorageError, Tx, Versioned};

/// That an account acts for a patient at `now`.
pub(crate) async fn proxy(
    tx: &mut dyn Tx,
    user: UserId,
    patient: PatientId,
    now: Timestamp,
) -> Result<Option<Versioned<AccessEntry>>, StorageError> {
    let filter = AccessFilter {
        kind: Some(AccessKind::Proxy),
        user: Some(user),
        patient: Some(patient),
        live_at: Some(now),
        ..AccessFilter::default()
    };
    Ok(tx.access().list(&filter, &PageRequest::first(1, Order::Descending)).await?.items.into_iter().next())
}

impl Unit<'_> {
    /// The caller's emergency access to a patient's record, while it lasts.
    pub(crate) async fn emergency(
        &mut self,
        patient: PatientId,
    ) -> Result<Option<Versioned<AccessEntry>>, ServiceError> {
        let Some(user) = self.actor.user() else { return Ok(None) };
        let filter = AccessFilter {
            kind: Some(AccessKind::Emergency),
            user: Some(user),
            patient: Some(patient),
            live_at: Some(self.now),
            ..AccessFilter::default()
        };
        let found = self.tx.access().list(&filter, &PageRequest::first(1, Order::Descending)).await?;
        Ok(found.items.into_iter().next())
    }

    /// That an account acts for a patient, while it does.
    pub(crate) async fn proxy(
        &mut self,
        user: UserId,
        patient: PatientId,
    ) -> Result<Option<Versioned<AccessEntry>>, StorageError> {
        proxy(self.tx, user, patient, self.now).await
    }

    /// The relation of a clinician to a patient who is not assigned to them.
    pub(crate) async fn unassigned(&mut self, patient: PatientId) -> Result<Relation, ServiceError> {
        let open = self.emergency(patient).await?.is_some();
        Ok(if open { Relation::Emergency } else { Relation::Other })
    }
}
