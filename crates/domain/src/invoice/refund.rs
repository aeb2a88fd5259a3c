//! Money given back. Somebody asks for it, somebody else approves it, and then it has a credit note with a number of its own.
//!
//! A credit note lowers the charge by what is given back, so the two cancel out: `balance` and `status` of the bill stay as
//! they were. What was paid in full stays paid, and nobody owes anew what they got back. Payments are never changed: what
//! the clinic keeps is what was paid less what was refunded.

#[cfg(test)]
mod tests;

use super::{Invoice, PaymentMethod, YearlyNumber};
use crate::{Money, Role, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Who did something about a refund, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundStep {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: UserId,
    /// That person's name.
    pub by_name: String,
    /// That person's role then; whoever acts for a patient is one.
    pub by_role: Role,
}

/// A refund that was asked for, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    /// How much, in minor units of the bill's currency.
    pub minor: i64,
    /// Why, in the words of whoever asked.
    pub reason: String,
    /// Who asked.
    pub requested: RefundStep,
    /// What became of it; `None` while it waits.
    #[serde(default)]
    pub outcome: Option<RefundOutcome>,
}

/// What became of a refund; never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum RefundOutcome {
    /// It was given.
    Approved {
        /// Gap-free number of the credit note.
        credit_note: YearlyNumber,
        /// How it was given back.
        method: PaymentMethod,
        /// By whom.
        step: RefundStep,
    },
    /// It was not given.
    Declined {
        /// Why.
        reason: String,
        /// By whom.
        step: RefundStep,
    },
    /// Whoever asked for it took that back.
    Withdrawn {
        /// By whom.
        step: RefundStep,
    },
}

/// Where a refund stands; derived, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefundState {
    /// It waits for another person.
    Requested,
    /// It was given.
    Approved,
    /// It was not given.
    Declined,
    /// It was taken back.
    Withdrawn,
}

impl RefundState {
    /// The name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The words shown to people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Requested => "To approve",
            Self::Approved => "Refunded",
            Self::Declined => "Declined",
            Self::Withdrawn => "Withdrawn",
        }
    }
}

/// What an approved refund comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditNote {
    /// Its number.
    pub number: YearlyNumber,
    /// How much, in minor units of the bill's currency.
    pub minor: i64,
    /// How it was given back.
    pub method: PaymentMethod,
    /// When.
    pub at: Timestamp,
}

/// What cannot be done about a refund as things stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefundError {
    /// Nothing was paid, or all of it was given back.
    #[error("nothing that was paid is left to refund")]
    NothingLeft,
    /// One waits already: two at once would mostly be the same one asked for twice.
    #[error("a refund of this bill waits for approval already")]
    AnotherWaits,
    /// The bill has as many as one can have.
    #[error("too many refunds of this bill were asked for: talk to the billing office")]
    TooMany,
    /// Not above zero, or more than what was paid and not given back.
    #[error("the refund must be above zero and no more than what was paid and not given back")]
    WrongAmount,
    /// There is none with this number.
    #[error("there is no such refund")]
    Unknown,
    /// It was approved, declined or withdrawn.
    #[error("this refund was decided or withdrawn already")]
    Settled,
    /// Nobody decides on what they asked for themselves, or on money for themselves, whatever their role.
    #[error("this is your own request: another person must decide on it")]
    OwnRequest,
    /// Only whoever asked can take that back.
    #[error("only the person who asked for this refund can withdraw it")]
    NotOwnRequest,
}

impl Refund {
    /// Where it stands.
    pub const fn state(&self) -> RefundState {
        match self.outcome {
            None => RefundState::Requested,
            Some(RefundOutcome::Approved { .. }) => RefundState::Approved,
            Some(RefundOutcome::Declined { .. }) => RefundState::Declined,
            Some(RefundOutcome::Withdrawn { .. }) => RefundState::Withdrawn,
        }
    }

    /// Who decided on it or took it back, once that happened.
    pub const fn settled(&self) -> Option<&RefundStep> {
        match &self.outcome {
            Some(
                RefundOutcome::Approved { step, .. }
                | RefundOutcome::Declined { step, .. }
                | RefundOutcome::Withdrawn { step },
            ) => Some(step),
            None => None,
        }
    }

    /// Whether it waits for another person.
    pub const fn waits(&self) -> bool {
        self.outcome.is_none()
    }

    /// Its credit note, once it is approved.
    pub const fn credit_note(&self) -> Option<CreditNote> {
        match &self.outcome {
            Some(RefundOutcome::Approved { credit_note, method, step }) => {
                Some(CreditNote { number: *credit_note, minor: self.minor, method: *method, at: step.at })
            }
            _ => None,
        }
    }

