//! What callers asked of a store, when, and what they were told; and two judges of it that know nothing of each other.

pub mod callers;
pub mod journal;
pub mod linear;
pub mod witness;

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};

/// What a caller asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Takes a time if it is free: 0, or the call that has it.
    Book(u64),
    /// Frees a time: the call that had it, or 0.
    Cancel(u64),
    /// Who has a time: that call, or 0.
    Look(u64),
    /// A new account: its id.
    SignUp,
    /// A new bill: its number.
    Bill,
}

impl Asked {
    /// Whether an answer with this value comes of a transaction.
    pub const fn wrote(self, value: u64) -> bool {
        match self {
            Self::Book(_) => value == 0,
            Self::Cancel(_) => value != 0,
            Self::Look(_) => false,
            Self::SignUp | Self::Bill => true,
        }
    }

    /// The time that it is about.
    pub const fn slot(self) -> Option<u64> {
        match self {
            Self::Book(slot) | Self::Cancel(slot) | Self::Look(slot) => Some(slot),
            Self::SignUp | Self::Bill => None,
        }
    }

    fn parse(words: &str) -> Option<Self> {
        Some(match words.split_once(' ') {
            Some(("book", slot)) => Self::Book(slot.parse().ok()?),
            Some(("cancel", slot)) => Self::Cancel(slot.parse().ok()?),
            Some(("look", slot)) => Self::Look(slot.parse().ok()?),
            None if words == "sign-up" => Self::SignUp,
            None if words == "bill" => Self::Bill,
            _ => return None,
        })
    }
}

impl Display for Asked {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Book(slot) => write!(f, "book {slot}"),
            Self::Cancel(slot) => write!(f, "cancel {slot}"),
            Self::Look(slot) => write!(f, "look {slot}"),
            Self::SignUp => f.write_str("sign-up"),
            Self::Bill => f.write_str("bill"),
        }
    }
}

/// What a caller was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// When, in nanoseconds of the machine's steady clock.
    pub ended: u64,
    /// The number of the last transaction that it saw, its own included.
    pub at: u64,
    /// What [`Asked`] says.
    pub value: u64,
}

/// One call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its number, from 1; unique over all processes.
    pub tag: u64,
    /// When it was made, in nanoseconds of the machine's steady clock.
    pub began: u64,
    /// What was asked.
    pub asked: Asked,
    /// The answer; `None` when the caller was killed before it.
    pub answer: Option<Answer>,
}

impl Call {
    /// The line that a caller writes down before the call.
    pub fn opening(&self) -> String {
        format!("call {} {} {}\n", self.tag, self.began, self.asked)
    }

    /// The line that a caller writes down after it.
    pub fn closing(tag: u64, answer: Answer) -> String {
        format!("done {tag} {} {} {}\n", answer.ended, answer.at, answer.value)
    }
}

/// The calls that one process wrote down; its last line may be cut by a kill.
pub fn read(text: &str) -> Vec<Call> {
    let mut calls = BTreeMap::new();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    for line in whole.lines() {
        let known = match line.splitn(4, ' ').collect::<Vec<_>>()[..] {
            ["call", tag, began, asked] => opened(&mut calls, tag, began, asked),
            ["done", tag, ended, rest] => answered(&mut calls, tag, ended, rest),
            _ => None,
        };
        assert!(known.is_some(), "no line of a history: {line}");
    }
    calls.into_values().collect()
}

fn opened(calls: &mut BTreeMap<u64, Call>, tag: &str, began: &str, asked: &str) -> Option<()> {
    let tag = tag.parse().ok()?;
    let call = Call { tag, began: began.parse().ok()?, asked: Asked::parse(asked)?, answer: None };
    calls.insert(tag, call);
    Some(())
}

fn answered(calls: &mut BTreeMap<u64, Call>, tag: &str, ended: &str, rest: &str) -> Option<()> {
    let (at, value) = rest.split_once(' ')?;
    let answer = Answer { ended: ended.parse().ok()?, at: at.parse().ok()?, value: value.parse().ok()? };
    calls.get_mut(&tag.parse().ok()?)?.answer = Some(answer);
    Some(())
}

/// What was found in a history.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Calls, answered or not.
    pub calls: usize,
    /// Calls that nobody lived to see answered.
    pub unanswered: usize,
    /// Transactions in the journal.
    pub transactions: usize,
    /// Histories of single times that the black-box judge looked at.
    pub histories: usize,
    /// States that it went through.
    pub states: usize,
    /// Histories on which it gave up.
    pub undecided: usize,
    /// What is wrong.
    pub violations: Vec<String>,
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { calls, unanswered, transactions, histories, states, undecided, violations } = self;
        write!(
            f,
            "{calls} operations ({unanswered} unanswered), {transactions} transactions, {histories} histories, \
             {states} states, {undecided} undecided, {} violations",
            violations.len()
        )
    }
}

/// Judges calls by the journal, and the calls of each time by themselves.
pub fn judge(calls: &[Call], journal: &[journal::Transaction]) -> Verdict {
    let mut verdict = Verdict {
        calls: calls.len(),
        unanswered: calls.iter().filter(|call| call.answer.is_none()).count(),
        transactions: journal.len(),
        violations: witness::check(calls, journal),
        ..Verdict::default()
    };
    let mut slots = BTreeMap::<u64, Vec<&Call>>::new();
    for call in calls {
        if let Some(slot) = call.asked.slot() {
            slots.entry(slot).or_default().push(call);
        }
    }
    for (slot, calls) in slots {
        let found = linear::check_slot(&calls);
        verdict.histories += 1;
        verdict.states += found.states;
        match found.is_linearizable {
            Some(true) => {}
            Some(false) => verdict.violations.push(format!("time {slot}: no order explains {calls:?}")),
            None => verdict.undecided += 1,
        }
    }
    verdict
}
