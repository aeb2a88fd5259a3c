//! Money as an integer of minor units with its currency; there is no floating point anywhere near it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// An ISO 4217 currency code with two minor digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// The text is not a three-letter currency code of a currency with two minor digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("use a three-letter ISO 4217 code of a currency with two decimal places, like GBP")]
pub struct InvalidCurrency;

/// ISO 4217 codes whose minor unit is not a hundredth: refused rather than handled wrongly.
const NOT_HUNDREDTHS: [&str; 24] = [
    "BHD", "BIF", "CLF", "CLP", "DJF", "GNF", "IQD", "ISK", "JOD", "JPY", "KMF", "KRW", "KWD", "LYD", "OMR",
    "PYG", "RWF", "TND", "UGX", "UYI", "VND", "VUV", "XAF", "XPF",
];

impl Currency {
    /// Pound sterling, the default.
    pub const GBP: Self = Self(*b"GBP");

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The symbol written before an amount, or the code and a no-break space.
    pub fn symbol(&self) -> String {
        match self.code() {
            "GBP" => "£".to_owned(),
            "EUR" => "€".to_owned(),
            "USD" => "$".to_owned(),
            code => format!("{code}\u{a0}"),
        }
    }
}

impl FromStr for Currency {
    type Err = InvalidCurrency;
    fn from_str(text: &str) -> Result<Self, InvalidCurrency> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) && !NOT_HUNDREDTHS.contains(&text) => {
                Ok(Self(code))
            }
            _ => Err(InvalidCurrency),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An amount: `minor` is in hundredths of the currency's unit (pence, cents).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Hundredths of the unit.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

/// The text is not an amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an amount of money with at most two decimal places")]
pub struct InvalidAmount;

/// The largest amount that a form or a request may state: ten million units.
pub const LARGEST_STATED_MINOR: i64 = 1_000_000_000;

impl Money {
    /// An amount of `minor` hundredths.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads what a person types: `42`, `42.5`, `42.50`, `1,042.50`, with or without the currency's symbol.
    /// Negative amounts, exponents and more than two decimals are refused.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, InvalidAmount> {
        let trimmed = text.trim();
        let bare = trimmed.strip_prefix(currency.symbol().trim_end()).unwrap_or(trimmed).trim();
        let (whole, fraction) = bare.split_once('.').unwrap_or((bare, ""));
        let whole = whole_units(whole)?;
        let fraction = match fraction.len() {
            0 if bare.ends_with('.') => return Err(InvalidAmount),
            0 => 0,
            1 | 2 if fraction.bytes().all(|byte| byte.is_ascii_digit()) => {
                let digits: i64 = fraction.parse().map_err(|_| InvalidAmount)?;
                if fraction.len() == 1 { digits * 10 } else { digits }
            }
            _ => return Err(InvalidAmount),
        };
        let minor =
            whole.checked_mul(100).and_then(|minor| minor.checked_add(fraction)).ok_or(InvalidAmount)?;
        if minor > LARGEST_STATED_MINOR { Err(InvalidAmount) } else { Ok(Self { minor, currency }) }
    }

    /// The amount without a symbol, as `1042.50`; what the API and form fields carry.
    pub fn plain(&self) -> String {
        let sign = if self.minor < 0 { "-" } else { "" };
        let minor = self.minor.unsigned_abs();
        format!("{sign}{}.{:02}", minor / 100, minor % 100)
    }

    /// Sum, or `None` when the currencies differ or it overflows.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        (self.currency == other.currency)
            .then(|| self.minor.checked_add(other.minor))?
            .map(|minor| Self { minor, currency: self.currency })
    }
}

/// Digits with optional thousands separators in the right places.
fn whole_units(text: &str) -> Result<i64, InvalidAmount> {
    let mut groups = text.split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let digits_only = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let well_grouped = rest.is_empty() || (first.len() <= 3 && rest.iter().all(|group| group.len() == 3));
    if !digits_only(first) || !rest.iter().all(|group| digits_only(group)) || !well_grouped {
        return Err(InvalidAmount);
    }
    text.replace(',', "").parse().map_err(|_| InvalidAmount)
}

impl fmt::Display for Money {
    /// As people read it: `£1,042.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minor = self.minor.unsigned_abs();
        let units = (minor / 100).to_string();
        let mut grouped = String::with_capacity(units.len() + units.len() / 3);
        for (index, digit) in units.chars().enumerate() {
            if index > 0 && (units.len() - index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let sign = if self.minor < 0 { "−" } else { "" };
        write!(f, "{sign}{}{grouped}.{:02}", self.currency.symbol(), minor % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_read_as_people_type_them() {
        for (text, minor) in
            [("42", 4200), ("42.5", 4250), ("£1,042.50", 104_250), (" 0.07 ", 7), ("12,345", 1_234_500)]
        {
            assert_eq!(Money::parse(text, Currency::GBP).unwrap().minor, minor, "{text}");
        }
    }

    #[test]
    fn what_is_not_an_amount_is_refused() {
        for text in
            ["", ".", "-1", "1e3", "1.234", "1,23", "12,34.00", "5.", "٣", "99999999999999999999", "1 000"]
        {
            assert!(Money::parse(text, Currency::GBP).is_err(), "{text}");
        }
    }

    #[test]
    fn currencies_without_hundredths_are_refused() {
        assert!("JPY".parse::<Currency>().is_err());
        assert!("gbp".parse::<Currency>().is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(minor in 0i64..=LARGEST_STATED_MINOR) {
            let money = Money::new(minor, Currency::GBP);
            prop_assert_eq!(Money::parse(&money.plain(), Currency::GBP), Ok(money));
            prop_assert_eq!(Money::parse(&money.to_string(), Currency::GBP), Ok(money));
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            let _ = Money::parse(&text, Currency::GBP);
        }
    }
}
