//! Suites for implementors of the store traits: one function per rule, one macro per trait that mounts them all.
//!
//! Implement [`Harness`] for your store and mount the suites in a test; each case becomes a test named after its rule.
//! They use nothing of a store but its trait. A store that outlives its process implements [`Reopen`] too and mounts the
//! suites of durability; one that does not mount them has not shown that it keeps anything.
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
//! mod installation {
//!     social_core::installation_store_suite!(super::InMemory::default());
//! }
//! ```
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a suite speaks through panics, as any test does"
)]

pub mod cancel;
pub mod events;
mod fixtures;
pub mod installation;
pub mod limits;
pub mod logins;
pub mod model;
mod mount;
pub mod posts;
pub mod sealed;
pub mod tokens;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

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

/// Makes stores whose data can be brought into another life, as by a restored backup, a clone or a promoted replica.
#[async_trait]
pub trait Reincarnate: Harness {
    /// Closes the store and opens its data in another life, with all that is in them. No two lives of one store have the
    /// same name.
    async fn reincarnate(&self, store: Arc<Self::Store>) -> Arc<Self::Store>;
}
