//! Backups by PostgreSQL's own programs.

use std::{
    env,
    path::PathBuf,
    process::{Command, Output},
};

use tempfile::NamedTempFile;

use crate::schemas::database_url;

/// A program of the server's version; of the path when nobody says where they are.
pub(crate) fn program(name: &str) -> Command {
    let folder = env::var_os("PG_BIN").map(PathBuf::from).unwrap_or_default();
    Command::new(folder.join(name))
}

#[track_caller]
pub(crate) fn succeeds(output: &Output) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
}

/// One schema of the test's database.
pub(crate) struct Backup(NamedTempFile);

impl Backup {
    pub(crate) fn of(schema: &str) -> Self {
        let file = NamedTempFile::new().unwrap();
        let dump = program("pg_dump")
            .args(["--format=custom", "--schema", schema, "--file"])
            .arg(file.path())
            .arg(format!("--dbname={}", database_url()))
            .output();
        succeeds(&dump.unwrap());
        Self(file)
    }

    pub(crate) fn restore(&self, url: &str) {
        let restore = program("pg_restore")
            .args(["--exit-on-error", "--single-transaction"])
            .arg(format!("--dbname={url}"))
            .arg(self.0.path())
            .output();
        succeeds(&restore.unwrap());
    }
}
