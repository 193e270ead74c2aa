//! The other process of the tests that need one: `other-process ROLE FILE`.
//!
//! It says one line for each thing done. `claim`, `open` and `reopen` begin when their standard input ends.
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
    store::{
        ClaimDue, ClaimPosts, InstallationStore, NewPost, PostStore, StoredCheckpoint, TokenStore,
    },
};
use social_store_sqlite::SqliteStore;
use tokio::task::JoinSet;

const PLATFORM: Platform = Platform::new("example");
const LEASE: Duration = Duration::from_secs(600);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let role = arguments.next().context("a role")?;
    let file = arguments.next().context("a file")?;
    match role.as_str() {
        "claim" => claim(&file).await,
        "open" => open(&file).await,
        "read-only" => read_only(&file).await,
        "reopen" => reopen(&file).await,
        "write" => write(&file).await,
        _ => bail!("roles: claim, open, read-only, reopen, write"),
    }
}

fn say(line: &str) -> anyhow::Result<()> {
    println!("{line}");
    Ok(std::io::stdout().flush()?)
}

/// Waits until the other side closes the pipe.
fn wait_for_the_signal() -> anyhow::Result<()> {
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// However long the others take on a busy machine: how long a store waits is not what these roles are for.
async fn opened(file: &str) -> anyhow::Result<SqliteStore> {
    let patient = SqliteStore::builder().busy_timeout(Duration::from_secs(120));
    Ok(patient.open(file).await?)
}

async fn open(file: &str) -> anyhow::Result<()> {
    wait_for_the_signal()?;
    let store = opened(file).await?;
    say(&store.installation().await?.id.to_string())
}

/// Opens, writes and closes again and again, and says each time whether it is the same file.
async fn reopen(file: &str) -> anyhow::Result<()> {
    wait_for_the_signal()?;
    for _ in 0..20 {
        let store = opened(file).await?;
        let account = app().account(OwnerId::from_stored("owner"), AccountId::from_stored("a"));
        store.hold(&account).await?;
        let lives = store.incarnations().await?;
        say(if lives.is_same() { "same" } else { "another" })?;
        store.close().await;
    }
    Ok(())
}

async fn read_only(file: &str) -> anyhow::Result<()> {
    match SqliteStore::open(file).await {
        Ok(_) => say("opened"),
        Err(error) => say(&format!(
            "kind {:?} remedy {:?}: {error}",
            error.kind(),
            error.remedy()
        )),
    }
}

/// 32 tasks take posts and refreshes until there are none.
async fn claim(file: &str) -> anyhow::Result<()> {
    let store = opened(file).await?;
    wait_for_the_signal()?;
    let mut tasks = JoinSet::new();
    for _ in 0..32 {
        tasks.spawn(claim_all(store.clone()));
    }
    tasks.join_all().await.into_iter().collect()
}

async fn claim_all(store: SqliteStore) -> anyhow::Result<()> {
    loop {
        let which = ClaimPosts::new(at(0), LEASE, 3, vec![(app(), 1)]);
        let posts = PostStore::claim(&store, &which).await?;
        let accounts = store.claim_due(&ClaimDue::new(at(0), LEASE, 3)).await?;
        if posts.is_empty() && accounts.is_empty() {
            return Ok(());
        }
        for claim in posts {
            say(&format!("post {}", claim.post.id))?;
        }
        for claim in accounts {
            say(&format!("account {}", claim.record.key.account))?;
        }
    }
}

/// Submits until it is killed, and says what was answered.
async fn write(file: &str) -> anyhow::Result<()> {
    let store = opened(file).await?;
    for number in 0.. {
        store.submit(&post(number)).await?;
        say(&number.to_string())?;
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
    let account = app().account(OwnerId::from_stored("owner"), AccountId::from_stored("a"));
    NewPost::new(
        PostId::from(id),
        account,
        IdempotencyKey::from_stored(format!("key-{number}")),
        checkpoint,
        at(0),
    )
}
