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
            an_unknown_status_leaves_the_one_that_is_stored
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
            an_account_comes_back_above_its_removed_revision
            an_account_comes_back_above_its_removed_epoch
            a_save_from_before_a_removal_conflicts
            a_release_from_before_a_removal_changes_nothing
            a_verdict_from_before_a_removal_is_not_written
            removing_one_account_leaves_the_others
            of_many_comebacks_one_wins
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
            a_due_claim_keeps_to_its_login
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
            lists_whose_grant_ends
            knows_when_the_next_refresh_is_due
            walks_through_the_connected_accounts_of_an_app
            accounts_of_one_moment_are_told_apart
            a_walk_goes_on_after_an_account_that_is_gone
            saves_several_and_answers_in_their_order
            saves_all_of_several_or_none
            an_account_is_not_saved_twice_at_once
            a_save_of_several_needs_no_lease
            of_many_saves_of_the_same_accounts_one_wins
            what_is_due_goes_by_the_app_of_the_login
            a_later_login_by_another_app_goes_on_with_the_row
            finds_the_accounts_of_a_person
            numbers_go_up_whoever_asks
            keeps_which_tokens_are_the_later_ones
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
            removals_outlive_their_process
            leases_and_attempts_outlive_their_process
            numbers_outlive_their_process
        }
    };
    ($harness:expr) => { $crate::token_store_durability_suite! { @ mount $harness } };
}

/// Mounts every case of [`conformance::cancel`](crate::conformance::cancel) of a [`TokenStore`](crate::store::TokenStore). The argument makes a
/// [`Harness`](crate::conformance::Harness) and may await.
#[macro_export]
macro_rules! token_store_cancellation_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] cancel:
            a_dropped_first_save_is_written_or_not
            a_dropped_save_is_written_or_not
            a_dropped_save_of_several_is_written_whole_or_not
            a_dropped_removal_removes_or_not
            a_dropped_verdict_is_written_or_not
            a_dropped_claim_holds_an_account_or_not
            a_dropped_claim_of_due_accounts_holds_all_or_none
            a_dropped_release_frees_an_account_or_not
            dropped_looks_at_accounts_disturb_nothing
        }
    };
    ($harness:expr) => { $crate::token_store_cancellation_suite! { @ mount $harness } };
}
