//! A reader and a writer.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use anyhow::{Context, ensure};
use examples::stage::{pause, rows};
use serde::{Deserialize, Serialize};
use social_core::{
    ErrorKind, Social,
    store::{Expect, SealedField},
};

use super::values;

/// Between two rounds of a reader, so that memory does not grow as fast as a machine can write.
const REST: Duration = Duration::from_millis(1);

/// What came of reading and writing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) reads: u64,
    pub(crate) writes: u64,
    /// Accounts written anew: as often as all their counts say in the end.
    pub(crate) accounts: u64,
    /// Saves that came second to another writer's, and were made again.
    pub(crate) conflicts: u64,
    /// Reads and writes that failed, and the first reason.
    pub(crate) failed: u64,
    pub(crate) reason: Option<String>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        self.reads += other.reads;
        self.writes += other.writes;
        self.accounts += other.accounts;
        self.conflicts += other.conflicts;
        self.failed += other.failed;
        self.reason = self.reason.take().or(other.reason);
    }

    fn fail(&mut self, error: &anyhow::Error) {
        self.failed += 1;
        self.reason.get_or_insert_with(|| format!("{error:#}"));
    }
}

/// Numbers that look like chance, the same every time.
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit.max(1)
    }
}

/// Reads values of every kind until told to stop.
pub(crate) async fn read(social: Social, seed: u64, rows: u64, stop: &AtomicBool) -> Tally {
    let (mut dice, mut tally) = (Dice(seed), Tally::default());
    while !stop.load(Ordering::Relaxed) {
        for field in SealedField::ALL {
            match read_one(&social, field, dice.below(rows)).await {
                Ok(()) => tally.reads += 1,
                Err(error) => tally.fail(&error),
            }
        }
        pause(REST).await;
    }
    tally
}

/// Reads one value that is there, and looks at it.
pub(crate) async fn read_one(
    social: &Social,
    field: SealedField,
    number: u64,
) -> anyhow::Result<()> {
    let (row, sealed) = load(social, field, number).await?;
    let plain = social
        .worker()
        .vault()
        .open(&field.place(&row), &sealed)
        .await?;
    values::count(field, &row, &plain)
        .with_context(|| format!("{field:?} holds something else"))?;
    Ok(())
}

async fn load(
    social: &Social,
    field: SealedField,
    number: u64,
) -> anyhow::Result<(String, Vec<u8>)> {
    let (stores, now) = (social.worker().stores(), rows::at(0));
    Ok(match field {
        SealedField::Login => {
            let (hash, row) = values::login_row(number);
            let login = stores.logins.peek(&hash, now).await?;
            (row, login.context("a login")?.sealed)
        }
        SealedField::Offer => {
            let id = values::offer_id(number);
            let offer = stores.logins.offer(&rows::owner(), id, now).await?;
            (id.to_string(), offer.context("an offer")?.sealed)
        }
        SealedField::Tokens => {
            let key = values::key(number);
            let stored = stores.tokens.load(&key).await?.context("an account")?;
            (key.row_id(), stored.value.sealed.context("tokens")?)
        }
        field => {
            let id = rows::post_id(number);
            let post = stores
                .posts
                .load(&rows::owner(), id)
                .await?
                .context("a post")?;
            let sealed = match field {
                SealedField::PostRequest => post.request,
                _ => post.checkpoint.sealed,
            };
            (id.to_string(), sealed)
        }
    })
}

/// Writes values of every kind until told to stop. New rows are named from `first` on.
pub(crate) async fn write(social: Social, first: u64, rows: u64, stop: &AtomicBool) -> Tally {
    let (mut dice, mut tally) = (Dice(first), Tally::default());
    let mut next = first;
    while !stop.load(Ordering::Relaxed) {
        let account = dice.below(rows);
        if let Err(error) = save(&social, account, &mut tally).await {
            tally.fail(&error);
        }
        match add(&social, next, account).await {
            Ok(()) => tally.writes += 4,
            Err(error) => tally.fail(&error),
        }
        next += 1;
        pause(4 * REST).await;
    }
    tally
}

/// Counts an account's value up by one, however often another writer is faster.
async fn save(social: &Social, number: u64, tally: &mut Tally) -> anyhow::Result<()> {
    let (field, key) = (SealedField::Tokens, values::key(number));
    let row = key.row_id();
    loop {
        let stored = social
            .worker()
            .stores()
            .tokens
            .load(&key)
            .await?
            .context("an account")?;
        let mut record = stored.value;
        let sealed = record.sealed.take().context("tokens")?;
        let plain = social
            .worker()
            .vault()
            .open(&field.place(&row), &sealed)
            .await?;
        let count = values::count(field, &row, &plain).context("its own text")?;
        record.sealed = Some(values::seal(social, field, &row, count + 1).await?);
        let expect = Expect::Revision(stored.revision);
        match social.worker().stores().tokens.save(&record, expect).await {
            Ok(_) => break,
            Err(error) if error.kind() == ErrorKind::Conflict => tally.conflicts += 1,
            Err(error) => return Err(error.into()),
        }
    }
    tally.writes += 1;
    tally.accounts += 1;
    Ok(())
}

/// A post, a login and an offer; the login is taken, and the offer removed, every other time.
async fn add(social: &Social, number: u64, account: u64) -> anyhow::Result<()> {
    let stores = social.worker().stores();
    let post = values::post(social, number, account).await?;
    stores.posts.submit(&post).await?;
    stores
        .logins
        .put(&values::login(social, number).await?)
        .await?;
    stores
        .logins
        .put_offer(&values::offer(social, number).await?)
        .await?;
    if number.is_multiple_of(2) {
        let (hash, _) = values::login_row(number);
        let taken = stores.logins.take(&hash, rows::at(0)).await?;
        ensure!(taken.is_some(), "its own login is gone");
        let id = values::offer_id(number);
        ensure!(
            stores.logins.remove_offer(&rows::owner(), id).await?,
            "its own offer is gone"
        );
    }
    Ok(())
}
