//! Bodies of forms, as anyone may send them: nothing panics, and what is taken comes back the same when it is sent again.
#![no_main]

#[path = "../../src/web/form_body.rs"]
mod form_body;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some(fields) = form_body::decode(input) else { return };
    let again = serde_urlencoded::to_string(&fields).expect("text can be sent");
    assert_eq!(form_body::decode(again.as_bytes()), Some(fields));
});
