//! A PostgreSQL server of one's own, to be killed.

mod copies;
mod programs;

use std::{
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Child, Stdio},
    time::Duration,
};

use anyhow::{Context, bail};
use social_core::random::{Random, SystemRandom};
use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use tempfile::TempDir;

use super::wait::pause;
pub use copies::Dump;
use programs::Programs;

const SUPERUSER: &str = "postgres";

/// How often a server is tried before it counts as one that does not start.
const TRIES: usize = 600;

/// What a server says that finds another one's memory.
const STILL_THERE: &str = "pre-existing shared memory block";

/// A PostgreSQL server in a temporary folder. It writes as durably as PostgreSQL does unless told otherwise.
///
/// Stopped, and its folder removed, when dropped.
#[derive(Debug)]
pub struct Cluster {
    programs: Programs,
    folder: TempDir,
    port: u16,
    password: Option<String>,
    options: Vec<String>,
    server: Option<Child>,
}

/// How a server is asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// SIGINT: ends every session, writes everything, ends.
    Fast,
    /// SIGKILL to every process of it at once.
    Kill,
    /// SIGKILL to one process that serves a client: the server ends all others and recovers by itself.
    KillBackend,
}

impl Cluster {
    /// A new server on 127.0.0.1 that asks for no password.
    ///
    /// # Errors
    /// When there is no PostgreSQL on this machine, or it does not start.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(None, &[]).await
    }

    /// With a password and with settings, each as `name=value`.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_with(password: Option<&str>, settings: &[&str]) -> anyhow::Result<Self> {
        let mut cluster = Self::unborn(password)?;
        cluster.options = settings
            .iter()
            .map(|setting| (*setting).to_owned())
            .collect();
        let mut initdb = cluster.programs.command("initdb");
        initdb.arg("-D").arg(cluster.data_folder());
        initdb.args(["-U", SUPERUSER, "-E", "UTF8", "--no-locale", "--no-sync"]);
        if let Some(password) = password {
            let file = cluster.folder.path().join("password");
            std::fs::write(&file, password)?;
            // Read by another user; the folder is closed to everybody else.
            std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644))?;
            initdb.arg(format!("--pwfile={}", file.display()));
            initdb.args(["-A", "scram-sha-256"]);
        } else {
            initdb.args(["-A", "trust"]);
        }
        programs::run(initdb).await.context("initdb")?;
        cluster.run().await?;
        Ok(cluster)
    }

    /// A folder and a port, and nothing in them.
    fn unborn(password: Option<&str>) -> anyhow::Result<Self> {
        let programs = Programs::find()?;
        let folder = TempDir::new()?;
        programs.give(folder.path())?;
        Ok(Self {
            programs,
            folder,
            port: free_port()?,
            password: password.map(str::to_owned),
            options: Vec::new(),
            server: None,
        })
    }

    /// The address of one of its databases, password included.
    pub fn url(&self, database: &str) -> String {
        let password = self.password.as_ref();
        let password = password.map_or_else(String::new, |password| format!(":{password}"));
        let port = self.port;
        format!("postgres://{SUPERUSER}{password}@127.0.0.1:{port}/{database}")
    }

    /// Makes a database, and answers its address.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn database(&self, name: &str) -> anyhow::Result<String> {
        self.execute("postgres", &format!("CREATE DATABASE {name}"))
            .await?;
        Ok(self.url(name))
    }

    /// A connection of the superuser.
    ///
    /// # Errors
    /// When the server does not take it.
    pub async fn connect(&self, database: &str) -> anyhow::Result<PgConnection> {
        let options: PgConnectOptions = self.url(database).parse()?;
        Ok(options.disable_statement_logging().connect().await?)
    }

    /// Runs statements in a database, as the superuser.
    ///
    /// # Errors
    /// When one fails.
    pub async fn execute(&self, database: &str, statements: &str) -> anyhow::Result<()> {
        let mut connection = self.connect(database).await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(statements))
            .execute(&mut connection)
            .await?;
        Ok(connection.close().await?)
    }

    /// What the server calls `setting`.
    ///
    /// # Errors
    /// When it knows no such setting.
    pub async fn setting(&self, setting: &str) -> anyhow::Result<String> {
        let mut connection = self.connect("postgres").await?;
        let value = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(setting)
            .fetch_one(&mut connection)
            .await?;
        connection.close().await?;
        Ok(value)
    }

    /// How many bytes of its log the server has written since it was made.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn written(&self) -> anyhow::Result<u64> {
        let mut connection = self.connect("postgres").await?;
        let bytes: i64 =
            sqlx::query_scalar("SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint")
                .fetch_one(&mut connection)
                .await?;
        connection.close().await?;
        Ok(bytes.unsigned_abs())
    }

    /// Lets nobody into a database any more, and throws out who is in it; or lets everybody in again.
    ///
    /// # Errors
    /// When the server does not obey.
    pub async fn admit(&self, database: &str, open: bool) -> anyhow::Result<()> {
        self.execute(
            "postgres",
            &format!("ALTER DATABASE {database} WITH ALLOW_CONNECTIONS {open}"),
        )
        .await?;
        let throw_out = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
        );
        if open {
            return Ok(());
        }
        self.execute("postgres", &throw_out).await
    }

    /// Starts the server, after a stop also, on the same port. Returns when it takes connections.
    ///
    /// # Errors
    /// When it does not start; with the end of its log.
    pub async fn run(&mut self) -> anyhow::Result<()> {
        for _ in 0..TRIES {
            self.spawn()?;
            match self.answers().await {
                // A killed server's processes do not end at the same moment. Whoever starts servers tries again.
                Err(_) if self.ended_on(STILL_THERE)? => pause(Duration::from_millis(100)).await,
                answers => return answers,
            }
        }
        bail!("another server is still there:\n{}", self.end_of_log())
    }

    /// Whether it has ended, and its last words hold these.
    fn ended_on(&mut self, words: &str) -> anyhow::Result<bool> {
        let server = self.server.as_mut().context("a server")?;
        let ended = server.try_wait()?.is_some();
        let log = self.end_of_log();
        let last = log.lines().rev().take(2);
        Ok(ended && last.into_iter().any(|line| line.contains(words)))
    }

    fn spawn(&mut self) -> anyhow::Result<()> {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log())?;
        let mut postgres = self.programs.command("postgres");
        postgres
            .arg("-D")
            .arg(self.data_folder())
            .args(["-p", &self.port.to_string()])
            .args(["-c", "listen_addresses=127.0.0.1"])
            .args(["-c", "unix_socket_directories="])
            .args(["-c", "max_connections=300"])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        for option in &self.options {
            postgres.args(["-c", option]);
        }
        self.server = Some(postgres.spawn().context("postgres")?);
        Ok(())
    }

    /// Waits until it takes connections.
    async fn answers(&mut self) -> anyhow::Result<()> {
        for _ in 0..TRIES {
            if let Ok(connection) = self.connect("postgres").await {
                return Ok(connection.close().await?);
            }
            let server = self.server.as_mut().context("a server")?;
            if let Some(status) = server.try_wait()? {
                bail!("the server ended with {status}:\n{}", self.end_of_log());
            }
            pause(Duration::from_millis(50)).await;
        }
        bail!("the server takes no connection:\n{}", self.end_of_log())
    }

    /// Stops it. After [`Stop::KillBackend`] it runs again when this returns.
    ///
    /// # Errors
    /// When it cannot be stopped.
    pub async fn stop(&mut self, how: Stop) -> anyhow::Result<()> {
        let server = self.server.as_ref().context("a server that runs")?.id();
        match how {
            Stop::Fast => programs::signal("INT", &[server])?,
            Stop::Kill => {
                // Halted first: a process that it makes while the others are counted would outlive them, and wait for
                // locks of theirs for ever.
                programs::signal("STOP", &[server])?;
                let mut all = vec![server];
                all.extend(programs::children(server)?);
                programs::signal("KILL", &all)?;
            }
            Stop::KillBackend => {
                let backend = self.backend().await?;
                programs::signal("KILL", &[backend])?;
                return self.answers().await;
            }
        }
        self.ended().await
    }

    /// Waits for the server's end.
    async fn ended(&mut self) -> anyhow::Result<()> {
        let mut server = self.server.take().context("a server that runs")?;
        for _ in 0..TRIES {
            if server.try_wait()?.is_some() {
                return Ok(());
            }
            pause(Duration::from_millis(50)).await;
        }
        bail!("the server does not end:\n{}", self.end_of_log())
    }

    /// The process that serves some client, not this one.
    async fn backend(&self) -> anyhow::Result<u32> {
        let mut connection = self.connect("postgres").await?;
        let backend: Option<i32> = sqlx::query_scalar(
            "SELECT pid FROM pg_stat_activity
             WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1",
        )
        .fetch_optional(&mut connection)
        .await?;
        connection.close().await?;
        Ok(backend.context("a client")?.try_into()?)
    }

    /// Everything the server has logged.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn logged(&self) -> anyhow::Result<Vec<u8>> {
        Ok(std::fs::read(self.log())?)
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn end_of_log(&self) -> String {
        let log = self.logged().unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    fn data_folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            // At once and in order: SIGKILL would leave its children writing into a folder that goes.
            let _ = programs::signal("QUIT", &[server.id()]);
            let _ = server.wait();
        }
    }
}

/// A port that nobody listens on, below those that the system gives to clients: one of them could be taken while the
/// server is down.
pub(super) fn free_port() -> anyhow::Result<u16> {
    let random = SystemRandom::default();
    for _ in 0..100 {
        let mut bytes = [0; 2];
        random.fill(&mut bytes)?;
        let port = 20_000 + u16::from_le_bytes(bytes) % 12_000;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port is free")
}
