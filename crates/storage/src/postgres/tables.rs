//! How each aggregate lies in its table: columns, keys, filters, orders.

mod people;
mod plan;

use super::cache::Changed;
use super::sql::{self, Condition, Sort, TableSql};
use super::values::{Value, arg, instant_of, number};
use crate::cursor::{Cursor, Micros, micros};
use crate::port::Aggregate;
use crate::{AppointmentFilter, InvoiceFilter, RecordFilter, RefundFilter};
use domain::appointment::DoctorKey;
use domain::{Appointment, Invoice, Record};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Conditions with their arguments.
#[derive(Debug, Default)]
pub struct Narrowed(pub Vec<(Condition, Vec<Value>)>);

impl Narrowed {
    fn by(&mut self, condition: Condition, value: Value) {
        self.0.push((condition, vec![value]));
    }

    fn plain(&mut self, condition: Condition) {
        self.0.push((condition, Vec::new()));
    }

    fn maybe(&mut self, condition: Condition, value: Option<Value>) {
        if let Some(value) = value {
            self.by(condition, value);
        }
    }
}

/// An aggregate with a table.
pub trait Table: Aggregate + Serialize + DeserializeOwned {
    /// Its statements.
    const SQL: TableSql;

    /// Its id as an argument.
    fn id_value(id: &Self::Id) -> Value;
    /// What stands between version and document.
    fn columns(&self) -> Vec<Value>;
    /// How one is found.
    fn key(key: &Self::Key) -> (Condition, Value);
    /// How several are found at once; `None` for keys that have no such way.
    fn keys(keys: &[Self::Key]) -> Option<(Condition, Value)>;
    /// What a list is narrowed by.
    fn narrow(filter: &Self::Filter) -> Narrowed;
    /// The order of a list.
    fn sort(filter: &Self::Filter) -> Sort;
    /// The sort key of an object as a cursor.
    fn cursor(&self, filter: &Self::Filter) -> String;
    /// The sort key of a cursor as arguments; `None` for a text that is none.
    fn after(filter: &Self::Filter, cursor: &str) -> Option<Vec<Value>>;
    /// What the cache has to be told when it changes.
    fn changed(&self) -> Option<Changed> {
        None
    }
    /// The bill whose payments and credit notes stand in tables of their own.
    fn ledger(&self) -> Option<&Invoice> {
        None
    }
}

/// `%text%`, where the text stands for itself.
fn containing(text: &str) -> Value {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    arg::text(pattern)
}

fn ids(ids: impl IntoIterator<Item = u64>) -> Value {
    Value::Numbers(ids.into_iter().map(number).collect())
}

fn random_ids(ids: impl IntoIterator<Item = u128>) -> Value {
    Value::Ids(ids.into_iter().map(super::values::id).collect())
}

fn names<'n>(names: impl IntoIterator<Item = &'n str>) -> Value {
    Value::Texts(names.into_iter().map(str::to_owned).collect())
}

fn id_after(cursor: &str) -> Option<Vec<Value>> {
    u64::decode(cursor).map(|id| vec![arg::int(id)])
}

/// The doctor's key as text: numbers of accounts and written names never meet.
fn doctor(key: &DoctorKey) -> String {
    match key {
        DoctorKey::Account(id) => id.to_string(),
        DoctorKey::Written(name) => format!(":{name}"),
    }
}

impl Table for Appointment {
    const SQL: TableSql = sql::APPOINTMENTS;

    fn id_value(id: &Self::Id) -> Value {
        arg::int(id.0)
    }
    fn columns(&self) -> Vec<Value> {
        vec![
            arg::maybe_uuid(self.patient.id.map(|id| id.0)),
            arg::maybe_int(self.doctor.id.map(|id| id.0)),
            arg::text(doctor(&self.doctor.key())),
            arg::maybe_text(self.room_key()),
            arg::at(self.time.start()),
            arg::at(self.time.end()),
            arg::text(self.status.name()),
            Value::Bool(self.overbooked_because.is_some()),
        ]
    }
    fn key(key: &Self::Key) -> (Condition, Value) {
        (Condition::Id, arg::int(key.0))
    }
    fn keys(keys: &[Self::Key]) -> Option<(Condition, Value)> {
        Some((Condition::IdAmong, ids(keys.iter().map(|key| key.0))))
    }
    fn narrow(filter: &AppointmentFilter) -> Narrowed {
        let mut all = Narrowed::default();
        all.maybe(Condition::Patient, filter.patient.map(|id| arg::uuid(id.0)));
        all.maybe(Condition::Doctor, filter.doctor.as_ref().map(|key| arg::text(doctor(key))));
        all.maybe(Condition::StartsFrom, filter.from.map(arg::at));
        all.maybe(Condition::StartsUntil, filter.until.map(arg::at));
        match &filter.statuses[..] {
            [] if filter.with_tentative => {}
            [] => all.plain(Condition::Agreed),
            [status] => all.by(Condition::Status, arg::text(status.name())),
            several => all.by(Condition::StatusAmong, names(several.iter().map(|it| it.name()))),
        }
        if filter.unlinked {
            all.plain(Condition::Unlinked);
        }
        all
    }
    fn sort(filter: &AppointmentFilter) -> Sort {
        if filter.by_id { Sort::Id } else { Sort::Start }
    }
    fn cursor(&self, filter: &AppointmentFilter) -> String {
        // As long as the other one, so that a cursor says nothing of the order.
        let start = if filter.by_id { 0 } else { micros(self.time.start()) };
        (start, self.id.0).encode()
    }
    fn after(filter: &AppointmentFilter, cursor: &str) -> Option<Vec<Value>> {
        let (start, id) = <(Micros, u64)>::decode(cursor)?;
        let id = arg::int(id);
        Some(if filter.by_id { vec![id] } else { vec![Value::Instant(Some(instant_of(start))), id] })
    }
}

