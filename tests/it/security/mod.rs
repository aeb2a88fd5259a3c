//! What holds for every response and every caller: headers, cross-site requests, markup; and the page that says so.

mod addresses;
mod architecture;
mod canaries;
mod csrf;
mod evidence;
mod framing;
mod headers;
mod limits;
mod markup;
mod passwords;
mod repeated;
mod sessions;
mod swap;
mod tokens;
mod vectors;
