//! Tests through HTTP: the whole router on a store of its own. Folders mirror the addresses; each rule has a
//! twin through pages and through the API.
#![expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod api;
mod full_disk;
mod harness;
mod legacy_script;
mod mail;
mod matrix;
mod old_system;
mod pages;
mod probes;
mod repeats;
mod replicas;
mod second_factor;
mod security;
mod statements;
