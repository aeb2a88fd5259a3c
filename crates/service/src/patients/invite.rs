//! Inviting a registered patient to make an account. Whoever invites has made sure who the patient is, and says how.

use super::find;
use crate::links::LinkFor;
use crate::mail::Contents;
use crate::{ConflictKind, LinkSecret, Mode, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::access::{IdentityProof, LinkPurpose};
use domain::validation::Code;
use domain::{Action, Patient, PatientId};
use jiff::Timestamp;

/// Makes an invitation; an earlier one ends. Field: proof.
#[derive(Clone, Debug)]
pub struct InvitePatient {
    /// Whom.
    pub patient: PatientId,
    /// Name of one of [`IdentityProof::OF_PATIENT`].
    pub proof: String,
}

/// An invitation just made. Its secret is shown this once.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// The secret.
    pub secret: LinkSecret,
    /// Who is invited.
    pub patient: Versioned<Patient>,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// Whether it is sent to the patient's address too.
    pub is_mailed: bool,
}

impl InvitePatient {
    fn proof(&self) -> Option<IdentityProof> {
        IdentityProof::named(&IdentityProof::OF_PATIENT, self.proof.trim())
    }
}

#[async_trait]
impl UseCase for InvitePatient {
    type Out = Invitation;
    const ACTION: Action = Action::InvitePatient;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        find(unit, self.patient).await?;
        let relation = unit.relation(Some(self.patient)).await?;
        let label = format!("patient {}", self.patient);
        let proof = self.proof().map_or_else(String::new, |proof| format!("identity: {}", proof.name()));
        Ok(Subject::object(relation, Some(self.patient), label).because(proof))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Invitation, ServiceError> {
        const WHAT: &str = "how you know who the patient is";
        let patient = find(unit, self.patient).await?;
        if patient.user.is_some() {
            return Err(ServiceError::Conflict(ConflictKind::HasAccount));
        }
        if self.proof().is_none() {
            let code =
                if self.proof.trim().is_empty() { Code::NotChosen(WHAT) } else { Code::UnknownChoice(WHAT) };
            return Err(ServiceError::field("proof", code));
        }
        let purpose = LinkPurpose::PortalInvitation;
        let address = patient.email.clone().filter(|address| unit.post.reaches(address));
        let of = LinkFor { purpose, user: None, patient: Some(patient.id), address: address.clone() };
        let secret = unit.make_link(of).await?;
        if let Some(address) = &address {
            unit.post.add(address, Contents::PortalInvitation(secret.clone()));
        }
        let expires_at = unit.now.saturating_add(purpose.lasts()).unwrap_or(unit.now);
        Ok(Invitation { secret, patient, expires_at, is_mailed: address.is_some() })
    }
}
