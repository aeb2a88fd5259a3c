//! Values as they stand on the wire: instants, times of day and amounts as the old system wrote them.

use domain::{ClinicZone, Code, Money};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// An instant as `2026-11-23T09:30:00.000Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instant(pub Timestamp);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = Offset::UTC.to_datetime(self.0);
        let mut text = *b"0000-00-00T00:00:00.000Z";
        digits(&mut text[0..4], at.year().unsigned_abs());
        digits(&mut text[5..7], at.month().unsigned_abs().into());
        digits(&mut text[8..10], at.day().unsigned_abs().into());
        digits(&mut text[11..13], at.hour().unsigned_abs().into());
        digits(&mut text[14..16], at.minute().unsigned_abs().into());
        digits(&mut text[17..19], at.second().unsigned_abs().into());
        digits(&mut text[20..23], at.millisecond().unsigned_abs());
        serialize_ascii(&text, serializer)
    }
}

/// A date as `2026-11-23`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(pub Date);

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = *b"0000-00-00";
        digits(&mut text[0..4], self.0.year().unsigned_abs());
        digits(&mut text[5..7], self.0.month().unsigned_abs().into());
        digits(&mut text[8..10], self.0.day().unsigned_abs().into());
        serialize_ascii(&text, serializer)
    }
}

/// A time of day as `10:00 AM`, the old system's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockTime(pub Time);

impl Serialize for ClockTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hour = match self.0.hour().unsigned_abs() % 12 {
            0 => 12,
            hour => hour,
        };
        let mut text = *b"00:00 AM";
        digits(&mut text[0..2], hour.into());
        digits(&mut text[3..5], self.0.minute().unsigned_abs().into());
        if self.0.hour() >= 12 {
            text[6] = b'P';
        }
        serialize_ascii(&text, serializer)
    }
}

/// Writes `value` right-aligned with leading zeros.
fn digits(place: &mut [u8], mut value: u16) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + u8::try_from(value % 10).unwrap_or(0);
        value /= 10;
    }
}

fn serialize_ascii<S: Serializer>(text: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(std::str::from_utf8(text).map_err(serde::ser::Error::custom)?)
}

/// An id, or anything else with a text form, as a string.
#[derive(Clone, Copy, Debug)]
pub struct Text<T>(pub T);

impl<T: fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// An exact amount as a decimal string, `1042.50`.
#[derive(Clone, Copy, Debug)]
pub struct Decimal(pub Money);

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.plain())
    }
}

/// An amount as old clients know it: a number where it is one, else the text as it was written.
#[derive(Clone, Debug)]
pub struct LegacyAmount(pub String);

impl Serialize for LegacyAmount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let plain = self.0.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && self.0.len() <= 15;
        match (self.0.parse::<u64>(), self.0.parse::<f64>()) {
            (Ok(whole), _) if plain => serializer.serialize_u64(whole),
            (_, Ok(number)) if plain && number.fract() == 0.0 => {
                // `42.00` is the number 42, not 42.0.
                let whole = self.0.split('.').next().and_then(|whole| whole.parse().ok());
                serializer.serialize_u64(whole.unwrap_or_default())
            }
            (_, Ok(number)) if plain => serializer.serialize_f64(number),
            _ => serializer.serialize_str(&self.0),
        }
    }
}

/// An amount as it comes in: a number or a decimal string. The digits are kept, the use case judges them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Amount(pub String);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Amount;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a decimal string")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Amount, E> {
                Ok(Amount(text.to_owned()))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Amount, E> {
                Ok(Amount(number.to_string()))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Amount, E> {
                Ok(Amount(number.to_string()))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Amount, E> {
                // The shortest text that reads back as the same number: what the caller wrote.
                Ok(Amount(number.to_string()))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Splits a start, RFC 3339 or local to the clinic (`2026-11-23T09:30`), into the date and time that people type.
pub fn local_start(start: &str, zone: &ClinicZone) -> Result<(String, String), Code> {
    let start = start.trim();
    let Ok(instant) = start.parse::<Timestamp>() else {
        let parts = start.split_once(['T', 't', ' ']).filter(|(date, _)| date.len() == 10);
        let (date, time) = parts.ok_or(Code::NotADate("Start"))?;
        let time = time.strip_suffix(":00").filter(|time| time.contains(':')).unwrap_or(time);
        return Ok((date.to_owned(), time.to_owned()));
    };
    let local = zone.local(instant);
    // The second pass of the hour that the clocks repeat has no name of its own at the clinic.
    let is_ambiguous = zone.instant(local) != Ok(instant);
    if is_ambiguous || local.second() != 0 || local.subsec_nanosecond() != 0 {
        return Err(Code::NotATime);
    }
    Ok((local.date().to_string(), domain::time::clock_time(local.time())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::legacy_time;
    use jiff::civil::{date, time};
    use proptest::prelude::*;

    fn written(value: impl Serialize) -> String {
        serde_json::to_string(&value).unwrap()
    }

    #[test]
    fn instants_have_milliseconds_and_z() {
        let at: Timestamp = "2025-10-15T07:13:00.989123Z".parse().unwrap();
        assert_eq!(written(Instant(at)), r#""2025-10-15T07:13:00.989Z""#);
        assert_eq!(written(Day(date(2026, 2, 3))), r#""2026-02-03""#);
    }

    #[test]
    fn an_old_amount_is_a_number_where_it_is_one() {
        for (amount, json) in [
            ("150", "150"),
            ("150.5", "150.5"),
            ("150.00", "150"),
            ("£150", r#""£150""#),
            ("free", r#""free""#),
        ] {
            assert_eq!(written(LegacyAmount(amount.to_owned())), json);
        }
    }

    #[test]
    fn amounts_come_as_numbers_or_strings() {
        for (json, text) in [("150", "150"), ("150.75", "150.75"), (r#""150.75""#, "150.75"), ("-1", "-1")] {
            assert_eq!(serde_json::from_str::<Amount>(json).unwrap().0, text);
        }
        assert!(serde_json::from_str::<Amount>("[1]").is_err());
    }

    #[test]
    fn a_start_is_an_instant_or_a_time_at_the_clinic() {
        let zone = ClinicZone::named("Europe/London").unwrap();
        let split = |text: &str| local_start(text, &zone).map(|(date, time)| format!("{date} {time}"));
        for text in
            ["2026-07-01T08:30:00Z", "2026-07-01T09:30", "2026-07-01T09:30:00", "2026-07-01T10:30:00+02:00"]
        {
            assert_eq!(split(text).unwrap(), "2026-07-01 09:30", "{text}");
        }
        assert!(split("2026-10-25T01:30:00Z").is_err(), "the second half past one has no name");
        assert!(split("2026-07-01T08:30:12Z").is_err());
        assert!(split("tomorrow").is_err());
    }

    proptest! {
        #[test]
        fn a_time_of_day_is_written_as_the_old_system_wrote_it(hour in 0i8..24, minute in 0i8..60) {
            let at = time(hour, minute, 0, 0);
            prop_assert_eq!(written(ClockTime(at)), format!("\"{}\"", legacy_time(at)));
        }

        #[test]
        fn splitting_a_start_never_panics(text in ".*") {
            let _ = local_start(&text, &ClinicZone::named("Europe/London").unwrap());
        }
    }
}
