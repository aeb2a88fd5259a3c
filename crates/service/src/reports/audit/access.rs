//! Who looked at a record: what the audit log knows of one patient, in words for that patient.

use crate::access::CARE_TEAM_ENDED;
use crate::{Mode, Page, PageRequest, Permit, ServiceError, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::{Action, AuditEvent, AuditOutcome, PatientId, Role};
use jiff::Timestamp;
use storage::{AuditFilter, PatientKey};

/// Reads who read or changed a patient's data. The patient's own looks are left out.
#[derive(Clone, Debug)]
pub struct ReadAccessLog {
    /// Whose data.
    pub patient: PatientId,
    /// Which part of the list.
    pub page: PageRequest,
}

/// Someone read or changed something. It names nothing that only the clinic's programs know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub who: String,
    /// Their role; `None` for the clinic's own program.
    pub role: Option<Role>,
    /// What, as it goes on after the name: `read your medical record`.
    pub what: &'static str,
    /// Whether they acted for the patient: a parent, a guardian, a carer.
    pub is_acting: bool,
    /// Whether it was an emergency.
    pub is_emergency: bool,
    /// The reason that was stated in the emergency; else empty.
    pub reason: String,
}

/// What stands as reason where an emergency access ended.
pub const CLOSED: &str = "closed";

/// What patients are told of, and in which words. The rest does not concern their data.
const TOLD: &[(Action, &str)] = &[
    (Action::ReadDemographics, "read your contact details"),
    (Action::RegisterPatient, "registered you as a patient"),
    (Action::EditDemographics, "changed your contact details"),
    (Action::ReadAppointments, "looked at your appointments"),
    (Action::BookAppointment, "booked an appointment for you"),
    (Action::MoveAppointment, "moved an appointment of yours"),
    (Action::CancelAppointment, "cancelled an appointment of yours"),
    (Action::OverbookAppointment, "booked an appointment for you"),
    (Action::AdvanceAppointment, "changed the status of your visit"),
    (Action::BookSeries, "booked a series of appointments for you"),
    (Action::ChangeSeries, "changed a series of your appointments"),
    (Action::LinkPatient, "connected an entry with you"),
    (Action::ReadWaitingList, "looked at your place on the waiting list"),
    (Action::ChangeWaitingList, "changed your place on the waiting list"),
    (Action::AnswerOffer, "answered an offered time for you"),
    (Action::OfferTime, "offered you a time"),
    (Action::ReadRecord, "read your medical record"),
    (Action::WriteIntake, "wrote measurements or allergies into your medical record"),
    (Action::WriteNote, "wrote a note in your medical record"),
    (Action::Prescribe, "wrote a diagnosis or a medicine into your medical record"),
    (Action::SignNote, "signed a note in your medical record"),
    (Action::AddAddendum, "added words to a note in your medical record"),
    (Action::BreakGlass, "opened your medical record in an emergency"),
    (Action::ReviewEmergency, "reviewed an emergency access to your medical record"),
    (Action::GrantProxy, "let someone act for you"),
    (Action::ManageProxies, "looked at or ended who acts for you"),
    (Action::ReadCareTeam, "looked at who is in your care team"),
    (Action::ManageCareTeam, "added someone to your care team"),
    (Action::ReadInvoices, "looked at your bills"),
    (Action::WriteInvoice, "wrote a bill for you"),
    (Action::IssueInvoice, "issued a bill for you"),
    (Action::TakePayment, "took a payment from you"),
    (Action::RequestRefund, "asked for a refund for you, or took that back"),
    (Action::ReadRefunds, "looked at your refunds"),
    (Action::ApproveRefund, "decided on a refund for you"),
    (Action::ReadAudit, "checked who looked at your data"),
    (Action::ExportAudit, "checked who looked at your data"),
    (Action::ReadAccessLog, "checked who looked at your data"),
];

impl Access {
    fn of(event: AuditEvent) -> Option<Self> {
        let event = event.event;
        let (action, what) = TOLD.iter().find(|(action, _)| *action == event.action)?;
        let (what, is_emergency, reason) = match (action, event.reason.as_str()) {
            (Action::BreakGlass, CLOSED) => ("closed your medical record after an emergency", false, ""),
            (Action::ManageCareTeam, reason) if reason.starts_with(CARE_TEAM_ENDED) => {
                ("took someone off your care team", false, "")
            }
            (Action::BreakGlass, reason) => (*what, true, reason),
            // Whoever reads a record has a reason only where nothing else allows it.
            (Action::ReadRecord, reason) => (*what, !reason.is_empty() && !event.is_acting(), ""),
            _ => (*what, false, ""),
        };
        let reason = reason.to_owned();
        // The patient's own account is left out: the account of another patient comes here by acting for them only.
        let is_acting = event.role == Some(Role::Patient);
        let (at, who, role) = (event.at, event.actor_name, event.role);
        Some(Self { at, who, role, what, is_acting, is_emergency, reason })
    }
}

#[async_trait]
impl UseCase for ReadAccessLog {
    type Out = Page<Access>;
    const ACTION: Action = Action::ReadAccessLog;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let relation = unit.relation(Some(self.patient)).await?;
        Ok(Subject::object(relation, Some(self.patient), "access log"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let patient = unit.tx.patients().lookup(&PatientKey::Id(self.patient)).await?;
        let patient = patient.ok_or(ServiceError::NotFound)?;
        let filter = AuditFilter {
            patient: Some(self.patient),
            except: patient.value.user,
            actions: TOLD.iter().map(|(action, _)| *action).collect(),
            outcome: Some(AuditOutcome::Success),
            ..AuditFilter::default()
        };
        let found = unit.tx.audit().list(&filter, &self.page).await?;
        Ok(Page { items: found.items.into_iter().filter_map(Access::of).collect(), next: found.next })
    }
}
