//! Patients: who they are and how they are reached. What they suffer from is in [`crate::record`].

use crate::message::Channel;
use crate::{Email, Mrn, PatientId, PersonName, Phone, UserId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Administrative sex as clinics record it (FHIR R4 `AdministrativeGender`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Neither.
    Other,
    /// Not recorded.
    #[default]
    Unknown,
}

impl Sex {
    /// All values in the order of the form.
    pub const ALL: [Self; 4] = [Self::Female, Self::Male, Self::Other, Self::Unknown];

    /// The FHIR code.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }

    /// The word shown to people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Female => "Female",
            Self::Male => "Male",
            Self::Other => "Other",
            Self::Unknown => "Not recorded",
        }
    }

    /// The value with this FHIR code.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sex| sex.name() == name)
    }
}

/// A person whom the clinic treats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Patient {
    /// Identity.
    pub id: PatientId,
    /// Medical record number, what people at the clinic say and write.
    pub mrn: Mrn,
    /// Name.
    pub name: PersonName,
    /// Date of birth; unknown for patients who only signed up.
    pub birth_date: Option<Date>,
    /// Administrative sex.
    pub sex: Sex,
    /// Phone number.
    pub phone: Option<Phone>,
    /// E-mail address.
    pub email: Option<Email>,
    /// Postal address, lines separated by line breaks; may be empty.
    pub address: String,
    /// Insurer and policy number; may be empty.
    pub insurance: String,
    /// The ways by which they want no reminders.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reminders_off: BTreeSet<Channel>,
    /// The account of the patient, if there is one.
    pub user: Option<UserId>,
    /// When the patient was registered.
    pub created_at: Timestamp,
}

impl Patient {
    /// Lower-case words that search compares with.
    pub fn search_text(&self) -> String {
        let phone = self.phone.as_ref().map(Phone::digits).unwrap_or_default();
        let birth = self.birth_date.map(|date| date.to_string()).unwrap_or_default();
        format!("{} {} {} {}", self.name.full().to_lowercase(), self.mrn.digits(), birth, phone)
    }

    /// What [`Self::search_text`] must contain to be found: every word, or a number written in groups as one.
    pub fn search_parts(query: &str) -> Vec<String> {
        let folded = query.to_lowercase();
        let compact: String = folded.chars().filter(|character| !character.is_whitespace()).collect();
        let is_number = compact.chars().all(|character| character.is_ascii_digit() || character == '+');
        if compact.len() >= 4 && is_number {
            return vec![compact.trim_start_matches('+').to_owned()];
        }
        folded.split_whitespace().map(str::to_owned).collect()
    }

    /// Whether every word of `query` occurs: part of a name, of the number, the phone or the birth date.
    pub fn matches(&self, query: &str) -> bool {
        let hay = self.search_text();
        Self::search_parts(query).iter().all(|part| hay.contains(part))
    }
}
