//! A place where a worker runs: a folder, a database, an environment.

use std::{
    ffi::OsString,
    path::Path,
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
};

use examples::stage::{Setup, tiktok};
use social_core::{LocalKeyRing, MediaDir, Social, Stores};
use social_sandbox::Sandbox;
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use url::Url;

use crate::harness::program;

/// What the environment of the test must not bring in.
const OURS: [&str; 16] = [
    "ACCEPT_PROMOTION",
    "DATABASE_INSTANCE",
    "DATABASE_POOLER",
    "DATABASE_SCHEMA",
    "DATABASE_URL",
    "DATA_DIR",
    "KEY_FILE",
    "LOG_FORMAT",
    "MEDIA_DIR",
    "PGBOUNCER_URL",
    "RUST_LOG",
    "SOCIAL_KEYS",
    "SPOOL_DIR",
    "TIKTOK_BASE_URL",
    "TIKTOK_CLIENT_KEY",
    "TIKTOK_CLIENT_SECRET",
];

/// A folder of its own, and what the program is told.
#[derive(Debug)]
pub(crate) struct Place {
    folder: TempDir,
    vars: Vec<(String, OsString)>,
}

/// What a run of the program said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    /// With a SQLite file that is not there yet.
    pub(crate) fn sqlite() -> Self {
        Self::of("sqlite:social.db")
    }

    /// With this database.
    pub(crate) fn of(database: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Self {
            folder,
            vars: Vec::new(),
        };
        place.var("DATABASE_URL", database).var("DATA_DIR", ".")
    }

    #[must_use]
    pub(crate) fn var(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.vars.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("worker"));
        for name in OURS {
            command.env_remove(name);
        }
        command
            .envs(self.vars.iter().map(|(name, value)| (name, value)))
            .args(arguments)
            .current_dir(self.folder())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs it to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output().await.expect("it runs");
        Said {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// Runs it to its end, which must be a good one.
    pub(crate) async fn well(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments).await;
        assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
        said.out
    }

    /// Starts it with its standard output to be read.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).spawn().expect("it starts")
    }
}

impl Said {
    /// It ended with this code, and says each of these on standard error or output.
    #[track_caller]
    pub(crate) fn says(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        for word in words {
            let there = self.err.contains(word) || self.out.contains(word);
            assert!(there, "{word:?} in {self:?}");
        }
    }

    #[track_caller]
    pub(crate) fn hides(&self, secret: &str) {
        let shown = self.err.contains(secret) || self.out.contains(secret);
        assert!(!shown, "a secret is shown");
    }
}

/// What a service on the same data holds.
pub(crate) async fn service(stores: Stores, folder: &Path, sandbox: &Sandbox) -> Social {
    Social::builder()
        .stores(stores)
        .keys(LocalKeyRing::file(folder.join("social.key")))
        .media(MediaDir::open(folder.join("media")).expect("a folder"))
        .platform(tiktok(sandbox.url(), &Setup::default()).expect("an app"))
        .build()
        .await
        .expect("a whole")
}

/// A database of its own on the server of the tests.
#[derive(Debug)]
pub(crate) struct Postgres {
    name: String,
}

impl Postgres {
    pub(crate) async fn make() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("worker_{}_{number}", std::process::id());
        on(
            &server("DATABASE_URL"),
            &format!("CREATE DATABASE {name} TEMPLATE template0"),
        )
        .await;
        Self { name }
    }

    /// The same data under another name, as from a restored backup.
    pub(crate) async fn copy(&self) -> Self {
        let name = format!("{}_copy", self.name);
        let copy = format!("CREATE DATABASE {name} TEMPLATE {}", self.name);
        on(&server("DATABASE_URL"), &copy).await;
        Self { name }
    }

    pub(crate) fn url(&self) -> Url {
        self.through("DATABASE_URL")
    }

    /// Through the pooler.
    pub(crate) fn pooled_url(&self) -> Url {
        self.through("PGBOUNCER_URL")
    }

    /// As another role.
    pub(crate) fn url_of(&self, role: &str, password: &str) -> Url {
        let mut url = self.url();
        url.set_username(role).expect("a name");
        url.set_password(Some(password)).expect("a password");
        url
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) async fn execute(&self, sql: &str) {
        on(&self.url(), sql).await;
    }

    /// Removes it. One that a failed test leaves behind goes with the server.
    pub(crate) async fn remove(self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        on(&server("DATABASE_URL"), &drop).await;
    }

    fn through(&self, variable: &str) -> Url {
        let mut url = server(variable);
        url.set_path(&self.name);
        url
    }
}

fn server(variable: &str) -> Url {
    let url = std::env::var(variable);
    let url = url.unwrap_or_else(|_| panic!("{variable} is not set: use scripts/with-postgres"));
    url.parse().expect("a URL")
}

async fn on(url: &Url, sql: &str) {
    let mut conn = PgConnection::connect(url.as_str()).await.expect("a server");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
        .execute(&mut conn)
        .await
        .expect("SQL");
    conn.close().await.expect("closed");
}
