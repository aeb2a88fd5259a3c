//! The conformance suite: what every backend must do, as cases that run against any [`Storage`].
//! A case panics when the backend fails it; a test runs each on a fresh, empty store.

mod access;
mod basics;
mod filters;
mod lists;
mod overlaps;
mod plan;
mod requests;
pub mod samples;
#[cfg(feature = "postgres")]
pub mod scratch;
mod units;

use crate::{
    Aggregate, AuditFilter, BoxFuture, Page, PageRequest, PatientKey, Repository, Storage, StorageError, Tx,
    UserKey, Version, Versioned,
};
use domain::{
    AccessEntry, Appointment, AppointmentId, AuditEvent, Invoice, Patient, PatientId, PatientLink, PlanEntry,
    Record, Schedule, Session, User, UserId,
};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

/// A store under test.
pub type Store = Arc<dyn Storage>;
/// A case, to be run on a store with nothing in it.
pub type CaseFn = fn(Store) -> BoxFuture<'static, ()>;

/// Hands the list of all cases, by module, to a macro.
#[macro_export]
macro_rules! conformance_cases {
    ($callback:ident) => {
        $callback! {
            basics {
                what_is_inserted_is_found_by_every_key
                an_unknown_key_finds_nothing
                several_are_found_at_once
                an_id_is_given_once
                an_update_raises_the_version
                an_update_of_what_was_changed_since_is_stale
                an_update_of_what_does_not_exist_is_stale
                an_email_address_is_unique_without_regard_to_case
                a_username_is_unique_without_regard_to_case
                a_changed_email_address_frees_the_old_one
                an_account_belongs_to_one_patient
                a_medical_record_number_is_unique
                an_invoice_number_is_unique
                a_receipt_number_is_unique
                a_credit_note_number_is_unique
                totals_count_what_is_stored
                reading_never_writes
            }
            units {
                a_refused_unit_leaves_nothing_behind
                a_unit_sees_its_own_writes
                a_panicking_unit_harms_nobody
                counters_have_no_gaps_when_units_fail
                an_id_is_never_given_twice
                counters_do_not_touch_each_other
                undo_takes_back_everything_before_it
                the_audit_chain_has_no_gaps
                the_audit_log_is_paged_and_filtered
                the_audit_log_is_narrowed_by_request_and_to_others
                events_are_read_from_a_position_on
                anchors_are_kept_beside_the_chain
                concurrent_units_lose_no_update
            }
            overlaps {
                a_doctor_is_in_one_place_at_a_time
                touching_ends_do_not_overlap
                every_way_to_overlap_is_found
                a_patient_is_in_one_place_at_a_time
                a_room_is_used_once_at_a_time
                written_doctors_are_folded
                unlinked_patients_do_not_collide
                an_overbooking_neither_blocks_nor_is_blocked
                a_cancelled_slot_can_be_booked_again
                a_missed_appointment_frees_its_time
                a_cancelled_appointment_cannot_come_back_into_a_taken_slot
                moving_within_its_own_time_is_allowed
                moving_into_a_taken_slot_is_refused
                of_sixty_four_bookers_of_a_slot_one_wins
            }
            lists {
                pages_are_complete_in_both_orders
                pages_stay_whole_while_rows_are_added
                a_bad_cursor_is_an_empty_page
                a_last_page_that_is_full_has_no_next
                patients_are_ordered_by_name
                appointments_are_ordered_by_start_or_id
                sessions_are_ordered_by_start
            }
            requests {
                an_answered_request_is_kept_for_a_day
                a_request_is_answered_once
                an_expired_request_can_be_answered_anew
                a_unit_that_fails_keeps_no_answer
                of_sixty_four_units_one_answers_a_request
                expired_requests_are_in_nobodys_way
            }
            access {
                what_ended_and_nobody_needs_is_forgotten
                an_entry_that_ended_can_be_written_anew
                a_place_in_a_care_team_stays_after_it_ended
                a_second_factor_is_kept
            }
            plan {
                every_kind_of_plan_comes_back_as_it_was
                plans_are_filtered
                plans_that_are_over_are_forgotten
                a_held_time_is_taken_and_in_no_list
            }
            filters {
                users_are_filtered
                sessions_are_filtered
                access_entries_are_filtered
                care_teams_are_found_by_member_patient_and_instant
                patients_are_filtered
                appointments_are_filtered
                records_are_filtered
                invoices_are_filtered
                invoices_are_filtered_by_refunds
            }
        }
    };
}

