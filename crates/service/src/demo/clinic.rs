//! The unit of work that fills the demonstration clinic: what its parts share.

use super::cast::STAFF;
use super::dice::Dice;
use crate::Clinic;
use domain::audit::AuditDraft;
use domain::catalogue::Room;
use domain::{Action, AuditOutcome, PasswordHash, PatientId, PlanEntry, PlanFact, Role, UserId};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use storage::{StorageError, Tx};

/// The demonstration clinic while it is being made.
pub(super) struct Scene<'t> {
    pub tx: &'t mut dyn Tx,
    pub clinic: &'t Clinic,
    pub dice: Dice,
    pub now: Timestamp,
    pub today: Date,
    /// Staff accounts in the order of [`STAFF`].
    pub staff: Vec<Member>,
    /// Whether every doctor has a room.
    pub has_rooms: bool,
    /// What will be written to the audit log, in any order.
    pub log: Vec<AuditDraft>,
    /// Passwords in the order in which accounts are made.
    pub hashes: &'t [PasswordHash],
}

/// A member of staff with an account.
#[derive(Clone)]
pub(super) struct Member {
    pub id: UserId,
    pub role: Role,
    pub name: &'static str,
}

/// A patient who can be booked.
#[derive(Clone)]
pub(super) struct Known {
    pub id: PatientId,
    pub name: String,
    pub user: Option<UserId>,
    pub since: Timestamp,
}

impl Scene<'_> {
    /// The first member of a role.
    pub fn member(&self, role: Role) -> Member {
        let first = self.staff.iter().find(|member| member.role == role);
        first.cloned().unwrap_or(Member { id: UserId(0), role, name: STAFF[0].name })
    }

    /// All doctors.
    pub fn doctors(&self) -> Vec<Member> {
        self.staff.iter().filter(|member| member.role == Role::Doctor).cloned().collect()
    }

    /// The code of the room in which a doctor sees patients.
    pub fn room_of(&self, doctor: UserId) -> Option<String> {
        let place =
            self.doctors().iter().position(|member| member.id == doctor).filter(|_| self.has_rooms)?;
        Some(format!("room-{}", place + 1))
    }

    /// Gives every doctor a room, unless the clinic has set what it offers already.
    pub async fn open_rooms(&mut self) -> Result<(), StorageError> {
        if self.tx.plan().lookup(&PlanEntry::CATALOGUE).await?.is_some()
            || !self.clinic.catalogue.rooms.is_empty()
        {
            return Ok(());
        }
        let mut catalogue = self.clinic.catalogue.clone();
        let room =
            |number| Room { code: format!("room-{number}"), name: format!("Room {number}"), in_use: true };
        catalogue.rooms = (1..=self.doctors().len()).map(room).collect();
        let entry = PlanEntry {
            id: PlanEntry::CATALOGUE,
            patient: None,
            doctor: None,
            appointment: None,
            created_at: self.now,
            due_at: None,
            kept_until: None,
            fact: PlanFact::Catalogue(catalogue),
        };
        self.tx.plan().insert(entry).await?;
        self.note(self.now, Action::SetCatalogue, "catalogue".to_owned(), None);
        self.has_rooms = true;
        Ok(())
    }

    /// An instant so many days ago, at the clock time of now less up to a few hours.
    pub fn days_ago(&self, days: i64) -> Timestamp {
        minutes_after(self.now, -(days * 24 * 60 + self.dice.between(0, 300)))
    }

    /// Notes what the system did; `at` is never later than now.
    pub fn note(&mut self, at: Timestamp, action: Action, subject: String, patient: Option<PatientId>) {
        self.log.push(AuditDraft {
            at: at.min(self.now),
            actor: None,
            actor_name: "System".to_owned(),
            role: None,
            action,
            subject,
            patient,
            outcome: AuditOutcome::Success,
            reason: REASON.to_owned(),
            request_id: String::new(),
        });
    }

    /// Notes the sign-ins of staff on the days before today, so that the activity figures show a clinic at work.
    pub fn note_sign_ins(&mut self) {
        for day in 1..14 {
            for member in self.staff.clone() {
                if self.dice.percent(30) {
                    continue;
                }
                let at = self.days_ago(day);
                self.note(at, Action::SignIn, format!("user {}", member.id), None);
                if let Some(event) = self.log.last_mut() {
                    event.actor = Some(member.id);
                    member.name.clone_into(&mut event.actor_name);
                    event.role = Some(member.role);
                }
            }
        }
    }

    /// Writes the audit log in the order of time.
    pub async fn write_log(&mut self) -> Result<(), StorageError> {
        let mut log = std::mem::take(&mut self.log);
        log.sort_by_key(|event| event.at);
        for event in log {
            self.tx.audit().append(event).await?;
        }
        Ok(())
    }
}

/// The reason that audit events of made-up data bear.
pub(super) const REASON: &str = "demonstration data";

/// So many minutes later (or earlier, when negative).
pub(super) fn minutes_after(instant: Timestamp, minutes: i64) -> Timestamp {
    instant.saturating_add(SignedDuration::from_mins(minutes)).unwrap_or(instant)
}
