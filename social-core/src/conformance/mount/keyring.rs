/// Mounts every case of [`conformance::keyring`](crate::conformance::keyring). The argument makes a
/// [`KeyRingHarness`](crate::conformance::keyring::KeyRingHarness) and may await.
#[macro_export]
macro_rules! key_ring_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] keyring:
            two_processes_have_one_key
            preparing_again_changes_nothing
            every_generation_is_readable_after_a_rotation
            a_new_key_reaches_the_other_process
            an_unknown_generation_is_named
            of_many_askers_all_have_one_key
            no_key_is_shown
        }
    };
    ($harness:expr) => { $crate::key_ring_suite! { @ mount $harness } };
}
