//! Money received for a bill, and how.

use super::YearlyNumber;
use crate::UserId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How a payment was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PaymentMethod {
    /// Notes and coins.
    Cash,
    /// Debit or credit card.
    Card,
    /// Bank transfer.
    Transfer,
}

impl PaymentMethod {
    /// All methods in the order of the form.
    pub const ALL: [Self; 3] = [Self::Card, Self::Cash, Self::Transfer];

    /// The name in files and in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Card => "card",
            Self::Transfer => "transfer",
        }
    }

    /// The words shown to people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Cash => "Cash",
            Self::Card => "Card",
            Self::Transfer => "Bank transfer",
        }
    }

    /// The method with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// Money received; never changed, never removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// Gap-free receipt number.
    pub receipt: YearlyNumber,
    /// In minor units of the bill's currency.
    pub minor: i64,
    /// How.
    pub method: PaymentMethod,
    /// When it was taken.
    pub at: Timestamp,
    /// Who took it (the patient, when paid online).
    pub by: UserId,
    /// That person's name.
    pub by_name: String,
}
