//! The auditor's queue of emergency accesses.

use crate::{Kept, Mode, Page, PageRequest, Permit, ServiceError, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::access::Review;
use domain::validation::required;
use domain::{AccessEntry, AccessFact, AccessId, AccessKind, Action, Mrn, PatientId, UserId};
use jiff::Timestamp;
use storage::{AccessFilter, PatientKey, UserKey, Versioned};

/// An emergency access as an auditor sees it: who, whose record by number, when, why.
#[derive(Clone, Debug)]
pub struct EmergencyAccess {
    /// Which.
    pub id: AccessId,
    /// The clinician's account.
    pub user: UserId,
    /// The clinician's name.
    pub user_name: String,
    /// Whose record.
    pub patient: PatientId,
    /// The number of that record; auditors learn no names.
    pub mrn: Mrn,
    /// When the record was opened.
    pub opened_at: Timestamp,
    /// When it closed, or will.
    pub closes_at: Timestamp,
    /// Why, in the clinician's words.
    pub reason: String,
    /// What an auditor made of it.
    pub review: Option<Review>,
}

async fn detailed(
    unit: &mut Unit<'_>,
    entries: Vec<Versioned<AccessEntry>>,
) -> Result<Vec<EmergencyAccess>, ServiceError> {
    let users: Vec<_> = entries.iter().filter_map(|entry| entry.user).map(UserKey::Id).collect();
    let patients: Vec<_> = entries.iter().filter_map(|entry| entry.patient).map(PatientKey::Id).collect();
    let users = unit.tx.users().lookup_all(&users).await?;
    let patients = unit.tx.patients().lookup_all(&patients).await?;
    let access = |entry: AccessEntry| {
        let AccessFact::Emergency { reason, review } = entry.fact else { return None };
        let user = users.iter().find(|user| Some(user.id) == entry.user)?;
        let patient = patients.iter().find(|patient| Some(patient.id) == entry.patient)?;
        Some(EmergencyAccess {
            id: entry.id,
            user: user.id,
            user_name: user.display_name.clone(),
            patient: patient.id,
            mrn: patient.mrn,
            opened_at: entry.created_at,
            closes_at: entry.expires_at,
            reason,
            review,
        })
    };
    Ok(entries.into_iter().filter_map(|entry| access(entry.value)).collect())
}

/// Lists emergency accesses, newest first unless the page says otherwise.
#[derive(Clone, Debug)]
pub struct ListEmergencies {
    /// Only those that nobody has looked at.
    pub awaiting: bool,
    /// Which part of the list.
    pub page: PageRequest,
}

#[async_trait]
impl UseCase for ListEmergencies {
    type Out = Page<EmergencyAccess>;
    const ACTION: Action = Action::ReviewEmergency;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any("emergency accesses"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let filter = AccessFilter {
            kind: Some(AccessKind::Emergency),
            awaiting_review: self.awaiting,
            ..AccessFilter::default()
        };
        let page = unit.tx.access().list(&filter, &self.page).await?;
        Ok(Page { items: detailed(unit, page.items).await?, next: page.next })
    }
}

/// Counts those that nobody has looked at.
#[derive(Clone, Copy, Debug)]
pub struct CountEmergencies {}

#[async_trait]
impl UseCase for CountEmergencies {
    type Out = u64;
    const ACTION: Action = Action::ReviewEmergency;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any("emergency accesses"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<u64, ServiceError> {
        let filter = AccessFilter {
            kind: Some(AccessKind::Emergency),
            awaiting_review: true,
            ..AccessFilter::default()
        };
        Ok(unit.tx.access().count(&filter).await?)
    }
}

/// Writes down what an auditor makes of one.
#[derive(Clone, Debug)]
pub struct ReviewEmergency {
    /// Which.
    pub id: AccessId,
    /// Whether it was justified; `None` when nothing was chosen.
    pub justified: Option<bool>,
    /// Words on it; needed when it was not justified.
    pub comment: String,
}

impl ReviewEmergency {
    fn check(&self) -> Result<(bool, String), domain::FieldErrors> {
        let mut errors = domain::FieldErrors::new();
        let chosen = self.justified.ok_or(domain::Code::NotChosen("whether it was justified"));
        let justified = errors.take("justified", chosen);
        let comment = match justified {
            Some(false) => required(&self.comment, "Comment", "why not", 2_000, true),
            _ => domain::validation::text(&self.comment, "Comment", 2_000, true),
        };
        let comment = errors.take("comment", comment);
        match (justified, comment) {
            (Some(justified), Some(comment)) => Ok((justified, comment)),
            _ => Err(errors),
        }
    }
}

#[async_trait]
impl UseCase for ReviewEmergency {
    type Out = ();
    const ACTION: Action = Action::ReviewEmergency;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let found = unit.tx.access().lookup(&self.id).await?.ok_or(ServiceError::NotFound)?;
        if found.kind() != AccessKind::Emergency {
            return Err(ServiceError::NotFound);
        }
        let verdict = match self.justified {
            Some(true) => "justified",
            Some(false) => "not justified",
            None => "",
        };
        let subject =
            Subject { patient: found.patient, ..Subject::any(format!("emergency access {}", self.id)) };
        Ok(subject.because(verdict))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<(), ServiceError> {
        let (justified, comment) = self.check()?;
        let mut found = unit.tx.access().lookup(&self.id).await?.ok_or(ServiceError::NotFound)?;
        let by = unit.actor.user().ok_or(ServiceError::Forbidden)?;
        let AccessFact::Emergency { review, .. } = &mut found.value.fact else {
            return Err(ServiceError::NotFound);
        };
        if review.is_some() {
            return Err(ServiceError::Stale);
        }
        *review = Some(Review { by, at: unit.now, justified, comment });
        unit.tx.access().update(found.version, found.value).await?;
        Ok(())
    }
}

/// Reads one, to judge it.
#[derive(Clone, Copy, Debug)]
pub struct ReadEmergency {
    /// Which.
    pub id: AccessId,
}

#[async_trait]
impl UseCase for ReadEmergency {
    type Out = EmergencyAccess;
    const ACTION: Action = Action::ReviewEmergency;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let found = unit.tx.access().lookup(&self.id).await?.ok_or(ServiceError::NotFound)?;
        Ok(Subject { patient: found.patient, ..Subject::any(format!("emergency access {}", self.id)) })
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let found = unit.tx.access().lookup(&self.id).await?;
        let found = detailed(unit, found.into_iter().collect()).await?;
        found.into_iter().next().ok_or(ServiceError::NotFound)
    }
}
