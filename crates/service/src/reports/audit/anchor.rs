//! Anchoring the end of the audit chain under a key that is not where the log lies.

use crate::{ServiceError, Services};
use domain::AuditAnchor;
use storage::chain::AnchorKey;

impl Services {
    /// Keeps an anchor of the audit chain if it has grown since the last one. What it says is for the server's log too,
    /// which whoever changes the store does not reach.
    ///
    /// # Errors
    /// [`ServiceError::Unavailable`], [`ServiceError::Full`]; the next time may do.
    pub async fn anchor_audit(&self, key: &AnchorKey) -> Result<Option<AuditAnchor>, ServiceError> {
        // The anchor first: what another process anchors meanwhile is not ahead of the head that is read after it.
        let newest = self.storage.newest_anchor().await?;
        let Some(head) = self.storage.audit_head().await? else {
            if let Some(anchor) = newest {
                tracing::error!(anchored = anchor.seq, "the audit log is empty and was not once: verify it");
            }
            return Ok(None);
        };
        if let Some(anchor) = newest {
            let is_other = anchor.seq == head.seq && anchor.hash != head.hash;
            if anchor.seq > head.seq || is_other {
                tracing::error!(
                    anchored = anchor.seq,
                    last = head.seq,
                    "the audit log is not the one that was anchored: verify it"
                );
            }
            if anchor.seq == head.seq && !is_other {
                return Ok(None);
            }
        }
        let anchor = key.anchor(head, self.clock.now());
        self.storage.keep_anchor(anchor.clone()).await?;
        tracing::info!(seq = anchor.seq, hash = anchor.hash, mac = anchor.mac, "audit log anchored");
        Ok(Some(anchor))
    }
}
