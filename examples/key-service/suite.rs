//! The rules of every key ring.

use std::sync::Arc;

use async_trait::async_trait;
use secrecy::ExposeSecret;
use social_core::{KeyRing, conformance::keyring::KeyRingHarness};

use crate::Bench;

#[async_trait]
impl KeyRingHarness for Bench {
    async fn ring(&self) -> Arc<dyn KeyRing> {
        Arc::new(Self::ring(self))
    }

    /// By a process of its own, which ends then.
    async fn rotate(&self) {
        let ring = Self::ring(self);
        ring.prepare(false).await.unwrap();
        ring.rotate().await.unwrap();
    }

    /// The keys themselves are in no file: only who may have them unwrapped is told here.
    async fn secrets(&self) -> Vec<String> {
        vec![self.server.token().expose_secret().to_owned()]
    }
}

social_core::key_ring_suite!(Bench::new().await);
