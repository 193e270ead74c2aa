//! What the worker makes of the platform's events, held to the rules of every handler.

use std::sync::Arc;

use async_trait::async_trait;
use social_core::{
    LocalKeyRing, MediaDir, Social,
    conformance::handler::HandlerHarness,
    conformance::named,
    memory::MemoryStore,
    model::AccountKey,
    store::{EventRecord, ReceivedEvent, TokenStore},
    time::{Clock, ManualClock},
    webhook::{EventHandler, EventSubject, VerifiedEvent},
};
use social_workers::PlatformEvents;

use crate::{
    client::PLATFORM,
    peer::{APP, Peer},
    story,
};

/// An account whose owner has taken access away on the platform, and an event that says so. What is about a post is handed
/// over to that post, which the suite of what posts are told is about.
pub(crate) struct Revoked {
    _peer: Peer,
    store: MemoryStore,
    clock: ManualClock,
    account: AccountKey,
    handler: Arc<dyn EventHandler>,
    _folder: tempfile::TempDir,
}

impl Revoked {
    pub(crate) async fn new() -> Self {
        Self::handled_by(|social| Arc::new(PlatformEvents::new(social))).await
    }

    pub(crate) async fn handled_by(make: impl FnOnce(&Social) -> Arc<dyn EventHandler>) -> Self {
        let clock = ManualClock::default();
        let peer = Peer::start(Arc::new(clock.clone())).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = MemoryStore::new(Arc::new(clock.clone()));
        let social = Social::builder()
            .stores(store.clone())
            .keys(LocalKeyRing::file(folder.path().join("social.key")))
            .media(MediaDir::open(folder.path().join("media")).unwrap())
            .clock(Arc::new(clock.clone()))
            .platform(story::kit(&story::client(&peer, &clock).unwrap()).unwrap())
            .build()
            .await
            .unwrap();
        let accounts = story::connect(&social, &|_| ()).await.unwrap();
        peer.world().end_access();
        Self {
            handler: make(&social),
            _peer: peer,
            store,
            clock,
            account: accounts[0].key.clone(),
            _folder: folder,
        }
    }
}

#[async_trait]
impl HandlerHarness for Revoked {
    fn handler(&self) -> Arc<dyn EventHandler> {
        Arc::clone(&self.handler)
    }

    async fn event(&self) -> EventRecord {
        let body = br#"{"box":"box-1"}"#.to_vec();
        let mut event = VerifiedEvent::new(PLATFORM, named(APP), "e1", "access.ended", body);
        event.account = Some(self.account.account.clone());
        let event = event.about(EventSubject::AccessRevoked);
        EventRecord::new(1, ReceivedEvent::new(event, self.clock.now()))
    }

    async fn state(&self) -> String {
        let stored = TokenStore::load(&self.store, &self.account).await.unwrap();
        format!("{:?}", stored.unwrap().value.status)
    }
}

mod suite {
    social_core::event_handler_suite!(super::Revoked::new().await);
}
