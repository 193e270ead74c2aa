mod book;
mod statements;

use std::time::Duration;

use async_trait::async_trait;
use social_core::{
    error::Result,
    store::{Block, Booking, Limit, Limits, Room, Usage},
};

#[cfg(test)]
pub(crate) use statements::ALL;

use crate::{
    SqliteStore,
    connections::Tx,
    error::failed,
    limits::book::until,
    values::{Cells, left},
};

#[async_trait]
impl Limits for SqliteStore {
    async fn book(&self, limits: &[Limit], holder: &str) -> Result<Booking> {
        limits.iter().try_for_each(Limit::check)?;
        let mut tx = self.db.write("limits.book").await?;
        let booked = book::book(&mut tx, limits, holder).await;
        tx.finish(booked).await
    }

    async fn refund(&self, keys: &[&str], holder: &str) -> Result<()> {
        let mut tx = self.db.write("limits.refund").await?;
        let refunded = refund(&mut tx, keys, holder).await;
        tx.finish(refunded).await
    }

    async fn observe(&self, limit: &Limit, used: u32) -> Result<()> {
        limit.check()?;
        let mut tx = self.db.write("limits.observe").await?;
        let observed = observe(&mut tx, limit, used).await;
        tx.finish(observed).await
    }

    async fn block(&self, key: &str, wait: Duration) -> Result<()> {
        let mut tx = self.db.write("limits.block").await?;
        let block = sqlx::query(statements::BLOCK)
            .bind(key)
            .bind(until(tx.clock.limits, wait));
        let blocked = block.execute(&mut tx.conn).await;
        tx.finish(blocked.map(drop).map_err(failed)).await
    }

    async fn unblock(&self, key: &str) -> Result<bool> {
        let mut tx = self.db.write("limits.unblock").await?;
        let unblock = sqlx::query(statements::UNBLOCK)
            .bind(key)
            .bind(tx.clock.limits);
        let unblocked = unblock.execute(&mut tx.conn).await;
        let unblocked = unblocked.map(|done| done.rows_affected() > 0);
        tx.finish(unblocked.map_err(failed)).await
    }

    async fn blocks(&self, limit: u32) -> Result<Vec<Block>> {
        let mut reader = self.db.read("limits.blocks").await?;
        let now = self.db.machine.now(&mut reader.conn).await;
        let clock = now
            .map_err(|error| error.with_operation("limits.blocks"))?
            .limits;
        let blocks = sqlx::query(statements::BLOCKS).bind(clock).bind(limit);
        let rows = blocks.fetch_all(&mut reader.conn).await;
        let rows = reader.finish(rows)?;
        let blocks = rows.iter().map(|row| {
            let cells = Cells::new(row, "limits");
            let until = cells.get("blocked_until")?;
            Ok(Block::new(cells.get::<String>("key")?, left(until, clock)))
        });
        blocks.collect()
    }

    async fn usage(&self, limit: &Limit) -> Result<Usage> {
        limit.check()?;
        let mut reader = self.db.read("limits.usage").await?;
        let now = self.db.machine.now(&mut reader.conn).await;
        let clock = now
            .map_err(|error| error.with_operation("limits.usage"))?
            .limits;
        let usage = book::in_window(limit, clock, statements::USAGE, statements::USAGE_OF_ENDING);
        let usage = usage.bind(book::spare(limit)).bind(book::eve(limit, clock));
        let row = usage.fetch_one(&mut reader.conn).await;
        let row = reader.finish(row)?;
        let cells = Cells::new(&row, book::TABLE);
        let wait = Room::of_all(&[book::room(&row, limit, clock)?]);
        Ok(Usage::new(
            cells.small("used")?,
            cells.small("waiting")?,
            wait,
        ))
    }

    async fn purge(&self, limit: u32) -> Result<u64> {
        let mut tx = self.db.write("limits.purge").await?;
        let purged = purge(&mut tx, limit).await;
        tx.finish(purged).await
    }
}

async fn refund(tx: &mut Tx, keys: &[&str], holder: &str) -> Result<()> {
    for key in keys {
        let refund = sqlx::query(statements::REFUND).bind(*key).bind(holder);
        refund.execute(&mut tx.conn).await.map_err(failed)?;
    }
    Ok(())
}

async fn observe(tx: &mut Tx, limit: &Limit, used: u32) -> Result<()> {
    let now = tx.clock.limits;
    let count = book::in_window(limit, now, statements::USED, statements::USED_OF_ENDING);
    let row = count.fetch_one(&mut tx.conn).await.map_err(failed)?;
    let known: u32 = Cells::new(&row, book::TABLE).small("used")?;
    let missing = used.saturating_sub(known);
    let left = limit.window.left.unwrap_or(limit.window.per);
    if missing == 0 || left.is_zero() {
        return Ok(());
    }
    let observe = sqlx::query(statements::OBSERVE)
        .bind(limit.key.as_str())
        .bind(now)
        .bind(until(now, left))
        .bind(i64::from(missing));
    observe.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(())
}

async fn purge(tx: &mut Tx, limit: u32) -> Result<u64> {
    let purge = sqlx::query(statements::PURGE)
        .bind(tx.clock.limits)
        .bind(i64::from(limit));
    let purged = purge.execute(&mut tx.conn).await.map_err(failed)?;
    let purge = sqlx::query(statements::PURGE_BLOCKS).bind(tx.clock.limits);
    purge.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(purged.rows_affected())
}
