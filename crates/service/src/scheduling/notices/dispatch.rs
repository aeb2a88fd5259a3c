//! Sending what is due. One server does it at a time: it holds the lease in the store, and whatever it sends it claims there
//! first, so that whoever takes over after a crash repeats what was under way at most.

use super::words::Stationery;
use super::{before, drop_because};
use crate::{MailError, ServiceError, Services, Text};
use domain::message::{Channel, Delivery, FailedTry, Message, Notice};
use domain::{Appointment, AppointmentStatus, Catalogue, Patient, PlanEntry, PlanFact, PlanId, PlanKind};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use storage::{Order, PageRequest, PatientKey, PlanFilter, StorageError, Tx, Versioned};

/// How long the lease holds without being renewed: after a crash nobody sends for as long at most.
const LEASE: SignedDuration = SignedDuration::from_secs(90);
/// How long a message is claimed: longer than a try takes. One that was claimed by a server that died is tried again then.
const CLAIM: SignedDuration = SignedDuration::from_mins(5);
/// How long one try may take.
const TRY_LIMIT: Duration = Duration::from_secs(30);
/// When a message is looked at again whose way is turned off.
const OFF: SignedDuration = SignedDuration::from_hours(1);
/// Most messages of one round.
const AT_ONCE: usize = 100;
/// Tries that fail in a row after which a way is left alone for the rest of a round: then it is down as a whole.
const DOWN_AFTER: usize = 3;

/// What one round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dispatched {
    /// Whether this server was the one that does it, or nothing was due.
    pub is_leader: bool,
    /// Handed over.
    pub sent: usize,
    /// To be tried again.
    pub delayed: usize,
    /// Given up.
    pub failed: usize,
    /// Not needed any more.
    pub dropped: usize,
    /// Whether more may be due already.
    pub is_more: bool,
}

impl Dispatched {
    /// Whether anything came of it: if not, there is no use in looking again at once.
    pub const fn has_moved(&self) -> bool {
        self.sent + self.delayed + self.failed + self.dropped > 0
    }
}

/// What became of the wish to send a message.
enum Claim {
    /// Another server holds the lease.
    NotLeader,
    /// Someone saw to it meanwhile, or it is not to be sent now.
    Passed,
    /// It has no use any more.
    Dropped,
    /// It is this server's to send.
    Mine(Box<Outgoing>),
}

/// A message as it goes out.
enum Outgoing {
    Mail(crate::Message),
    Text(Text),
}

impl Services {
    /// One round: takes the lease if something is due and nobody has it, and works off what is due. `holder` is a name that
    /// this server made for itself.
    ///
    /// # Errors
    /// What the store says.
    pub async fn dispatch(&self, holder: &str) -> Result<Dispatched, ServiceError> {
        // What only one server may do stands between here and the end; each part of it looks first whether it has anything to
        // do, so that a quiet clinic writes nothing.
        let due = self.due_messages().await?;
        if !due.is_empty() && !self.leads(holder).await? {
            return Ok(Dispatched::default());
        }
        self.send_due(holder, due).await
    }

    /// Takes the lease, or keeps it; `false` while another server has it.
    pub(crate) async fn leads(&self, holder: &str) -> Result<bool, ServiceError> {
        let (holder, now) = (holder.to_owned(), self.now());
        self.write_unit(move |tx| {
            let holder = holder.clone();
            Box::pin(async move { keep_lease(tx, &holder, now).await })
        })
        .await
    }

    /// Works off messages that are due, each in its turn.
    async fn send_due(&self, holder: &str, due: Vec<(PlanId, Channel)>) -> Result<Dispatched, ServiceError> {
        let mut round =
            Dispatched { is_leader: true, is_more: due.len() == AT_ONCE, ..Dispatched::default() };
        let mut failures = [0; Channel::ALL.len()];
        for (id, channel) in due {
            let in_a_row = &mut failures[channel as usize];
            if *in_a_row >= DOWN_AFTER {
                continue;
            }
            match self.claim(holder, id).await? {
                Claim::NotLeader => return Ok(Dispatched { is_leader: false, is_more: false, ..round }),
                Claim::Passed => {}
                Claim::Dropped => round.dropped += 1,
                Claim::Mine(message) => {
                    let outcome = self.hand_over(&message).await;
                    *in_a_row = if outcome.is_ok() { 0 } else { *in_a_row + 1 };
                    match self.settle(id, outcome).await? {
                        Delivery::Sent { .. } => round.sent += 1,
                        Delivery::Failed { .. } => round.failed += 1,
                        _ => round.delayed += 1,
                    }
                }
            }
        }
        Ok(round)
    }

