//! See `storage::json::fuzzed::journal`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| storage::json::fuzzed::journal(input));
