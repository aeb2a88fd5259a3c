//! Why a field was refused, as codes; the words people read stand here once, in one catalogue.

use crate::catalogue::InvalidCatalogue;
use std::fmt;

/// Why one field was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// No e-mail address was given.
    EmailMissing,
    /// The e-mail address has not the form of one.
    EmailMalformed,
    /// Another account has this e-mail address.
    EmailTaken,
    /// No username was given.
    UsernameMissing,
    /// The username has forbidden characters or a wrong length.
    UsernameMalformed,
    /// Another account has this username.
    UsernameTaken,
    /// No e-mail address or username was given at sign-in.
    LoginMissing,
    /// No password was given.
    PasswordMissing,
    /// Fewer characters than this.
    PasswordTooShort(usize),
    /// More characters than this.
    PasswordTooLong(usize),
    /// On a list of common passwords, a variation of one, or a pattern.
    PasswordTooCommon,
    /// Made of the user's names or the clinic's.
    PasswordFromNames,
    /// The current password is wrong.
    PasswordWrong,
    /// The current password, which this change needs, was not given or is wrong.
    PasswordNeeded,
    /// The two new passwords differ.
    PasswordsDiffer,
    /// A reason of a word or two.
    ReasonTooShort,
    /// Sign-in failed; says no more on purpose.
    CredentialsWrong,
    /// The code of a second factor is wrong, used or over; says no more on purpose.
    SecondFactorWrong,
    /// The second step of a sign-in is over; it begins again with the password.
    SignInAgain,
    /// A one-time link was used, has ended, or never was one.
    LinkEnded,
    /// Nothing was entered; the value names what should be, as "a reason".
    Missing(&'static str),
    /// Nothing was chosen; the value names what should be, as "a doctor".
    NotChosen(&'static str),
    /// Longer than allowed: what, and the most characters.
    TooLong(&'static str, usize),
    /// Has control characters or is otherwise not plain text.
    NotText(&'static str),
    /// A date that does not exist or is not one; the value names it, as "Date of birth".
    NotADate(&'static str),
    /// The date lies in the future.
    DateInFuture(&'static str),
    /// The date lies too far in the past.
    DateTooOld(&'static str),
    /// Not a time of day.
    NotATime,
    /// The local time is skipped on the night when clocks go forward.
    TimeSkipped,
    /// The time lies in the past.
    TimePassed,
    /// Sooner than patients can book by themselves: the number of minutes.
    TooSoon(u16),
    /// Further ahead than appointments are taken: the number of days.
    TooFarAhead(u16),
    /// As many appointments to come as patients may book by themselves: that number.
    TooManyBookings(u16),
    /// On the waiting list as often as patients may be by themselves: that number.
    TooManyWaiting(u16),
    /// Outside the hours in which the doctor sees patients.
    OutsideSchedule,
    /// The time was free when it was offered and no longer is.
    SlotTaken,
    /// Not a length an appointment can have.
    DurationInvalid,
    /// The change came too late: the number of hours before which it had to be made.
    TooLateToChange(u16),
    /// Not an amount of money.
    AmountInvalid,
    /// The amount must be more than zero.
    AmountNotPositive,
    /// More than what is still to pay.
    AmountAboveBalance,
    /// More than what was paid and not given back.
    AmountAboveRefundable,
    /// A bill needs a line.
    NoLines,
    /// A number out of range: what, lowest, highest.
    OutOfRange(&'static str, &'static str, &'static str),
    /// At least one of a group is needed; the value names it.
    NothingEntered(&'static str),
    /// Diastolic pressure is not below systolic, or only one of them was given.
    PressuresInconsistent,
    /// Not a phone number.
    PhoneMalformed,
    /// The choice is not one of those offered.
    UnknownChoice(&'static str),
    /// No such patient (or none that the caller may see).
    UnknownPatient,
    /// No such doctor.
    UnknownDoctor,
    /// No account of this name, address or number.
    UnknownAccount,
    /// No patient of this number.
    UnknownNumber,
    /// Same name and date of birth as another patient; confirm to go on.
    PossibleDuplicate,
    /// What the clinic is to offer cannot be.
    Catalogue(InvalidCatalogue),
    /// So many booked appointments would lie outside the new hours, and nobody decided what becomes of them.
    DecisionNeeded(usize),
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmailMissing => f.write_str("Enter an email address"),
            Self::EmailMalformed => {
                f.write_str("Enter an email address in the correct format, like name@example.com")
            }
            Self::EmailTaken => f.write_str("An account with this email address exists already"),
            Self::UsernameMissing => f.write_str("Enter a username"),
            Self::UsernameMalformed => f.write_str(
                "Enter a username of 2 to 40 letters, digits, spaces, dots, hyphens or underscores",
            ),
            Self::UsernameTaken => f.write_str("This username is taken, choose another"),
            Self::LoginMissing => f.write_str("Enter your email address or username"),
            Self::PasswordMissing => f.write_str("Enter your password"),
            Self::PasswordTooShort(least) => write!(f, "Enter a password of at least {least} characters"),
            Self::PasswordTooLong(most) => write!(f, "Enter a password of at most {most} characters"),
            Self::PasswordTooCommon => f.write_str(
                "Enter a password that is harder to guess: this one is common or follows a pattern",
            ),
            Self::PasswordFromNames => f.write_str(
                "Enter a password that is not made of your name, your email address or the clinic's name",
            ),
            Self::PasswordWrong => f.write_str("Your current password is not right"),
            Self::PasswordNeeded => f.write_str("Enter your current password to change your email address"),
            Self::PasswordsDiffer => f.write_str("Enter the same new password twice"),
            Self::ReasonTooShort => f.write_str("Say more about the reason, in a short sentence"),
            Self::CredentialsWrong => f.write_str("The email address or password is not right"),
            Self::SecondFactorWrong => {
                f.write_str("This code does not work. Enter a new one, each works only once")
            }
            Self::SignInAgain => {
                f.write_str("Signing in took too long or too many tries. Enter your password again")
            }
            Self::LinkEnded => f.write_str("This link was used already, has ended or is not complete"),
            Self::Missing(what) => write!(f, "Enter {what}"),
            Self::NotChosen(what) => write!(f, "Choose {what}"),
            Self::TooLong(what, most) => write!(f, "{what} must be {most} characters or fewer"),
            Self::NotText(what) => write!(f, "{what} must be plain text"),
            Self::NotADate(what) => write!(f, "{what} must be a real date, like 27 3 1985"),
            Self::DateInFuture(what) => write!(f, "{what} must be in the past"),
            Self::DateTooOld(what) => write!(f, "{what} must be after 1 January 1900"),
            Self::NotATime => f.write_str("Enter a time, like 10:30"),
            Self::TimeSkipped => f.write_str("This time does not exist: the clocks go forward that night"),
            Self::TimePassed => f.write_str("Choose a time in the future"),
            Self::TooSoon(minutes) => {
                write!(f, "Choose a time at least {minutes} minutes from now, or call the clinic")
            }
            Self::TooFarAhead(days) => write!(f, "Choose a date within the next {days} days"),
            Self::TooManyBookings(most) => {
                write!(
                    f,
                    "You have {most} appointments to come already. Cancel one or call the clinic to book more"
                )
            }
            Self::TooManyWaiting(most) => {
                write!(
                    f,
                    "You are on the waiting list {most} times already. Leave it once or call the clinic"
                )
            }
            Self::OutsideSchedule => {
                f.write_str("The doctor does not see patients at this time, choose another")
            }
            Self::SlotTaken => f.write_str("This time has just been taken, choose another"),
            Self::DurationInvalid => f.write_str("Choose a length from 5 minutes to 4 hours"),
            Self::TooLateToChange(hours) => {
                write!(f, "Changes are possible until {hours} hours before the appointment. Call the clinic")
            }
            Self::AmountInvalid => f.write_str("Enter an amount, like 42.50"),
            Self::AmountNotPositive => f.write_str("Enter an amount above zero"),
            Self::AmountAboveBalance => f.write_str("Enter no more than what is still to pay"),
            Self::AmountAboveRefundable => {
                f.write_str("Enter no more than what was paid and not given back yet")
            }
            Self::NoLines => f.write_str("Enter at least one line"),
            Self::OutOfRange(what, low, high) => write!(f, "{what} must be from {low} to {high}"),
            Self::NothingEntered(what) => write!(f, "Enter at least one {what}"),
            Self::PressuresInconsistent => {
                f.write_str("Enter both blood pressures, the upper (systolic) above the lower (diastolic)")
            }
            Self::PhoneMalformed => f.write_str("Enter a phone number, like 020 7946 0958"),
            Self::UnknownChoice(what) => write!(f, "Choose {what} from the list"),
            Self::UnknownPatient => f.write_str("Choose a patient from the list"),
            Self::UnknownDoctor => f.write_str("Choose a doctor from the list"),
            Self::UnknownAccount => f.write_str("Enter a username or email address that an account has"),
            Self::UnknownNumber => f.write_str("Enter a number (MRN) that a patient has, like 400 281 7730"),
            Self::PossibleDuplicate => {
                f.write_str("A patient with this name and date of birth exists. Tick to register another one")
            }
            Self::Catalogue(why) => write!(f, "{why}"),
            Self::DecisionNeeded(1) => {
                f.write_str("1 booked appointment would lie outside the new hours. Decide what becomes of it")
            }
            Self::DecisionNeeded(count) => write!(
                f,
                "{count} booked appointments would lie outside the new hours. Decide what becomes of them"
            ),
        }
    }
}

/// The fields that were refused, in the order of the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<(&'static str, Code)>);

impl FieldErrors {
    /// No refusals yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// One refusal.
    pub fn one(field: &'static str, code: Code) -> Self {
        Self(vec![(field, code)])
    }

    /// Notes that `field` was refused.
    pub fn push(&mut self, field: &'static str, code: Code) {
        self.0.push((field, code));
    }

    /// Keeps the value of a good result, notes the refusal of a bad one.
    pub fn take<T>(&mut self, field: &'static str, result: Result<T, Code>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(code) => {
                self.push(field, code);
                None
            }
        }
    }

    /// `Ok` when nothing was refused.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// Whether nothing was refused.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Field names and codes, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Code)> {
        self.0.iter().map(|(field, code)| (*field, code))
    }

    /// The first refusal of `field`.
    pub fn of(&self, field: &str) -> Option<&Code> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, code)| code)
    }
}

/// Checks free text: trims it, refuses control characters (but line breaks when `lines`) and lengths above `most`.
pub fn text(value: &str, what: &'static str, most: usize, lines: bool) -> Result<String, Code> {
    let trimmed = value.trim().replace("\r\n", "\n");
    if trimmed.chars().count() > most {
        return Err(Code::TooLong(what, most));
    }
    if trimmed.chars().any(|character| character.is_control() && !(lines && matches!(character, '\n' | '\t')))
    {
        return Err(Code::NotText(what));
    }
    Ok(trimmed)
}

/// Like [`text`], and an empty value is refused with `missing`, as "a reason".
pub fn required(
    value: &str,
    what: &'static str,
    missing: &'static str,
    most: usize,
    lines: bool,
) -> Result<String, Code> {
    let trimmed = text(value, what, most, lines)?;
    if trimmed.is_empty() { Err(Code::Missing(missing)) } else { Ok(trimmed) }
}
