//! Stores with one fault each, and the case that must find it. A suite that lets them pass proves nothing.

mod events;
mod installation;
mod keyring;
mod limits;
mod logins;
mod media;
mod posts;
mod sealed;
mod tokens;
mod told;
mod whole;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use social_core::{
    Result,
    conformance::{Harness, Instance, Reincarnate},
    memory::MemoryStore,
    time::ManualClock,
};

/// Makes stores with a fault.
struct Faulty<S> {
    clock: ManualClock,
    make: fn(MemoryStore) -> S,
}

impl<S> Faulty<S> {
    fn new(make: fn(MemoryStore) -> S) -> Self {
        Self {
            clock: ManualClock::default(),
            make,
        }
    }
}

#[async_trait]
impl<S: Send + Sync + 'static> Harness for Faulty<S> {
    type Store = S;

    async fn store(&self) -> Arc<S> {
        Arc::new((self.make)(MemoryStore::new(Arc::new(self.clock.clone()))))
    }

    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}

#[async_trait]
impl Instance for Faulty<installation::Broken> {
    async fn open_as(
        &self,
        store: Arc<installation::Broken>,
        name: Option<&str>,
    ) -> Arc<installation::Broken> {
        Arc::new(store.opened_as(name))
    }
}

#[async_trait]
impl Reincarnate for Faulty<installation::Broken> {
    async fn reincarnate(&self, store: Arc<installation::Broken>) -> Arc<installation::Broken> {
        store.store.reincarnate();
        store
    }
}

/// Runs a case, which must fail and say why in these words.
async fn caught(case: impl Future<Output = Result<()>> + Send + 'static, words: &str) {
    let failure = match tokio::spawn(case).await {
        Err(failure) => failure.into_panic(),
        Ok(Err(error)) => Box::new(format!("{error:?}")),
        Ok(Ok(())) => panic!("the fault was not found"),
    };
    let said = match failure.downcast::<String>() {
        Ok(said) => *said,
        Err(other) => (*other.downcast::<&str>().unwrap()).to_owned(),
    };
    assert!(said.contains(words), "found for another reason: {said}");
}

/// One test per fault: the suite and the name of the case, the fault, and the words of the failure.
macro_rules! faults {
    ($suite:ident: $($case:ident finds $fault:expr, $words:literal;)*) => {
        $(
            #[tokio::test]
            async fn $case() {
                let case = async {
                    let harness = super::Faulty::new(|store| $fault(store));
                    social_core::conformance::$suite::$case(&harness).await
                };
                super::caught(case, $words).await;
            }
        )*
    };
}
use faults;
