//! The other process of the tests that need one: `other-process-postgres ROLE SCHEMA`, on the server of `DATABASE_URL`.
//!
//! It begins when its standard input ends, and says one line for each thing done.
#![expect(clippy::print_stdout, reason = "this is how it is heard")]

use std::{
    io::{Read, Write},
    time::Duration,
};

use anyhow::{Context, bail};
use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    model::{AccountId, AppId, AppKey, IdempotencyKey, OwnerId, Platform, PostId},
    publish::Effect,
    store::{ClaimPosts, NewPost, PostStore, StoredCheckpoint, Submitted},
};
use social_store_postgres::PgStore;
use tokio::task::JoinSet;

const PLATFORM: Platform = Platform::new("example");
const LEASE: Duration = Duration::from_secs(600);
const TASKS: u64 = 8;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let role = arguments.next().context("a role")?;
    let schema = arguments.next().context("a schema")?;
    let url = std::env::var("DATABASE_URL").context("DATABASE_URL")?;
    let store = PgStore::builder().schema(schema).connect(&url).await?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    match role.as_str() {
        "claim-posts" => claim_posts(store).await,
        "submit-posts" => submit_posts(store).await,
        _ => bail!("roles: claim-posts, submit-posts"),
    }
}

fn say(line: &str) -> anyhow::Result<()> {
    println!("{line}");
    Ok(std::io::stdout().flush()?)
}

/// Tasks take posts until there are none.
async fn claim_posts(store: PgStore) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        tasks.spawn(claim_all(store.clone()));
    }
    tasks.join_all().await.into_iter().collect()
}

async fn claim_all(store: PgStore) -> anyhow::Result<()> {
    loop {
        let which = ClaimPosts::new(at(0), LEASE, 3, vec![(app(), 1)]);
        let posts = PostStore::claim(&store, &which).await?;
        if posts.is_empty() {
            return Ok(());
        }
        for claim in posts {
            say(&claim.post.id.to_string())?;
        }
    }
}

/// Tasks submit the same posts as every other process.
async fn submit_posts(store: PgStore) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        tasks.spawn(submit_some(store.clone(), task));
    }
    tasks.join_all().await.into_iter().collect()
}

async fn submit_some(store: PgStore, task: u64) -> anyhow::Result<()> {
    for number in (0..200).filter(|number| number % TASKS == task) {
        match store.submit(&post(number)).await? {
            Submitted::New(post) => say(&format!("new {}", post.id))?,
            Submitted::Existing(post) => say(&format!("existing {}", post.id))?,
        }
    }
    Ok(())
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_767_225_600 + seconds)
}

fn app() -> AppKey {
    AppKey::new(PLATFORM, AppId::from_stored("app"))
}

/// As the tests name it.
fn post(number: u64) -> NewPost {
    let id = uuid::Builder::from_unix_timestamp_millis(number, &[7; 10]).into_uuid();
    let checkpoint = StoredCheckpoint::new("init", Effect::Repeatable, 1, vec![1, 2, 3]);
    let account = app().account(
        OwnerId::from_stored("owner"),
        AccountId::from_stored(format!("account-{}", number % 5)),
    );
    NewPost::new(
        PostId::from(id),
        account,
        IdempotencyKey::from_stored(format!("key-{number}")),
        checkpoint,
        at(0),
    )
}
