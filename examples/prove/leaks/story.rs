//! What happens to the subject. The browser and the platform are here, outside the process that is searched.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, ensure};
use examples::stage::{Decision, Worker, browse};
use social_sandbox::{Control, Endpoint, Fault, FaultKind, Sandbox, Secret, Settings};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use super::{
    echo,
    order::{BEGUN, Begun, Browser, LOG, OK, Order, REFUSED, WAITING},
    trail::Trail,
};

const ACCOUNT: &str = "studio-account";

/// Longer than an access token lives.
const OVER: u32 = 2 * 3_600 + 60;

struct Story<'a> {
    trail: &'a mut Trail,
    folder: TempDir,
    aside: TempDir,
    sandbox: Sandbox,
    subject: Worker,
    printed: Vec<u8>,
    skew: u32,
    posts: u32,
}

/// Plays everything and gathers what is left of it.
pub(crate) async fn play(trail: &mut Trail, plant: bool) -> anyhow::Result<()> {
    let mut story = Story::open(trail).await?;
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
    async fn open(trail: &'a mut Trail) -> anyhow::Result<Self> {
        let (folder, aside) = (TempDir::new()?, TempDir::new()?);
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
            folder,
            aside,
            sandbox,
            subject,
            printed: Vec::new(),
            skew: 0,
            posts: 0,
        })
    }

    fn control(&self) -> Control {
        self.sandbox.control()
    }

    fn secrets(&self) -> Vec<Secret> {
        self.control().secrets()
    }

    async fn order(&mut self, order: Order) -> anyhow::Result<String> {
        self.subject.tell(&serde_json::to_string(&order)?).await?;
        self.ending().await
    }

    /// Reads until an order is done.
    async fn ending(&mut self) -> anyhow::Result<String> {
        loop {
            let line = self.subject.line().await?;
            self.printed.extend(line.as_bytes());
            self.printed.push(b'\n');
            if [OK, REFUSED, WAITING].contains(&line.as_str()) {
                return Ok(line);
            }
        }
    }

    async fn must(&mut self, order: Order, ending: &str) -> anyhow::Result<()> {
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

    async fn advance(&mut self, seconds: u32) -> anyhow::Result<()> {
        self.skew += seconds;
        self.control()
            .advance(Duration::from_secs(u64::from(seconds)));
        self.must(Order::Clock(self.skew), OK).await
    }

    /// Begins a login and answers the consent page. What the browser comes back with.
    async fn consent(&mut self, decision: Decision) -> anyhow::Result<String> {
        self.must(Order::Login, OK).await?;
        let begun = std::fs::read(self.aside.path().join(BEGUN))?;
        let begun: Begun = serde_json::from_slice(&begun)?;
        self.trail.secret("browser", &begun.browser);
        browse(&begun.address, ACCOUNT, decision).await
    }

    async fn connect(&mut self) -> anyhow::Result<()> {
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

    /// Declined, forged, in another browser, twice, with a used code, with answers that echo.
    async fn logins(&mut self) -> anyhow::Result<()> {
        let finish = |query: &str, browser| Order::Finish {
            query: query.to_owned(),
            browser,
        };
        let query = self.consent(Decision::Deny).await?;
        self.must(finish(&query, Browser::Same), REFUSED).await?;

        let query = self.consent(Decision::Allow).await?;
        let forged = query.replace("state=", "state=forged");
        self.must(finish(&forged, Browser::Same), REFUSED).await?;
        self.must(finish(&query, Browser::Other), REFUSED).await?;
        self.must(finish(&query, Browser::Unknown), REFUSED).await?;
        self.must(finish(&query, Browser::Same), OK).await?;
        self.must(finish(&query, Browser::Same), REFUSED).await?;

        let next = self.consent(Decision::Allow).await?;
        let reused = with_state_of(&query, &next)?;
        self.must(finish(&reused, Browser::Same), REFUSED).await?;

        for answer in echo::answers(&self.secrets()) {
            let query = self.consent(Decision::Allow).await?;
            // With the code of this very login.
            let last = echo::answers(&self.secrets());
            let same = last
                .into_iter()
                .find(|other| other.0 == answer.0)
                .unwrap_or(answer);
            self.control().arm(echo::fault(Endpoint::Token, &same, 1))?;
            self.must(finish(&query, Browser::Same), REFUSED).await?;
            self.control().disarm_all();
        }
        self.connect().await
    }

    /// What happens every day.
    async fn ordinary(&mut self) -> anyhow::Result<()> {
        self.must(Order::Show, OK).await?;
        self.must(Order::Use, OK).await?;
        self.must(Order::Calls, OK).await?;
        self.post(&[]).await?;
        self.advance(OVER).await?;
        self.must(Order::Refresh, OK).await?;
        self.must(Order::Use, OK).await?;
        self.post(&[Fault::new(Endpoint::CreatorInfo, FaultKind::ExpireToken)])
            .await?;
        self.post(&[Fault::new(Endpoint::Init, FaultKind::ExpireToken)])
            .await?;
        self.post(&[Fault::new(Endpoint::Status, FaultKind::ExpireToken)])
            .await?;
        self.must(Order::Show, OK).await
    }

    /// Every call of the client meets every answer.
    async fn calls(&mut self) -> anyhow::Result<()> {
        let endpoints = [
            Endpoint::UserInfo,
            Endpoint::CreatorInfo,
            Endpoint::Init,
            Endpoint::Status,
        ];
        let mut answers = echo::answers(&self.secrets());
        answers.push(echo::init_elsewhere(&self.secrets()));
        for answer in answers {
            for endpoint in endpoints {
                self.control().arm(echo::fault(endpoint, &answer, 3))?;
            }
            self.order(Order::Calls).await?;
            self.control().disarm_all();
        }
        for kind in [
            FaultKind::DropBefore,
            FaultKind::DropAfter,
            FaultKind::Throttle,
        ] {
            for endpoint in endpoints {
                self.control()
                    .arm(Fault::new(endpoint, kind.clone()).times(3))?;
            }
            self.must(Order::Calls, REFUSED).await?;
            self.control().disarm_all();
        }
        Ok(())
    }

    /// Posts that meet faults at every step.
    async fn posts(&mut self) -> anyhow::Result<()> {
        let mut faults = vec![
            Fault::new(Endpoint::Upload, FaultKind::DropBefore),
            Fault::new(Endpoint::Upload, FaultKind::DropAfter),
            Fault::new(Endpoint::Init, FaultKind::DropAfter),
            Fault::new(Endpoint::Init, FaultKind::Throttle),
            echo::fault(Endpoint::Init, &echo::init_elsewhere(&self.secrets()), 1),
            echo::fault(
                Endpoint::Status,
                &echo::failed_because(&self.secrets(), "access_token"),
                1,
            ),
            echo::fault(
                Endpoint::Status,
                &echo::failed_because(&self.secrets(), "upload_url"),
                1,
            ),
        ];
        let answers = echo::answers(&self.secrets());
        faults.extend(
            answers
                .iter()
                .map(|answer| echo::fault(Endpoint::Upload, answer, 1)),
        );
        for endpoint in [Endpoint::CreatorInfo, Endpoint::Init, Endpoint::Status] {
            // One refusal and one answer of no form each; the client's calls have met them all.
            faults.extend(
                answers
                    .iter()
                    .skip(4)
                    .step_by(3)
                    .map(|answer| echo::fault(endpoint, answer, 1)),
            );
        }
        for fault in faults {
            self.post(&[fault]).await?;
        }
        self.must(Order::Show, OK).await
    }

    /// Submits a post that meets these faults, and sees it through.
    async fn post(&mut self, faults: &[Fault]) -> anyhow::Result<()> {
        self.posts += 1;
        let mut armed = Vec::new();
        for fault in faults {
            armed.push(self.control().arm(fault.clone())?);
        }
        self.must(Order::Submit(format!("post {}", self.posts)), OK)
            .await?;
        for _ in 0..10 {
            let ended = self.order(Order::Publish).await?;
            if ended != WAITING {
                let met = self.control().faults().iter().all(|fault| fault.hits > 0);
                ensure!(met, "{faults:?} was not met");
                self.control().disarm_all();
                ensure!(ended == OK || !faults.is_empty(), "an ordinary post failed");
                return Ok(());
            }
            // Whatever it waits for is over then.
            self.advance(4_000).await?;
        }
        anyhow::bail!("post {} is never settled: {faults:?}", self.posts)
    }

    /// Refreshes that meet every answer.
    async fn refreshes(&mut self) -> anyhow::Result<()> {
        for answer in echo::answers(&self.secrets()) {
            // A 401 without a known code would be the end of the grant; that comes last.
            let answer = if answer.0 == 401 {
                (400, answer.1)
            } else {
                answer
            };
            self.advance(OVER).await?;
            self.control()
                .arm(echo::fault(Endpoint::Refresh, &answer, 2))?;
            self.must(Order::Refresh, OK).await?;
            self.must(Order::Use, REFUSED).await?;
            self.control().disarm_all();
        }
        self.advance(OVER).await?;
        self.must(Order::Refresh, OK).await?;
        self.must(Order::Use, OK).await
    }

    /// The database stays locked while new tokens come.
    async fn unsaved(&mut self) -> anyhow::Result<()> {
        self.advance(OVER).await?;
        let hold = self
            .control()
            .arm(Fault::new(Endpoint::Refresh, FaultKind::Hold))?;
        self.subject
            .tell(&serde_json::to_string(&Order::Refresh)?)
            .await?;
        ensure!(
            self.control().struck(hold, Duration::from_secs(60)).await,
            "no refresh"
        );
        let options = SqliteConnectOptions::new().filename(self.folder.path().join("social.db"));
        let mut lock = options.connect().await?;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut lock).await?;
        self.control().disarm(hold);
        self.ending().await?;
        let spool = self.folder.path().join("spool-subject");
        let mut saves = 0;
        for entry in std::fs::read_dir(spool)? {
            self.trail
                .leave("spooled save", std::fs::read(entry?.path())?);
            saves += 1;
        }
        ensure!(saves == 1, "{saves} spooled saves");
        self.order(Order::Use).await?;
        lock.close().await?;
        self.advance(OVER).await?;
        self.must(Order::Refresh, OK).await?;
        self.must(Order::Use, OK).await
    }

    /// A dead grant, a grant that cannot be revoked, and one that can.
    async fn endings(&mut self) -> anyhow::Result<()> {
        self.advance(OVER).await?;
        self.control().arm(echo::fault(
            Endpoint::Refresh,
            &echo::dead(&self.secrets()),
            2,
        ))?;
        self.must(Order::Refresh, OK).await?;
        self.must(Order::Use, REFUSED).await?;
        self.control().disarm_all();
        self.connect().await?;
        for answer in echo::answers(&self.secrets()) {
            self.control()
                .arm(echo::fault(Endpoint::Revoke, &answer, 1))?;
            self.must(Order::Disconnect, OK).await?;
            self.control().disarm_all();
            self.connect().await?;
        }
        self.must(Order::Disconnect, OK).await?;
        self.must(Order::Use, REFUSED).await?;
        self.must(Order::Show, OK).await
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
        }
        let folder = self.folder.path().to_owned();
        gather(self.trail, &folder)?;
        self.subject.kill().await?;
        gather(self.trail, &folder)?;
        self.trail.leave("printed", self.printed);
        self.trail
            .leave("errors", std::fs::read(self.aside.path().join("errors"))?);
        self.trail
            .leave("log", std::fs::read(self.aside.path().join(LOG))?);
        self.sandbox.stop().await;
        Ok(())
    }
}

/// Names of all files, and the content of all but the key and the media.
fn gather(trail: &mut Trail, folder: &Path) -> anyhow::Result<()> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        names.extend(name.as_bytes());
        names.push(b'\n');
        if path.is_dir() {
            gather_names(&path, &mut names)?;
        } else if name != "social.key" {
            trail.leave(&name, std::fs::read(&path)?);
        }
    }
    trail.leave("names", names);
    Ok(())
}

fn gather_names(folder: &Path, names: &mut Vec<u8>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        names.extend(path.to_string_lossy().as_bytes());
        names.push(b'\n');
        if path.is_dir() {
            gather_names(&path, names)?;
        }
    }
    Ok(())
}

/// The query of one login with the state of another.
fn with_state_of(query: &str, other: &str) -> anyhow::Result<String> {
    let state = |query: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(name, _)| name == "state")
            .map(|(_, value)| value.into_owned())
    };
    let (old, new) = (state(query), state(other));
    Ok(query.replace(&old.context("a state")?, &new.context("a state")?))
}
