//! The lists of cases. A test of this crate compares them to the functions there are.

/// Mounts each case of a list as a test, or names them.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_cases {
    ([mount $harness:expr] $suite:ident: $($case:ident)*) => {
        $(
            #[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() -> $crate::Result<()> {
                let harness = $harness;
                $crate::conformance::$suite::$case(&harness).await
            }
        )*
    };
    ([names] $suite:ident: $($case:ident)*) => { &[$(stringify!($case)),*] };
}

/// Mounts every case of [`conformance::installation`](crate::conformance::installation). The argument makes a
/// [`Harness`](crate::conformance::Harness) and may await.
#[macro_export]
macro_rules! installation_store_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] installation:
            has_one_id
            installations_differ
            keeps_the_first_key_check
            replaces_only_the_key_check_that_was_seen
            of_many_first_key_checks_one_is_kept
        }
    };
    ($harness:expr) => { $crate::installation_store_suite! { @ mount $harness } };
}

/// Mounts every case of durability of an installation. The argument makes a
/// [`Reopen`](crate::conformance::Reopen) and may await.
#[macro_export]
macro_rules! installation_store_durability_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] installation: outlives_its_process }
    };
    ($harness:expr) => { $crate::installation_store_durability_suite! { @ mount $harness } };
}

/// Mounts every case of [`conformance::tokens`](crate::conformance::tokens). The argument makes a
/// [`Harness`](crate::conformance::Harness) and may await.
#[macro_export]
macro_rules! token_store_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] tokens:
            gives_back_what_was_saved
            keeps_unicode_and_large_values
            keeps_whole_microseconds
            keeps_every_status
            shows_a_record_to_its_owner_only
            shows_the_holder_to_anybody
            keeps_one_row_per_account_whoever_owns_it
            tells_apps_and_platforms_apart
            never_mixes_up_accounts_whose_parts_join_to_the_same_text
            counts_revisions_from_one
            a_save_conflicts_with_a_later_revision
            a_save_of_a_removed_record_conflicts
            a_save_may_change_the_owner
            of_many_saves_on_one_revision_one_wins
            of_many_first_saves_one_wins
            a_save_needs_no_lease
            a_save_does_not_end_a_lease
            a_late_save_is_accepted_while_its_revision_is_stored
            a_late_save_conflicts_after_another_save
            a_save_overrides_a_verdict_on_the_same_revision
            a_save_forgets_attempts_of_unknown_outcome
            a_save_writes_the_suspicion_as_it_is
            removes_for_its_owner_only
            a_removed_account_may_come_back
            lists_an_owner_by_platform_and_name
            lists_disconnected_accounts
            finds_by_id_and_alias
            claims_what_is_not_due
            claims_connected_accounts_only
            claims_for_its_owner_only
            a_claimed_account_is_busy
            a_lease_ends_exactly_when_it_says
            a_claim_has_the_record_and_its_revision
            counts_attempts_of_unknown_outcome
            each_claim_has_a_higher_epoch
            of_many_claims_one_wins
            claims_due_accounts_longest_due_first
            claims_what_is_due_exactly_now
            a_due_claim_passes_over_what_is_held
            a_due_claim_passes_over_what_is_not_connected
            a_due_claim_keeps_to_its_platform
            a_due_claim_takes_each_account_once
            of_many_due_claims_each_account_goes_to_one
            the_first_suspicion_stays
            a_dead_account_is_no_longer_due
            a_verdict_does_not_advance_the_revision
            a_verdict_needs_its_revision
            a_verdict_needs_no_lease
            release_frees_the_account
            release_sets_when_it_is_next_due
            release_after_a_save_leaves_its_due_time
            release_leaves_the_lease_of_another
            release_of_a_known_outcome_takes_the_attempt_back
            release_takes_an_attempt_back_once
            a_late_release_takes_back_no_attempt_of_another
            lists_what_expires_soonest_first
            knows_when_the_next_refresh_is_due
        }
    };
    ($harness:expr) => { $crate::token_store_suite! { @ mount $harness } };
}

/// Mounts every case of durability of tokens. The argument makes a [`Reopen`](crate::conformance::Reopen) and may await.
#[macro_export]
macro_rules! token_store_durability_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] tokens:
            records_outlive_their_process
            leases_and_attempts_outlive_their_process
        }
    };
    ($harness:expr) => { $crate::token_store_durability_suite! { @ mount $harness } };
}

