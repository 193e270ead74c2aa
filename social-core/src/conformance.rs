//! Suites for implementors of the traits: one function per rule, one macro per trait that mounts them all.
//!
//! Implement [`Harness`] for your store and mount the suites in a test; each case becomes a test named after its rule.
//!
//! | trait | suite | what it needs |
//! |---|---|---|
//! | [`EventStore`](crate::store::EventStore) | [`event_store_suite!`](crate::event_store_suite) | [`Harness`] |
//! | | [`event_store_durability_suite!`](crate::event_store_durability_suite) | [`Reopen`] |
//! | | [`event_store_wakes_suite!`](crate::event_store_wakes_suite), if it gives hints | [`Harness`] |
//! | | [`event_store_cancellation_suite!`](crate::event_store_cancellation_suite) | [`Harness`] |
//! | [`InstallationStore`](crate::store::InstallationStore) | [`installation_store_suite!`](crate::installation_store_suite) | [`Harness`] |
//! | | [`installation_store_durability_suite!`](crate::installation_store_durability_suite) | [`Reopen`] |
//! | | [`installation_store_lives_suite!`](crate::installation_store_lives_suite), if it can tell | [`Reincarnate`] |
//! | | [`installation_store_instances_suite!`](crate::installation_store_instances_suite) | [`Instance`] |
//! | | [`installation_store_cancellation_suite!`](crate::installation_store_cancellation_suite) | [`Harness`] |
//! | [`Limits`](crate::store::Limits) | [`limits_suite!`](crate::limits_suite) | [`Harness`] |
//! | | [`limits_durability_suite!`](crate::limits_durability_suite) | [`Reopen`] |
//! | | [`limits_cancellation_suite!`](crate::limits_cancellation_suite) | [`Harness`] |
//! | [`LoginStore`](crate::store::LoginStore) | [`login_store_suite!`](crate::login_store_suite) | [`Harness`] |
//! | | [`login_store_durability_suite!`](crate::login_store_durability_suite) | [`Reopen`] |
//! | | [`login_store_cancellation_suite!`](crate::login_store_cancellation_suite) | [`Harness`] |
//! | [`MediaStore`](crate::media::MediaStore) | [`media_store_suite!`](crate::media_store_suite) | [`Harness`] |
//! | | [`media_store_age_suite!`](crate::media_store_age_suite), if it tells what it has | [`Harness`] |
//! | | [`media_store_parts_suite!`](crate::media_store_parts_suite), if it takes uploads in parts | [`Harness`] |
//! | | [`media_store_spoilt_suite!`](crate::media_store_spoilt_suite), if it tells what it has and a file can be spoilt | [`Spoil`] |
//! | | [`media_store_durability_suite!`](crate::media_store_durability_suite) | [`Reopen`] |
//! | [`PostStore`](crate::store::PostStore) | [`post_store_suite!`](crate::post_store_suite) | [`Harness`] |
//! | | [`post_store_durability_suite!`](crate::post_store_durability_suite) | [`Reopen`] |
//! | | [`post_store_wakes_suite!`](crate::post_store_wakes_suite), if it gives hints | [`Harness`] |
//! | | [`post_store_losses_suite!`](crate::post_store_losses_suite), if it knows the installation | [`Instance`] |
//! | | [`post_store_cancellation_suite!`](crate::post_store_cancellation_suite) | [`Harness`] |
//! | [`SealedStore`](crate::store::SealedStore), of a store that is [`Sealing`](sealed::Sealing) | [`sealed_store_suite!`](crate::sealed_store_suite) | [`Harness`] |
//! | | [`sealed_store_durability_suite!`](crate::sealed_store_durability_suite) | [`Reopen`] |
//! | | [`sealed_store_cancellation_suite!`](crate::sealed_store_cancellation_suite) | [`Harness`] |
//! | both, of a store that keeps events and posts | [`told_suite!`](crate::told_suite) | [`Harness`] |
//! | [`TokenStore`](crate::store::TokenStore) | [`token_store_suite!`](crate::token_store_suite) | [`Harness`] |
//! | | [`token_store_durability_suite!`](crate::token_store_durability_suite) | [`Reopen`] |
//! | | [`token_store_cancellation_suite!`](crate::token_store_cancellation_suite) | [`Harness`] |
//!
//! What a platform brings has suites as well. Each has a harness of its own, which plays the platform's side: the person on the
//! consent page, what befalls a call, how many posts there are.
//!
//! | trait | suite | what it needs |
//! |---|---|---|
//! | [`Comments`](crate::content::Comments) | [`comments_suite!`](crate::comments_suite) | [`CommentsHarness`](comments::CommentsHarness) |
//! | [`ContentSource`](crate::content::ContentSource) | [`content_source_suite!`](crate::content_source_suite) | [`ContentSourceHarness`](content::ContentSourceHarness) |
//! | [`EventHandler`](crate::webhook::EventHandler) | [`event_handler_suite!`](crate::event_handler_suite) | [`HandlerHarness`](handler::HandlerHarness) |
//! | [`EventSubscriptions`](crate::webhook::EventSubscriptions) | [`event_subscriptions_suite!`](crate::event_subscriptions_suite) | [`SubscriptionsHarness`](subscriptions::SubscriptionsHarness) |
//! | [`Insights`](crate::content::Insights) | [`insights_suite!`](crate::insights_suite) | [`InsightsHarness`](insights::InsightsHarness) |
//! | [`KeyRing`](crate::vault::KeyRing) | [`key_ring_suite!`](crate::key_ring_suite) | [`KeyRingHarness`](keyring::KeyRingHarness) |
//! | [`OAuthProvider`](crate::oauth::OAuthProvider) | [`oauth_provider_suite!`](crate::oauth_provider_suite) | [`OAuthHarness`](oauth::OAuthHarness) |
//! | [`Publisher`](crate::publish::Publisher) | [`publisher_suite!`](crate::publisher_suite) | [`PublisherHarness`](publisher::PublisherHarness) |
//! | [`WebhookVerifier`](crate::webhook::WebhookVerifier) | [`webhook_verifier_suite!`](crate::webhook_verifier_suite) | [`WebhookHarness`](webhook::WebhookHarness) |
//!
//! The suites of stores use nothing of a store but its traits. A store that outlives its process implements [`Reopen`] and mounts the
//! suites of durability; one that does not mount them has not shown that it keeps anything. One that can tell another life
//! of its data from the one that was accepted implements [`Reincarnate`]. Each trait's suites go into a
//! module of their own, since rules of different traits may have the same name.
//!
//! [`model`] compares a store to the one in memory over as many random operations as you like; call it from a test.
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//! use social_core::{conformance::Harness, memory::MemoryStore, time::ManualClock};
//!
//! #[derive(Default)]
//! struct InMemory(ManualClock);
//!
//! #[async_trait::async_trait]
//! impl Harness for InMemory {
//!     type Store = MemoryStore;
//!
//!     async fn store(&self) -> Arc<MemoryStore> {
//!         Arc::new(MemoryStore::new(Arc::new(self.0.clone())))
//!     }
//!
//!     async fn advance(&self, by: Duration) {
//!         self.0.advance(by);
//!     }
//! }
//!
//! mod events {
//!     social_core::event_store_suite!(super::InMemory::default());
//!     social_core::event_store_wakes_suite!(super::InMemory::default());
//!     social_core::event_store_cancellation_suite!(super::InMemory::default());
//! }
//!
//! mod lockstep {
//!     #[tokio::test]
//!     async fn events_agree() -> social_core::Result<()> {
//!         social_core::conformance::model::events(&super::InMemory::default(), 7, 10_000).await
//!     }
//! }
//! ```
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a suite speaks through panics, as any test does"
)]

