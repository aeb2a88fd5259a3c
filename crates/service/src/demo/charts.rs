//! Medical records of the demonstration clinic.

use super::cast::MARTA;
use super::clinic::{Known, Member, Scene, minutes_after};
use super::texts::{ADDENDA, ALLERGIES, BLOOD_PRESSURE, COMPLAINTS, Complaint, NURSING, PROBLEMS};
use domain::record::{Addendum, Allergy, Medicine, Note, Problem, Severity, Signature, Vitals};
use domain::{
    Action, Appointment, AppointmentId, AppointmentStatus, PatientLink, Record, RecordBody, RecordId, Role,
};
use jiff::Timestamp;
use std::collections::BTreeMap;
use storage::{Counter, StorageError};

/// Patients beside Marta Kowalska who were measured regularly, by their place in the cast.
const MEASURED: [usize; 3] = [4, 8, 15];
/// Marta Kowalska's readings: days ago, blood pressure, pulse, weight in hundreds of grams.
const READINGS: [(i64, u16, u16, u16, u16); 7] = [
    (168, 152, 96, 80, 784),
    (140, 149, 94, 79, 780),
    (112, 146, 92, 78, 772),
    (84, 142, 90, 77, 768),
    (56, 138, 87, 75, 761),
    (28, 134, 84, 74, 756),
    (5, 131, 82, 72, 751),
];
/// A day in minutes.
const DAY: i64 = 24 * 60;

