//! The rules of [`SealedStore`], for a store that keeps accounts, logins and posts too.

mod claims;
mod page;
mod reseal;

pub use claims::*;
pub use page::*;
pub use reseal::*;

use super::fixtures::{account, at, checkpoint, connector, named, post, post_id, token, uuid};
use crate::{
    error::Result,
    store::{
        Expect, LoginRecord, LoginStore, NewPost, OfferRecord, PostStore, Resealed, SealedField,
        SealedPage, SealedStore, SealedValue, StoredCheckpoint, TokenRecord, TokenStore,
    },
};

/// A store of all that is sealed.
pub trait Sealing: SealedStore + TokenStore + LoginStore + PostStore {}

impl<S: SealedStore + TokenStore + LoginStore + PostStore> Sealing for S {}

/// What no sealed value of these suites begins with.
const NEW: &[u8] = b"\x01new key:";

/// What a field of row `number` holds at first.
fn bytes(field: SealedField, number: u8) -> Vec<u8> {
    format!("\u{1}old key: {field:?} {number}").into_bytes()
}

/// The name of row `number` in the [place](SealedField::place) of a field.
fn row(field: SealedField, number: u8) -> String {
    match field {
        SealedField::Login => format!("{number:02x}").repeat(32),
        SealedField::Offer => uuid(number.into()).to_string(),
        SealedField::Tokens => account(number.into()).row_id(),
        _ => post_id(number.into()).to_string(),
    }
}

/// A value as it was first kept.
fn value(field: SealedField, number: u8) -> SealedValue {
    SealedValue::new(field, row(field, number), bytes(field, number))
}

/// The same under a new key.
fn renewed(field: SealedField, number: u8) -> Resealed {
    let new = [NEW, &bytes(field, number)].concat();
    Resealed::new(value(field, number), new)
}

fn login(number: u8) -> LoginRecord {
    LoginRecord {
        state_hash: [number; 32],
        browser_hash: [0xff; 32],
        redirect_uri: "http://127.0.0.1/callback".to_owned(),
        sealed: bytes(SealedField::Login, number),
        ..LoginRecord::new(named("owner"), connector(), at(600))
    }
}

fn offer(number: u8) -> OfferRecord {
    let sealed = bytes(SealedField::Offer, number);
    OfferRecord::new(
        uuid(number.into()),
        named("owner"),
        connector(),
        sealed,
        at(600),
    )
}

fn new_post(number: u8) -> NewPost {
    NewPost {
        request: bytes(SealedField::PostRequest, number),
        checkpoint: StoredCheckpoint {
            sealed: bytes(SealedField::PostState, number),
            ..checkpoint("init")
        },
        ..post(number.into(), account(number.into()))
    }
}

fn record(number: u8) -> TokenRecord {
    TokenRecord {
        sealed: Some(bytes(SealedField::Tokens, number)),
        ..token(number.into())
    }
}

/// Keeps a row of each field under a number.
async fn keep(store: &impl Sealing, number: u8) -> Result<()> {
    store.put(&login(number)).await?;
    store.put_offer(&offer(number)).await?;
    store.submit(&new_post(number)).await?;
    store.save(&record(number), Expect::Absent).await?;
    Ok(())
}

/// Keeps rows of these numbers.
async fn keep_each(
    store: &impl Sealing,
    numbers: impl IntoIterator<Item = u8> + Send,
) -> Result<()> {
    let numbers: Vec<_> = numbers.into_iter().collect();
    for number in numbers {
        keep(store, number).await?;
    }
    Ok(())
}

/// Every value of a field that is not under [`NEW`].
async fn all(store: &impl Sealing, field: SealedField) -> Result<Vec<SealedValue>> {
    store.sealed(&page(field, 1_000)).await
}

fn page(field: SealedField, limit: u32) -> SealedPage {
    SealedPage::new(field, NEW.to_vec(), limit)
}

/// In some order that says nothing.
fn sorted(mut values: Vec<SealedValue>) -> Vec<SealedValue> {
    values.sort_by(|a, b| a.row.cmp(&b.row));
    values
}
