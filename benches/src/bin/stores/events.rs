//! Events from their insertion to their end: what the server writes for each, and what a claim costs while somebody keeps
//! an old snapshot.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use examples::stage::{self, Ground, rows};
use social_core::{
    Stores,
    model::AccountId,
    store::{ClaimEvents, EventClaim, ReceivedEvent},
    webhook::VerifiedEvent,
};

use crate::report::{Report, line, median, now, show};

/// Inserted at once.
const GROUP: u64 = 128;

/// Claimed and completed at once.
const CLAIMED: u32 = 50;

/// Bytes of a body.
const BODY: usize = 1_000;

/// Handled before the log of the server is read, and between two looks at a claim.
const COUNTED: u64 = 50 * GROUP;
const STEP: u64 = 30_000;
const STEPS: u64 = 3;

/// Measured claims.
const TURNS: usize = 21;

const LEASE: Duration = Duration::from_secs(600);

pub(crate) async fn on_postgres(ground: &Ground, report: &mut Report) -> Result<()> {
    log(ground).await?;
    let calm = claims(ground, false).await?;
    let with_snapshot = claims(ground, true).await?;
    let most = calm.max(Duration::from_micros(500)) * 2;
    report.must(
        with_snapshot <= most,
        "claims are twice as slow while a snapshot is open",
    );
    Ok(())
}

/// A hundred come in a second.
fn came(number: u64) -> DateTime<Utc> {
    let since = TimeDelta::milliseconds(i64::try_from(10 * number).unwrap_or(i64::MAX));
    rows::at(0) + since
}

fn event(number: u64) -> ReceivedEvent {
    let id = format!("event-{number}");
    let body = number.to_le_bytes().into_iter().cycle().take(BODY);
    let mut event = VerifiedEvent::new(
        rows::PLATFORM,
        rows::app().app,
        id,
        "changed",
        body.collect(),
    );
    event.account = Some(AccountId::from_stored(format!(
        "account-{}",
        number % 1_000
    )));
    ReceivedEvent::new(event, came(number))
}

async fn insert(stores: &Stores, first: u64, count: u64) -> Result<()> {
    let mut next = first;
    while next < first + count {
        let end = (next + GROUP).min(first + count);
        let events: Vec<_> = (next..end).map(event).collect();
        stores.events.insert(&events).await?;
        next = end;
    }
    Ok(())
}

async fn claim(stores: &Stores, until: u64) -> Result<Vec<EventClaim>> {
    let which = ClaimEvents::new(came(until), LEASE, CLAIMED);
    Ok(stores.events.claim(&which).await?)
}

/// Bytes of the server's log for each event.
async fn log(ground: &Ground) -> Result<()> {
    let folder = ground.folder().await?;
    let stores = stage::stores(folder.path(), None).await?;
    let cluster = ground.cluster().context("a server")?;
    // So that the figures are those of a table at work, not of its first pages.
    insert(&stores, 0, GROUP).await?;
    handle(&stores, GROUP).await?;
    let mut before = cluster.written().await?;
    let mut each = async |what: &str| {
        let after = cluster.written().await?;
        let bytes = (after - before) as f64 / COUNTED as f64;
        line(&format!(
            "  log written for an event, {what:<37} {bytes:>8.0} bytes"
        ));
        before = after;
        anyhow::Ok(bytes)
    };
    insert(&stores, GROUP, COUNTED).await?;
    let mut sum = each("inserted by 128").await?;
    let mut claims = Vec::new();
    loop {
        let some = claim(&stores, 2 * COUNTED).await?;
        if some.is_empty() {
            break;
        }
        claims.push(some);
    }
    sum += each("claimed by 50").await?;
    for claims in claims {
        stores.events.complete(&claims, came(COUNTED)).await?;
    }
    sum += each("completed by 50").await?;
    line(&format!(
        "  log written for an event of {BODY} bytes in all {sum:>20.0} bytes"
    ));
    Ok(())
}

async fn handle(stores: &Stores, until: u64) -> Result<u64> {
    let mut handled = 0;
    loop {
        let claims = claim(stores, until).await?;
        if claims.is_empty() {
            return Ok(handled);
        }
        handled += claims.len() as u64;
        stores.events.complete(&claims, came(until)).await?;
    }
}

/// Claims of 50 after more and more that were handled: the median of the last.
async fn claims(ground: &Ground, with_snapshot: bool) -> Result<Duration> {
    let folder = ground.folder().await?;
    let stores = stage::stores(folder.path(), None).await?;
    let held = match with_snapshot {
        true => Some(ground.keep_snapshot(folder.path()).await?),
        false => None,
    };
    let how = if with_snapshot {
        ", a snapshot open"
    } else {
        ""
    };
    let (mut next, mut last) = (0, Duration::ZERO);
    for step in 1..=STEPS {
        let end = next + STEP;
        while next < end {
            // As they come: what waits is never many.
            insert(&stores, next, (10 * GROUP).min(end - next)).await?;
            next = (next + 10 * GROUP).min(end);
            handle(&stores, next).await?;
        }
        ground.execute(folder.path(), "VACUUM (ANALYZE)").await?;
        insert(&stores, next, TURNS as u64 * u64::from(CLAIMED)).await?;
        next += TURNS as u64 * u64::from(CLAIMED);
        let mut times = Vec::new();
        for _ in 0..TURNS {
            let start = now();
            let claims = claim(&stores, next).await?;
            times.push(now() - start);
            ensure!(claims.len() == CLAIMED as usize, "{} claims", claims.len());
            stores.events.complete(&claims, came(next)).await?;
        }
        let after = step * STEP;
        show(
            &format!("claim of {CLAIMED} events after {after}{how}"),
            &times,
        );
        last = median(&times);
    }
    if let Some(snapshot) = held {
        snapshot.end().await?;
    }
    Ok(last)
}