/// Mounts every case of [`conformance::logins`](crate::conformance::logins). The argument makes a
/// [`Harness`](crate::conformance::Harness) and may await.
#[macro_export]
macro_rules! login_store_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] logins:
            gives_back_what_was_put
            keeps_unicode_and_large_values
            a_state_is_put_once
            a_look_does_not_take_it
            a_login_is_taken_once
            of_many_takes_one_gets_it
            an_ended_login_is_not_there
            an_unknown_state_has_no_login
            takes_the_login_of_its_state_only
            gives_back_an_offer
            an_offer_is_put_once
            an_offer_is_its_owners_only
            an_ended_offer_is_not_there
            an_offer_is_looked_at_any_number_of_times
            of_many_removals_of_an_offer_one_hears_yes
            an_offer_is_removed_by_its_owner_only
            purges_what_has_ended
        }
    };
    ($harness:expr) => { $crate::login_store_suite! { @ mount $harness } };
}

/// Mounts every case of durability of logins. The argument makes a [`Reopen`](crate::conformance::Reopen) and may await.
#[macro_export]
macro_rules! login_store_durability_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] logins:
            logins_and_offers_outlive_their_process
            a_taken_login_stays_taken
        }
    };
    ($harness:expr) => { $crate::login_store_durability_suite! { @ mount $harness } };
}

/// Mounts every case of [`conformance::posts`](crate::conformance::posts). The argument makes a
/// [`Harness`](crate::conformance::Harness) and may await.
#[macro_export]
macro_rules! post_store_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] posts:
            gives_back_what_was_submitted
            keeps_unicode_and_large_values
            keeps_whole_microseconds
            the_same_key_and_content_is_the_same_post
            the_same_key_with_another_content_is_a_conflict
            a_key_stays_taken_after_the_outcome
            a_key_is_its_accounts_own
            a_key_outlives_a_change_of_owner
            of_many_submissions_under_one_key_one_is_new
            an_id_is_submitted_once
            the_history_begins_with_the_submission
            claims_an_accounts_first_due_post
            claims_what_is_due_exactly_now
            a_claim_begins_a_queued_post
            counts_claims_of_which_nothing_came
            a_lane_has_one_holder
            a_lane_is_one_whoever_owns_the_account
            a_lease_ends_exactly_when_it_says
            claims_lanes_longest_ready_first
            claims_served_platforms_only
            passes_over_checkpoints_it_cannot_read
            what_is_passed_over_takes_no_place
            each_claim_has_a_higher_fence
            of_many_claims_each_lane_goes_to_one
            a_watched_post_keeps_its_state
            a_settled_post_is_never_claimed
            an_account_with_very_many_posts_never_starves_the_others
            a_served_lane_queues_behind_those_ready_now
            a_lane_that_was_given_back_queues_too
            a_served_lane_is_ready_when_its_next_post_is
            a_start_is_written_down
            a_start_settles_on_the_stores_clock
            a_start_after_a_cancellation_writes_nothing
            a_start_while_another_is_open_is_a_conflict
            a_settled_post_never_starts
            who_was_overtaken_starts_nothing
            who_was_overtaken_records_nothing
            who_was_overtaken_renews_nothing
            a_lapsed_claim_that_nobody_took_over_still_holds
            who_recorded_last_writes_nothing_more
            a_renewal_moves_the_end_of_the_lease
            of_many_records_of_one_claim_one_is_written
            of_many_starts_of_one_claim_one_is_written
            a_claim_holds_its_own_post_only
            a_record_writes_what_the_step_led_to
            a_record_leaves_what_it_does_not_name
            a_record_clears_the_attempts
            an_attempt_that_goes_on_still_counts
            a_record_ends_the_lease
            a_record_may_keep_the_lease
            a_record_heeds_a_cancellation_it_did_not_know_of
            a_record_keeps_a_start_of_unknown_outcome
            a_record_settles_a_post
            the_time_of_the_first_outcome_stays
            a_record_tells_of_a_cancellation
            release_gives_the_post_back
            release_keeps_a_start
            a_late_release_changes_nothing
            release_keeps_an_outcome
            a_hold_stops_claims_until_resumed
            a_hold_comes_before_the_first_post
            a_held_account_is_never_ready
            a_record_may_hold_the_lane
            who_works_when_a_hold_comes_goes_on
            a_hold_is_on_the_account_whoever_owns_it
            knows_when_the_next_lane_is_ready
            a_queued_post_is_cancelled_at_once
            a_queued_post_beside_a_working_one_is_cancelled_at_once
            a_working_post_is_asked_to_stop
            asking_puts_nothing_off
            cancelling_keeps_a_start
            asking_again_changes_nothing
            a_post_with_an_outcome_is_not_cancelled
            only_the_owner_cancels
            an_account_is_cancelled_whole
            a_held_account_is_cancelled_too
            an_account_is_cancelled_whoever_owns_it
            a_claim_and_a_cancellation_never_pass_each_other
            settles_an_undecided_post_on_the_owners_word
            settles_nothing_but_what_is_undecided
            only_the_owner_settles
            fails_what_was_missed
            a_post_is_missed_only_after_its_time
            fails_what_ran_out_first
            what_was_begun_is_not_missed
            what_is_held_is_missed_too
            a_post_is_its_owners_only
            lists_newest_first_by_pages
            lists_by_account_and_state
            lists_by_title
            counts_posts_by_where_they_stand
            finds_by_the_platforms_id
        }
    };
    ($harness:expr) => { $crate::post_store_suite! { @ mount $harness } };
}

