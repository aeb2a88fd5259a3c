//! Which measurements of grown-ups count as usual. For children no range is stated, because theirs depend on age.

use crate::ui::charts::Standing;
use domain::record::{Vitals, one_decimal};

/// From this age on the ranges hold.
pub const GROWN_UP: i16 = 16;

/// The name of the weight.
pub const WEIGHT: &str = "Weight";
/// The name of the body mass index.
pub const BODY_MASS_INDEX: &str = "Body mass index";

type Range = Option<(f64, f64)>;

/// Clinic blood pressure below 140/90 (NICE NG136) and not below 90/60.
pub const SYSTOLIC: (f64, f64) = (90.0, 140.0);
/// See [`SYSTOLIC`].
pub const DIASTOLIC: (f64, f64) = (60.0, 90.0);
/// What scores nothing in NEWS2 (Royal College of Physicians, 2017).
const PULSE: (f64, f64) = (51.0, 90.0);
const TEMPERATURE: (f64, f64) = (36.1, 38.0);
const OXYGEN: (f64, f64) = (96.0, 100.0);
const BREATHS: (f64, f64) = (12.0, 20.0);
/// Healthy weight of grown-ups (WHO).
const BODY_MASS: (f64, f64) = (18.5, 24.9);

/// One measured value with its usual range.
#[derive(Clone, Debug)]
pub struct Measure {
    /// What was measured.
    pub name: &'static str,
    /// The value in words.
    pub words: String,
    /// The unit.
    pub unit: &'static str,
    /// The value as a number.
    pub value: f64,
    /// The usual range, ends included.
    pub range: Range,
    /// Where the value lies.
    pub standing: Standing,
}

impl Measure {
    fn new(name: &'static str, unit: &'static str, value: f64, words: String, range: Range) -> Self {
        Self { name, words, unit, value, range, standing: Standing::of(value, range) }
    }
}

/// Everything that was measured, in the order in which it is read out.
pub fn measures(vitals: &Vitals, grown_up: bool) -> Vec<Measure> {
    let usual = |range: (f64, f64)| grown_up.then_some(range);
    let whole = |name, unit, value: Option<u16>, range| {
        value.map(|value| Measure::new(name, unit, f64::from(value), value.to_string(), range))
    };
    let tenths = |name, unit, value: Option<u16>, range| {
        value.map(|value| Measure::new(name, unit, f64::from(value) / 10.0, one_decimal(value), range))
    };
    [
        pressure(vitals, grown_up),
        whole("Pulse", "/min", vitals.pulse, usual(PULSE)),
        tenths("Temperature", "°C", vitals.temperature_tenths, usual(TEMPERATURE)),
        whole("Oxygen", "%", vitals.oxygen_saturation, usual(OXYGEN)),
        whole("Breathing", "/min", vitals.respiratory_rate, usual(BREATHS)),
        tenths(WEIGHT, "kg", vitals.weight_hundred_grams, None),
        tenths("Height", "cm", vitals.height_millimetres, None),
        body_mass(vitals, grown_up),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Both pressures as one value; it is out of range when one of them is.
fn pressure(vitals: &Vitals, grown_up: bool) -> Option<Measure> {
    let (upper, lower) = (vitals.systolic?, vitals.diastolic?);
    let standings = [(upper, SYSTOLIC), (lower, DIASTOLIC)]
        .map(|(value, range)| Standing::of(f64::from(value), grown_up.then_some(range)));
    let out = standings.into_iter().find(|standing| *standing != Standing::Within);
    let words = format!("{upper}/{lower}");
    let measure = Measure::new("Blood pressure", "mmHg", f64::from(upper), words, None);
    Some(Measure { standing: out.unwrap_or(Standing::Within), ..measure })
}

/// Weight in kilograms by the square of the height in metres.
pub fn body_mass(vitals: &Vitals, grown_up: bool) -> Option<Measure> {
    let kilograms = f64::from(vitals.weight_hundred_grams?) / 10.0;
    let metres = f64::from(vitals.height_millimetres?) / 1000.0;
    let index = (kilograms / (metres * metres) * 10.0).round() / 10.0;
    let range = grown_up.then_some(BODY_MASS);
    Some(Measure::new(BODY_MASS_INDEX, "kg/m²", index, format!("{index:.1}"), range))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(vitals: &Vitals, grown_up: bool) -> Vec<(&'static str, Standing)> {
        measures(vitals, grown_up).into_iter().map(|measure| (measure.name, measure.standing)).collect()
    }

    #[test]
    fn one_pressure_out_of_range_is_enough() {
        let vitals = Vitals { systolic: Some(131), diastolic: Some(96), ..Vitals::default() };
        assert_eq!(standing(&vitals, true), [("Blood pressure", Standing::High)]);
        assert_eq!(measures(&vitals, true)[0].words, "131/96");
    }

    #[test]
    fn a_childs_values_are_not_judged() {
        let vitals = Vitals { pulse: Some(120), respiratory_rate: Some(30), ..Vitals::default() };
        assert_eq!(standing(&vitals, true), [("Pulse", Standing::High), ("Breathing", Standing::High)]);
        assert_eq!(standing(&vitals, false), [("Pulse", Standing::Within), ("Breathing", Standing::Within)]);
    }

    #[test]
    fn the_body_mass_index_needs_weight_and_height() {
        let vitals =
            Vitals { weight_hundred_grams: Some(720), height_millimetres: Some(1_700), ..Vitals::default() };
        let index = measures(&vitals, true).pop().unwrap();
        assert_eq!((index.name, index.words.as_str()), ("Body mass index", "24.9"));
        assert_eq!(index.standing, Standing::Within);
    }
}
