//! The JSON store passes every case of the conformance suite.

use crate::opened;
use storage::conformance::cases;

/// Runs one case on a fresh store.
async fn passes(name: &str) {
    let directory = tempfile::tempdir().unwrap();
    let (_, case) = cases().into_iter().find(|(known, _)| *known == name).unwrap();
    case(opened(directory.path())).await;
}

macro_rules! tests {
    ($($name:ident)*) => {
        $(#[tokio::test]
        async fn $name() {
            passes(stringify!($name)).await;
        })*

        #[test]
        fn every_case_is_run() {
            let run = [$(stringify!($name)),*];
            let all: Vec<_> = cases().into_iter().map(|(name, _)| name).collect();
            assert_eq!(run.as_slice(), all);
        }
    };
}

tests! {
    what_is_inserted_is_found_by_every_key
    an_unknown_key_finds_nothing
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
    totals_count_what_is_stored
    reading_never_writes
    a_refused_unit_leaves_nothing_behind
    a_unit_sees_its_own_writes
    a_panicking_unit_harms_nobody
    counters_have_no_gaps_when_units_fail
    counters_do_not_touch_each_other
    undo_takes_back_everything_before_it
    the_audit_chain_has_no_gaps
    the_audit_log_is_paged_and_filtered
    concurrent_units_lose_no_update
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
    pages_are_complete_in_both_orders
    pages_stay_whole_while_rows_are_added
    a_bad_cursor_is_an_empty_page
    a_last_page_that_is_full_has_no_next
    patients_are_ordered_by_name
    appointments_are_ordered_by_start_or_id
    sessions_are_ordered_by_start
    an_answered_request_is_kept_for_a_day
    a_request_is_answered_once
    an_expired_request_can_be_answered_anew
    a_unit_that_fails_keeps_no_answer
    of_sixty_four_units_one_answers_a_request
    expired_requests_are_in_nobodys_way
    users_are_filtered
    sessions_are_filtered
    patients_are_filtered
    appointments_are_filtered
    records_are_filtered
    invoices_are_filtered
}
