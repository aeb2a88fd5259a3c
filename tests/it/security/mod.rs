//! What holds for every response and every caller: headers, cross-site requests, markup.

mod architecture;
mod csrf;
mod headers;
mod markup;
