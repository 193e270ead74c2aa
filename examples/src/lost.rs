//! A database that is gone while what belongs to it is still there.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::bail;

/// Refuses to begin with an empty database where there was one: it would not know what was posted, and a form or an order
/// that is sent again would be posted a second time. `others` are there only once a database is.
///
/// # Errors
/// When the database is missing or empty, and one of the others is not.
pub fn check(database: &Path, others: &[PathBuf]) -> anyhow::Result<()> {
    if !is_gone(database) {
        return Ok(());
    }
    let left = others.iter().filter(|file| has_content(file));
    let left: Vec<String> = left.map(|file| file.display().to_string()).collect();
    if left.is_empty() {
        return Ok(());
    }
    bail!(
        "the database {} is missing or empty, and here is what belongs to one: {left}. Restore the database, or give the \
         place where it is. To begin anew, with nothing known of what was posted before, move away: {left}",
        database.display(),
        left = left.join(", ")
    )
}

/// What cannot be looked at is there: the store says what is wrong with it.
fn is_gone(file: &Path) -> bool {
    match std::fs::metadata(file) {
        Ok(facts) => facts.len() == 0,
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

fn has_content(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|facts| facts.len() > 0)
}
