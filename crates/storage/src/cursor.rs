//! Opaque cursors: the sort key of a page's last item, as text that callers hand back.

use jiff::Timestamp;
use std::fmt::Write as _;
use std::sync::Arc;

/// Microseconds since the epoch: half the size of a [`Timestamp`], ordered alike down to a microsecond.
pub type Micros = i64;

/// The sort key of an instant.
pub fn micros(instant: Timestamp) -> Micros {
    instant.as_microsecond()
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A sort key that can leave the store and come back.
pub trait Cursor: Ord + Clone {
    /// As opaque text.
    fn encode(&self) -> String;
    /// From that text; `None` for any other.
    fn decode(text: &str) -> Option<Self>;
}

/// Bytes from hexadecimal, `None` for any other text.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

impl Cursor for u64 {
    fn encode(&self) -> String {
        hex(&self.to_be_bytes())
    }
    fn decode(text: &str) -> Option<Self> {
        Some(Self::from_be_bytes(unhex(text)?.try_into().ok()?))
    }
}

impl Cursor for (Micros, u64) {
    fn encode(&self) -> String {
        hex(&[self.0.to_be_bytes(), self.1.to_be_bytes()].concat())
    }
    fn decode(text: &str) -> Option<Self> {
        let bytes = unhex(text)?;
        let (start, id) = bytes.split_first_chunk::<8>()?;
        Some((Micros::from_be_bytes(*start), u64::from_be_bytes(id.try_into().ok()?)))
    }
}

impl Cursor for (Micros, u128) {
    fn encode(&self) -> String {
        hex(&[&self.0.to_be_bytes()[..], &self.1.to_be_bytes()[..]].concat())
    }
    fn decode(text: &str) -> Option<Self> {
        let bytes = unhex(text)?;
        let (start, id) = bytes.split_first_chunk::<8>()?;
        Some((Micros::from_be_bytes(*start), u128::from_be_bytes(id.try_into().ok()?)))
    }
}

impl Cursor for (Arc<str>, u128) {
    fn encode(&self) -> String {
        hex(&[&self.1.to_be_bytes()[..], self.0.as_bytes()].concat())
    }
    fn decode(text: &str) -> Option<Self> {
        let bytes = unhex(text)?;
        let (id, name) = bytes.split_first_chunk::<16>()?;
        Some((std::str::from_utf8(name).ok()?.into(), u128::from_be_bytes(*id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_left(start: i64, id: u64, random: u128, name in ".*") {
            prop_assert_eq!(u64::decode(&id.encode()), Some(id));
            prop_assert_eq!(<(Micros, u64)>::decode(&(start, id).encode()), Some((start, id)));
            prop_assert_eq!(<(Micros, u128)>::decode(&(start, random).encode()), Some((start, random)));
            let key = (Arc::<str>::from(name), random);
            prop_assert_eq!(<(Arc<str>, u128)>::decode(&key.encode()), Some(key));
        }

        #[test]
        fn no_text_breaks_the_decoder(text in ".*") {
            let _ = u64::decode(&text);
            let _ = <(Arc<str>, u128)>::decode(&text);
        }
    }
}
