//! What is sealed: a text that says where it stands, and how often it was written.

use examples::stage::rows;
use social_core::{
    Social,
    model::AccountKey,
    platform::hex,
    store::{LoginRecord, NewPost, OfferRecord, SealedField, TokenRecord},
};
use uuid::Uuid;

/// What stands in `row`, written for the `count`th time.
pub(crate) fn text(field: SealedField, row: &str, count: u64) -> String {
    format!("{field:?} of {row}, written {count} times")
}

/// How often an opened value was written; nothing when it is not what must stand there.
pub(crate) fn count(field: SealedField, row: &str, plain: &[u8]) -> Option<u64> {
    let plain = std::str::from_utf8(plain).ok()?;
    let count = plain.rsplit(' ').nth(1)?.parse().ok()?;
    (text(field, row, count) == plain).then_some(count)
}

pub(crate) async fn seal(
    social: &Social,
    field: SealedField,
    row: &str,
    count: u64,
) -> anyhow::Result<Vec<u8>> {
    let text = text(field, row, count);
    Ok(social
        .worker()
        .vault()
        .seal(&field.place(row), text.as_bytes())
        .await?)
}

pub(crate) fn key(number: u64) -> AccountKey {
    rows::key(number)
}

/// The 32 bytes that stand for a state, and the row of it.
pub(crate) fn login_row(number: u64) -> ([u8; 32], String) {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    (hash, hex::encode(hash))
}

pub(crate) fn offer_id(number: u64) -> Uuid {
    Uuid::from_u128(u128::from(number) + 1)
}

pub(crate) async fn account(social: &Social, number: u64) -> anyhow::Result<TokenRecord> {
    let mut record = rows::account(number);
    let row = record.key.row_id();
    record.sealed = Some(seal(social, SealedField::Tokens, &row, 0).await?);
    Ok(record)
}

pub(crate) async fn post(social: &Social, number: u64, of: u64) -> anyhow::Result<NewPost> {
    let mut post = rows::post(number, of);
    let row = post.id.to_string();
    post.request = seal(social, SealedField::PostRequest, &row, 0).await?;
    post.checkpoint.sealed = seal(social, SealedField::PostState, &row, 0).await?;
    Ok(post)
}

pub(crate) async fn login(social: &Social, number: u64) -> anyhow::Result<LoginRecord> {
    let connector = rows::app().connector("web");
    let mut record = LoginRecord::new(rows::owner(), connector, rows::at(3_600));
    let (hash, row) = login_row(number);
    record.state_hash = hash;
    record.sealed = seal(social, SealedField::Login, &row, 0).await?;
    Ok(record)
}

pub(crate) async fn offer(social: &Social, number: u64) -> anyhow::Result<OfferRecord> {
    let id = offer_id(number);
    let sealed = seal(social, SealedField::Offer, &id.to_string(), 0).await?;
    let connector = rows::app().connector("web");
    let expires = rows::at(3_600);
    Ok(OfferRecord::new(
        id,
        rows::owner(),
        connector,
        sealed,
        expires,
    ))
}
