//! The arithmetic of charts: from values to positions, round axis values, labels that do not collide.

/// A linear map from a range of values to a range of positions.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    values: (f64, f64),
    positions: (f64, f64),
}

impl Scale {
    /// A map that takes the first value to the first position and the last to the last.
    pub const fn new(values: (f64, f64), positions: (f64, f64)) -> Self {
        Self { values, positions }
    }

    /// The position of a value; the middle when all values are the same.
    pub fn at(&self, value: f64) -> f64 {
        let (low, high) = self.values;
        let (start, end) = self.positions;
        let length = high - low;
        if length.abs() < f64::EPSILON {
            return f64::midpoint(start, end);
        }
        start + (value - low) / length * (end - start)
    }
}

/// Where a value lies to its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Below the target.
    Low,
    /// In the target, ends included, or no target is known.
    Within,
    /// Above the target.
    High,
}

impl Standing {
    /// The standing of `value` to a target from the first to the last number.
    pub fn of(value: f64, target: Option<(f64, f64)>) -> Self {
        match target {
            Some((low, _)) if value < low => Self::Low,
            Some((_, high)) if value > high => Self::High,
            _ => Self::Within,
        }
    }
}

/// Most values on an axis, less one.
const MOST_STEPS: f64 = 6.0;
const STEPS: [f64; 13] = [0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 25.0, 50.0, 100.0, 200.0, 500.0, 1000.0];

/// Round values for an axis that holds everything from `low` to `high`, in rising order, two at least.
pub fn axis(low: f64, high: f64) -> Vec<f64> {
    let spread = |step: f64| ((high / step).ceil() - (low / step).floor()).max(1.0);
    let step = STEPS.into_iter().find(|step| spread(*step) <= MOST_STEPS).unwrap_or((high - low).max(1.0));
    let first = (low / step).floor() * step;
    let last = first + spread(step) * step;
    std::iter::successors(Some(first), |value| Some(value + step))
        .take_while(|value| *value < last + step / 2.0)
        .collect()
}

/// The indices of the labels that are drawn: the last one always, each at least `gap` from the next.
pub fn labels(positions: &[f64], gap: f64) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    for (index, position) in positions.iter().enumerate().rev() {
        if chosen.last().is_none_or(|after| positions[*after] - position >= gap) {
            chosen.push(index);
        }
    }
    chosen.reverse();
    chosen
}

/// Moves two labels apart that are less than `gap` from each other, each by the same.
pub fn apart(upper: f64, lower: f64, gap: f64) -> (f64, f64) {
    let missing = gap - (lower - upper);
    if missing <= 0.0 { (upper, lower) } else { (upper - missing / 2.0, lower + missing / 2.0) }
}

/// A round step, so that at most five of them reach `most`; for whole numbers.
pub fn whole_step(most: i64) -> i64 {
    let mut power = 1i64;
    loop {
        for digit in [1, 2, 5] {
            let step = power.saturating_mul(digit);
            if step.saturating_mul(5) >= most {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// `value` of `most`, drawn on `length` units: tenths of a unit, in whole numbers all the way.
pub fn tenths_of(value: i64, most: i64, length: i64) -> i64 {
    let scaled = i128::from(value.clamp(0, most.max(1))) * i128::from(length) * 10 / i128::from(most.max(1));
    i64::try_from(scaled).unwrap_or(length * 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-6
    }

    #[test]
    fn a_scale_maps_ends_to_ends_and_may_run_downwards() {
        let scale = Scale::new((60.0, 160.0), (228.0, 16.0));
        assert!(near(scale.at(60.0), 228.0));
        assert!(near(scale.at(160.0), 16.0));
        assert!(near(scale.at(110.0), 122.0));
    }

    #[test]
    fn a_single_value_stands_in_the_middle() {
        assert!(near(Scale::new((7.0, 7.0), (0.0, 100.0)).at(7.0), 50.0));
    }

    #[test]
    fn an_axis_has_round_values_around_the_readings() {
        assert_eq!(axis(60.0, 152.0), [60.0, 80.0, 100.0, 120.0, 140.0, 160.0]);
        assert_eq!(axis(71.0, 71.0), [71.0, 71.2]);
    }

    #[test]
    fn the_ends_of_a_target_are_in_it() {
        let target = Some((90.0, 140.0));
        assert_eq!(Standing::of(90.0, target), Standing::Within);
        assert_eq!(Standing::of(140.0, target), Standing::Within);
        assert_eq!(Standing::of(141.0, target), Standing::High);
        assert_eq!(Standing::of(89.0, target), Standing::Low);
        assert_eq!(Standing::of(500.0, None), Standing::Within);
    }

    #[test]
    fn labels_keep_their_distance_and_the_last_one_stays() {
        assert_eq!(labels(&[0.0, 10.0, 70.0, 80.0, 150.0], 60.0), [1, 3, 4]);
        assert_eq!(labels(&[5.0], 60.0), [0]);
        assert!(labels(&[], 60.0).is_empty());
    }

    #[test]
    fn labels_that_collide_move_apart() {
        assert_eq!(apart(100.0, 104.0, 14.0), (95.0, 109.0));
        assert_eq!(apart(20.0, 104.0, 14.0), (20.0, 104.0));
    }

    #[test]
    fn steps_of_columns_are_round_and_reach_the_highest() {
        assert_eq!(whole_step(0), 1);
        assert_eq!(whole_step(17), 5);
        assert_eq!(whole_step(42_000), 10_000);
        assert_eq!(tenths_of(50, 200, 180), 450);
        assert_eq!(tenths_of(-5, 200, 180), 0);
        assert_eq!(tenths_of(5, 0, 180), 1800);
    }

    proptest! {
        #[test]
        fn an_axis_always_holds_its_values(low in 0.0f64..400.0, spread in 0.0f64..600.0) {
            let values = axis(low, low + spread);
            prop_assert!(values.len() >= 2 && values.len() <= 8);
            prop_assert!(values[0] <= low + 1e-6);
            prop_assert!(values[values.len() - 1] >= low + spread - 1e-6);
        }

        #[test]
        fn a_column_never_leaves_its_chart(value: i64, most: i64) {
            let tenths = tenths_of(value, most, 180);
            prop_assert!((0..=1800).contains(&tenths));
            prop_assert!(most <= 0 || whole_step(most).saturating_mul(5) >= most);
        }
    }
}
