use super::{HOUR, Turn, shown};
use crate::{
    conformance::{
        fixtures::{account, app, at, checkpoint, connector, named, post, post_id, token, uuid},
        sealed::Sealing,
    },
    error::Result,
    store::{
        ClaimPosts, Expect, LoginRecord, NewPost, Next, OfferRecord, PostClaim, PostStore,
        RecordStep, Resealed, SealedField, SealedPage, SealedValue, StoredCheckpoint, TokenRecord,
        TokenStore,
    },
};

#[derive(Debug)]
pub(super) enum Operation {
    /// A row of its field, new or saved anew.
    Keep(SealedField, u8, Option<Vec<u8>>),
    /// The row goes, where rows go.
    Drop(SealedField, u8),
    Claim(u8),
    /// The claim before so many, with another state or not.
    Record(usize, Option<Vec<u8>>),
    /// Every value that does not begin with these bytes, by pages of so many.
    Read(SealedField, Vec<u8>, u32),
    /// Of the values that were read last, those from one on, with these bytes before.
    Reseal(usize, usize, &'static [u8]),
    Look(u8),
}

const PREFIXES: [&[u8]; 3] = [b"\x01one", b"\x01two", b"\x01%_\xff\0"];

/// What was read and claimed of one store.
#[derive(Default)]
pub(super) struct Seen {
    values: Vec<SealedValue>,
    claims: Vec<PostClaim>,
}

fn sealed(turn: &Turn) -> Vec<u8> {
    [turn.pick(&PREFIXES), &turn.number.to_le_bytes()].concat()
}

pub(super) fn draw(turn: &Turn) -> Operation {
    let field = turn.pick(&SealedField::ALL);
    let number = turn.below(12) as u8;
    match turn.below(16) {
        0..=4 => {
            let sealed = (!turn.chance(8)).then(|| sealed(turn));
            Operation::Keep(field, number, sealed)
        }
        5 => Operation::Drop(field, number),
        6 => Operation::Claim(turn.pick(&[1, 3])),
        7 | 8 => {
            let sealed = turn.chance(2).then(|| sealed(turn));
            Operation::Record(turn.below(4) as usize, sealed)
        }
        9..=11 => {
            let prefix = turn.pick(&PREFIXES);
            let cut = turn.pick(&[2, prefix.len(), prefix.len()]);
            let size = turn.pick(&[1, 2, 5, 100]);
            Operation::Read(field, prefix[..cut].to_vec(), size)
        }
        12 | 13 => {
            let from = turn.below(4) as usize;
            let count = turn.pick(&[0, 1, 2, 9]);
            Operation::Reseal(from, count, turn.pick(&PREFIXES))
        }
        _ => Operation::Look(number),
    }
}

pub(super) async fn apply(store: &impl Sealing, operation: &Operation, seen: &mut Seen) -> String {
    match operation {
        Operation::Keep(field, number, sealed) => keep(store, *field, *number, sealed).await,
        Operation::Drop(field, number) => drop_row(store, *field, *number).await,
        Operation::Claim(limit) => {
            let versions = vec![(app(), 1)];
            let which = ClaimPosts::new(at(0), HOUR / 2, (*limit).into(), versions);
            let claims = PostStore::claim(store, &which).await.unwrap_or_default();
            let posts: Vec<_> = claims.iter().map(|claim| claim.post.clone()).collect();
            seen.claims.extend(claims);
            format!("{posts:?}")
        }
        Operation::Record(back, sealed) => match seen.claims.iter().rev().nth(*back) {
            Some(claim) => {
                let state = |sealed: &Vec<u8>| StoredCheckpoint {
                    sealed: sealed.clone(),
                    ..checkpoint("init")
                };
                let step = RecordStep {
                    checkpoint: sealed.as_ref().map(state),
                    ..RecordStep::new(Next::At(at(0)), at(0))
                };
                shown(store.record(claim, &step).await)
            }
            None => String::new(),
        },
        Operation::Read(field, prefix, size) => {
            let read = read(store, *field, prefix, *size).await;
            if let Ok(values) = &read {
                seen.values.clone_from(values);
            }
            shown(read)
        }
        Operation::Reseal(from, count, prefix) => {
            let some = seen.values.iter().skip(*from).take(*count);
            let renew = |old: &SealedValue| {
                let new = [prefix, old.sealed.as_slice()].concat();
                Resealed::new(old.clone(), new)
            };
            shown(store.reseal(&some.map(renew).collect::<Vec<_>>()).await)
        }
        Operation::Look(number) => look(store, *number).await,
    }
}

async fn keep(
    store: &impl Sealing,
    field: SealedField,
    number: u8,
    sealed: &Option<Vec<u8>>,
) -> String {
    let bytes = sealed.clone().unwrap_or_default();
    match field {
        SealedField::Login => {
            let login = LoginRecord {
                state_hash: [number; 32],
                sealed: bytes,
                ..LoginRecord::new(named("owner"), connector(), at(600))
            };
            shown(store.put(&login).await)
        }
        SealedField::Offer => {
            let id = uuid(number.into());
            let offer = OfferRecord::new(id, named("owner"), connector(), bytes, at(600));
            shown(store.put_offer(&offer).await)
        }
        SealedField::Tokens => {
            let record = TokenRecord {
                sealed: sealed.clone(),
                ..token(number.into())
            };
            let expect = match store.holder(&record.key).await {
                Ok(Some(stored)) => Expect::Revision(stored.revision),
                _ => Expect::Absent,
            };
            shown(store.save(&record, expect).await)
        }
        _ => {
            let new = NewPost {
                request: bytes.clone(),
                checkpoint: StoredCheckpoint {
                    sealed: [bytes, vec![7]].concat(),
                    ..checkpoint("init")
                },
                ..post(number.into(), account(number.into()))
            };
            shown(store.submit(&new).await)
        }
    }
}

async fn drop_row(store: &impl Sealing, field: SealedField, number: u8) -> String {
    match field {
        SealedField::Login => shown(store.take(&[number; 32], at(0)).await),
        SealedField::Offer => shown(
            store
                .remove_offer(&named("owner"), uuid(number.into()))
                .await,
        ),
        _ => String::new(),
    }
}

/// All pages, in an order that is no store's own.
async fn read(
    store: &impl Sealing,
    field: SealedField,
    prefix: &[u8],
    size: u32,
) -> Result<Vec<SealedValue>> {
    let mut page = SealedPage::new(field, prefix.to_vec(), size);
    let mut values: Vec<SealedValue> = Vec::new();
    loop {
        let next = store.sealed(&page).await?;
        let is_last = next.len() < size as usize;
        page.after = next.last().map(|value| value.row.clone()).or(page.after);
        values.extend(next);
        if is_last || values.len() > 100 {
            break;
        }
    }
    values.sort_by(|a, b| a.row.cmp(&b.row));
    Ok(values)
}

async fn look(store: &impl Sealing, number: u8) -> String {
    let tokens = TokenStore::load(store, &account(number.into())).await;
    let post = PostStore::load(store, &named("owner"), post_id(number.into())).await;
    let login = store.peek(&[number; 32], at(0)).await;
    let offer = store
        .offer(&named("owner"), uuid(number.into()), at(0))
        .await;
    let (tokens, post) = (shown(tokens), shown(post));
    format!("{tokens} {post} {} {}", shown(login), shown(offer))
}
