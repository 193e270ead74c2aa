//! The rules of [`ContentSource`], and what the three traits of [`content`](crate::content) have in common.

mod bounds;
mod media;

pub use bounds::*;
pub use media::*;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::Trouble;
use crate::{
    content::{ContentContext, ContentSource},
    model::{Account, TokenSet},
    store::Limits,
    time::{Clock, Deadline},
};

/// Plays a platform with one account. Made anew for each case.
#[async_trait]
pub trait ContentHarness: Send + Sync + 'static {
    /// The account, which shows nothing yet.
    fn account(&self) -> &Account;

    /// Its tokens, which the platform accepts and which may see all there is.
    fn tokens(&self) -> &TokenSet;

    /// Limits, with room for a case.
    fn limits(&self) -> &dyn Limits;

    /// The clock.
    fn clock(&self) -> Arc<dyn Clock>;

    /// Lets the account show so many media, and tells their ids, newest first. Called once in a case.
    async fn show(&self, count: usize) -> Vec<String>;

    /// From now on the platform leaves every number out.
    async fn tell_no_numbers(&self);

    /// From now on the platform sends fields that nobody knows.
    async fn send_unknown_fields(&self);

    /// Has this befall the next call.
    async fn trouble(&self, trouble: Trouble);

    /// How many calls have arrived at the platform.
    async fn heard(&self) -> usize;

    /// Every secret there is.
    fn secrets(&self) -> Vec<String>;
}

/// Plays a platform that shows profiles and media.
pub trait ContentSourceHarness: ContentHarness {
    /// The source under test.
    fn source(&self) -> &dyn ContentSource;
}

pub(super) fn soon(harness: &impl ContentHarness) -> Deadline {
    Deadline::after(harness.clock(), Duration::from_secs(60))
}

pub(super) fn passed(harness: &impl ContentHarness) -> Deadline {
    Deadline::after(harness.clock(), Duration::ZERO)
}

pub(super) fn cx<'a>(
    harness: &'a impl ContentHarness,
    deadline: &'a Deadline,
) -> ContentContext<'a> {
    let (account, tokens) = (harness.account(), harness.tokens());
    ContentContext::new(account, tokens, harness.limits(), deadline)
}
