//! The words of each message: the clinic, the day and the time, and links. Nothing tells why somebody comes, or to whom; and no
//! names, so that whoever gives someone else's address cannot put words into their mail.

use super::links::{LinkKeys, ReminderLink, VisitLink};
use crate::mail::one_line;
use crate::{Clinic, Text};
use domain::message::{Channel, Message, Notice};
use domain::time::{clock_time, long_date, short_date};
use domain::{Appointment, Email, PatientId, Phone, PlanId};
use jiff::Timestamp;

/// What messages are made with.
pub(super) struct Stationery<'s> {
    pub clinic: &'s Clinic,
    pub keys: &'s LinkKeys,
    /// The address under which people reach the clinic, without a slash at the end.
    pub site: &'s str,
    /// Hours before the start until which patients may cancel.
    pub change_hours: u16,
}

impl Stationery<'_> {
    fn clinic_name(&self) -> String {
        one_line(&self.clinic.name)
    }

    fn visit_link(&self, appointment: &Appointment) -> String {
        format!("{}{}", self.site, VisitLink::to(appointment).path(self.keys))
    }

    fn stop_link(&self, patient: PatientId, channel: Channel) -> String {
        format!("{}{}", self.site, ReminderLink { patient, channel }.path(self.keys))
    }

    fn time(&self, instant: Timestamp) -> String {
        let zone = &self.clinic.zone;
        let time = clock_time(zone.local(instant).time());
        // In the night in which an hour comes twice only the zone tells which one is meant.
        zone.abbreviation_if_repeated(instant).map_or_else(|| time.clone(), |zone| format!("{time} {zone}"))
    }

    fn when(&self, instant: Timestamp) -> String {
        format!("{} at {}", long_date(self.clinic.zone.date(instant)), self.time(instant))
    }

    fn short_when(&self, instant: Timestamp) -> String {
        format!("{} at {}", short_date(self.clinic.zone.date(instant)), self.time(instant))
    }

    /// The same whenever the message is tried again, for receivers to tell.
    fn id(&self, entry: PlanId) -> String {
        let host = self.site.rsplit_once("//").map_or(self.site, |(_, host)| host);
        let host = host.split(':').next().unwrap_or(host);
        format!("<{entry}@{host}>")
    }

    /// An e-mail.
    pub fn mail(
        &self,
        entry: PlanId,
        message: &Message,
        appointment: &Appointment,
        (patient, to): (PatientId, Email),
    ) -> crate::Message {
        let (name, when) = (self.clinic_name(), self.when(appointment.time.start()));
        let zone = self.clinic.zone.name();
        let (subject, said) = match message.notice {
            Notice::Booked => (
                "Your appointment",
                format!(
                    "you have an appointment at {name} on {when} ({zone} time).\n\n{}",
                    self.answer(appointment)
                ),
            ),
            Notice::Reminder { .. } => (
                "Reminder of your appointment",
                format!(
                    "this is a reminder of your appointment at {name} on {when} ({zone} time).\n\n{}",
                    self.answer(appointment)
                ),
            ),
            Notice::Moved => (
                "Your appointment has changed",
                format!(
                    "your appointment at {name} has changed. It is on {when} ({zone} time).\n\nLinks in earlier messages do \
                     not work any more. {}",
                    self.answer(appointment)
                ),
            ),
            Notice::Cancelled => (
                "Your appointment was cancelled",
                format!(
                    "your appointment at {name} on {when} ({zone} time) was cancelled.\n\nTo book another one, sign in or call \
                     the clinic."
                ),
            ),
            Notice::Offered => {
                ("A time is free for you", self.offer(appointment, &format!("{when} ({zone} time)")))
            }
        };
        let foot = match message.notice {
            Notice::Reminder { .. } => {
                format!("\nNo more reminders by email: {}\n", self.stop_link(patient, Channel::Email))
            }
            _ => String::new(),
        };
        let text = format!("Hello,\n\n{said}\n\n{name}\n{}\n{foot}", self.site);
        crate::Message { to, subject: format!("{subject} - {name}"), text, id: Some(self.id(entry)) }
    }

    fn answer(&self, appointment: &Appointment) -> String {
        format!(
            "To confirm that you will come, or to cancel, open this link:\n\n{}\n\n{}",
            self.visit_link(appointment),
            match self.change_hours {
                0 => "You can cancel until it begins.".to_owned(),
                1 => "You can cancel until 1 hour before it begins. After that, call the clinic.".to_owned(),
                hours => format!(
                    "You can cancel until {hours} hours before it begins. After that, call the clinic."
                ),
            }
        )
    }

    fn offer(&self, appointment: &Appointment, when: &str) -> String {
        let until = appointment
            .held_until
            .map_or_else(String::new, |until| format!(" It is held for you until {}.", self.when(until)));
        format!(
            "you are on the waiting list of {}, and a time is free: {when}.{until}\n\nTo take it or to let it go, sign in:\n\n\
             {}/appointments",
            self.clinic_name(),
            self.site
        )
    }

    /// A text message.
    pub fn text(
        &self,
        entry: PlanId,
        message: &Message,
        appointment: &Appointment,
        (patient, to): (PatientId, Phone),
    ) -> Text {
        let (name, when) = (self.clinic_name(), self.short_when(appointment.time.start()));
        let link = || self.visit_link(appointment);
        let text = match message.notice {
            Notice::Booked => format!("{name}: your appointment is on {when}. Confirm or cancel: {}", link()),
            Notice::Reminder { .. } => format!(
                "{name}: reminder of your appointment on {when}. Confirm or cancel: {} No more reminders: {}",
                link(),
                self.stop_link(patient, Channel::Webhook)
            ),
            Notice::Moved => {
                format!(
                    "{name}: your appointment has changed. It is on {when}. Confirm or cancel: {}",
                    link()
                )
            }
            Notice::Cancelled => format!("{name}: your appointment on {when} was cancelled."),
            Notice::Offered => {
                let until = appointment.held_until.map(|until| self.short_when(until)).unwrap_or_default();
                format!(
                    "{name}: a time is free on {when}, held for you until {until}. Sign in: {}/appointments",
                    self.site
                )
            }
        };
        Text { id: entry.to_string(), to, text, notice: message.notice.name() }
    }
}
