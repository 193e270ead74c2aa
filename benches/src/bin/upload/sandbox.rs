//! The sandbox as a process of its own, and what it says of an upload.

use std::{process::Stdio, time::Duration};

use anyhow::{Context, Result, ensure};
use examples::stage::pause;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

pub(crate) struct Standing {
    pub(crate) url: String,
    http: reqwest::Client,
    _child: Child,
}

impl Standing {
    /// Starts the program beside this one.
    pub(crate) async fn start() -> Result<Self> {
        let program = std::env::current_exe()?.with_file_name("social-sandbox");
        let mut child = Command::new(&program)
            .args(["--listen", "127.0.0.1:0", "--no-hash"])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| {
                format!("{} is built by cargo build --workspace", program.display())
            })?;
        let mut lines = BufReader::new(child.stdout.take().context("a pipe")?).lines();
        let first = lines.next_line().await?.context("a first line")?;
        let url = first
            .split_whitespace()
            .last()
            .context("an address")?
            .to_owned();
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let http = reqwest::Client::builder().tls_certs_only([]).build()?;
        let standing = Self {
            url,
            http,
            _child: child,
        };
        let answer = standing
            .http
            .put(format!("{}/_sandbox/settings", standing.url))
            .header("content-type", "application/json")
            .body(json!({ "rate_limits": false }).to_string())
            .send()
            .await?;
        ensure!(
            answer.status().is_success(),
            "settings: {}",
            answer.status()
        );
        Ok(standing)
    }

    /// An access token for the bare loop.
    pub(crate) async fn token(&self) -> Result<String> {
        let grant = json!({
            "client_key": social_sandbox::DEMO_CLIENT_KEY,
            "account": "studio-account",
            "scopes": ["user.info.basic", "video.publish"],
        });
        let answer = self
            .http
            .post(format!("{}/_sandbox/grants", self.url))
            .header("content-type", "application/json")
            .body(grant.to_string())
            .send()
            .await?;
        let pair: Value = serde_json::from_slice(&answer.bytes().await?)?;
        Ok(pair["access_token"].as_str().context("a token")?.to_owned())
    }

    /// From the first moment the upload is known until its last byte.
    pub(crate) async fn time_of(&self, title: &str, size: u64) -> Result<Duration> {
        Ok(self
            .time_and_memory(title, size, std::process::id())
            .await?
            .0)
    }

    /// As [`time_of`](Self::time_of), with the most memory that `process` had meanwhile.
    pub(crate) async fn time_and_memory(
        &self,
        title: &str,
        size: u64,
        process: u32,
    ) -> Result<(Duration, u64)> {
        let (mut began, mut most) = (None, 0);
        for _ in 0..30_000 {
            most = most.max(crate::resident(process)?);
            if let Some(sent) = self.sent(title).await? {
                let began = *began.get_or_insert_with(crate::elapsed);
                if sent >= size {
                    return Ok((crate::elapsed().saturating_sub(began), most));
                }
            }
            pause(Duration::from_millis(4)).await;
        }
        anyhow::bail!("{title} never ended")
    }

    /// The bytes that have arrived of each upload.
    pub(crate) async fn all_sent(&self) -> Result<Vec<u64>> {
        let all = self.publishes().await?;
        let sent = all.iter().filter_map(|one| one["uploaded_bytes"].as_u64());
        Ok(sent.collect())
    }

    async fn sent(&self, title: &str) -> Result<Option<u64>> {
        let all = self.publishes().await?;
        let found = all.iter().find(|one| one["title"] == title);
        Ok(found.and_then(|one| one["uploaded_bytes"].as_u64()))
    }

    async fn publishes(&self) -> Result<Vec<Value>> {
        let address = format!("{}/_sandbox/publishes", self.url);
        let answer = self.http.get(address).send().await?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }
}
