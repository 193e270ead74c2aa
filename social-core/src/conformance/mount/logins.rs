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

/// Mounts every case of [`conformance::cancel`](crate::conformance::cancel) of a [`LoginStore`](crate::store::LoginStore). The argument makes a
/// [`Harness`](crate::conformance::Harness) and may await.
#[macro_export]
macro_rules! login_store_cancellation_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] cancel:
            a_dropped_login_is_put_or_not
            a_dropped_take_takes_or_not
            a_dropped_offer_is_put_or_not
            a_dropped_removal_of_an_offer_removes_or_not
            a_dropped_purge_removes_all_logins_or_none
            dropped_looks_at_logins_disturb_nothing
        }
    };
    ($harness:expr) => { $crate::login_store_cancellation_suite! { @ mount $harness } };
}
