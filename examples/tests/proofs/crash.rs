//! Every post is there once, whichever store.

use crate::run::{passes, total};

#[test]
fn every_post_is_there_once() {
    is_there_once("sqlite");
}

#[test]
fn every_post_is_there_once_on_postgres() {
    is_there_once("postgres");
}

fn is_there_once(store: &str) {
    let arguments = ["--short", "--store", store];
    let printed = passes(env!("CARGO_BIN_EXE_prove-crash"), &arguments);
    // kills, stops, asked, there, twice, lost
    let [kills, stops, asked, there, twice, lost] = total(&printed);
    assert!(kills >= 12 && stops >= 4, "{printed}");
    assert!(asked >= 20 && asked == there, "{printed}");
    assert_eq!((twice, lost), (0, 0), "{printed}");
}
