//! What a subject leaves behind, and what is searched for in it.

use std::collections::BTreeMap;

use anyhow::ensure;
use examples::stage::{Database, Finding, Secret, Secrets, say};

/// Places with their bytes, and the secrets.
#[derive(Debug)]
pub(crate) struct Trail {
    database: Database,
    places: Vec<(String, Vec<u8>)>,
    secrets: Vec<Secret>,
}

impl Trail {
    pub(crate) fn new(database: Database) -> Self {
        Self {
            database,
            places: Vec::new(),
            secrets: Vec::new(),
        }
    }

    pub(crate) fn leave(&mut self, place: &str, bytes: Vec<u8>) {
        self.places.push((place.to_owned(), bytes));
    }

    pub(crate) fn secret(&mut self, kind: &str, value: &str) {
        let secret = Secret {
            kind: kind.to_owned(),
            value: value.to_owned(),
        };
        self.secrets.push(secret);
    }

    fn kinds(&self) -> BTreeMap<&str, u64> {
        let mut kinds = BTreeMap::new();
        for secret in &self.secrets {
            *kinds.entry(secret.kind.as_str()).or_default() += 1;
        }
        kinds
    }

    /// Searches every place for every secret. Fails when the story was not told or the search finds too little.
    pub(crate) fn search(&self) -> anyhow::Result<Vec<Finding>> {
        self.is_told()?;
        let secrets = Secrets::new(self.secrets.iter().cloned())?;
        for secret in &self.secrets {
            let planted = secrets.search("planted", format!("a={}&b=c", secret.value).as_bytes());
            ensure!(
                !planted.is_empty(),
                "a planted {} was not found",
                secret.kind
            );
        }
        let search = |(place, bytes): &(String, Vec<u8>)| secrets.search(place, bytes);
        Ok(self.places.iter().flat_map(search).collect())
    }

    /// A search in nothing finds nothing: the log must have lines of everybody, and every kind of secret be there.
    fn is_told(&self) -> anyhow::Result<()> {
        let log = self.places.iter().find(|(place, _)| place == "log");
        let log = String::from_utf8_lossy(log.map_or(&[], |(_, bytes)| bytes));
        for target in [
            "hyper",
            "reqwest",
            "social_core",
            "social_tiktok",
            "social_workers",
            "TRACE",
        ] {
            ensure!(log.contains(target), "the log has no line of {target}");
        }
        let kinds = self.kinds();
        ensure!(
            self.database == Database::Sqlite || kinds.contains_key("database_password"),
            "there was no password"
        );
        for kind in [
            "access_token",
            "refresh_token",
            "code",
            "state",
            "code_verifier",
            "upload_token",
            "upload_url",
            "client_secret",
            "browser",
            "sealing_key",
        ] {
            ensure!(kinds.contains_key(kind), "there was no {kind}");
        }
        let left = match self.database {
            Database::Postgres => {
                ["pg_dump", "pg_dump, custom", "bytea", "server's log"].as_slice()
            }
            Database::Sqlite => ["social.db", "programs"].as_slice(),
        };
        for place in ["printed", "errors", "spooled save", "names"]
            .iter()
            .chain(left)
        {
            ensure!(
                self.places.iter().any(|(name, _)| name == place),
                "no {place}"
            );
        }
        self.is_dumped()
    }

    /// A dump must hold what is no secret.
    fn is_dumped(&self) -> anyhow::Result<()> {
        for (place, bytes) in &self.places {
            let text = String::from_utf8_lossy(bytes);
            let expected = match place.as_str() {
                "pg_dump" | "pg_dump, custom" => "studio-account",
                "server's log" => "parameters: $1",
                _ => continue,
            };
            ensure!(text.contains(expected), "{place} holds no {expected}");
        }
        Ok(())
    }

    pub(crate) fn print(&self) {
        say(&format!("on {}:", self.database.name()));
        for (kind, count) in self.kinds() {
            say(&format!("{kind:<24} {count:>10} secrets"));
        }
        let mut sizes = BTreeMap::<&str, usize>::new();
        for (place, bytes) in &self.places {
            *sizes.entry(place).or_default() += bytes.len();
        }
        for (place, size) in sizes {
            say(&format!("{place:<24} {size:>10} bytes"));
        }
    }
}
