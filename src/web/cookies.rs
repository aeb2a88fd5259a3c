//! Reading cookies: the one place that knows the form of the header (RFC 6265 §5.4).

use cookie::Cookie;

/// The value of one cookie of a request, of the first with this name.
pub fn value<'h>(headers: impl Iterator<Item = &'h str>, name: &str) -> Option<String> {
    headers
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
}
