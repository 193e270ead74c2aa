//! The data begin another life, or the same one again.

use std::{path::Path, time::Duration};

use anyhow::{Context, ensure};
use chrono::TimeDelta;
use examples::stage::{self, Cluster, Setup, Stop, Worker, pause, put_on_postgres, say, within};
use social_core::{
    Social, Submission,
    media::MediaStoreExt,
    model::{Account, MediaId},
    store::{Expect, PostState},
    time::{Clock, SystemClock},
};
use social_sandbox::{Sandbox, Settings};
use tempfile::TempDir;

const ACCOUNT: &str = "studio-account";
const DATABASE: &str = "first_life";
const CLONE: &str = "second_life";

/// How long workers that hold are watched: many rounds of theirs.
const WATCHED: Duration = Duration::from_secs(3);

/// How long anything may take that must happen.
const BOUND: Duration = Duration::from_secs(60);

/// How long after a restore was accepted the platform is asked: here every worker of the other copy has ended before.
const RESTORE_GRACE: Duration = Duration::from_secs(3);

fn setup() -> Setup {
    Setup {
        restore_grace: Some(RESTORE_GRACE),
        ..Setup::default()
    }
}

/// How one event came out.
#[derive(Clone, Debug)]
struct Line {
    what: &'static str,
    same: bool,
    wanted_same: bool,
    /// Posts and refreshes that reached the platform before an operator accepted.
    sent_held: u64,
    /// Posts that are asked about when it was accepted.
    asked_about: u64,
    /// Posts that reached the platform after that, or without it.
    sent: u64,
    twice: u64,
}

struct Lives {
    cluster: Cluster,
    folder: TempDir,
    sandbox: Sandbox,
    social: Social,
    account: Account,
    media: MediaId,
    posts: u32,
    lines: Vec<Line>,
}

/// Plays it; how many lines are not as they must be.
pub(crate) async fn play() -> anyhow::Result<usize> {
    let mut lives = Lives::open().await?;
    let worker = lives.worker(lives.folder.path()).await?;
    lives.same("started", None).await?;
    lives
        .same("server killed and started", Some(Stop::Kill))
        .await?;
    lives.same("server restarted", Some(Stop::Fast)).await?;
    lives.failed_over().await?;
    worker.kill().await?;
    lives.cloned().await?;
    lives.print();
    lives.sandbox.stop().await;
    Ok(lives.lines.iter().filter(|line| line.deviates()).count())
}

impl Lives {
    async fn open() -> anyhow::Result<Self> {
        let cluster = Cluster::start().await?;
        let folder = TempDir::new()?;
        put_on_postgres(folder.path(), &cluster.database(DATABASE).await?)?;
        let unlimited = Settings::default().rate_limits(false);
        let sandbox = Sandbox::builder().settings(unlimited).start().await?;
        let social = stage::social(folder.path(), sandbox.url(), setup()).await?;
        let account = stage::connect(&social, ACCOUNT).await?;
        let media = social.media().put_bytes(stage::clip(100_000)).await?.id;
        Ok(Self {
            cluster,
            folder,
            sandbox,
            social,
            account,
            media,
            posts: 0,
            lines: Vec::new(),
        })
    }

    async fn worker(&self, folder: &Path) -> anyhow::Result<Worker> {
        Worker::start(&["worker"], folder, self.sandbox.url()).await
    }

    /// The same life: a post goes out by itself, a due refresh too.
    async fn same(&mut self, what: &'static str, stop: Option<Stop>) -> anyhow::Result<()> {
        if let Some(stop) = stop {
            self.cluster.stop(stop).await?;
            self.cluster.run().await?;
        }
        let same = self.social.incarnations().await?.is_same();
        let (post, name) = self.submit().await?;
        self.settled(post, PostState::Published).await?;
        self.refreshed().await?;
        let times = self.times(&name);
        self.lines.push(Line {
            what,
            same,
            wanted_same: true,
            sent_held: 0,
            asked_about: 0,
            sent: times,
            twice: times.saturating_sub(1),
        });
        Ok(())
    }

    /// A replica takes over: the workers that were running hold, and go on when it is accepted.
    async fn failed_over(&mut self) -> anyhow::Result<()> {
        self.cluster.fail_over().await?;
        let seen = self.social.incarnations().await?;
        let (held, held_name) = self.submit().await?;
        let sent_held = self.watched(&self.social, &held_name).await?;
        let accepted = self.social.accept_incarnation(&seen.present).await?;
        self.settled(held, PostState::Undecided).await?;
        let (next, name) = self.submit().await?;
        self.settled(next, PostState::Published).await?;
        self.refreshed().await?;
        let sent = self.times(&held_name) + self.times(&name);
        self.lines.push(Line {
            what: "replica promoted, under running workers",
            same: seen.is_same(),
            wanted_same: false,
            sent_held,
            asked_about: accepted.asked_about,
            sent,
            twice: sent.saturating_sub(1),
        });
        Ok(())
    }

