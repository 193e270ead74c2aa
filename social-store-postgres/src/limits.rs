mod statements;

use std::time::Duration;

use async_trait::async_trait;
use social_core::{
    error::Result,
    store::{Block, Booking, Counting, Limit, Limits, Usage},
};

use crate::{
    PgStore,
    db::Db,
    error::failed,
    transaction::Tx,
    values::{Cells, left, micros},
};

#[cfg(test)]
pub(crate) use statements::ALL;

/// Who changes bookings of a key holds the lock of its row, taken in the order of keys: nothing deadlocks, and what a
/// booking found is still so when it is written.
#[async_trait]
impl Limits for PgStore {
    async fn book(&self, limits: &[Limit], holder: &str) -> Result<Booking> {
        limits.iter().try_for_each(Limit::check)?;
        if limits.is_empty() {
            return Ok(Booking::Granted);
        }
        let mut tx = self.db.write("limits.book").await?;
        let booked = book(&self.db, &mut tx, limits, holder).await;
        tx.finish(booked).await
    }

    async fn refund(&self, keys: &[&str], holder: &str) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.write("limits.refund").await?;
        let refunded = refund(&self.db, &mut tx, keys, holder).await;
        tx.finish(refunded).await
    }

    async fn observe(&self, limit: &Limit, used: u32) -> Result<()> {
        // Most of the time the platform counts no more than what is known.
        if self.usage(limit).await?.used >= used {
            return Ok(());
        }
        let mut tx = self.db.write("limits.observe").await?;
        let observed = observe(&self.db, &mut tx, limit, used).await;
        tx.finish(observed).await
    }

    async fn block(&self, key: &str, wait: Duration) -> Result<()> {
        let mut tx = self.db.write("limits.block").await?;
        let block = self.db.query(statements::BLOCK);
        let block = block.bind(key.to_owned()).bind(micros(wait));
        let blocked = block.execute(tx.conn()).await.map_err(failed);
        tx.finish(blocked.map(|_| ())).await
    }

    async fn unblock(&self, key: &str) -> Result<bool> {
        let mut tx = self.db.write("limits.unblock").await?;
        let unblock = self.db.query(statements::UNBLOCK).bind(key.to_owned());
        let unblocked = unblock.execute(tx.conn()).await.map_err(failed);
        tx.finish(unblocked.map(|done| done.rows_affected() > 0))
            .await
    }

    async fn blocks(&self, limit: u32) -> Result<Vec<Block>> {
        let mut reader = self.db.read("limits.blocks").await?;
        let blocks = self.db.query(statements::BLOCKS).bind(i64::from(limit));
        let rows = blocks.fetch_all(reader.conn()).await;
        let rows = reader.finish(rows).await?;
        let blocks = rows.iter().map(|row| {
            let cells = Cells::new(row, "limits");
            let left = left(cells.get("wait")?);
            Ok(Block::new(cells.get::<String>("key")?, left))
        });
        blocks.collect()
    }

    async fn usage(&self, limit: &Limit) -> Result<Usage> {
        limit.check()?;
        let mut reader = self.db.read("limits.usage").await?;
        let usage = self
            .db
            .query(statements::USAGE)
            .bind(limit.key.clone())
            .bind(i64::from(limit.window.limit))
            .bind(i64::from(limit.cost))
            .bind(micros(limit.window.per))
            .bind(limit.window.left.map(micros))
            .bind(micros(limit.window.eve()));
        let row = usage.fetch_one(reader.conn()).await;
        let row = reader.finish(row).await?;
        let cells = Cells::new(&row, "bookings");
        let count = |column| {
            let count = cells.get::<i64>(column)?;
            Ok(u32::try_from(count).unwrap_or(u32::MAX))
        };
        Ok(Usage::new(
            count("used")?,
            count("waiting")?,
            left(cells.get("wait")?),
        ))
    }

    async fn purge(&self, limit: u32) -> Result<u64> {
        let mut tx = self.db.write("limits.purge").await?;
        let purged = purge(&self.db, &mut tx, limit).await;
        tx.finish(purged).await
    }
}

