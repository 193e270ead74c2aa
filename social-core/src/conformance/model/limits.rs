use std::time::Duration;

use super::{HOUR, Turn, shown};
use crate::{
    error::Result,
    store::{Booking, Limit, Limits, Window},
};

#[derive(Debug)]
pub(super) enum Operation {
    Book(Vec<Limit>, String),
    Refund(Vec<&'static str>, String),
    Observe(Limit, u32),
    Block(&'static str, Duration),
    Unblock(&'static str),
    Blocks(u32),
    Usage(Limit),
    Purge(u32),
}

const KEYS: [&str; 6] = ["calls", "posts", "slots", "rest", "day", "places"];

/// What a key counts stays, and which kind its window is; how many it grants does not, nor what one costs.
fn limit(turn: &Turn, key: usize) -> Limit {
    let many = turn.pick(&[1, 2, 3, 3, 4, 4, 5, 9, 0]);
    let window = |hours: u32| Window::new(many, hours * HOUR + HOUR / 2);
    // Clocks of those who say it differ widely.
    let ending = || Window::ending(many, 12 * HOUR, turn.below(12) * HOUR + HOUR / 2);
    let limit = match key {
        0 => Limit::of_calls(KEYS[0], window(20)),
        1 => Limit::new(KEYS[1], window(40)),
        2 => Limit::new(KEYS[2], window(12)),
        3 => Limit::of_calls(KEYS[3], window(4)),
        4 => Limit::of_calls(KEYS[4], ending()),
        _ => Limit::new(KEYS[5], ending()),
    };
    limit.costing(turn.pick(&[1, 1, 1, 1, 2, 3]))
}

fn some_limit(turn: &Turn) -> Limit {
    let key = turn.below(6) as usize;
    limit(turn, key)
}

fn holder(turn: &Turn) -> String {
    format!("holder {}", turn.below(7))
}

fn several(turn: &Turn) -> Vec<usize> {
    let mut keys = vec![0, 1, 2, 3, 4, 5];
    keys.rotate_left(turn.below(6) as usize);
    keys.truncate(turn.pick(&[1, 1, 1, 2, 3]));
    keys
}

pub(super) fn draw(turn: &Turn) -> Operation {
    match turn.below(22) {
        0..=10 => {
            let keys = several(turn).into_iter();
            let limits = keys.map(|key| limit(turn, key)).collect();
            Operation::Book(limits, holder(turn))
        }
        11..=13 => {
            let keys = several(turn).into_iter();
            Operation::Refund(keys.map(|key| KEYS[key]).collect(), holder(turn))
        }
        14 => Operation::Observe(some_limit(turn), turn.below(4)),
        15 if turn.chance(3) => Operation::Block(turn.pick(&KEYS), turn.span()),
        20 => Operation::Unblock(turn.pick(&KEYS)),
        21 => Operation::Blocks(turn.pick(&[0, 4, 9])),
        15 | 16 => Operation::Purge(turn.pick(&[0, 1, 3, 1_000])),
        _ => Operation::Usage(some_limit(turn)),
    }
}

pub(super) async fn apply<S: Limits>(store: &S, operation: &Operation) -> String {
    match operation {
        Operation::Book(limits, holder) => booked(store.book(limits, holder).await),
        Operation::Refund(keys, holder) => shown(store.refund(keys, holder).await),
        Operation::Observe(limit, used) => shown(store.observe(limit, *used).await),
        Operation::Block(key, wait) => shown(store.block(key, *wait).await),
        Operation::Unblock(key) => shown(store.unblock(key).await),
        // Of several that end together any may come first.
        Operation::Blocks(limit) => {
            let blocks = store.blocks(*limit).await;
            shown(blocks.map(|blocks| {
                let mut shown: Vec<_> = blocks
                    .into_iter()
                    .map(|block| (block.key, about(block.left)))
                    .collect();
                shown.sort();
                shown
            }))
        }
        Operation::Usage(limit) => match store.usage(limit).await {
            Ok(usage) => {
                let wait = about(usage.wait);
                format!("{} used, {} waiting, {wait}", usage.used, usage.waiting)
            }
            Err(error) => shown::<()>(Err(error)),
        },
        // When a store removes what left its window is its own affair; how much at a time is not.
        Operation::Purge(limit) => {
            let purged = store.purge(*limit).await;
            shown(purged.map(|purged| purged <= u64::from(*limit)))
        }
    }
}

fn booked(booking: Result<Booking>) -> String {
    match booking {
        Ok(Booking::Granted) => "granted".to_owned(),
        Ok(Booking::Wait(wait)) => format!("wait {}", about(wait)),
        Err(error) => shown::<()>(Err(error)),
    }
}

/// In half hours, rounded: a store's clock may run by itself. A window is never over for the model only, because time
/// goes on in the store and stands still here.
fn about(wait: Duration) -> u64 {
    (wait + HOUR / 4).as_secs() / 1_800
}
