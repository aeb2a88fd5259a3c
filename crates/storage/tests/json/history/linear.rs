//! A checker of linearizability (Wing and Gong 1993, with the memory of Lowe 2017): is there an order of the calls, each
//! at some moment between its beginning and its end, in which one caller alone would get all these answers? It looks
//! at nothing but times and answers.

use super::{Asked, Call};
use std::collections::HashSet;
use std::hash::Hash;

/// Configurations after which it gives up.
const MOST_STATES: usize = 2_000_000;

/// One call as the checker sees it.
#[derive(Clone, Debug)]
pub struct Timed<O> {
    /// When it was made.
    pub began: u64,
    /// When it was answered; `None` for never: it may have happened at any time since, or not at all.
    pub ended: Option<u64>,
    /// What was asked and answered.
    pub what: O,
}

/// What the checker found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// `None` when it gave up.
    pub is_linearizable: Option<bool>,
    /// Configurations that it went through.
    pub states: usize,
}

/// A set of calls.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Done(Vec<u64>);

impl Done {
    fn has(&self, call: usize) -> bool {
        self.0[call / 64] & (1 << (call % 64)) != 0
    }

    fn flip(&mut self, call: usize) {
        self.0[call / 64] ^= 1 << (call % 64);
    }
}

/// Looks for an order; `step` is the state after a call, or nothing if the call cannot have got its answer there.
pub fn check<S, O>(mut calls: Vec<Timed<O>>, initial: S, step: impl Fn(&S, &O) -> Option<S>) -> Found
where
    S: Clone + Eq + Hash,
{
    calls.sort_by_key(|call| call.began);
    let mut left = calls.iter().filter(|call| call.ended.is_some()).count();
    let mut done = Done(vec![0; calls.len().div_ceil(64)]);
    let mut known = HashSet::new();
    let mut state = initial;
    // Each entry: the call that was taken, and the state before it.
    let mut path: Vec<(usize, S)> = Vec::new();
    let mut from = 0;
    while left > 0 {
        let mut taken = None;
        for call in candidates(&calls, &done, from) {
            if let Some(after) = step(&state, &calls[call].what) {
                done.flip(call);
                if known.insert((done.clone(), after.clone())) {
                    taken = Some((call, after));
                    break;
                }
                done.flip(call);
            }
        }
        if known.len() > MOST_STATES {
            return Found { is_linearizable: None, states: known.len() };
        }
        if let Some((call, after)) = taken {
            path.push((call, std::mem::replace(&mut state, after)));
            left -= usize::from(calls[call].ended.is_some());
            from = 0;
        } else if let Some((call, before)) = path.pop() {
            done.flip(call);
            left += usize::from(calls[call].ended.is_some());
            state = before;
            from = call + 1;
        } else {
            return Found { is_linearizable: Some(false), states: known.len() };
        }
    }
    Found { is_linearizable: Some(true), states: known.len() }
}

/// Calls from number `from` on that may be next: they began before any other that is left had ended.
fn candidates<O>(calls: &[Timed<O>], done: &Done, from: usize) -> Vec<usize> {
    let (mut first_end, mut found) = (u64::MAX, Vec::new());
    for (number, call) in calls.iter().enumerate() {
        if call.began > first_end {
            break;
        }
        if !done.has(number) {
            first_end = first_end.min(call.ended.unwrap_or(u64::MAX));
            found.push(number);
        }
    }
    found.retain(|number| *number >= from && calls[*number].began <= first_end);
    found
}

/// Asked and answered; the number is that of the call.
type Asking = (Asked, u64, Option<u64>);

/// A time: 0 while it is free, or the call that has it.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the checker's steps borrow what may be large")]
fn slot_step(state: &u64, (asked, tag, answer): &Asking) -> Option<u64> {
    let (value, after) = match asked {
        Asked::Book(_) if *state == 0 => (0, *tag),
        Asked::Cancel(_) => (*state, 0),
        _ => (*state, *state),
    };
    answer.is_none_or(|answer| answer == value).then_some(after)
}

