//! Events about posts, while their workers are killed.

use crate::run::{passes, says};

#[test]
fn every_event_about_a_post_takes_effect_once() {
    let printed = passes(env!("CARGO_BIN_EXE_prove-webhook-effects"), &["--short"]);
    for store in ["sqlite", "postgres"] {
        let line = printed.lines().find(|line| line.starts_with(store));
        let words: Vec<_> = line.expect("a line").split_whitespace().collect();
        // posts, events, inserted, kills, applied, twice, wrong, dead, unmatched, posted
        assert_eq!(words[1..4], ["25", "300", "600"], "{printed}");
        assert_eq!(words[5..11], ["300", "0", "0", "0", "0", "25"], "{printed}");
    }
    assert!(says(&printed, "deviations: 0"), "{printed}");
}
