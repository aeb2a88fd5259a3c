//! The parts that lists are put together from: what narrows them, what orders them.

use crate::Order;
use std::fmt::Write as _;

/// A condition of a list. `$` stands for its argument; conditions without one have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// This id, a number.
    Id,
    /// One of these ids, numbers.
    IdAmong,
    /// This id, random.
    RandomId,
    /// One of these ids, random.
    RandomIdAmong,
    /// The account of this address.
    Email,
    /// The account of this name.
    Username,
    /// Accounts of this role.
    Role,
    /// Accounts in whose names or address this stands.
    AccountText,
    /// Of this account.
    User,
    /// Of this account: a patient.
    Mrn,
    /// Not revoked.
    NotRevoked,
    /// Not over at this instant.
    ExpiresAfter,
    /// Awaiting the review of an auditor.
    AwaitsReview,
    /// With this in the text that is searched.
    SearchText,
    /// Exactly this name.
    FullName,
    /// Born on this day.
    BirthDate,
    /// With this doctor.
    Doctor,
    /// Of this patient.
    Patient,
    /// Of one of these patients.
    PatientAmong,
    /// Of one of these patients, or of none.
    PatientAmongOrNone,
    /// Of no patient.
    Unlinked,
    /// Starting at or after.
    StartsFrom,
    /// Starting before.
    StartsUntil,
    /// In one of these statuses.
    StatusAmong,
    /// Agreed, not only held or never confirmed.
    Agreed,
    /// With something due at this instant or before.
    DueUntil,
    /// With something still to be done.
    Open,
    /// A message in this state.
    MessageState,
    /// A message for this.
    MessageNotice,
    /// A message about what starts at or after this.
    MessageStartsFrom,
    /// A message about what starts before this.
    MessageStartsUntil,
    /// Of this kind.
    Kind,
    /// In this status.
    Status,
    /// Of one of these kinds.
    KindAmong,
    /// By this author.
    Author,
    /// Unsigned notes of this author.
    UnsignedBy,
    /// What the patient may read.
    Visible,
    /// Of this visit.
    Appointment,
    /// Of one of these visits.
    AppointmentAmong,
    /// No drafts.
    Issued,
    /// Paid at or after this.
    PaidFrom,
    /// Paid before this.
    PaidUntil,
    /// Paid at or after the first and before the second.
    PaidBetween,
    /// With a refund given at or after the first and before the second.
    RefundedBetween,
    /// With a refund that waits for approval.
    RefundWaits,
    /// With a refund, whatever became of it.
    HasRefunds,
    /// By this actor.
    Actor,
    /// By anyone else.
    NotActor,
    /// Of this request.
    Request,
    /// One of these actions.
    ActionAmong,
    /// With this outcome.
    Outcome,
    /// At or after.
    From,
    /// Before.
    Until,
}

impl Condition {
    /// Its text, `$` where an argument goes.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Id | Self::RandomId => "id = $",
            Self::IdAmong | Self::RandomIdAmong => "id = ANY($)",
            Self::Email => "email = $ AND finds_by_email",
            Self::Username => "username = $ AND finds_by_username",
            Self::Role => "role = $",
            Self::AccountText => "(display_name LIKE $ OR username LIKE $ OR email LIKE $)",
            Self::User => "user_id = $",
            Self::Mrn => "mrn = $",
            Self::NotRevoked => "revoked_at IS NULL",
            Self::ExpiresAfter => "expires_at > $",
            Self::AwaitsReview => "awaits_review",
            Self::SearchText => "search_text LIKE $",
            Self::FullName => "full_name = $",
            Self::BirthDate => "birth_date = $",
            Self::Doctor => "doctor = $",
            Self::Patient => "patient_id = $",
            Self::PatientAmong => "patient_id = ANY($)",
            Self::PatientAmongOrNone => "(patient_id = ANY($) OR patient_id IS NULL)",
            Self::Unlinked => "patient_id IS NULL",
            Self::StartsFrom => "starts_at >= $",
            Self::StartsUntil => "starts_at < $",
            Self::StatusAmong => "status = ANY($)",
            Self::Status => "status = $",
            Self::Agreed => "status NOT IN ('proposed', 'lapsed')",
            Self::DueUntil => "due_at <= $",
            Self::Open => "due_at IS NOT NULL",
            Self::MessageState => "doc->>'state' = $",
            Self::MessageNotice => "doc->>'notice' = $",
            Self::MessageStartsFrom => "(doc->>'start')::timestamptz >= $",
            Self::MessageStartsUntil => "(doc->>'start')::timestamptz < $",
            Self::Kind => "kind = $",
            Self::KindAmong => "kind = ANY($)",
            Self::Author => "author_id = $",
            Self::UnsignedBy => "author_id = $ AND unsigned",
            Self::Visible => "visible_to_patient",
            Self::Appointment => "appointment_id = $",
            Self::AppointmentAmong => "appointment_id = ANY($)",
            Self::Issued => "status <> 'draft'",
            Self::PaidFrom => "id IN (SELECT billing_id FROM payments WHERE paid_at >= $)",
            Self::PaidUntil => "id IN (SELECT billing_id FROM payments WHERE paid_at < $)",
            Self::PaidBetween => "id IN (SELECT billing_id FROM payments WHERE paid_at >= $ AND paid_at < $)",
            Self::RefundedBetween => {
                "id IN (SELECT billing_id FROM credit_notes WHERE given_at >= $ AND given_at < $)"
            }
            Self::RefundWaits => "refund_waits",
            Self::HasRefunds => "refund_waits IS NOT NULL",
            Self::Actor => "actor = $",
            Self::NotActor => "actor IS DISTINCT FROM $",
            Self::Request => r#"substring(body from '"requestId":"([^"\\]*)"[}]\Z') = $"#,
            Self::ActionAmong => "action = ANY($)",
            Self::Outcome => "outcome = $",
            Self::From => "at >= $",
            Self::Until => "at < $",
        }
    }
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// By id.
    Id,
    /// By start, id.
    Start,
    /// By the start of a session, id.
    Begun,
    /// By name, id.
    Name,
    /// By place in the log.
    Place,
}

