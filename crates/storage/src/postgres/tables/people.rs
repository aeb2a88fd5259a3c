//! Accounts, sessions, patients and doctors' hours.

use super::super::cache::Changed;
use super::super::sql::{self, Condition, Sort, TableSql};
use super::super::values::{Value, arg, instant_of};
use super::{Narrowed, Table, containing, id_after, ids, random_ids};
use crate::cursor::{Cursor, Micros, micros};
use crate::{AccessFilter, PatientFilter, PatientKey, SessionFilter, UserFilter, UserKey};
use domain::person::folded_name;
use domain::{AccessEntry, Patient, Schedule, Session, User};
use std::sync::Arc;

impl Table for User {
    const SQL: TableSql = sql::USERS;

    fn changed(&self) -> Option<Changed> {
        Some(Changed::User(self.id))
    }

    fn id_value(id: &Self::Id) -> Value {
        arg::int(id.0)
    }
    fn columns(&self) -> Vec<Value> {
        vec![
            arg::text(self.email.folded()),
            arg::text(self.username.folded()),
            arg::text(self.display_name.to_lowercase()),
            arg::text(self.role.name()),
        ]
    }
    fn key(key: &UserKey) -> (Condition, Value) {
        match key {
            UserKey::Id(id) => (Condition::Id, arg::int(id.0)),
            UserKey::Email(folded) => (Condition::Email, arg::text(folded.clone())),
            UserKey::Username(folded) => (Condition::Username, arg::text(folded.clone())),
        }
    }
    fn keys(keys: &[UserKey]) -> Option<(Condition, Value)> {
        let id = |key: &UserKey| if let UserKey::Id(id) = key { Some(id.0) } else { None };
        Some((Condition::IdAmong, ids(keys.iter().map(id).collect::<Option<Vec<_>>>()?)))
    }
    fn narrow(filter: &UserFilter) -> Narrowed {
        let mut all = Narrowed::default();
        all.maybe(Condition::Id, filter.id.map(|id| arg::int(id.0)));
        all.maybe(Condition::Role, filter.role.map(|role| arg::text(role.name())));
        all.maybe(Condition::AccountText, filter.text.as_deref().map(containing));
        all
    }
    fn sort(_: &UserFilter) -> Sort {
        Sort::Id
    }
    fn cursor(&self, _: &UserFilter) -> String {
        self.id.0.encode()
    }
    fn after(_: &UserFilter, cursor: &str) -> Option<Vec<Value>> {
        id_after(cursor)
    }
}

impl Table for Session {
    const SQL: TableSql = sql::SESSIONS;

    fn changed(&self) -> Option<Changed> {
        Some(Changed::Session(self.id))
    }

    fn id_value(id: &Self::Id) -> Value {
        arg::uuid(id.0)
    }
    fn columns(&self) -> Vec<Value> {
        vec![
            arg::int(self.user.0),
            arg::at(self.created_at),
            arg::at(self.last_seen_at),
            arg::at(self.expires_at),
            arg::maybe_at(self.revoked_at),
        ]
    }
    fn key(key: &Self::Key) -> (Condition, Value) {
        (Condition::RandomId, arg::uuid(key.0))
    }
    fn keys(keys: &[Self::Key]) -> Option<(Condition, Value)> {
        Some((Condition::RandomIdAmong, random_ids(keys.iter().map(|key| key.0))))
    }
    fn narrow(filter: &SessionFilter) -> Narrowed {
        let mut all = Narrowed::default();
        all.maybe(Condition::User, filter.user.map(|user| arg::int(user.0)));
        if let Some(now) = filter.live_at {
            all.plain(Condition::NotRevoked);
            all.by(Condition::ExpiresAfter, arg::at(now));
        }
        all
    }
    fn sort(_: &SessionFilter) -> Sort {
        Sort::Begun
    }
    fn cursor(&self, _: &SessionFilter) -> String {
        (micros(self.created_at), self.id.0).encode()
    }
    fn after(_: &SessionFilter, cursor: &str) -> Option<Vec<Value>> {
        let (begun, id) = <(Micros, u128)>::decode(cursor)?;
        Some(vec![Value::Instant(Some(instant_of(begun))), arg::uuid(id)])
    }
}

impl Table for AccessEntry {
    const SQL: TableSql = sql::ACCESS;

