//! All that a directory holds, out of it and into a new one.

use super::audit::{self, AuditReader};
use super::files::IoContext as _;
use super::history::{self, Until};
use super::open::{self, JsonOptions};
use super::progress::Progress;
use super::state::{Rows, State, Stored, put};
use super::{OpenError, anchors, backup};
use crate::contents::{self, Contents};
use crate::{AuditFilter, Order, PageRequest};
use std::sync::Arc;

/// Events read at a time.
const EVENTS: usize = 10_000;

/// Everything that a data directory holds now; servers may go on.
///
/// # Errors
/// What opening the directory would say.
pub fn contents(options: &JsonOptions, progress: &dyn Progress) -> Result<Contents, OpenError> {
    progress.begin("reading the data directory", 0);
    let anchors = anchors::read(options.disk.as_ref(), &options.directory)?;
    let history = history::read(options, Until::Newest)?;
    let state = history.state;
    let reader = AuditReader::new(options.disk.clone(), options.directory.join("audit"));
    let mut events = Vec::new();
    let mut page = PageRequest::first(EVENTS, Order::Ascending);
    loop {
        let found = audit::list(&state, &reader, &AuditFilter::default(), &page)
            .map_err(|error| OpenError::of_storage(&options.directory.join("audit"), &error))?;
        events.extend(found.items.into_iter().map(Arc::new));
        if found.next.is_none() {
            break;
        }
        page.after = found.next;
    }
    Ok(Contents {
        position: format!("store {} transaction {}", history.store.store_id, state.seq),
        users: rows(&state.users.rows),
        patients: rows(&state.patients.rows),
        schedules: rows(&state.schedules.rows),
        sessions: rows(&state.sessions.rows),
        access: rows(&state.access.rows),
        appointments: rows(&state.appointments.rows),
        records: rows(&state.records.rows),
        invoices: rows(&state.invoices.rows),
        plan: rows(&state.plan.rows),
        requests: state.requests.rows().cloned().collect(),
        counters: state.counters.iter().map(|(counter, last)| (*counter, *last)).collect(),
        audit: events,
        anchors,
    })
}

fn rows<T: Stored>(rows: &Rows<T>) -> contents::Rows<T> {
    rows.values().cloned().collect()
}

/// Makes a new store of them in the empty directory of the options. It has a name of its own and no history.
///
/// # Errors
/// [`OpenError::NotEmpty`], or what the disk says.
pub fn fill(options: &JsonOptions, contents: &Contents, progress: &dyn Progress) -> Result<(), OpenError> {
    backup::empty_directory(options.disk.as_ref(), &options.directory)?;
    let mut state = State { format: options.formats.own(), ..State::default() };
    put_all(&mut state, &contents.users);
    put_all(&mut state, &contents.patients);
    put_all(&mut state, &contents.schedules);
    put_all(&mut state, &contents.sessions);
    put_all(&mut state, &contents.access);
    put_all(&mut state, &contents.appointments);
    put_all(&mut state, &contents.records);
    put_all(&mut state, &contents.invoices);
    put_all(&mut state, &contents.plan);
    contents.requests.iter().for_each(|request| state.requests.insert(request.clone()));
    state.counters = contents.counters.iter().map(|(counter, last)| (*counter, *last)).collect();
    contents.audit.iter().for_each(|event| state.push_audit(event.clone()));
    progress.begin("writing the data directory", 0);
    open::found(options, &state)?;
    if !contents.anchors.is_empty() {
        anchors::keep(options.disk.as_ref(), &options.directory, &contents.anchors)
            .at(&anchors::path_of(&options.directory))?;
    }
    options.disk.sync_directory(&options.directory).at(&options.directory)
}

fn put_all<T: Stored>(state: &mut State, rows: &contents::Rows<T>) {
    for row in rows {
        put(state, row.clone());
    }
}
