//! The program in a folder of its own, its terminal, and a browser beside it.

use std::{
    ffi::OsString,
    path::PathBuf,
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use social_sandbox::Sandbox;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::{Child, Command},
    task::JoinHandle,
};

use crate::harness::{Browser, SandboxSide, client::allow, eventually, program, within};

/// A folder to start the program in.
pub(super) struct Desk {
    folder: TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub(super) struct End {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("quickstart-data")
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.file(name), bytes).expect("a file");
    }

    /// Starts the program here.
    pub(super) async fn start(&self, arguments: &[&str]) -> Run {
        self.start_with(arguments, &[]).await
    }

    /// Starts it with these variables.
    pub(super) async fn start_with(
        &self,
        arguments: &[&str],
        settings: &[(&str, OsString)],
    ) -> Run {
        let mut command = Command::new(program("quickstart"));
        for name in [
            "TIKTOK_CLIENT_KEY",
            "TIKTOK_CLIENT_SECRET",
            "TIKTOK_BASE_URL",
            "TIKTOK_SCOPES",
        ] {
            command.env_remove(name);
        }
        let mut child = command
            .args(arguments)
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the quickstart, as cargo has built it");
        let said = Arc::new(Mutex::new(Vec::new()));
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let heard = Arc::clone(&said);
        let out = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                heard.lock().expect("lines").push(line);
            }
        });
        let mut errors = child.stderr.take().expect("its errors");
        let err = tokio::spawn(async move {
            let mut text = String::new();
            let _ = errors.read_to_string(&mut text).await;
            text
        });
        Run {
            child,
            said,
            used: 0,
            out,
            err,
        }
    }

    /// Starts it after the person has removed the app in TikTok.
    pub(super) async fn start_removed(&self, account: &str, key: &str) -> Run {
        let sandbox = self.offline().await;
        let removed = sandbox
            .control()
            .disconnect(social_sandbox::DEMO_CLIENT_KEY, account, 1);
        removed.expect("it was connected");
        sandbox.stop().await;
        self.start(&["--key", key]).await
    }

    /// The sandbox inside a running program.
    pub(super) async fn sandbox(&self) -> SandboxSide {
        let file = self.data().join("sandbox.port");
        let port = eventually("the sandbox's port", || async {
            std::fs::read_to_string(&file)
                .ok()
                .filter(|port| !port.is_empty())
        })
        .await;
        SandboxSide::at(&port)
    }

    /// The sandbox by its file, once the program has ended.
    async fn offline(&self) -> Sandbox {
        Sandbox::builder()
            .state_file(self.data().join("sandbox.json"))
            .start()
            .await
            .expect("the program's sandbox")
    }

    /// How many posts there are at TikTok.
    pub(super) async fn posts(&self) -> usize {
        let sandbox = self.offline().await;
        let posts = sandbox.control().posts().len();
        sandbox.stop().await;
        posts
    }
}

/// A run of the program.
pub(super) struct Run {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
    /// How many sign-ins were answered.
    used: usize,
    out: JoinHandle<()>,
    err: JoinHandle<String>,
}

impl Run {
    /// What the terminal shows so far.
    pub(super) fn said(&self) -> Vec<String> {
        self.said.lock().expect("lines").clone()
    }

    /// Whether somebody is asked to sign in.
    pub(super) fn is_unanswered(&self) -> bool {
        self.addresses().len() > self.used
    }

    fn addresses(&self) -> Vec<String> {
        let said = self.said();
        let addresses = said.iter().map(|line| line.trim());
        addresses
            .filter(|line| line.starts_with("http://127.0.0.1:"))
            .map(str::to_owned)
            .collect()
    }

    /// The address to sign in at that was not answered yet.
    pub(super) async fn address(&self) -> String {
        eventually("an address to sign in", || async {
            self.addresses().get(self.used).cloned()
        })
        .await
    }

    async fn answer(&mut self, fields: &[(&str, &str)]) -> String {
        let address = self.address().await;
        assert!(address.len() < 100, "one line of a terminal: {address}");
        self.used += 1;
        let mut browser = Browser::new("");
        let answer = browser.get(&address).await;
        let page = answer.location.expect("the consent page");
        browser.consent(&page, fields).await
    }

    /// Presses Allow, and answers where that leads.
    pub(super) async fn consent(&mut self, account: &str) -> String {
        self.answer(&allow(account)).await
    }

    /// What the tab shows.
    pub(super) async fn come_back(&self, address: &str) -> String {
        Browser::new("").get(address).await.text
    }

    pub(super) async fn sign_in(&mut self, account: &str) -> String {
        let back = self.consent(account).await;
        self.come_back(&back).await
    }

    pub(super) async fn refuse(&mut self) -> String {
        let back = self.answer(&[("decision", "deny")]).await;
        self.come_back(&back).await
    }

    /// As the machine would: at once.
    pub(super) async fn kill(mut self) -> Vec<String> {
        self.child.kill().await.expect("killed");
        self.out.await.expect("its output");
        let said = self.said.lock().expect("lines");
        said.clone()
    }

    /// Ctrl-C.
    pub(super) async fn interrupt(&self) {
        let id = self.child.id().expect("running").to_string();
        let told = Command::new("kill").args(["-INT", &id]).status().await;
        assert!(told.expect("kill").success());
    }

    /// Whether it goes on.
    pub(super) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Its end.
    pub(super) async fn end(mut self) -> End {
        let ended = self.child.wait();
        let status = tokio::select! {
            status = ended => status.expect("waited for"),
            () = crate::harness::pause(Duration::from_secs(120)) => {
                panic!("it does not end: {:?}", self.said.lock())
            }
        };
        let limit = Duration::from_secs(10);
        within(limit, "its output", self.out).await.expect("read");
        let err = within(limit, "its errors", self.err).await.expect("read");
        let out = self.said.lock().expect("lines").join("\n");
        End {
            code: status.code().unwrap_or(-1),
            out,
            err,
        }
    }
}
