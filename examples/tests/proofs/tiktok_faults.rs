//! Whatever goes wrong at a step, no post is lost, made twice, or called failed while it is there.

use crate::run::{passes, total};

#[test]
fn no_post_is_lost_or_made_twice_whatever_goes_wrong() {
    let printed = passes(env!("CARGO_BIN_EXE_prove-tiktok-faults"), &["--short"]);
    let [asked, published, undecided, failed, there, deviations] = total(&printed);
    assert!(asked >= 40, "{printed}");
    assert_eq!(asked, published + undecided, "{printed}");
    assert!((1..10).contains(&undecided), "{printed}");
    assert_eq!((failed, deviations), (0, 0), "{printed}");
    assert!(
        (published..=published + undecided).contains(&there),
        "{printed}"
    );
}
