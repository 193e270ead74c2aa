//! Sends everything while processes are killed, and holds what came of it against the model.

use std::{collections::BTreeMap, path::Path, time::Duration};

use anyhow::{Context, bail};
use chrono::DateTime;
use examples::stage::{self, Ground, owner, pause, within};
use social_core::{
    PublishRequest, Social, Stores, Submission,
    media::MediaStoreExt,
    model::{Account, MediaId},
    publish::Outcome,
    store::{EventFilter, EventState, HistoryKind},
    time::{Clock, SystemClock},
};

use super::{
    crew::{self, Crew},
    platform::{Heard, posted},
    stream::{Turn, below, model, turns, words},
    table::Line,
};
use crate::Counts;

/// What takes longer has stopped going on.
const LIMIT: Duration = Duration::from_secs(1_100);

struct Scene {
    social: Social,
    stores: Stores,
    accounts: Vec<Account>,
    media: MediaId,
    posts: BTreeMap<u64, Submission>,
    line: Line,
}

pub(crate) async fn play(
    ground: &Ground,
    store: &'static str,
    counts: Counts,
) -> anyhow::Result<Line> {
    let folder = ground.folder().await?;
    let stores = stage::stores(folder.path(), Some(Duration::from_secs(45))).await?;
    let social = crew::open(stores.clone(), folder.path()).await?;
    let mut scene = Scene {
        accounts: crew::connect(&social).await?,
        media: social.media().put_bytes(b"a file".to_vec()).await?.id,
        social,
        stores,
        posts: BTreeMap::new(),
        line: Line::new(store),
    };
    let since = SystemClock::default().elapsed();
    let mut crew = Crew::start(folder.path()).await?;
    let all = within(LIMIT, scene.run(&mut crew, counts)).await;
    all.context("events still wait")??;
    scene.line.kills = crew.kills;
    crew.end().await?;
    scene.line.took = SystemClock::default().elapsed().saturating_sub(since);
    scene.look(folder.path(), counts).await?;
    scene.social.close().await?;
    Ok(scene.line)
}

impl Scene {
    /// Sends everything, with a kill now and then, and goes on killing until nothing waits.
    async fn run(&mut self, crew: &mut Crew, counts: Counts) -> anyhow::Result<()> {
        let turns = turns(counts);
        let apart = turns.len() / usize::try_from(counts.kills).unwrap_or(1).max(1);
        let mut batch = Vec::new();
        for (number, turn) in turns.into_iter().enumerate() {
            match turn {
                Turn::Submit(post) => self.submit(post).await?,
                Turn::Event(event) => batch.push(*event),
            }
            if batch.len() > below(20) {
                self.insert(&mut batch).await?;
            }
            if number % apart.max(1) == apart.max(1) - 1 {
                crew.kill_one().await?;
            }
        }
        self.insert(&mut batch).await?;
        while !self.is_idle(counts).await? || crew.kills < counts.kills {
            pause(Duration::from_millis(300)).await;
            if below(10) == 0 || crew.kills < counts.kills {
                crew.kill_one().await?;
            }
        }
        Ok(())
    }

    async fn submit(&mut self, post: u64) -> anyhow::Result<()> {
        let account = usize::try_from(post)? % self.accounts.len();
        let request = PublishRequest::video(self.media.clone()).caption(words(post));
        let account = &self.accounts[account];
        let taken = self.social.submit(account, &words(post), request).await?;
        self.posts.insert(post, taken);
        Ok(())
    }

    async fn insert(
        &mut self,
        batch: &mut Vec<social_core::store::ReceivedEvent>,
    ) -> anyhow::Result<()> {
        let batch = std::mem::take(batch);
        for new in self.stores.events.insert(&batch).await? {
            self.line.inserted += 1;
            self.line.new += u64::from(new);
        }
        Ok(())
    }

    async fn is_idle(&self, counts: Counts) -> anyhow::Result<bool> {
        let now = SystemClock::default().now();
        let backlog = self.stores.events.backlog(now).await?;
        let waits = backlog.ready + backlog.later + backlog.handed;
        let settled = self.social.posts(&owner(), &every(counts)).await?;
        let open = settled.iter().filter(|post| post.outcome.is_none());
        Ok(waits == 0 && open.count() == 0)
    }

    /// Holds everything against the model.
    async fn look(&mut self, folder: &Path, counts: Counts) -> anyhow::Result<()> {
        let line = &mut self.line;
        line.posts = counts.posts;
        line.wanted = counts.posts * counts.events;
        for (number, post) in &self.posts {
            let record = self
                .stores
                .posts
                .load(&owner(), post.id)
                .await?
                .context("a post")?;
            let open = self.social.worker().open_post(&record).await?;
            let heard: Heard = serde_json::from_value(open.checkpoint.state)?;
            let history = self.stores.posts.history(&owner(), post.id).await?;
            let told = history.iter().filter(|line| line.kind == HistoryKind::Told);
            let told = u64::try_from(told.count())?;
            let expected = model(*number, counts.events);
            line.applied += heard.events;
            line.twice += heard.events.saturating_sub(expected.events);
            line.twice += told.saturating_sub(expected.events);
            let right = heard == expected && told == expected.events;
            line.wrong += u64::from(!right || !is_shown(record.outcome.as_ref(), expected)?);
        }
        for (state, count) in [
            (EventState::Dead, &mut line.dead),
            (EventState::Unmatched, &mut line.unmatched),
        ] {
            let mut filter = EventFilter::new(state);
            filter.limit = 100;
            *count = u64::try_from(self.stores.events.list(&filter).await?.len())?;
        }
        let posted = std::fs::read_to_string(posted(folder))?;
        line.posted = u64::try_from(posted.lines().count())?;
        Ok(())
    }
}

fn every(counts: Counts) -> social_core::store::PostFilter {
    let mut filter = social_core::store::PostFilter::default();
    filter.limit = u32::try_from(counts.posts).unwrap_or(u32::MAX);
    filter
}

/// Whether the outcome says what the model does.
fn is_shown(outcome: Option<&Outcome>, expected: Heard) -> anyhow::Result<bool> {
    let Some(outcome @ Outcome::Published(_)) = outcome else {
        return Ok(false);
    };
    let newest = DateTime::from_timestamp(expected.newest, 0);
    let Some(newest) = newest else {
        bail!("a time of the model");
    };
    let hidden = (!expected.is_public).then_some(newest);
    Ok(outcome.hidden_since() == hidden)
}
