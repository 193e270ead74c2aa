//! One refresh per expiring token, whichever store.

use crate::run::{passes, says, total};

#[test]
fn one_refresh_whoever_is_stopped_or_killed() {
    one_refresh("sqlite");
}

#[test]
fn one_refresh_whoever_is_stopped_or_killed_on_postgres() {
    one_refresh("postgres");
}

fn one_refresh(store: &str) {
    let arguments = ["--short", "--store", store];
    let printed = passes(env!("CARGO_BIN_EXE_prove-tokens"), &arguments);
    // rounds, refreshes, successful, rejected, served, refused, connected
    let [
        rounds,
        refreshes,
        successful,
        rejected,
        served,
        refused,
        connected,
    ] = total(&printed);
    assert_eq!((rounds, connected), (16, 16), "{printed}");
    assert_eq!((refreshes, successful, rejected), (22, 16, 6), "{printed}");
    assert_eq!((served, refused), (537, 35), "{printed}");
    assert!(says(&printed, "deviations: 0"), "{printed}");
}
