//! Free times in words, for the booking pages and for the slot picker that follows them.

use crate::ui::pages::appointments::slots::{FreeTime, FreeTimes, TimeGroup};
use domain::time::{clock_time, long_date, parse_date};
use domain::{ClinicZone, UserId};
use jiff::ToSpan;
use service::scheduling::{FreeDay, FreeSlot, FreeSlots};
use service::{Actor, ServiceError, Services};
use std::fmt;
use std::str::FromStr;

/// A time with a doctor as radio buttons and links carry it: `12~2026-11-23~09:30`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotChoice {
    /// With whom.
    pub doctor: UserId,
    /// Day, as `2026-11-23`.
    pub date: String,
    /// Time of day, as `09:30`.
    pub time: String,
}

impl SlotChoice {
    /// The choice of a free time.
    pub fn of(slot: &FreeSlot, zone: &ClinicZone) -> Self {
        let local = zone.local(slot.time.start());
        Self { doctor: slot.doctor, date: local.date().to_string(), time: clock_time(local.time()) }
    }
}

impl fmt::Display for SlotChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}~{}", self.doctor, self.date, self.time)
    }
}

impl FromStr for SlotChoice {
    type Err = domain::ids::InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '~');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(doctor), Some(date), Some(time)) => {
                Ok(Self { doctor: doctor.parse()?, date: date.to_owned(), time: time.to_owned() })
            }
            _ => Err(domain::ids::InvalidId),
        }
    }
}

/// The doctor that was asked for; empty text means any, anything that is no id means nobody.
pub fn asked_doctor(text: &str) -> Result<Option<UserId>, ServiceError> {
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| ServiceError::NotFound) }
}

fn code(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|code| !code.is_empty())
}

/// The free times of a doctor (empty: any) on a date, for a kind of visit (empty: one slot).
pub async fn free_times(
    services: &Services,
    actor: &Actor,
    doctor: &str,
    date: &str,
    visit_type: &str,
) -> Result<FreeTimes, ServiceError> {
    let asked = asked_doctor(doctor)?;
    let mut times = FreeTimes {
        doctor: doctor.trim().to_owned(),
        date: date.trim().to_owned(),
        visit_type: visit_type.trim().to_owned(),
        ..FreeTimes::default()
    };
    let Some(day) = parse_date(date) else {
        "Free times".clone_into(&mut times.heading);
        "Choose a date to see the free times.".clone_into(&mut times.empty);
        return Ok(times);
    };
    let query = FreeSlots { doctor: asked, from: day, days: 1, visit_type: code(visit_type) };
    let days = services.execute(actor, query.clone()).await?;
    times.groups = groups(&days, asked.is_none(), &services.clinic().zone);
    let with = days.iter().flat_map(|day| &day.slots).next().filter(|_| asked.is_some());
    let with = with.map(|slot| format!(" with {}", slot.doctor_name)).unwrap_or_default();
    times.heading = format!("Free times on {}{with}", long_date(day));
    if times.groups.is_empty() {
        let after = day.checked_add(1.day()).unwrap_or(day);
        let later =
            services.execute(actor, FreeSlots { from: after, days: FreeSlots::MOST_DAYS, ..query }).await?;
        times.empty = match later.iter().find(|day| !day.slots.is_empty()) {
            Some(next) => {
                format!("Nothing is free on this day. The next free day is {}.", long_date(next.date))
            }
            None => "Nothing is free on this day or in the two months after it.".to_owned(),
        };
    }
    Ok(times)
}

/// The times of one day, before and after noon.
fn groups(days: &[FreeDay], names_doctors: bool, zone: &ClinicZone) -> Vec<TimeGroup> {
    let slots = || days.iter().flat_map(|day| &day.slots);
    let group = |title: &str, wanted: fn(i8) -> bool| {
        let times = slots().filter(|slot| wanted(zone.local(slot.time.start()).hour()));
        TimeGroup {
            title: title.to_owned(),
            times: times.map(|slot| chip(slot, names_doctors, zone)).collect(),
        }
    };
    let groups = [group("Morning", |hour| hour < 12), group("Afternoon", |hour| hour >= 12)];
    groups.into_iter().filter(|group| !group.times.is_empty()).collect()
}

fn chip(slot: &FreeSlot, names_doctors: bool, zone: &ClinicZone) -> FreeTime {
    let choice = SlotChoice::of(slot, zone);
    FreeTime {
        label: choice.time.clone(),
        doctor: if names_doctors { slot.doctor_name.clone() } else { String::new() },
        value: choice.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_back_and_anything_else_is_refused() {
        let choice = SlotChoice { doctor: UserId(12), date: "2026-11-23".into(), time: "09:30".into() };
        assert_eq!(choice.to_string().parse(), Ok(choice));
        for odd in ["", "12", "12~2026-11-23", "x~2026-11-23~09:30", "~~"] {
            assert!(odd.parse::<SlotChoice>().is_err(), "{odd}");
        }
    }
}
