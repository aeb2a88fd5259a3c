//! The audit log: read, looked at event by event, taken away as a file; under a limited permission security events only.

mod access;
mod anchor;
mod event;
mod export;
mod forged;
mod own;
mod read;
mod security;
#[cfg(test)]
mod tests;

pub use access::{Access, ReadAccessLog};
pub use event::{EventInPlace, Neighbour, ReadAuditEvent};
pub use export::{AuditExport, ExportAudit, ExportFormat};
pub use forged::NoteForgedRequest;
pub use own::ReadOwnActions;
pub use read::ReadAudit;
pub use security::{AccountEvents, ReadSecurityEvents, SecurityEvents, SecurityKind};

use crate::{ServiceError, Unit};
use domain::validation::Code;
use domain::{Action, AuditOutcome, FieldErrors, Mrn, PatientId, Scope, UserId};
use jiff::civil::Date;
use storage::{AuditFilter, PatientKey, UserKey};

/// Narrows the audit log; the default is all of it.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Only by this account.
    pub actor: Option<UserId>,
    /// Only by the account of this username, e-mail address or number, as typed; field `user`.
    pub user: String,
    /// Only about this patient.
    pub patient: Option<PatientId>,
    /// Only about the patient of this number (MRN), as typed; field `mrn`.
    pub mrn: String,
    /// Only this action.
    pub action: Option<Action>,
    /// Only this outcome.
    pub outcome: Option<AuditOutcome>,
    /// Only of this request.
    pub request_id: String,
    /// Only on or after this day at the clinic.
    pub from: Option<Date>,
    /// Only before this day at the clinic.
    pub until: Option<Date>,
}

/// Whether events of an action may be read.
const fn reaches(scope: Scope, action: Action) -> bool {
    match scope {
        Scope::All => true,
        Scope::Limited => action.is_security_event(),
        Scope::Own | Scope::Assigned | Scope::Emergency => false,
    }
}

/// The actions that may be read; an empty list is none at all.
fn readable(asked: Option<Action>, scope: Scope) -> Vec<Action> {
    let wanted = |action: &Action| asked.is_none_or(|asked| asked == *action);
    Action::ALL.iter().copied().filter(|action| reaches(scope, *action) && wanted(action)).collect()
}

/// The account of a username, an e-mail address or a number.
async fn account(unit: &mut Unit<'_>, typed: &str) -> Result<Option<UserId>, ServiceError> {
    let folded = typed.to_lowercase();
    let number = folded.parse().ok().map(UserKey::Id);
    let keys = [UserKey::Username(folded.clone()), UserKey::Email(folded)];
    for key in keys.into_iter().chain(number) {
        if let Some(found) = unit.tx.users().lookup(&key).await? {
            return Ok(Some(found.value.id));
        }
    }
    Ok(None)
}

impl AuditQuery {
    /// The patient that is asked for, if there is one.
    async fn patient(&self, unit: &mut Unit<'_>) -> Result<Option<PatientId>, ServiceError> {
        let Some(mrn) = Mrn::parse(&self.mrn) else { return Ok(self.patient) };
        let found = unit.tx.patients().lookup(&PatientKey::Mrn(mrn)).await?;
        Ok(found.map(|patient| patient.value.id).or(self.patient))
    }

    /// The filter within a scope; `None` when nothing can pass it.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for an account or a number that nobody has.
    async fn narrowed(&self, unit: &mut Unit<'_>, scope: Scope) -> Result<Option<AuditFilter>, ServiceError> {
        let mut errors = FieldErrors::new();
        let user = self.user.trim();
        let mut actor = self.actor;
        if !user.is_empty() {
            match account(unit, user).await? {
                Some(found) if actor.is_none_or(|actor| actor == found) => actor = Some(found),
                Some(_) => return Ok(None),
                None => errors.push("user", Code::UnknownAccount),
            }
        }
        let mut patient = self.patient;
        if !self.mrn.trim().is_empty() {
            if scope != Scope::All {
                // Whether a patient has this number is not for those who see no patient's events.
                return Ok(None);
            }
            let found = match Mrn::parse(&self.mrn) {
                Some(mrn) => unit.tx.patients().lookup(&PatientKey::Mrn(mrn)).await?,
                None => None,
            };
            match found.map(|found| found.value.id) {
                Some(found) if patient.is_none_or(|patient| patient == found) => patient = Some(found),
                Some(_) => return Ok(None),
                None => errors.push("mrn", Code::UnknownNumber),
            }
        }
        errors.into_result()?;
        let actions = readable(self.action, scope);
        if actions.is_empty() {
            return Ok(None);
        }
        // Without a wish of either side there is nothing to compare.
        let is_everything = scope == Scope::All && self.action.is_none();
        let zone = &unit.clinic.zone;
        let request_id = self.request_id.trim();
        Ok(Some(AuditFilter {
            actor,
            patient,
            actions: if is_everything { Vec::new() } else { actions },
            outcome: self.outcome,
            request_id: (!request_id.is_empty()).then(|| request_id.to_owned()),
            from: self.from.map(|date| zone.start_of_day(date)),
            until: self.until.map(|date| zone.start_of_day(date)),
            ..AuditFilter::default()
        }))
    }
}
