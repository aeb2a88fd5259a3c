//! Breaking the glass: a clinician opens the record of a patient who is not assigned to them, for one hour, with a reason
//! and their password; it is written down at once and an auditor looks at each (45 CFR 164.312(a)(2)(ii)).

use crate::identity::Proof;
use crate::mail::Contents;
use crate::{
    Actor, ConflictKind, Kept, Mode, Order, PageRequest, Permit, ServiceError, Services, Subject, Unit,
    UseCase, patients,
};
use async_trait::async_trait;
use domain::validation::required;
use domain::{AccessEntry, AccessFact, AccessId, Action, FieldErrors, PatientId, Relation, Role, UserStatus};
use storage::UserFilter;

/// Most characters of a reason.
pub const LONGEST_REASON: usize = 500;
/// Fewest: a word is no reason.
const SHORTEST_REASON: usize = 10;

/// What is typed to open a record in an emergency. Fields: reason, password.
#[derive(Clone)]
pub struct EmergencyForm {
    /// Whose record.
    pub patient: PatientId,
    /// Why, in the clinician's words.
    pub reason: String,
    /// The clinician's password.
    pub password: String,
}

impl std::fmt::Debug for EmergencyForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EmergencyForm({})", self.patient)
    }
}

fn checked_reason(typed: &str) -> Result<String, FieldErrors> {
    let mut errors = FieldErrors::new();
    let reason = errors.take("reason", required(typed, "Reason", "a reason", LONGEST_REASON, true));
    if reason.as_ref().is_some_and(|reason| reason.chars().count() < SHORTEST_REASON) {
        errors.push("reason", domain::Code::ReasonTooShort);
    }
    errors.into_result()?;
    Ok(reason.unwrap_or_default())
}

impl Services {
    /// Opens a record to the caller for an hour.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with the refused fields; [`ConflictKind::AlreadyOpen`] when it is open to the caller
    /// anyway; [`ServiceError::RateLimited`] after too many wrong passwords.
    pub async fn break_glass(&self, actor: &Actor, form: EmergencyForm) -> Result<AccessEntry, ServiceError> {
        let draft = if self.may(actor, Action::BreakGlass) {
            self.justified(actor, &form).await
        } else {
            Err(ServiceError::Forbidden)
        };
        self.execute(actor, BreakGlass { patient: form.patient, draft }).await
    }

    async fn justified(&self, actor: &Actor, form: &EmergencyForm) -> Result<Justified, ServiceError> {
        let reason = checked_reason(&form.reason)?;
        Ok(Justified { reason, proof: self.prove(actor, &form.password, "password").await? })
    }
}

/// A reason, and proof of who gives it.
#[derive(Clone)]
struct Justified {
    reason: String,
    proof: Proof,
}

struct BreakGlass {
    patient: PatientId,
    draft: Result<Justified, ServiceError>,
}

#[async_trait]
impl UseCase for BreakGlass {
    type Out = AccessEntry;
    const ACTION: Action = Action::BreakGlass;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        patients::find(unit, self.patient).await?;
        let reason = self.draft.as_ref().map_or("", |draft| &draft.reason);
        Ok(Subject::object(Relation::Other, Some(self.patient), format!("patient {}", self.patient))
            .because(reason))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<AccessEntry, ServiceError> {
        let Justified { reason, proof } = self.draft.clone()?;
        if unit.relation(Some(self.patient)).await? != Relation::Other {
            return Err(ServiceError::Conflict(ConflictKind::AlreadyOpen));
        }
        proof.hold(unit).await?;
        let entry = AccessEntry {
            id: AccessId(unit.random.bits()),
            user: unit.actor.user(),
            patient: Some(self.patient),
            created_at: unit.now,
            expires_at: unit.now.saturating_add(AccessEntry::EMERGENCY).unwrap_or(unit.now),
            fact: AccessFact::Emergency { reason, review: None },
        };
        unit.tx.access().insert(entry.clone()).await?;
        alert(unit).await?;
        Ok(entry)
    }
}

/// Tells the auditors at once, where the clinic sends mail.
async fn alert(unit: &mut Unit<'_>) -> Result<(), ServiceError> {
    let all = PageRequest::first(PageRequest::MOST, Order::Ascending);
    let found = unit.tx.users().list(&UserFilter::role(Role::Auditor), &all).await?;
    for auditor in found.items.iter().filter(|auditor| auditor.status == UserStatus::Active) {
        unit.post.add(&auditor.email, Contents::EmergencyAccess);
    }
    Ok(())
}

/// Closes a record that the caller opened in an emergency; what is closed already stays so.
#[derive(Clone, Copy, Debug)]
pub struct EndEmergency {
    /// Whose record.
    pub patient: PatientId,
}

#[async_trait]
impl UseCase for EndEmergency {
    type Out = ();
    const ACTION: Action = Action::BreakGlass;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        patients::find(unit, self.patient).await?;
        Ok(Subject::object(Relation::Other, Some(self.patient), format!("patient {}", self.patient))
            .because("closed"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<(), ServiceError> {
        let Some(mut found) = unit.emergency(self.patient).await? else { return Ok(()) };
        found.value.expires_at = unit.now;
        unit.tx.access().update(found.version, found.value).await?;
        Ok(())
    }
}
