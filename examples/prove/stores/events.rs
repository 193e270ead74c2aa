//! Several processes insert the same events, in opposite orders, while several others handle them.

use std::collections::BTreeMap;

use examples::stage::rows;
use social_core::{
    store::{EventFilter, EventState},
    time::{Clock, SystemClock},
};

use super::{
    order::Order,
    scene::{BATCH, Peer, Scene},
    table::Line,
};

const PROCESSES: usize = 4;

/// Each event is new once and handled once.
pub(crate) async fn opposite(scene: &Scene<'_>, events: u64) -> anyhow::Result<Line> {
    let (folder, stores) = scene.open().await?;
    let mut writers = Peer::several(PROCESSES, folder.path()).await?;
    let mut handlers = Peer::several(PROCESSES, folder.path()).await?;
    let since = SystemClock::default().elapsed();
    for handler in &mut handlers {
        handler.tell(&Order::Handle).await?;
    }
    for (number, writer) in (0..).zip(&mut writers) {
        // Batches of one process end in the middle of another's.
        let first = number * BATCH as u64 / PROCESSES as u64;
        let backwards = number % 2 == 1;
        let order = Order::Insert {
            events,
            first,
            backwards,
        };
        writer.tell(&order).await?;
    }
    let (mut new, mut handled) = (BTreeMap::new(), BTreeMap::new());
    let mut wrong = 0;
    for writer in &mut writers {
        wrong += tally(writer, &mut new).await?;
    }
    for handler in &mut handlers {
        handler.enough().await?;
    }
    for handler in &mut handlers {
        wrong += tally(handler, &mut handled).await?;
    }
    let took = SystemClock::default().elapsed() - since;
    let backlog = stores.events.backlog(rows::at(0)).await?;
    wrong += backlog.ready + backlog.later + backlog.dead;
    let mut stored = 0;
    let mut filter = EventFilter::new(EventState::Done);
    filter.limit = 1_000;
    loop {
        let page = stores.events.list(&filter).await?;
        stored += page.len() as u64;
        let Some(last) = page.last() else { break };
        filter.before = Some(last.number);
    }
    wrong += stored.abs_diff(events) + events.abs_diff(new.len() as u64);
    let again = |times: &BTreeMap<String, u64>| times.values().map(|count| count - 1).sum::<u64>();
    Ok(Line {
        scene: format!("{PROCESSES} insert in opposite orders, {PROCESSES} handle"),
        store: scene.store,
        wanted: events,
        done: handled.len() as u64,
        twice: again(&new) + again(&handled),
        wrong,
        took,
        note: format!("each event sent {PROCESSES} times"),
        ..Line::default()
    })
}

/// Counts what a process reports; what went wrong in it.
async fn tally(peer: &mut Peer, times: &mut BTreeMap<String, u64>) -> anyhow::Result<u64> {
    let report = peer.report().await?;
    for name in report.names {
        *times.entry(name).or_default() += 1;
    }
    Ok(report.wrong)
}
