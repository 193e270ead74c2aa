//! The suites, mounted on the store in memory.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use social_core::{conformance::Harness, memory::MemoryStore, time::ManualClock};

#[derive(Default)]
struct InMemory(ManualClock);

#[async_trait]
impl Harness for InMemory {
    type Store = MemoryStore;

    async fn store(&self) -> Arc<MemoryStore> {
        Arc::new(MemoryStore::new(Arc::new(self.0.clone())))
    }

    async fn advance(&self, by: Duration) {
        self.0.advance(by);
    }
}

mod installation {
    social_core::installation_store_suite!(super::InMemory::default());
}

mod logins {
    social_core::login_store_suite!(super::InMemory::default());
}

mod posts {
    social_core::post_store_suite!(super::InMemory::default());
}

mod tokens {
    social_core::token_store_suite!(super::InMemory::default());
}
