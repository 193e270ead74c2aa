//! A standby takes over: one that was behind, and one that had everything.

mod heard;
mod table;

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use examples::stage::{self, Cluster, Setup, Stop, pause, say, within};
use social_core::{
    Social, Submission,
    hub::IncarnationPolicy,
    media::MediaStoreExt,
    model::{Account, MediaId},
    store::{Failover, PostState},
};
use social_sandbox::{Sandbox, Settings};
use social_store_postgres::PgStore;
use social_workers::PublishWorker;
use table::{Line, Table};
use tempfile::TempDir;

const ACCOUNT: &str = "studio-account";
const DATABASE: &str = "posts";
const INSTANCE: &str = "prod";
const STANDBY: &str = "standby";
const DAY: Duration = Duration::from_secs(86_400);

/// How long workers are watched that have nothing they may do: many rounds of theirs.
const WATCHED: Duration = Duration::from_secs(2);

/// How long anything may take that must happen.
const BOUND: Duration = Duration::from_secs(120);

/// A primary with a standby, and a service on it.
struct Scene {
    primary: Cluster,
    standby: Cluster,
    folder: TempDir,
    sandbox: Sandbox,
    account: Account,
    media: MediaId,
}

/// Plays both; how many lines are not as they must be. `posts` go out around the failover that loses nothing.
pub(crate) async fn play(posts: usize) -> anyhow::Result<usize> {
    let mut table = Table::default();
    asynchronous(&mut table).await.context("asynchronous")?;
    synchronous(&mut table, posts)
        .await
        .context("synchronous")?;
    table.print();
    Ok(table.deviations())
}

/// The standby was cut off when posts were submitted, acknowledged and published, and takes over all the same.
async fn asynchronous(table: &mut Table) -> anyhow::Result<()> {
    let (mut scene, social) = Scene::open(table, "no synchronous standby").await?;
    scene.standby.cut_off().await?;
    let lost = [
        "lost, then retried",
        "lost, retried and held",
        "lost, retried in between",
    ];
    for name in lost {
        let post = scene.submit(&social, name).await?;
        ensure!(
            scene.settled(&social, &post).await? == PostState::Published,
            "{name}"
        );
    }
    scene.primary.stop(Stop::Kill).await?;
    scene.standby.promote().await?;

    let url = scene.standby.url(DATABASE);
    let without = scene.social(&url, Setup::default()).await?;
    let with = scene.social(&url, held_for_a_day()).await?;
    let seen = without.incarnations().await?;
    ensure!(!seen.is_same(), "the failover is not noticed");
    let [retried, held, between] = lost;
    let in_between = scene.submit(&with, between).await?;
    let accepted = without.accept_incarnation(&seen.present).await?;
    ensure!(
        accepted.asked_about == 0,
        "of what was lost nothing is here to be asked about"
    );

    let post = scene.submit(&without, retried).await?;
    let state = scene.settled(&without, &post).await?;
    table.add(Line {
        what: "a key of the lost tail is retried, option off",
        found: format!("new, {state:?}"),
        must_be: "new, Published",
        out: scene.times(retried),
        must_be_out: 2,
    });
    let post = scene.submit(&with, held).await?;
    let new = scene.submit(&with, "new since then").await?;
    scene.idle(&with).await?;
    let waiting = with.held_posts(None, 9).await?;
    table.add(Line {
        what: "the same with the option: it waits",
        found: waits(&with, &post, &waiting).await?,
        must_be: "held, Queued",
        out: scene.times(held),
        must_be_out: 1,
    });
    table.add(Line {
        what: "retried before anybody accepted: it waits",
        found: waits(&with, &in_between, &waiting).await?,
        must_be: "held, Queued",
        out: scene.times(between),
        must_be_out: 1,
    });
    with.cancel(&post.owner, post.id).await?;
    with.cancel(&in_between.owner, in_between.id).await?;
    with.release_post(new.id).await?;
    let states = [
        scene.settled(&with, &post).await?,
        scene.settled(&with, &in_between).await?,
        scene.settled(&with, &new).await?,
    ];
    table.add(Line {
        what: "the operator cancels what is out",
        found: format!("{:?}, {:?}", states[0], states[1]),
        must_be: "Cancelled, Cancelled",
        out: scene.times(held) + scene.times(between),
        must_be_out: 2,
    });
    table.add(Line {
        what: "and releases what is not",
        found: format!("{:?}", states[2]),
        must_be: "Published",
        out: scene.times("new since then"),
        must_be_out: 1,
    });
    scene.sandbox.stop().await;
    Ok(())
}