macro_rules! cases {
    ($($module:ident { $($case:ident)* })*) => {
        /// All cases with their names.
        pub fn cases() -> Vec<(&'static str, CaseFn)> {
            vec![$($((stringify!($case), |store| Box::pin($module::$case(store)) as _),)*)*]
        }
    };
}

conformance_cases!(cases);

/// What an object has links to.
#[derive(Debug, Default)]
pub struct Links {
    /// Accounts.
    pub users: Vec<UserId>,
    /// Patients.
    pub patients: Vec<PatientId>,
    /// Appointments.
    pub appointments: Vec<AppointmentId>,
}

/// An aggregate with its place in a unit of work.
pub trait Kept: Aggregate {
    /// Its repository.
    fn of(tx: &mut dyn Tx) -> &mut dyn Repository<Self>;
    /// What must be there before it.
    fn links(&self) -> Links;
}

macro_rules! kept {
    ($($aggregate:ident $name:ident |$it:ident| $users:expr, $patients:expr, $appointments:expr;)*) => {
        $(impl Kept for $aggregate {
            fn of(tx: &mut dyn Tx) -> &mut dyn Repository<Self> {
                tx.$name()
            }
            fn links(&self) -> Links {
                let $it = self;
                Links {
                    users: $users.into_iter().collect(),
                    patients: $patients.into_iter().collect(),
                    appointments: $appointments.into_iter().collect(),
                }
            }
        })*
    };
}

kept! {
    User users |_it| None, None, None;
    Session sessions |it| [it.user], None, None;
    AccessEntry access |it| it.user, it.patient, None;
    PlanEntry plan |it| it.doctor, it.patient, it.appointment;
    Patient patients |it| it.user, None, None;
    Schedule schedules |it| [it.doctor], None, None;
    Appointment appointments |it| it.doctor.id, it.patient.id, None;
    Record records |it| it.author, it.patient.id, it.appointment;
    Invoice invoices |it| None, it.patient.id, it.appointment;
}

/// Adds what an object has links to, as far as it is not there: a backend may refuse links to nothing.
async fn prepare(store: &Store, links: Links) -> Result<(), StorageError> {
    if links.users.is_empty() && links.patients.is_empty() && links.appointments.is_empty() {
        return Ok(());
    }
    write(store, move |tx| {
        let Links { users, patients, appointments } = &links;
        let (users, patients, appointments) = (users.clone(), patients.clone(), appointments.clone());
        Box::pin(async move {
            for id in users {
                if tx.users().lookup(&UserKey::Id(id)).await?.is_none() {
                    tx.users().insert(samples::user(id.0)).await?;
                }
            }
            for id in patients {
                if tx.patients().lookup(&PatientKey::Id(id)).await?.is_none() {
                    tx.patients().insert(samples::patient(id.0, "Ada", "Byron")).await?;
                }
            }
            for id in appointments {
                if tx.appointments().lookup(&id).await?.is_none() {
                    let mut visit = samples::appointment(id.0, 0, samples::written("Dr Nobody"), -100_000);
                    visit.patient = PatientLink { id: None, name: "Nobody".to_owned() };
                    tx.appointments().insert(visit).await?;
                }
            }
            Ok(())
        })
    })
    .await
}

/// Inserts one object, and before it what it has links to.
async fn add_linked<T: Kept>(store: &Store, value: T) -> Result<Version, StorageError> {
    prepare(store, value.links()).await?;
    add(store, value).await
}

/// Updates one object, after adding what it has links to.
async fn change_linked<T: Kept>(store: &Store, expected: Version, value: T) -> Result<Version, StorageError> {
    prepare(store, value.links()).await?;
    change(store, expected, value).await
}

