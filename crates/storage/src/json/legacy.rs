//! Takes over a directory of the old system: its rows become objects of this one, its files are kept as they were.

use super::counters::{self, CountersRow};
use super::disk::Disk;
use super::files::{self, IoContext as _};
use super::legacy_rows::{LegacyAppointment, LegacyBilling, LegacyRecord, LegacyUser, Text};
use super::state::{State, Stored, put};
use super::{JsonOptions, OpenError};
use crate::{Totals, Versioned};
use domain::invoice::{InvoiceLine, LegacyBill};
use domain::record::Summary;
use domain::time::{parse_date, parse_time};
use domain::{
    Appointment, AppointmentId, AppointmentStatus, ClinicZone, Code, DoctorLink, Email, Invoice, InvoiceId,
    Money, PasswordHash, PatientLink, Record, RecordBody, RecordId, Role, TimeRange, User, UserId,
    UserStatus, Username,
};
use jiff::civil::DateTime;
use jiff::{Timestamp, ToSpan};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The old system's files.
pub const FILES: [&str; 5] =
    ["users.json", "appointments.json", "medicalRecords.json", "billings.json", "counters.json"];
/// Where they are kept.
const ORIGINALS: &str = "legacy-original";

/// What was taken over.
#[derive(Default)]
pub struct Imported {
    /// The state made of it.
    pub state: State,
    /// Rows by kind.
    pub totals: Totals,
    /// What an operator should look at.
    pub warnings: Vec<String>,
}

/// Reads the old system's files; an empty state if there are none. Changes no file.
pub fn import(options: &JsonOptions) -> Result<Imported, OpenError> {
    let written = next_ids(options.disk.as_ref(), &options.directory)?;
    let mut import = Import { options, imported: Imported::default() };
    let users = import.users()?;
    let appointments = import.appointments()?;
    let records = import.records()?;
    let billings = import.billings()?;
    let mut imported = import.imported;
    imported.totals = imported.state.totals();
    imported.state.counters = counters::from_row(&CountersRow {
        user_id_counter: written.user_id_counter.max(users + 1),
        appointment_id_counter: written.appointment_id_counter.max(appointments + 1),
        medical_record_id_counter: written.medical_record_id_counter.max(records + 1),
        billing_id_counter: written.billing_id_counter.max(billings + 1),
        ..written
    });
    Ok(imported)
}

/// Copies the old files to where nothing touches them.
pub fn keep_originals(disk: &dyn Disk, directory: &Path) -> Result<(), OpenError> {
    let kept = directory.join(ORIGINALS);
    for name in FILES {
        let original = directory.join(name);
        if disk.exists(&original) {
            files::create_directory(disk, &kept)?;
            let copy = kept.join(name);
            files::replace(disk, &copy, |writer| files::copy(disk, &original, writer)).at(&copy)?;
        }
    }
    if disk.exists(&kept) { disk.sync_directory(&kept).at(&kept) } else { Ok(()) }
}

/// The text of a file; `None` when it is missing or has nothing in it.
fn content(disk: &dyn Disk, path: &Path) -> Result<Option<String>, OpenError> {
    let bytes = match files::read(disk, path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.at(path)?,
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = files::line_after(before);
        OpenError::Unreadable { path: path.to_owned(), line, column: 1, what: "not UTF-8 text".to_owned() }
    })?;
    let text = text.trim_start_matches('\u{feff}');
    Ok((!text.trim().is_empty()).then(|| text.to_owned()))
}

fn unreadable(path: &Path, error: &serde_json::Error) -> OpenError {
    let (line, column) = (error.line(), error.column());
    OpenError::Unreadable { path: path.to_owned(), line, column, what: error.to_string() }
}

fn next_ids(disk: &dyn Disk, directory: &Path) -> Result<CountersRow, OpenError> {
    let path = directory.join("counters.json");
    let text = content(disk, &path)?.unwrap_or_else(|| "{}".to_owned());
    serde_json::from_str(&text).map_err(|error| unreadable(&path, &error))
}

