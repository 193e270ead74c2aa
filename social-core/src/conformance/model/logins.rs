use chrono::{DateTime, Utc};

use super::{Turn, shown};
use crate::{
    conformance::fixtures::{connector, named, uuid},
    store::{LoginRecord, LoginStore, OfferRecord},
};

#[derive(Debug)]
pub(super) enum Operation {
    Put(u8, DateTime<Utc>),
    Peek(u8, DateTime<Utc>),
    Take(u8, DateTime<Utc>),
    PutOffer(u8, &'static str, DateTime<Utc>),
    Offer(u8, &'static str, DateTime<Utc>),
    RemoveOffer(u8, &'static str),
    Purge(DateTime<Utc>),
}

pub(super) fn draw(turn: &Turn) -> Operation {
    let number = turn.pick(&[1, 2, 3, 4, 5, 6]);
    let owner = turn.pick(&["a", "b"]);
    match turn.below(13) {
        0..=2 => Operation::Put(number, turn.time()),
        3 => Operation::Peek(number, turn.now()),
        4 | 5 => Operation::Take(number, turn.now()),
        6..=8 => Operation::PutOffer(number, owner, turn.time()),
        9 => Operation::Offer(number, owner, turn.now()),
        10 | 11 => Operation::RemoveOffer(number, owner),
        _ => Operation::Purge(turn.now()),
    }
}

pub(super) async fn apply<S: LoginStore>(store: &S, operation: &Operation) -> String {
    match *operation {
        Operation::Put(number, expires_at) => {
            let login = LoginRecord {
                state_hash: [number; 32],
                ..LoginRecord::new(named(expires_at.to_string()), connector(), expires_at)
            };
            shown(store.put(&login).await)
        }
        Operation::Peek(number, now) => shown(store.peek(&[number; 32], now).await),
        Operation::Take(number, now) => shown(store.take(&[number; 32], now).await),
        Operation::PutOffer(number, owner, expires_at) => {
            let id = uuid(number.into());
            let offer = OfferRecord::new(id, named(owner), connector(), vec![number], expires_at);
            shown(store.put_offer(&offer).await)
        }
        Operation::Offer(number, owner, now) => {
            shown(store.offer(&named(owner), uuid(number.into()), now).await)
        }
        Operation::RemoveOffer(number, owner) => {
            shown(store.remove_offer(&named(owner), uuid(number.into())).await)
        }
        Operation::Purge(now) => shown(store.purge(now).await),
    }
}
