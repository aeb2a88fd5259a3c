//! What the clinic offers and by which rules: visit types, rooms, holidays, booking.

use jiff::SignedDuration;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A kind of visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VisitType {
    /// Stable code in files and in the API.
    pub code: String,
    /// The name people read.
    pub name: String,
    /// Length in minutes.
    pub minutes: u16,
    /// Price in minor units of the clinic's currency.
    pub price_minor: i64,
    /// Whether patients may book it themselves.
    pub self_service: bool,
    /// Minutes that stay free after it.
    #[serde(default)]
    pub buffer_minutes: u16,
    /// The colour of its mark in the schedule; never the only sign of it.
    #[serde(default)]
    pub colour: Colour,
    /// Whether it can be booked; one that is not stays for the visits that had it.
    #[serde(default = "yes")]
    pub offered: bool,
}

const fn yes() -> bool {
    true
}

/// A colour of the schedule; what it looks like is the style sheet's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Colour {
    /// Blue
    #[default]
    Blue,
    /// Teal
    Teal,
    /// Green
    Green,
    /// Amber
    Amber,
    /// Red
    Red,
    /// Purple
    Purple,
    /// Grey
    Grey,
}

impl Colour {
    /// All colours in the order of the form.
    pub const ALL: [Self; 7] =
        [Self::Blue, Self::Teal, Self::Green, Self::Amber, Self::Red, Self::Purple, Self::Grey];

    /// The name in forms, files and style sheets.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Teal => "teal",
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
            Self::Purple => "purple",
            Self::Grey => "grey",
        }
    }

    /// The colour with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|colour| colour.name() == name)
    }
}

/// A room in which patients are seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    /// Stable code in files and in the API; appointments name it.
    pub code: String,
    /// The name people read.
    pub name: String,
    /// Whether it is in use.
    #[serde(default = "yes")]
    pub in_use: bool,
}

/// Days on which the clinic is closed; both ends belong to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holiday {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// The name people read.
    pub name: String,
}

impl Holiday {
    /// Whether a day is one of it.
    pub fn is_on(&self, date: Date) -> bool {
        (self.from..=self.until).contains(&date)
    }
}

/// The clinic's rules for booking, moving and calling off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BookingRules {
    /// Hours before the start until which patients may move or cancel.
    pub patient_change_hours: u16,
    /// Minutes ahead that patients must book at least.
    pub patient_notice_minutes: u16,
    /// Days ahead that can be booked.
    pub horizon_days: u16,
    /// Appointments to come that one patient may book by themselves.
    pub patient_bookings: u16,
    /// Minutes for which a time is held for whoever is about to confirm it.
    pub hold_minutes: u16,
    /// Minutes for which a time is held for somebody on the waiting list.
    pub offer_minutes: u16,
    /// Hours before the start at which a patient is reminded; none for no reminders.
    pub reminder_hours: Vec<u16>,
    /// Whether the calendars of doctors name their patients; without it they hold references only.
    #[serde(default)]
    pub names_in_calendars: bool,
}

impl Default for BookingRules {
    fn default() -> Self {
        Self {
            patient_change_hours: 24,
            patient_notice_minutes: 0,
            horizon_days: 180,
            patient_bookings: 5,
            hold_minutes: 5,
            offer_minutes: 120,
            reminder_hours: vec![48, 2],
            names_in_calendars: false,
        }
    }
}

impl BookingRules {
    /// For how long a time is held for whoever is about to confirm it.
    pub fn hold(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.hold_minutes))
    }

    /// For how long a time is held for somebody on the waiting list.
    pub fn offer(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.offer_minutes))
    }

    /// How far ahead patients must book at least.
    pub fn patient_notice(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.patient_notice_minutes))
    }
}

/// What the clinic offers and by which rules; there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Catalogue {
    /// Visit types, in the order in which they are offered.
    pub visit_types: Vec<VisitType>,
    /// Rooms.
    pub rooms: Vec<Room>,
    /// Days on which the clinic is closed.
    pub holidays: Vec<Holiday>,
    /// The rules for booking.
    pub rules: BookingRules,
}

