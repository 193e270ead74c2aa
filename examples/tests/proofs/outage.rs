//! What was acknowledged survives, and a row that is gone is noticed.

use crate::run::{passes, run, says, total};

const PROGRAM: &str = env!("CARGO_BIN_EXE_prove-outage");

#[test]
fn what_was_acknowledged_survives_the_server() {
    let printed = passes(PROGRAM, &["--short"]);
    // acknowledged, failed, rows, lost, more
    let [acknowledged, failed, rows, lost, more] = total(&printed);
    assert!(acknowledged > 100 && rows > 100, "{printed}");
    assert!(failed > 0, "an outage that nobody noticed: {printed}");
    assert_eq!((lost, more), (0, 0), "{printed}");
    assert!(
        printed.contains("ANY 1 (standby): every post is out, once"),
        "{printed}"
    );
    assert!(says(&printed, "deviations: 0"), "{printed}");
}

#[test]
fn a_row_that_is_gone_fails_the_proof() {
    let output = run(PROGRAM, &["--plant"]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success(), "{printed}");
    // A post, that it is settled, an account, an event, that it is handled.
    let [_, _, _, lost, _] = total(&printed);
    assert!((3..=5).contains(&lost), "{printed}");
}
