//! What a form or a request says about a patient, and how it is checked.

use domain::message::Channel;
use domain::patient::Sex;
use domain::time::parse_date;
use domain::validation::text;
use domain::{Code, Email, FieldErrors, Patient, PersonName, Phone};
use jiff::civil::{Date, date};
use std::collections::BTreeSet;

/// A patient's details as typed.
#[derive(Clone, Debug, Default)]
pub struct PatientForm {
    /// Given names.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Date of birth as `2026-11-23`.
    pub birth_date: String,
    /// FHIR code of the administrative sex; empty for not recorded.
    pub sex: String,
    /// Phone number; may be empty.
    pub phone: String,
    /// E-mail address; may be empty.
    pub email: String,
    /// Postal address; may be empty.
    pub address: String,
    /// Insurer and policy number; may be empty.
    pub insurance: String,
    /// The ways by which they want no reminders; `None` where nothing was said about it.
    pub reminders_off: Option<BTreeSet<Channel>>,
}

/// The form's values once checked.
pub(super) struct Details {
    pub name: PersonName,
    pub birth_date: Option<Date>,
    pub sex: Sex,
    pub phone: Option<Phone>,
    pub email: Option<Email>,
    pub address: String,
    pub insurance: String,
    pub reminders_off: Option<BTreeSet<Channel>>,
}

/// What someone who works with bills may change.
pub(super) struct BillingDetails {
    pub address: String,
    pub insurance: String,
}

impl PatientForm {
    /// Most characters of an address.
    const LONGEST_ADDRESS: usize = 400;
    /// Most characters of the insurance.
    const LONGEST_INSURANCE: usize = 200;

    /// Checks every field. The birth date may be missing only when it was never known.
    pub(super) fn check(&self, today: Date, birth_date_known: bool) -> Result<Details, FieldErrors> {
        let mut errors = FieldErrors::new();
        let name = PersonName::parse(&self.given_name, &self.family_name)
            .map_err(|refused| refused.iter().for_each(|(field, code)| errors.push(field, code.clone())))
            .ok();
        let birth_date = errors.take("birthDate", birth_date(&self.birth_date, today, birth_date_known));
        let sex = errors.take("sex", sex(&self.sex));
        let phone = errors.take("phone", optional(&self.phone, Phone::parse));
        let email = errors.take("email", optional(&self.email, Email::parse));
        let address = errors.take("address", text(&self.address, "Address", Self::LONGEST_ADDRESS, true));
        let insurance =
            errors.take("insurance", text(&self.insurance, "Insurance", Self::LONGEST_INSURANCE, false));
        match (name, birth_date, sex, phone, email, address, insurance) {
            (
                Some(name),
                Some(birth_date),
                Some(sex),
                Some(phone),
                Some(email),
                Some(address),
                Some(insurance),
            ) => {
                let reminders_off = self.reminders_off.clone();
                Ok(Details { name, birth_date, sex, phone, email, address, insurance, reminders_off })
            }
            _ => Err(errors),
        }
    }

    /// Checks address and insurance only.
    pub(super) fn check_billing(&self) -> Result<BillingDetails, FieldErrors> {
        let mut errors = FieldErrors::new();
        let address = errors.take("address", text(&self.address, "Address", Self::LONGEST_ADDRESS, true));
        let insurance =
            errors.take("insurance", text(&self.insurance, "Insurance", Self::LONGEST_INSURANCE, false));
        match (address, insurance) {
            (Some(address), Some(insurance)) => Ok(BillingDetails { address, insurance }),
            _ => Err(errors),
        }
    }
}

impl Details {
    /// Writes the values into a patient.
    pub(super) fn apply(self, patient: &mut Patient) {
        patient.name = self.name;
        patient.birth_date = self.birth_date;
        patient.sex = self.sex;
        patient.phone = self.phone;
        patient.email = self.email;
        patient.address = self.address;
        patient.insurance = self.insurance;
        if let Some(off) = self.reminders_off {
            patient.reminders_off = off;
        }
    }
}

fn optional<T>(value: &str, parse: impl FnOnce(&str) -> Result<T, Code>) -> Result<Option<T>, Code> {
    if value.trim().is_empty() { Ok(None) } else { parse(value).map(Some) }
}

fn sex(value: &str) -> Result<Sex, Code> {
    match value.trim() {
        "" => Ok(Sex::Unknown),
        name => Sex::named(name).ok_or(Code::UnknownChoice("a sex")),
    }
}

/// A date of birth: real, past, no older than anyone alive; `None` when blank and not needed.
pub(crate) fn birth_date(value: &str, today: Date, needed: bool) -> Result<Option<Date>, Code> {
    const WHAT: &str = "Date of birth";
    if value.trim().is_empty() {
        return if needed { Err(Code::Missing("a date of birth")) } else { Ok(None) };
    }
    let born = parse_date(value).ok_or(Code::NotADate(WHAT))?;
    if born > today {
        Err(Code::DateInFuture(WHAT))
    } else if born < date(1900, 1, 1) {
        Err(Code::DateTooOld(WHAT))
    } else {
        Ok(Some(born))
    }
}
