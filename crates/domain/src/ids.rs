//! Identifiers, each its own type, so that a patient's id can never be passed where a user's is meant.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// The text is not an identifier of the expected kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid identifier")]
pub struct InvalidId;

macro_rules! numeric_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.parse().map(Self).map_err(|_| InvalidId)
            }
        }
    };
}

numeric_id!(
    /// A user account, counted by `userIdCounter`.
    UserId
);
numeric_id!(
    /// An appointment, counted by `appointmentIdCounter`; shown to people as its booking reference.
    AppointmentId
);
numeric_id!(
    /// An entry of a medical record, counted by `medicalRecordIdCounter`.
    RecordId
);
numeric_id!(
    /// A bill, counted by `billingIdCounter`; its invoice number is given only when it is issued.
    InvoiceId
);

/// Crockford's base 32 in lower case: no i, l, o or u, so that it survives being read aloud.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters that 128 bits need at five bits each.
const RANDOM_ID_LENGTH: usize = 26;

fn encode(value: u128) -> [u8; RANDOM_ID_LENGTH] {
    std::array::from_fn(|position| {
        let shift = 5 * (RANDOM_ID_LENGTH - 1 - position);
        ALPHABET[(value >> shift) as usize & 31]
    })
}

/// The text of an encoded id.
fn text(encoded: &[u8; RANDOM_ID_LENGTH]) -> &str {
    std::str::from_utf8(encoded).unwrap_or_default()
}

fn decode(text: &str) -> Result<u128, InvalidId> {
    if text.len() != RANDOM_ID_LENGTH || text.as_bytes()[0] > b'7' {
        return Err(InvalidId);
    }
    text.bytes().try_fold(0u128, |value, byte| {
        let digit = ALPHABET.iter().position(|&known| known == byte).ok_or(InvalidId)?;
        Ok((value << 5) | digit as u128)
    })
}

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u128);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(text(&encode(self.0)))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                decode(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(text(&encode(self.0)))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

random_id!(
    /// A patient. 128 random bits: the id stands in URLs and must not be guessable.
    PatientId
);
random_id!(
    /// A server-side session; the signed token that the browser holds only names it.
    SessionId
);
random_id!(
    /// A request that its caller may send again: a digest of who asks and of the key that the caller chose.
    RequestId
);
random_id!(
    /// A fact about who may get in ([`crate::AccessEntry`]).
    AccessId
);
random_id!(
    /// Something planned around appointments ([`crate::PlanEntry`]).
    PlanId
);
random_id!(
    /// A series of repeated visits.
    SeriesId
);
random_id!(
    /// What a request asks for: a digest of it and of its key, so that nothing can be guessed from it.
    RequestDigest
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_random_id_survives_a_round_trip(value: u128) {
            let id = PatientId(value);
            prop_assert_eq!(id.to_string().parse::<PatientId>(), Ok(id));
        }

        #[test]
        fn order_of_text_is_order_of_ids(a: u128, b: u128) {
            prop_assert_eq!(a.cmp(&b), PatientId(a).to_string().cmp(&PatientId(b).to_string()));
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            let _ = text.parse::<PatientId>();
            let _ = text.parse::<UserId>();
        }
    }
}
