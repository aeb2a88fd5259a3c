//! The rows of the old system's files as they may really be: any field missing, numbers for texts and the reverse.

use super::rows::Amount;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// Any single value as text; nothing at all is the empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyScalar;
        impl Visitor<'_> for AnyScalar {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a number")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.to_owned()))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }
            fn visit_bool<E: Error>(self, truth: bool) -> Result<Text, E> {
                Ok(Text(truth.to_string()))
            }
            fn visit_unit<E: Error>(self) -> Result<Text, E> {
                Ok(Text::default())
            }
        }
        deserializer.deserialize_any(AnyScalar)
    }
}

/// A row of the old `users.json`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub struct LegacyUser {
    /// Number.
    pub id: Text,
    /// Sign-in name.
    pub username: Text,
    /// E-mail address.
    pub email: Text,
    /// bcrypt hash.
    pub password: Text,
    /// ISO 8601.
    pub created_at: Text,
}

/// A row of the old `appointments.json`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LegacyAppointment {
    /// Number.
    pub id: Text,
    /// As written.
    pub patient_name: Text,
    /// `2025-10-20`.
    pub date: Text,
    /// `10:00 AM`.
    pub time: Text,
    /// As written.
    pub doctor: Text,
    /// ISO 8601.
    pub created_at: Text,
}

/// A row of the old `medicalRecords.json`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LegacyRecord {
    /// Number.
    pub id: Text,
    /// As written.
    pub patient_name: Text,
    /// Free text.
    pub condition: Text,
    /// Free text.
    pub treatment: Text,
    /// ISO 8601.
    pub created_at: Text,
}

/// A row of the old `billings.json`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LegacyBilling {
    /// Number.
    pub id: Text,
    /// As written.
    pub patient_name: Text,
    /// A number or any text.
    pub amount: Option<Amount>,
    /// Free text.
    pub payment_method: Text,
    /// ISO 8601.
    pub created_at: Text,
}