    /// Gives the lease up, so that another server can go on at once.
    ///
    /// # Errors
    /// What the store says.
    pub async fn give_up_dispatch(&self, holder: &str) -> Result<(), ServiceError> {
        let (holder, now) = (holder.to_owned(), self.now());
        self.write_unit(move |tx| {
            let holder = holder.clone();
            Box::pin(async move {
                let Some(mut lease) = tx.plan().lookup(&PlanEntry::DISPATCH_LEASE).await? else {
                    return Ok(());
                };
                if is_held_by(&lease.value, &holder) && lease.due_at > Some(now) {
                    lease.value.due_at = Some(now);
                    tx.plan().update(lease.version, lease.value).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Messages that are due, the longest due first.
    async fn due_messages(&self) -> Result<Vec<(PlanId, Channel)>, ServiceError> {
        let now = self.now();
        self.read_unit(move |tx| {
            Box::pin(async move {
                let due = PlanFilter {
                    kind: Some(PlanKind::Message),
                    due_until: Some(now),
                    ..PlanFilter::default()
                };
                let page = PageRequest::first(AT_ONCE, Order::Ascending);
                let mut due = tx.plan().list(&due, &page).await?.items;
                due.sort_by_key(|entry| entry.due_at);
                let due = due.into_iter();
                Ok(due.filter_map(|entry| Some((entry.id, entry.message()?.channel))).collect())
            })
        })
        .await
    }

    /// Claims a message for this server, in the unit of work that makes sure of the lease.
    async fn claim(&self, holder: &str, id: PlanId) -> Result<Claim, ServiceError> {
        let (holder, now, services) = (holder.to_owned(), self.now(), self.clone());
        self.write_unit(move |tx| {
            let (holder, services) = (holder.clone(), services.clone());
            Box::pin(async move {
                if !keep_lease(tx, &holder, now).await? {
                    return Ok(Claim::NotLeader);
                }
                claim(tx, &services, id, now).await
            })
        })
        .await
    }

    /// Hands a message over to whoever delivers it.
    async fn hand_over(&self, message: &Outgoing) -> Result<(), MailError> {
        let off = || MailError::Temporary("this clinic sends no such messages now".to_owned());
        let sending = async {
            match message {
                Outgoing::Mail(mail) => self.outbox.mailer().ok_or_else(off)?.send(mail).await,
                Outgoing::Text(text) => self.texts.as_ref().ok_or_else(off)?.send(text).await,
            }
        };
        let late = || MailError::Temporary("no answer in time".to_owned());
        tokio::time::timeout(TRY_LIMIT, sending).await.unwrap_or_else(|_| Err(late()))
    }

    /// Writes down what became of a message, whatever happened to it meanwhile: it did go out, or it did not.
    async fn settle(&self, id: PlanId, outcome: Result<(), MailError>) -> Result<Delivery, ServiceError> {
        let now = self.now();
        self.write_unit(move |tx| {
            let outcome = outcome.clone();
            Box::pin(async move {
                let Some(mut entry) = tx.plan().lookup(&id).await? else { return Ok(Delivery::Waiting) };
                let PlanFact::Message(message) = &mut entry.value.fact else { return Ok(Delivery::Waiting) };
                let due = settle(message, outcome, now);
                let delivery = message.delivery.clone();
                entry.value.due_at = due;
                tx.plan().update(entry.version, entry.value).await?;
                Ok(delivery)
            })
        })
        .await
    }
}

fn is_held_by(lease: &PlanEntry, name: &str) -> bool {
    matches!(&lease.fact, PlanFact::Lease { holder } if holder == name)
}

/// Takes or keeps the lease; `false` while another server has it. Renewed when less than half of its time is left.
async fn keep_lease(tx: &mut dyn Tx, holder: &str, now: Timestamp) -> Result<bool, StorageError> {
    let until = now.checked_add(LEASE).unwrap_or(Timestamp::MAX);
    let fact = PlanFact::Lease { holder: holder.to_owned() };
    let Some(lease) = tx.plan().lookup(&PlanEntry::DISPATCH_LEASE).await? else {
        let lease = PlanEntry {
            id: PlanEntry::DISPATCH_LEASE,
            patient: None,
            doctor: None,
            appointment: None,
            created_at: now,
            due_at: Some(until),
            kept_until: None,
            fact,
        };
        tx.plan().insert(lease).await?;
        return Ok(true);
    };
    let left = lease.due_at.map_or(SignedDuration::ZERO, |end| end.duration_since(now));
    if left > SignedDuration::ZERO && !is_held_by(&lease.value, holder) {
        return Ok(false);
    }
    if left <= LEASE / 2 || !is_held_by(&lease.value, holder) {
        let renewed = PlanEntry { due_at: Some(until), fact, ..lease.value };
        tx.plan().update(lease.version, renewed).await?;
    }
    Ok(true)
}

async fn claim(
    tx: &mut dyn Tx,
    services: &Services,
    id: PlanId,
    now: Timestamp,
) -> Result<Claim, StorageError> {
    let Some(mut entry) = tx.plan().lookup(&id).await? else { return Ok(Claim::Passed) };
    let Some(message) = entry.message().filter(|it| it.delivery == Delivery::Waiting).cloned() else {
        return Ok(Claim::Passed);
    };
    if entry.due_at.is_none_or(|due| due > now) {
        return Ok(Claim::Passed);
    }
    let later = |wait: SignedDuration| now.checked_add(wait).ok();
    match written(tx, services, &entry.value, &message, now).await? {
        Written::Useless(because) => {
            drop_because(&mut entry.value, now, because);
            tx.plan().update(entry.version, entry.value).await?;
            Ok(Claim::Dropped)
        }
        Written::Off => {
            entry.value.due_at = later(OFF);
            tx.plan().update(entry.version, entry.value).await?;
            Ok(Claim::Passed)
        }
        Written::Ready(outgoing) => {
            entry.value.due_at = later(CLAIM);
            if let (PlanFact::Message(message), Outgoing::Mail(mail)) = (&mut entry.value.fact, &outgoing) {
                message.email = Some(mail.to.clone());
            }
            tx.plan().update(entry.version, entry.value).await?;
            Ok(Claim::Mine(Box::new(outgoing)))
        }
    }
}

/// A message in words, or why it is not sent.
enum Written {
    Useless(&'static str),
    /// Its way is turned off.
    Off,
    Ready(Outgoing),
}

async fn written(
    tx: &mut dyn Tx,
    services: &Services,
    entry: &PlanEntry,
    message: &Message,
    now: Timestamp,
) -> Result<Written, StorageError> {
    let appointment = match entry.appointment {
        Some(id) => tx.appointments().lookup(&id).await?,
        None => None,
    };
    let patient = match entry.patient {
        Some(id) => tx.patients().lookup(&PatientKey::Id(id)).await?,
        None => None,
    };
    let (Some(Versioned { value: appointment, .. }), Some(Versioned { value: patient, .. })) =
        (appointment, patient)
    else {
        return Ok(Written::Useless("the appointment or the patient is gone"));
    };
    let stored = tx.plan().lookup(&PlanEntry::CATALOGUE).await?;
    let catalogue = stored.and_then(|entry| entry.catalogue().cloned());
    let catalogue = catalogue.unwrap_or_else(|| services.clinic().catalogue.clone());
    if let Some(because) = useless(message, &appointment, &patient, &catalogue, now) {
        return Ok(Written::Useless(because));
    }
    let Some(site) = services.outbox.site() else { return Ok(Written::Off) };
    let stationery = Stationery {
        clinic: services.clinic(),
        keys: &services.link_keys,
        site,
        change_hours: catalogue.rules.patient_change_hours,
    };
    let ready = match message.channel {
        Channel::Email if services.outbox.is_on() => patient
            .email
            .map(|to| Outgoing::Mail(stationery.mail(entry.id, message, &appointment, (patient.id, to)))),
        Channel::Webhook if services.texts.is_some() => patient
            .phone
            .map(|to| Outgoing::Text(stationery.text(entry.id, message, &appointment, (patient.id, to)))),
        Channel::Email | Channel::Webhook => return Ok(Written::Off),
    };
    Ok(ready.map_or(Written::Useless("the patient has no such address any more"), Written::Ready))
}

/// Why a message has no use any more, if it has none.
fn useless(
    message: &Message,
    appointment: &Appointment,
    patient: &Patient,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Option<&'static str> {
    let status = appointment.status;
    let is_still_so = match message.notice {
        Notice::Booked | Notice::Moved | Notice::Reminder { .. } => status == AppointmentStatus::Booked,
        Notice::Cancelled => status.is_cancelled(),
        Notice::Offered => status == AppointmentStatus::Proposed && !appointment.has_lapsed(now),
    };
    let start = appointment.time.start();
    let is_overtaken = |hours: u16| {
        catalogue.rules.reminder_hours.iter().any(|other| *other < hours && before(start, *other) <= now)
    };
    if !is_still_so || start != message.start || appointment.patient.id != Some(patient.id) {
        return Some("the appointment changed before this was sent");
    }
    if start <= now {
        return Some("the appointment began before this could be sent");
    }
    match message.notice {
        Notice::Reminder { .. } if patient.reminders_off.contains(&message.channel) => {
            Some("the patient wants no reminders on this way")
        }
        Notice::Reminder { hours } if is_overtaken(hours) => Some("a later reminder was due already"),
        _ => None,
    }
}

/// What a try did to a message; when it is due next.
fn settle(message: &mut Message, outcome: Result<(), MailError>, now: Timestamp) -> Option<Timestamp> {
    let (why, is_final) = match outcome {
        Ok(()) => {
            message.delivery = Delivery::Sent { at: now };
            return None;
        }
        Err(MailError::Temporary(why)) => (why, false),
        Err(MailError::Permanent(why)) => (why, true),
    };
    tracing::warn!(why, tries = message.tries.len() + 1, "a message to a patient could not be sent");
    message.tries.push(FailedTry { at: now, why });
    // One that was dropped while it was tried stays so.
    if message.delivery != Delivery::Waiting {
        return None;
    }
    let next = message.next_try().filter(|_| !is_final);
    if next.is_none() {
        message.delivery = Delivery::Failed { at: now };
    }
    next
}
