//! Tests through HTTP: the whole router on a store of its own. Folders mirror the addresses; each rule has a
//! twin through pages and through the API.

mod api;
mod harness;
mod legacy_script;
mod matrix;
mod old_system;
mod pages;
mod probes;
mod security;
