//! Lists of entries, and reading one.

use super::{entry_relation, entry_subject, find};
use crate::{Mode, Order, Page, PageRequest, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::{Action, Record, RecordId, Relation, Scope};
use storage::RecordFilter;

/// Lists the entries that the caller may read: the own ones, or those of assigned patients and unlinked ones.
#[derive(Clone, Debug)]
pub struct ListRecords {
    /// Which part of the list.
    pub page: PageRequest,
}

#[async_trait]
impl UseCase for ListRecords {
    type Out = Page<Versioned<Record>>;
    const ACTION: Action = Action::ReadRecord;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject { patient: unit.actor.patient(), ..Subject::any("records") })
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let filter = match permit.scope() {
            Scope::All => RecordFilter::default(),
            Scope::Own => {
                let Some(patient) = unit.actor.patient() else {
                    return Ok(Page { items: Vec::new(), next: None });
                };
                RecordFilter { patient: Some(patient), visible_to_patient: true, ..RecordFilter::default() }
            }
            Scope::Assigned | Scope::Emergency | Scope::Limited => RecordFilter {
                patients: Some(unit.treated().await?),
                or_unlinked: true,
                ..RecordFilter::default()
            },
        };
        Ok(unit.tx.records().list(&filter, &self.page).await?)
    }
}

/// Reads one entry.
#[derive(Clone, Debug)]
pub struct ReadEntry {
    /// Which.
    pub id: RecordId,
}

#[async_trait]
impl UseCase for ReadEntry {
    type Out = Versioned<Record>;
    const ACTION: Action = Action::ReadRecord;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let record = find(unit, self.id).await?;
        let relation = match entry_relation(unit, &record).await? {
            // To the patient an unsigned note is not there yet.
            Relation::Own if !record.is_visible_to_patient() => Relation::Other,
            relation => relation,
        };
        Ok(entry_subject(&record, relation))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        find(unit, self.id).await
    }
}

/// Lists the caller's own notes that are not signed yet, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct UnsignedNotes {}

#[async_trait]
impl UseCase for UnsignedNotes {
    type Out = Vec<Versioned<Record>>;
    const ACTION: Action = Action::ReadRecord;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any("own unsigned notes"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let Some(author) = unit.actor.user() else { return Ok(Vec::new()) };
        let filter = RecordFilter { unsigned_by: Some(author), ..RecordFilter::default() };
        Ok(unit.tx.records().list(&filter, &PageRequest::all(Order::Ascending)).await?.items)
    }
}
