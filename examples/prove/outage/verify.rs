//! Looks whether what was acknowledged is there.

use std::collections::{BTreeMap, BTreeSet};

use examples::stage::rows;
use social_core::{
    Stores,
    model::AccountId,
    store::{EventFilter, EventState, HistoryKind, PostFilter, PostRecord, PostState},
};

use super::{hand, ledger::Ledger, note::Kind};

/// Rows of one page.
const PAGE: u32 = 500;

/// How many histories are read.
const HISTORIES: usize = 300;

/// What is in the store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// Rows of each kind.
    pub(crate) there: BTreeMap<Kind, u64>,
    /// Of what was acknowledged, so much is not there.
    pub(crate) lost: BTreeMap<Kind, u64>,
    /// There, though nobody was told and nobody is waiting to be.
    pub(crate) more: BTreeMap<Kind, u64>,
}

pub(crate) async fn look(stores: &Stores, ledger: &Ledger) -> anyhow::Result<Found> {
    let mut found = Found::default();
    look_at_posts(stores, ledger, &mut found).await?;
    look_at_accounts(stores, ledger, &mut found).await?;
    look_at_events(stores, ledger, &mut found).await?;
    look_at_limits(stores, ledger, &mut found).await?;
    Ok(found)
}

impl Found {
    fn enter(&mut self, kind: Kind, there: usize, lost: usize, more: usize) {
        self.there.insert(kind, there as u64);
        self.lost.insert(kind, lost as u64);
        self.more.insert(kind, more as u64);
    }
}

async fn look_at_posts(stores: &Stores, ledger: &Ledger, found: &mut Found) -> anyhow::Result<()> {
    let posts = posts(stores).await?;
    let lost = ledger
        .submitted
        .iter()
        .filter(|id| !posts.contains_key(*id));
    // Everybody was answered in the end.
    let more = posts.keys().filter(|id| !ledger.submitted.contains(*id));
    found.enter(Kind::Submit, posts.len(), lost.count(), more.count());

    let published = |post: &&PostRecord| post.state == PostState::Published;
    let there = posts.values().filter(published).count();
    let stays = |(id, remote): &(&String, &String)| {
        let post = posts.get(*id).filter(published);
        post.is_some_and(|post| {
            post.checkpoint
                .remote_ids
                .iter()
                .any(|id| id.as_str() == *remote)
        })
    };
    let lost = ledger.settled.iter().filter(|entry| !stays(entry)).count();
    let mut twice = 0;
    for id in ledger.settled.keys().rev().take(HISTORIES) {
        let Some(post) = posts.get(id) else { continue };
        let history = stores.posts.history(&rows::owner(), post.id).await?;
        let settled = history
            .iter()
            .filter(|line| line.kind == HistoryKind::Settled);
        twice += usize::from(settled.count() != 1);
    }
    found.enter(Kind::Settle, there, lost, twice);
    Ok(())
}

async fn posts(stores: &Stores) -> anyhow::Result<BTreeMap<String, PostRecord>> {
    let mut posts = BTreeMap::new();
    let mut filter = PostFilter::default();
    filter.limit = PAGE;
    loop {
        let page = stores.posts.list(&rows::owner(), &filter).await?;
        let Some(last) = page.last() else {
            return Ok(posts);
        };
        filter.before = Some(last.id);
        posts.extend(page.into_iter().map(|post| (post.id.to_string(), post)));
    }
}

async fn look_at_accounts(
    stores: &Stores,
    ledger: &Ledger,
    found: &mut Found,
) -> anyhow::Result<()> {
    let (mut there, mut lost) = (0, 0);
    for (account, (revision, name)) in &ledger.saved {
        let mut key = rows::key(0);
        key.account = AccountId::from_stored(account);
        // A save that nobody was told of may have come after.
        match stores.tokens.load(&key).await? {
            Some(stored) if stored.revision.0 > *revision => there += 1,
            Some(stored) if stored.revision.0 == *revision && stored.value.name == *name => {
                there += 1;
            }
            _ => lost += 1,
        }
    }
    found.enter(Kind::Save, there, lost, 0);
    Ok(())
}

async fn look_at_events(stores: &Stores, ledger: &Ledger, found: &mut Found) -> anyhow::Result<()> {
    let mut by_state = BTreeMap::new();
    for state in EventState::ALL {
        by_state.insert(state.as_str(), events(stores, state).await?);
    }
    let done = by_state
        .get(EventState::Done.as_str())
        .cloned()
        .unwrap_or_default();
    let all: BTreeSet<_> = by_state.into_values().flatten().collect();
    let lost = ledger.inserted.difference(&all).count();
    let more = all.difference(&ledger.inserted).count();
    found.enter(Kind::Insert, all.len(), lost, more);
    let lost = ledger.handled.difference(&done).count();
    found.enter(Kind::Handle, done.len(), lost, 0);
    Ok(())
}

async fn events(stores: &Stores, state: EventState) -> anyhow::Result<BTreeSet<String>> {
    let mut events = BTreeSet::new();
    let mut filter = EventFilter::new(state);
    filter.limit = PAGE;
    loop {
        let page = stores.events.list(&filter).await?;
        let Some(last) = page.last() else {
            return Ok(events);
        };
        filter.before = Some(last.number);
        events.extend(page.into_iter().map(|record| record.event.id));
    }
}

async fn look_at_limits(stores: &Stores, ledger: &Ledger, found: &mut Found) -> anyhow::Result<()> {
    let (mut there, mut lost, mut more) = (0, 0, 0);
    for (key, booked) in &ledger.booked {
        let used = stores.limits.usage(&hand::limit(key)).await?.used;
        there += usize::try_from(used)?;
        lost += usize::try_from(booked.saturating_sub(u64::from(used)))?;
        more += usize::try_from(u64::from(used).saturating_sub(*booked))?;
    }
    found.enter(Kind::Book, there, lost, more);
    Ok(())
}
