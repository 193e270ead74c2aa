//! Several processes on one store: what is due is claimed once, leases of the dead lapse, late saves count, limits hold,
//! no event is lost or there twice.
//!
//! Each process opens the store by itself, as on several machines. One is killed while it holds leases; one is stopped
//! past its lease while another writes a verdict, and continued. Handlers of events take longer than their lease, panic and
//! end their process: each event ends as it must, and takes no other with it. SQLite and a PostgreSQL server with its default
//! durability go through the same; with `--store NAME` one of them.

mod stores {
    pub(super) mod claims;
    pub(super) mod events;
    pub(super) mod handlers;
    pub(super) mod limits;
    pub(super) mod order;
    pub(super) mod peer;
    pub(super) mod scene;
    pub(super) mod stopped;
    pub(super) mod table;
}

use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use examples::stage::{Database, Ground, say};

use stores::{
    claims, events, handlers, limits, order::Kind, peer, scene::Scene, stopped, table::Table,
};

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    /// Due accounts that four processes claim.
    accounts: u64,
    /// Lanes with a post.
    lanes: u64,
    /// Events that four processes insert, all of them each.
    events: u64,
    /// Events whose handlers take longer than a lease, and events beside such as end their process.
    handled: u64,
    /// Rows of each kind in the hands of a process that is killed.
    held: u64,
    /// How often a process is stopped with the only living token.
    stops: u64,
    /// How often each of the 4 x 32 tasks books.
    bookings: u64,
    /// The limit, and in how many milliseconds.
    limit: (u32, u64),
}

const FULL: Counts = Counts {
    accounts: 20_000,
    lanes: 5_000,
    events: 5_000,
    handled: 60,
    held: 200,
    stops: 10,
    bookings: 5,
    limit: (150, 3_000),
};
const SHORT: Counts = Counts {
    accounts: 800,
    lanes: 200,
    events: 400,
    handled: 12,
    held: 20,
    stops: 1,
    bookings: 1,
    limit: (60, 1_000),
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let only = Database::among(&mut arguments)?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["peer", folder] => peer::run(PathBuf::from(folder)).await,
        ["handler", folder] => handlers::run(PathBuf::from(folder)).await,
        ["--full"] | [] => prove(FULL, only).await,
        ["--short"] => prove(SHORT, only).await,
        _ => bail!("usage: prove-stores [--full | --short] [--store sqlite | postgres]"),
    }
}

async fn prove(counts: Counts, only: Option<Database>) -> anyhow::Result<()> {
    let mut table = Table::default();
    let chosen = |database: &Database| only.is_none_or(|only| only == *database);
    for database in Database::ALL.into_iter().filter(chosen) {
        play(database, counts, &mut table)
            .await
            .with_context(|| database.name())?;
    }
    table.print();
    let deviations = table.deviations();
    say(&format!("deviations: {deviations}"));
    ensure!(deviations == 0, "not as it must be");
    Ok(())
}

async fn play(database: Database, counts: Counts, table: &mut Table) -> anyhow::Result<()> {
    let ground = Ground::open(database).await?;
    let scene = Scene::new(&ground, database.name());
    for (kind, rows) in [
        (Kind::Accounts, counts.accounts),
        (Kind::Lanes, counts.lanes),
    ] {
        table.add(claims::shared(&scene, kind, rows).await?);
    }
    for kind in Kind::ALL {
        table.add(claims::killed(&scene, kind, counts.held).await?);
    }
    table.add(stopped::saves(&scene, counts.stops).await?);
    table.add(limits::booked(&scene, counts.bookings, counts.limit).await?);
    table.add(events::opposite(&scene, counts.events).await?);
    table.add(handlers::slow(&scene, counts.handled).await?);
    table.add(handlers::deadly(&scene, counts.handled).await?);
    Ok(())
}