    fn id_value(id: &Self::Id) -> Value {
        arg::uuid(id.0)
    }
    fn columns(&self) -> Vec<Value> {
        vec![
            arg::text(self.kind().name()),
            arg::maybe_int(self.user.map(|user| user.0)),
            arg::maybe_uuid(self.patient.map(|patient| patient.0)),
            arg::at(self.created_at),
            arg::at(self.expires_at),
            Value::Bool(self.awaits_review()),
            Value::Bool(self.is_forgettable()),
        ]
    }
    fn key(key: &Self::Key) -> (Condition, Value) {
        (Condition::RandomId, arg::uuid(key.0))
    }
    fn keys(keys: &[Self::Key]) -> Option<(Condition, Value)> {
        Some((Condition::RandomIdAmong, random_ids(keys.iter().map(|key| key.0))))
    }
    fn narrow(filter: &AccessFilter) -> Narrowed {
        let mut all = Narrowed::default();
        all.maybe(Condition::Kind, filter.kind.map(|kind| arg::text(kind.name())));
        all.maybe(Condition::User, filter.user.map(|user| arg::int(user.0)));
        all.maybe(Condition::Patient, filter.patient.map(|patient| arg::uuid(patient.0)));
        all.maybe(Condition::ExpiresAfter, filter.live_at.map(arg::at));
        if filter.awaiting_review {
            all.plain(Condition::AwaitsReview);
        }
        all
    }
    fn sort(_: &AccessFilter) -> Sort {
        Sort::Begun
    }
    fn cursor(&self, _: &AccessFilter) -> String {
        (micros(self.created_at), self.id.0).encode()
    }
    fn after(_: &AccessFilter, cursor: &str) -> Option<Vec<Value>> {
        let (begun, id) = <(Micros, u128)>::decode(cursor)?;
        Some(vec![Value::Instant(Some(instant_of(begun))), arg::uuid(id)])
    }
}

impl Table for Patient {
    const SQL: TableSql = sql::PATIENTS;

    fn id_value(id: &Self::Id) -> Value {
        arg::uuid(id.0)
    }
    fn columns(&self) -> Vec<Value> {
        vec![
            arg::text(self.mrn.digits()),
            arg::maybe_int(self.user.map(|user| user.0)),
            arg::text(list_name(self)),
            arg::text(folded_name(&self.name.full())),
            arg::maybe_day(self.birth_date),
            arg::text(self.search_text()),
        ]
    }
    fn key(key: &PatientKey) -> (Condition, Value) {
        match key {
            PatientKey::Id(id) => (Condition::RandomId, arg::uuid(id.0)),
            PatientKey::Mrn(mrn) => (Condition::Mrn, arg::text(mrn.digits())),
            PatientKey::User(user) => (Condition::User, arg::int(user.0)),
        }
    }
    fn keys(keys: &[PatientKey]) -> Option<(Condition, Value)> {
        let id = |key: &PatientKey| if let PatientKey::Id(id) = key { Some(id.0) } else { None };
        Some((Condition::RandomIdAmong, random_ids(keys.iter().map(id).collect::<Option<Vec<_>>>()?)))
    }
    fn narrow(filter: &PatientFilter) -> Narrowed {
        let mut all = Narrowed::default();
        all.maybe(Condition::FullName, filter.folded_name.clone().map(arg::text));
        all.maybe(Condition::BirthDate, filter.birth_date.map(arg::day));
        for part in filter.text.iter().flat_map(|text| Self::search_parts(text)) {
            all.by(Condition::SearchText, containing(&part));
        }
        all
    }
    fn sort(_: &PatientFilter) -> Sort {
        Sort::Name
    }
    fn cursor(&self, _: &PatientFilter) -> String {
        (Arc::<str>::from(list_name(self)), self.id.0).encode()
    }
    fn after(_: &PatientFilter, cursor: &str) -> Option<Vec<Value>> {
        let (name, id) = <(Arc<str>, u128)>::decode(cursor)?;
        (!name.contains('\0')).then(|| vec![arg::text(&*name), arg::uuid(id)])
    }
}

/// Family name, given name: the order of the list. What parts them sorts before every letter.
fn list_name(patient: &Patient) -> String {
    format!("{}\u{1}{}", patient.name.family.to_lowercase(), patient.name.given.to_lowercase())
}

impl Table for Schedule {
    const SQL: TableSql = sql::SCHEDULES;

    fn id_value(id: &Self::Id) -> Value {
        arg::int(id.0)
    }
    fn columns(&self) -> Vec<Value> {
        Vec::new()
    }
    fn key(key: &Self::Key) -> (Condition, Value) {
        (Condition::Id, arg::int(key.0))
    }
    fn keys(keys: &[Self::Key]) -> Option<(Condition, Value)> {
        Some((Condition::IdAmong, ids(keys.iter().map(|key| key.0))))
    }
    fn narrow((): &()) -> Narrowed {
        Narrowed::default()
    }
    fn sort((): &()) -> Sort {
        Sort::Id
    }
    fn cursor(&self, (): &()) -> String {
        self.doctor.0.encode()
    }
    fn after((): &(), cursor: &str) -> Option<Vec<Value>> {
        id_after(cursor)
    }
}
