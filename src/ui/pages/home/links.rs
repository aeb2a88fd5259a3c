//! The addresses that home pages lead to, in one place.

use domain::{AppointmentId, AppointmentStatus, InvoiceId, PatientId, RecordId};
use jiff::civil::Date;

/// The day by doctor.
pub fn day(date: Date) -> String {
    format!("/appointments?date={date}")
}

/// The day's appointments in one status, as a list.
pub fn day_list(date: Date, status: AppointmentStatus) -> String {
    format!("/appointments?view=list&date={date}&status={}", status.name())
}

/// One appointment.
pub fn appointment(id: AppointmentId) -> String {
    format!("/appointments/{id}")
}

/// Where an appointment is booked.
pub const BOOK: &str = "/appointments/new";

/// Where a patient is registered.
pub const REGISTER: &str = "/patients/new";

/// A patient's chart.
pub fn chart(id: PatientId) -> String {
    format!("/medical-records/{id}")
}

/// A patient's details.
pub fn patient(id: PatientId) -> String {
    format!("/patients/{id}")
}

/// One entry of a record.
pub fn entry(id: RecordId) -> String {
    format!("/medical-records/entries/{id}")
}

/// One bill.
pub fn bill(id: InvoiceId) -> String {
    format!("/billing/{id}")
}
