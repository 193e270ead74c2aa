//! The rules of [`Limits`].

mod block;
mod cost;
mod durability;
mod ending;
mod grant;
mod keys;
mod observe;
mod purge;
mod queue;
mod race;
mod refund;
mod unblock;
mod usage;

pub use block::*;
pub use cost::*;
pub use durability::*;
pub use ending::*;
pub use grant::*;
pub use keys::*;
pub use observe::*;
pub use purge::*;
pub use queue::*;
pub use race::*;
pub use refund::*;
pub use unblock::*;
pub use usage::*;

use std::time::Duration;

use super::fixtures::MINUTE;
use crate::{
    error::Result,
    store::{Booking, Limit, Limits, Usage, Window},
};

/// The usual window: long against the time a case takes, because the clock of a store may run by itself.
const HOUR: Duration = Duration::from_secs(3_600);

/// So many calls an hour.
fn calls(limit: u32) -> Limit {
    Limit::of_calls("example/calls", Window::new(limit, HOUR))
}

/// So many holders an hour.
fn holders(limit: u32) -> Limit {
    Limit::new("example/holders", Window::new(limit, HOUR))
}

/// The same under another key.
fn named(key: &str, limit: Limit) -> Limit {
    Limit {
        key: key.to_owned(),
        ..limit
    }
}

/// Books, which must be granted.
async fn granted<S: Limits>(store: &S, limits: &[Limit], holder: &str) -> Result<()> {
    match store.book(limits, holder).await? {
        Booking::Granted => Ok(()),
        Booking::Wait(wait) => panic!("{holder} is granted it, but is to wait for {wait:?}"),
    }
}

/// Books, which must not be granted, and answers for how long to wait.
async fn wait<S: Limits>(store: &S, limits: &[Limit], holder: &str) -> Result<Duration> {
    match store.book(limits, holder).await? {
        Booking::Granted => panic!("{holder} is to wait, but is granted it"),
        Booking::Wait(wait) => Ok(wait),
    }
}

/// Books, which must be granted after a time.
async fn waits<S: Limits>(
    store: &S,
    limits: &[Limit],
    holder: &str,
    expected: Duration,
) -> Result<()> {
    let wait = wait(store, limits, holder).await?;
    about(wait, expected, holder);
    Ok(())
}

/// Fails unless a time is what was expected, less what the case took.
#[track_caller]
fn about(time: Duration, expected: Duration, what: &str) {
    let slack = Duration::from_millis(1);
    assert!(
        time <= expected + slack && time + MINUTE > expected,
        "{what}: {expected:?} was expected, not {time:?}"
    );
}

/// What is spent and who waits; the time is compared by [`about`].
async fn spent<S: Limits>(store: &S, limit: &Limit) -> Result<(u32, u32)> {
    let Usage { used, waiting, .. } = store.usage(limit).await?;
    Ok((used, waiting))
}
