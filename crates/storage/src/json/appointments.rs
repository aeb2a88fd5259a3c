//! Table, indexes and overlap constraints of appointments.

use super::formats::WITH_PLAN;
use super::index::{Micros, Walk, micros, reindex, rows_range, sorted, span};
use super::op::Op;
use super::state::{Rows, State, Stored};
use crate::{AppointmentFilter, Constraint, Order, Versioned};
use domain::appointment::DoctorKey;
use domain::{Appointment, AppointmentId, TimeRange};
use imbl::{OrdMap, OrdSet};
use std::sync::Arc;

type ByStart = OrdSet<(Micros, u64)>;
type BySmall = OrdSet<(u64, Micros, u64)>;

/// Appointments. The index keys are numbers only: written names have a number of their own.
#[derive(Clone, Default)]
pub struct Appointments {
    /// By id.
    pub rows: Rows<Appointment>,
    by_start: ByStart,
    unlinked: ByStart,
    by_doctor: BySmall,
    by_room: BySmall,
    by_status: BySmall,
    by_patient: OrdSet<(u128, Micros, u64)>,
    names: OrdMap<Arc<str>, u64>,
}

impl Appointments {
    /// The number of a doctor: even for accounts, odd for written names. `None` for a name never seen.
    fn doctor_number(&self, key: &DoctorKey) -> Option<u64> {
        match key {
            DoctorKey::Account(id) => Some(id.0 << 1),
            DoctorKey::Written(name) => self.name_number(name),
        }
    }

    fn name_number(&self, name: &str) -> Option<u64> {
        self.names.get(name).map(|number| number << 1 | 1)
    }

    fn learn_name(&mut self, name: String) {
        let next = self.names.len() as u64;
        self.names.entry(name.into()).or_insert(next);
    }

    /// Whether `new` would share its time with another that blocks it, among those under one index key.
    fn is_taken<'s>(&'s self, new: &Appointment, starts: impl Iterator<Item = u64> + 's) -> bool {
        starts
            .filter(|id| *id != new.id.0)
            .filter_map(|id| self.rows.get(&AppointmentId(id)))
            .any(|other| other.value.blocks_time() && other.value.time.overlaps(&new.time))
    }
}

fn room_name(appointment: &Appointment) -> Option<String> {
    appointment.room_key().map(|room| format!("room {room}"))
}

/// Starts of everything that can reach into `time`: none is longer than the longest allowed.
fn reach(time: &TimeRange) -> (Micros, Micros) {
    let longest = Micros::from(*TimeRange::MINUTES.end()) * 60_000_000;
    (micros(time.start()).saturating_sub(longest), micros(time.end()))
}

fn start_key(appointment: &Appointment) -> (Micros, u64) {
    (micros(appointment.time.start()), appointment.id.0)
}

fn numbered(number: u64, appointment: &Appointment) -> (u64, Micros, u64) {
    (number, micros(appointment.time.start()), appointment.id.0)
}

fn patient_key(appointment: &Appointment) -> Option<(u128, Micros, u64)> {
    appointment.patient.id.map(|id| (id.0, micros(appointment.time.start()), appointment.id.0))
}

fn needs_check(old: Option<&Appointment>, new: &Appointment) -> bool {
    let same = |old: &Appointment| {
        old.blocks_time()
            && old.time == new.time
            && old.doctor.key() == new.doctor.key()
            && old.patient.id == new.patient.id
            && old.room == new.room
    };
    new.blocks_time() && !old.is_some_and(same)
}

impl Stored for Appointment {
    type Sort = (Micros, u64);

    fn rows(state: &State) -> &Rows<Self> {
        &state.appointments.rows
    }
    fn rows_mut(state: &mut State) -> &mut Rows<Self> {
        &mut state.appointments.rows
    }

    fn find(_: &State, key: &AppointmentId) -> Option<AppointmentId> {
        Some(*key)
    }

    fn check(state: &State, old: Option<&Self>, new: &Self) -> Result<(), Constraint> {
        if !needs_check(old, new) {
            return Ok(());
        }
        let all = &state.appointments;
        let (from, until) = reach(&new.time);
        let under = |set, number: u64| {
            span(set, ((number, from, 0), (number, until, u64::MAX)), Order::Ascending, None)
                .map(|(_, _, id)| *id)
        };
        if let Some(number) = all.doctor_number(&new.doctor.key())
            && all.is_taken(new, under(&all.by_doctor, number))
        {
            return Err(Constraint::DoctorOverlap);
        }
        if let Some(patient) = new.patient.id {
            let bounds = ((patient.0, from, 0), (patient.0, until, u64::MAX));
            let others = span(&all.by_patient, bounds, Order::Ascending, None).map(|(_, _, id)| *id);
            if all.is_taken(new, others) {
                return Err(Constraint::PatientOverlap);
            }
        }
        if let Some(number) = room_name(new).and_then(|room| all.name_number(&room))
            && all.is_taken(new, under(&all.by_room, number))
        {
            return Err(Constraint::RoomOverlap);
        }
        Ok(())
    }

    fn since_format(&self) -> u32 {
        let is_new = self.status.is_tentative()
            || self.series.is_some()
            || self.buffer_minutes > 0
            || self.confirmed_at.is_some()
            || !self.priority.is_routine();
        if is_new { WITH_PLAN } else { 0 }
    }

