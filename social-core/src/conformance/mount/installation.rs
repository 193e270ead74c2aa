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
            counts_what_each_key_sealed
            of_many_counts_of_seals_none_is_lost
            a_new_store_is_in_its_accepted_life
            the_present_life_may_be_accepted_again
            only_the_present_life_is_accepted
            its_wall_clock_goes_on
        }
    };
    ($harness:expr) => { $crate::installation_store_suite! { @ mount $harness } };
}

/// Mounts every case of durability of an installation. The argument makes a
/// [`Reopen`](crate::conformance::Reopen) and may await.
#[macro_export]
macro_rules! installation_store_durability_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] installation:
            outlives_its_process
            counts_of_seals_outlive_their_process
            a_life_outlives_its_process
        }
    };
    ($harness:expr) => { $crate::installation_store_durability_suite! { @ mount $harness } };
}

/// Mounts every case of stores that are opened under a name. The argument makes an
/// [`Instance`](crate::conformance::Instance) and may await.
#[macro_export]
macro_rules! installation_store_instances_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] installation:
            the_first_name_of_an_instance_is_kept
            data_without_a_name_are_as_they_were
            another_name_is_another_life
            no_name_where_the_data_have_one_is_another_life
            a_name_that_was_accepted_is_the_one_that_is_kept
            what_a_life_may_lack_is_written_down_with_its_time
        }
    };
    ($harness:expr) => { $crate::installation_store_instances_suite! { @ mount $harness } };
}

/// Mounts every case of another life of the data, for stores that can tell. The argument makes a
/// [`Reincarnate`](crate::conformance::Reincarnate) and may await.
#[macro_export]
macro_rules! installation_store_lives_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] installation:
            another_life_is_noticed
            an_accepted_life_is_the_same_again
            what_was_seen_in_an_earlier_life_is_not_accepted
            another_life_is_of_the_same_installation
        }
    };
    ($harness:expr) => { $crate::installation_store_lives_suite! { @ mount $harness } };
}

/// Mounts every case of [`conformance::cancel`](crate::conformance::cancel) of a [`InstallationStore`](crate::store::InstallationStore). The argument makes a
/// [`Harness`](crate::conformance::Harness) and may await.
#[macro_export]
macro_rules! installation_store_cancellation_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] cancel:
            a_dropped_key_check_is_put_or_not
            a_dropped_count_of_seals_is_added_or_not
            dropped_looks_at_the_installation_disturb_nothing
        }
    };
    ($harness:expr) => { $crate::installation_store_cancellation_suite! { @ mount $harness } };
}
