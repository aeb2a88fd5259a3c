//! Patients: finding, reading, registering and editing them. What they suffer from is in [`crate::records`].

mod edit;
mod form;
mod invite;
mod read;
mod register;
mod search;
#[cfg(test)]
mod tests;

pub use edit::EditPatient;
pub use form::PatientForm;
pub(crate) use form::birth_date;
pub use invite::{Invitation, InvitePatient};
pub use read::ReadPatient;
pub use register::RegisterPatient;
pub use search::{PatientSummary, SearchPatients};

use crate::{ServiceError, Unit};
use domain::person::folded_name;
use domain::{Mrn, Patient, PatientId, PatientLink};
use storage::{Counter, Order, PageRequest, PatientFilter, PatientKey, StorageError, Tx, Versioned};

/// The patient with this id; unknown ones are not found.
pub(crate) async fn find(unit: &mut Unit<'_>, id: PatientId) -> Result<Versioned<Patient>, ServiceError> {
    unit.tx.patients().lookup(&PatientKey::Id(id)).await?.ok_or(ServiceError::NotFound)
}

/// The one patient whose full name this is; `None` when nobody or more than one has it.
pub(crate) async fn named(
    unit: &mut Unit<'_>,
    name: &str,
) -> Result<Option<Versioned<Patient>>, ServiceError> {
    let folded = folded_name(name);
    if folded.is_empty() {
        return Ok(None);
    }
    let filter = PatientFilter { folded_name: Some(folded), ..PatientFilter::default() };
    let mut found = unit.tx.patients().list(&filter, &PageRequest::first(2, Order::Ascending)).await?.items;
    Ok(if found.len() == 1 { found.pop() } else { None })
}

/// Links an entry to the one patient of this name, or keeps the name as written.
pub(crate) async fn link_by_name(unit: &mut Unit<'_>, name: &str) -> Result<PatientLink, ServiceError> {
    let id = named(unit, name).await?.map(|patient| patient.id);
    Ok(PatientLink { id, name: name.to_owned() })
}

/// A link to a patient, with the name as it is now.
pub(crate) fn link_to(patient: &Patient) -> PatientLink {
    PatientLink { id: Some(patient.id), name: patient.name.full() }
}

/// The next medical record number. Serials without a check digit (one in eleven) are passed over.
pub(crate) async fn next_mrn(tx: &mut dyn Tx) -> Result<Mrn, StorageError> {
    const TRIES: usize = 50;
    for _ in 0..TRIES {
        if let Some(mrn) = Mrn::from_serial(tx.counters().next(Counter::Mrn).await?) {
            return Ok(mrn);
        }
    }
    Err(StorageError::Corrupt("no medical record numbers are left".to_owned()))
}