/// Why a catalogue was refused, in the words that people read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCatalogue {
    /// Two of a list have one code, or a code has other characters than a-z, 0-9 and hyphens: the list and the code.
    #[error("Enter a code that no other one has, of small letters, digits and hyphens, instead of “{1}”")]
    Code(&'static str, String),
    /// A name of a list is empty or too long.
    #[error("Enter a name of at most 80 characters for each one")]
    Name(&'static str),
    /// A visit type has no length or price that one can have: its name.
    #[error("Enter a length of 5 to 240 minutes, at most 120 minutes free after it and a price for “{0}”")]
    VisitType(String),
    /// A holiday ends before it begins.
    #[error("Enter a last day that is not before the first")]
    Holiday,
    /// A rule is out of its range: its name, the lowest and the highest value.
    #[error("Enter a number from {1} to {2}")]
    Rule(&'static str, u16, u16),
    /// A list is longer than a clinic needs.
    #[error("Enter no more than 200")]
    TooMany(&'static str),
    /// One of a list that was there is missing, though appointments may name it: the list and the name.
    #[error("“{1}” cannot be removed, as appointments may name it. Stop using it instead")]
    Gone(&'static str, String),
}

impl InvalidCatalogue {
    /// Where it stands in the catalogue.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Code(list, _) | Self::Name(list) | Self::TooMany(list) | Self::Gone(list, _) => list,
            Self::VisitType(_) => "visitTypes",
            Self::Holiday => "holidays",
            Self::Rule(name, ..) => name,
        }
    }
}

/// Most characters of a name.
const LONGEST_NAME: usize = 80;
/// Most visit types, rooms or holidays.
const MOST: usize = 200;

impl Catalogue {
    /// What a new clinic starts with.
    pub fn standard() -> Self {
        Self {
            visit_types: standard_visit_types(),
            rooms: Vec::new(),
            holidays: Vec::new(),
            rules: BookingRules::default(),
        }
    }

    /// The visit type with this code, whether it is still offered or not.
    pub fn visit_type(&self, code: &str) -> Option<&VisitType> {
        self.visit_types.iter().find(|visit_type| visit_type.code == code)
    }

    /// The room with this code.
    pub fn room(&self, code: &str) -> Option<&Room> {
        self.rooms.iter().find(|room| room.code == code)
    }

    /// The name of a room as people read it; its code where there is no such room any more.
    pub fn room_name<'c>(&'c self, code: &'c str) -> &'c str {
        self.room(code).map_or(code, |room| &room.name)
    }

    /// Checks what a form or the API proposes.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn validate(&self) -> Result<(), InvalidCatalogue> {
        let visit_types = self.visit_types.iter().map(|it| (&*it.code, &*it.name));
        check_named("visitTypes", visit_types)?;
        check_named("rooms", self.rooms.iter().map(|it| (&*it.code, &*it.name)))?;
        check_names("holidays", self.holidays.iter().map(|it| &*it.name))?;
        let is_sound = |it: &&VisitType| {
            crate::TimeRange::MINUTES.contains(&it.minutes) && it.buffer_minutes <= 120 && it.price_minor >= 0
        };
        if let Some(refused) = self.visit_types.iter().find(|it| !is_sound(it)) {
            return Err(InvalidCatalogue::VisitType(refused.name.clone()));
        }
        if self.holidays.iter().any(|holiday| holiday.until < holiday.from) {
            return Err(InvalidCatalogue::Holiday);
        }
        self.rules.validate()
    }

    /// Checks that nothing that appointments may name is missing of what was there before.
    ///
    /// # Errors
    /// The first visit type or room that is gone.
    pub fn keeps(&self, before: &Self) -> Result<(), InvalidCatalogue> {
        if let Some(gone) = before.visit_types.iter().find(|it| self.visit_type(&it.code).is_none()) {
            return Err(InvalidCatalogue::Gone("visitTypes", gone.name.clone()));
        }
        match before.rooms.iter().find(|it| self.room(&it.code).is_none()) {
            Some(gone) => Err(InvalidCatalogue::Gone("rooms", gone.name.clone())),
            None => Ok(()),
        }
    }

    /// Whether a visit type has another price than before; one that is new had none.
    pub fn changes_prices(&self, before: &Self) -> bool {
        let price = |code: &str| before.visit_type(code).map_or(0, |it| it.price_minor);
        self.visit_types.iter().any(|it| it.price_minor != price(&it.code))
    }

    /// Whether anything but prices is other than before.
    pub fn changes_more_than_prices(&self, before: &Self) -> bool {
        let without_prices = |catalogue: &Self| {
            let mut catalogue = catalogue.clone();
            catalogue.visit_types.iter_mut().for_each(|it| it.price_minor = 0);
            catalogue
        };
        without_prices(self) != without_prices(before)
    }
}

impl BookingRules {
    fn validate(&self) -> Result<(), InvalidCatalogue> {
        let ranges = [
            ("patientChangeHours", self.patient_change_hours, 0, 336),
            ("patientNoticeMinutes", self.patient_notice_minutes, 0, 10_080),
            ("horizonDays", self.horizon_days, 1, 730),
            ("patientBookings", self.patient_bookings, 1, 50),
            ("holdMinutes", self.hold_minutes, 1, 30),
            ("offerMinutes", self.offer_minutes, 5, 2_880),
        ];
        if let Some((name, _, low, high)) =
            ranges.into_iter().find(|(_, value, low, high)| !(low..=high).contains(&value))
        {
            return Err(InvalidCatalogue::Rule(name, low, high));
        }
        if self.reminder_hours.len() > 4 || self.reminder_hours.iter().any(|hours| !(1..=336).contains(hours))
        {
            return Err(InvalidCatalogue::Rule("reminderHours", 1, 336));
        }
        Ok(())
    }
}

fn check_names<'c>(list: &'static str, names: impl Iterator<Item = &'c str>) -> Result<(), InvalidCatalogue> {
    let mut count = 0;
    for name in names {
        count += 1;
        let is_text = crate::validation::required(name, "Name", "a name", LONGEST_NAME, false).is_ok();
        if !is_text || name.trim() != name {
            return Err(InvalidCatalogue::Name(list));
        }
    }
    if count > MOST { Err(InvalidCatalogue::TooMany(list)) } else { Ok(()) }
}

