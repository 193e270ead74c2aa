//! Keys rotate under load, and a key that goes too early is noticed.

use crate::run::{passes, run, says};

const PROGRAM: &str = env!("CARGO_BIN_EXE_prove-rotation");

/// rotations, reads, writes, conflicts, failed, re-sealed, values, under old, lost
type Line = [u64; 9];

fn line(printed: &str, store: &str) -> Line {
    let line = printed.lines().find(|line| line.starts_with(store));
    let line = line.unwrap_or_else(|| panic!("no line of {store} in\n{printed}"));
    let figures: Vec<u64> = (line.split_whitespace().skip(1).take(9))
        .map(|figure| figure.parse().expect("a figure"))
        .collect();
    figures.try_into().expect("as many figures as columns")
}

#[test]
fn keys_rotate_and_no_read_fails() {
    let printed = passes(PROGRAM, &["--short"]);
    for store in ["memory", "sqlite", "postgres"] {
        let [
            rotations,
            reads,
            writes,
            _,
            failed,
            resealed,
            values,
            old,
            lost,
        ] = line(&printed, store);
        assert_eq!(rotations, 3, "{printed}");
        assert!(reads > 100 && writes > 10 && values >= 300, "{printed}");
        // Each rotation sealed at least what was there at first.
        assert!(resealed >= 3 * 300, "{printed}");
        assert_eq!((failed, old, lost), (0, 0, 0), "{printed}");
    }
    assert!(says(&printed, "deviations: 0"), "{printed}");
}

#[test]
fn a_key_that_goes_too_early_fails_the_proof() {
    let output = run(PROGRAM, &["--plant"]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success(), "{printed}");
    for store in ["memory", "sqlite", "postgres"] {
        let [_, _, _, _, failed, ..] = line(&printed, store);
        assert!(failed > 0, "{printed}");
    }
}
