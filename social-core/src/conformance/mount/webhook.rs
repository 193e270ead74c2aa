/// Mounts every case of [`conformance::webhook`](crate::conformance::webhook). The argument makes a
/// [`WebhookHarness`](crate::conformance::webhook::WebhookHarness) and may await.
#[macro_export]
macro_rules! webhook_verifier_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] webhook:
            a_true_delivery_is_believed
            a_changed_byte_is_refused
            another_secret_is_refused
            a_missing_signature_is_refused
            a_stale_delivery_is_refused
            ids_are_the_same_for_the_same_bytes
            a_batch_keeps_every_event
            an_unknown_kind_is_kept
            garbage_with_a_true_signature_does_no_harm
            a_challenge_is_answered_only_when_it_is_one
            a_question_about_what_nobody_asked_for_is_not_answered
            the_address_tells_what_a_delivery_is
            a_strange_address_tells_nothing
            no_secret_is_shown
        }
    };
    ($harness:expr) => { $crate::webhook_verifier_suite! { @ mount $harness } };
}
