//! What is planned around appointments.

use super::super::sql::{self, Condition, Sort, TableSql};
use super::super::values::{Value, arg, instant_of};
use super::{Narrowed, Table, random_ids};
use crate::PlanFilter;
use crate::cursor::{Cursor, Micros, micros};
use domain::PlanEntry;

impl Table for PlanEntry {
    const SQL: TableSql = sql::PLAN;

    fn id_value(id: &Self::Id) -> Value {
        arg::uuid(id.0)
    }
    fn columns(&self) -> Vec<Value> {
        vec![
            arg::text(self.kind().name()),
            arg::maybe_uuid(self.patient.map(|patient| patient.0)),
            arg::maybe_int(self.doctor.map(|doctor| doctor.0)),
            arg::maybe_int(self.appointment.map(|appointment| appointment.0)),
            arg::at(self.created_at),
            arg::maybe_at(self.due_at),
            arg::maybe_at(self.kept_until),
        ]
    }
    fn key(key: &Self::Key) -> (Condition, Value) {
        (Condition::RandomId, arg::uuid(key.0))
    }
    fn keys(keys: &[Self::Key]) -> Option<(Condition, Value)> {
        Some((Condition::RandomIdAmong, random_ids(keys.iter().map(|key| key.0))))
    }
    fn narrow(filter: &PlanFilter) -> Narrowed {
        let mut all = Narrowed::default();
        all.maybe(Condition::Kind, filter.kind.map(|kind| arg::text(kind.name())));
        all.maybe(Condition::Patient, filter.patient.map(|patient| arg::uuid(patient.0)));
        all.maybe(Condition::Appointment, filter.appointment.map(|appointment| arg::int(appointment.0)));
        all.maybe(Condition::DueUntil, filter.due_until.map(arg::at));
        if filter.open {
            all.plain(Condition::Open);
        }
        let message = &filter.message;
        all.maybe(Condition::MessageState, message.state.as_deref().map(arg::text));
        all.maybe(Condition::MessageNotice, message.notice.as_deref().map(arg::text));
        all.maybe(Condition::MessageStartsFrom, message.starts_from.map(arg::at));
        all.maybe(Condition::MessageStartsUntil, message.starts_until.map(arg::at));
        all
    }
    fn sort(_: &PlanFilter) -> Sort {
        Sort::Begun
    }
    fn cursor(&self, _: &PlanFilter) -> String {
        (micros(self.created_at), self.id.0).encode()
    }
    fn after(_: &PlanFilter, cursor: &str) -> Option<Vec<Value>> {
        let (begun, id) = <(Micros, u128)>::decode(cursor)?;
        Some(vec![Value::Instant(Some(instant_of(begun))), arg::uuid(id)])
    }
}
