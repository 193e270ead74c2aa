/// Mounts every case of [`conformance::sealed`](crate::conformance::sealed), for a store that keeps accounts, logins and posts too.
/// The argument makes a [`Harness`](crate::conformance::Harness) and may await.
#[macro_export]
macro_rules! sealed_store_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] sealed:
            shows_every_sealed_value
            a_value_opens_in_the_place_that_is_told
            an_account_without_tokens_is_passed_over
            pages_show_each_value_once
            passes_over_what_is_under_the_key
            a_page_may_begin_after_a_row_that_is_gone
            shows_large_values_whole
            reseals_every_field
            a_reseal_compares_what_is_stored
            a_reseal_passes_over_what_is_not_there
            reseals_the_fields_of_a_row_apart
            logins_and_offers_come_back_resealed
            of_many_reseals_of_one_value_one_is_written
            a_reseal_never_undoes_a_save
            a_reseal_leaves_an_account_at_its_revision
            a_reseal_leaves_the_claim_on_an_account
            a_reseal_leaves_the_claim_on_a_post
            a_record_without_a_checkpoint_keeps_the_resealed_one
            a_reseal_leaves_a_post_at_its_revision
        }
    };
    ($harness:expr) => { $crate::sealed_store_suite! { @ mount $harness } };
}

/// Mounts every case of durability of what is sealed. The argument makes a [`Reopen`](crate::conformance::Reopen) and may await.
#[macro_export]
macro_rules! sealed_store_durability_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] sealed:
            reseals_outlive_their_process
        }
    };
    ($harness:expr) => { $crate::sealed_store_durability_suite! { @ mount $harness } };
}

/// Mounts every case of [`conformance::cancel`](crate::conformance::cancel) of a [`SealedStore`](crate::store::SealedStore). The argument makes a
/// [`Harness`](crate::conformance::Harness) and may await.
#[macro_export]
macro_rules! sealed_store_cancellation_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] cancel:
            a_dropped_reseal_replaces_all_or_none
            dropped_looks_at_sealed_values_disturb_nothing
        }
    };
    ($harness:expr) => { $crate::sealed_store_cancellation_suite! { @ mount $harness } };
}
