use std::time::Duration;

/// How an [`EventWorker`](super::EventWorker) works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventSettings {
    /// How many events it handles at once, each in a task of its own. With 1 each ends before the next begins. 8.
    pub concurrency: u32,
    /// How long a claim lasts without being renewed. After a crash, events that were being handled wait this long. 30 s.
    pub lease: Duration,
    /// How long a handler may take. After that it is cut off, and the event counts a failure. 10 min.
    pub patience: Duration,
    /// How often to look for events at least. 1 s.
    pub idle: Duration,
    /// How long handlers may go on after the end was asked for. 10 s.
    pub grace: Duration,
    /// The longest wait between two tries; the first one is a second, then it doubles. 60 s.
    pub longest_wait: Duration,
    /// How often an event is tried that nobody can handle yet, or whose handling fails, before it is a dead letter. 100,
    /// which is an hour and a half.
    pub tries: u32,
    /// How often it may end its process before it is set aside. 10.
    pub attempts: u32,
}

impl Default for EventSettings {
    fn default() -> Self {
        Self {
            concurrency: 8,
            lease: Duration::from_secs(30),
            patience: Duration::from_secs(600),
            idle: Duration::from_secs(1),
            grace: Duration::from_secs(10),
            longest_wait: Duration::from_secs(60),
            tries: 100,
            attempts: 10,
        }
    }
}
