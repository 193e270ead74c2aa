/// Mounts every case of [`conformance::media`](crate::conformance::media) about files. The argument makes a
/// [`Harness`](crate::conformance::Harness) and may await.
#[macro_export]
macro_rules! media_store_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] media:
            a_file_is_read_as_it_was_put
            equal_contents_are_one_file
            ranges_are_read_exactly
            a_range_beyond_the_end_is_refused
            an_empty_file_is_refused
            a_file_of_another_length_than_announced_is_refused
            a_file_that_breaks_off_is_not_stored
            a_dropped_put_stores_nothing
            what_is_not_stored_is_not_found
            an_address_is_of_one_file
            a_removed_file_is_gone
            of_many_equal_files_one_is_kept
            a_store_says_whether_it_takes_parts
        }
    };
    ($harness:expr) => { $crate::media_store_suite! { @ mount $harness } };
}

/// Mounts every case of [`conformance::media`](crate::conformance::media) about uploads in parts, for a store that
/// [takes them](crate::media::MediaStore::takes_parts). The argument makes a [`Harness`](crate::conformance::Harness) and may
/// await.
#[macro_export]
macro_rules! media_store_parts_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] media:
            parts_make_the_file
            what_is_not_finished_is_no_file
            a_part_elsewhere_is_refused_with_the_length
            a_part_cut_off_keeps_what_arrived
            a_dropped_part_leaves_a_beginning
            of_many_parts_at_one_offset_one_is_taken
            uploads_are_told_apart
            more_than_announced_is_refused
            finishing_again_answers_the_same
            what_is_too_short_is_not_finished
            of_many_finishes_none_answers_another_file
            an_upload_of_a_stored_content_is_that_file
            an_abort_forgets_the_upload_and_no_file
            an_unknown_upload_is_not_found
            a_sweep_takes_what_is_stale_and_no_file
        }
    };
    ($harness:expr) => { $crate::media_store_parts_suite! { @ mount $harness } };
}

/// Mounts every case of a store that tells what it has. The argument makes a [`Harness`](crate::conformance::Harness) and may
/// await.
#[macro_export]
macro_rules! media_store_age_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] media:
            every_file_is_listed_once
            only_files_are_listed
            what_is_renewed_is_young
            what_is_older_goes
            of_a_renewal_and_a_removal_the_file_is_kept_or_known_gone
        }
    };
    ($harness:expr) => { $crate::media_store_age_suite! { @ mount $harness } };
}

/// Mounts every case of a store that tells what it has, and of which a file can be spoilt. The argument makes a
/// [`Spoil`](crate::conformance::Spoil) and may await.
#[macro_export]
macro_rules! media_store_spoilt_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] media:
            a_spoilt_file_keeps_none_of_the_others
        }
    };
    ($harness:expr) => { $crate::media_store_spoilt_suite! { @ mount $harness } };
}

/// Mounts every case of durability of media. The argument makes a [`Reopen`](crate::conformance::Reopen) and may await.
#[macro_export]
macro_rules! media_store_durability_suite {
    (@ $($how:tt)*) => {
        $crate::conformance_cases! { [$($how)*] media:
            files_outlive_their_process
            uploads_outlive_their_process
        }
    };
    ($harness:expr) => { $crate::media_store_durability_suite! { @ mount $harness } };
}
