//! Several processes on one store.

use crate::run::{passes, says, total};

#[test]
fn several_processes_share_one_store() {
    let printed = passes(env!("CARGO_BIN_EXE_prove-stores"), &["--short"]);
    // wanted, done, twice, early, wrong
    let [wanted, done, twice, early, wrong] = total(&printed);
    assert!(wanted >= 3_000 && done == wanted, "{printed}");
    assert_eq!((twice, early, wrong), (0, 0, 0), "{printed}");
    for store in ["sqlite", "postgres"] {
        let lines = printed.lines().filter(|line| line.contains(store));
        assert_eq!(lines.count(), 10, "{printed}");
    }
    assert!(says(&printed, "deviations: 0"), "{printed}");
}
