//! The rows of the readable files: the old system's fields first, as it wrote them, then this system's own.
//! Only the own fields are read back; the old ones are there for people and for the old system's tools.

use crate::{Version, Versioned};
use domain::appointment::HistoryEntry;
use domain::invoice::{InvoiceLine, Issue, LegacyBill, Refund};
use domain::time::legacy_time;
use domain::{
    AccessEntry, Appointment, AppointmentId, AppointmentStatus, ClinicZone, Currency, DoctorLink, Email,
    Invoice, InvoiceId, PasswordHash, Patient, PatientId, PatientLink, Payment, PlanEntry, Priority, Record,
    RecordBody, RecordId, Role, Schedule, SecondFactor, SeriesId, Session, TimeRange, User, UserId,
    UserStatus, Username,
};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a row needs to know to be written.
pub struct RowContext {
    /// The clinic's zone.
    pub zone: ClinicZone,
}

/// A row of a file.
pub trait Row: Sized {
    /// What it holds.
    type Value;
    /// The row of an object.
    fn from_value(row: &Versioned<Self::Value>, context: &RowContext) -> Self;
    /// The object of a row.
    fn into_value(self) -> Versioned<Self::Value>;
}

/// `2025-10-15T06:00:00.000Z`, as the old system wrote it; finer than milliseconds only when the instant is.
mod iso {
    use super::{Deserialize, Deserializer, Serializer, Timestamp};

    pub fn serialize<S: Serializer>(instant: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        if instant.subsec_nanosecond() % 1_000_000 == 0 {
            serializer.collect_str(&format_args!("{instant:.3}"))
        } else {
            serializer.collect_str(instant)
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        Timestamp::deserialize(deserializer)
    }
}

/// A row of `users.json`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserRow {
    id: UserId,
    username: Username,
    email: Email,
    password: PasswordHash,
    #[serde(with = "iso")]
    created_at: Timestamp,
    role: Role,
    status: UserStatus,
    display_name: String,
    patient_id: Option<PatientId>,
    security_version: u32,
    must_change_password: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    second_factor: Option<SecondFactor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email_verified_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password_set_at: Option<Timestamp>,
    version: Version,
}

impl Row for UserRow {
    type Value = User;

    fn from_value(row: &Versioned<User>, _: &RowContext) -> Self {
        let user = row.value.clone();
        Self {
            id: user.id,
            username: user.username,
            email: user.email,
            password: user.password_hash,
            created_at: user.created_at,
            role: user.role,
            status: user.status,
            display_name: user.display_name,
            patient_id: user.patient,
            security_version: user.security_version,
            must_change_password: user.must_change_password,
            second_factor: user.second_factor,
            email_verified_at: user.email_verified_at,
            password_set_at: user.password_set_at,
            version: row.version,
        }
    }

    fn into_value(self) -> Versioned<User> {
        let value = User {
            id: self.id,
            username: self.username,
            email: self.email,
            password_hash: self.password,
            created_at: self.created_at,
            role: self.role,
            status: self.status,
            display_name: self.display_name,
            patient: self.patient_id,
            security_version: self.security_version,
            must_change_password: self.must_change_password,
            second_factor: self.second_factor,
            email_verified_at: self.email_verified_at,
            password_set_at: self.password_set_at,
        };
        Versioned { value, version: self.version }
    }
}

/// A row of `appointments.json`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppointmentRow {
    id: AppointmentId,
    patient_name: String,
    #[serde(skip_deserializing)]
    date: Option<Date>,
    #[serde(skip_deserializing)]
    time: String,
    doctor: String,
    #[serde(with = "iso")]
    created_at: Timestamp,
    patient_id: Option<PatientId>,
    doctor_id: Option<UserId>,
    start: Timestamp,
    #[serde(deserialize_with = "length")]
    duration_minutes: u16,
    visit_type: String,
    reason: String,
    status: AppointmentStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    room: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    overbooked_because: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    buffer_minutes: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    series: Option<SeriesId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    priority: Option<Priority>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirmed_at: Option<Timestamp>,
    created_by: Option<UserId>,
    arrived_at: Option<Timestamp>,
    history: Vec<HistoryEntry>,
    version: Version,
}

fn length<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let minutes = u16::deserialize(deserializer)?;
    if TimeRange::MINUTES.contains(&minutes) {
        Ok(minutes)
    } else {
        Err(D::Error::custom(format!("{minutes} minutes is no length of an appointment")))
    }
}

impl Row for AppointmentRow {
    type Value = Appointment;

    fn from_value(row: &Versioned<Appointment>, context: &RowContext) -> Self {
        let it = row.value.clone();
        let local = context.zone.local(it.time.start());
        Self {
            id: it.id,
            patient_name: it.patient.name,
            date: Some(local.date()),
            time: legacy_time(local.time()),
            doctor: it.doctor.name,
            created_at: it.created_at,
            patient_id: it.patient.id,
            doctor_id: it.doctor.id,
            start: it.time.start(),
            duration_minutes: it.time.minutes(),
            visit_type: it.visit_type,
            reason: it.reason,
            status: it.status,
            room: it.room,
            overbooked_because: it.overbooked_because,
            held_until: it.held_until,
            buffer_minutes: Some(it.buffer_minutes).filter(|minutes| *minutes > 0),
            series: it.series,
            priority: Some(it.priority).filter(|priority| !priority.is_routine()),
            confirmed_at: it.confirmed_at,
            created_by: it.created_by,
            arrived_at: it.arrived_at,
            history: it.history,
            version: row.version,
        }
    }