    fn reindex(state: &mut State, old: Option<&Self>, new: Option<&Self>) {
        let all = &mut state.appointments;
        if let Some(new) = new {
            if let DoctorKey::Written(name) = new.doctor.key() {
                all.learn_name(name);
            }
            if let Some(room) = room_name(new) {
                all.learn_name(room);
            }
        }
        let doctor = |it: &Self| all.doctor_number(&it.doctor.key()).map(|number| numbered(number, it));
        let (old_doctor, new_doctor) = (old.and_then(doctor), new.and_then(doctor));
        let room = |it: &Self| {
            room_name(it).and_then(|room| all.name_number(&room)).map(|number| numbered(number, it))
        };
        let (old_room, new_room) = (old.and_then(room), new.and_then(room));
        let status = |it: &Self| numbered(it.status as u64, it);
        let unlinked = |it: &Self| it.patient.id.is_none().then(|| start_key(it));
        reindex(&mut all.by_doctor, old_doctor, new_doctor);
        reindex(&mut all.by_room, old_room, new_room);
        reindex(&mut all.by_status, old.map(status), new.map(status));
        reindex(&mut all.by_start, old.map(start_key), new.map(start_key));
        reindex(&mut all.unlinked, old.and_then(unlinked), new.and_then(unlinked));
        reindex(&mut all.by_patient, old.and_then(patient_key), new.and_then(patient_key));
    }

    fn walk<'s>(
        state: &'s State,
        filter: &'s AppointmentFilter,
        order: Order,
        after: Option<Self::Sort>,
    ) -> Walk<'s, Self::Sort> {
        let all = &state.appointments;
        if is_by_table(filter) {
            return Box::new(Self::walk_rows(state, filter, order, after).map(|(sort, _)| sort));
        }
        if filter.by_id {
            let keys = walk_by_start(all, filter, Order::Ascending, None).map(|(_, id)| (0, id));
            return sorted(keys, order, after.as_ref());
        }
        walk_by_start(all, filter, order, after)
    }

    fn walk_rows<'s>(
        state: &'s State,
        filter: &'s AppointmentFilter,
        order: Order,
        after: Option<Self::Sort>,
    ) -> Walk<'s, (Self::Sort, &'s Arc<Versioned<Self>>)> {
        let rows = &state.appointments.rows;
        if is_by_table(filter) {
            let bounds = (AppointmentId(0), AppointmentId(u64::MAX));
            let after = after.map(|(_, id)| AppointmentId(id));
            return Box::new(rows_range(rows, bounds, order, after).map(|(id, row)| ((0, id.0), row)));
        }
        let found = |sort: Self::Sort| rows.get(&AppointmentId(sort.1)).map(|row| (sort, row));
        Box::new(Self::walk(state, filter, order, after).filter_map(found))
    }

    fn sort_id(sort: &Self::Sort) -> AppointmentId {
        AppointmentId(sort.1)
    }

    fn passes(&self, filter: &AppointmentFilter) -> bool {
        filter.patient.is_none_or(|patient| self.patient.id == Some(patient))
            && filter.from.is_none_or(|from| self.time.start() >= from)
            && filter.until.is_none_or(|until| self.time.start() < until)
            && filter.wants(self.status)
            && (!filter.unlinked || self.patient.id.is_none())
            && filter.doctor.as_ref().is_none_or(|doctor| self.doctor.key() == *doctor)
    }

    fn is_everything(filter: &AppointmentFilter) -> bool {
        let everything = AppointmentFilter { with_tentative: true, ..AppointmentFilter::default() };
        *filter == AppointmentFilter { by_id: filter.by_id, ..everything }
    }

    fn op(row: Arc<Versioned<Self>>) -> Op {
        Op::Appointments(row)
    }
}

/// Whether the list is in the order of the table, with no index that is narrower.
fn is_by_table(filter: &AppointmentFilter) -> bool {
    filter.by_id && filter.patient.is_none() && filter.doctor.is_none() && !filter.unlinked
}

/// Walks the narrowest index; every one is cut to the wanted time.
fn walk_by_start<'s>(
    all: &'s Appointments,
    filter: &AppointmentFilter,
    order: Order,
    after: Option<(Micros, u64)>,
) -> Walk<'s, (Micros, u64)> {
    let from = filter.from.map_or(Micros::MIN, micros);
    let until = filter.until.map_or(Micros::MAX, micros);
    let small = |set: &'s BySmall, number: u64| -> Walk<'s, (Micros, u64)> {
        let bounds = ((number, from, 0), (number, until, u64::MAX));
        let after = after.map(|(start, id)| (number, start, id));
        Box::new(span(set, bounds, order, after).map(|(_, start, id)| (*start, *id)))
    };
    if let Some(patient) = filter.patient {
        let bounds = ((patient.0, from, 0), (patient.0, until, u64::MAX));
        let after = after.map(|(start, id)| (patient.0, start, id));
        return Box::new(span(&all.by_patient, bounds, order, after).map(|(_, start, id)| (*start, *id)));
    }
    if let Some(doctor) = &filter.doctor {
        return match all.doctor_number(doctor) {
            Some(number) => small(&all.by_doctor, number),
            None => Box::new(std::iter::empty()),
        };
    }
    let bounds = ((from, 0), (until, u64::MAX));
    if filter.unlinked {
        return Box::new(span(&all.unlinked, bounds, order, after).copied());
    }
    if let [status] = filter.statuses[..] {
        return small(&all.by_status, status as u64);
    }
    Box::new(span(&all.by_start, bounds, order, after).copied())
}
