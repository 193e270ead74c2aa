//! No secret is found in what a process leaves behind, and one that is there is found.

use crate::run::{passes, run, says};

const PROGRAM: &str = env!("CARGO_BIN_EXE_prove-leaks");

#[test]
fn no_secret_is_left_anywhere() {
    let printed = passes(PROGRAM, &["--short", "--store", "sqlite"]);
    assert!(says(&printed, "found: 0"), "{printed}");
}

#[test]
fn no_secret_is_left_anywhere_on_postgres() {
    let printed = passes(PROGRAM, &["--short", "--store", "postgres"]);
    assert!(says(&printed, "found: 0"), "{printed}");
}

#[test]
fn a_planted_secret_fails_the_proof() {
    let found = planted("sqlite");
    assert!(found.iter().any(|place| place == "printed"), "{found:?}");
    assert!(found.iter().all(|place| place == "printed"), "{found:?}");
}

#[test]
fn a_secret_planted_in_postgres_fails_the_proof() {
    let found = planted("postgres");
    for place in [
        "printed",
        "pg_dump",
        "pg_dump, custom",
        "bytea",
        "server's log",
    ] {
        assert!(
            found.iter().any(|found| found == place),
            "{place}: {found:?}"
        );
    }
    assert!(!found.iter().any(|place| place == "log"), "{found:?}");
}

/// Where it was found.
fn planted(store: &str) -> Vec<String> {
    let output = run(PROGRAM, &["--plant", "--store", store]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success(), "{printed}");
    let places = printed.lines().filter_map(|line| {
        let (_, place) = line.split_once(" in ")?;
        let (place, _) = place.split_once(" at byte ")?;
        Some(place.to_owned())
    });
    places.collect()
}
