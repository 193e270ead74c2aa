use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use social_core::{
    Result, Social,
    conformance::handler::{self, HandlerHarness},
    store::EventRecord,
    webhook::{EventHandler, EventSubject, Handled},
};
use social_workers::PlatformEvents;

use crate::{client::PLATFORM, events::Revoked};

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// Counts each time.
    CountsAll,
    /// Forgets what it was dropped over.
    LosesTheDropped,
    /// Does nothing.
    Idle,
    /// Takes every platform's events for its own.
    TakesForeign,
    /// Waits for what will never come.
    WaitsForNothing,
}

/// What a handler changed besides, so that a second time is seen.
#[derive(Default)]
struct Counted(AtomicUsize);

struct Broken(PlatformEvents, Fault, Arc<Counted>);

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Broken")
    }
}

#[async_trait]
impl EventHandler for Broken {
    async fn handle(&self, event: &EventRecord) -> Result<Handled> {
        let mut event = event.clone();
        let handled = &self.2.0;
        match self.1 {
            Fault::CountsAll => {
                handled.fetch_add(1, Ordering::Relaxed);
            }
            Fault::Idle => return Ok(Handled::Done),
            // Marked before it took effect: whoever is dropped in between has lost it.
            Fault::LosesTheDropped if handled.fetch_add(1, Ordering::Relaxed) > 0 => {
                return Ok(Handled::Done);
            }
            Fault::LosesTheDropped => tokio::task::yield_now().await,
            Fault::TakesForeign => event.event.platform = PLATFORM,
            Fault::WaitsForNothing if event.event.subject == EventSubject::Other => {
                return Ok(Handled::RetryLater);
            }
            Fault::WaitsForNothing => {}
        }
        self.0.handle(&event).await
    }
}

/// The stage, and what was counted.
struct Stage(Revoked, Arc<Counted>, Fault);

impl Stage {
    async fn new(fault: Fault) -> Self {
        let counted = Arc::<Counted>::default();
        let shared = Arc::clone(&counted);
        let make = move |social: &Social| -> Arc<dyn EventHandler> {
            Arc::new(Broken(PlatformEvents::new(social), fault, shared))
        };
        Self(Revoked::handled_by(make).await, counted, fault)
    }
}

#[async_trait]
impl HandlerHarness for Stage {
    fn handler(&self) -> Arc<dyn EventHandler> {
        self.0.handler()
    }

    async fn event(&self) -> EventRecord {
        self.0.event().await
    }

    async fn state(&self) -> String {
        let counted = self.1.0.load(Ordering::Relaxed);
        let counted = if self.2 == Fault::CountsAll {
            counted
        } else {
            0
        };
        format!("{counted} {}", self.0.state().await)
    }
}

macro_rules! faults {
    ($($case:ident finds $fault:ident, $words:literal;)*) => {
        $(
            #[tokio::test]
            async fn $case() {
                let case = async { handler::$case(&Stage::new(Fault::$fault).await).await };
                super::caught(case, $words).await;
            }
        )*
    };
}

faults! {
    an_event_takes_effect finds Idle, "it takes effect";
    the_same_event_twice_is_harmless finds CountsAll, "handled twice";
    the_same_event_at_once_is_harmless finds CountsAll, "handled again";
    an_event_of_another_platform_is_left_alone finds TakesForeign, "another platform's event";
    an_event_about_nothing_known_is_done finds WaitsForNothing, "nothing to wait for";
    a_dropped_handling_is_completed_by_the_next finds LosesTheDropped, "it takes effect";
}
