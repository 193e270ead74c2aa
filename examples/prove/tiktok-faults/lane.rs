//! One stage on which jobs are played one after the other.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use anyhow::{Context, bail, ensure};
use examples::stage::{self, Ground, Relay, Setup, Worker, owner, pause, within};
use social_core::{
    Social, Submission,
    media::MediaStoreExt,
    model::{Account, MediaId},
    store::PostState,
};
use social_sandbox::{Endpoint, Fault, PublishStatus, Sandbox};
use tempfile::TempDir;

use super::{
    faults::Trouble,
    table::Table,
    ways::{PARTS, Way},
};

const SIZE: usize = (PARTS * stage::CHUNK) as usize + 77;

/// How long a call may take.
const TIMEOUT: Duration = Duration::from_secs(2);

/// One thing that goes wrong once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    pub(crate) way: Way,
    pub(crate) step: usize,
    pub(crate) trouble: Trouble,
}

impl Job {
    /// The row of the table it counts in.
    pub(crate) fn row(self) -> String {
        format!(
            "{}: {}",
            self.way.name(),
            self.way.moments()[self.step].name
        )
    }
}

#[derive(Debug)]
pub(crate) struct Lane {
    ground: Arc<Ground>,
    number: usize,
    folder: TempDir,
    sandbox: Sandbox,
    relay: Relay,
    social: Social,
    account: Account,
    media: MediaId,
    table: Table,
    next: usize,
}

impl Lane {
    /// As on every stage, in a hurry, and each call on a connection of its own.
    pub(crate) fn setup() -> Setup {
        Setup {
            timeout: Some(TIMEOUT),
            settle: Some(Duration::from_secs(1)),
            keep_alive: false,
            ..Setup::default()
        }
    }

    pub(crate) async fn open(number: usize, ground: &Arc<Ground>) -> anyhow::Result<Self> {
        let folder = ground.folder().await?;
        let sandbox = stage::sandbox().await?;
        let relay = Relay::start(sandbox.url()).await?;
        let social = stage::social(folder.path(), &relay.url(), Self::setup()).await?;
        let account = stage::connect(&social, "studio-account").await?;
        let media = social.media().put_bytes(stage::clip(SIZE)).await?.id;
        Ok(Self {
            ground: Arc::clone(ground),
            number,
            folder,
            sandbox,
            relay,
            social,
            account,
            media,
            table: Table::default(),
            next: 0,
        })
    }

    pub(crate) async fn play(&mut self, job: Job) -> anyhow::Result<()> {
        // The platform takes six posts a minute; the next minute costs nothing here.
        self.sandbox.control().advance(Duration::from_secs(61));
        self.ground.let_limits_pass(self.folder.path()).await?;
        self.next += 1;
        let name = format!("lane {} post {}", self.number, self.next);
        let before = self.publishes();
        let state = self.suffer(job, &name).await?;
        self.count(job, &name, state, &before);
        Ok(())
    }

