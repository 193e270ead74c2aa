/// Mounts every case of [`conformance::told`](crate::conformance::told), for a store that keeps events and posts. The argument
/// makes a [`Harness`](crate::conformance::Harness) and may await.
#[macro_export]
macro_rules! told_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] told:
            an_event_goes_to_its_post
            a_post_that_is_over_is_told_too
            a_hold_ends_for_what_an_event_tells
            a_post_that_is_to_be_told_keeps_its_account_from_being_held
            what_is_for_a_newer_worker_stands_in_no_holds_way
            what_came_before_a_post_began_keeps_it_due
            what_needs_no_connection_is_known
            who_was_overtaken_hands_nothing_over
            events_are_told_in_the_order_they_came
            an_event_is_about_a_post_of_its_app
            an_id_that_a_post_gave_up_is_not_its_own
            a_record_ends_what_it_applies
            what_is_not_applied_makes_the_post_due_again
            who_was_overtaken_applies_nothing
            a_record_ends_no_event_of_another_post
            an_event_without_a_post_waits
            what_came_before_its_post_is_told_when_the_id_is_recorded
            none_is_lost_while_the_id_is_recorded
            what_no_post_came_for_is_set_aside
            what_was_set_aside_is_purged
        }
    };
    ($harness:expr) => { $crate::told_suite! { @ mount $harness } };
}
