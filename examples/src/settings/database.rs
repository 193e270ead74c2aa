//! `DATABASE_URL`, of whichever kind. What stands in an address of PostgreSQL is read by the store alone.

use std::path::PathBuf;

use secrecy::SecretString;

/// Where the database is.
#[derive(Clone, Debug)]
pub enum DatabaseAddress {
    /// A PostgreSQL server; the address holds a password.
    Postgres(SecretString),
    /// A file.
    Sqlite(PathBuf),
}

impl DatabaseAddress {
    /// Reads `postgres://USER:PASSWORD@HOST/DATABASE` or `sqlite:PATH`. A path alone is not taken: a secret that was put
    /// here by mistake, or an address of another form, would become the name of a file and be shown.
    ///
    /// # Errors
    /// What is wrong with it, without repeating it.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
                Ok(Self::Postgres(text.into()))
            }
            Some(("sqlite", path)) => sqlite(path),
            _ => Err(
                "DATABASE_URL is neither postgres://USER:PASSWORD@HOST/DATABASE nor sqlite:PATH"
                    .to_owned(),
            ),
        }
    }
}

/// Not a word of the file's name is guessed at: a `?` would begin settings elsewhere, and be a part of the name here.
fn sqlite(path: &str) -> Result<DatabaseAddress, String> {
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.trim_start_matches('/').is_empty() {
        return Err("DATABASE_URL names no file: give sqlite:PATH".to_owned());
    }
    if path.contains('?') {
        return Err("DATABASE_URL has settings behind a ?: give sqlite:PATH alone".to_owned());
    }
    if path.trim_matches('/') == ":memory:" {
        return Err(
            "DATABASE_URL is a database in memory, which would be lost with the program: give sqlite:PATH"
                .to_owned(),
        );
    }
    Ok(DatabaseAddress::Sqlite(path.into()))
}