/// Runs a writing unit of work and returns its result.
pub async fn write<T, W>(store: &Store, work: W) -> Result<T, StorageError>
where
    T: Send + 'static,
    W: for<'t> FnMut(&'t mut dyn Tx) -> BoxFuture<'t, Result<T, StorageError>> + Send + 'static,
{
    let (work, result) = keeping(work);
    store.write(work).await?;
    Ok(taken(&result))
}

/// Runs a reading unit of work and returns its result.
pub async fn read<T, W>(store: &Store, work: W) -> Result<T, StorageError>
where
    T: Send + 'static,
    W: for<'t> FnMut(&'t mut dyn Tx) -> BoxFuture<'t, Result<T, StorageError>> + Send + 'static,
{
    let (work, result) = keeping(work);
    store.read(work).await?;
    Ok(taken(&result))
}

type Slot<T> = Arc<Mutex<Option<T>>>;

fn keeping<T, W>(mut work: W) -> (crate::Work, Slot<T>)
where
    T: Send + 'static,
    W: for<'t> FnMut(&'t mut dyn Tx) -> BoxFuture<'t, Result<T, StorageError>> + Send + 'static,
{
    let result = Slot::default();
    let slot = result.clone();
    let work: crate::Work = Box::new(move |tx| {
        let (unit, slot) = (work(tx), slot.clone());
        Box::pin(async move {
            let value = unit.await?;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            Ok(())
        })
    });
    (work, result)
}

fn taken<T>(result: &Slot<T>) -> T {
    let mut result = result.lock().unwrap_or_else(PoisonError::into_inner);
    result.take().expect("a unit of work that ended well left its result")
}

/// Inserts one object.
///
/// # Errors
/// What the store says.
pub async fn add<T: Kept>(store: &Store, value: T) -> Result<Version, StorageError> {
    write(store, move |tx| {
        let value = value.clone();
        Box::pin(async move { T::of(tx).insert(value).await })
    })
    .await
}

/// Updates one object.
///
/// # Errors
/// What the store says.
pub async fn change<T: Kept>(store: &Store, expected: Version, value: T) -> Result<Version, StorageError> {
    write(store, move |tx| {
        let value = value.clone();
        Box::pin(async move { T::of(tx).update(expected, value).await })
    })
    .await
}

/// Looks one object up.
///
/// # Panics
/// When the store fails the case.
pub async fn get<T: Kept>(store: &Store, key: T::Key) -> Option<Versioned<T>> {
    let found = read(store, move |tx| {
        let key = key.clone();
        Box::pin(async move { T::of(tx).lookup(&key).await })
    });
    found.await.expect("a look-up succeeds")
}

/// One page.
///
/// # Panics
/// When the store fails the case.
pub async fn list<T: Kept>(store: &Store, filter: T::Filter, request: PageRequest) -> Page<Versioned<T>> {
    let found = read(store, move |tx| {
        let (filter, request) = (filter.clone(), request.clone());
        Box::pin(async move { T::of(tx).list(&filter, &request).await })
    });
    found.await.expect("a list succeeds")
}

/// How many pass a filter.
///
/// # Panics
/// When the store fails the case.
pub async fn count<T: Kept>(store: &Store, filter: T::Filter) -> u64 {
    let found = read(store, move |tx| {
        let filter = filter.clone();
        Box::pin(async move { T::of(tx).count(&filter).await })
    });
    found.await.expect("a count succeeds")
}

/// One page of the audit log.
///
/// # Panics
/// When the store fails the case.
pub async fn audit(store: &Store, filter: AuditFilter, request: PageRequest) -> Page<AuditEvent> {
    let found = read(store, move |tx| {
        let (filter, request) = (filter.clone(), request.clone());
        Box::pin(async move { tx.audit().list(&filter, &request).await })
    });
    found.await.expect("the audit log can be read")
}

/// Waits for all of them at once.
pub(crate) async fn all<T>(mut futures: Vec<BoxFuture<'_, T>>) -> Vec<T> {
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, slot) in futures.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let Poll::Ready(value) = Pin::new(future).poll(context)
            {
                *slot = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}
