//! Six weeks of appointments around today.

use super::cast::MARTA;
use super::clinic::{Known, Member, Scene, minutes_after};
use super::texts::{BLOOD_PRESSURE, COMPLAINTS};
use domain::appointment::AppointmentStatus::{
    self, Arrived, Booked, CancelledByClinic, CancelledByPatient, Fulfilled, InProgress, Lapsed, NoShow,
    Proposed,
};
use domain::schedule::Calendar;
use domain::{
    Action, Appointment, AppointmentId, ClinicZone, DoctorLink, PatientLink, Priority, Role, Schedule,
    TimeRange, UserId,
};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use std::collections::BTreeSet;
use storage::{Counter, StorageError};

/// Days before and after today that have appointments.
const DAYS: i64 = 21;

/// A time that will be booked.
struct Plan {
    time: TimeRange,
    doctor: Member,
    patient: usize,
    status: AppointmentStatus,
}

/// The times of a doctor that can be booked, day by day.
struct Sheet {
    doctor: Member,
    days: Vec<(Date, Vec<TimeRange>)>,
}

impl Sheet {
    fn of(doctor: Member, schedule: &Schedule, today: Date, zone: &ClinicZone) -> Self {
        let days = (-DAYS..=DAYS).filter_map(|ahead| today.checked_add(ahead.days()).ok());
        Self {
            doctor,
            days: days
                .map(|date| (date, schedule.slots_on(date, &Calendar { zone, holidays: &[] })))
                .collect(),
        }
    }

    /// Takes the slot that begins next to `wanted` out of the sheet.
    fn take_nearest(&mut self, wanted: Timestamp, allowed: impl Fn(&TimeRange) -> bool) -> Option<TimeRange> {
        let slots = self.days.iter().flat_map(|(_, slots)| slots).filter(|slot| allowed(slot));
        let nearest = *slots.min_by_key(|slot| slot.start().duration_since(wanted).abs())?;
        for (_, slots) in &mut self.days {
            slots.retain(|slot| *slot != nearest);
        }
        Some(nearest)
    }
}

