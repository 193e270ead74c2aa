//! The task that delivers. There is one, so that a delivery is never on its way twice.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use crate::clock::pause;
use crate::server::{Phase, reached};
use crate::shared::Shared;
use crate::tiktok::webhook::callback;

/// Changes within this time are looked at together.
const TOGETHER: Duration = Duration::from_millis(5);

/// Asks for everything that is due, and to be told when it has been tried.
pub(crate) type Ask = oneshot::Sender<()>;

/// Delivers until the sandbox ends. What is then on its way stays pending.
pub(crate) async fn run(
    shared: Arc<Shared>,
    mut asks: mpsc::Receiver<Ask>,
    mut phase: watch::Receiver<Phase>,
) {
    tokio::select! {
        () = deliver(&shared, &mut asks) => {}
        () = reached(&mut phase, Phase::Ending) => {}
    }
}

async fn deliver(shared: &Shared, asks: &mut mpsc::Receiver<Ask>) {
    loop {
        let ask = tokio::select! {
            ask = asks.recv() => ask,
            () = news(shared) => None,
            () = changed(shared) => None,
        };
        if ask.is_some() || !shared.world().outbox.settings.held {
            round(shared).await;
        }
        if let Some(ask) = ask {
            // Whoever asked may be gone.
            let _ = ask.send(());
        }
    }
}

/// Ends when something is to be told.
async fn news(shared: &Shared) {
    let next = {
        let world = shared.world();
        let held = world.outbox.settings.held;
        world.next_news().filter(|_| !held)
    };
    match next {
        Some(at) => shared.clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Ends soon after something has changed.
async fn changed(shared: &Shared) {
    shared.told.notified().await;
    pause(TOGETHER).await;
}

/// Tries once what is due when it begins.
async fn round(shared: &Shared) {
    let due = {
        let mut world = shared.world();
        let now = shared.clock.now();
        world.collect(now);
        let world = &mut *world;
        world.outbox.due(now, &mut world.random)
    };
    for id in due {
        let sending = shared.change(|world, now| world.outbox.sending(id, &world.apps, now));
        let Some(sending) = sending else {
            continue;
        };
        let answer = callback::post(&sending.url, &sending.signature, sending.body).await;
        shared.change(|world, now| world.outbox.tried(id, now, answer));
    }
}
