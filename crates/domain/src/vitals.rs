//! Measurements of a visit: what a living person can have, and how they are read and written.

use crate::validation::{Code, FieldErrors};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// A measurement to be checked: field, name, value, what a living person can have, both ends in words.
type Measure = (&'static str, &'static str, Option<u16>, RangeInclusive<u16>, &'static str, &'static str);

/// Measurements of one visit; each may be missing, not all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vitals {
    /// Upper blood pressure in mmHg.
    pub systolic: Option<u16>,
    /// Lower blood pressure in mmHg.
    pub diastolic: Option<u16>,
    /// Heart rate per minute.
    pub pulse: Option<u16>,
    /// Body temperature in tenths of a degree Celsius.
    pub temperature_tenths: Option<u16>,
    /// Oxygen saturation in percent.
    pub oxygen_saturation: Option<u16>,
    /// Breaths per minute.
    pub respiratory_rate: Option<u16>,
    /// Weight in hundreds of grams.
    pub weight_hundred_grams: Option<u16>,
    /// Height in millimetres.
    pub height_millimetres: Option<u16>,
}

impl Vitals {
    /// Checks that something was measured and that each value can be a living person's.
    pub fn validate(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::new();
        let check = |errors: &mut FieldErrors, (field, what, value, range, low, high): Measure| {
            if value.is_some_and(|value| !range.contains(&value)) {
                errors.push(field, Code::OutOfRange(what, low, high));
            }
        };
        check(&mut errors, ("systolic", "Systolic pressure", self.systolic, 40..=300, "40", "300 mmHg"));
        check(&mut errors, ("diastolic", "Diastolic pressure", self.diastolic, 20..=200, "20", "200 mmHg"));
        match (self.systolic, self.diastolic) {
            (Some(upper), Some(lower)) if lower >= upper => {
                errors.push("diastolic", Code::PressuresInconsistent);
            }
            (Some(_), None) => errors.push("diastolic", Code::PressuresInconsistent),
            (None, Some(_)) => errors.push("systolic", Code::PressuresInconsistent),
            _ => {}
        }
        let others: [Measure; 6] = [
            ("pulse", "Pulse", self.pulse, 20..=300, "20", "300 a minute"),
            ("temperature", "Temperature", self.temperature_tenths, 250..=450, "25.0", "45.0 °C"),
            ("oxygenSaturation", "Oxygen saturation", self.oxygen_saturation, 40..=100, "40", "100 %"),
            ("respiratoryRate", "Breathing rate", self.respiratory_rate, 4..=80, "4", "80 a minute"),
            ("weight", "Weight", self.weight_hundred_grams, 2..=5_000, "0.2", "500.0 kg"),
            ("height", "Height", self.height_millimetres, 200..=2_600, "20.0", "260.0 cm"),
        ];
        for measure in others {
            check(&mut errors, measure);
        }
        if errors.is_empty() && *self == Self::default() {
            errors.push("systolic", Code::NothingEntered("measurement"));
        }
        errors.into_result()
    }

    /// `131/82 mmHg, pulse 72, 36.8 °C`.
    pub fn summary(&self) -> String {
        let mut parts = Vec::new();
        if let (Some(upper), Some(lower)) = (self.systolic, self.diastolic) {
            parts.push(format!("{upper}/{lower} mmHg"));
        }
        if let Some(pulse) = self.pulse {
            parts.push(format!("pulse {pulse}"));
        }
        if let Some(tenths) = self.temperature_tenths {
            parts.push(format!("{} °C", one_decimal(tenths)));
        }
        if let Some(percent) = self.oxygen_saturation {
            parts.push(format!("{percent} % oxygen"));
        }
        if let Some(rate) = self.respiratory_rate {
            parts.push(format!("{rate} breaths a minute"));
        }
        if let Some(hundred_grams) = self.weight_hundred_grams {
            parts.push(format!("{} kg", one_decimal(hundred_grams)));
        }
        if let Some(millimetres) = self.height_millimetres {
            parts.push(format!("{} cm", one_decimal(millimetres)));
        }
        parts.join(", ")
    }
}

/// Writes a number of tenths as `36.8`.
pub fn one_decimal(tenths: u16) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Reads `36.8` or `37` as tenths.
pub fn tenths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 1 {
        return None;
    }
    whole.parse::<u16>().ok()?.checked_mul(10)?.checked_add(fraction.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pressures_come_in_pairs_and_in_order() {
        let vitals = |systolic, diastolic| Vitals { systolic, diastolic, ..Vitals::default() };
        assert!(vitals(Some(131), Some(82)).validate().is_ok());
        assert!(vitals(Some(82), Some(131)).validate().is_err());
        assert!(vitals(Some(131), None).validate().is_err());
        assert!(vitals(None, None).validate().is_err());
        assert!(vitals(Some(900), Some(82)).validate().is_err());
    }

    proptest! {
        #[test]
        fn tenths_are_read_back(value in 0u16..9_999) {
            prop_assert_eq!(tenths(&one_decimal(value)), Some(value));
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            let _ = tenths(&text);
        }
    }
}
