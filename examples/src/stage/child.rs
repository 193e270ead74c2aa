use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, ensure};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::wait::{pause, within};

/// This very program as a process of its own, to be stopped and killed.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    orders: ChildStdin,
    out: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts it with `arguments` and waits until it says that it is ready.
    ///
    /// # Errors
    /// When it does not start, or ends before it is ready.
    pub async fn start(arguments: &[&str], folder: &Path, sandbox: &str) -> anyhow::Result<Self> {
        Self::start_with(arguments, folder, sandbox, Stdio::inherit()).await
    }

    /// As [`start`](Self::start), with its standard error elsewhere.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_with(
        arguments: &[&str],
        folder: &Path,
        sandbox: &str,
        errors: Stdio,
    ) -> anyhow::Result<Self> {
        let folder = folder.to_str().context("a path that is text")?;
        Self::launch(&[arguments, &[folder, sandbox]].concat(), errors).await
    }

    /// Starts it with these arguments only.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn launch(arguments: &[&str], errors: Stdio) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .kill_on_drop(true)
            .spawn()?;
        let out = BufReader::new(child.stdout.take().context("a pipe")?);
        let orders = child.stdin.take().context("a pipe")?;
        let mut worker = Self { child, orders, out };
        let first = worker.line().await?;
        ensure!(first == "ready", "a worker began with {first:?}");
        Ok(worker)
    }

    /// Sends it a line.
    ///
    /// # Errors
    /// When it has ended.
    pub async fn tell(&mut self, line: &str) -> anyhow::Result<()> {
        self.orders
            .write_all(format!("{line}\n").as_bytes())
            .await?;
        Ok(self.orders.flush().await?)
    }

    /// Its next line.
    ///
    /// # Errors
    /// When it has ended.
    pub async fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        let read = within(Duration::from_secs(60), self.out.read_line(&mut line));
        ensure!(
            read.await.context("a silent process")?? > 0,
            "the process has ended"
        );
        Ok(line.trim_end().to_owned())
    }

    /// Tells it that no order comes any more, and waits for its end, which must be a good one.
    ///
    /// # Errors
    /// When it ends otherwise, or goes on.
    pub async fn end(mut self) -> anyhow::Result<()> {
        drop(self.orders);
        let ended = within(Duration::from_secs(60), self.child.wait()).await;
        let status = ended.context("a process that does not end")??;
        ensure!(status.success(), "a process ended with {status}");
        Ok(())
    }

    /// SIGKILL, as a power cut would.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// SIGSTOP: it stands still, its connections stay open. Returns when it does stand still.
    ///
    /// # Errors
    /// When it cannot be told, or goes on.
    pub async fn stop(&self) -> anyhow::Result<()> {
        self.signal("STOP").await?;
        // The signal stops one thread at a time, and on a busy machine the others run on for a while.
        for _ in 0..500 {
            if self.stands_still()? {
                return Ok(());
            }
            pause(Duration::from_millis(10)).await;
        }
        anyhow::bail!("a stopped process goes on")
    }

    fn stands_still(&self) -> anyhow::Result<bool> {
        for task in std::fs::read_dir(format!("/proc/{}/task", self.id()))? {
            let stat = std::fs::read_to_string(task?.path().join("stat"))?;
            // The state is the first word after the name, which is in parentheses.
            let state = stat.rsplit_once(") ").map(|(_, rest)| rest);
            if !state.is_some_and(|state| state.starts_with('T')) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// SIGCONT: it goes on where it stood.
    ///
    /// # Errors
    /// When it cannot be told.
    pub async fn go_on(&self) -> anyhow::Result<()> {
        self.signal("CONT").await
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    async fn signal(&self, name: &str) -> anyhow::Result<()> {
        let id = self.id().to_string();
        // The shell's own `kill` is everywhere; the program of that name is not.
        let told = Command::new("sh")
            .args(["-c", "kill -\"$0\" \"$1\"", name, &id])
            .status()
            .await?;
        ensure!(told.success(), "{name} could not be sent");
        Ok(())
    }
}
