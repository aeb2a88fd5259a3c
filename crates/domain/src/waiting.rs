//! The waiting list: who would come sooner, and to whom a freed time is offered first.

use crate::appointment::Priority;
use crate::{AppointmentId, ClinicZone, TimeRange, UserId};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

/// Part of the day in which somebody can come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DayPart {
    /// At any time.
    #[default]
    Any,
    /// Before noon.
    Morning,
    /// From noon on.
    Afternoon,
}

impl DayPart {
    /// All parts in the order of the form.
    pub const ALL: [Self; 3] = [Self::Any, Self::Morning, Self::Afternoon];

    /// The name in forms, files and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Morning => "morning",
            Self::Afternoon => "afternoon",
        }
    }

    /// The words shown to people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Any => "Any time of day",
            Self::Morning => "Mornings",
            Self::Afternoon => "Afternoons",
        }
    }

    /// The part with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    fn has(self, time: Time) -> bool {
        let noon = Time::constant(12, 0, 0, 0);
        match self {
            Self::Any => true,
            Self::Morning => time < noon,
            Self::Afternoon => time >= noon,
        }
    }
}

/// Where somebody on the waiting list stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum WaitingState {
    /// Waits for a free time.
    Waitlisted,
    /// A time is held for them: an appointment that is proposed.
    Offered {
        /// The appointment.
        offer: AppointmentId,
        /// Until when they can accept it.
        ends_at: Timestamp,
    },
    /// They accepted an offer: it is booked.
    Accepted {
        /// The appointment.
        offer: AppointmentId,
        /// When.
        at: Timestamp,
    },
    /// They, or staff for them, do not wait any more.
    Withdrawn {
        /// When.
        at: Timestamp,
    },
    /// The last day on which they could come has passed.
    Expired {
        /// When.
        at: Timestamp,
    },
}

/// A step that does not lead from where an entry of the waiting list stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this entry of the waiting list is {0}")]
pub struct NotWaiting(pub &'static str);

impl WaitingState {
    /// The name in files and the API.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Waitlisted => "waitlisted",
            Self::Offered { .. } => "offered",
            Self::Accepted { .. } => "accepted",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Expired { .. } => "expired",
        }
    }

    /// The words shown to people.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Waitlisted => "Waiting",
            Self::Offered { .. } => "Offered a time",
            Self::Accepted { .. } => "Booked",
            Self::Withdrawn { .. } => "Left the list",
            Self::Expired { .. } => "Last day passed",
        }
    }

    /// Whether it is still on the list.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Waitlisted | Self::Offered { .. })
    }
}

/// Somebody who waits for a free time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// The patient's name when the entry was made.
    pub patient_name: String,
    /// The visit type's code.
    pub visit_type: String,
    /// Only this doctor; any when `None`.
    pub with: Option<UserId>,
    /// First day on which they can come.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Part of the day.
    pub part: DayPart,
    /// How pressing it is.
    pub priority: Priority,
    /// Why, in the patient's or receptionist's words; may be empty.
    pub reason: String,
    /// The appointment that is called off when a sooner one is accepted.
    pub instead_of: Option<AppointmentId>,
    /// Who put them on the list.
    pub added_by: Option<UserId>,
    /// Where they stand.
    #[serde(flatten)]
    pub state: WaitingState,
    /// Times that they were offered and let go; none of these is offered again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declined: Vec<Timestamp>,
}

impl Waiting {
    /// Most times that are remembered as let go.
    const MOST_DECLINED: usize = 50;

    /// Whether a time with a doctor would suit.
    pub fn suits(&self, doctor: UserId, time: &TimeRange, zone: &ClinicZone) -> bool {
        let local = zone.local(time.start());
        self.state == WaitingState::Waitlisted
            && self.with.is_none_or(|with| with == doctor)
            && (self.from..=self.until).contains(&local.date())
            && self.part.has(local.time())
            && !self.declined.contains(&time.start())
    }

    /// Who comes first: the more pressing, then who has waited longer.
    pub fn rank(&self, since: Timestamp) -> (Priority, Timestamp) {
        (self.priority, since)
    }

    /// Offers an appointment until an instant.
    ///
    /// # Errors
    /// [`NotWaiting`] unless they wait.
    pub fn offer(&mut self, offer: AppointmentId, until: Timestamp) -> Result<(), NotWaiting> {
        if self.state != WaitingState::Waitlisted {
            return Err(NotWaiting(self.state.name()));
        }
        self.state = WaitingState::Offered { offer, ends_at: until };
        Ok(())
    }

    /// Accepts the offer; which appointment it is.
    ///
    /// # Errors
    /// [`NotWaiting`] unless an offer stands that has not ended at `now`.
    pub fn accept(&mut self, now: Timestamp) -> Result<AppointmentId, NotWaiting> {
        match self.state {
            WaitingState::Offered { offer, ends_at } if now < ends_at => {
                self.state = WaitingState::Accepted { offer, at: now };
                Ok(offer)
            }
            _ => Err(NotWaiting(self.state.name())),
        }
    }

