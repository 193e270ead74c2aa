//! Processes with an event worker each. Handlers take longer than a lease, panic, and end their process.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, bail};
use async_trait::async_trait;
use examples::stage::{self, NOWHERE, Setup, Worker, rows, say};
use social_core::{
    Result, Stores,
    store::{EventFilter, EventRecord, EventState, ReceivedEvent},
    time::{Clock, SystemClock},
    webhook::{EventHandler, Handled, VerifiedEvent},
};
use social_workers::{EventSettings, EventWorker};

use super::{scene::Scene, table::Line};

const PROCESSES: usize = 2;

/// After a crash its events wait this long.
const LEASE: Duration = Duration::from_millis(1_500);

/// Two leases and a half.
const SLOW: Duration = Duration::from_millis(3_750);

/// A scene that takes longer has stopped going on.
const LIMIT: Duration = Duration::from_secs(120);

/// How a handler behaves, by the kind of the event.
const GOOD: &str = "good";
const TAKES_LONG: &str = "takes long";
const PANICS: &str = "panics";
const ENDS: &str = "ends its process";

fn settings() -> EventSettings {
    let mut settings = EventSettings::default();
    settings.lease = LEASE;
    settings.idle = Duration::from_millis(50);
    settings.longest_wait = Duration::from_millis(100);
    (settings.tries, settings.attempts) = (3, 3);
    settings
}

#[derive(Debug)]
struct Hands;

#[async_trait]
impl EventHandler for Hands {
    async fn handle(&self, event: &EventRecord) -> Result<Handled> {
        say(&event.event.id);
        match event.event.kind.as_str() {
            TAKES_LONG => stage::pause(SLOW).await,
            PANICS => broken(),
            ENDS => std::process::abort(),
            _ => {}
        }
        Ok(Handled::Done)
    }
}

#[expect(clippy::panic, reason = "what the proof is about")]
fn broken() {
    panic!("as it is asked to, once for each try");
}

/// The process: a line for each handler that begins. It ends when nothing waits.
pub(crate) async fn run(folder: PathBuf) -> anyhow::Result<()> {
    let social = stage::social(&folder, NOWHERE, Setup::default()).await?;
    say("ready");
    let worker = EventWorker::new(&social, Hands).settings(settings());
    worker.run(idle(social.worker().stores())).await?;
    Ok(social.close().await?)
}

/// Handlers that take longer than their lease begin once each.
pub(crate) async fn slow(scene: &Scene<'_>, events: u64) -> anyhow::Result<Line> {
    let wanted = [(TAKES_LONG, events, EventState::Done)];
    play(scene, "handlers that take two leases and a half", &wanted).await
}

/// Who panics, or ends its process, becomes a dead letter, and takes nobody with it.
pub(crate) async fn deadly(scene: &Scene<'_>, events: u64) -> anyhow::Result<Line> {
    let wanted = [
        (GOOD, events, EventState::Done),
        (TAKES_LONG, 2, EventState::Done),
        (PANICS, 1, EventState::Dead),
        (ENDS, 1, EventState::Dead),
    ];
    play(scene, "handlers that panic and end their process", &wanted).await
}

async fn play(
    scene: &Scene<'_>,
    name: &str,
    wanted: &[(&str, u64, EventState)],
) -> anyhow::Result<Line> {
    let (folder, stores) = scene.open().await?;
    // The key is there before several processes look for it.
    let social = stage::social(folder.path(), NOWHERE, Setup::default()).await?;
    let all = send(&stores, wanted).await?;
    let since = SystemClock::default().elapsed();
    let begun = work(folder.path(), &stores).await?;
    let took = SystemClock::default().elapsed() - since;
    social.close().await?;

    let (mut done, mut wrong) = (0, 0);
    for state in [EventState::Done, EventState::Dead] {
        let mut filter = EventFilter::new(state);
        filter.limit = 10_000;
        for record in stores.events.list(&filter).await? {
            let kind = record.event.kind.as_str();
            let right = wanted
                .iter()
                .any(|(of, _, end)| *of == kind && *end == state);
            done += u64::from(right);
            wrong += u64::from(!right);
        }
    }
    // Beside one that ends its process others begin again: that may be.
    let may_repeat = wanted.iter().any(|(kind, ..)| *kind == ENDS);
    let again: u64 = begun.values().map(|times| times - 1).sum();
    Ok(Line {
        scene: name.to_owned(),
        store: scene.store,
        wanted: all,
        done,
        twice: if may_repeat { 0 } else { again },
        wrong: wrong + all.abs_diff(begun.len() as u64),
        took,
        note: format!("{again} begun again"),
        ..Line::default()
    })
}

/// The deadly ones come first, so that the others are beside them.
async fn send(stores: &Stores, wanted: &[(&str, u64, EventState)]) -> anyhow::Result<u64> {
    let mut all = Vec::new();
    for (kind, count, _) in wanted.iter().rev() {
        for number in 0..*count {
            let id = format!("{kind} {number}");
            let event = VerifiedEvent::new(rows::PLATFORM, rows::app().app, id, *kind, vec![1]);
            all.push(ReceivedEvent::new(event, rows::at(0)));
        }
    }
    stores.events.insert(&all).await?;
    Ok(all.len() as u64)
}

/// Starts processes again whenever they end, until nothing waits. How often each handler began.
async fn work(folder: &Path, stores: &Stores) -> anyhow::Result<BTreeMap<String, u64>> {
    let begun = Arc::new(Mutex::new(BTreeMap::new()));
    let stop = Arc::new(AtomicBool::new(false));
    let mut keepers = tokio::task::JoinSet::new();
    for _ in 0..PROCESSES {
        let (folder, begun, stop) = (folder.to_owned(), Arc::clone(&begun), Arc::clone(&stop));
        keepers.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                keep(&folder, &begun).await?;
            }
            anyhow::Ok(())
        });
    }
    let ended = stage::within(LIMIT, idle(stores)).await;
    stop.store(true, Ordering::Relaxed);
    let Some(ended) = ended else {
        bail!("events still wait after {LIMIT:?}");
    };
    ended?;
    while let Some(kept) = keepers.join_next().await {
        kept??;
    }
    let begun = begun.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(begun.clone())
}

/// One process, to its end.
async fn keep(folder: &Path, begun: &Mutex<BTreeMap<String, u64>>) -> anyhow::Result<()> {
    let folder = folder.to_str().context("a path that is text")?;
    // What a process says that panics and ends itself is no news.
    let mut process = Worker::launch(&["handler", folder], Stdio::null()).await?;
    while let Ok(line) = process.line().await {
        let mut begun = begun.lock().unwrap_or_else(PoisonError::into_inner);
        *begun.entry(line).or_default() += 1;
    }
    Ok(())
}

/// Waits until no event waits.
async fn idle(stores: &Stores) -> anyhow::Result<()> {
    loop {
        let backlog = stores.events.backlog(SystemClock::default().now()).await?;
        if backlog.ready + backlog.later == 0 {
            return Ok(());
        }
        stage::pause(Duration::from_millis(100)).await;
    }
}
