/// Mounts every case of [`conformance::publisher`](crate::conformance::publisher). The argument makes a
/// [`PublisherHarness`](crate::conformance::publisher::PublisherHarness) and may await.
#[macro_export]
macro_rules! publisher_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] publisher:
            a_plan_is_pure_and_stable
            a_check_posts_nothing
            a_request_becomes_one_post
            a_newer_checkpoint_is_refused_and_nothing_is_sent
            an_unknown_step_is_refused_and_nothing_is_sent
            a_post_is_cancelled_before_it_is_there
            a_published_post_is_not_cancelled
            a_once_step_that_was_carried_out_is_never_carried_out_again
            a_once_step_that_was_not_carried_out_leads_to_one_post_at_most
            a_repeatable_step_may_lose_its_answer
            what_is_told_not_to_exist_does_not_exist
            asking_causes_nothing
            a_refused_post_has_failed_and_is_not_undecided
            a_published_post_stays_published
            events_in_any_order_and_doubled_lead_to_the_same_outcome
            an_event_about_something_else_says_nothing
            an_event_never_takes_a_post_back
            no_step_settles_longer_than_is_said
            nothing_is_sent_after_the_deadline
            no_secret_is_shown
            a_restored_post_is_never_begun_anew
            a_restored_post_has_not_failed
            both_copies_of_a_post_make_one
        }
    };
    ($harness:expr) => { $crate::publisher_suite! { @ mount $harness } };
}
