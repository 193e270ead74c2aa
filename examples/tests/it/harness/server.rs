//! The server as a process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::{Browser, program, within};

/// How a server is to be started.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    folder: Arc<TempDir>,
    flags: Vec<String>,
    vars: Vec<(String, OsString)>,
    wrapper: Vec<String>,
    user: Option<u32>,
}

/// What the environment of the test must not bring in.
const OURS: [&str; 13] = [
    "PROXIES",
    "TIKTOK_SCOPES",
    "TIKTOK_CLIENT_KEY",
    "TIKTOK_CLIENT_SECRET",
    "TIKTOK_BASE_URL",
    "PUBLIC_URL",
    "DATABASE_INSTANCE",
    "DATABASE_URL",
    "HOLD_AFTER_LOSS_HOURS",
    "OWNER_TOKEN",
    "LISTEN",
    "DATA_DIR",
    "RUST_LOG",
];

impl Setup {
    /// A data folder of its own, a free port.
    pub(crate) fn new() -> Self {
        Self {
            folder: Arc::new(tempfile::tempdir().expect("a folder")),
            flags: vec!["--listen".to_owned(), "127.0.0.1:0".to_owned()],
            vars: Vec::new(),
            wrapper: Vec::new(),
            user: None,
        }
    }

    #[must_use]
    pub(crate) fn flags(mut self, flags: &[&str]) -> Self {
        self.flags
            .extend(flags.iter().map(|flag| (*flag).to_owned()));
        self
    }

    /// On this port, so that a browser finds the server again.
    #[must_use]
    pub(crate) fn listen(mut self, address: &str) -> Self {
        self.flags[1] = address.to_owned();
        self
    }

    #[must_use]
    pub(crate) fn var(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.vars.push((name.to_owned(), value.into()));
        self
    }

    /// Starts the server through another program; the server's path is its last argument but the flags.
    #[must_use]
    pub(crate) fn through(mut self, wrapper: &[&str]) -> Self {
        self.wrapper = wrapper.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// As another user of the machine, where this one may do everything. That user need not be able to enter the
    /// folder the project lies in, so it gets a copy of the program.
    #[must_use]
    pub(crate) fn run_by(mut self, id: u32) -> Self {
        self.user = Some(id);
        std::fs::copy(program("server"), self.copied_program()).expect("a copy");
        self
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn copied_program(&self) -> PathBuf {
        self.folder.path().join("server")
    }

    fn command(&self) -> Command {
        let mut words = self.wrapper.clone();
        let program = match self.user {
            Some(_) => self.copied_program(),
            None => program("server"),
        };
        words.push(program.display().to_string());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(&self.flags);
        for name in OURS {
            command.env_remove(name);
        }
        command.env("DATA_DIR", self.data());
        command.envs(self.vars.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.folder.path());
        command.stdin(Stdio::null()).kill_on_drop(true);
        if let Some(id) = self.user {
            command.uid(id).gid(id);
        }
        command
    }

    /// Starts it and reads its line.
    pub(crate) async fn start(&self) -> Server {
        let log = self.folder.path().join("log");
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .expect("a log");
        let mut child = self
            .command()
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .expect("the example server, as cargo has built it");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let line = within(
            Duration::from_secs(30),
            "the server's line",
            lines.next_line(),
        )
        .await;
        let line = line.expect("readable").unwrap_or_else(|| {
            let told = std::fs::read_to_string(&log).unwrap_or_default();
            panic!("the server ended: {told}")
        });
        let link = line
            .split_whitespace()
            .find(|word| word.starts_with("http"))
            .expect("an address")
            .to_owned();
        let base = link.split("/sign-in").next().unwrap_or_default().to_owned();
        Server {
            child,
            lines,
            setup: self.clone(),
            line,
            link,
            base,
            log,
        }
    }

    /// Starts what must not start, and answers what it said.
    pub(crate) async fn refused(&self) -> String {
        let output = self
            .command()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output();
        let output = within(Duration::from_secs(30), "the server's end", output)
            .await
            .expect("started");
        let said = String::from_utf8(output.stderr).expect("text");
        assert!(!output.status.success(), "it ended well: {said}");
        assert!(output.stdout.is_empty(), "an address was printed");
        assert!(!said.contains("panicked"), "{said}");
        said
    }
}

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    lines: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
    pub(crate) setup: Setup,
    /// What it printed.
    pub(crate) line: String,
    /// The address that signs in.
    pub(crate) link: String,
    /// `http://127.0.0.1:PORT`.
    pub(crate) base: String,
    log: PathBuf,
}

impl Server {
    /// A server with nothing set.
    pub(crate) async fn start() -> Self {
        Setup::new().start().await
    }

    /// A browser that is not signed in.
    pub(crate) fn stranger(&self) -> Browser {
        Browser::new(&self.base)
    }

    /// A browser that has followed the link.
    pub(crate) async fn visitor(&self) -> Browser {
        let mut browser = self.stranger();
        let answer = browser.get(&self.link).await;
        assert_eq!(
            (answer.status, answer.location.as_deref()),
            (303, Some("/"))
        );
        browser
    }

    /// The name of one of its cookies, which carries its port.
    pub(crate) fn cookie(&self, what: &str) -> String {
        let port = self.base.rsplit(':').next().unwrap_or_default();
        format!("{what}-{port}")
    }

    /// What it prints next, if that comes within this time.
    pub(crate) async fn next_line(&mut self, wait: Duration) -> Option<String> {
        tokio::select! {
            line = self.lines.next_line() => line.expect("readable"),
            () = super::pause(wait) => None,
        }
    }

    /// Everything it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }

    /// As the machine would: at once.
    pub(crate) async fn kill(mut self) -> Setup {
        self.child.kill().await.expect("killed");
        self.setup
            .clone()
            .listen(self.base.trim_start_matches("http://"))
    }

    /// Tells it to end.
    pub(crate) async fn terminate(&self) {
        let id = self.child.id().expect("running").to_string();
        let told = Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .await
            .expect("kill");
        assert!(told.success());
    }

    /// Waits for its good end.
    pub(crate) async fn ended(self) -> Setup {
        self.ends().await.0
    }

    /// As a person would: it ends what it has begun. Answers what else it printed.
    pub(crate) async fn stop(self) -> (Setup, Vec<String>) {
        self.terminate().await;
        self.ends().await
    }

    async fn ends(mut self) -> (Setup, Vec<String>) {
        let ended = within(Duration::from_secs(30), "a gentle end", self.child.wait()).await;
        assert!(ended.expect("waited for").success(), "{}", self.log());
        let mut more = Vec::new();
        while let Ok(Some(line)) = self.lines.next_line().await {
            more.push(line);
        }
        (
            self.setup
                .clone()
                .listen(self.base.trim_start_matches("http://")),
            more,
        )
    }
}