/// The calls about one time.
pub fn check_slot(calls: &[&Call]) -> Found {
    let timed = calls.iter().filter(|call| call.answer.is_some() || !matches!(call.asked, Asked::Look(_)));
    let timed = timed.map(|call| Timed {
        began: call.began,
        ended: call.answer.map(|answer| answer.ended),
        what: (call.asked, call.tag, call.answer.map(|answer| answer.value)),
    });
    check(timed.collect(), 0, slot_step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Dice;

    fn call(began: u64, ended: u64, asked: Asked, tag: u64, value: u64) -> Timed<Asking> {
        Timed { began, ended: (ended > 0).then_some(ended), what: (asked, tag, (ended > 0).then_some(value)) }
    }

    fn is_good(calls: Vec<Timed<Asking>>) -> bool {
        check(calls, 0, slot_step).is_linearizable.unwrap()
    }

    const BOOK: Asked = Asked::Book(0);
    const CANCEL: Asked = Asked::Cancel(0);
    const LOOK: Asked = Asked::Look(0);

    #[test]
    fn known_good_histories_pass() {
        assert!(is_good(Vec::new()));
        assert!(is_good(vec![call(1, 2, BOOK, 1, 0), call(3, 4, LOOK, 2, 1), call(5, 6, BOOK, 3, 1)]));
        // A look beside a booking may see it or not, and in either order.
        assert!(is_good(vec![call(1, 9, BOOK, 1, 0), call(2, 3, LOOK, 2, 0), call(4, 5, LOOK, 3, 1)]));
        // A booking that was never answered may have happened, early or late, or not at all.
        assert!(is_good(vec![call(1, 0, BOOK, 1, 0), call(2, 3, LOOK, 2, 0), call(4, 5, LOOK, 3, 1)]));
        assert!(is_good(vec![call(1, 0, BOOK, 1, 0), call(2, 3, BOOK, 2, 0)]));
        assert!(is_good(vec![
            call(1, 2, BOOK, 1, 0),
            call(3, 10, CANCEL, 2, 1),
            call(4, 9, BOOK, 3, 0),
            call(11, 12, LOOK, 4, 3),
        ]));
    }

    #[test]
    fn known_bad_histories_are_found_out() {
        let double = vec![call(1, 5, BOOK, 1, 0), call(2, 6, BOOK, 2, 0)];
        let stale = vec![call(1, 2, BOOK, 1, 0), call(3, 4, LOOK, 2, 0)];
        let lost = vec![call(1, 2, BOOK, 1, 0), call(3, 4, BOOK, 2, 0)];
        let backwards = vec![call(1, 9, BOOK, 1, 0), call(2, 3, LOOK, 2, 1), call(4, 5, LOOK, 3, 0)];
        let resurrected = vec![call(1, 2, BOOK, 1, 0), call(3, 4, CANCEL, 2, 1), call(5, 6, LOOK, 3, 1)];
        let invented = vec![call(1, 2, LOOK, 1, 7)];
        let cancelled_twice =
            vec![call(1, 2, BOOK, 1, 0), call(3, 8, CANCEL, 2, 1), call(4, 7, CANCEL, 3, 1)];
        let before_it_began = vec![call(1, 2, LOOK, 1, 2), call(3, 4, BOOK, 2, 0)];
        for bad in [double, stale, lost, backwards, resurrected, invented, cancelled_twice, before_it_began] {
            assert!(!is_good(bad.clone()), "{bad:?}");
        }
    }

    /// Every order of the calls, with every choice of the unanswered ones, tried without any cleverness.
    fn is_good_the_slow_way(calls: &[Timed<Asking>], state: u64) -> bool {
        if calls.iter().all(|call| call.ended.is_none()) {
            return true;
        }
        let first_end = calls.iter().filter_map(|call| call.ended).min().unwrap_or(u64::MAX);
        (0..calls.len()).any(|next| {
            let mut rest = calls.to_vec();
            let call = rest.remove(next);
            let after = slot_step(&state, &call.what).filter(|_| call.began <= first_end);
            after.is_some_and(|after| is_good_the_slow_way(&rest, after))
        })
    }

    #[test]
    fn it_agrees_with_the_slow_way_on_random_histories() {
        let mut dice = Dice(7);
        let (mut good, mut bad) = (0, 0);
        for round in 0..3_000 {
            let calls: Vec<_> = (1..=2 + dice.roll(5))
                .map(|tag| {
                    let began = 1 + dice.roll(20);
                    let ended = if dice.roll(6) == 0 { 0 } else { began + 1 + dice.roll(12) };
                    let asked = [BOOK, CANCEL, LOOK][dice.place(3)];
                    call(began, ended, asked, tag, if dice.roll(2) == 0 { 0 } else { 1 + dice.roll(4) })
                })
                .collect();
            let expected = is_good_the_slow_way(&calls, 0);
            assert_eq!(is_good(calls.clone()), expected, "round {round}: {calls:?}");
            if expected { good += 1 } else { bad += 1 }
        }
        assert!(good > 200 && bad > 200, "{good} good, {bad} bad");
    }

    #[test]
    fn long_histories_of_many_callers_pass_until_one_answer_is_changed() {
        for seed in 0..10 {
            let mut dice = Dice(seed);
            let (mut state, mut calls) = (0, Vec::new());
            for tag in 1..=200 {
                let (moment, asked) = (tag * 10, [BOOK, CANCEL, LOOK][dice.place(3)]);
                let value = if matches!(asked, Asked::Book(_)) && state == 0 { 0 } else { state };
                state = slot_step(&state, &(asked, tag, None)).unwrap();
                calls.push(call(
                    moment - dice.roll(60).min(moment - 1),
                    moment + 1 + dice.roll(60),
                    asked,
                    tag,
                    value,
                ));
            }
            assert!(is_good(calls.clone()), "seed {seed}");
            let changed = dice.place(calls.len());
            calls[changed].what.2 = Some(9_999);
            assert!(!is_good(calls), "seed {seed}, call {changed}");
        }
    }
}
