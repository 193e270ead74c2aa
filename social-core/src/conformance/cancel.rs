//! Cancellation at every poll: of each method that writes, a call dropped after any number of polls has happened wholly
//! or not at all, and the store goes on to work.
//!
//! A call is polled once, twice, three times and so on, until it is done before it is dropped. It is dropped right after
//! a poll, while the store's work for it goes on, and again when it has been woken, with an answer that nobody reads. In
//! a store that never waits each call is done at its first poll, and only the one that is never polled is dropped.

mod events;
mod installation;
mod limits;
mod logins;
mod posts;
mod sealed;
mod tokens;

pub use events::*;
pub use installation::*;
pub use limits::*;
pub use logins::*;
pub use posts::*;
pub use sealed::*;
pub use tokens::*;

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
};

use crate::error::{ErrorKind, Result};

/// No call of a store is polled more often than this.
const MOST_POLLS: usize = 1_000;
/// So often a call that goes on in the background is looked at again.
const LOOKS: usize = 1_000;

/// One number of polls after the other, each dropped in both ways, until a call is done in both.
#[derive(Default)]
struct Attempts {
    made: usize,
    done: usize,
}

impl Attempts {
    /// The number of the next attempt, from 0. It names a fixture of its own.
    fn next(&mut self) -> Option<usize> {
        if self.done == 2 {
            return None;
        }
        assert!(self.made < 2 * MOST_POLLS, "a call is done some time");
        self.made += 1;
        Some(self.made - 1)
    }

    /// Polls a call as often as it is the turn of, and drops it; its answer, if it was done.
    async fn drop_after<F: Future + Send>(&mut self, call: F) -> Option<F::Output> {
        let attempt = self.made - 1;
        let answer = dropped(call, attempt / 2, !attempt.is_multiple_of(2)).await;
        self.done = if answer.is_some() { self.done + 1 } else { 0 };
        answer
    }
}

/// Polls so often, each time when there is something to poll for, and drops: at once, or when it was woken once more.
async fn dropped<F: Future + Send>(call: F, polls: usize, once_woken: bool) -> Option<F::Output> {
    let mut call = pin!(call);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match call.as_mut().poll(context) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending if left == 0 && !once_woken => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Drops a call at every poll. What `look` shows must be as before or as after the whole of it; if it is as before, the
/// same call made again does it.
///
/// `prepare` makes rows of their own for a number, and `look` shows all that the call may change of them, in words that
/// do not hang on the number.
async fn whole_or_nothing<S, C, T, P, A, L>(
    store: &Arc<S>,
    prepare: impl Fn(Arc<S>, usize) -> P + Send,
    call: impl Fn(Arc<S>, C) -> A + Send,
    look: impl Fn(Arc<S>, C) -> L + Send,
) -> Result<()>
where
    S: Send + Sync + 'static,
    C: Clone + Send,
    T: Send,
    P: Future<Output = Result<C>> + Send,
    A: Future<Output = Result<T>> + Send,
    L: Future<Output = Result<String>> + Send,
{
    let fixture = prepare(Arc::clone(store), 2 * MOST_POLLS).await?;
    let before = look(Arc::clone(store), fixture.clone()).await?;
    call(Arc::clone(store), fixture.clone()).await?;
    let after = look(Arc::clone(store), fixture).await?;
    assert_ne!(before, after, "what the call does is seen");

    let mut attempts = Attempts::default();
    while let Some(number) = attempts.next() {
        let fixture = prepare(Arc::clone(store), number).await?;
        let first = call(Arc::clone(store), fixture.clone());
        if let Some(answer) = attempts.drop_after(first).await {
            answer?;
        }
        let polls = number / 2;
        let mut seen = String::new();
        for _ in 0..LOOKS {
            seen = look(Arc::clone(store), fixture.clone()).await?;
            if seen == before || seen == after {
                break;
            }
            tokio::task::yield_now().await;
        }
        if seen == before {
            // It may still go on behind us, and be there first.
            match call(Arc::clone(store), fixture.clone()).await {
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                answer => drop(answer?),
            }
        }
        for _ in 0..LOOKS {
            if seen == after {
                break;
            }
            tokio::task::yield_now().await;
            seen = look(Arc::clone(store), fixture.clone()).await?;
        }
        assert_eq!(seen, after, "dropped after {polls} polls, then done whole");
    }
    Ok(())
}

/// Drops a call that reads, or that changes nothing now, at every poll. Made again, it answers as it does without.
async fn undisturbed<T, A>(what: &str, call: impl Fn() -> A + Send) -> Result<()>
where
    T: std::fmt::Debug + Send,
    A: Future<Output = Result<T>> + Send,
{
    let expected = format!("{:?}", call().await?);
    let mut attempts = Attempts::default();
    while let Some(number) = attempts.next() {
        if let Some(answer) = attempts.drop_after(call()).await {
            answer?;
        }
        let polls = number / 2;
        let again = format!("{:?}", call().await?);
        assert_eq!(again, expected, "{what}, dropped after {polls} polls");
    }
    Ok(())
}
