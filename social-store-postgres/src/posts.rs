mod claim;
mod holder;
mod many;
mod owner;
mod row;
mod statements;
mod submit;
mod told;

use std::{collections::BTreeSet, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    error::Result,
    model::{AccountKey, AppKey, IdempotencyKey, MediaId, OwnerId, PostId, RemoteId},
    publish::{Note, Outcome},
    store::{
        Cancelled, ClaimPosts, HeldAccount, HistoryEntry, NewPost, PostClaim, PostEdit, PostFilter,
        PostRecord, PostState, PostStore, RecordStep, Recorded, Revision, StartStep, Started,
        Statistics, Submitted, Told, Wakes,
    },
};
use sqlx::{PgConnection, Postgres, Row as _, postgres::PgArguments, query::Query};
use uuid::Uuid;

#[cfg(test)]
pub(crate) use statements::ALL;
pub(crate) use told::hand_over;

use crate::{
    PgStore,
    db::Db,
    error::failed,
    values::{Cells, readable},
    wakes::{Hint, soon},
};

/// What one transaction does.
macro_rules! transaction {
    ($store:ident, $operation:literal, $($call:ident)::+ ($($argument:expr),*)) => {{
        let mut tx = $store.db.write($operation).await?;
        let done = $($call)::+(&$store.db, tx.conn() $(, $argument)*).await;
        tx.finish(done).await
    }};
}

/// The same for what workers hear of, if it brought something for them to do.
macro_rules! heard {
    ($store:ident, $operation:literal, $($call:ident)::+ ($($argument:expr),*), $news:expr) => {{
        let mut tx = $store.db.write($operation).await?;
        let done = $($call)::+(&$store.db, tx.conn() $(, $argument)*).await;
        $store.db.finish(tx, done, Hint::Posts, $news).await
    }};
}

#[async_trait]
impl PostStore for PgStore {
    async fn submit(&self, post: &NewPost) -> Result<Submitted> {
        let news = |submitted: &Submitted| submit::is_news(post, submitted);
        heard!(self, "posts.submit", submit::submit(post), news)
    }

    async fn submitted(
        &self,
        account: &AccountKey,
        key: &IdempotencyKey,
        fingerprint: &[u8; 32],
    ) -> Result<Option<PostRecord>> {
        let mut reader = self.db.read("posts.submitted").await?;
        let existing = submit::existing_query(&self.db, account, key);
        let found = existing.fetch_optional(reader.conn()).await;
        let found = reader.finish(found).await?;
        found
            .map(|found| submit::with_content(&found, fingerprint))
            .transpose()
    }

    async fn claim(&self, which: &ClaimPosts) -> Result<Vec<PostClaim>> {
        claim::claim(&self.db, which).await
    }

    async fn start(&self, claim: &PostClaim, step: &StartStep) -> Result<Started> {
        transaction!(self, "posts.start", holder::start(claim, step))
    }

    async fn record(&self, claim: &PostClaim, step: &RecordStep) -> Result<Recorded> {
        transaction!(self, "posts.record", holder::record(claim, step))
    }

    async fn renew(&self, claim: &PostClaim, lease: Duration) -> Result<()> {
        transaction!(self, "posts.renew", holder::renew(claim, lease))
    }

    async fn release(&self, claim: &PostClaim, next_at: DateTime<Utc>) -> Result<()> {
        transaction!(self, "posts.release", holder::release(claim, next_at))
    }

    async fn told(&self, claim: &PostClaim, limit: u32) -> Result<Told> {
        told::told(&self.db, claim, limit).await
    }

    async fn load(&self, owner: &OwnerId, id: PostId) -> Result<Option<PostRecord>> {
        let load = self.db.query(statements::OWNED);
        let load = load.bind(id.as_uuid()).bind(owner.as_str());
        one(self, "posts.load", load).await
    }

    async fn list(&self, owner: &OwnerId, filter: &PostFilter) -> Result<Vec<PostRecord>> {
        let statement = match filter.account {
            Some(_) => statements::LIST_OF_ACCOUNT,
            None => statements::LIST,
        };
        // Above every id that is a UUID of a version.
        let newest = filter.before.map_or(Uuid::max(), PostId::as_uuid);
        let mut reader = self.db.read("posts.list").await?;
        let states = match states(&self.db, reader.conn(), owner, filter).await {
            Ok(states) => states,
            Err(error) => return reader.finish(Err(error)).await,
        };
        let mut list = self
            .db
            .query(statement)
            .bind(states)
            .bind(owner.as_str())
            .bind(newest)
            .bind(filter.caption.as_deref())
            .bind(i64::from(if filter.limit == 0 { 50 } else { filter.limit }));
        if let Some(account) = &filter.account {
            list = list.bind(account.row_id());
        }
        let rows = list.fetch_all(reader.conn()).await;
        Ok(readable(&reader.finish(rows).await?, row::post))
    }

