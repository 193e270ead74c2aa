//! What happens to the subject. The browser and the platform are here, outside the process that is searched.

use std::{process::Stdio, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use examples::stage::{Cluster, Database, Decision, Ground, Worker, browse};
use social_sandbox::{Control, Sandbox, Secret, Settings};
use tempfile::TempDir;

use super::{
    left,
    order::{BEGUN, Begun, Browser, LOG, OK, Order, REFUSED, WAITING},
    settings,
    trail::Trail,
};

const ACCOUNT: &str = "studio-account";

/// The database's, where it has one.
const PASSWORD: &str = "zpQ7fV2mXc9LrT4kWb8NsH3d";

pub(super) struct Story<'a> {
    pub(super) trail: &'a mut Trail,
    pub(super) ground: Arc<Ground>,
    pub(super) folder: TempDir,
    aside: TempDir,
    sandbox: Sandbox,
    pub(super) subject: Worker,
    printed: Vec<u8>,
    skew: u32,
    pub(super) posts: u32,
}

/// Plays everything and gathers what is left of it.
pub(crate) async fn play(trail: &mut Trail, database: Database, plant: bool) -> anyhow::Result<()> {
    let ground = match database {
        Database::Postgres => {
            trail.secret("database_password", PASSWORD);
            let settings = ["log_statement=all", "log_connections=on"];
            Some(Cluster::start_with(Some(PASSWORD), &settings).await?)
        }
        Database::Sqlite => None,
    };
    if database == Database::Sqlite {
        // Once: what the programs say of their settings does not depend on it.
        settings::play(trail).await.context("settings")?;
    }
    let mut story = Story::open(trail, Ground::on(ground)).await?;
    story.logins().await.context("logins")?;
    story.ordinary().await.context("ordinary")?;
    story.calls().await.context("calls")?;
    story.posts().await.context("posts")?;
    story.refreshes().await.context("refreshes")?;
    story.unsaved().await.context("unsaved")?;
    story.endings().await.context("endings")?;
    story.close(plant).await
}

impl<'a> Story<'a> {
    async fn open(trail: &'a mut Trail, ground: Ground) -> anyhow::Result<Self> {
        let (folder, aside) = (ground.folder().await?, TempDir::new()?);
        let unlimited = Settings::default().rate_limits(false);
        let sandbox = Sandbox::builder().settings(unlimited).start().await?;
        let errors = std::fs::File::create(aside.path().join("errors"))?;
        let arguments = ["subject", aside.path().to_str().context("a path")?];
        let subject = Worker::start_with(
            &arguments,
            folder.path(),
            sandbox.url(),
            Stdio::from(errors),
        );
        let subject = subject.await?;
        Ok(Self {
            trail,
            ground: Arc::new(ground),
            folder,
            aside,
            sandbox,
            subject,
            printed: Vec::new(),
            skew: 0,
            posts: 0,
        })
    }

    pub(super) fn control(&self) -> Control {
        self.sandbox.control()
    }

    pub(super) fn secrets(&self) -> Vec<Secret> {
        self.control().secrets()
    }

    pub(super) async fn order(&mut self, order: Order) -> anyhow::Result<String> {
        self.subject.tell(&serde_json::to_string(&order)?).await?;
        self.ending().await
    }

    /// Reads until an order is done.
    pub(super) async fn ending(&mut self) -> anyhow::Result<String> {
        loop {
            let line = self.subject.line().await?;
            self.printed.extend(line.as_bytes());
            self.printed.push(b'\n');
            if [OK, REFUSED, WAITING].contains(&line.as_str()) {
                return Ok(line);
            }
        }
    }

    pub(super) async fn must(&mut self, order: Order, ending: &str) -> anyhow::Result<()> {
        let name = serde_json::to_value(&order)?;
        let name = match &name {
            serde_json::Value::Object(fields) => fields.keys().next().cloned(),
            name => name.as_str().map(str::to_owned),
        };
        let ended = self.order(order).await?;
        ensure!(
            ended == ending,
            "{} ended with {ended:?}",
            name.unwrap_or_default()
        );
        Ok(())
    }

    pub(super) async fn advance(&mut self, seconds: u32) -> anyhow::Result<()> {
        self.skew += seconds;
        self.control()
            .advance(Duration::from_secs(u64::from(seconds)));
        self.let_limits_pass().await?;
        self.must(Order::Clock(self.skew), OK).await
    }

    /// The store counts on its own clock.
    pub(super) async fn let_limits_pass(&self) -> anyhow::Result<()> {
        self.ground.let_limits_pass(self.folder.path()).await
    }

    /// Begins a login and answers the consent page. What the browser comes back with.
    pub(super) async fn consent(&mut self, decision: Decision) -> anyhow::Result<String> {
        self.must(Order::Login, OK).await?;
        let begun = std::fs::read(self.aside.path().join(BEGUN))?;
        let begun: Begun = serde_json::from_slice(&begun)?;
        self.trail.secret("browser", &begun.browser);
        browse(&begun.address, ACCOUNT, decision).await
    }

    pub(super) async fn connect(&mut self) -> anyhow::Result<()> {
        let query = self.consent(Decision::Allow).await?;
        self.must(
            Order::Finish {
                query,
                browser: Browser::Same,
            },
            OK,
        )
        .await
    }

    /// Gathers what is left, while the process runs and after it was killed.
    async fn close(mut self, plant: bool) -> anyhow::Result<()> {
        for secret in self.secrets() {
            self.trail.secret(&secret.kind, &secret.value);
        }
        let key = std::fs::read_to_string(self.folder.path().join("social.key"))?;
        let key = key
            .lines()
            .rfind(|line| !line.starts_with('#'))
            .context("a key")?
            .trim()
            .to_owned();
        self.trail.secret("sealing_key", &key);
        if plant {
            let token = self.secrets().pop().context("a secret")?.value;
            self.printed
                .extend(format!("planted: {token}\n").as_bytes());
            left::plant(&self.ground, &token).await?;
        }
        let folder = self.folder.path().to_owned();
        left::gather(self.trail, &folder)?;
        self.subject.kill().await?;
        left::gather(self.trail, &folder)?;
        left::dump(self.trail, &self.ground).await?;
        self.trail.leave("printed", self.printed);
        self.trail
            .leave("errors", std::fs::read(self.aside.path().join("errors"))?);
        self.trail
            .leave("log", std::fs::read(self.aside.path().join(LOG))?);
        self.sandbox.stop().await;
        Ok(())
    }
}
