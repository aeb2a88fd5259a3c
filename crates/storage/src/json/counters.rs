//! Counters between memory (the last number given) and `counters.json` (the next one to give).

use crate::Counter;
use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `counters.json`: the next number to give, by counter.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CountersRow {
    /// Users.
    #[serde(default = "one")]
    pub user_id_counter: u64,
    /// Appointments.
    #[serde(default = "one")]
    pub appointment_id_counter: u64,
    /// Record entries.
    #[serde(default = "one")]
    pub medical_record_id_counter: u64,
    /// Bills.
    #[serde(default = "one")]
    pub billing_id_counter: u64,
    /// Medical record numbers.
    #[serde(default = "one")]
    pub mrn_serial_counter: u64,
    /// Invoice numbers by year.
    #[serde(default)]
    pub invoice_number_counters: BTreeMap<i16, u64>,
    /// Receipt numbers by year.
    #[serde(default)]
    pub receipt_number_counters: BTreeMap<i16, u64>,
    /// Credit note numbers by year.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub credit_note_number_counters: BTreeMap<i16, u64>,
}

fn one() -> u64 {
    1
}

/// The file's content.
pub fn to_row(counters: &OrdMap<Counter, u64>) -> CountersRow {
    let mut row = CountersRow::default();
    for counter in
        [Counter::User, Counter::Appointment, Counter::MedicalRecord, Counter::Billing, Counter::Mrn]
    {
        *slot(&mut row, counter) = 1;
    }
    for (counter, last) in counters {
        *slot(&mut row, *counter) = last.saturating_add(1);
    }
    row
}

/// The counters of a file.
pub fn from_row(row: &CountersRow) -> OrdMap<Counter, u64> {
    let fixed = [
        (Counter::User, row.user_id_counter),
        (Counter::Appointment, row.appointment_id_counter),
        (Counter::MedicalRecord, row.medical_record_id_counter),
        (Counter::Billing, row.billing_id_counter),
        (Counter::Mrn, row.mrn_serial_counter),
    ];
    let invoices = row.invoice_number_counters.iter().map(|(year, next)| (Counter::Invoice(*year), *next));
    let receipts = row.receipt_number_counters.iter().map(|(year, next)| (Counter::Receipt(*year), *next));
    let notes =
        row.credit_note_number_counters.iter().map(|(year, next)| (Counter::CreditNote(*year), *next));
    let all = fixed.into_iter().chain(invoices).chain(receipts).chain(notes);
    all.filter(|(_, next)| *next > 1).map(|(counter, next)| (counter, next - 1)).collect()
}

fn slot(row: &mut CountersRow, counter: Counter) -> &mut u64 {
    match counter {
        Counter::User => &mut row.user_id_counter,
        Counter::Appointment => &mut row.appointment_id_counter,
        Counter::MedicalRecord => &mut row.medical_record_id_counter,
        Counter::Billing => &mut row.billing_id_counter,
        Counter::Mrn => &mut row.mrn_serial_counter,
        Counter::Invoice(year) => row.invoice_number_counters.entry(year).or_insert(1),
        Counter::Receipt(year) => row.receipt_number_counters.entry(year).or_insert(1),
        Counter::CreditNote(year) => row.credit_note_number_counters.entry(year).or_insert(1),
    }
}
