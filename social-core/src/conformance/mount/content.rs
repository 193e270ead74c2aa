/// Mounts every case of [`conformance::content`](crate::conformance::content). The argument makes a
/// [`ContentSourceHarness`](crate::conformance::content::ContentSourceHarness) and may await.
#[macro_export]
macro_rules! content_source_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] content:
            a_server_error_is_told
            nothing_is_sent_after_the_deadline
            no_secret_is_shown
            the_profile_is_that_of_the_account
            paging_ends_and_visits_each_once
            nothing_to_show_is_one_empty_page
            a_page_begins_only_where_one_ended
            of_media_by_id_what_is_gone_is_left_out
            an_absent_number_is_not_zero
            unknown_fields_do_no_harm
        }
    };
    ($harness:expr) => { $crate::content_source_suite! { @ mount $harness } };
}

/// Mounts every case of [`conformance::comments`](crate::conformance::comments). The argument makes a
/// [`CommentsHarness`](crate::conformance::comments::CommentsHarness) and may await.
#[macro_export]
macro_rules! comments_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] comments:
            a_server_error_is_told
            nothing_is_sent_after_the_deadline
            no_secret_is_shown
            paging_ends_and_visits_each_once
            replies_are_under_their_comment
            all_comments_come_once_with_their_medium
            a_medium_that_is_gone_has_no_comments
            a_page_begins_only_where_one_ended
            an_absent_number_is_not_zero
            unknown_fields_do_no_harm
            what_is_written_is_there_once
            a_reply_to_a_reply_stands_where_the_platform_has_it
            a_lost_writing_is_not_repeated
            what_is_hidden_can_be_shown_again
            what_is_deleted_is_gone
            what_is_not_supported_sends_nothing
        }
    };
    ($harness:expr) => { $crate::comments_suite! { @ mount $harness } };
}

/// Mounts every case of [`conformance::insights`](crate::conformance::insights). The argument makes a
/// [`InsightsHarness`](crate::conformance::insights::InsightsHarness) and may await.
#[macro_export]
macro_rules! insights_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] insights:
            a_page_begins_only_where_one_ended
            a_server_error_is_told
            nothing_is_sent_after_the_deadline
            no_secret_is_shown
            paging_ends_and_tells_each_number_once
            numbers_lie_in_the_time_asked_for
            an_absent_number_is_not_zero
            an_unknown_metric_fails_no_other
            only_what_is_asked_for_is_told
            numbers_are_broken_down_as_asked
            an_unknown_breakdown_tells_no_whole
            unknown_fields_do_no_harm
        }
    };
    ($harness:expr) => { $crate::insights_suite! { @ mount $harness } };
}
