//! Repeatable choices for the demonstration clinic; never for secrets.

use crate::{Random, SeededRandom};

/// A sequence of choices that depends on its seed alone.
pub(super) struct Dice(SeededRandom);

impl Dice {
    /// The sequence of `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(SeededRandom::new(seed))
    }

    /// 128 bits.
    pub fn bits(&self) -> u128 {
        self.0.bits()
    }

    /// A number from 0 below `end`.
    pub fn below(&self, end: usize) -> usize {
        let end = end.max(1) as u64;
        usize::try_from(self.0.next() % end).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).saturating_add(1).max(1).unsigned_abs();
        low.saturating_add_unsigned(self.0.next() % span)
    }

    /// True in so many of a hundred cases.
    pub fn percent(&self, chance: u64) -> bool {
        self.0.next() % 100 < chance
    }

    /// One of `choices`, which must not be empty.
    pub fn pick<'c, T>(&self, choices: &'c [T]) -> &'c T {
        &choices[self.below(choices.len())]
    }
}
