/// Mounts every case of [`conformance::subscriptions`](crate::conformance::subscriptions). The argument makes a
/// [`SubscriptionsHarness`](crate::conformance::subscriptions::SubscriptionsHarness) and may await.
#[macro_export]
macro_rules! event_subscriptions_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] subscriptions:
            what_happens_is_sent_once_it_was_asked_for
            asking_again_changes_nothing
            what_lapsed_is_there_again
            what_is_refused_is_named
            what_others_asked_for_stays
            what_was_ended_is_not_sent
            an_address_that_was_switched_off_is_on_again
            looks_come_at_a_bearable_pace
            trouble_is_told
            nothing_is_sent_after_the_deadline
            no_secret_is_shown
        }
    };
    ($harness:expr) => { $crate::event_subscriptions_suite! { @ mount $harness } };
}
