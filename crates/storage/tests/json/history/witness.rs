//! The witness check: the journal is the order in which everything happened. Replaying it must explain each answer, and
//! it must not put a call before one that had ended when it was made.

use super::callers::booker;
use super::journal::Transaction;
use super::{Asked, Call};
use domain::Appointment;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use storage::conformance::samples::at;

/// Says what is wrong, if anything.
pub fn check(calls: &[Call], journal: &[Transaction]) -> Vec<String> {
    let mut violations = real_time(calls);
    let by_tag: HashMap<u64, &Call> = calls.iter().map(|call| (call.tag, call)).collect();
    if by_tag.len() < calls.len() {
        violations.push("two calls have one number".to_owned());
    }
    // Answers without a transaction of their own, by the transaction that they saw last.
    let mut seen = BTreeMap::<u64, Vec<&Call>>::new();
    let mut writers = HashMap::new();
    for call in calls {
        let Some(answer) = call.answer else { continue };
        if call.asked.wrote(answer.value) {
            writers.insert(call.tag, answer.at);
        } else {
            seen.entry(answer.at).or_default().push(call);
        }
    }
    let mut model = Model::default();
    for number in 0..=journal.len() as u64 {
        if let Some(transaction) = usize::try_from(number).ok().and_then(|it| journal.get(it.wrapping_sub(1)))
        {
            let made_at = writers.remove(&transaction.tag);
            violations.extend(model.apply(
                number,
                transaction,
                by_tag.get(&transaction.tag).copied(),
                made_at,
            ));
        }
        for call in seen.remove(&number).into_iter().flatten() {
            let holds = call.asked.slot().map_or(0, |slot| model.holder(slot));
            if call.answer.is_some_and(|answer| answer.value != holds) {
                violations.push(format!("after transaction {number} {holds} has the time: {call:?}"));
            }
        }
    }
    violations.extend(writers.keys().map(|tag| format!("acknowledged and gone: {:?}", by_tag[tag])));
    violations.extend(seen.into_values().flatten().map(|call| format!("it saw what is gone: {call:?}")));
    violations
}

/// What the journal says up to some transaction.
#[derive(Default)]
struct Model {
    /// Live appointments by start.
    held: BTreeMap<Timestamp, Vec<Appointment>>,
    counters: BTreeMap<String, u64>,
}

impl Model {
    /// The call that has a time; 0 when it is free.
    fn holder(&self, slot: u64) -> u64 {
        let held = self.held.get(&at(i64::try_from(slot).unwrap() * 30));
        booker(held.and_then(|held| held.first()))
    }

    fn apply(
        &mut self,
        number: u64,
        transaction: &Transaction,
        call: Option<&Call>,
        made_at: Option<u64>,
    ) -> Vec<String> {
        let mut violations = Vec::new();
        if transaction.audit != number {
            violations.push(format!("transaction {number} has the audit event {}", transaction.audit));
        }
        for (name, value) in &transaction.counters {
            let last = self.counters.insert(name.clone(), *value).unwrap_or(0);
            if *value != last + 1 {
                violations.push(format!("transaction {number}: {name} goes from {last} to {value}"));
            }
        }
        let Some(call) = call else {
            violations.push(format!("nobody asked for transaction {number}: {transaction:?}"));
            return violations;
        };
        let expected = match call.asked {
            Asked::Book(_) => 0,
            Asked::Cancel(slot) => self.holder(slot),
            Asked::SignUp => self.counters.get("user").copied().unwrap_or(0),
            Asked::Bill => self.counters.get("invoice 2026").copied().unwrap_or(0),
            Asked::Look(_) => u64::MAX,
        };
        if let Some(row) = &transaction.appointment {
            let held = self.held.entry(row.time.start()).or_default();
            held.retain(|other| other.id != row.id);
            if row.blocks_time() {
                held.push(row.clone());
            }
            if held.len() > 1 {
                violations.push(format!("transaction {number} books a time twice: {held:?}"));
            }
        }
        let answers = call.answer.filter(|_| made_at.is_some());
        if answers.is_some_and(|answer| answer.at != number || answer.value != expected) {
            violations.push(format!("transaction {number}, {expected} expected: {call:?}"));
        }
        if call.answer.is_some() && made_at.is_none() {
            violations.push(format!("refused, yet there is transaction {number}, or twice: {call:?}"));
        }
        violations
    }
}