impl Scene<'_> {
    /// Writes every chart, entries in the order of time.
    pub async fn chart(&mut self, patients: &[Known], visits: &[Appointment]) -> Result<(), StorageError> {
        let mut entries = self.chart_of_marta(&patients[MARTA]);
        for patient in &patients[1..] {
            self.background(patient, &mut entries);
        }
        for place in MEASURED {
            self.readings(&patients[place], &mut entries);
        }
        let drafts = self.open_notes(visits);
        for visit in visits {
            self.visit_entries(visit, drafts.contains_key(&visit.id), &mut entries);
        }
        entries.sort_by_key(|entry| entry.created_at);
        for mut entry in entries {
            entry.id = RecordId(self.tx.counters().next(Counter::MedicalRecord).await?);
            self.note_entry(&entry);
            self.tx.records().insert(entry).await?;
        }
        Ok(())
    }

    fn entry(&self, patient: &PatientLink, author: &Member, at: Timestamp, body: RecordBody) -> Record {
        Record {
            id: RecordId(0),
            patient: patient.clone(),
            author: Some(author.id),
            author_name: author.name.to_owned(),
            author_role: author.role,
            appointment: None,
            created_at: at.min(self.now),
            body,
        }
    }

    fn chart_of_marta(&self, marta: &Known) -> Vec<Record> {
        let (doctor, nurse) = (self.member(Role::Doctor), self.member(Role::Nurse));
        let link = link(marta);
        let first = minutes_after(self.now, -169 * DAY);
        let mut entries = vec![
            self.entry(&link, &nurse, first, allergy("Penicillin", "Anaphylaxis", Severity::Severe)),
            self.entry(&link, &doctor, minutes_after(first, DAY), problem("Essential hypertension", "I10")),
            self.entry(
                &link,
                &doctor,
                minutes_after(first, DAY + 2),
                medicine("Amlodipine 5 mg", "once a day", None),
            ),
            self.entry(
                &link,
                &doctor,
                minutes_after(first, 60 * DAY),
                problem("Raised cholesterol", "E78.0"),
            ),
            self.entry(
                &link,
                &doctor,
                minutes_after(first, 60 * DAY + 2),
                medicine("Atorvastatin 20 mg", "once a day in the evening", None),
            ),
        ];
        for (days, systolic, diastolic, pulse, weight) in READINGS {
            let vitals = Vitals {
                systolic: Some(systolic),
                diastolic: Some(diastolic),
                pulse: Some(pulse),
                temperature_tenths: Some(367),
                oxygen_saturation: Some(98),
                weight_hundred_grams: Some(weight),
                height_millimetres: (days == READINGS[0].0).then_some(1_660),
                ..Vitals::default()
            };
            let at = minutes_after(self.now, -days * DAY);
            entries.push(self.entry(&link, &nurse, at, RecordBody::Vitals(vitals)));
        }
        entries
    }

    /// What was known of a patient before these weeks.
    fn background(&self, patient: &Known, entries: &mut Vec<Record>) {
        let (doctor, nurse) = (self.member(Role::Doctor), self.member(Role::Nurse));
        let (link, mut at) = (link(patient), minutes_after(patient.since, 60));
        if self.dice.percent(35) {
            let (substance, reaction, severity) = *self.dice.pick(&ALLERGIES);
            entries.push(self.entry(&link, &nurse, at, allergy(substance, reaction, severity)));
        }
        let first = self.dice.below(PROBLEMS.len());
        let count = [0, 1, 1, 2][self.dice.below(4)];
        for (name, code, drug, dosage) in (0..count).map(|step| PROBLEMS[(first + step * 3) % PROBLEMS.len()])
        {
            at = minutes_after(at, self.dice.between(20, 50 * DAY));
            entries.push(self.entry(&link, &doctor, at, problem(name, code)));
            entries.push(self.entry(&link, &doctor, minutes_after(at, 3), medicine(drug, dosage, None)));
        }
    }

    /// Seven readings over half a year.
    fn readings(&self, patient: &Known, entries: &mut Vec<Record>) {
        let nurse = self.member(Role::Nurse);
        let small = |value: i64| u16::try_from(value).ok();
        let (upper, weight) = (self.dice.between(124, 150), self.dice.between(580, 920));
        for step in 0..7 {
            let drift = step * self.dice.between(-2, 1);
            let systolic = upper + drift + self.dice.between(-3, 3);
            let vitals = Vitals {
                systolic: small(systolic),
                diastolic: small(systolic * 62 / 100 + self.dice.between(-2, 2)),
                pulse: small(self.dice.between(62, 84)),
                weight_hundred_grams: small(weight - step * self.dice.between(0, 6)),
                ..Vitals::default()
            };
            let at = minutes_after(self.now, -(175 - step * 28) * DAY + self.dice.between(0, 200));
            entries.push(self.entry(&link(patient), &nurse, at, RecordBody::Vitals(vitals)));
        }
    }

    /// Each doctor's latest visit, whose note is not signed yet.
    fn open_notes(&self, visits: &[Appointment]) -> BTreeMap<AppointmentId, Timestamp> {
        let latest_of = |doctor: Member| {
            let seen = visits.iter().filter(|visit| {
                visit.status == AppointmentStatus::Fulfilled
                    && visit.doctor.id == Some(doctor.id)
                    && nursing(visit).is_none()
            });
            seen.max_by_key(|visit| visit.time.start()).map(|visit| (visit.id, visit.time.start()))
        };
        self.doctors().into_iter().filter_map(latest_of).collect()
    }

    /// What was written at one visit.
    fn visit_entries(&self, visit: &Appointment, draft: bool, entries: &mut Vec<Record>) {
        let is_over = visit.status == AppointmentStatus::Fulfilled;
        if !is_over && visit.status != AppointmentStatus::InProgress {
            return;
        }
        let before = entries.len();
        let start = visit.time.start();
        let nurse = self.member(Role::Nurse);
        let is_marta = visit.reason == BLOOD_PRESSURE.reason;
        if !is_marta && self.dice.percent(65) {
            entries.push(self.entry(&visit.patient, &nurse, minutes_after(start, -4), self.vitals()));
        }
        if is_over {
            if let Some((found, done)) = nursing(visit) {
                let note = Note { objective: found.to_owned(), plan: done.to_owned(), ..Note::default() };
                entries.push(self.noted(visit, &nurse, note, false));
            } else {
                self.consultation(visit, draft, entries);
            }
        }
        for entry in &mut entries[before..] {
            entry.appointment = Some(visit.id);
        }
    }

    fn consultation(&self, visit: &Appointment, draft: bool, entries: &mut Vec<Record>) {
        let Some(doctor) = self.doctors().into_iter().find(|doctor| Some(doctor.id) == visit.doctor.id)
        else {
            return;
        };
        let review = Complaint {
            reason: "",
            subjective: "No side effects, takes all medicines as prescribed.",
            objective: "Blood pressure and pulse as at the last review.",
            assessment: "Yearly review of medicines",
            plan: "Go on unchanged, next review in a year.",
            code: "",
            medicine: None,
        };
        let known =
            COMPLAINTS.iter().chain([&BLOOD_PRESSURE]).find(|complaint| complaint.reason == visit.reason);
        let complaint = known.unwrap_or(&review);
        let note = Note {
            subjective: complaint.subjective.to_owned(),
            objective: complaint.objective.to_owned(),
            assessment: complaint.assessment.to_owned(),
            plan: if draft { String::new() } else { complaint.plan.to_owned() },
            ..Note::default()
        };
        entries.push(self.noted(visit, &doctor, note, draft));
        let at = minutes_after(visit.time.start(), 15);
        if !complaint.code.is_empty() && self.dice.percent(30) {
            entries.push(self.entry(
                &visit.patient,
                &doctor,
                at,
                problem(complaint.assessment, complaint.code),
            ));
        }
        if let Some((name, dosage, days)) = complaint.medicine.filter(|_| self.dice.percent(75)) {
            let at = minutes_after(at, 2);
            entries.push(self.entry(&visit.patient, &doctor, at, medicine(name, dosage, Some(days))));
        }
    }

    fn noted(&self, visit: &Appointment, author: &Member, mut note: Note, draft: bool) -> Record {
        let signature = |at: Timestamp| Signature { by: author.id, name: author.name.to_owned(), at };
        let signed_at = minutes_after(visit.time.end(), self.dice.between(1, 25)).min(self.now);
        if !draft {
            // It has words and no signature yet.
            let _ = note.sign(signature(signed_at));
        }
        let is_review = visit.reason == BLOOD_PRESSURE.reason;
        let later = minutes_after(signed_at, DAY + self.dice.between(-200, 200));
        if !draft && later < self.now && (is_review || self.dice.percent(9)) {
            let text = (*self.dice.pick(&ADDENDA[..2])).to_owned();
            let _ = note.add(Addendum { text, signature: signature(later) });
        }
        self.entry(&visit.patient, author, minutes_after(visit.time.start(), 10), RecordBody::Note(note))
    }

    fn vitals(&self) -> RecordBody {
        let small = |low, high| u16::try_from(self.dice.between(low, high)).ok();
        let systolic = small(108, 148);
        RecordBody::Vitals(Vitals {
            systolic,
            diastolic: systolic.map(|upper| upper * 6 / 10),
            pulse: small(58, 92),
            temperature_tenths: small(362, 374),
            oxygen_saturation: small(95, 99),
            ..Vitals::default()
        })
    }

    fn note_entry(&mut self, entry: &Record) {
        let (subject, patient) = (format!("record {}", entry.id), entry.patient.id);
        let action = match &entry.body {
            RecordBody::Note(note) => {
                for addendum in &note.addenda {
                    self.note(addendum.signature.at, Action::AddAddendum, subject.clone(), patient);
                }
                if let Some(signature) = &note.signature {
                    self.note(signature.at, Action::SignNote, subject.clone(), patient);
                }
                Action::WriteNote
            }
            RecordBody::Vitals(_) | RecordBody::Allergy(_) => Action::WriteIntake,
            _ => Action::Prescribe,
        };
        self.note(entry.created_at, action, subject, patient);
    }
}

fn link(patient: &Known) -> PatientLink {
    PatientLink { id: Some(patient.id), name: patient.name.clone() }
}

fn nursing(visit: &Appointment) -> Option<(&'static str, &'static str)> {
    NURSING.iter().find(|(code, ..)| *code == visit.visit_type).map(|(_, found, done)| (*found, *done))
}

fn allergy(substance: &str, reaction: &str, severity: Severity) -> RecordBody {
    RecordBody::Allergy(Allergy { substance: substance.to_owned(), reaction: reaction.to_owned(), severity })
}

fn problem(name: &str, code: &str) -> RecordBody {
    RecordBody::Problem(Problem { name: name.to_owned(), code: code.to_owned() })
}

fn medicine(name: &str, dosage: &str, days: Option<u16>) -> RecordBody {
    RecordBody::Medicine(Medicine { name: name.to_owned(), dosage: dosage.to_owned(), days })
}