impl Scene<'_> {
    /// Books everything; the visits come back in the order of their ids.
    pub async fn book(&mut self, patients: &[Known]) -> Result<Vec<Appointment>, StorageError> {
        let mut sheets = Vec::new();
        for doctor in self.doctors() {
            let schedule = self.tx.schedules().lookup(&doctor.id).await?;
            let schedule = schedule.map_or_else(|| Schedule::office_hours(doctor.id), |found| found.value);
            sheets.push(Sheet::of(doctor, &schedule, self.today, &self.clinic.zone));
        }
        let mut plans = self.visits_of_marta(&mut sheets[0]);
        self.fill(&sheets, patients.len(), &mut plans);
        self.enliven_today(&mut plans);
        let mut visits: Vec<Appointment> =
            plans.into_iter().map(|plan| self.visit(&plan, &patients[plan.patient])).collect();
        visits.sort_by_key(|visit| visit.created_at);
        for visit in &mut visits {
            visit.id = AppointmentId(self.tx.counters().next(Counter::Appointment).await?);
            self.note_visit(visit);
            self.tx.appointments().insert(visit.clone()).await?;
        }
        Ok(visits)
    }

    /// Marta Kowalska was here two weeks and some days ago, comes next, and again in ten days.
    fn visits_of_marta(&self, sheet: &mut Sheet) -> Vec<Plan> {
        let now = self.now;
        let day = 24 * 60;
        let past = |slot: &TimeRange| slot.end() <= now;
        let ahead = |slot: &TimeRange| slot.start() > now;
        let times = [
            sheet.take_nearest(minutes_after(now, -14 * day), past),
            sheet.take_nearest(minutes_after(now, -6 * day), past),
            sheet.take_nearest(minutes_after(now, 30), ahead),
            sheet.take_nearest(minutes_after(now, 10 * day), ahead),
        ];
        let plan = |time: TimeRange| Plan {
            time,
            doctor: sheet.doctor.clone(),
            patient: MARTA,
            status: if time.end() <= now { Fulfilled } else { Booked },
        };
        times.into_iter().flatten().map(plan).collect()
    }

    /// Books some six in ten of the times, more of today's.
    fn fill(&self, sheets: &[Sheet], patients: usize, plans: &mut Vec<Plan>) {
        let mut busy: BTreeSet<(Date, usize)> = BTreeSet::new();
        for sheet in sheets {
            for (date, slots) in &sheet.days {
                let chance = if *date == self.today { 90 } else { 62 };
                for slot in slots {
                    if !self.dice.percent(chance) {
                        continue;
                    }
                    // Nobody comes on two days in a row.
                    let days = [date.yesterday().unwrap_or(*date), *date, date.tomorrow().unwrap_or(*date)];
                    let free = |patient: &usize| !days.iter().any(|day| busy.contains(&(*day, *patient)));
                    let Some(patient) = (0..20).map(|_| 1 + self.dice.below(patients - 1)).find(free) else {
                        continue;
                    };
                    busy.insert((*date, patient));
                    let status = self.status(slot, *date);
                    plans.push(Plan { time: *slot, doctor: sheet.doctor.clone(), patient, status });
                }
            }
        }
    }

    /// Where a visit stands now.
    fn status(&self, time: &TimeRange, date: Date) -> AppointmentStatus {
        let soon = minutes_after(self.now, 25);
        match self.dice.below(100) {
            0..6 => CancelledByPatient,
            6..9 => CancelledByClinic,
            9..15 if time.end() <= self.now => NoShow,
            _ if time.end() <= self.now => Fulfilled,
            _ if time.start() <= self.now => InProgress,
            15..80 if date == self.today && time.start() <= soon => Arrived,
            _ => Booked,
        }
    }

    /// Sees to it that today has someone waiting, someone with the doctor, someone who did not come and someone
    /// who called off, at whatever hour the demonstration is made.
    fn enliven_today(&self, plans: &mut [Plan]) {
        let zone = &self.clinic.zone;
        let mut today: Vec<usize> = (0..plans.len())
            .filter(|index| {
                plans[*index].patient != MARTA && zone.date(plans[*index].time.start()) == self.today
            })
            .collect();
        today.sort_by_key(|index| plans[*index].time.start());
        let ended: Vec<usize> =
            today.iter().copied().filter(|index| plans[*index].time.end() <= self.now).collect();
        let ahead: Vec<usize> =
            today.iter().copied().filter(|index| plans[*index].time.start() > self.now).collect();
        let latest = || ended.iter().rev().copied();
        let mut wanted: Vec<(AppointmentStatus, Vec<usize>)> = vec![
            (InProgress, latest().chain(ahead.iter().copied()).collect()),
            (Arrived, ahead.iter().copied().chain(latest()).collect()),
        ];
        if today.len() > 5 {
            wanted.push((CancelledByPatient, ahead.iter().rev().copied().chain(latest()).collect()));
            wanted.push((CancelledByClinic, ahead.iter().rev().copied().chain(latest()).collect()));
        }
        if ended.len() > 4 {
            wanted.push((Fulfilled, latest().collect()));
            wanted.push((NoShow, ended.clone()));
        }
        let mut settled = BTreeSet::new();
        for (status, candidates) in wanted {
            let present = today.iter().copied().find(|index| plans[*index].status == status);
            let chosen = present.or_else(|| candidates.into_iter().find(|index| !settled.contains(index)));
            if let Some(index) = chosen {
                plans[index].status = status;
                settled.insert(index);
            }
        }
    }

    fn visit(&self, plan: &Plan, patient: &Known) -> Appointment {
        let days_before = self.dice.between(2, 20);
        let booked = minutes_after(plan.time.start(), -(days_before * 24 * 60 + self.dice.between(0, 400)));
        let latest = minutes_after(self.now, -self.dice.between(60, 9 * 24 * 60));
        let receptionist = self.member(Role::Receptionist).id;
        let (visit_type, reason) = self.occasion(plan);
        let priority = if visit_type == "urgent" { Priority::Urgent } else { Priority::Routine };
        let mut visit = Appointment {
            id: AppointmentId(0),
            patient: PatientLink { id: Some(patient.id), name: patient.name.clone() },
            doctor: DoctorLink { id: Some(plan.doctor.id), name: plan.doctor.name.to_owned() },
            room: self.room_of(plan.doctor.id),
            time: plan.time,
            visit_type,
            reason,
            status: Booked,
            overbooked_because: None,
            held_until: None,
            buffer_minutes: 0,
            series: None,
            priority,
            confirmed_at: None,
            created_by: patient.user.or(Some(receptionist)),
            created_at: booked.min(latest).max(patient.since),
            arrived_at: None,
            history: Vec::new(),
        };
        for (status, at, by, why) in self.steps(plan, &visit, receptionist) {
            let at = at.min(self.now).max(visit.created_at);
            // Each of these steps follows from the one before.
            let _ = visit.advance(status, Some(by), at, why);
        }
        visit
    }

    fn occasion(&self, plan: &Plan) -> (String, String) {
        if plan.patient == MARTA {
            return ("follow-up".to_owned(), BLOOD_PRESSURE.reason.to_owned());
        }
        let (code, reason) = match self.dice.below(100) {
            0..48 => ("consultation", self.dice.pick(&COMPLAINTS).reason),
            48..74 => ("follow-up", self.dice.pick(&COMPLAINTS).reason),
            74..82 => ("medication-review", "Yearly review of medicines"),
            82..90 => ("vaccination", "Influenza vaccination"),
            90..97 => ("blood-test", "Blood test before the next review"),
            _ => ("urgent", self.dice.pick(&COMPLAINTS).reason),
        };
        // A clinic may have renamed its visit types.
        let known = self.clinic.visit_type(code).or(self.clinic.catalogue.visit_types.first());
        (known.map_or(code, |visit_type| &visit_type.code).to_owned(), reason.to_owned())
    }

    fn steps(
        &self,
        plan: &Plan,
        visit: &Appointment,
        receptionist: UserId,
    ) -> Vec<(AppointmentStatus, Timestamp, UserId, &'static str)> {
        let doctor = plan.doctor.id;
        let (start, end) = (plan.time.start(), plan.time.end());
        let waiting = minutes_after(self.now, -self.dice.between(4, 22));
        let arrived =
            (Arrived, minutes_after(start, -self.dice.between(3, 14)).min(waiting), receptionist, "");
        let begun = (InProgress, minutes_after(start, self.dice.between(0, 6)), doctor, "");
        let called_off = minutes_after(visit.created_at, self.dice.between(30, 1_400));
        match plan.status {
            Booked | Proposed | Lapsed => vec![],
            Arrived => vec![arrived],
            InProgress => vec![arrived, begun],
            Fulfilled => {
                vec![arrived, begun, (Fulfilled, minutes_after(end, self.dice.between(-6, 4)), doctor, "")]
            }
            NoShow => vec![(NoShow, minutes_after(start, 20), receptionist, "")],
            CancelledByPatient => {
                vec![(
                    CancelledByPatient,
                    called_off,
                    visit.created_by.unwrap_or(receptionist),
                    "Cannot come",
                )]
            }
            CancelledByClinic => {
                vec![(CancelledByClinic, called_off, receptionist, "The doctor is at a training day")]
            }
        }
    }

    fn note_visit(&mut self, visit: &Appointment) {
        let (subject, patient) = (format!("appointment {}", visit.id), visit.patient.id);
        self.note(visit.created_at, Action::BookAppointment, subject.clone(), patient);
        if let Some(last) = visit.history.last() {
            let action = if last.status.is_cancelled() {
                Action::CancelAppointment
            } else {
                Action::AdvanceAppointment
            };
            self.note(last.at, action, subject, patient);
        }
    }
}
