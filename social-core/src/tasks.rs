//! Work that must not be cut off: it runs in tasks that outlive whoever asked for it, and the end of the process waits for
//! them.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::task::JoinHandle;
use tokio_util::task::{TaskTracker, task_tracker::TaskTrackerToken};

use crate::{
    error::{Error, ErrorKind, Reason, Result},
    time::Clock,
};

/// The tasks of one installation in this process. Clones share them.
#[derive(Clone)]
pub(crate) struct Tasks(Arc<Inner>);

struct Inner {
    /// Closed from the start, so that waiting for it is waiting for what runs.
    tracker: TaskTracker,
    refuses: AtomicBool,
    names: Mutex<Names>,
}

#[derive(Default)]
struct Names {
    last: u64,
    running: BTreeMap<u64, String>,
}

/// Counts as running until it is dropped.
pub(crate) struct Place {
    tasks: Tasks,
    number: u64,
    _token: TaskTrackerToken,
}

impl Tasks {
    /// Runs it in a task of its own.
    ///
    /// # Errors
    /// `Unavailable` with the reason `ShuttingDown` when the process ends.
    pub(crate) fn spawn<F>(&self, name: impl Into<String>, work: F) -> Result<JoinHandle<F::Output>>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let place = self.begin(name)?;
        Ok(tokio::spawn(async move {
            let _place = place;
            work.await
        }))
    }

    /// Takes a place among what runs.
    ///
    /// # Errors
    /// As [`spawn`](Self::spawn).
    pub(crate) fn begin(&self, name: impl Into<String>) -> Result<Place> {
        // First the place, then the look: whoever closes waits for all places that were taken before.
        let token = self.0.tracker.token();
        self.check()?;
        let mut names = self.names();
        names.last += 1;
        let number = names.last;
        names.running.insert(number, name.into());
        drop(names);
        Ok(Place {
            tasks: self.clone(),
            number,
            _token: token,
        })
    }

    /// Whether something may still be begun.
    ///
    /// # Errors
    /// As [`spawn`](Self::spawn).
    pub(crate) fn check(&self) -> Result<()> {
        if self.0.refuses.load(Ordering::SeqCst) {
            return Err(closing());
        }
        Ok(())
    }

    /// Waits until nothing runs.
    pub(crate) async fn idle(&self) {
        self.0.tracker.wait().await;
    }

    /// From here on nothing is begun. Waits for what runs, so long.
    ///
    /// # Errors
    /// `Timeout` when something still runs then; it is named.
    pub(crate) async fn close(&self, clock: &dyn Clock, within: Duration) -> Result<()> {
        self.0.refuses.store(true, Ordering::SeqCst);
        tokio::select! {
            biased;
            () = self.idle() => return Ok(()),
            () = clock.sleep(within) => {}
        }
        let names: Vec<_> = self.names().running.values().cloned().collect();
        Err(unfinished(&names, within))
    }

    fn names(&self) -> MutexGuard<'_, Names> {
        self.0.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Tasks {
    fn default() -> Self {
        let tracker = TaskTracker::new();
        tracker.close();
        Self(Arc::new(Inner {
            tracker,
            refuses: AtomicBool::new(false),
            names: Mutex::default(),
        }))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.tasks.names().running.remove(&self.number);
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks")
            .field("running", &self.names().running)
            .finish_non_exhaustive()
    }
}

fn closing() -> Error {
    let message =
        "this process is ending and begins nothing new; ask again when it has started anew";
    Error::new(ErrorKind::Unavailable, message).with_reason(Reason::ShuttingDown)
}

fn unfinished(names: &[String], within: Duration) -> Error {
    let message = format!(
        "still on its way after {} s, and cut off when the process ends now: {}",
        within.as_secs(),
        names.join(", ")
    );
    Error::new(ErrorKind::Timeout, message)
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::time::ManualClock;

    const WITHIN: Duration = Duration::from_secs(75);

    #[tokio::test]
    async fn closing_waits_for_what_runs_and_refuses_what_is_new() {
        let (tasks, clock) = (Tasks::default(), ManualClock::default());
        let (go_on, held) = oneshot::channel::<()>();
        let task = tasks.spawn("refresh of a", held).unwrap();
        let closing = tokio::spawn({
            let (tasks, clock) = (tasks.clone(), clock.clone());
            async move { tasks.close(&clock, WITHIN).await }
        });
        while tasks.check().is_ok() {
            tokio::task::yield_now().await;
        }
        let refused = tasks.spawn("refresh of b", async {}).unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::ShuttingDown));
        clock.advance(WITHIN / 2);
        tokio::task::yield_now().await;
        assert!(!closing.is_finished(), "something runs");
        go_on.send(()).unwrap();
        task.await.unwrap().unwrap();
        closing.await.unwrap().unwrap();
        tasks.close(&clock, WITHIN).await.unwrap();
    }

    #[tokio::test]
    async fn closing_ends_in_time_and_names_what_it_left() {
        let (tasks, clock) = (Tasks::default(), ManualClock::default());
        let _stuck = tasks.begin("refresh of a").unwrap();
        drop(tasks.begin("refresh of b").unwrap());
        let closing = tokio::spawn({
            let (tasks, clock) = (tasks.clone(), clock.clone());
            async move { tasks.close(&clock, WITHIN).await }
        });
        while tasks.check().is_ok() {
            tokio::task::yield_now().await;
        }
        clock.advance(WITHIN);
        let error = closing.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        let said = error.to_string();
        assert!(
            said.contains("refresh of a") && !said.contains("of b"),
            "{said}"
        );
    }

    async fn broken() {
        panic!("as it may");
    }

    #[tokio::test]
    async fn a_panic_leaves_its_place() {
        let tasks = Tasks::default();
        let task = tasks.spawn("panic", broken()).unwrap();
        assert!(task.await.unwrap_err().is_panic());
        tasks.idle().await;
        assert!(tasks.names().running.is_empty());
    }
}
