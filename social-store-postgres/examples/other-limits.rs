//! The other process of the tests of limits: `other-limits SCHEMA`.
//!
//! It says `ready`, begins when its standard input ends, and says `granted` for each booking of two keys that is granted.
#![expect(clippy::print_stdout, reason = "this is how it is heard")]

use std::{
    env,
    io::{Read, Write},
    process,
    time::Duration,
};

use anyhow::Context;
use social_core::store::{Booking, Limit, Limits, Window};
use social_store_postgres::PgStore;
use tokio::task::JoinSet;

/// As the test checks it.
const WINDOW: Window = Window::new(7, Duration::from_millis(300));

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let schema = env::args().nth(1).context("a schema")?;
    let url = env::var("DATABASE_URL").context("DATABASE_URL")?;
    let store = PgStore::builder().schema(schema).connect(&url).await?;
    say("ready")?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    let mut tasks = JoinSet::new();
    for task in 0..8 {
        tasks.spawn(book(store.clone(), task));
    }
    tasks.join_all().await.into_iter().collect()
}

fn say(line: &str) -> anyhow::Result<()> {
    println!("{line}");
    Ok(std::io::stdout().flush()?)
}

/// Each task asks for both keys in an order of its own until it had both twice.
async fn book(store: PgStore, task: usize) -> anyhow::Result<()> {
    let mut limits = ["a", "b"].map(|key| Limit::of_calls(key, WINDOW));
    limits.rotate_left(task % 2);
    for turn in 0..2 {
        let holder = format!("{} {task} {turn}", process::id());
        while store.book(&limits, &holder).await? != Booking::Granted {}
        say("granted")?;
    }
    Ok(())
}
