//! Changes that an operator made in the readable files, taken in as one unit of work: all of them or none. What only the
//! application can do is refused here too: signing, issuing, paying, and changing what is signed or issued.

mod rules;
#[cfg(test)]
mod tests;

use crate::identity::{active_admins, end_sessions, equip};
use crate::patients::next_mrn;
use crate::records::check_visit;
use crate::{ConflictKind, Mode, Permit, ServiceError, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::{Action, Appointment, Invoice, Patient, PatientId, Record, Relation, Role, Schedule, User};
use storage::{Aggregate, Counter, Edit, Edited, PatientKey, Repository, UserKey};

/// Takes in what was changed by hand; returns how many objects. Without changes it notes that the store was made of files.
#[derive(Clone, Debug)]
pub struct ImportEdits {
    /// The changes, in the order of the files.
    pub edits: Vec<Edit>,
}

#[async_trait]
impl UseCase for ImportEdits {
    type Out = usize;
    const ACTION: Action = Action::ImportData;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any(match self.edits.len() {
            0 => "a whole store from files".to_owned(),
            count => format!("{count} objects changed in files"),
        }))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<usize, ServiceError> {
        let admins = active_admins(unit.tx).await?;
        // All are stored before the first is looked at with the others: they may refer to each other.
        for edit in &self.edits {
            store_one(unit, edit).await.map_err(|error| at(edit.place(), error))?;
        }
        for edit in &self.edits {
            fits(unit, edit).await.map_err(|error| at(edit.place(), error))?;
        }
        if admins > 0 && active_admins(unit.tx).await? == 0 {
            return Err(refused(format!("users.json: {}", ConflictKind::LastAdmin)));
        }
        Ok(self.edits.len())
    }
}

/// The same error with the place of the row, unless it is not the row's.
fn at(place: &str, error: ServiceError) -> ServiceError {
    let why = match &error {
        ServiceError::Invalid(fields) => {
            fields.iter().map(|(field, code)| format!("{field}: {code}")).collect::<Vec<_>>().join(", ")
        }
        ServiceError::Stale => "it was changed since this file was written".to_owned(),
        ServiceError::Conflict(ConflictKind::Row(why)) => why.clone(),
        ServiceError::Conflict(kind) => kind.to_string(),
        _ => return error,
    };
    refused(format!("{place}: {why}"))
}

fn refused(why: impl Into<String>) -> ServiceError {
    ServiceError::Conflict(ConflictKind::Row(why.into()))
}

/// Stores the object unless it is as it is wanted already: an import that was cut off after its commit may be run again.
async fn store<T: Aggregate + PartialEq>(
    repository: &mut dyn Repository<T>,
    key: &T::Key,
    edited: &Edited<T>,
    wanted: T,
) -> Result<(), ServiceError> {
    if repository.lookup(key).await?.is_some_and(|now| now.value == wanted) {
        return Ok(());
    }
    match &edited.before {
        Some(before) => repository.update(before.version, wanted).await?,
        None => repository.insert(wanted).await?,
    };
    Ok(())
}

/// What a row's event says of it.
fn subject<T>(edited: &Edited<T>, patient: Option<PatientId>, label: String) -> Subject {
    let reason = if edited.before.is_some() { "changed by hand" } else { "added by hand" };
    Subject::object(Relation::Any, patient, label).because(reason)
}

/// A new row has the number that the application would give it.
async fn numbered<T: Aggregate>(
    unit: &mut Unit<'_>,
    counter: Counter,
    id: u64,
    edited: &Edited<T>,
    is_there: bool,
) -> Result<(), ServiceError> {
    if edited.before.is_some() || is_there {
        return Ok(());
    }
    match unit.tx.counters().next(counter).await? {
        next if next == id => Ok(()),
        next => Err(refused(format!("a new row here has the id {next}, not {id}"))),
    }
}

/// Stores the object of a row, with an event of its own.
async fn store_one(unit: &mut Unit<'_>, edit: &Edit) -> Result<(), ServiceError> {
    let (action, subject) = match edit {
        // Role and password are a matter of access, however they are changed.
        Edit::User(it) => (Action::ManageUsers, user(unit, it).await?),
        Edit::Patient(it) => (Action::ImportData, patient(unit, it).await?),
        Edit::Schedule(it) => (Action::ImportData, schedule(unit, it).await?),
        Edit::Appointment(it) => (Action::ImportData, appointment(unit, it).await?),
        Edit::Record(it) => (Action::ImportData, record(unit, it).await?),
        Edit::Invoice(it) => (Action::ImportData, invoice(unit, it).await?),
    };
    Ok(unit.note(action, subject).await?)
}

fn rights(user: &User) -> impl PartialEq {
    (user.role, user.status, user.password_hash.clone())
}

