//! The words of the banner after something was done: `?notice=` holds the key, never the words.

const NOTICES: &[(&str, &str)] = &[
    ("signed-up", "Welcome. Your account is ready"),
    ("signed-out", "You are signed out"),
    ("profile-saved", "Your details are saved"),
    ("password-changed", "Your password is changed. Other devices are signed out"),
    ("recovery-code-used", "You signed in with a recovery code. It does not work again"),
    (
        "recovery-codes-low",
        "You signed in with a recovery code. Few are left: make new ones in your account, under two-step sign-in",
    ),
    ("second-factor-off", "Two-step sign-in is off. Other devices are signed out"),
    (
        "second-factor-reset",
        "Two-step sign-in of this account is off, and the person is signed out everywhere",
    ),
    ("session-ended", "The session is ended"),
    ("others-ended", "All other devices are signed out"),
    ("booked", "The appointment is booked"),
    ("moved", "The appointment is moved"),
    ("cancelled", "The appointment is cancelled"),
    ("restored", "The appointment is booked again"),
    ("status-changed", "The visit's status is changed"),
    ("linked", "The entry is linked to the patient"),
    ("schedule-saved", "The working hours are saved"),
    ("patient-registered", "The patient is registered"),
    ("patient-saved", "The patient's details are saved"),
    ("vitals-saved", "The vital signs are saved"),
    ("allergy-saved", "The allergy is recorded"),
    ("note-saved", "The draft is saved"),
    ("note-signed", "The note is signed"),
    ("addendum-saved", "The addendum is added"),
    ("medicine-saved", "The medicine is prescribed"),
    ("problem-saved", "The diagnosis is recorded"),
    ("bill-saved", "The draft bill is saved"),
    ("bill-issued", "The bill is issued"),
    ("payment-taken", "The payment is recorded"),
    ("user-created", "The account is created"),
    ("user-saved", "The account is saved"),
    ("user-disabled", "The account is disabled and signed out everywhere"),
    ("user-signed-out", "The person is signed out everywhere"),
    ("user-enabled", "The account is enabled"),
    ("emergency-open", "The record is open to you. Your reason is written down"),
    ("emergency-closed", "The record is closed"),
    ("emergency-reviewed", "The review is saved"),
    ("proxy-granted", "They can act for the patient now"),
    ("proxy-ended", "They no longer act for the patient"),
    ("acting", "You act for this patient now"),
    ("acting-ended", "You act for yourself again"),
    ("set-up-done", "The administrator's account is ready. Sign in with it"),
];

/// The words of a notice, `None` for unknown keys.
pub fn words(key: &str) -> Option<&'static str> {
    NOTICES.iter().find(|(known, _)| *known == key).map(|(_, words)| *words)
}
