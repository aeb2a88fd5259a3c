//! Joining an account to the record of a patient who is registered already, by an invitation that staff made once they
//! knew that it is that patient.

use super::proof::Proof;
use super::relation_to;
use crate::links;
use crate::{
    Actor, ConflictKind, Kept, LinkSecret, Mode, Permit, ServiceError, Services, Subject, Unit, UseCase,
    patients,
};
use async_trait::async_trait;
use domain::access::LinkPurpose;
use domain::{AccessEntry, AccessKind, Action, Email, Patient, PatientId, PersonName, UserId};
use storage::{AccessFilter, AppointmentFilter, InvoiceFilter, RecordFilter, Versioned};

const PURPOSE: LinkPurpose = LinkPurpose::PortalInvitation;

impl Unit<'_> {
    /// The open invitation with this secret and who is invited; a patient who has an account is not any more.
    pub(super) async fn invitation(
        &mut self,
        secret: Option<&LinkSecret>,
    ) -> Result<(Versioned<AccessEntry>, Versioned<Patient>), ServiceError> {
        let link = self.open_link(PURPOSE, secret).await?;
        let patient = patients::find(self, link.patient.ok_or_else(links::ended)?).await?;
        if patient.user.is_some() { Err(links::ended()) } else { Ok((link, patient)) }
    }

    /// Uses an invitation for an account: the patient and the name, for the account.
    pub(super) async fn accept_invitation(
        &mut self,
        secret: Option<&LinkSecret>,
        user: UserId,
    ) -> Result<(PatientId, String), ServiceError> {
        let (link, mut patient) = self.invitation(secret).await?;
        self.use_link(link).await?;
        patient.value.user = Some(user);
        let joined = (patient.id, patient.name.full());
        self.tx.patients().update(patient.version, patient.value).await?;
        Ok(joined)
    }

    /// Whether nothing hangs on a patient's record.
    async fn is_unused(&mut self, patient: PatientId) -> Result<bool, ServiceError> {
        let visits = self.tx.appointments().count(&AppointmentFilter::patient(patient)).await?;
        let entries = RecordFilter { patient: Some(patient), ..RecordFilter::default() };
        let entries = self.tx.records().count(&entries).await?;
        let bills = self.tx.invoices().count(&InvoiceFilter::patient(patient)).await?;
        let mut people = 0;
        for kind in [AccessKind::Proxy, AccessKind::CareTeam] {
            let live = AccessFilter {
                kind: Some(kind),
                patient: Some(patient),
                live_at: Some(self.now),
                ..AccessFilter::default()
            };
            people += self.tx.access().count(&live).await?;
        }
        Ok(visits + entries + bills + people == 0)
    }
}

/// Who was invited, as far as the form needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// The patient's name.
    pub name: PersonName,
    /// The address that the clinic knows.
    pub email: Option<Email>,
}

/// Shows an invitation to whoever has its link; it stays good. Field: token.
#[derive(Clone)]
pub struct ReadInvitation {
    secret: Option<LinkSecret>,
}

impl ReadInvitation {
    /// With the secret of a link.
    pub fn new(token: &str) -> Self {
        Self { secret: LinkSecret::parse(token) }
    }
}

#[async_trait]
impl UseCase for ReadInvitation {
    type Out = Invited;
    const ACTION: Action = Action::UseInvitation;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let mut subject = Subject::any("invitation").because("opened");
        subject.patient = unit.invitation(self.secret.as_ref()).await.ok().map(|(_, patient)| patient.id);
        Ok(subject)
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Invited, ServiceError> {
        let (_, patient) = unit.invitation(self.secret.as_ref()).await?;
        Ok(Invited { name: patient.value.name, email: patient.value.email })
    }
}

impl Services {
    /// Joins the caller's account, whose own record must be empty, to the record of an invitation. Fields: token, password.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`]; [`ConflictKind::RecordInUse`].
    pub async fn join_record(
        &self,
        actor: &Actor,
        token: &str,
        password: &str,
    ) -> Result<PatientId, ServiceError> {
        let proof = if self.may(actor, Action::UseInvitation) {
            self.prove(actor, password, "password").await
        } else {
            Err(ServiceError::Forbidden)
        };
        self.execute(actor, JoinRecord { secret: LinkSecret::parse(token), proof }).await
    }
}

/// Joins the account to the record, once the password is compared.
struct JoinRecord {
    secret: Option<LinkSecret>,
    proof: Result<Proof, ServiceError>,
}

#[async_trait]
impl UseCase for JoinRecord {
    type Out = PatientId;
    const ACTION: Action = Action::UseInvitation;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let id = unit.own_user().await?.id;
        let relation = relation_to(unit.actor, id);
        let patient = unit.invitation(self.secret.as_ref()).await.ok().map(|(_, patient)| patient.id);
        Ok(Subject::object(relation, patient, format!("user {id}")).because("joined"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<PatientId, ServiceError> {
        let found = unit.own_user().await?;
        let (mut user, version) = (found.value, found.version);
        // First whether the link is good: who has none learns nothing of passwords.
        unit.invitation(self.secret.as_ref()).await?;
        self.proof.clone()?.hold(unit).await?;
        if let Some(own) = user.patient {
            if !unit.is_unused(own).await? {
                return Err(ServiceError::Conflict(ConflictKind::RecordInUse));
            }
            let mut own = patients::find(unit, own).await?;
            own.value.user = None;
            unit.tx.patients().update(own.version, own.value).await?;
        }
        let (patient, name) = unit.accept_invitation(self.secret.as_ref(), user.id).await?;
        user.patient = Some(patient);
        user.display_name = name;
        unit.tx.users().update(version, user).await?;
        Ok(patient)
    }
}
