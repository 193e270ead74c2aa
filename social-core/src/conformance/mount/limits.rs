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
            an_unblocked_key_is_granted_at_once
            an_unblocked_key_keeps_its_bookings
            an_unblock_is_its_keys_own
            what_is_not_blocked_is_not_unblocked
            blocks_are_listed
            an_unknown_key_is_unused
            usage_tells_for_how_long_a_newcomer_would_wait
            usage_spends_nothing
            usage_knows_of_a_block
            purges_what_left_its_window
            a_purge_leaves_what_counts
            purges_places_that_lapsed
            a_booking_takes_what_it_costs
            a_booking_may_take_all_there_is
            who_costs_little_stands_behind_who_costs_much
            several_costs_are_granted_all_or_nothing
            a_cost_above_the_limit_is_invalid
            a_cost_of_nothing_is_invalid
            a_refund_gives_the_whole_cost_back
            usage_and_observations_count_units
            a_holder_keeps_what_its_grant_cost
            a_place_costs_what_was_said_last
            a_purge_counts_bookings_not_units
            a_window_is_full_until_it_ends
            a_promise_is_the_next_window_with_room
            an_ending_limit_of_nothing_grants_nothing
            what_is_booked_as_a_window_ends_counts_in_the_next
            who_is_late_at_the_turn_is_counted_after_it
            a_little_more_or_less_left_is_the_same_window
            a_holder_counts_once_in_a_window_that_ends
            places_of_the_next_window_take_nothing_of_this_one
            a_block_until_the_turn_keeps_the_queue
            a_block_within_a_window_keeps_what_is_left_of_it
            several_keys_wait_for_a_window_with_room_in_all
            an_observation_counts_until_the_window_ends
            a_day_may_be_shorter_or_longer
            a_key_may_be_booked_with_both_kinds_of_windows
            purges_windows_that_ended
            a_place_lapses_with_its_window
            of_many_bookings_the_limit_is_granted
            of_many_bookings_of_one_holder_one_counts
            of_many_waits_of_one_holder_one_place_is_kept
            of_many_bookings_of_several_keys_none_is_granted_in_part
            never_more_than_the_limit_in_any_window
            of_many_observations_what_is_missing_is_added_once
            bookings_and_refunds_at_once_lose_nothing
            of_many_bookings_of_an_ending_window_no_more_than_its_units_are_granted
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
            unblocks_outlive_their_process
            refunds_outlive_their_process
            time_goes_on_from_process_to_process
            costs_and_ends_outlive_their_process
        }
    };
    ($harness:expr) => { $crate::limits_durability_suite! { @ mount $harness } };
}

/// Mounts every case of [`conformance::cancel`](crate::conformance::cancel) of a [`Limits`](crate::store::Limits). The argument makes a
/// [`Harness`](crate::conformance::Harness) and may await.
#[macro_export]
macro_rules! limits_cancellation_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] cancel:
            a_dropped_booking_is_granted_whole_or_not
            a_dropped_booking_has_a_place_for_each_key_or_none
            a_dropped_refund_is_of_all_keys_or_none
            a_dropped_observation_adds_all_or_nothing
            a_dropped_block_holds_or_not
            a_dropped_unblock_ends_a_block_or_not
            dropped_looks_at_limits_disturb_nothing
        }
    };
    ($harness:expr) => { $crate::limits_cancellation_suite! { @ mount $harness } };
}