    fn into_value(self) -> Versioned<Appointment> {
        let value = Appointment {
            id: self.id,
            patient: PatientLink { id: self.patient_id, name: self.patient_name },
            doctor: DoctorLink { id: self.doctor_id, name: self.doctor },
            room: self.room,
            time: TimeRange::new(self.start, self.duration_minutes)
                .expect("the length was checked when it was read"),
            visit_type: self.visit_type,
            reason: self.reason,
            status: self.status,
            overbooked_because: self.overbooked_because,
            held_until: self.held_until,
            buffer_minutes: self.buffer_minutes.unwrap_or_default(),
            series: self.series,
            priority: self.priority.unwrap_or_default(),
            confirmed_at: self.confirmed_at,
            created_by: self.created_by,
            created_at: self.created_at,
            arrived_at: self.arrived_at,
            history: self.history,
        };
        Versioned { value, version: self.version }
    }
}

/// A row of `medicalRecords.json`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordRow {
    id: RecordId,
    patient_name: String,
    #[serde(skip_deserializing)]
    condition: String,
    #[serde(skip_deserializing)]
    treatment: String,
    #[serde(with = "iso")]
    created_at: Timestamp,
    patient_id: Option<PatientId>,
    author_id: Option<UserId>,
    author_name: String,
    author_role: Role,
    appointment_id: Option<AppointmentId>,
    body: RecordBody,
    version: Version,
}

impl Row for RecordRow {
    type Value = Record;

    fn from_value(row: &Versioned<Record>, _: &RowContext) -> Self {
        let (condition, treatment) = (row.value.condition(), row.value.treatment());
        let record = row.value.clone();
        Self {
            id: record.id,
            patient_name: record.patient.name,
            condition,
            treatment,
            created_at: record.created_at,
            patient_id: record.patient.id,
            author_id: record.author,
            author_name: record.author_name,
            author_role: record.author_role,
            appointment_id: record.appointment,
            body: record.body,
            version: row.version,
        }
    }

    fn into_value(self) -> Versioned<Record> {
        let value = Record {
            id: self.id,
            patient: PatientLink { id: self.patient_id, name: self.patient_name },
            author: self.author_id,
            author_name: self.author_name,
            author_role: self.author_role,
            appointment: self.appointment_id,
            created_at: self.created_at,
            body: self.body,
        };
        Versioned { value, version: self.version }
    }
}

/// A row of `billings.json`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceRow {
    id: InvoiceId,
    patient_name: String,
    #[serde(skip_deserializing)]
    amount: Amount,
    #[serde(skip_deserializing)]
    payment_method: String,
    #[serde(with = "iso")]
    created_at: Timestamp,
    patient_id: Option<PatientId>,
    appointment_id: Option<AppointmentId>,
    currency: Currency,
    lines: Vec<InvoiceLine>,
    issue: Option<Issue>,
    payments: Vec<Payment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    refunds: Vec<Refund>,
    created_by: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    legacy: Option<LegacyBill>,
    version: Version,
}

/// An amount as the old system kept it: a number, or whatever was written.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Amount {
    /// A number.
    Number(serde_json::Number),
    /// A text.
    Text(String),
}

impl Default for Amount {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Amount {
    /// A number if the text is just how that number is written.
    pub fn written(text: &str) -> Self {
        match serde_json::from_str::<serde_json::Number>(text) {
            Ok(number) => Self::Number(number),
            Err(_) => Self::Text(text.to_owned()),
        }
    }

    /// As text.
    pub fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => text.serialize(serializer),
        }
    }
}

impl Row for InvoiceRow {
    type Value = Invoice;

    fn from_value(row: &Versioned<Invoice>, _: &RowContext) -> Self {
        let it = row.value.clone();
        let paid_by = it.payments.last().map(|payment| payment.method.name().to_owned());
        let (amount, payment_method) = match &it.legacy {
            Some(legacy) => (Amount::written(&legacy.amount), legacy.payment_method.clone()),
            None => (Amount::written(&it.total().plain()), paid_by.unwrap_or_default()),
        };
        Self {
            id: it.id,
            patient_name: it.patient.name,
            amount,
            payment_method,
            created_at: it.created_at,
            patient_id: it.patient.id,
            appointment_id: it.appointment,
            currency: it.currency,
            lines: it.lines,
            issue: it.issue,
            payments: it.payments,
            refunds: it.refunds,
            created_by: it.created_by,
            legacy: it.legacy,
            version: row.version,
        }
    }

    fn into_value(self) -> Versioned<Invoice> {
        let value = Invoice {
            id: self.id,
            patient: PatientLink { id: self.patient_id, name: self.patient_name },
            appointment: self.appointment_id,
            currency: self.currency,
            lines: self.lines,
            issue: self.issue,
            payments: self.payments,
            refunds: self.refunds,
            created_by: self.created_by,
            created_at: self.created_at,
            legacy: self.legacy,
        };
        Versioned { value, version: self.version }
    }
}

/// A row of the files that the old system did not have: the object with its version.
#[derive(Serialize, Deserialize)]
pub struct OwnRow<T> {
    version: Version,
    value: T,
}

impl<T: Clone> Row for OwnRow<T> {
    type Value = T;

    fn from_value(row: &Versioned<T>, _: &RowContext) -> Self {
        Self { version: row.version, value: row.value.clone() }
    }

    fn into_value(self) -> Versioned<T> {
        Versioned { value: self.value, version: self.version }
    }
}

/// A row of `patients.json`.
pub type PatientRow = OwnRow<Patient>;
/// A row of `schedules.json`.
pub type ScheduleRow = OwnRow<Schedule>;
/// A row of `sessions.json`.
pub type SessionRow = OwnRow<Session>;
/// A row of `access.json`.
pub type AccessRow = OwnRow<AccessEntry>;
/// A row of `plan.json`.
pub type PlanRow = OwnRow<PlanEntry>;
