//! The words of each letter. Nobody's name stands in them: whoever signs up with someone else's address must not be able
//! to put words of their own into that person's mail.

use super::{AccountNotice, Contents, Letter, Message};
use crate::Clinic;
use domain::access::LinkPurpose;
use domain::time::{clock_time, short_date};
use jiff::Timestamp;

/// The message that a letter becomes; `site` is the address under which people reach the clinic, without a slash.
pub fn message(letter: &Letter, site: &str, clinic: &Clinic, now: Timestamp) -> Message {
    let name = one_line(&clinic.name);
    let (subject, text) = match &letter.contents {
        Contents::PasswordReset(secret) => (
            "Choose a new password".to_owned(),
            format!(
                "someone asked for a new password for your account at {name}.\n\n\
                 To choose one, open this link within 60 minutes. It works once:\n\n{site}{}\n\n\
                 If it was not you, do nothing: your password stays as it is.",
                secret.path(LinkPurpose::PasswordReset)
            ),
        ),
        Contents::EmailVerification(secret) => (
            "Confirm your email address".to_owned(),
            format!(
                "this address was given for an account at {name}.\n\n\
                 To confirm that it is yours, open this link within 24 hours:\n\n{site}{}\n\n\
                 If you have no account there, do nothing.",
                secret.path(LinkPurpose::EmailVerification)
            ),
        ),
        Contents::PortalInvitation(secret) => (
            "Your online account".to_owned(),
            format!(
                "{name} invites you to make an account, with which you book appointments and read your own data \
                 online.\n\nTo make it, open this link within 7 days. It works once and is for you alone: do not \
                 pass it on.\n\n{site}{}\n\nIf you do not know why you got this, do nothing and tell the clinic.",
                secret.path(LinkPurpose::PortalInvitation)
            ),
        ),
        Contents::EmergencyAccess => (
            "A record was opened in an emergency".to_owned(),
            format!(
                "a clinician opened a record in an emergency at {name}. It awaits your review:\n\n\
                 {site}/admin/emergency-access"
            ),
        ),
        Contents::Notice(notice) => {
            let (subject, what) = told(*notice);
            let local = clinic.zone.local(now);
            let time = clock_time(local.time());
            let text = format!(
                "{what} It happened on {} at {time}, at {name}.\n\n{}",
                short_date(local.date()),
                advice(*notice, site)
            );
            (subject.to_owned(), text)
        }
    };
    let text = format!("Hello,\n\n{text}\n\n{name}\n{site}\n");
    Message { to: letter.to.clone(), subject: format!("{subject} - {name}"), text, id: None }
}

/// Subject and first sentence of a notice.
fn told(notice: AccountNotice) -> (&'static str, String) {
    let (subject, what) = match notice {
        AccountNotice::PasswordChanged => {
            ("Your password was changed", "the password of your account was changed.")
        }
        AccountNotice::PasswordReset => (
            "Your password was replaced",
            "an administrator gave your account a new password, because somebody asked for it.",
        ),
        AccountNotice::ResetLinkIssued => (
            "A link for a new password was made",
            "an administrator made a link with which a new password for your account can be chosen.",
        ),
        AccountNotice::EmailChanged => {
            ("Your email address was changed", "the email address of your account was changed.")
        }
        AccountNotice::RoleChanged(role) => {
            let what = format!("your account has another role now: {}.", role.title().to_lowercase());
            return ("Your role was changed", what);
        }
        AccountNotice::Disabled => {
            ("Your account was disabled", "your account was disabled: you cannot sign in any more.")
        }
        AccountNotice::Enabled => {
            ("Your account was enabled", "your account was enabled: you can sign in again.")
        }
        AccountNotice::SecondFactorOn => (
            "Your second sign-in step is on",
            "signing in to your account asks for a code from your authenticator now.",
        ),
        AccountNotice::SecondFactorOff => {
            ("Your second sign-in step is off", "signing in to your account asks for no code any more.")
        }
        AccountNotice::SecondFactorReset => (
            "Your second sign-in step was removed",
            "an administrator removed the authenticator from your account.",
        ),
        AccountNotice::SessionsEnded => {
            ("You were signed out everywhere", "an administrator signed you out on all devices.")
        }
        AccountNotice::NewDevice => (
            "Your account was signed in to on a new device",
            "someone signed in to your account on a device, browser or app that it was not used on before.",
        ),
        AccountNotice::SignInsPaused => (
            "Sign-in to your account pauses",
            "someone typed wrong passwords for your account several times in a row, so signing in to it pauses for a \
             short time. Nobody got in this way.",
        ),
        AccountNotice::CodesPaused => (
            "Sign-in to your account pauses",
            "someone typed the right password of your account and then several wrong codes, so signing in to it pauses \
             for a short time. Nobody got in this way.",
        ),
    };
    (subject, what.to_owned())
}

/// What its reader does about it.
fn advice(notice: AccountNotice, site: &str) -> String {
    let own = format!(
        "choose a new password, which also signs everyone out:\n\n{site}/password/forgot\n\n\
         You can also sign in, open your account and choose \"Sign out everywhere\":\n\n{site}/profile\n\n"
    );
    match notice {
        AccountNotice::NewDevice => format!(
            "If it was you, there is nothing to do. If not, {own}Then call the clinic: someone else may have got into \
             your account."
        ),
        AccountNotice::SignInsPaused => format!(
            "If it was you, try again in a while; each further wrong password makes the pause longer. Where you signed in \
             before, you can sign in meanwhile.\n\nIf it was not you, there is nothing to do as long as your password is \
             hard to guess and used nowhere else. Otherwise {own}This is told once a day at most."
        ),
        AccountNotice::CodesPaused => format!(
            "If it was you, try again in a while. If not, someone knows your password: {own}Then call the clinic."
        ),
        _ => "If you know of it, there is nothing to do. If not, call the clinic at once: someone else may have got into \
              your account."
            .to_owned(),
    }
}

/// The text without anything that could begin another line.
pub fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}
