//! Tests of the JSON store from outside: conformance, durability, recovery, the old system's files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics, in its helpers too")]

mod archive;
mod audit_chain;
mod backup;
mod checkpoints;
mod clocks;
mod conformance;
mod controls;
mod dice;
mod durability;
mod golden;
mod history;
mod imports;
mod legacy;
mod model;
mod peers;
mod processes;
mod repair;
mod requests;
mod rigged;
mod sharing;
mod simulated;
mod versions;
mod volumes;

use domain::{ClinicZone, Currency};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use storage::conformance::{Kept, Store, list, samples::at};
use storage::json::{JsonOptions, JsonStore, OpenError};
use storage::{Order, PageRequest, Versioned};

/// Progress that nobody hears of.
fn quiet(_: &str) {}

/// Options as the tests use them.
fn options(directory: &Path) -> JsonOptions {
    JsonOptions::new(directory, ClinicZone::named("Europe/London").unwrap(), Currency::GBP, at(0))
}

fn open(directory: &Path) -> Result<JsonStore, OpenError> {
    JsonStore::open(options(directory))
}

fn opened(directory: &Path) -> Store {
    Arc::new(open(directory).unwrap())
}

/// Everything of one kind.
async fn everything<T: Kept>(store: &Store) -> Vec<Versioned<T>> {
    list::<T>(store, T::Filter::default(), PageRequest::all(Order::Ascending)).await.items
}

/// Copies a directory as a crash would leave it: without any closing.
fn copy_directory(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_directory(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The journal's newest segment.
fn segment(directory: &Path) -> std::path::PathBuf {
    let mut segments: Vec<_> =
        fs::read_dir(directory.join("journal")).unwrap().map(|entry| entry.unwrap().path()).collect();
    segments.sort();
    segments.pop().unwrap()
}
