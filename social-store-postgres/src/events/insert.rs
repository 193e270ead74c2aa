use std::collections::HashSet;

use social_core::{error::Result, store::ReceivedEvent, webhook::VerifiedEvent};
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::statements;
use crate::{db::Db, error::failed, transaction::Tx, values::Cells, wakes::Hint};

/// Bodies of one message to the server, in bytes. Those of a larger batch follow by themselves: a message has its limits,
/// and the server holds it in memory.
const MESSAGE: usize = 32 << 20;

/// Numbers of one partition.
const PARTITION: i64 = 1 << 25;

/// What was inserted.
pub(super) struct Inserted {
    /// Of each event whether it was new.
    pub(super) new: Vec<bool>,
    /// The last partition that they are in.
    partition: i64,
}

impl Inserted {
    pub(super) fn any(&self) -> bool {
        self.new.contains(&true)
    }
}

/// Inserts, and sees to the partitions that are to come. Nobody else need do so.
pub(super) async fn receive(db: &Db, events: &[ReceivedEvent]) -> Result<Vec<bool>> {
    let inserted = match committed(db, events).await {
        // Nobody has made room in time.
        Err(error) if error.code() == Some(NO_PARTITION) => {
            keep_partitions(db).await?;
            committed(db, events).await?
        }
        inserted => inserted?,
    };
    let came = events.iter().map(|kept| kept.received_at).min();
    if let Some(came) = came.filter(|_| inserted.any()) {
        db.events().floor.lower(came);
    }
    if db.events().enters(inserted.partition)
        && let Err(error) = keep_partitions(db).await
    {
        tracing::warn!(%error, "room for events to come could not be made yet");
    }
    Ok(inserted.new)
}

/// A row for which there is no partition.
const NO_PARTITION: &str = "sqlstate_23514";

async fn committed(db: &Db, events: &[ReceivedEvent]) -> Result<Inserted> {
    let mut tx = db.write_ids("events.insert").await?;
    let inserted = insert(db, &mut tx, events).await;
    db.finish(tx, inserted, Hint::Events, Inserted::any).await
}

/// Makes the tables for the numbers to come.
pub(super) async fn keep_partitions(db: &Db) -> Result<()> {
    let mut tx = db.write("events.maintain").await?;
    let keep = db.query(statements::KEEP_PARTITIONS).execute(tx.conn());
    let kept = keep.await.map_err(failed);
    tx.finish(kept.map(drop)).await
}

async fn insert(db: &Db, tx: &mut Tx, events: &[ReceivedEvent]) -> Result<Inserted> {
    let firsts = firsts(events);
    let apart = bytes(&firsts) > MESSAGE;
    let kept = keep(db, tx, &firsts, apart).await?;
    if apart {
        fill_in(db, tx, &firsts, &kept).await?;
    }
    let mut new = vec![false; events.len()];
    let mut last = 0;
    for (place, number) in kept {
        if let Some((index, _)) = firsts.get(place) {
            new[*index] = true;
        }
        last = number.max(last);
    }
    let partition = last / PARTITION;
    Ok(Inserted { new, partition })
}

/// The first of an id, with its place in the batch.
type First<'a> = (usize, &'a ReceivedEvent);

fn firsts(events: &[ReceivedEvent]) -> Vec<First<'_>> {
    let mut seen = HashSet::with_capacity(events.len());
    let all = events.iter().enumerate();
    all.filter(|(_, kept)| seen.insert(kept.event.key()))
        .collect()
}