/// Mounts every case of durability of posts. The argument makes a [`Reopen`](crate::conformance::Reopen) and may await.
#[macro_export]
macro_rules! post_store_durability_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] posts:
            submissions_outlive_their_process
            starts_outlive_their_process
            fences_outlive_their_process
            outcomes_and_holds_outlive_their_process
        }
    };
    ($harness:expr) => { $crate::post_store_durability_suite! { @ mount $harness } };
}

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
            completes_what_was_claimed
            says_of_each_claim_whether_it_was_completed
            completing_nothing_is_nothing
            a_retry_makes_it_ready_at_its_time
            a_retry_with_a_cause_counts_a_failure
            a_retry_without_a_cause_counts_no_failure
            what_is_done_after_failures_tells_of_them
            parks_a_dead_letter
            of_many_completions_of_one_claim_one_is_written
            who_was_overtaken_completes_nothing
            who_was_overtaken_retries_nothing
            who_was_overtaken_parks_nothing
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
            a_purged_event_is_new_when_sent_again
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

/// Mounts every case of [`conformance::limits`](crate::conformance::limits). The argument makes a
/// [`Harness`](crate::conformance::Harness) and may await.
#[macro_export]
macro_rules! limits_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] limits:
            grants_up_to_the_limit
            each_call_counts
            a_holder_counts_once
            a_holder_counts_anew_after_the_window
            a_booking_leaves_exactly_after_its_window
            a_minute_is_sixty_seconds
            a_day_rolls
            a_limit_of_nothing_grants_nothing
            a_limit_never_reached_grants_all
            a_window_is_what_the_call_says
            keys_of_any_script_are_told_apart
            holders_of_any_script_are_told_apart
            booking_nothing_is_granted
            a_grant_of_several_keys_counts_in_each
            several_keys_are_granted_all_or_nothing
            several_keys_wait_for_the_slowest
            a_place_for_several_keys_is_one_in_each
            the_promised_time_is_when_it_is_granted
            queues_in_the_order_of_asking
            asking_again_keeps_the_place
            a_newcomer_stands_behind_the_queue
            a_place_that_nobody_comes_back_for_lapses
            who_comes_back_after_the_lapse_comes_last
            who_comes_late_never_lifts_the_limit
            a_refund_moves_others_up
            a_refunded_place_moves_others_up
            a_slot_is_freed_by_its_refund
            a_refund_takes_the_latest_grant
            a_refund_takes_place_and_grant_of_its_holder_only
            a_refund_names_its_keys
            a_refund_passes_over_what_is_not_booked
            an_observation_adds_what_is_missing
            an_observation_of_less_changes_nothing
            what_was_observed_counts_from_now
            more_than_the_limit_may_be_observed
            an_observation_leaves_the_places
            nobody_refunds_what_the_platform_counted
            a_block_ends_exactly_when_it_says
            a_longer_block_stays
            a_block_is_its_keys_own
            a_block_puts_off_what_was_promised
            a_block_outlasts_a_limit_of_nothing
            a_block_takes_nothing_away
            a_block_may_last_for_years
            an_unknown_key_is_unused
            usage_tells_for_how_long_a_newcomer_would_wait
            usage_spends_nothing
            usage_knows_of_a_block
            purges_what_left_its_window
            a_purge_leaves_what_counts
            purges_places_that_lapsed
            of_many_bookings_the_limit_is_granted
            of_many_bookings_of_one_holder_one_counts
            of_many_waits_of_one_holder_one_place_is_kept
            of_many_bookings_of_several_keys_none_is_granted_in_part
            never_more_than_the_limit_in_any_window
            of_many_observations_what_is_missing_is_added_once
            bookings_and_refunds_at_once_lose_nothing
        }
    };
    ($harness:expr) => { $crate::limits_suite! { @ mount $harness } };
}

/// Mounts every case of durability of limits. The argument makes a [`Reopen`](crate::conformance::Reopen) and may await.
#[macro_export]
macro_rules! limits_durability_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] limits:
            bookings_outlive_their_process
            places_outlive_their_process
            blocks_outlive_their_process
            refunds_outlive_their_process
            time_goes_on_from_process_to_process
        }
    };
    ($harness:expr) => { $crate::limits_durability_suite! { @ mount $harness } };
}
