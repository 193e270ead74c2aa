use std::collections::HashSet;

use social_core::{error::Result, store::NewEvent};
use sqlx::postgres::PgRow;

use super::statements;
use crate::{db::Db, error::failed, transaction::Tx, values::Cells};

/// Bodies of one message to the server, in bytes. Those of a larger batch follow by themselves: a message has its limits,
/// and the server holds it in memory.
const MESSAGE: usize = 32 << 20;

/// Says of each event whether it was new.
pub(super) async fn insert(db: &Db, tx: &mut Tx, events: &[NewEvent]) -> Result<Vec<bool>> {
    let firsts = firsts(events);
    let apart = bytes(&firsts) > MESSAGE;
    let kept = keep(db, tx, &firsts, apart).await?;
    if apart {
        fill_in(db, tx, &firsts, &kept).await?;
    }
    let mut new = vec![false; events.len()];
    for (place, _) in kept {
        if let Some((index, _)) = firsts.get(place) {
            new[*index] = true;
        }
    }
    Ok(new)
}

/// The first of each id, with its place in the batch.
fn firsts(events: &[NewEvent]) -> Vec<(usize, &NewEvent)> {
    let mut seen = HashSet::with_capacity(events.len());
    let all = events.iter().enumerate();
    all.filter(|(_, event)| seen.insert((event.platform.as_str(), event.id.as_str())))
        .collect()
}

fn bytes(events: &[(usize, &NewEvent)]) -> usize {
    events.iter().map(|(_, event)| event.body.len()).sum()
}

/// The places, among `events`, and the numbers of those that are new. Bodies that are sent apart stay empty.
async fn keep(
    db: &Db,
    tx: &mut Tx,
    events: &[(usize, &NewEvent)],
    apart: bool,
) -> Result<Vec<(usize, i64)>> {
    let each = || events.iter().map(|(_, event)| *event);
    let bodies = each().map(|event| if apart { &[] } else { &*event.body });
    let insert = db
        .query(statements::INSERT)
        .bind(each().map(|e| e.platform.as_str()).collect::<Vec<_>>())
        .bind(each().map(|e| e.app.as_bytes()).collect::<Vec<_>>())
        .bind(each().map(|e| e.id.as_bytes()).collect::<Vec<_>>())
        .bind(each().map(|e| e.kind.as_bytes()).collect::<Vec<_>>())
        .bind(each().map(account).collect::<Vec<_>>())
        .bind(each().map(|e| e.occurred_at).collect::<Vec<_>>())
        .bind(each().map(|e| e.received_at).collect::<Vec<_>>())
        .bind(bodies.collect::<Vec<_>>());
    let rows = insert.fetch_all(tx.conn()).await.map_err(failed)?;
    rows.iter().map(kept).collect()
}

fn account(event: &NewEvent) -> Option<&[u8]> {
    event.account.as_ref().map(String::as_bytes)
}

fn kept(row: &PgRow) -> Result<(usize, i64)> {
    let cells = Cells::new(row, "webhook_events");
    // The server counts places from 1.
    Ok((cells.small::<usize>("place")? - 1, cells.get("number")?))
}

async fn fill_in(
    db: &Db,
    tx: &mut Tx,
    events: &[(usize, &NewEvent)],
    kept: &[(usize, i64)],
) -> Result<()> {
    let bodies: Vec<_> = kept
        .iter()
        .filter_map(|(place, number)| Some((*number, &*events.get(*place)?.1.body)))
        .collect();
    for part in parts(&bodies) {
        let (numbers, bodies): (Vec<i64>, Vec<&[u8]>) = part.iter().copied().unzip();
        let fill = db.query(statements::FILL_IN).bind(numbers).bind(bodies);
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
