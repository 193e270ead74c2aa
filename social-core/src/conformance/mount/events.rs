/// Mounts every case of [`conformance::events`](crate::conformance::events). The argument makes a
/// [`Harness`](crate::conformance::Harness) and may await.
#[macro_export]
macro_rules! event_store_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] events:
            gives_back_what_was_inserted
            keeps_what_an_event_does_not_say
            keeps_bodies_byte_by_byte
            keeps_ids_and_kinds_of_any_script
            keeps_a_body_of_four_mebibytes
            keeps_whole_microseconds
            an_empty_batch_is_nothing
            keeps_a_batch_of_five_thousand
            numbers_rise_in_the_order_of_arrival
            an_event_is_kept_once
            the_same_id_of_another_platform_is_another_event
            the_same_id_for_another_app_is_another_event
            of_two_with_the_same_id_in_one_batch_the_first_is_kept
            says_of_each_of_a_batch_whether_it_was_new
            an_event_that_ended_is_not_new
            of_many_inserters_one_hears_that_an_event_is_new
            claims_longest_ready_first_then_in_the_order_they_came
            an_event_given_back_stands_by_its_new_time
            claims_what_is_ready_exactly_now
            counts_claims_that_nobody_ended
            the_limit_of_a_claim_holds
            a_lease_ends_exactly_when_it_says
            each_claim_has_a_higher_epoch
            what_has_ended_is_never_claimed
            of_many_claims_each_event_goes_to_one
            events_about_one_thing_are_claimed_one_by_one
            events_about_different_things_wait_for_nobody
            a_retry_holds_its_own_subject_back
            a_lapsed_lease_holds_its_own_subject_back
            a_dead_letter_holds_nobody_back
            of_many_claims_one_gets_what_is_about_one_thing
            the_next_of_a_subject_is_found_however_old_it_is
            keeps_what_an_event_is_about
            leaves_what_a_newer_release_knows
            completes_what_was_claimed
            says_of_each_claim_whether_it_was_completed
            completing_nothing_is_nothing
            a_retry_makes_it_ready_at_its_time
            what_was_not_begun_counts_no_attempt
            a_retry_with_a_cause_counts_a_failure
            a_retry_without_a_cause_counts_no_failure
            what_is_for_another_process_counts_no_failure
            what_no_process_handles_is_set_aside
            what_is_set_aside_lets_the_next_go
            who_was_overtaken_defers_nothing
            what_is_done_after_failures_tells_of_them
            parks_a_dead_letter
            of_many_completions_of_one_claim_one_is_written
            who_was_overtaken_completes_nothing
            who_was_overtaken_retries_nothing
            who_was_overtaken_parks_nothing
            who_was_overtaken_renews_nothing
            a_renewed_lease_lasts_from_now
            a_lapsed_claim_can_be_renewed
            a_lapsed_claim_that_nobody_took_over_still_holds
            a_claim_ends_once
            a_claim_from_before_a_replay_is_over
            replays_dead_letters
            replays_what_was_done
            a_replay_passes_over_what_waits
            replays_those_that_came_first_first
            replays_by_platform
            replays_by_id
            replays_by_kind
            replays_by_account
            replays_by_when_they_came
            replays_what_meets_every_wish
            purges_what_ended_before
            purges_what_ended_first_first
            what_waits_is_never_purged
            purges_one_state_only
            a_purged_event_is_still_known
            an_id_is_known_for_four_days
            an_id_is_new_again_after_two_windows
            windows_turn_when_they_are_four_days_old
            without_upkeep_ids_stay_known
            upkeep_removes_nothing_that_counts
            lists_newest_first_by_pages
            lists_by_state_and_platform
            counts_the_backlog
            what_was_given_back_is_in_the_backlog_for_later
            the_backlog_counts_no_lapsed_lease
            knows_when_the_next_event_is_ready
        }
    };
    ($harness:expr) => { $crate::event_store_suite! { @ mount $harness } };
}

/// Mounts every case of durability of events. The argument makes a [`Reopen`](crate::conformance::Reopen) and may await.
#[macro_export]
macro_rules! event_store_durability_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] events:
            events_outlive_their_process
            leases_and_attempts_outlive_their_process
            ends_and_failures_outlive_their_process
            what_was_purged_stays_away
        }
    };
    ($harness:expr) => { $crate::event_store_durability_suite! { @ mount $harness } };
}

/// Mounts every case of [`EventStore::wakes`](crate::store::EventStore::wakes), for stores that give hints. The argument makes a
/// [`Harness`](crate::conformance::Harness) and may await.
#[macro_export]
macro_rules! event_store_wakes_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] events:
            an_insertion_is_heard_of
            everybody_hears_of_an_insertion
        }
    };
    ($harness:expr) => { $crate::event_store_wakes_suite! { @ mount $harness } };
}

/// Mounts every case of [`conformance::cancel`](crate::conformance::cancel) of a [`EventStore`](crate::store::EventStore). The argument makes a
/// [`Harness`](crate::conformance::Harness) and may await.
#[macro_export]
macro_rules! event_store_cancellation_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] cancel:
            a_dropped_insertion_keeps_all_or_none
            a_dropped_claim_takes_all_events_or_none
            a_dropped_completion_ends_all_or_none
            a_dropped_retry_gives_back_or_not
            a_dropped_parking_parks_or_not
            a_dropped_replay_lets_all_go_or_none
            a_dropped_purge_removes_all_events_or_none
            a_dropped_upkeep_loses_nothing
            dropped_looks_at_events_disturb_nothing
        }
    };
    ($harness:expr) => { $crate::event_store_cancellation_suite! { @ mount $harness } };
}