async fn user(unit: &mut Unit<'_>, edited: &Edited<User>) -> Result<Subject, ServiceError> {
    let (mut wanted, key) = (edited.after.clone(), UserKey::Id(edited.after.id));
    rules::names(edited)?;
    let is_there = unit.tx.users().lookup(&key).await?.is_some();
    numbered(unit, Counter::User, wanted.id.0, edited, is_there).await?;
    wanted.security_version = match &edited.before {
        None => 1,
        Some(before) if rights(before) == rights(&wanted) => before.security_version,
        Some(before) => {
            end_sessions(unit, wanted.id).await?;
            // Whoever chose it, it was not the person.
            if before.password_hash != wanted.password_hash {
                wanted.must_change_password = true;
                wanted.password_set_at = Some(unit.now);
            }
            before.security_version + 1
        }
    };
    let label = format!("user {}", wanted.id);
    let patient = wanted.patient;
    store(unit.tx.users(), &key, edited, wanted).await?;
    Ok(subject(edited, patient, label))
}

async fn patient(unit: &mut Unit<'_>, edited: &Edited<Patient>) -> Result<Subject, ServiceError> {
    let (wanted, key) = (edited.after.clone(), PatientKey::Id(edited.after.id));
    let expected = match &edited.before {
        Some(before) => Some(before.mrn),
        None if unit.tx.patients().lookup(&key).await?.is_some() => None,
        None => Some(next_mrn(unit.tx).await?),
    };
    if let Some(expected) = expected.filter(|expected| *expected != wanted.mrn) {
        return Err(refused(format!("its medical record number must be {}", expected.digits())));
    }
    store(unit.tx.patients(), &key, edited, wanted).await?;
    Ok(subject(edited, Some(edited.after.id), format!("patient {}", edited.after.id)))
}

async fn schedule(unit: &mut Unit<'_>, edited: &Edited<Schedule>) -> Result<Subject, ServiceError> {
    crate::scheduling::check_schedule(&edited.after)?;
    let doctor = edited.after.doctor;
    store(unit.tx.schedules(), &doctor, edited, edited.after.clone()).await?;
    Ok(subject(edited, None, format!("schedule {doctor}")))
}

async fn appointment(unit: &mut Unit<'_>, edited: &Edited<Appointment>) -> Result<Subject, ServiceError> {
    let id = edited.after.id;
    let is_there = unit.tx.appointments().lookup(&id).await?.is_some();
    numbered(unit, Counter::Appointment, id.0, edited, is_there).await?;
    store(unit.tx.appointments(), &id, edited, edited.after.clone()).await?;
    Ok(subject(edited, edited.after.patient.id, format!("appointment {id}")))
}

async fn record(unit: &mut Unit<'_>, edited: &Edited<Record>) -> Result<Subject, ServiceError> {
    rules::record(edited)?;
    let id = edited.after.id;
    let is_there = unit.tx.records().lookup(&id).await?.is_some();
    numbered(unit, Counter::MedicalRecord, id.0, edited, is_there).await?;
    store(unit.tx.records(), &id, edited, edited.after.clone()).await?;
    Ok(subject(edited, edited.after.patient.id, format!("record {id}")))
}

async fn invoice(unit: &mut Unit<'_>, edited: &Edited<Invoice>) -> Result<Subject, ServiceError> {
    rules::invoice(edited, unit.clinic.currency)?;
    let id = edited.after.id;
    let is_there = unit.tx.invoices().lookup(&id).await?.is_some();
    numbered(unit, Counter::Billing, id.0, edited, is_there).await?;
    store(unit.tx.invoices(), &id, edited, edited.after.clone()).await?;
    Ok(subject(edited, edited.after.patient.id, format!("bill {id}")))
}

/// Whether what the object refers to is there, and refers back where it must.
async fn fits(unit: &mut Unit<'_>, edit: &Edit) -> Result<(), ServiceError> {
    match edit {
        Edit::User(it) => {
            rules::linked(unit, it.after.id, it.after.patient).await?;
            if it.before.as_ref().is_none_or(|before| rights(before) != rights(&it.after)) {
                let stored = unit.user(it.after.id).await?;
                let mut user = stored.value.clone();
                equip(unit, &mut user).await?;
                if user != stored.value {
                    unit.tx.users().update(stored.version, user).await?;
                }
            }
        }
        Edit::Patient(it) => {
            if let Some(user) = it.after.user {
                rules::linked(unit, user, Some(it.after.id)).await?;
            }
        }
        Edit::Schedule(it) => rules::known_user(unit, Some(it.after.doctor), Some(Role::Doctor)).await?,
        Edit::Appointment(it) => {
            rules::known_patient(unit, it.after.patient.id).await?;
            let before = it.before.as_ref().map(|before| before.doctor.id);
            if before != Some(it.after.doctor.id) {
                rules::known_user(unit, it.after.doctor.id, Some(Role::Doctor)).await?;
            }
        }
        Edit::Record(it) => {
            rules::known_patient(unit, it.after.patient.id).await?;
            rules::known_user(unit, it.after.author, None).await?;
            check_visit(unit, it.after.patient.id, it.after.appointment).await?;
        }
        Edit::Invoice(it) => {
            rules::known_patient(unit, it.after.patient.id).await?;
            check_visit(unit, it.after.patient.id, it.after.appointment).await?;
        }
    }
    Ok(())
}
