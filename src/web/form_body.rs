//! Decodes `application/x-www-form-urlencoded` (WHATWG URL §5.1), and refuses what is broken.

/// The fields in the order in which they came, `None` when the body is none or not UTF-8.
pub fn decode(body: &[u8]) -> Option<Vec<(String, String)>> {
    let text = std::str::from_utf8(body).ok()?;
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(text).ok()?;
    // The decoder replaces what is not UTF-8; a replacement that was not typed means broken input.
    let has_mark = |text: &str| text.contains('\u{fffd}');
    let is_broken = pairs.iter().any(|(name, value)| has_mark(name) || has_mark(value));
    let was_typed = has_mark(text) || text.to_ascii_uppercase().contains("%EF%BF%BD");
    (!is_broken || was_typed).then_some(pairs)
}