    /// Whether `by` may decide on it now: never on the own request, and once.
    pub fn can_be_settled_by(&self, by: UserId) -> Result<(), RefundError> {
        match self.outcome {
            _ if self.requested.by == by => Err(RefundError::OwnRequest),
            Some(_) => Err(RefundError::Settled),
            None => Ok(()),
        }
    }
}

impl Invoice {
    /// Most refunds that can be asked for on one bill.
    pub const MOST_REFUNDS: usize = 50;

    fn refunds_of(&self, counts: impl Fn(&Refund) -> bool) -> Money {
        let minor = self.refunds.iter().filter(|refund| counts(refund)).map(|refund| refund.minor);
        Money::new(minor.fold(0i64, i64::saturating_add), self.currency)
    }

    /// Sum of what was given back.
    pub fn refunded(&self) -> Money {
        self.refunds_of(|refund| refund.state() == RefundState::Approved)
    }

    /// Sum of what was given back or is asked back.
    pub fn claimed(&self) -> Money {
        self.refunds_of(|refund| matches!(refund.state(), RefundState::Approved | RefundState::Requested))
    }

    /// What of the payments is neither given back nor asked back.
    pub fn refundable(&self) -> Money {
        Money::new(self.paid().minor - self.claimed().minor, self.currency)
    }

    /// The refund with this number, from 1.
    pub fn refund(&self, number: u32) -> Option<&Refund> {
        self.refunds.get(index(number)?)
    }

    /// Whether a refund waits for another person.
    pub fn has_waiting_refund(&self) -> bool {
        self.refunds.iter().any(Refund::waits)
    }

    /// The credit notes, oldest request first.
    pub fn credit_notes(&self) -> impl Iterator<Item = CreditNote> {
        self.refunds.iter().filter_map(Refund::credit_note)
    }

    /// Whether a refund can be asked for now.
    pub fn can_request_refund(&self) -> Result<(), RefundError> {
        if self.has_waiting_refund() {
            Err(RefundError::AnotherWaits)
        } else if self.refundable().minor <= 0 {
            Err(RefundError::NothingLeft)
        } else if self.refunds.len() >= Self::MOST_REFUNDS {
            Err(RefundError::TooMany)
        } else {
            Ok(())
        }
    }

    /// Asks for a refund.
    pub fn request_refund(
        &mut self,
        minor: i64,
        reason: String,
        requested: RefundStep,
    ) -> Result<(), RefundError> {
        self.can_request_refund()?;
        if minor <= 0 || minor > self.refundable().minor {
            return Err(RefundError::WrongAmount);
        }
        self.refunds.push(Refund { minor, reason, requested, outcome: None });
        Ok(())
    }

    /// Gives a refund that somebody else asked for.
    pub fn approve_refund(
        &mut self,
        number: u32,
        credit_note: YearlyNumber,
        method: PaymentMethod,
        step: RefundStep,
    ) -> Result<(), RefundError> {
        let refund = self.refund_mut(number)?;
        refund.can_be_settled_by(step.by)?;
        refund.outcome = Some(RefundOutcome::Approved { credit_note, method, step });
        Ok(())
    }

    /// Does not give a refund that somebody else asked for.
    pub fn decline_refund(
        &mut self,
        number: u32,
        reason: String,
        step: RefundStep,
    ) -> Result<(), RefundError> {
        let refund = self.refund_mut(number)?;
        refund.can_be_settled_by(step.by)?;
        refund.outcome = Some(RefundOutcome::Declined { reason, step });
        Ok(())
    }

    /// Takes the own request back while it waits.
    pub fn withdraw_refund(&mut self, number: u32, step: RefundStep) -> Result<(), RefundError> {
        let refund = self.refund_mut(number)?;
        if refund.requested.by != step.by {
            return Err(RefundError::NotOwnRequest);
        }
        if !refund.waits() {
            return Err(RefundError::Settled);
        }
        refund.outcome = Some(RefundOutcome::Withdrawn { step });
        Ok(())
    }

    fn refund_mut(&mut self, number: u32) -> Result<&mut Refund, RefundError> {
        index(number).and_then(|index| self.refunds.get_mut(index)).ok_or(RefundError::Unknown)
    }
}

/// The place of a refund in the list, by its number.
fn index(number: u32) -> Option<usize> {
    usize::try_from(number.checked_sub(1)?).ok()
}