    async fn history(&self, owner: &OwnerId, id: PostId) -> Result<Vec<HistoryEntry>> {
        let history = self.db.query(statements::HISTORY);
        let history = history.bind(id.as_uuid()).bind(owner.as_str());
        let mut reader = self.db.read("posts.history").await?;
        let rows = history.fetch_all(reader.conn()).await;
        Ok(readable(&reader.finish(rows).await?, row::history))
    }

    async fn statistics(
        &self,
        owner: &OwnerId,
        account: Option<&AccountKey>,
    ) -> Result<Statistics> {
        let count = match account {
            None => self.db.query(statements::COUNT).bind(owner.as_str()),
            Some(account) => self
                .db
                .query(statements::COUNT_OF_ACCOUNT)
                .bind(owner.as_str())
                .bind(account.row_id()),
        };
        let mut reader = self.db.read("posts.statistics").await?;
        let rows = count.fetch_all(reader.conn()).await;
        let mut statistics = Statistics::default();
        for found in reader.finish(rows).await? {
            let posts = Cells::new(&found, "posts").small("posts")?;
            statistics.add(row::state(&found)?, posts);
        }
        Ok(statistics)
    }

    async fn find_remote(&self, app: &AppKey, remote_id: &RemoteId) -> Result<Option<PostRecord>> {
        let find = self.db.query(statements::REMOTE);
        let find = find.bind(app.platform.as_str()).bind(app.app.as_str());
        let find = find.bind(remote_id.as_str());
        one(self, "posts.find_remote", find).await
    }

    async fn cancel(&self, owner: &OwnerId, id: PostId, now: DateTime<Utc>) -> Result<Cancelled> {
        let news = |cancelled: &Cancelled| *cancelled == Cancelled::Requested;
        heard!(self, "posts.cancel", owner::cancel(owner, id, now), news)
    }

    async fn hasten(&self, owner: &OwnerId, id: PostId, now: DateTime<Utc>) -> Result<bool> {
        let news = |hastened: &bool| *hastened;
        heard!(self, "posts.hasten", owner::hasten(owner, id, now), news)
    }

    async fn settle(
        &self,
        owner: &OwnerId,
        id: PostId,
        outcome: &Outcome,
        notes: &[Note],
        by: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        transaction!(
            self,
            "posts.settle",
            owner::settle((owner, id), (outcome, notes), by, now)
        )
    }

    async fn edit(
        &self,
        owner: &OwnerId,
        id: PostId,
        expect: Revision,
        edit: &PostEdit,
        now: DateTime<Utc>,
    ) -> Result<PostRecord> {
        let news = |_: &PostRecord| soon(edit.due_at, now);
        heard!(
            self,
            "posts.edit",
            owner::edit((owner, id), expect, edit, now),
            news
        )
    }

    async fn pending(&self, account: &AccountKey, since: DateTime<Utc>) -> Result<u64> {
        let pending = self.db.query(statements::PENDING);
        let pending = pending.bind(account.row_id()).bind(since);
        let mut reader = self.db.read("posts.pending").await?;
        let row = pending.fetch_one(reader.conn()).await;
        Cells::new(&reader.finish(row).await?, "posts").small("posts")
    }

    async fn mark_restored(
        &self,
        now: DateTime<Utc>,
        due_by: DateTime<Utc>,
        grace: Duration,
    ) -> Result<u64> {
        // It reads every lane and every post that has no outcome.
        let mut tx = self.db.write_patiently("posts.mark_restored").await?;
        let marked = many::mark_restored(&self.db, tx.conn(), now, due_by, grace).await;
        let any = |posts: &u64| *posts > 0;
        self.db.finish(tx, marked, Hint::Posts, any).await
    }

    async fn hold_queued(&self, now: DateTime<Utc>) -> Result<u64> {
        // As that.
        let mut tx = self.db.write_patiently("posts.hold_queued").await?;
        let done = many::hold_queued(&self.db, tx.conn(), now).await;
        tx.finish(done).await
    }

    async fn hold(&self, account: &AccountKey) -> Result<()> {
        transaction!(self, "posts.hold", owner::hold(account))
    }

    async fn resume(&self, account: &AccountKey) -> Result<()> {
        heard!(self, "posts.resume", owner::resume(account), |()| true)
    }

    async fn held_accounts(&self, after: &str, limit: u32) -> Result<Vec<HeldAccount>> {
        let held = self.db.query(statements::HELD_ACCOUNTS);
        let held = held.bind(after).bind(i64::from(limit));
        let mut reader = self.db.read("posts.held_accounts").await?;
        let rows = held.fetch_all(reader.conn()).await;
        reader.finish(rows).await?.iter().map(row::held).collect()
    }

