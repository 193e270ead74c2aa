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
        }
    };
    ($harness:expr) => { $crate::post_store_suite! { @ mount $harness } };
}
