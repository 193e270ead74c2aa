//! One stage on which jobs are played one after the other.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use examples::stage::{self, Ground, Setup, Worker, pause, within};
use social_core::{
    Social,
    media::MediaStoreExt,
    model::{Account, MediaId},
    store::PostState,
};
use social_sandbox::Sandbox;
use tempfile::TempDir;

use super::{
    steps::STEPS,
    table::{Row, Table},
};

/// A little over three chunks.
const SIZE: usize = 3 * stage::CHUNK as usize + 77;

/// What is done to one post.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Job {
    /// The process is killed at this step.
    Kill(usize),
    /// The process is stopped at this step, past its lease, and continued.
    Stop(usize),
    /// The process is killed three times at moments that this number decides.
    Random(usize),
}

#[derive(Debug)]
pub(crate) struct Lane {
    ground: Arc<Ground>,
    number: usize,
    folder: TempDir,
    sandbox: Sandbox,
    social: Social,
    account: Account,
    media: MediaId,
    table: Table,
    next: usize,
}

impl Lane {
    pub(crate) async fn open(number: usize, ground: &Arc<Ground>) -> anyhow::Result<Self> {
        let folder = ground.folder().await?;
        let sandbox = stage::sandbox().await?;
        let social = stage::social(folder.path(), sandbox.url(), Setup::default()).await?;
        let account = stage::connect(&social, "studio-account").await?;
        let bytes: Vec<u8> = stage::clip(SIZE);
        let media = social.media().put_bytes(bytes).await?.id;
        let table = Table::default();
        Ok(Self {
            ground: Arc::clone(ground),
            number,
            folder,
            sandbox,
            social,
            account,
            media,
            table,
            next: 0,
        })
    }

    pub(crate) async fn play(&mut self, job: Job) -> anyhow::Result<()> {
        // The platform takes six posts a minute; the next minute costs nothing here.
        self.sandbox.control().advance(Duration::from_secs(61));
        self.ground.let_limits_pass(self.folder.path()).await?;
        self.next += 1;
        let name = format!("lane {} post {}", self.number, self.next);
        match job {
            Job::Kill(step) => self.kill(step, &name).await,
            Job::Stop(step) => self.stop(step, &name).await,
            Job::Random(number) => self.random(number, &name).await,
        }
    }

    async fn worker(&self) -> anyhow::Result<Worker> {
        Worker::start(&["worker"], self.folder.path(), self.sandbox.url()).await
    }

    async fn kill(&mut self, step: usize, name: &str) -> anyhow::Result<()> {
        let control = self.sandbox.control();
        let fault = control.arm(STEPS[step].fault())?;
        let first = self.worker().await?;
        let post = stage::submit(&self.social, &self.account, &self.media, name).await?;
        ensure!(
            control.struck(fault, Duration::from_secs(30)).await,
            "the step was not reached"
        );
        first.kill().await?;
        control.disarm(fault);
        let second = self.worker().await?;
        self.finish(post).await?;
        second.kill().await?;
        let row = self.table.row(step, STEPS[step].name);
        row.kills += 1;
        let (posts, row) = (self.sandbox.control().posts(), row);
        count(row, &posts, name);
        Ok(())
    }

    async fn stop(&mut self, step: usize, name: &str) -> anyhow::Result<()> {
        let control = self.sandbox.control();
        let fault = control.arm(STEPS[step].fault())?;
        let first = self.worker().await?;
        let post = stage::submit(&self.social, &self.account, &self.media, name).await?;
        ensure!(
            control.struck(fault, Duration::from_secs(30)).await,
            "the step was not reached"
        );
        self.ground.stop(self.folder.path(), &first).await?;
        control.disarm(fault);
        // The lease of the stopped process lapses and the second takes over; the first wakes up in the middle of that
        // or after it, in turn.
        let second = self.worker().await?;
        if self.next.is_multiple_of(2) {
            pause(stage::hasty().lease + Duration::from_millis(200)).await;
            first.go_on().await?;
            self.finish(post).await?;
        } else {
            self.finish(post).await?;
            first.go_on().await?;
        }
        // What the first still does, it does now.
        pause(Duration::from_millis(700)).await;
        first.kill().await?;
        second.kill().await?;
        let row = self.table.row(step, STEPS[step].name);
        row.stops += 1;
        count(row, &self.sandbox.control().posts(), name);
        Ok(())
    }

    async fn random(&mut self, number: usize, name: &str) -> anyhow::Result<()> {
        let post = stage::submit(&self.social, &self.account, &self.media, name).await?;
        let mut kills = 0;
        for round in 0..3_usize {
            let worker = self.worker().await?;
            let millis = (number * 131 + round * 617 + 7) % 1_900;
            pause(Duration::from_millis(u64::try_from(millis)?)).await;
            worker.kill().await?;
            kills += 1;
        }
        let last = self.worker().await?;
        self.finish(post).await?;
        last.kill().await?;
        let row = self.table.row(STEPS.len(), "at random moments");
        row.kills += kills;
        count(row, &self.sandbox.control().posts(), name);
        Ok(())
    }

    async fn finish(&self, post: social_core::Submission) -> anyhow::Result<()> {
        let settled = self.social.wait(&post.owner, post.id, |_| {});
        let status = within(Duration::from_secs(90), settled)
            .await
            .context("never settled")??;
        ensure!(
            status.state == PostState::Published,
            "the post ended as {status}"
        );
        Ok(())
    }

    /// Looks once more at everything, and gives the figures.
    pub(crate) async fn close(self) -> anyhow::Result<Table> {
        let posts = self.sandbox.control().posts();
        ensure!(
            posts.len() == self.next,
            "{} posts, {} asked for",
            posts.len(),
            self.next
        );
        ensure!(
            posts.iter().all(|post| post.size == SIZE as u64),
            "a post has another size"
        );
        self.sandbox.stop().await;
        Ok(self.table)
    }
}

fn count(row: &mut Row, posts: &[social_sandbox::Post], name: &str) {
    row.asked += 1;
    match posts.iter().filter(|post| post.title == name).count() {
        0 => row.lost += 1,
        1 => row.there += 1,
        _ => row.twice += 1,
    }
}
