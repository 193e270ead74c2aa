mod claim;
mod edit;
mod holder;
mod many;
mod owner;
mod row;
mod statements;
mod submit;
mod told;

use std::{collections::BTreeSet, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
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

#[cfg(test)]
pub(crate) use statements::ALL;
pub(crate) use told::hand_over;

use sqlx::{Row as _, SqliteConnection};

use crate::{
    SqliteStore,
    connections::Tx,
    error::failed,
    posts::row::id_bytes,
    values::{Cells, json, micros, readable},
};

/// Above every id.
const NEWEST: [u8; 17] = [0xff; 17];

#[async_trait]
impl PostStore for SqliteStore {
    async fn submit(&self, post: &NewPost) -> Result<Submitted> {
        let mut tx = self.db.write("posts.submit").await?;
        let submitted = submit::submit(&mut tx, &self.db.life, post).await;
        self.tell_of_posts(tx.finish(submitted).await)
    }

    async fn submitted(
        &self,
        account: &AccountKey,
        key: &IdempotencyKey,
        fingerprint: &[u8; 32],
    ) -> Result<Option<PostRecord>> {
        let mut reader = self.db.read("posts.submitted").await?;
        let existing = submit::existing_query(account, key);
        let found = existing.fetch_optional(&mut reader.conn).await;
        submit::existing(reader.finish(found)?.as_ref(), fingerprint)
    }

    async fn claim(&self, which: &ClaimPosts) -> Result<Vec<PostClaim>> {
        let mut tx = self.db.write("posts.claim").await?;
        let claims = claim::claim(&mut tx, which).await;
        tx.finish(claims).await
    }

    async fn start(&self, claim: &PostClaim, step: &StartStep) -> Result<Started> {
        let mut tx = self.db.write("posts.start").await?;
        let started = holder::start(&mut tx, claim, step).await;
        tx.finish(started).await
    }

    async fn record(&self, claim: &PostClaim, step: &RecordStep) -> Result<Recorded> {
        let mut tx = self.db.write("posts.record").await?;
        let recorded = holder::record(&mut tx, claim, step).await;
        tx.finish(recorded).await
    }

    async fn renew(&self, claim: &PostClaim, lease: Duration) -> Result<()> {
        let mut tx = self.db.write("posts.renew").await?;
        let renewed = holder::renew(&mut tx, claim, lease).await;
        tx.finish(renewed).await
    }

    async fn release(&self, claim: &PostClaim, next_at: DateTime<Utc>) -> Result<()> {
        let mut tx = self.db.write("posts.release").await?;
        let released = holder::release(&mut tx, claim, next_at).await;
        tx.finish(released).await
    }

    async fn told(&self, claim: &PostClaim, limit: u32) -> Result<Told> {
        told::told(&self.db, claim, limit).await
    }

    async fn load(&self, owner: &OwnerId, id: PostId) -> Result<Option<PostRecord>> {
        let mut reader = self.db.read("posts.load").await?;
        let load = sqlx::query(statements::OWNED)
            .bind(id_bytes(id))
            .bind(owner.as_str());
        let row = load.fetch_optional(&mut reader.conn).await;
        reader.finish(row)?.as_ref().map(row::post).transpose()
    }

    async fn list(&self, owner: &OwnerId, filter: &PostFilter) -> Result<Vec<PostRecord>> {
        let statement = match filter.account {
            Some(_) => statements::LIST_OF_ACCOUNT,
            None => statements::LIST,
        };
        let mut reader = self.db.read("posts.list").await?;
        let states = match states(&mut reader.conn, owner, filter).await {
            Ok(states) => states,
            Err(error) => return reader.finish(Err(error)),
        };
        let mut list = sqlx::query(statement)
            .bind(json(&states)?)
            .bind(owner.as_str())
            .bind(filter.before.map_or_else(|| NEWEST.to_vec(), id_bytes))
            .bind(filter.caption.as_deref())
            .bind(i64::from(if filter.limit == 0 { 50 } else { filter.limit }));
        if let Some(account) = &filter.account {
            list = list.bind(account.row_id());
        }
        let rows = list.fetch_all(&mut reader.conn).await;
        Ok(readable(&reader.finish(rows)?, row::post))
    }

    async fn history(&self, owner: &OwnerId, id: PostId) -> Result<Vec<HistoryEntry>> {
        let mut reader = self.db.read("posts.history").await?;
        let history = sqlx::query(statements::HISTORY)
            .bind(id_bytes(id))
            .bind(owner.as_str());
        let rows = history.fetch_all(&mut reader.conn).await;
        Ok(readable(&reader.finish(rows)?, row::history))
    }

    async fn statistics(
        &self,
        owner: &OwnerId,
        account: Option<&AccountKey>,
    ) -> Result<Statistics> {
        let count = match account {
            None => sqlx::query(statements::COUNT).bind(owner.as_str()),
            Some(account) => sqlx::query(statements::COUNT_OF_ACCOUNT)
                .bind(owner.as_str())
                .bind(account.row_id()),
        };
        let mut reader = self.db.read("posts.statistics").await?;
        let rows = count.fetch_all(&mut reader.conn).await;
        let mut statistics = Statistics::default();
        for found in reader.finish(rows)? {
            let posts = Cells::new(&found, "posts").small("posts")?;
            statistics.add(row::state(&found)?, posts);
        }
        Ok(statistics)
    }

    async fn find_remote(&self, app: &AppKey, remote_id: &RemoteId) -> Result<Option<PostRecord>> {
        let mut reader = self.db.read("posts.find_remote").await?;
        let find = sqlx::query(statements::REMOTE)
            .bind(app.platform.as_str())
            .bind(app.app.as_str())
            .bind(remote_id.as_str());
        let row = find.fetch_optional(&mut reader.conn).await;
        reader.finish(row)?.as_ref().map(row::post).transpose()
    }

    async fn cancel(&self, owner: &OwnerId, id: PostId, now: DateTime<Utc>) -> Result<Cancelled> {
        let mut tx = self.db.write("posts.cancel").await?;
        let cancelled = owner::cancel(&mut tx, owner, id, now).await;
        self.tell_of_posts(tx.finish(cancelled).await)
    }

    async fn hasten(&self, owner: &OwnerId, id: PostId, now: DateTime<Utc>) -> Result<bool> {
        let mut tx = self.db.write("posts.hasten").await?;
        let hastened = owner::hasten(&mut tx, owner, id, now).await;
        self.tell_of_posts(tx.finish(hastened).await)
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
        let mut tx = self.db.write("posts.settle").await?;
        let settled = owner::settle(&mut tx, (owner, id), (outcome, notes), by, now).await;
        tx.finish(settled).await
    }

    async fn edit(
        &self,
        owner: &OwnerId,
        id: PostId,
        expect: Revision,
        edit: &PostEdit,
        now: DateTime<Utc>,
    ) -> Result<PostRecord> {
        let mut tx = self.db.write("posts.edit").await?;
        let edited = edit::edit(&mut tx, owner, id, expect, edit, now).await;
        self.tell_of_posts(tx.finish(edited).await)
    }

    async fn pending(&self, account: &AccountKey, since: DateTime<Utc>) -> Result<u64> {
        let mut reader = self.db.read("posts.pending").await?;
        let count = sqlx::query(statements::PENDING)
            .bind(account.row_id())
            .bind(micros(since));
        let row = count.fetch_one(&mut reader.conn).await;
        Cells::new(&reader.finish(row)?, "posts").small("posts")
    }

    async fn mark_restored(
        &self,
        now: DateTime<Utc>,
        due_by: DateTime<Utc>,
        grace: Duration,
    ) -> Result<u64> {
        let mut tx = self.db.write("posts.mark_restored").await?;
        let marked = many::mark_restored(&mut tx, now, due_by, grace).await;
        self.tell_of_posts(tx.finish(marked).await)
    }

    async fn hold_queued(&self, now: DateTime<Utc>) -> Result<u64> {
        let mut tx = self.db.write("posts.hold_queued").await?;
        let held = many::hold_queued(&mut tx, now).await;
        tx.finish(held).await
    }

    async fn held(&self, after: Option<PostId>, limit: u32) -> Result<Vec<PostRecord>> {
        let mut reader = self.db.read("posts.held").await?;
        let after = after.map(id_bytes).unwrap_or_default();
        let held = sqlx::query(statements::HELD)
            .bind(i64::from(limit))
            .bind(after);
        let rows = held.fetch_all(&mut reader.conn).await;
        Ok(readable(&reader.finish(rows)?, row::post))
    }

    async fn release_held(&self, id: PostId, now: DateTime<Utc>) -> Result<PostRecord> {
        let mut tx = self.db.write("posts.release_held").await?;
        let released = edit::release_held(&mut tx, id, now).await;
        self.tell_of_posts(tx.finish(released).await)
    }

    /// Of what is submitted or changed through this store and its clones; other processes are heard by looking.
    fn wakes(&self) -> Wakes {
        self.post_wakes.subscribe()
    }

    async fn hold(&self, account: &AccountKey) -> Result<()> {
        let mut tx = self.db.write("posts.hold").await?;
        let held = hold(&mut tx, account).await;
        tx.finish(held).await
    }

    async fn resume(&self, account: &AccountKey) -> Result<()> {
        let mut tx = self.db.write("posts.resume").await?;
        let resume = sqlx::query(statements::RESUME).bind(account.row_id());
        let resumed = resume.execute(&mut tx.conn).await;
        self.tell_of_posts(tx.finish(resumed.map(drop).map_err(failed)).await)
    }

    async fn held_accounts(&self, after: &str, limit: u32) -> Result<Vec<HeldAccount>> {
        let mut reader = self.db.read("posts.held_accounts").await?;
        let held = sqlx::query(statements::HELD_ACCOUNTS)
            .bind(after)
            .bind(i64::from(limit));
        let rows = held.fetch_all(&mut reader.conn).await;
        reader.finish(rows)?.iter().map(row::held).collect()
    }

    async fn needs_no_connection(
        &self,
        account: &AccountKey,
        newest: u16,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut reader = self.db.read("posts.needs_no_connection").await?;
        let needs = sqlx::query(statements::NEEDS_NO_CONNECTION)
            .bind(account.row_id())
            .bind(micros(now))
            .bind(i64::from(newest));
        let row = needs.fetch_one(&mut reader.conn).await;
        Cells::new(&reader.finish(row)?, "posts").get("needs_none")
    }

    async fn cancel_account(&self, account: &AccountKey, now: DateTime<Utc>) -> Result<u64> {
        let mut tx = self.db.write("posts.cancel_account").await?;
        let cancelled = owner::cancel_account(&mut tx, account, now).await;
        self.tell_of_posts(tx.finish(cancelled).await)
    }

    async fn expire_missed(
        &self,
        served: &[AppKey],
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<PostRecord>> {
        let mut tx = self.db.write("posts.expire_missed").await?;
        let missed = owner::expire_missed(&mut tx, served, now, limit).await;
        tx.finish(missed).await
    }

    async fn needed_media(
        &self,
        media: &[MediaId],
        over_before: DateTime<Utc>,
    ) -> Result<Vec<MediaId>> {
        let asked: BTreeSet<_> = media.iter().collect();
        let needed = sqlx::query(statements::NEEDED_MEDIA)
            .bind(json(&asked)?)
            .bind(micros(over_before));
        let mut reader = self.db.read("posts.needed_media").await?;
        let rows = needed.fetch_all(&mut reader.conn).await;
        let rows = reader.finish(rows)?;
        rows.iter()
            .map(|row| MediaId::try_from(Cells::new(row, "post_media").get::<String>("media")?))
            .collect()
    }

    async fn purge_history(&self, before: DateTime<Utc>, limit: u32) -> Result<u64> {
        let mut tx = self.db.write("posts.purge_history").await?;
        let purge = sqlx::query(statements::PURGE_HISTORY)
            .bind(micros(before))
            .bind(i64::from(limit));
        let done = purge.execute(&mut tx.conn).await.map_err(failed);
        tx.finish(done.map(|done| done.rows_affected())).await
    }

    async fn next_ready(&self, of: Option<(&AppKey, u16)>) -> Result<Option<DateTime<Utc>>> {
        let next = match of {
            Some((AppKey { platform, app, .. }, newest)) => {
                sqlx::query(statements::NEXT_READY_OF_APP)
                    .bind(platform.as_str())
                    .bind(micros(PostRecord::never()) - 1)
                    .bind(app.as_str())
                    .bind(i64::from(newest))
            }
            None => sqlx::query(statements::NEXT_READY),
        };
        let mut reader = self.db.read("posts.next_ready").await?;
        let row = next.fetch_one(&mut reader.conn).await;
        Cells::new(&reader.finish(row)?, "lanes").time_opt("next_ready")
    }
}

impl SqliteStore {
    /// Wakes who waits for posts, after a change that was kept.
    pub(crate) fn tell_of_posts<T>(&self, changed: Result<T>) -> Result<T> {
        if changed.is_ok() {
            self.post_wakes.send();
        }
        changed
    }
}

/// Also of an account that has no posts yet: later ones are held then.
async fn hold(tx: &mut Tx, account: &AccountKey) -> Result<()> {
    submit::keep_lane(tx, account).await?;
    let hold = sqlx::query(statements::HOLD).bind(account.row_id());
    hold.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(())
}

/// The words of the states asked for, each once. Those that only a newer release knows are looked up.
async fn states(
    conn: &mut SqliteConnection,
    owner: &OwnerId,
    filter: &PostFilter,
) -> Result<Vec<String>, sqlx::Error> {
    let known = PostState::ALL
        .into_iter()
        .filter(|state| filter.takes(*state));
    let mut words: Vec<_> = known.map(|state| state.as_str().to_owned()).collect();
    if filter.takes(PostState::Unknown) {
        let there = sqlx::query(statements::STATES).bind(owner.as_str());
        for row in there.fetch_all(conn).await? {
            let word: String = row.try_get("state")?;
            if PostState::parse(&word) == PostState::Unknown {
                words.push(word);
            }
        }
    }
    Ok(words)
}
