//! The addresses that home pages lead to, in one place.

use domain::{AppointmentId, AppointmentStatus, InvoiceId, PatientId, RecordId};
use jiff::civil::Date;

/// The day by doctor.
pub fn day(date: Date) -> String {
    format!("/appointments?date={date}")
}

/// The day's appointments in one status, as a list.
pub fn day_list(date: Date, status: AppointmentStatus) -> String {
    format!("/appointments?view=list&from={date}&to={date}&status={}", status.name())
}

/// One appointment.
pub fn appointment(id: AppointmentId) -> String {
    format!("/appointments/{id}")
}

/// Where staff book an appointment for a patient.
pub const BOOK: &str = "/appointments/new";

/// Where patients book an appointment for themselves.
pub const BOOK_OWN: &str = "/appointments/book";

/// Where patients see who looked at their record.
pub const RECORD_ACCESS: &str = "/profile/record-access";

/// Where staff see what is written down of them.
pub const OWN_ACTIONS: &str = "/profile/actions";

/// Where a visit's status is changed.
pub fn status(id: AppointmentId) -> String {
    format!("/appointments/{id}/status")
}

/// Where a patient is registered.
pub const REGISTER: &str = "/patients/new";

/// A patient's chart.
pub fn chart(id: PatientId) -> String {
    format!("/medical-records/{id}")
}

/// A note, where it is finished and signed.
pub fn note(id: RecordId) -> String {
    format!("/medical-records/notes/{id}")
}

/// Where a bill for a visit is written; a visit of nobody known must be linked first.
pub fn bill_for(visit: AppointmentId, patient: Option<PatientId>) -> String {
    patient.map_or_else(
        || appointment(visit),
        |patient| format!("/billing/new?patient={patient}&appointment={visit}"),
    )
}

/// One bill.
pub fn bill(id: InvoiceId) -> String {
    format!("/billing/{id}")
}