/// Commits wait for a standby. The primary is killed in the middle of a load, and the standby goes on by itself.
async fn synchronous(table: &mut Table, posts: usize) -> anyhow::Result<()> {
    let (mut scene, social) = Scene::open(table, "no synchronous standby").await?;
    let quorum = format!("ANY 1 ({STANDBY})");
    scene
        .primary
        .configure("synchronous_standby_names", &quorum)
        .await?;
    scene.primary.is_synchronous().await?;
    let failover = social.worker().stores().installation.failover().await?;
    say(&format!("  status with {quorum}: failover {failover}"));
    ensure!(matches!(failover, Failover::Keeps(_)), "{failover}");

    let names: Vec<_> = (0..posts).map(|number| format!("post {number}")).collect();
    let (before, after) = names.split_at(posts / 2);
    let mut acknowledged = Vec::new();
    {
        let worker = PublishWorker::new(&social).settings(stage::hasty());
        let load = async {
            for name in before {
                acknowledged.push(scene.submit(&social, name).await?);
            }
            anyhow::Ok(())
        };
        worker.run(load).await?;
        // In the middle of whatever the worker had begun.
    }
    scene.primary.stop(Stop::Kill).await?;
    scene.standby.promote().await?;

    let mut setup = held_for_a_day();
    setup.incarnation_policy = IncarnationPolicy::AcceptPromotion;
    let social = scene.social(&scene.standby.url(DATABASE), setup).await?;
    let seen = social.incarnations().await?;
    ensure!(
        !seen.is_same() && seen.is_promotion,
        "no promotion: {seen:?}"
    );
    let mut again = Vec::new();
    for name in before {
        again.push(scene.submit(&social, name).await?);
    }
    let lost = again.iter().filter(|post| post.is_new).count();
    let kept = acknowledged
        .iter()
        .zip(&again)
        .filter(|(a, b)| a.id == b.id)
        .count();
    for name in after {
        again.push(scene.submit(&social, name).await?);
    }
    // Of one account six begin a minute, in whatever order they asked for their places.
    let all = BOUND + Duration::from_secs(12) * u32::try_from(posts)?;
    let mut published = 0;
    for post in &again {
        let state = scene.settled_within(&social, post, all).await?;
        published += usize::from(state == PostState::Published);
    }
    let (lives, held) = (
        social.incarnations().await?,
        social.held_posts(None, 9).await?,
    );
    ensure!(lives.is_same() && held.is_empty(), "it goes on by itself");
    let times: Vec<_> = names.iter().map(|name| scene.times(name)).collect();
    let twice = times.iter().filter(|times| **times > 1).count();
    table.add(Line {
        what: "ANY 1 (standby): keys of before are retried",
        found: format!("{lost} new, {} missing", before.len() - kept),
        must_be: "0 new, 0 missing",
        out: twice as u64,
        must_be_out: 0,
    });
    table.add(Line {
        what: "ANY 1 (standby): every post is out, once",
        found: format!("{} not published", again.len() - published),
        must_be: "0 not published",
        out: times.iter().sum(),
        must_be_out: posts as u64,
    });
    scene.sandbox.stop().await;
    Ok(())
}

fn held_for_a_day() -> Setup {
    Setup {
        hold_after_loss: Some(DAY),
        ..Setup::default()
    }
}

/// Whether it is among those that wait, and where it stands.
async fn waits(
    social: &Social,
    post: &Submission,
    waiting: &[social_core::Post],
) -> anyhow::Result<String> {
    let state = social.post(&post.owner, post.id).await?.state;
    let held = waiting.iter().any(|held| held.id == post.id);
    let held = if held { "held" } else { "not held" };
    Ok(format!("{held}, {state:?}"))
}

impl Scene {
    /// The standby has everything, the service has published a post. Prints what the start had said, and the status.
    async fn open(table: &mut Table, what: &str) -> anyhow::Result<(Self, Social)> {
        let primary = Cluster::start().await?;
        let url = primary.database(DATABASE).await?;
        let folder = TempDir::new()?;
        let mut unlimited = Settings::default().rate_limits(false);
        unlimited.posts_per_day = u64::MAX;
        unlimited.pending_shares = u64::MAX;
        let sandbox = Sandbox::builder().settings(unlimited).start().await?;
        let (store, heard) =
            heard::while_opening(PgStore::builder().instance(INSTANCE), &url).await?;
        for line in &heard {
            say(&format!("  start with {what}: {line}"));
        }
        let social =
            stage::social_on(store.into(), folder.path(), sandbox.url(), Setup::default()).await?;
        let failover = social.worker().stores().installation.failover().await?;
        say(&format!("  status with {what}: failover {failover}"));
        let warned = heard
            .iter()
            .filter(|line| line.contains("a failover that lost a submission"));
        table.add(Line {
            what: "the start warns, the status says so",
            found: format!(
                "{} warning, {}",
                warned.count(),
                matches!(failover, Failover::MayLose(_))
            ),
            must_be: "1 warning, true",
            out: 0,
            must_be_out: 0,
        });
        let account = stage::connect(&social, ACCOUNT).await?;
        let media = social.media().put_bytes(stage::clip(100_000)).await?.id;
        let standby = primary.standby(STANDBY).await?;
        let scene = Self {
            primary,
            standby,
            folder,
            sandbox,
            account,
            media,
        };
        Ok((scene, social))
    }

    async fn social(&self, url: &str, setup: Setup) -> anyhow::Result<Social> {
        let store = PgStore::builder().instance(INSTANCE).connect(url).await?;
        stage::social_on(store.into(), self.folder.path(), self.sandbox.url(), setup).await
    }

    /// Under its name as the key.
    async fn submit(&self, social: &Social, name: &str) -> anyhow::Result<Submission> {
        stage::submit(social, &self.account, &self.media, name).await
    }

    /// Works until the post has an outcome; which.
    async fn settled(&self, social: &Social, post: &Submission) -> anyhow::Result<PostState> {
        self.settled_within(social, post, BOUND).await
    }

    async fn settled_within(
        &self,
        social: &Social,
        post: &Submission,
        bound: Duration,
    ) -> anyhow::Result<PostState> {
        let worker = PublishWorker::new(social).settings(stage::hasty());
        let settled = within(bound, worker.run(social.wait(&post.owner, post.id, |_| {}))).await;
        if let Some(settled) = settled {
            return Ok(settled?.state);
        }
        let now = social.post(&post.owner, post.id).await?;
        bail!("after {} s a post is not settled: {now:?}", bound.as_secs())
    }

    /// Works for a while.
    async fn idle(&self, social: &Social) -> anyhow::Result<()> {
        let worker = PublishWorker::new(social).settings(stage::hasty());
        worker.run(pause(WATCHED)).await;
        Ok(())
    }

    /// How often a post is on the platform.
    fn times(&self, name: &str) -> u64 {
        let posts = self.sandbox.control().posts();
        posts.iter().filter(|post| post.title == name).count() as u64
    }
}
