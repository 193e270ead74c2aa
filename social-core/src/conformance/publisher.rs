//! The rules of [`Publisher`], with the journal that a worker asks.

mod bounds;
mod events;
mod once;
mod plan;
mod restored;
mod work;

pub use bounds::*;
pub use events::*;
pub use once::*;
pub use plan::*;
pub use restored::*;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::Trouble;
use crate::{
    media::MediaStore,
    model::{Account, TokenSet},
    publish::{Checkpoint, PublishRequest, Publisher},
    store::Limits,
    time::Clock,
    webhook::VerifiedEvent,
};

/// Plays a platform with one account and no post, and what a worker has at hand. Made anew for each case.
#[async_trait]
pub trait PublisherHarness: Send + Sync + 'static {
    /// The publisher under test.
    fn publisher(&self) -> &dyn Publisher;

    /// The account.
    fn account(&self) -> &Account;

    /// Its tokens, which the platform accepts now.
    async fn tokens(&self) -> TokenSet;

    /// Where the media of the requests are.
    fn media(&self) -> &dyn MediaStore;

    /// Limits, on the clock.
    fn limits(&self) -> &dyn Limits;

    /// The clock, which only [`pass`](Self::pass) moves.
    fn clock(&self) -> Arc<dyn Clock>;

    /// A request that the platform takes and makes a public post of. Two numbers are two different posts.
    async fn request(&self, number: usize) -> PublishRequest;

    /// Lets time pass, here and on the platform.
    async fn pass(&self, time: Duration);

    /// How many posts there are on the platform, in public or in the hands of the person.
    async fn posts(&self) -> usize;

    /// How many calls have arrived at the platform.
    async fn heard(&self) -> usize;

    /// Has this befall the call that the step of `at` makes next.
    async fn trouble(&self, at: &Checkpoint, trouble: Trouble);

    /// The names of the steps at which the platform can [refuse](Trouble::Refused) a post that does not exist yet.
    fn refusable(&self) -> Vec<&'static str>;

    /// What the platform has sent so far, verified, in its order. Nothing only where it [tells](Self::tells) nothing.
    async fn events(&self) -> Vec<VerifiedEvent>;

    /// Whether the platform sends events about posts.
    fn tells(&self) -> bool {
        true
    }

    /// Whether a step of these requests must happen at most once.
    fn has_once_steps(&self) -> bool {
        true
    }

    /// Every secret of the platform so far: tokens, the app's secret, signed addresses.
    fn secrets(&self) -> Vec<String>;
}
