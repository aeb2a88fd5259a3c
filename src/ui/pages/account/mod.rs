//! Views of the account pages: sign-in, sign-up, first set-up, profile, password.

pub mod access;
pub mod password;
pub mod profile;
mod qr;
pub mod second_factor;
pub mod second_step;
pub mod set_up;
pub mod sign_in;
pub mod sign_up;

use domain::PasswordPlain;

/// What a new password of at least so many characters must be, in one sentence.
pub const fn password_rule(shortest: usize) -> &'static str {
    if shortest > PasswordPlain::SHORTEST {
        "At least 15 characters. Four words that you remember are better than one word with symbols"
    } else {
        "At least 8 characters. Three words that you remember are better than one word with symbols"
    }
}