impl Sort {
    const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Id => &["id"],
            Self::Start => &["starts_at", "id"],
            Self::Begun => &["created_at", "id"],
            Self::Name => &["list_name", "id"],
            Self::Place => &["seq"],
        }
    }
}

/// A statement under construction; counts its arguments.
#[derive(Debug)]
pub struct Builder {
    text: String,
    arguments: usize,
    has_condition: bool,
}

impl Builder {
    /// Begins with a head, as `SELECT … FROM …`.
    pub fn new(head: &'static str) -> Self {
        Self { text: head.to_owned(), arguments: 0, has_condition: false }
    }

    /// Adds a condition. `shared` says that all its arguments are the same one.
    pub fn condition(&mut self, condition: Condition, shared: bool) {
        self.join();
        let mut first = true;
        for character in condition.text().chars() {
            if character == '$' {
                if first || !shared {
                    self.arguments += 1;
                }
                first = false;
                let _ = write!(self.text, "${}", self.arguments);
            } else {
                self.text.push(character);
            }
        }
    }

    fn join(&mut self) {
        self.text.push_str(if self.has_condition { " AND " } else { " WHERE " });
        self.has_condition = true;
    }

    /// Goes on after a row: its sort columns are the next arguments.
    pub fn after(&mut self, sort: Sort, order: Order) {
        self.join();
        let columns = sort.columns();
        let _ = write!(
            self.text,
            "({}) {} (",
            columns.join(", "),
            match order {
                Order::Ascending => '>',
                Order::Descending => '<',
            }
        );
        for index in 0..columns.len() {
            self.arguments += 1;
            let _ = write!(self.text, "{}${}", if index > 0 { ", " } else { "" }, self.arguments);
        }
        self.text.push(')');
    }

    /// Sorts, and takes at most as many rows as the next argument says.
    pub fn page(&mut self, sort: Sort, order: Order, is_limited: bool) {
        let direction = match order {
            Order::Ascending => "",
            Order::Descending => " DESC",
        };
        for (index, column) in sort.columns().iter().enumerate() {
            let _ = write!(self.text, "{}{column}{direction}", if index > 0 { ", " } else { " ORDER BY " });
        }
        if is_limited {
            self.arguments += 1;
            let _ = write!(self.text, " LIMIT ${}", self.arguments);
        }
    }

    /// The statement.
    pub fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::super::{APPOINTMENTS, USERS};
    use super::*;

    #[test]
    fn a_list_is_put_together_of_known_parts() {
        let mut list = Builder::new(APPOINTMENTS.select);
        list.condition(Condition::Doctor, false);
        list.condition(Condition::StartsFrom, false);
        list.after(Sort::Start, Order::Descending);
        list.page(Sort::Start, Order::Descending, true);
        assert_eq!(
            list.finish(),
            "SELECT version, doc FROM appointments WHERE doctor = $1 AND starts_at >= $2 AND (starts_at, id) < ($3, $4) \
             ORDER BY starts_at DESC, id DESC LIMIT $5"
        );
    }

    #[test]
    fn an_argument_can_stand_in_several_places() {
        let mut list = Builder::new(USERS.count);
        list.condition(Condition::AccountText, true);
        list.condition(Condition::Role, false);
        let expected = "SELECT count(*) FROM users WHERE (display_name LIKE $1 OR username LIKE $1 OR email LIKE $1) \
                        AND role = $2";
        assert_eq!(list.finish(), expected);
    }
}
