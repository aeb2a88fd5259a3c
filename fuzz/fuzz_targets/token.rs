//! Session tokens and the cookies they come in, as anyone may send them: nothing panics, and nothing but what we signed
//! is taken.
#![no_main]

#[path = "../../src/web/cookies.rs"]
mod cookies;
#[path = "../../src/web/tokens.rs"]
mod tokens;

use domain::SessionId;
use jiff::Timestamp;
use std::sync::LazyLock;
use tokens::{Claim, Tokens};

static TOKENS: LazyLock<Tokens> = LazyLock::new(|| Tokens::new(&[7; 32], &[&[8; 32]]));
static GENUINE: LazyLock<String> = LazyLock::new(|| {
    let claim = Claim { session: SessionId(42), security_version: 1, expires: now() };
    TOKENS.issue(claim, 1, Timestamp::UNIX_EPOCH).expect("a token")
});

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(900)
}

/// The first byte says what the rest is: a whole token, or a change to ours at some place.
fn token(input: &[u8]) -> Option<String> {
    let (mode, rest) = input.split_first()?;
    if mode & 1 == 0 {
        return Some(String::from_utf8_lossy(rest).into_owned());
    }
    let (at, change) = rest.split_at_checked(2)?;
    let at = usize::from(u16::from_le_bytes([at[0], at[1]])) % GENUINE.len();
    let end = if mode & 2 == 0 { (at + change.len()).min(GENUINE.len()) } else { at };
    Some(format!("{}{}{}", &GENUINE[..at], String::from_utf8_lossy(change), &GENUINE[end..]))
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some(offered) = token(input) else { return };
    let header = format!("theme=dark; session={offered}; x=y");
    let found = cookies::value(std::iter::once(header.as_str()), "session");
    for text in [Some(offered), found].into_iter().flatten() {
        let is_ours = text == *GENUINE;
        assert_eq!(TOKENS.read(&text, Timestamp::UNIX_EPOCH).is_ok(), is_ours, "{text}");
    }
});
