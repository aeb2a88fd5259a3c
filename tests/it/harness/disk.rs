//! A store whose disk can be full.

use async_trait::async_trait;
use domain::{AuditAnchor, ChainHead};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use storage::{Figure, Storage, StorageError, StorageStatus, Work};

/// The store, and whether there is room for anything new.
pub struct Filling {
    pub store: Arc<dyn Storage>,
    pub full: Arc<AtomicBool>,
}

#[async_trait]
impl Storage for Filling {
    async fn read(&self, work: Work) -> Result<(), StorageError> {
        self.store.read(work).await
    }

    async fn write(&self, work: Work) -> Result<(), StorageError> {
        if self.full.load(Ordering::SeqCst) { Err(StorageError::Full) } else { self.store.write(work).await }
    }

    async fn read_lately(&self, work: Work) -> Result<(), StorageError> {
        self.store.read_lately(work).await
    }

    async fn audit_head(&self) -> Result<Option<ChainHead>, StorageError> {
        self.store.audit_head().await
    }

    async fn keep_anchor(&self, anchor: AuditAnchor) -> Result<(), StorageError> {
        self.store.keep_anchor(anchor).await
    }

    async fn newest_anchor(&self) -> Result<Option<AuditAnchor>, StorageError> {
        self.store.newest_anchor().await
    }

    fn figures(&self) -> Vec<Figure> {
        self.store.figures()
    }

    fn status(&self) -> StorageStatus {
        let trouble = self.full.load(Ordering::SeqCst).then(|| "no space left for the journal".to_owned());
        StorageStatus { trouble, ..self.store.status() }
    }

    async fn close(&self) -> Result<(), StorageError> {
        self.store.close().await
    }
}