async fn book(db: &Db, tx: &mut Tx, limits: &[Limit], holder: &str) -> Result<Booking> {
    let keys: Vec<_> = limits.iter().map(|limit| limit.key.clone()).collect();
    lock(db, tx, keys.clone()).await?;
    let windows = || limits.iter().map(|limit| limit.window);
    let most: Vec<_> = windows().map(|window| i64::from(window.limit)).collect();
    let pers: Vec<_> = windows().map(|window| micros(window.per)).collect();
    let lefts: Vec<_> = windows().map(|window| window.left.map(micros)).collect();
    let eves: Vec<_> = windows().map(|window| micros(window.eve())).collect();
    let once = limits
        .iter()
        .map(|limit| limit.counting == Counting::OncePerHolder);
    let once: Vec<_> = once.collect();
    let costs: Vec<_> = limits.iter().map(|limit| i64::from(limit.cost)).collect();
    let book = db
        .query(statements::BOOK)
        .bind(holder.to_owned())
        .bind(keys);
    let book = book.bind(most).bind(pers).bind(once);
    let book = book.bind(costs).bind(lefts).bind(eves);
    let row = book.fetch_one(tx.conn()).await.map_err(failed)?;
    Ok(match Cells::new(&row, "bookings").get("wait")? {
        0 => Booking::Granted,
        wait => Booking::Wait(left(wait)),
    })
}

async fn lock(db: &Db, tx: &mut Tx, keys: Vec<String>) -> Result<()> {
    let lock = db.query(statements::LOCK).bind(keys);
    lock.execute(tx.conn()).await.map_err(failed)?;
    Ok(())
}

async fn refund(db: &Db, tx: &mut Tx, keys: &[&str], holder: &str) -> Result<()> {
    let keys: Vec<_> = keys.iter().map(|key| (*key).to_owned()).collect();
    let lock = db.query(statements::LOCK_KNOWN).bind(keys.clone());
    lock.execute(tx.conn()).await.map_err(failed)?;
    let refund = db.query(statements::REFUND).bind(keys.clone());
    let refund = refund.bind(holder.to_owned());
    refund.execute(tx.conn()).await.map_err(failed)?;
    tidy(db, tx, keys).await
}

async fn observe(db: &Db, tx: &mut Tx, limit: &Limit, used: u32) -> Result<()> {
    lock(db, tx, vec![limit.key.clone()]).await?;
    let observe = db
        .query(statements::OBSERVE)
        .bind(limit.key.clone())
        .bind(micros(limit.window.per))
        .bind(i64::from(used))
        .bind(limit.window.left.map(micros));
    observe.execute(tx.conn()).await.map_err(failed)?;
    Ok(())
}

async fn purge(db: &Db, tx: &mut Tx, limit: u32) -> Result<u64> {
    let lock = db.query(statements::LOCK_LAPSED).bind(i64::from(limit));
    let rows = lock.fetch_all(tx.conn()).await.map_err(failed)?;
    let keys = rows.iter().map(|row| Cells::new(row, "limits").get("key"));
    let keys = keys.collect::<Result<Vec<String>>>()?;
    if keys.is_empty() {
        return Ok(0);
    }
    let purge = db.query(statements::PURGE).bind(keys.clone());
    let purge = purge.bind(i64::from(limit));
    let purged = purge.execute(tx.conn()).await.map_err(failed)?;
    tidy(db, tx, keys).await?;
    Ok(purged.rows_affected())
}

async fn tidy(db: &Db, tx: &mut Tx, keys: Vec<String>) -> Result<()> {
    let tidy = db.query(statements::TIDY).bind(keys);
    tidy.execute(tx.conn()).await.map_err(failed)?;
    Ok(())
}
