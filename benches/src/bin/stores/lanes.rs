//! Claims of lanes, one of which has half of all posts.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Result, ensure};
use examples::stage::{self, Ground, rows};
use social_core::{
    Stores,
    model::AccountId,
    publish::Outcome,
    store::{ClaimPosts, HistoryEntry, HistoryKind, Next, PostClaim, RecordStep},
};

use crate::{
    fill,
    report::{Report, line, now, show},
};

/// Accounts with posts.
const LANES: u64 = 10_000;

/// How many lanes are claimed at once: so many more than a worker takes by itself.
const CLAIMED: u32 = 10;

const TURNS: usize = 101;
const UNMEASURED: usize = 8;

const LEASE: Duration = Duration::from_secs(600);

/// The account with half of the posts.
const LARGEST: &str = "account-1";

pub(crate) async fn on_postgres(ground: &Ground, posts: u64, report: &mut Report) -> Result<()> {
    let folder = ground.folder().await?;
    stage::stores(folder.path(), None).await?;
    ground
        .execute(folder.path(), &fill::posts_postgres(posts, LANES))
        .await?;
    ground.execute(folder.path(), "VACUUM (ANALYZE)").await?;
    // None of its own in the middle of a measurement.
    ground.execute(folder.path(), "CHECKPOINT").await?;
    let stores = stage::stores(folder.path(), None).await?;
    let times = measure(&stores, posts, report).await?;
    report.at_most("claim of 10 lanes", &times, Duration::from_millis(5));
    Ok(())
}

pub(crate) async fn on_sqlite(ground: &Ground, posts: u64, report: &mut Report) -> Result<()> {
    let folder = ground.folder().await?;
    let stores = stage::stores(folder.path(), None).await?;
    ground
        .execute(folder.path(), &fill::posts_sqlite(posts, LANES))
        .await?;
    ground.execute(folder.path(), "ANALYZE").await?;
    let times = measure(&stores, posts, report).await?;
    show("claim of 10 lanes", &times);
    Ok(())
}

/// Claims and settles, and counts whom it served.
async fn measure(stores: &Stores, posts: u64, report: &mut Report) -> Result<Vec<Duration>> {
    line(&format!(
        "  {posts} posts, half of them on one of {LANES} accounts"
    ));
    let versions = vec![(rows::app(), rows::VERSION)];
    let which = ClaimPosts::new(rows::at(0), LEASE, CLAIMED, versions);
    let (mut times, mut served) = (Vec::new(), BTreeMap::<AccountId, u64>::new());
    for _ in 0..UNMEASURED + TURNS {
        let start = now();
        let claims = stores.posts.claim(&which).await?;
        times.push(now() - start);
        ensure!(claims.len() == CLAIMED as usize, "{} claimed", claims.len());
        for claim in claims {
            settle(stores, &claim).await?;
            *served.entry(claim.post.account.account).or_default() += 1;
        }
    }
    let most = served.values().copied().max().unwrap_or_default();
    let largest = served.get(LARGEST).copied().unwrap_or_default();
    line(&format!(
        "  {} posts of {} accounts were served, {largest} of them of the one with half of all",
        served.values().sum::<u64>(),
        served.len()
    ));
    report.must(most == 1, "an account is served twice before another one");
    Ok(times[UNMEASURED..].to_vec())
}

async fn settle(stores: &Stores, claim: &PostClaim) -> Result<()> {
    let next = Next::Settle(Outcome::Published(Vec::new()), None);
    let mut step = RecordStep::new(next, rows::at(0));
    let entry = HistoryEntry::new(rows::at(0), HistoryKind::Settled, "done");
    step.history.push(entry);
    stores.posts.record(claim, &step).await?;
    Ok(())
}