    /// Posts while it goes wrong; how it ended.
    async fn suffer(&mut self, job: Job, name: &str) -> anyhow::Result<PostState> {
        let request = job.way.request(&self.media, name)?;
        let control = self.sandbox.control();
        let moments = job.way.moments();
        let moment = match job.trouble {
            Trouble::Refused => job.step.checked_sub(1).map(|step| moments[step]),
            _ => Some(moments[job.step]),
        };
        let fault = moment.map(|moment| {
            let kind = job.trouble.kind(moment.endpoint);
            let fault = Fault::new(moment.endpoint, kind);
            control.arm(fault.skip(moment.skip).times(job.trouble.times()))
        });
        let fault = fault.transpose()?;
        let first = self.worker().await?;
        if fault.is_none() {
            self.relay.shut().await;
        }
        let post = self.social.submit(&self.account, name, request).await?;
        if let Some(fault) = fault {
            let struck = control.struck(fault, Duration::from_secs(30)).await;
            if !struck {
                let record = self.social.post(&owner(), post.id).await?;
                let status = &record;
                bail!("the step was not reached: {status:?}");
            }
        }
        let release = || fault.map(|fault| control.disarm(fault));
        if job.trouble == Trouble::Expired && moments[job.step].endpoint == Endpoint::Upload {
            // An upload's address that is refused as ended has ended: its hour is over.
            control.advance(Duration::from_secs(3_600));
        }
        match job.trouble {
            Trouble::Refused => {
                self.relay.shut().await;
                release();
                pause(Duration::from_millis(400)).await;
                self.relay.open().await?;
            }
            Trouble::SilentBefore | Trouble::SilentAfter => {
                pause(TIMEOUT + Duration::from_millis(300)).await;
                release();
            }
            Trouble::KilledBefore | Trouble::KilledAfter => {
                first.kill().await?;
                release();
                return self.finish(post, vec![self.worker().await?]).await;
            }
            Trouble::Resent400
            | Trouble::Resent409
            | Trouble::Resent410
            | Trouble::Resent413
            | Trouble::ResentCoded => {
                first.kill().await?;
                release();
                let again = job.trouble.again().map(|kind| {
                    let fault = Fault::new(moments[job.step].endpoint, kind);
                    control.arm(fault)
                });
                let again = again.transpose()?;
                let ended = self.finish(post, vec![self.worker().await?]).await;
                if let Some(again) = again {
                    let struck = control.struck(again, Duration::from_secs(1)).await;
                    control.disarm(again);
                    ensure!(struck, "nothing was sent again");
                }
                return ended;
            }
            Trouble::FileGone | Trouble::FileGoneBefore => {
                first.kill().await?;
                release();
                ensure!(self.social.media().remove(&self.media).await?, "no file");
                if job.trouble.ends_it() {
                    // The hour of its address is over, and the platform says so.
                    control.advance(Duration::from_secs(3_600));
                }
                let ended = self.finish(post, vec![self.worker().await?]).await;
                self.media = self.social.media().put_bytes(stage::clip(SIZE)).await?.id;
                return ended;
            }
            // Struck by the calls that follow, too.
            Trouble::AtOnce => {
                let ended = self.finish(post, vec![first]).await;
                release();
                return ended;
            }
            Trouble::StoppedBefore | Trouble::StoppedAfter => {
                self.ground.stop(self.folder.path(), &first).await?;
                release();
                let second = self.worker().await?;
                pause(stage::hasty().lease + Duration::from_millis(200)).await;
                first.go_on().await?;
                return self.finish(post, vec![first, second]).await;
            }
            _ => {
                release();
            }
        }
        self.finish(post, vec![first]).await
    }

    async fn worker(&self) -> anyhow::Result<Worker> {
        Worker::start(&["worker"], self.folder.path(), &self.relay.url()).await
    }

    /// Waits for the outcome, and for what a process that was stopped may still do.
    async fn finish(&self, post: Submission, workers: Vec<Worker>) -> anyhow::Result<PostState> {
        let settled = self.social.wait(&post.owner, post.id, |_| {});
        // A 429 puts it off for a minute at least.
        let status = within(Duration::from_secs(300), settled);
        let status = status.await.context("never settled")??;
        pause(Duration::from_millis(700)).await;
        for worker in workers {
            worker.kill().await?;
        }
        Ok(status.state)
    }

    fn publishes(&self) -> BTreeSet<String> {
        let publishes = self.sandbox.control().publishes();
        publishes.into_iter().map(|one| one.publish_id).collect()
    }

    /// What is at the platform now: posts, and what waits in the inbox.
    fn there(&self, before: &BTreeSet<String>) -> u64 {
        // What is still being fetched or looked at becomes what it is going to be.
        self.sandbox.control().advance(Duration::from_secs(30));
        let publishes = self.sandbox.control().publishes();
        let fresh = publishes
            .iter()
            .filter(|one| !before.contains(&one.publish_id));
        let made = fresh.filter(|one| {
            let made = [
                PublishStatus::PublishComplete,
                PublishStatus::SendToUserInbox,
            ];
            made.contains(&one.status)
        });
        made.count() as u64
    }

    fn count(&mut self, job: Job, name: &str, state: PostState, before: &BTreeSet<String>) {
        let there = self.there(before);
        let moment = job.way.moments()[job.step];
        let wanted = match job.way.ends_in_inbox() {
            true => PostState::AwaitingUser,
            false => PostState::Published,
        };
        let in_doubt = job.way.is_fetched() && moment.name == "init" && job.trouble.leaves_doubt();
        let holds = match state {
            PostState::Failed if job.trouble.ends_it() => there == 0,
            PostState::Undecided => in_doubt && there <= 1,
            state => state == wanted && there == 1,
        };
        let row = self.table.row(&job.row());
        row.asked += 1;
        row.there += there;
        match state {
            PostState::Undecided => row.undecided += 1,
            PostState::Failed => row.failed += 1,
            state if state == wanted => row.published += 1,
            _ => {}
        }
        if !holds {
            row.deviations += 1;
            let (row, trouble) = (job.row(), job.trouble.name());
            let deviation = format!("{name}, {row}, {trouble}: {state:?}, {there} there");
            self.table.deviations.push(deviation);
        }
    }

    /// The figures.
    pub(crate) async fn close(self) -> Table {
        self.sandbox.stop().await;
        self.table
    }
}
