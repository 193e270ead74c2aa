//! Little is sent twice.

use crate::run::{passes, says};

#[test]
fn an_upload_goes_on_where_it_was() {
    let printed = passes(env!("CARGO_BIN_EXE_prove-resume"), &["--short"]);
    assert!(says(&printed, "deviations: 0"), "{printed}");
}