pub mod cancel;
pub mod comments;
pub mod content;
pub mod events;
mod fixtures;
pub mod handler;
pub mod insights;
pub mod installation;
pub mod keyring;
pub mod limits;
pub mod logins;
pub mod media;
pub mod model;
mod mount;
pub mod oauth;
pub mod posts;
pub mod publisher;
pub mod sealed;
pub mod subscriptions;
mod through;
pub mod tokens;
pub mod told;
mod troubles;
pub mod webhook;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::model::MediaId;

pub use fixtures::named;
pub use through::Through;
pub use troubles::Trouble;

/// Makes stores to be tested.
#[async_trait]
pub trait Harness: Send + Sync + 'static {
    /// The store under test.
    type Store: Send + Sync + 'static;

    /// A fresh and empty store. Called several times, it answers stores that know nothing of each other.
    async fn store(&self) -> Arc<Self::Store>;

    /// Moves the clock on which the stores measure leases, of those that are there and those to come.
    async fn advance(&self, by: Duration);
}

/// Makes stores that outlive their process.
#[async_trait]
pub trait Reopen: Harness {
    /// Closes the store and opens it again, as the next process would. What was acknowledged must be there.
    async fn reopen(&self, store: Arc<Self::Store>) -> Arc<Self::Store>;
}

/// Makes stores that are opened under a name.
#[async_trait]
pub trait Instance: Harness {
    /// Closes the store and opens its data as the instance of this name, or of none.
    async fn open_as(&self, store: Arc<Self::Store>, name: Option<&str>) -> Arc<Self::Store>;
}

/// Makes stores of which a file can be spoilt.
#[async_trait]
pub trait Spoil: Harness {
    /// Spoils a file where the store keeps it, as a damaged disk does: it stays there, and the store can no longer tell its size, or
    /// how old it is.
    async fn spoil(&self, store: &Self::Store, file: &MediaId);
}

/// Makes stores whose data can be brought into another life, as by a restored backup, a clone or a promoted replica.
#[async_trait]
pub trait Reincarnate: Harness {
    /// Closes the store and opens its data in another life, with all that is in them. No two lives of one store have the
    /// same name.
    async fn reincarnate(&self, store: Arc<Self::Store>) -> Arc<Self::Store>;
}
