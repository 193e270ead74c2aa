//! Many tasks of several processes book one limit.

use std::time::Duration;

use social_core::time::{Clock, SystemClock};

use super::{
    order::Order,
    scene::{Peer, Scene, all},
    table::Line,
};

const PROCESSES: usize = 4;

/// Tasks of each process.
pub(crate) const TASKS: u64 = 32;

/// In no stretch of the window's length is more granted than the limit.
pub(crate) async fn booked(
    scene: &Scene<'_>,
    bookings: u64,
    (limit, millis): (u32, u64),
) -> anyhow::Result<Line> {
    let (folder, _stores) = scene.open().await?;
    let mut peers = Peer::several(PROCESSES, folder.path()).await?;
    let per = Duration::from_millis(millis);
    let order = Order::Book {
        name: "example/calls".to_owned(),
        limit,
        per,
        bookings,
    };
    let since = SystemClock::default().elapsed();
    let report = all(&mut peers, &order).await?;
    let most = most_in_any(&report.granted, i64::try_from(per.as_micros())?);
    Ok(Line {
        scene: format!("{PROCESSES} processes x {TASKS} tasks book one limit"),
        store: scene.store,
        wanted: PROCESSES as u64 * TASKS * bookings,
        done: report.granted.len() as u64,
        early: most.saturating_sub(u64::from(limit)),
        wrong: report.wrong,
        took: SystemClock::default().elapsed() - since,
        note: format!(
            "{limit} in {millis} ms; most in any {most}; {} waited twice",
            report.again
        ),
        ..Line::default()
    })
}

/// The most that was certainly granted in one stretch of `per`: asked for after it began and answered before it ended.
fn most_in_any(granted: &[(i64, i64)], per: i64) -> u64 {
    let within = |end: i64| {
        let inside = granted
            .iter()
            .filter(|(asked, answered)| *asked > end - per && *answered <= end);
        inside.count() as u64
    };
    let most = granted.iter().map(|(_, answered)| within(*answered)).max();
    most.unwrap_or_default()
}
