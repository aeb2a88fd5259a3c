//! What the application demands of an object, asked of those that come from a file.

use super::refused;
use crate::{ServiceError, Unit};
use domain::invoice::{InvoiceLine, InvoiceStatus};
use domain::{
    Currency, Email, FieldErrors, Invoice, PatientId, Record, RecordBody, Role, User, UserId, Username,
};
use storage::{Edited, PatientKey, UserKey};

/// Names as the application takes them, where they are new: the old system's may be anything.
pub(super) fn names(edited: &Edited<User>) -> Result<(), ServiceError> {
    let (after, before) = (&edited.after, edited.before.as_ref());
    let mut errors = FieldErrors::new();
    if before.is_none_or(|before| before.email != after.email) {
        errors.take("email", Email::parse(after.email.as_str()));
    }
    if before.is_none_or(|before| before.username != after.username) {
        errors.take("username", Username::parse(after.username.as_str()));
    }
    Ok(errors.into_result()?)
}

/// An account and a patient belong together from both sides, or not at all.
pub(super) async fn linked(
    unit: &mut Unit<'_>,
    user: UserId,
    patient: Option<PatientId>,
) -> Result<(), ServiceError> {
    let account = unit.tx.users().lookup(&UserKey::Id(user)).await?;
    let account = account.ok_or_else(|| refused(format!("there is no account {user}")))?;
    if account.patient != patient {
        return Err(refused(format!("account {user} is not that of this patient")));
    }
    let Some(id) = patient else { return Ok(()) };
    let person = unit.tx.patients().lookup(&PatientKey::Id(id)).await?;
    let person = person.ok_or_else(|| refused(format!("there is no patient {id}")))?;
    if person.user == Some(user) {
        Ok(())
    } else {
        Err(refused(format!("patient {id} is not that of account {user}")))
    }
}

pub(super) async fn known_patient(unit: &mut Unit<'_>, id: Option<PatientId>) -> Result<(), ServiceError> {
    let Some(id) = id else { return Ok(()) };
    match unit.tx.patients().lookup(&PatientKey::Id(id)).await? {
        Some(_) => Ok(()),
        None => Err(refused(format!("there is no patient {id}"))),
    }
}

pub(super) async fn known_user(
    unit: &mut Unit<'_>,
    id: Option<UserId>,
    role: Option<Role>,
) -> Result<(), ServiceError> {
    let Some(id) = id else { return Ok(()) };
    match unit.tx.users().lookup(&UserKey::Id(id)).await? {
        Some(user) if role.is_none_or(|role| role == user.role) => Ok(()),
        Some(user) => Err(refused(format!("account {id} has the role {}", user.role))),
        None => Err(refused(format!("there is no account {id}"))),
    }
}

/// Notes are signed by their authors, and stay as they were signed.
pub(super) fn record(edited: &Edited<Record>) -> Result<(), ServiceError> {
    let is_signed = |record: &Record| matches!(&record.body, RecordBody::Note(note) if note.is_signed());
    if edited.before.as_ref().is_some_and(|before| is_signed(before)) {
        return Err(refused(
            "a signed note is never changed: its author adds an addendum in the application",
        ));
    }
    match &edited.after.body {
        RecordBody::Note(note) if note.is_signed() || !note.addenda.is_empty() => {
            Err(refused("a note is signed by its author, in the application"))
        }
        RecordBody::Vitals(vitals) => Ok(vitals.validate()?),
        _ => Ok(()),
    }
}

/// Bills are issued and paid in the application; those of the old system stay as they are.
pub(super) fn invoice(edited: &Edited<Invoice>, currency: Currency) -> Result<(), ServiceError> {
    let is_draft = |invoice: &Invoice| {
        let has_money = !invoice.payments.is_empty() || !invoice.refunds.is_empty();
        invoice.status() == InvoiceStatus::Draft && !has_money
    };
    let after = &edited.after;
    if edited.before.as_ref().is_some_and(|before| !is_draft(before)) || !is_draft(after) {
        return Err(refused(
            "bills are issued and paid in the application; by hand only drafts can be changed",
        ));
    }
    if after.currency != currency {
        return Err(refused(format!("the clinic's currency is {currency}")));
    }
    if after.lines.len() > Invoice::MOST_LINES || !after.lines.iter().all(InvoiceLine::is_sound) {
        return Err(refused(format!(
            "a bill has at most {} lines, each with a count from 1 to {} and a price that is not below zero",
            Invoice::MOST_LINES,
            InvoiceLine::MOST
        )));
    }
    Ok(())
}
