//! What the fuzzers in `fuzz/` call with whatever comes to their minds: the readers of the journal and of the readable
//! files. They must not panic, and what they accept must come back the same when it is written and read again.
//! The inputs in `fuzz/corpus` are tried as a test.

use super::counters::{self, CountersRow};
use super::formats::{Access, Formats};
use super::journal::{self, GENESIS, Position, Stretch};
use super::load::read_table;
use super::rows::{
    AppointmentRow, InvoiceRow, PatientRow, RecordRow, Row, RowContext, ScheduleRow, SessionRow, UserRow,
};
use super::state::{State, Stored};
use domain::ClinicZone;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Length of a line's checksum and the space after it.
const PREFIX: usize = 9;

/// A stretch of the journal after a first byte whose lowest bit asks for right checksums, so that inputs get past them,
/// and whose next one leaves the link to the first transaction open.
///
/// # Panics
/// When the decoder breaks a promise.
pub fn journal(input: &[u8]) {
    let Some((mode, bytes)) = input.split_first() else { return };
    let mut bytes = bytes.to_vec();
    if mode & 1 != 0 {
        for line in bytes.split_mut(|byte| *byte == b'\n') {
            if let Some((prefix, json)) = line.split_at_mut_checked(PREFIX) {
                prefix.copy_from_slice(format!("{:08x} ", crc32c::crc32c(json)).as_bytes());
            }
        }
    }
    let link = (mode & 2 == 0).then(|| GENESIS.into());
    let read = |bytes: &[u8]| {
        let (path, formats, access) = (Path::new("journal"), Formats::default(), Access::Write);
        Position { path, offset: 0, seq: 0, link: link.clone(), formats, access }.read(bytes)
    };
    let Ok(found) = read(&bytes) else { return };
    assert!(found.marked <= found.valid && found.valid <= bytes.len());
    let mut state = State::default();
    for (seq, transaction) in (1..).zip(&found.transactions) {
        assert_eq!(transaction.entry.seq, seq);
        state.apply_transaction(transaction);
    }
    let whole = read(&bytes[..found.valid]).expect("what is whole is whole by itself");
    assert_eq!((whole.valid, whole.marked), (found.valid, found.marked));
    assert_eq!(encoded(&whole), encoded(&found));
}

/// The transactions as this version writes them, each of which must be read back as it was.
fn encoded(stretch: &Stretch) -> Vec<u8> {
    let mut all = Vec::new();
    for transaction in &stretch.transactions {
        let encode = |entry| {
            let mut line = Vec::new();
            journal::encode(entry, &mut line).expect("a transaction has only string keys");
            line
        };
        let line = encode(&transaction.entry);
        let again = serde_json::from_slice(&line[PREFIX..]).expect("what is written can be read");
        assert_eq!(encode(&again), line, "it comes back the same");
        all.extend(line);
    }
    all
}

/// A readable file after a first byte that says which.
///
/// # Panics
/// When the loader breaks a promise.
pub fn table(input: &[u8]) {
    let Some((which, bytes)) = input.split_first() else { return };
    match which % 8 {
        0 => rows::<UserRow>(bytes),
        1 => rows::<PatientRow>(bytes),
        2 => rows::<ScheduleRow>(bytes),
        3 => rows::<SessionRow>(bytes),
        4 => rows::<AppointmentRow>(bytes),
        5 => rows::<RecordRow>(bytes),
        6 => rows::<InvoiceRow>(bytes),
        _ => numbers(bytes),
    }
}

fn rows<R>(bytes: &[u8])
where
    R: Row + Serialize + DeserializeOwned,
    R::Value: Stored,
{
    let context = RowContext { zone: ClinicZone::named("Europe/London").expect("a zone that exists") };
    let read = |bytes: &[u8]| {
        let mut state = State::default();
        read_table::<R>(bytes, &mut state, |_| true).map(|()| state)
    };
    let write = |state: &State| {
        let rows: Vec<_> = R::Value::rows(state).values().map(|row| R::from_value(row, &context)).collect();
        serde_json::to_vec(&rows).expect("a row has only string keys")
    };
    let Ok(state) = read(bytes) else { return };
    let written = write(&state);
    let again = read(&written).expect("what is written can be read");
    assert_eq!(
        String::from_utf8_lossy(&write(&again)),
        String::from_utf8_lossy(&written),
        "it comes back the same"
    );
}

fn numbers(bytes: &[u8]) {
    let Ok(row) = serde_json::from_slice::<CountersRow>(bytes) else { return };
    let counters = counters::from_row(&row);
    assert_eq!(counters::from_row(&counters::to_row(&counters)), counters);
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    fn try_all(target: &str, run: fn(&[u8])) {
        let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
        let mut tried = 0;
        for entry in fs::read_dir(inputs).unwrap() {
            run(&fs::read(entry.unwrap().path()).unwrap());
            tried += 1;
        }
        assert!(tried > 3, "{target} has inputs");
    }

    #[test]
    fn the_inputs_of_the_fuzzers_do_no_harm() {
        try_all("journal", super::journal);
        try_all("table", super::table);
    }
}