    /// Lets the offer of the time that begins at `start` go and waits on; which appointment it was.
    ///
    /// # Errors
    /// [`NotWaiting`] unless an offer stands.
    pub fn let_go(&mut self, start: Timestamp) -> Result<AppointmentId, NotWaiting> {
        let WaitingState::Offered { offer, .. } = self.state else {
            return Err(NotWaiting(self.state.name()));
        };
        self.state = WaitingState::Waitlisted;
        if self.declined.len() == Self::MOST_DECLINED {
            self.declined.remove(0);
        }
        self.declined.push(start);
        Ok(offer)
    }

    /// Leaves the list; the appointment that was on offer, whose time is free again.
    ///
    /// # Errors
    /// [`NotWaiting`] when it was left before.
    pub fn leave(&mut self, to: WaitingState) -> Result<Option<AppointmentId>, NotWaiting> {
        if !self.state.is_open() {
            return Err(NotWaiting(self.state.name()));
        }
        let offer = if let WaitingState::Offered { offer, .. } = self.state { Some(offer) } else { None };
        self.state = to;
        Ok(offer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn waiting() -> Waiting {
        Waiting {
            patient_name: "Marta Kowalska".into(),
            visit_type: "consultation".into(),
            with: None,
            from: date(2026, 11, 23),
            until: date(2026, 11, 27),
            part: DayPart::Morning,
            priority: Priority::Routine,
            reason: String::new(),
            instead_of: None,
            added_by: None,
            state: WaitingState::Waitlisted,
            declined: vec![],
        }
    }

    fn at(text: &str) -> TimeRange {
        TimeRange::new(text.parse().unwrap(), 30).unwrap()
    }

    #[test]
    fn only_times_that_suit_are_offered() {
        let zone = ClinicZone::named("Europe/London").unwrap();
        let mut entry = waiting();
        let suits = |entry: &Waiting, text: &str| entry.suits(UserId(7), &at(text), &zone);
        assert!(suits(&entry, "2026-11-23T09:00:00Z") && suits(&entry, "2026-11-27T11:30:00Z"));
        assert!(!suits(&entry, "2026-11-23T12:00:00Z"), "not a morning");
        assert!(!suits(&entry, "2026-11-28T09:00:00Z"), "too late");
        entry.with = Some(UserId(8));
        assert!(!suits(&entry, "2026-11-23T09:00:00Z"), "another doctor");
    }

    #[test]
    fn a_time_that_was_let_go_is_not_offered_again() {
        let zone = ClinicZone::named("Europe/London").unwrap();
        let (mut entry, time) = (waiting(), at("2026-11-23T09:00:00Z"));
        entry.offer(AppointmentId(1), time.start()).unwrap();
        assert!(!entry.suits(UserId(7), &time, &zone), "one offer at a time");
        assert_eq!(entry.let_go(time.start()), Ok(AppointmentId(1)));
        assert!(!entry.suits(UserId(7), &time, &zone));
        assert!(entry.suits(UserId(7), &at("2026-11-23T09:30:00Z"), &zone));
    }

    #[test]
    fn the_more_pressing_come_first_then_those_who_waited_longer() {
        let (early, late) = (Timestamp::from_second(1).unwrap(), Timestamp::from_second(2).unwrap());
        let urgent = Waiting { priority: Priority::Urgent, ..waiting() };
        assert!(urgent.rank(late) < waiting().rank(early));
        assert!(waiting().rank(early) < waiting().rank(late));
    }

    proptest! {
        /// Whatever is tried in whatever order: at most one acceptance, and nothing happens to what has ended.
        #[test]
        fn an_offer_is_accepted_at_most_once(steps in proptest::collection::vec((0u8..4, 0i64..10), 0..30)) {
            let instant = |seconds| Timestamp::from_second(seconds).unwrap();
            let mut entry = waiting();
            let mut accepted = 0;
            for (step, second) in steps {
                let (before, now) = (entry.clone(), instant(second));
                let done = match step {
                    0 => entry.offer(AppointmentId(1), instant(5)).is_ok(),
                    1 => entry.accept(now).inspect(|_| accepted += 1).is_ok(),
                    2 => entry.let_go(now).is_ok(),
                    _ => entry.leave(WaitingState::Withdrawn { at: now }).is_ok(),
                };
                prop_assert!(done || entry == before, "what is refused changes nothing");
                prop_assert!(before.state.is_open() || !done, "what has ended stays");
                prop_assert!(!(step == 1 && done && second >= 5), "too late");
            }
            prop_assert!(accepted <= 1);
        }
    }
}
