//! The seven roles of a clinic.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a user is at the clinic; the policy table gives each role its rights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees and manages only what is their own. The role of everyone who signs up.
    #[default]
    Patient,
    /// Treats patients: schedules, records, notes.
    Doctor,
    /// Prepares visits: vitals, allergies, intake.
    Nurse,
    /// Runs the front desk: registration, bookings, check-in, payments.
    Receptionist,
    /// Issues invoices and takes payments.
    Billing,
    /// Runs the system, never reads clinical data.
    Admin,
    /// Reads the audit log and reports, changes nothing.
    Auditor,
}

/// The text names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown role; use one of patient, doctor, nurse, receptionist, billing, admin, auditor")]
pub struct UnknownRole;

impl Role {
    /// All roles in the order of the policy table's columns.
    pub const ALL: [Self; 7] = [
        Self::Patient,
        Self::Doctor,
        Self::Nurse,
        Self::Receptionist,
        Self::Billing,
        Self::Admin,
        Self::Auditor,
    ];

    /// The name used in files and in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Doctor => "doctor",
            Self::Nurse => "nurse",
            Self::Receptionist => "receptionist",
            Self::Billing => "billing",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
        }
    }

    /// The name shown to people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::Doctor => "Doctor",
            Self::Nurse => "Nurse",
            Self::Receptionist => "Receptionist",
            Self::Billing => "Billing clerk",
            Self::Admin => "Administrator",
            Self::Auditor => "Auditor",
        }
    }

    /// Whether the role works at the clinic.
    pub const fn is_staff(self) -> bool {
        !matches!(self, Self::Patient)
    }

    /// Whether the role treats patients.
    pub const fn is_clinical(self) -> bool {
        matches!(self, Self::Doctor | Self::Nurse)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or(UnknownRole)
    }
}