fn bytes(firsts: &[First<'_>]) -> usize {
    firsts.iter().map(|(_, kept)| kept.event.body.len()).sum()
}

/// The places, among `firsts`, and the numbers of those that are new. Bodies that are sent apart stay empty.
async fn keep(
    db: &Db,
    tx: &mut Tx,
    firsts: &[First<'_>],
    apart: bool,
) -> Result<Vec<(usize, i64)>> {
    let each = || firsts.iter().map(|(_, kept)| &kept.event);
    let bytes = |text: &Option<String>| text.clone().map(String::into_bytes);
    let bodies = each().map(|event| if apart { &[] } else { &*event.body });
    let received = firsts.iter().map(|(_, kept)| kept.received_at);
    let insert = db
        .query(statements::INSERT)
        .bind(
            each()
                .map(|e| Uuid::from_bytes(e.key()))
                .collect::<Vec<_>>(),
        )
        .bind(each().map(|e| e.platform.as_str()).collect::<Vec<_>>())
        .bind(
            each()
                .map(|e| e.app.as_str().as_bytes())
                .collect::<Vec<_>>(),
        )
        .bind(each().map(|e| e.id.as_bytes()).collect::<Vec<_>>())
        .bind(each().map(|e| e.kind.as_bytes()).collect::<Vec<_>>())
        .bind(each().map(|e| bytes(&e.sent_as)).collect::<Vec<_>>())
        .bind(
            each()
                .map(|e| e.account.clone().map(|id| String::from(id).into_bytes()))
                .collect::<Vec<_>>(),
        )
        .bind(each().map(|e| e.subject.word()).collect::<Vec<_>>())
        .bind(each().map(|e| e.subject.ids()).collect::<Vec<_>>())
        .bind(each().map(VerifiedEvent::order_key).collect::<Vec<_>>())
        .bind(each().map(|e| e.occurred_at).collect::<Vec<_>>())
        .bind(received.collect::<Vec<_>>())
        .bind(bodies.collect::<Vec<_>>());
    let rows = insert.fetch_all(tx.conn()).await.map_err(failed)?;
    rows.iter().map(place).collect()
}

fn place(row: &PgRow) -> Result<(usize, i64)> {
    let cells = Cells::new(row, "webhook_events");
    // The server counts places from 1.
    Ok((cells.small::<usize>("place")? - 1, cells.get("number")?))
}

async fn fill_in(db: &Db, tx: &mut Tx, firsts: &[First<'_>], kept: &[(usize, i64)]) -> Result<()> {
    let body = |(place, number): &(usize, i64)| Some((*number, &*firsts.get(*place)?.1.event.body));
    let bodies: Vec<_> = kept.iter().filter_map(body).collect();
    for part in parts(&bodies) {
        let (numbers, bodies): (Vec<i64>, Vec<&[u8]>) = part.iter().copied().unzip();
        let fill = db
            .query_once(statements::FILL_IN)
            .bind(numbers)
            .bind(bodies);
        fill.execute(tx.conn()).await.map_err(failed)?;
    }
    Ok(())
}

/// Cuts into parts of one message each; a body that is larger goes alone.
fn parts<'a>(mut bodies: &'a [(i64, &'a [u8])]) -> impl Iterator<Item = &'a [(i64, &'a [u8])]> {
    std::iter::from_fn(move || {
        let mut sum = 0_usize;
        let fits = bodies.iter().take_while(|(_, body)| {
            sum = sum.saturating_add(body.len());
            sum <= MESSAGE
        });
        let length = fits.count().max(1).min(bodies.len());
        let (part, rest) = bodies.split_at(length);
        bodies = rest;
        (!part.is_empty()).then_some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_of_one_message_and_miss_nothing() {
        let (small, half, large) = (vec![0; 10], vec![0; MESSAGE / 2], vec![0; MESSAGE + 1]);
        let bodies: Vec<(i64, &[u8])> = [&small, &half, &half, &large, &small]
            .into_iter()
            .zip(1..)
            .map(|(body, number)| (number, body.as_slice()))
            .collect();
        let lengths: Vec<_> = parts(&bodies).map(<[_]>::len).collect();
        assert_eq!(lengths, [2, 1, 1, 1]);
        assert_eq!(parts(&[]).count(), 0);
    }
}
