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
            a_key_is_looked_up_without_a_submission
            nothing_begins_without_what_is_sealed
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
            claims_served_apps_only
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
            lists_who_is_held
            a_hold_knows_what_was_refused
            who_works_when_a_hold_comes_goes_on
            a_hold_is_on_the_account_whoever_owns_it
            knows_when_the_next_lane_is_ready
            what_a_worker_cannot_read_is_not_ready_for_it
            a_post_that_a_worker_cannot_read_stands_in_no_holds_way
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
            asking_to_stop_ends_a_hold
            a_hold_waits_for_what_is_to_be_stopped
            an_account_is_cancelled_whoever_owns_it
            a_claim_and_a_cancellation_never_pass_each_other
            a_post_that_waits_is_hastened
            a_post_that_is_watched_is_hastened
            hastening_puts_nothing_off
            a_post_that_is_over_is_looked_at_again
            what_nobody_began_is_not_hastened
            hastening_leaves_a_claim
            only_the_owner_hastens
            settles_an_undecided_post_on_the_owners_word
            settles_nothing_but_what_is_undecided
            settling_ends_a_claim
            settling_leaves_the_claim_on_another_post
            only_the_owner_settles
            fails_what_was_missed
            a_post_is_missed_only_after_its_time
            fails_what_ran_out_first
            what_waits_is_missed_too
            what_waits_is_missed_by_who_serves_its_app
            what_may_be_a_post_is_not_missed
            what_is_held_is_missed_too
            a_post_is_its_owners_only
            lists_newest_first_by_pages
            lists_by_account_and_state
            lists_by_caption
            purges_the_history_of_what_ended_long_ago
            media_are_needed_until_their_posts_are_over
            an_edit_changes_which_media_are_needed
            counts_posts_by_where_they_stand
            finds_by_the_platforms_id
            an_id_of_the_platform_names_one_post
            an_edit_changes_a_queued_post
            an_edit_without_a_content_leaves_it
            an_edit_needs_the_last_revision
            a_post_that_was_begun_is_not_edited
            a_post_with_an_outcome_is_not_edited
            only_the_owner_edits
            an_edited_post_is_claimed_as_edited
            an_edit_moves_a_post_in_its_lane
            a_key_stands_for_what_was_first_submitted
            an_edit_moves_the_time_until_a_post_is_missed
            an_edited_post_is_found_as_edited
            of_many_edits_of_one_revision_one_is_written
            an_edit_and_a_claim_never_pass_each_other
            counts_what_is_on_its_way_or_waits_for_the_person
            what_is_pending_counts_from_when_it_was_begun
            what_is_pending_is_of_one_account
            what_was_begun_is_asked_about_first
            what_was_due_is_asked_about_first
            what_has_an_outcome_is_not_marked
            a_mark_ends_claims
            a_mark_outlives_what_is_learned
            what_is_marked_ends_by_the_platforms_word_only
            posts_of_everybody_are_marked
            what_is_there_is_kept
            what_is_noted_is_kept
            what_is_there_has_not_failed
            a_word_leaves_out_nothing_that_is_there
            what_is_there_is_not_cancelled
            what_is_there_is_not_missed
            nothing_is_there_before_the_first_step
            an_answer_brings_its_own_notes
        }
    };
    ($harness:expr) => { $crate::post_store_suite! { @ mount $harness } };
}

/// Mounts every case of submissions after a loss, of a store of posts that knows the installation too. The argument makes an
/// [`Instance`](crate::conformance::Instance) and may await.
#[macro_export]
macro_rules! post_store_losses_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] posts:
            a_new_key_is_held_while_another_life_is_not_accepted
            a_new_key_is_held_for_a_while_after_a_loss
            nothing_is_held_unless_it_was_asked_for
            nothing_is_held_where_nothing_was_lost
            nobody_claims_what_is_held
            what_is_released_goes_on
            only_what_is_held_is_released
            a_held_post_is_cancelled_as_any_and_missed_once_released
            a_held_post_is_edited_and_stays_held
            held_posts_are_listed_oldest_first
            held_posts_are_listed_page_by_page
            what_is_held_is_not_marked
            what_is_queued_is_held_until_released
        }
    };
    ($harness:expr) => { $crate::post_store_losses_suite! { @ mount $harness } };
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

/// Mounts every case of [`PostStore::wakes`](crate::store::PostStore::wakes), for stores that give hints. The argument makes a
/// [`Harness`](crate::conformance::Harness) and may await.
#[macro_export]
macro_rules! post_store_wakes_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] posts:
            a_submission_is_heard_of
            an_edit_is_heard_of
            a_cancellation_is_heard_of
            a_resumption_is_heard_of
        }
    };
    ($harness:expr) => { $crate::post_store_wakes_suite! { @ mount $harness } };
}

/// Mounts every case of [`conformance::cancel`](crate::conformance::cancel) of a [`PostStore`](crate::store::PostStore). The argument makes a
/// [`Harness`](crate::conformance::Harness) and may await.
#[macro_export]
macro_rules! post_store_cancellation_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] cancel:
            a_dropped_submission_is_kept_whole_or_not
            a_dropped_claim_begins_a_post_or_not
            a_dropped_start_is_written_or_not
            a_dropped_record_is_written_whole_or_not
            a_dropped_release_gives_a_post_back_or_not
            a_dropped_renewal_ends_no_claim
            a_dropped_edit_is_written_whole_or_not
            a_dropped_cancellation_cancels_whole_or_not
            a_dropped_settlement_settles_whole_or_not
            a_dropped_cancellation_of_an_account_cancels_all_or_none
            a_dropped_search_for_missed_posts_fails_them_whole_or_not
            a_dropped_mark_is_whole_or_not
            a_dropped_hold_of_all_that_is_queued_is_whole_or_not
            a_dropped_hold_holds_or_not
            a_dropped_resumption_resumes_or_not
            dropped_looks_at_posts_disturb_nothing
        }
    };
    ($harness:expr) => { $crate::post_store_cancellation_suite! { @ mount $harness } };
}
