//! What is logged in this thread.
//!
//! All tests of a program share one process. tracing keeps for each line of code whether anybody wants to hear it, and
//! of a single subscriber it asks the thread that comes to the line first. A subscriber set for one thread alone would
//! thus miss what another thread came to before. So there is one subscriber for all threads, which wants everything
//! and gives each thread its own lines.

use std::{
    cell::RefCell,
    fmt::{self, Write},
    marker::PhantomData,
    sync::{Arc, Mutex, OnceLock},
};

use tracing::{
    Dispatch, Event, Metadata, Subscriber, callsite,
    dispatcher::set_global_default,
    field::{Field, Visit},
    span,
    subscriber::{Interest, NoSubscriber},
};

thread_local! {
    static LISTENERS: RefCell<Vec<Heard>> = const { RefCell::new(Vec::new()) };
}

/// One line an event or span: level, target, then fields.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    pub(crate) fn count(&self, part: &str) -> usize {
        let lines = self.0.lock().unwrap();
        lines.iter().filter(|line| line.contains(part)).count()
    }

    /// All that this crate has logged, spans too.
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

/// Hears what this crate logs in this thread while the guard lives.
pub(crate) fn hear() -> (Heard, Listening) {
    static REGISTERED: OnceLock<Dispatch> = OnceLock::new();
    REGISTERED.get_or_init(|| {
        // With a second one there, tracing asks both of them from the start, not the thread that comes first.
        let second = Dispatch::new(NoSubscriber::new());
        set_global_default(Dispatch::new(Everything)).unwrap();
        second
    });
    callsite::rebuild_interest_cache();
    let heard = Heard::default();
    LISTENERS.with_borrow_mut(|all| all.push(heard.clone()));
    (heard.clone(), Listening(heard, PhantomData))
}

/// Ends the hearing, in the thread that began it.
pub(crate) struct Listening(Heard, PhantomData<*const ()>);

impl Drop for Listening {
    fn drop(&mut self) {
        LISTENERS.with_borrow_mut(|all| all.retain(|one| !Arc::ptr_eq(&one.0, &self.0.0)));
    }
}

struct Line(String);

impl Line {
    fn new(metadata: &Metadata<'_>) -> Self {
        Self(format!("{} {}", metadata.level(), metadata.target()))
    }

    fn tell(&self) {
        // A thread that is ending has nobody left to tell.
        let _ = LISTENERS.try_with(|all| {
            for listener in &*all.borrow() {
                listener.0.lock().unwrap().push(self.0.clone());
            }
        });
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

struct Everything;

impl Subscriber for Everything {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("social_core")
            && LISTENERS
                .try_with(|all| !all.borrow().is_empty())
                .unwrap_or(false)
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let mut line = Line::new(attributes.metadata());
        attributes.record(&mut line);
        line.tell();
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        let mut line = Line("recorded".to_owned());
        values.record(&mut line);
        line.tell();
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::new(event.metadata());
        event.record(&mut line);
        line.tell();
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Others log the same line at the same time, in threads that hear nothing.
#[test]
fn each_thread_hears_its_own_lines_and_all_of_them() {
    fn log(thread: usize) {
        tracing::info!(thread, "a line that all come to");
    }
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1_000).for_each(|_| log(9)));
        }
        for thread in 0..4 {
            scope.spawn(move || {
                for _ in 0..100 {
                    let (heard, listening) = hear();
                    log(thread);
                    assert_eq!(heard.count("a line that all come to"), 1);
                    assert_eq!(heard.count(&format!("thread={thread}")), 1);
                    drop(listening);
                    log(thread);
                    assert_eq!(heard.count(""), 1);
                }
            });
        }
    });
}
