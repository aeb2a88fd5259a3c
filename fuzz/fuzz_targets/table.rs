//! See `storage::json::fuzzed::table`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| storage::json::fuzzed::table(input));
