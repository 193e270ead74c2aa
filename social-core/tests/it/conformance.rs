//! The suites, mounted on the store in memory, and proven on broken ones.

mod broken;
mod keyring;
mod lists;
mod media;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use social_core::{
    conformance::{Harness, Instance, Reincarnate},
    memory::MemoryStore,
    store::InstanceName,
    time::ManualClock,
};

#[derive(Default)]
pub(crate) struct InMemory(ManualClock);

impl InMemory {
    fn fresh(&self) -> MemoryStore {
        MemoryStore::new(Arc::new(self.0.clone()))
    }
}

#[async_trait]
impl Harness for InMemory {
    type Store = MemoryStore;

    async fn store(&self) -> Arc<MemoryStore> {
        Arc::new(self.fresh())
    }

    async fn advance(&self, by: Duration) {
        self.0.advance(by);
    }
}

#[async_trait]
impl Instance for InMemory {
    async fn open_as(&self, store: Arc<MemoryStore>, name: Option<&str>) -> Arc<MemoryStore> {
        Arc::new(store.opened_as(name.map(|name| InstanceName::parse(name).unwrap())))
    }
}

#[async_trait]
impl Reincarnate for InMemory {
    async fn reincarnate(&self, store: Arc<MemoryStore>) -> Arc<MemoryStore> {
        store.reincarnate();
        store
    }
}

mod cancel {
    social_core::event_store_cancellation_suite!(super::InMemory::default());
    social_core::installation_store_cancellation_suite!(super::InMemory::default());
    social_core::limits_cancellation_suite!(super::InMemory::default());
    social_core::login_store_cancellation_suite!(super::InMemory::default());
    social_core::post_store_cancellation_suite!(super::InMemory::default());
    social_core::sealed_store_cancellation_suite!(super::InMemory::default());
    social_core::token_store_cancellation_suite!(super::InMemory::default());
}

mod events {
    social_core::event_store_suite!(super::InMemory::default());
    social_core::event_store_wakes_suite!(super::InMemory::default());
}

mod installation {
    social_core::installation_store_suite!(super::InMemory::default());
    social_core::installation_store_instances_suite!(super::InMemory::default());
    social_core::installation_store_lives_suite!(super::InMemory::default());
}

mod limits {
    social_core::limits_suite!(super::InMemory::default());
}

mod logins {
    social_core::login_store_suite!(super::InMemory::default());
}

mod posts {
    social_core::post_store_suite!(super::InMemory::default());
    social_core::post_store_losses_suite!(super::InMemory::default());
    social_core::post_store_wakes_suite!(super::InMemory::default());
}

mod sealed {
    social_core::sealed_store_suite!(super::InMemory::default());
}

mod told {
    social_core::told_suite!(super::InMemory::default());
}

mod tokens {
    social_core::token_store_suite!(super::InMemory::default());
}

/// A store differs from itself in nothing: the operations hang on no order of maps and on no clock but those given.
mod lockstep {
    use social_core::{Result, conformance::model};

    use super::InMemory;

    #[tokio::test]
    async fn events_agree() -> Result<()> {
        model::events(&InMemory::default(), 7, 3_000).await
    }

    #[tokio::test]
    async fn limits_agree() -> Result<()> {
        model::limits(&InMemory::default(), 7, 3_000).await
    }

    #[tokio::test]
    async fn sealed_values_agree() -> Result<()> {
        model::sealed(&InMemory::default(), 7, 3_000).await
    }

    #[tokio::test]
    async fn tokens_agree() -> Result<()> {
        model::tokens(&InMemory::default(), 7, 3_000).await
    }

    #[tokio::test]
    async fn logins_agree() -> Result<()> {
        model::logins(&InMemory::default(), 7, 3_000).await
    }

    #[tokio::test]
    async fn posts_agree() -> Result<()> {
        model::posts(&InMemory::default(), 7, 3_000).await
    }
}
