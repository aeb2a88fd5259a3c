//! How each aggregate is looked up and filtered. Filters combine with "and"; an empty filter is everything.

use crate::port::Aggregate;
use domain::appointment::DoctorKey;
use domain::invoice::InvoiceStatus;
use domain::{
    AccessEntry, AccessId, AccessKind, Action, Appointment, AppointmentId, AppointmentStatus, AuditOutcome,
    Invoice, InvoiceId, Mrn, Patient, PatientId, PlanEntry, PlanId, PlanKind, Record, RecordId, Role,
    Schedule, Session, SessionId, User, UserId,
};
use jiff::Timestamp;
use jiff::civil::Date;

/// Finds one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserKey {
    /// By identity.
    Id(UserId),
    /// By e-mail address, folded.
    Email(String),
    /// By username, folded.
    Username(String),
}

/// Narrows a list of users; ordered by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Only this account.
    pub id: Option<UserId>,
    /// Only this role.
    pub role: Option<Role>,
    /// Only those whose name, username or e-mail address contains this, folded to lower case.
    pub text: Option<String>,
}

/// Narrows a list of sessions; ordered by start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// Only this user's.
    pub user: Option<UserId>,
    /// Only those neither revoked nor expired at this instant; how long one may go unused is not the store's to know.
    pub live_at: Option<Timestamp>,
}

/// Narrows a list of access entries; ordered by start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessFilter {
    /// Only of this kind.
    pub kind: Option<AccessKind>,
    /// Only about this account; indexed.
    pub user: Option<UserId>,
    /// Only about this patient; indexed.
    pub patient: Option<PatientId>,
    /// Only those that hold at this instant.
    pub live_at: Option<Timestamp>,
    /// Only emergency accesses that no auditor has looked at.
    pub awaiting_review: bool,
}

/// Finds one patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatientKey {
    /// By identity.
    Id(PatientId),
    /// By medical record number.
    Mrn(Mrn),
    /// By account.
    User(UserId),
}

/// Narrows a list of patients; ordered by family name, given name, id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatientFilter {
    /// Only those that match as [`Patient::matches`] says.
    pub text: Option<String>,
    /// Only those with exactly this full name, folded by [`domain::person::folded_name`]; indexed.
    pub folded_name: Option<String>,
    /// Only those born on this day.
    pub birth_date: Option<Date>,
}

/// Narrows a list of appointments; ordered by start, id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppointmentFilter {
    /// Only this doctor's (account or written name); indexed with time.
    pub doctor: Option<DoctorKey>,
    /// Only this patient's; indexed with time.
    pub patient: Option<PatientId>,
    /// Only those that start at or after this; indexed.
    pub from: Option<Timestamp>,
    /// Only those that start before this; indexed.
    pub until: Option<Timestamp>,
    /// Only those in one of these statuses, when not empty.
    pub statuses: Vec<AppointmentStatus>,
    /// Only those without a linked patient.
    pub unlinked: bool,
    /// With those that are only held or were not confirmed; when `statuses` names some, that alone counts.
    pub with_tentative: bool,
    /// Order by id (the order of booking) instead of by start.
    pub by_id: bool,
}

impl AppointmentFilter {
    /// Whether an appointment in this status passes.
    pub fn wants(&self, status: AppointmentStatus) -> bool {
        if self.statuses.is_empty() {
            self.with_tentative || !status.is_tentative()
        } else {
            self.statuses.contains(&status)
        }
    }
}

/// Narrows a list of what is planned around appointments; ordered by beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanFilter {
    /// Only of this kind.
    pub kind: Option<PlanKind>,
    /// Only about this patient; indexed.
    pub patient: Option<PatientId>,
    /// Only about this appointment; indexed.
    pub appointment: Option<AppointmentId>,
    /// Only those about which something is due at this instant or before; indexed with the kind.
    pub due_until: Option<Timestamp>,
    /// Only those about which something is still to be done; indexed with the kind.
    pub open: bool,
    /// Of messages only these.
    pub message: MessageFilter,
}

/// Narrows a list of messages; whatever is no message passes none of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageFilter {
    /// In this state ([`domain::message::Delivery::name`]).
    pub state: Option<String>,
    /// For this ([`domain::message::Notice::name`]).
    pub notice: Option<String>,
    /// About an appointment that starts at or after this.
    pub starts_from: Option<Timestamp>,
    /// About an appointment that starts before this.
    pub starts_until: Option<Timestamp>,
}

