use social_core::{error::Result, store::ReceivedEvent};

use social_core::model::AccountId;

use super::statements;
use crate::{
    connections::Tx,
    error::failed,
    values::{Cells, micros},
};

/// Says of each whether it was new.
pub(super) async fn insert(tx: &mut Tx, events: &[ReceivedEvent]) -> Result<Vec<bool>> {
    let window = sqlx::query(statements::WINDOW).fetch_one(&mut tx.conn);
    let window = window.await.map_err(failed)?;
    let turn: i64 = Cells::new(&window, "event_windows").get("turn")?;
    let mut new = Vec::with_capacity(events.len());
    for kept in events {
        let is_new = remember(tx, turn, kept).await?;
        if is_new {
            keep(tx, kept).await?;
        }
        new.push(is_new);
    }
    Ok(new)
}

async fn remember(tx: &mut Tx, turn: i64, kept: &ReceivedEvent) -> Result<bool> {
    let key = kept.event.key();
    let remember = sqlx::query(statements::REMEMBER)
        .bind(turn)
        .bind(key.as_slice());
    let done = remember.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(done.rows_affected() > 0)
}

async fn keep(tx: &mut Tx, kept: &ReceivedEvent) -> Result<()> {
    let event = &kept.event;
    let (order, came) = (event.order_key(), micros(kept.received_at));
    let insert = sqlx::query(statements::INSERT)
        .bind(event.platform.as_str())
        .bind(event.id.as_str())
        .bind(event.app.as_str())
        .bind(event.kind.as_str())
        .bind(event.sent_as.as_deref())
        .bind(event.account.as_ref().map(AccountId::as_str))
        .bind(event.subject.word())
        .bind(event.subject.ids())
        .bind(order)
        .bind(event.occurred_at.map(micros))
        .bind(came)
        .bind(event.body.as_slice());
    let done = insert.execute(&mut tx.conn).await.map_err(failed)?;
    let wait = sqlx::query(statements::WAIT)
        .bind(done.last_insert_rowid())
        .bind(came)
        .bind(event.platform.as_str())
        .bind(event.subject.word())
        .bind(order);
    wait.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(())
}
