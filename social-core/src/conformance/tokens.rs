//! The rules of [`TokenStore`].

mod claim;
mod comeback;
mod due;
mod durability;
mod login;
mod order;
mod release;
mod rows;
mod save;
mod together;
mod verdict;
mod walk;

pub use claim::*;
pub use comeback::*;
pub use due::*;
pub use durability::*;
pub use login::*;
pub use order::*;
pub use release::*;
pub use rows::*;
pub use save::*;
pub use together::*;
pub use verdict::*;
pub use walk::*;

use super::fixtures::{LEASE, token};
use crate::{
    error::Result,
    model::AccountKey,
    store::{Expect, Revision, Stored, TokenClaim, TokenClaimed, TokenRecord, TokenStore},
};

/// Keeps the account of this number.
async fn keep<S: TokenStore>(store: &S, number: usize) -> Result<TokenRecord> {
    let record = token(number);
    let revision = store.save(&record, Expect::Absent).await?;
    assert_eq!(revision, Revision(1), "revisions start at 1");
    Ok(record)
}

/// Claims an account that nobody holds.
async fn taken<S: TokenStore>(store: &S, key: &AccountKey) -> Result<TokenClaim> {
    match store.claim(key, LEASE).await? {
        TokenClaimed::Taken(claim) => Ok(claim),
        other => panic!("nobody holds this account, but the claim answers {other:?}"),
    }
}

/// The record, which must be there.
async fn loaded<S: TokenStore>(store: &S, key: &AccountKey) -> Result<Stored<TokenRecord>> {
    Ok(store.load(key).await?.expect("the account is kept"))
}