/// Codes and names of a list.
fn check_named<'c>(
    list: &'static str,
    items: impl Iterator<Item = (&'c str, &'c str)> + Clone,
) -> Result<(), InvalidCatalogue> {
    let plain = |code: &str| {
        (1..=40).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    check_names(list, items.clone().map(|(_, name)| name))?;
    let mut seen = BTreeSet::new();
    for (code, _) in items {
        if !plain(code) || !seen.insert(code) {
            return Err(InvalidCatalogue::Code(list, code.to_owned()));
        }
    }
    Ok(())
}

/// The visit types that a new clinic starts with.
pub fn standard_visit_types() -> Vec<VisitType> {
    [
        ("consultation", "Consultation", 30, 6_000, true, Colour::Blue),
        ("follow-up", "Follow-up", 30, 4_200, true, Colour::Teal),
        ("new-patient", "New patient assessment", 60, 9_500, true, Colour::Purple),
        ("medication-review", "Medication review", 30, 4_200, true, Colour::Green),
        ("vaccination", "Vaccination", 30, 2_500, true, Colour::Green),
        ("blood-test", "Blood test", 30, 3_000, true, Colour::Amber),
        ("minor-surgery", "Minor surgery", 60, 14_000, false, Colour::Purple),
        ("urgent", "Urgent", 30, 7_500, false, Colour::Red),
    ]
    .map(|(code, name, minutes, price_minor, self_service, colour)| VisitType {
        code: code.to_owned(),
        name: name.to_owned(),
        minutes,
        price_minor,
        self_service,
        buffer_minutes: 0,
        colour,
        offered: true,
    })
    .to_vec()
}

#[cfg(test)]
mod tests;