impl MessageFilter {
    /// Whether an entry passes.
    pub fn passes(&self, entry: &PlanEntry) -> bool {
        let is_one_of = |message: &domain::message::Message| {
            self.state.as_ref().is_none_or(|state| state == message.delivery.name())
                && self.notice.as_ref().is_none_or(|notice| notice == message.notice.name())
                && self.starts_from.is_none_or(|from| message.start >= from)
                && self.starts_until.is_none_or(|until| message.start < until)
        };
        *self == Self::default() || entry.message().is_some_and(is_one_of)
    }
}

/// Narrows a list of record entries; ordered by id (the order of writing).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordFilter {
    /// Only this patient's; indexed.
    pub patient: Option<PatientId>,
    /// Only entries of these patients or, with `or_unlinked`, of none.
    pub patients: Option<Vec<PatientId>>,
    /// With `patients`: entries without a linked patient too.
    pub or_unlinked: bool,
    /// Only entries of these kinds ([`domain::RecordBody::kind`]), when not empty.
    pub kinds: Vec<&'static str>,
    /// Only by this author; indexed.
    pub author: Option<UserId>,
    /// Only notes by this author that are not signed; indexed.
    pub unsigned_by: Option<UserId>,
    /// Only what the patient may read.
    pub visible_to_patient: bool,
    /// Only entries of this visit.
    pub appointment: Option<AppointmentId>,
}

/// Narrows a list of bills; ordered by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvoiceFilter {
    /// Only this patient's; indexed.
    pub patient: Option<PatientId>,
    /// Only those in one of these statuses, when not empty; indexed.
    pub statuses: Vec<InvoiceStatus>,
    /// Only those for this visit; indexed.
    pub appointment: Option<AppointmentId>,
    /// Only those for one of these visits; indexed.
    pub appointments: Option<Vec<AppointmentId>>,
    /// Without drafts (what patients may see).
    pub issued_only: bool,
    /// Only those with a payment taken at or after this; indexed.
    pub paid_from: Option<Timestamp>,
    /// Only those with a payment taken before this.
    pub paid_until: Option<Timestamp>,
    /// Only those with a refund given at or after the first and before the second; indexed.
    pub refunded_in: Option<(Timestamp, Timestamp)>,
    /// Only those of which a refund was asked for; indexed.
    pub refunds: Option<RefundFilter>,
}

/// Narrows a list of bills by their refunds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundFilter {
    /// One waits for approval.
    Waiting,
    /// There is one, whatever became of it.
    Any,
}

/// Narrows the audit log; ordered by position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only by this user.
    pub actor: Option<UserId>,
    /// Only by others than this user.
    pub except: Option<UserId>,
    /// Only of this request.
    pub request_id: Option<String>,
    /// Only about this patient.
    pub patient: Option<PatientId>,
    /// Only these actions, when not empty.
    pub actions: Vec<Action>,
    /// Only this outcome.
    pub outcome: Option<AuditOutcome>,
    /// Only at or after this.
    pub from: Option<Timestamp>,
    /// Only before this.
    pub until: Option<Timestamp>,
}

macro_rules! aggregate {
    ($aggregate:ty, $id:ty, $key:ty, $filter:ty, $name:literal, |$it:ident| $get:expr) => {
        impl Aggregate for $aggregate {
            type Id = $id;
            type Key = $key;
            type Filter = $filter;
            const NAME: &'static str = $name;
            fn id(&self) -> $id {
                let $it = self;
                $get
            }
        }
    };
}

aggregate!(User, UserId, UserKey, UserFilter, "users", |it| it.id);
aggregate!(Session, SessionId, SessionId, SessionFilter, "sessions", |it| it.id);
aggregate!(AccessEntry, AccessId, AccessId, AccessFilter, "access", |it| it.id);
aggregate!(Patient, PatientId, PatientKey, PatientFilter, "patients", |it| it.id);
aggregate!(Schedule, UserId, UserId, (), "schedules", |it| it.doctor);
aggregate!(Appointment, AppointmentId, AppointmentId, AppointmentFilter, "appointments", |it| it.id);
aggregate!(Record, RecordId, RecordId, RecordFilter, "medicalRecords", |it| it.id);
aggregate!(PlanEntry, PlanId, PlanId, PlanFilter, "plan", |it| it.id);
aggregate!(Invoice, InvoiceId, InvoiceId, InvoiceFilter, "billings", |it| it.id);
