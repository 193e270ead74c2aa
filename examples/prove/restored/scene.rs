//! One post, the data copied at one moment of it, and workers on both.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::Context;
use examples::stage::{self, Ground, Worker, owner, pause, say, within};
use secrecy::ExposeSecret;
use social_core::{
    LocalKeyRing, MediaDir, PublishRequest, Social, Submission,
    media::MediaStoreExt,
    model::{Account, AccountId},
    publish::Outcome,
};
use social_workers::PublishWorker;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use url::Url;

use super::{
    platform::{Folder, connector, found, kit},
    table::Played,
};

/// How long anything may take that must happen.
const BOUND: Duration = Duration::from_secs(60);

/// How long after the copy was accepted the platform is asked.
const GRACE: Duration = Duration::from_secs(1);

const WORDS: &str = "the post";

/// When the data are copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Due,
    Creating,
    BetweenContainerAndPublish,
    Publishing,
    AnswerOnItsWay,
    Published,
}

impl Moment {
    pub(crate) const ALL: [Self; 6] = [
        Self::Due,
        Self::Creating,
        Self::BetweenContainerAndPublish,
        Self::Publishing,
        Self::AnswerOnItsWay,
        Self::Published,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Due => "due, and nobody has begun it",
            Self::Creating => "the container is being made",
            Self::BetweenContainerAndPublish => "between container and publish",
            Self::Publishing => "the publish is on its way",
            Self::AnswerOnItsWay => "published, the answer is on its way",
            Self::Published => "published and written down",
        }
    }

    /// Where the platform stands still then.
    fn held(self) -> Option<&'static str> {
        match self {
            Self::Due | Self::Published => None,
            Self::Creating => Some("create"),
            Self::BetweenContainerAndPublish => Some("poll"),
            Self::Publishing => Some("publish"),
            Self::AnswerOnItsWay => Some("answer"),
        }
    }
}

/// One process with a worker of posts, until its standard input ends.
pub(crate) async fn work(folder: PathBuf) -> anyhow::Result<()> {
    let social = open(&folder).await?;
    let worker = PublishWorker::new(&social).settings(stage::hasty());
    say("ready");
    let until = async {
        let mut end = Vec::new();
        let _ = tokio::io::stdin().read_to_end(&mut end).await;
    };
    worker.run(until).await;
    Ok(social.close().await?)
}

async fn open(folder: &Path) -> anyhow::Result<Social> {
    let spool = format!("spool-{}", std::process::id());
    let builder = Social::builder()
        .stores(stage::stores(folder, None).await?)
        .keys(LocalKeyRing::file(folder.join("social.key")))
        .media(MediaDir::open(folder.join("media"))?)
        .spool(folder.join(spool))
        .restore_grace(GRACE)
        .platform(kit(folder)?);
    builder.build().await.context("an installation")
}

async fn connect(social: &Social) -> anyhow::Result<Account> {
    let redirect: Url = "http://127.0.0.1:8080/callback".parse()?;
    let connector = connector();
    let start = social
        .begin_login(&owner(), &connector, None, &redirect)
        .await?;
    let state = start.url.expose_secret().split_once("state=");
    let (_, state) = state.context("a state")?;
    let query = format!("state={state}&code=1");
    let owner = owner();
    let finish = social.finish_login(&owner, &connector, &redirect, Some(&start.browser), &query);
    let offer = finish.await?;
    let mut linked = social
        .accept_offer(&owner, offer.id, &[AccountId::from_stored("account")])
        .await?;
    linked.pop().context("an account")
}

async fn worker(folder: &Path) -> anyhow::Result<Worker> {
    let folder = folder.to_str().context("a path that is text")?;
    Worker::launch(&["worker", folder], Stdio::null()).await
}

/// The living data go on after the copy was made, or their worker is killed in that moment.
pub(crate) async fn play(ground: &Ground, moment: Moment, goes_on: bool) -> anyhow::Result<Played> {
    let (folder, there) = (ground.folder().await?, TempDir::new()?);
    found(folder.path(), there.path())?;
    let platform = Folder(there.path().to_owned());
    let living = open(folder.path()).await?;
    let account = connect(&living).await?;
    let media = living.media().put_bytes(b"a file".to_vec()).await?.id;
    if let Some(point) = moment.held() {
        platform.hold(point)?;
    }
    let request = PublishRequest::video(media).caption(WORDS);
    let post = living.submit(&account, "key", request).await?;
    let mut first = None;
    if moment != Moment::Due {
        first = Some(worker(folder.path()).await?);
    }
    reached(&living, &post, &platform, moment).await?;
    let copied = ground.copy(folder.path()).await?;
    match (goes_on, moment.held()) {
        (true, Some(point)) => platform.let_go(point)?,
        (true, None) if first.is_none() => first = Some(worker(folder.path()).await?),
        (true, None) => {}
        (false, held) => {
            if let Some(first) = first.take() {
                first.kill().await?;
            }
            held.map_or(Ok(()), |point| platform.let_go(point))?;
        }
    }
    let copy = open(copied.path()).await?;
    let second = worker(copied.path()).await?;
    let seen = copy.incarnations().await?;
    let was_held = !seen.is_same();
    let accepted = copy.accept_incarnation(&seen.present).await?;
    let ended = outcome(&copy, post.clone()).await?;
    let living_ended = match goes_on {
        true => outcome(&living, post).await?,
        false => None,
    };
    second.kill().await?;
    if let Some(first) = first {
        first.kill().await?;
    }
    copy.close().await?;
    living.close().await?;
    Ok(Played {
        was_held,
        asked_about: accepted.asked_about,
        sent: platform.posts(WORDS),
        living: living_ended,
        copy: ended,
    })
}

/// Waits until the post has come so far.
async fn reached(
    living: &Social,
    post: &Submission,
    platform: &Folder,
    moment: Moment,
) -> anyhow::Result<()> {
    if moment == Moment::Published {
        outcome(living, post.clone()).await?;
    }
    let Some(point) = moment.held() else {
        return Ok(());
    };
    let stands = async {
        while !platform.stands_at(point) {
            pause(Duration::from_millis(10)).await;
        }
    };
    within(BOUND, stands).await.context("it is never reached")
}

async fn outcome(social: &Social, post: Submission) -> anyhow::Result<Option<Outcome>> {
    let settled = within(BOUND, social.wait(&post.owner, post.id, |_| {})).await;
    Ok(settled.context("it stays unsettled")??.outcome)
}
