//! No secret is found in what a process leaves behind, and one that is there is found.

use crate::run::{passes, run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_prove-leaks");

#[test]
fn no_secret_is_left_anywhere() {
    let printed = passes(PROGRAM, &[]);
    let found = |line: &str| printed.lines().any(|printed| printed == line);
    assert!(found("found: 0"), "{printed}");
}

#[test]
fn a_planted_secret_fails_the_proof() {
    let output = run(PROGRAM, &["--plant"]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success(), "{printed}");
    let planted = |line: &str| line.contains("(plain) in printed at byte");
    assert!(printed.lines().any(planted), "{printed}");
    let elsewhere = |line: &str| line.contains(" at byte ") && !line.contains(" in printed ");
    assert!(!printed.lines().any(elsewhere), "{printed}");
}
