/// Mounts every case of [`conformance::handler`](crate::conformance::handler). The argument makes a
/// [`HandlerHarness`](crate::conformance::handler::HandlerHarness) and may await.
#[macro_export]
macro_rules! event_handler_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] handler:
            an_event_takes_effect
            the_same_event_twice_is_harmless
            the_same_event_at_once_is_harmless
            an_event_of_another_platform_is_left_alone
            an_event_about_nothing_known_is_done
            a_dropped_handling_is_completed_by_the_next
        }
    };
    ($harness:expr) => { $crate::event_handler_suite! { @ mount $harness } };
}
