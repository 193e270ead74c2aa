//! One account on a stage of its own, with a clock that every process shares.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use chrono::{DateTime, Utc};
use examples::stage::{self, Ground, Setup, Shut, SkewedClock, Worker, pause};
use social_core::{
    Social,
    model::{Account, AccountStatus},
    time::Clock,
};
use social_sandbox::{Control, Endpoint, Fault, FaultKind, RefreshCount, Sandbox, Settings};
use tempfile::TempDir;

use super::{
    order::{Order, Pace, Report},
    table::Row,
};

const ACCOUNT: &str = "studio-account";

/// Longer than an access token lives, whichever of two clocks ten minutes apart it is measured on.
pub(crate) const OVER: i64 = 2 * 3_600 + 11 * 60;

#[derive(Debug)]
pub(crate) struct Scene {
    ground: Arc<Ground>,
    pub(crate) folder: TempDir,
    sandbox: Sandbox,
    social: Social,
    clock: SkewedClock,
    skew: i64,
    before: RefreshCount,
}

/// A process with callers and a refresh worker.
#[derive(Debug)]
pub(crate) struct Peer(Worker);

impl Scene {
    pub(crate) async fn open(ground: &Arc<Ground>) -> anyhow::Result<Self> {
        let folder = ground.folder().await?;
        let unlimited = Settings::default().rate_limits(false);
        let sandbox = Sandbox::builder().settings(unlimited).start().await?;
        let clock = SkewedClock::default();
        let setup = Setup {
            clock: Arc::new(clock.clone()),
            ..Setup::default()
        };
        let social = stage::social(folder.path(), sandbox.url(), setup).await?;
        stage::connect(&social, ACCOUNT).await?;
        let before = RefreshCount::default();
        Ok(Self {
            ground: Arc::clone(ground),
            folder,
            sandbox,
            social,
            clock,
            skew: 0,
            before,
        })
    }

    /// The database takes no writes from here on.
    pub(crate) async fn shut(&self) -> anyhow::Result<Shut> {
        self.ground.shut(self.folder.path()).await
    }

    pub(crate) async fn reopen(&self, shut: Shut) -> anyhow::Result<()> {
        self.ground.reopen(shut).await
    }

    pub(crate) fn control(&self) -> Control {
        self.sandbox.control()
    }

    pub(crate) async fn peer(&self, name: &str, pace: Pace) -> anyhow::Result<Peer> {
        let arguments = ["peer", name, pace.name()];
        Ok(Peer(
            Worker::start(&arguments, self.folder.path(), self.sandbox.url()).await?,
        ))
    }

    /// Lets time pass, for the platform and for everybody here.
    pub(crate) fn advance(&mut self, seconds: i64) -> anyhow::Result<()> {
        let by = Duration::from_secs(u64::try_from(seconds)?);
        self.skew += seconds;
        self.clock.set(self.skew);
        self.sandbox.control().advance(by);
        Ok(())
    }

    /// Lets time pass until `then`.
    pub(crate) fn advance_to(&mut self, then: DateTime<Utc>) -> anyhow::Result<()> {
        self.advance((then - self.clock.now()).num_seconds())
    }

    /// An order of so many callers beside a refresh worker, on a clock that is wrong by `wrong` seconds.
    pub(crate) fn order(&self, callers: usize, wrong: i64) -> Order {
        Order {
            skew: self.skew + wrong,
            callers,
            worker: true,
            leaves: false,
        }
    }

    pub(crate) async fn account(&self) -> anyhow::Result<Account> {
        let accounts = self.social.accounts(&stage::owner()).await?.pop();
        accounts.context("the account")
    }

    pub(crate) async fn connect_again(&self) -> anyhow::Result<()> {
        stage::connect(&self.social, ACCOUNT).await.map(|_| ())
    }

    /// Holds the next refresh: `done` after the platform's work, otherwise before it.
    pub(crate) fn hold(&self, done: bool) -> anyhow::Result<u64> {
        let kind = if done {
            FaultKind::Hold
        } else {
            FaultKind::HoldBefore
        };
        Ok(self.control().arm(Fault::new(Endpoint::Refresh, kind))?)
    }

    pub(crate) async fn held(&self, fault: u64) -> anyhow::Result<()> {
        let struck = self.control().struck(fault, Duration::from_secs(60)).await;
        ensure!(struck, "no refresh was sent");
        Ok(())
    }

    /// Waits until the held call's client is gone, and removes the fault.
    pub(crate) async fn abandoned(&self, fault: u64) -> anyhow::Result<()> {
        for _ in 0..400 {
            let held = self.control().faults();
            if held
                .iter()
                .all(|armed| armed.id != fault || armed.held == 0)
            {
                self.control().disarm(fault);
                return Ok(());
            }
            pause(Duration::from_millis(25)).await;
        }
        anyhow::bail!("the platform did not notice that its client was gone")
    }

    /// Ends a round: what the platform counted since the last, what the callers said, and the account.
    pub(crate) async fn count(&mut self, reports: &[&Report]) -> anyhow::Result<Row> {
        let counts = self.control().refresh_counts();
        let now = counts.get(ACCOUNT).copied().unwrap_or_default();
        let before = std::mem::replace(&mut self.before, now);
        let connected = self.account().await?.status == AccountStatus::Connected;
        Ok(Row {
            rounds: 1,
            refreshes: now.refreshes - before.refreshes,
            successful: now.successful - before.successful,
            rejected: now.rejected - before.rejected,
            served: reports.iter().map(|report| report.served).sum(),
            refused: reports.iter().map(|report| report.all_refused()).sum(),
            connected: u64::from(connected),
        })
    }
}

impl Peer {
    pub(crate) async fn tell(&mut self, order: Order) -> anyhow::Result<()> {
        self.0.tell(&serde_json::to_string(&order)?).await
    }

    pub(crate) async fn report(&mut self) -> anyhow::Result<Report> {
        Ok(serde_json::from_str(&self.0.line().await?)?)
    }

    pub(crate) async fn ask(&mut self, order: Order) -> anyhow::Result<Report> {
        self.tell(order).await?;
        self.report().await
    }

    pub(crate) async fn stop(&self) -> anyhow::Result<()> {
        self.0.stop().await
    }

    pub(crate) async fn go_on(&self) -> anyhow::Result<()> {
        self.0.go_on().await
    }

    /// Lets it end by itself, which must go well.
    pub(crate) async fn end(self) -> anyhow::Result<()> {
        self.0.end().await
    }

    pub(crate) async fn kill(self) -> anyhow::Result<()> {
        self.0.kill().await
    }
}
