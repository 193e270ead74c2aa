/// Mounts every case of [`conformance::oauth`](crate::conformance::oauth). The argument makes an
/// [`OAuthHarness`](crate::conformance::oauth::OAuthHarness) and may await.
#[macro_export]
macro_rules! oauth_provider_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] oauth:
            the_state_goes_to_the_platform_and_comes_back
            every_login_has_an_address_of_its_own
            the_verifier_does_not_leave_with_the_browser
            a_code_with_another_verifier_is_refused
            a_consent_yields_its_accounts
            a_code_counts_once
            a_declined_consent_is_told_as_such
            a_lost_exchange_asks_to_start_again
            a_refresh_gives_the_next_tokens
            a_dead_grant_is_told_as_such
            a_server_error_is_no_verdict
            a_lost_refresh_is_to_be_reconciled
            nothing_to_refresh_is_no_call
            an_ended_grant_is_ended_again
            a_failed_revocation_is_told
            the_plan_lies_within_the_life_of_the_token
            the_end_of_a_grant_is_known
            nothing_is_sent_after_the_deadline
            no_secret_is_shown
        }
    };
    ($harness:expr) => { $crate::oauth_provider_suite! { @ mount $harness } };
}