/// Gives each row an id: its own if it has one that no earlier row has, else the next free one.
struct Ids {
    taken: BTreeSet<u64>,
    next: u64,
}

impl Ids {
    fn of<'a>(written: impl Iterator<Item = &'a Text>) -> Self {
        let largest =
            written.filter_map(|id| id.0.parse().ok()).filter(|id| *id < u64::MAX / 2).max().unwrap_or(0);
        Self { taken: BTreeSet::new(), next: largest + 1 }
    }

    /// The id, and whether it is a new one.
    fn give(&mut self, written: &Text) -> (u64, bool) {
        let own = written.0.parse().ok().filter(|id| *id > 0 && *id < self.next);
        if let Some(id) = own.filter(|id| self.taken.insert(*id)) {
            return (id, false);
        }
        let id = self.next;
        self.next += 1;
        self.taken.insert(id);
        (id, true)
    }

    fn largest(&self) -> u64 {
        self.taken.last().copied().unwrap_or(0)
    }
}

struct Import<'a> {
    options: &'a JsonOptions,
    imported: Imported,
}

impl Import<'_> {
    fn rows<R: DeserializeOwned>(&self, name: &str) -> Result<Vec<R>, OpenError> {
        let path = self.options.directory.join(name);
        let Some(text) = content(self.options.disk.as_ref(), &path)? else { return Ok(Vec::new()) };
        serde_json::from_str(&text).map_err(|error| unreadable(&path, &error))
    }

    fn warn(&mut self, text: String) {
        tracing::warn!("{text}");
        self.imported.warnings.push(text);
    }

    fn put<T: Stored>(&mut self, value: T) {
        put(&mut self.imported.state, Arc::new(Versioned { value, version: 1 }));
    }

    fn id(&mut self, ids: &mut Ids, written: &Text, file: &str) -> u64 {
        let (id, is_new) = ids.give(written);
        if is_new {
            self.warn(format!("{file}: a row with the id {:?} got the id {id}", written.0));
        }
        id
    }

    fn created_at(&mut self, written: &Text, file: &str, id: u64) -> Timestamp {
        written.0.trim().parse().unwrap_or_else(|_| {
            self.warn(format!("{file}: row {id} has no readable createdAt; it counts as written now"));
            self.options.opened_at
        })
    }

    fn users(&mut self) -> Result<u64, OpenError> {
        const FILE: &str = "users.json";
        let rows: Vec<LegacyUser> = self.rows(FILE)?;
        let mut ids = Ids::of(rows.iter().map(|row| &row.id));
        let mut seen = BTreeSet::new();
        for row in rows {
            let id = self.id(&mut ids, &row.id, FILE);
            let created_at = self.created_at(&row.created_at, FILE, id);
            let (email, username) = (Email::imported(&row.email.0), Username::imported(&row.username.0));
            for (what, folded) in [("e-mail address", email.folded()), ("username", username.folded())] {
                if !seen.insert((what, folded)) {
                    self.warn(format!(
                        "{FILE}: row {id} has the {what} of an earlier one, which alone can use it"
                    ));
                }
            }
            self.put(User {
                id: UserId(id),
                display_name: username.as_str().to_owned(),
                username,
                email,
                password_hash: PasswordHash::new(row.password.0),
                created_at,
                role: Role::Patient,
                status: UserStatus::Active,
                patient: None,
                security_version: 1,
                must_change_password: false,
                second_factor: None,
                email_verified_at: None,
                password_set_at: None,
            });
        }
        Ok(ids.largest())
    }

    fn appointments(&mut self) -> Result<u64, OpenError> {
        const FILE: &str = "appointments.json";
        let rows: Vec<LegacyAppointment> = self.rows(FILE)?;
        let mut ids = Ids::of(rows.iter().map(|row| &row.id));
        for row in rows {
            let id = self.id(&mut ids, &row.id, FILE);
            let created_at = self.created_at(&row.created_at, FILE, id);
            let written = when(&row, &self.options.zone);
            let start = written.unwrap_or(created_at);
            let mut reason = String::new();
            if written.is_none() {
                let (date, time) = (&row.date.0, &row.time.0);
                self.warn(format!("{FILE}: row {id} has no readable date and time: {date:?} {time:?}"));
                reason = format!("Date and time as written: {date} {time}");
            }
            let minutes = self
                .options
                .appointment_minutes
                .clamp(*TimeRange::MINUTES.start(), *TimeRange::MINUTES.end());
            let time = TimeRange::new(start, minutes).expect("the length was clamped to what is allowed");
            let is_over = time.end() < self.options.opened_at;
            self.put(Appointment {
                id: AppointmentId(id),
                patient: PatientLink { id: None, name: row.patient_name.0 },
                doctor: DoctorLink { id: None, name: row.doctor.0 },
                room: None,
                time,
                visit_type: "consultation".to_owned(),
                reason,
                status: if is_over { AppointmentStatus::Fulfilled } else { AppointmentStatus::Booked },
                overbooked_because: None,
                held_until: None,
                buffer_minutes: 0,
                series: None,
                priority: domain::Priority::Routine,
                confirmed_at: None,
                created_by: None,
                created_at,
                arrived_at: None,
                history: Vec::new(),
            });
        }
        Ok(ids.largest())
    }

    fn records(&mut self) -> Result<u64, OpenError> {
        const FILE: &str = "medicalRecords.json";
        let rows: Vec<LegacyRecord> = self.rows(FILE)?;
        let mut ids = Ids::of(rows.iter().map(|row| &row.id));
        for row in rows {
            let id = self.id(&mut ids, &row.id, FILE);
            let created_at = self.created_at(&row.created_at, FILE, id);
            self.put(Record {
                id: RecordId(id),
                patient: PatientLink { id: None, name: row.patient_name.0 },
                author: None,
                author_name: "Old system".to_owned(),
                author_role: Role::Doctor,
                appointment: None,
                created_at,
                body: RecordBody::Summary(Summary { condition: row.condition.0, treatment: row.treatment.0 }),
            });
        }
        Ok(ids.largest())
    }

    fn billings(&mut self) -> Result<u64, OpenError> {
        const FILE: &str = "billings.json";
        let rows: Vec<LegacyBilling> = self.rows(FILE)?;
        let mut ids = Ids::of(rows.iter().map(|row| &row.id));
        for row in rows {
            let id = self.id(&mut ids, &row.id, FILE);
            let created_at = self.created_at(&row.created_at, FILE, id);
            let amount = row.amount.map(|amount| amount.text()).unwrap_or_default();
            let line = Money::parse(&amount, self.options.currency).ok().map(|money| InvoiceLine {
                description: "As recorded by the old system".to_owned(),
                quantity: 1,
                unit_minor: money.minor,
            });
            if line.is_none() {
                self.warn(format!("{FILE}: row {id} has an amount that is none: {amount:?}"));
            }
            let legacy = LegacyBill { amount, payment_method: row.payment_method.0, imported: true };
            self.put(Invoice {
                id: InvoiceId(id),
                patient: PatientLink { id: None, name: row.patient_name.0 },
                appointment: None,
                currency: self.options.currency,
                lines: line.into_iter().collect(),
                issue: None,
                payments: Vec::new(),
                refunds: Vec::new(),
                created_by: None,
                created_at,
                legacy: Some(legacy),
            });
        }
        Ok(ids.largest())
    }
}

/// The instant that a row means; in the hour that the clocks skip, the first instant after it.
fn when(row: &LegacyAppointment, zone: &ClinicZone) -> Option<Timestamp> {
    let mut local: DateTime = parse_date(&row.date.0)?.to_datetime(parse_time(&row.time.0)?);
    // No gap is longer than a day: islands that changed sides of the date line skipped one.
    for _ in 0..=24 * 60 {
        match zone.instant(local) {
            Err(Code::TimeSkipped) => local = local.checked_add(1.minute()).ok()?,
            instant => return instant.ok(),
        }
    }
    None
}
