//! Databases that are copied at every moment of a post, and restored beside the living ones.

use crate::run::{passes, says};

#[test]
fn a_restored_copy_sends_no_second_post() {
    let printed = passes(env!("CARGO_BIN_EXE_prove-restored"), &["--short"]);
    for store in ["sqlite", "postgres"] {
        let lines = printed.lines().filter(|line| line.starts_with(store));
        assert_eq!(lines.count(), 12, "{printed}");
    }
    assert!(says(&printed, "deviations: 0"), "{printed}");
}