    /// A dump is restored beside the original, and both get workers: what waits in both goes out once.
    async fn cloned(&mut self) -> anyhow::Result<()> {
        let (post, name) = self.submit().await?;
        let url = self.cluster.clone_database(DATABASE, CLONE).await?;
        let folder = TempDir::new()?;
        copy(self.folder.path(), folder.path())?;
        put_on_postgres(folder.path(), &url)?;
        let original = self.worker(self.folder.path()).await?;
        self.settled(post.clone(), PostState::Published).await?;
        original.kill().await?;
        let before = self.times(&name);
        let clone = stage::social(folder.path(), self.sandbox.url(), setup()).await?;
        let worker = self.worker(folder.path()).await?;
        let seen = clone.incarnations().await?;
        let sent_held = self.watched(&clone, &name).await? - before;
        let accepted = clone.accept_incarnation(&seen.present).await?;
        // The same post in the other life.
        let settled = within(BOUND, clone.wait(&post.owner, post.id, |_| {})).await;
        let state = settled.context("it stays unsettled")??.state;
        // Found where the account shows it, and otherwise nobody can tell.
        ensure!(
            matches!(state, PostState::Undecided | PostState::Published),
            "the clone's post ended as {state:?}"
        );
        worker.kill().await?;
        let sent = self.times(&name);
        self.lines.push(Line {
            what: "dump restored beside the original",
            same: seen.is_same(),
            wanted_same: false,
            sent_held,
            asked_about: accepted.asked_about,
            sent,
            twice: sent.saturating_sub(1),
        });
        Ok(())
    }

    async fn submit(&mut self) -> anyhow::Result<(Submission, String)> {
        self.posts += 1;
        let name = format!("post {}", self.posts);
        let post = stage::submit(&self.social, &self.account, &self.media, &name).await?;
        Ok((post, name))
    }

    async fn settled(&self, post: Submission, wanted: PostState) -> anyhow::Result<()> {
        let settled = within(BOUND, self.social.wait(&post.owner, post.id, |_| {}));
        let state = settled.await.context("a post is never settled")??.state;
        ensure!(state == wanted, "a post ended as {state:?}, not {wanted:?}");
        Ok(())
    }

    /// Makes the account's refresh due.
    async fn due(&self, social: &Social) -> anyhow::Result<()> {
        let tokens = &social.worker().stores().tokens;
        let stored = tokens
            .load(&self.account.key)
            .await?
            .context("the account")?;
        let mut record = stored.value;
        record.refresh_due_at = Some(SystemClock::default().now() - TimeDelta::seconds(60));
        tokens
            .save(&record, Expect::Revision(stored.revision))
            .await?;
        Ok(())
    }

    /// Waits until a worker has refreshed the account.
    async fn refreshed(&self) -> anyhow::Result<()> {
        let before = self.refreshes();
        self.due(&self.social).await?;
        let looking = async {
            while self.refreshes() == before {
                pause(Duration::from_millis(50)).await;
            }
        };
        let done = within(BOUND, looking).await;
        done.context("nobody refreshes")
    }

    fn refreshes(&self) -> u64 {
        let counts = self.sandbox.control().refresh_counts();
        counts.get(ACCOUNT).copied().unwrap_or_default().refreshes
    }

    /// What reaches the platform in some time, of a post and of a refresh that are due.
    async fn watched(&self, social: &Social, name: &str) -> anyhow::Result<u64> {
        let before = self.refreshes();
        self.due(social).await?;
        pause(WATCHED).await;
        Ok(self.times(name) + self.refreshes() - before)
    }

    /// How often a post is on the platform.
    fn times(&self, name: &str) -> u64 {
        let posts = self.sandbox.control().posts();
        posts.iter().filter(|post| post.title == name).count() as u64
    }

    fn print(&self) {
        say(&format!(
            "{:<42} {:>7} {:>9} {:>9} {:>9} {:>5} {:>6}",
            "the data's life", "is", "must be", "sent held", "asked about", "sent", "twice"
        ));
        let life = |same| if same { "same" } else { "another" };
        for line in &self.lines {
            say(&format!(
                "{:<42} {:>7} {:>9} {:>9} {:>9} {:>5} {:>6}",
                line.what,
                life(line.same),
                life(line.wanted_same),
                line.sent_held,
                line.asked_about,
                line.sent,
                line.twice
            ));
        }
    }
}

impl Line {
    fn deviates(&self) -> bool {
        let asked_about = u64::from(!self.wanted_same);
        self.same != self.wanted_same
            || (self.sent_held, self.twice) != (0, 0)
            || (self.asked_about, self.sent) != (asked_about, 1)
    }
}

/// Copies a stage: key and media, so that nothing but the other life keeps it from posting.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let (path, to) = {
            let path = entry?.path();
            let to = to.join(path.file_name().context("a name")?);
            (path, to)
        };
        if path.is_dir() {
            std::fs::create_dir_all(&to)?;
            copy(&path, &to)?;
        } else {
            std::fs::copy(&path, &to)?;
        }
    }
    Ok(())
}