    async fn needs_no_connection(
        &self,
        account: &AccountKey,
        newest: u16,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let needs = self.db.query(statements::NEEDS_NO_CONNECTION);
        let needs = needs.bind(account.row_id()).bind(now);
        let needs = needs.bind(i64::from(newest));
        let mut reader = self.db.read("posts.needs_no_connection").await?;
        let row = needs.fetch_one(reader.conn()).await;
        Cells::new(&reader.finish(row).await?, "posts").get("needs_none")
    }

    async fn cancel_account(&self, account: &AccountKey, now: DateTime<Utc>) -> Result<u64> {
        let news = |posts: &u64| *posts > 0;
        heard!(
            self,
            "posts.cancel_account",
            many::cancel_account(account, now),
            news
        )
    }

    async fn expire_missed(
        &self,
        served: &[AppKey],
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<PostRecord>> {
        transaction!(
            self,
            "posts.expire_missed",
            many::expire_missed(served, now, limit)
        )
    }

    async fn held(&self, after: Option<PostId>, limit: u32) -> Result<Vec<PostRecord>> {
        let after = after.map_or_else(Uuid::nil, |after| after.as_uuid());
        let held = self.db.query(statements::HELD).bind(i64::from(limit));
        let held = held.bind(after);
        let mut reader = self.db.read("posts.held").await?;
        let rows = held.fetch_all(reader.conn()).await;
        Ok(readable(&reader.finish(rows).await?, row::post))
    }

    async fn release_held(&self, id: PostId, now: DateTime<Utc>) -> Result<PostRecord> {
        let news = |_: &PostRecord| true;
        heard!(
            self,
            "posts.release_held",
            owner::release_held(id, now),
            news
        )
    }

    /// Hears of what this store writes, and of what other processes write while it [listens](crate::PgBuilder::listen).
    fn wakes(&self) -> Wakes {
        self.db.hints().subscribe(Hint::Posts)
    }

    async fn needed_media(
        &self,
        media: &[MediaId],
        over_before: DateTime<Utc>,
    ) -> Result<Vec<MediaId>> {
        let asked: BTreeSet<_> = media.iter().map(MediaId::as_str).collect();
        let asked: Vec<_> = asked.into_iter().collect();
        let needed = self.db.query(statements::NEEDED_MEDIA).bind(asked);
        let needed = needed.bind(over_before);
        let mut reader = self.db.read("posts.needed_media").await?;
        let rows = needed.fetch_all(reader.conn()).await;
        let rows = reader.finish(rows).await?;
        rows.iter()
            .map(|row| MediaId::try_from(Cells::new(row, "post_media").get::<String>("media")?))
            .collect()
    }

    async fn purge_history(&self, before: DateTime<Utc>, limit: u32) -> Result<u64> {
        let mut tx = self.db.write("posts.purge_history").await?;
        let purge = self.db.query(statements::PURGE_HISTORY);
        let purge = purge.bind(before).bind(i64::from(limit));
        let done = purge.execute(tx.conn()).await.map_err(failed);
        tx.finish(done.map(|done| done.rows_affected())).await
    }

    async fn next_ready(&self, of: Option<(&AppKey, u16)>) -> Result<Option<DateTime<Utc>>> {
        let next = match of {
            Some((AppKey { platform, app, .. }, newest)) => {
                (self.db.query(statements::NEXT_READY_OF_APP))
                    .bind(platform.as_str())
                    .bind(app.as_str())
                    .bind(PostRecord::never() - TimeDelta::microseconds(1))
                    .bind(i64::from(newest))
            }
            None => self.db.query(statements::NEXT_READY),
        };
        let mut reader = self.db.read("posts.next_ready").await?;
        let row = next.fetch_optional(reader.conn()).await;
        match reader.finish(row).await? {
            Some(row) => Cells::new(&row, "lanes").time_opt("next_ready"),
            None => Ok(None),
        }
    }
}

async fn one(
    store: &PgStore,
    operation: &'static str,
    load: Query<'_, Postgres, PgArguments>,
) -> Result<Option<PostRecord>> {
    let mut reader = store.db.read(operation).await?;
    let row = load.fetch_optional(reader.conn()).await;
    let row = reader.finish(row).await?;
    row.as_ref().map(row::post).transpose()
}

/// The words of the states asked for, each once. Those that only a newer release knows are looked up.
async fn states(
    db: &Db,
    conn: &mut PgConnection,
    owner: &OwnerId,
    filter: &PostFilter,
) -> Result<Vec<String>, sqlx::Error> {
    let known = PostState::ALL
        .into_iter()
        .filter(|state| filter.takes(*state));
    let mut words: Vec<_> = known.map(|state| state.as_str().to_owned()).collect();
    if filter.takes(PostState::Unknown) {
        let there = db.query(statements::STATES).bind(owner.as_str());
        for row in there.fetch_all(conn).await? {
            let word: String = row.try_get("state")?;
            if PostState::parse(&word) == PostState::Unknown {
                words.push(word);
            }
        }
    }
    Ok(words)
}