/// Whoever begins after another has ended sees at least as much, and writes after it.
fn real_time(calls: &[Call]) -> Vec<String> {
    // An end comes before a beginning of the same nanosecond only if it does not matter.
    let mut moments: Vec<(u64, bool, &Call)> = Vec::new();
    for call in calls {
        moments.push((call.began, false, call));
        moments.extend(call.answer.map(|answer| (answer.ended, true, call)));
    }
    moments.sort_unstable_by_key(|(time, is_end, _)| (*time, *is_end));
    let (mut newest, mut floors, mut violations) = (0, HashMap::new(), Vec::new());
    for (_, is_end, call) in moments {
        match call.answer {
            Some(answer) if is_end => {
                let floor = floors.remove(&call.tag).unwrap_or(0) + u64::from(call.asked.wrote(answer.value));
                if answer.at < floor {
                    violations.push(format!("{floor} was there before it began: {call:?}"));
                }
                newest = newest.max(answer.at);
            }
            _ => _ = floors.insert(call.tag, newest),
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::super::callers::{Plan, drive};
    use super::super::{Answer, journal};
    use super::*;
    use std::sync::Arc;
    use storage::conformance::Store;

    /// A history of two stores as it really was.
    fn genuine() -> (Vec<Call>, Vec<Transaction>) {
        let directory = tempfile::tempdir().unwrap();
        let open = || -> Store { Arc::new(crate::open(directory.path()).unwrap()) };
        let plan = Plan { slots: 5, is_only_bills: false, is_without_overlaps: false };
        let (calls, outcome) = drive(&[open(), open()], 2, 30, plan, 3);
        outcome.unwrap();
        (calls, journal::read(&[&directory.path().join("journal")]).unwrap())
    }

    /// The first call of a kind.
    fn first(calls: &mut [Call], is_it: impl Fn(&Call, Answer) -> bool) -> &mut Call {
        calls.iter_mut().find(|call| call.answer.is_some_and(|answer| is_it(call, answer))).unwrap()
    }

    type Lie<'a> = &'a dyn Fn(&mut Vec<Call>, &mut Vec<Transaction>);

    #[test]
    fn a_genuine_history_passes_and_every_lie_in_it_is_found_out() {
        let (calls, journal) = genuine();
        assert_eq!(check(&calls, &journal), Vec::<String>::new());
        let is_refused =
            |call: &Call, answer: Answer| matches!(call.asked, Asked::Book(_)) && answer.value > 0;
        let is_look = |call: &Call, answer: Answer| matches!(call.asked, Asked::Look(_)) && answer.at > 5;
        let is_sign_up = |call: &Call, _: Answer| call.asked == Asked::SignUp;
        let lies: [(&str, Lie); 10] = [
            ("another occupant", &|calls, _| first(calls, is_refused).answer.as_mut().unwrap().value += 1),
            ("a booking of a time that is taken", &|calls, _| {
                first(calls, is_refused).answer.as_mut().unwrap().value = 0;
            }),
            ("a stale look", &|calls, _| first(calls, is_look).answer.as_mut().unwrap().at = 0),
            ("a look at what is not there yet", &|calls, _| {
                first(calls, is_look).answer.as_mut().unwrap().at = 10_000;
            }),
            ("another id", &|calls, _| first(calls, is_sign_up).answer.as_mut().unwrap().value += 1),
            ("another transaction", &|calls, _| first(calls, is_sign_up).answer.as_mut().unwrap().at += 1),
            ("a lost transaction", &|_, journal| _ = journal.pop()),
            ("a transaction that is left out", &|_, journal| _ = journal.remove(3)),
            ("transactions in another order", &|_, journal| journal.swap(2, 6)),
            ("a transaction that nobody asked for", &|calls, journal| {
                let tag = journal[4].tag;
                calls.retain(|call| call.tag != tag);
            }),
        ];
        for (what, lie) in lies {
            let (mut calls, mut journal) = (calls.clone(), journal.clone());
            lie(&mut calls, &mut journal);
            assert!(!check(&calls, &journal).is_empty(), "{what} passes");
        }
        let mut killed = calls;
        killed.iter_mut().step_by(3).for_each(|call| call.answer = None);
        assert_eq!(check(&killed, &journal), Vec::<String>::new(), "what was not answered may have happened");
    }
}