impl Table for Record {
    const SQL: TableSql = sql::RECORDS;

    fn id_value(id: &Self::Id) -> Value {
        arg::int(id.0)
    }
    fn columns(&self) -> Vec<Value> {
        vec![
            arg::maybe_uuid(self.patient.id.map(|id| id.0)),
            arg::maybe_int(self.author.map(|id| id.0)),
            arg::maybe_int(self.appointment.map(|id| id.0)),
            arg::text(self.body.kind()),
            Value::Bool(self.is_unsigned_note()),
            Value::Bool(self.is_visible_to_patient()),
        ]
    }
    fn key(key: &Self::Key) -> (Condition, Value) {
        (Condition::Id, arg::int(key.0))
    }
    fn keys(keys: &[Self::Key]) -> Option<(Condition, Value)> {
        Some((Condition::IdAmong, ids(keys.iter().map(|key| key.0))))
    }
    fn narrow(filter: &RecordFilter) -> Narrowed {
        let mut all = Narrowed::default();
        all.maybe(Condition::Patient, filter.patient.map(|id| arg::uuid(id.0)));
        if let Some(patients) = &filter.patients {
            let among =
                if filter.or_unlinked { Condition::PatientAmongOrNone } else { Condition::PatientAmong };
            all.by(among, random_ids(patients.iter().map(|id| id.0)));
        }
        if !filter.kinds.is_empty() {
            all.by(Condition::KindAmong, names(filter.kinds.iter().copied()));
        }
        all.maybe(Condition::Author, filter.author.map(|id| arg::int(id.0)));
        all.maybe(Condition::UnsignedBy, filter.unsigned_by.map(|id| arg::int(id.0)));
        if filter.visible_to_patient {
            all.plain(Condition::Visible);
        }
        all.maybe(Condition::Appointment, filter.appointment.map(|id| arg::int(id.0)));
        all
    }
    fn sort(_: &RecordFilter) -> Sort {
        Sort::Id
    }
    fn cursor(&self, _: &RecordFilter) -> String {
        self.id.0.encode()
    }
    fn after(_: &RecordFilter, cursor: &str) -> Option<Vec<Value>> {
        id_after(cursor)
    }
}

impl Table for Invoice {
    const SQL: TableSql = sql::INVOICES;

    fn id_value(id: &Self::Id) -> Value {
        arg::int(id.0)
    }
    fn columns(&self) -> Vec<Value> {
        let number = self.issue.map(|issue| issue.number);
        vec![
            arg::maybe_uuid(self.patient.id.map(|id| id.0)),
            arg::maybe_int(self.appointment.map(|id| id.0)),
            arg::text(self.status().name()),
            arg::text(self.currency.to_string()),
            arg::amount(self.total().minor),
            arg::amount(self.paid().minor),
            Value::Small(number.map(|number| number.year)),
            arg::maybe_int(number.map(|number| number.serial)),
            arg::amount(self.claimed().minor),
            Value::MaybeBool((!self.refunds.is_empty()).then(|| self.has_waiting_refund())),
        ]
    }
    fn key(key: &Self::Key) -> (Condition, Value) {
        (Condition::Id, arg::int(key.0))
    }
    fn keys(keys: &[Self::Key]) -> Option<(Condition, Value)> {
        Some((Condition::IdAmong, ids(keys.iter().map(|key| key.0))))
    }
    fn narrow(filter: &InvoiceFilter) -> Narrowed {
        let mut all = Narrowed::default();
        all.maybe(Condition::Patient, filter.patient.map(|id| arg::uuid(id.0)));
        all.maybe(Condition::Appointment, filter.appointment.map(|id| arg::int(id.0)));
        if let Some(visits) = &filter.appointments {
            all.by(Condition::AppointmentAmong, ids(visits.iter().map(|id| id.0)));
        }
        match &filter.statuses[..] {
            [] => {}
            [status] => all.by(Condition::Status, arg::text(status.name())),
            several => all.by(Condition::StatusAmong, names(several.iter().map(|it| it.name()))),
        }
        if filter.issued_only {
            all.plain(Condition::Issued);
        }
        match (filter.paid_from, filter.paid_until) {
            (Some(from), Some(until)) => {
                all.0.push((Condition::PaidBetween, vec![arg::at(from), arg::at(until)]));
            }
            (from, until) => {
                all.maybe(Condition::PaidFrom, from.map(arg::at));
                all.maybe(Condition::PaidUntil, until.map(arg::at));
            }
        }
        if let Some((from, until)) = filter.refunded_in {
            all.0.push((Condition::RefundedBetween, vec![arg::at(from), arg::at(until)]));
        }
        match filter.refunds {
            Some(RefundFilter::Waiting) => all.plain(Condition::RefundWaits),
            Some(RefundFilter::Any) => all.plain(Condition::HasRefunds),
            None => {}
        }
        all
    }
    fn sort(_: &InvoiceFilter) -> Sort {
        Sort::Id
    }
    fn cursor(&self, _: &InvoiceFilter) -> String {
        self.id.0.encode()
    }
    fn after(_: &InvoiceFilter, cursor: &str) -> Option<Vec<Value>> {
        id_after(cursor)
    }
    fn ledger(&self) -> Option<&Invoice> {
        Some(self)
    }
}
