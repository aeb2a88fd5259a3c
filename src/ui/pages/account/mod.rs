//! Views of the account pages: sign-in, sign-up, first set-up, profile, password.

pub mod password;
pub mod profile;
pub mod set_up;
pub mod sign_in;
pub mod sign_up;

/// What a new password must be, in one sentence.
pub const PASSWORD_RULE: &str =
    "At least 8 characters. Three words that you remember are better than one word with symbols";
