//! What the worker makes of the platform's events, held to the rules of every handler.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use social_core::{
    LocalKeyRing, MediaDir, PublishRequest, Social,
    conformance::handler::HandlerHarness,
    memory::MemoryStore,
    model::PostId,
    store::{EventRecord, ReceivedEvent},
    time::{Clock, ManualClock},
    webhook::{EventHandler, EventSubject, VerifiedEvent},
};
use social_workers::{PlatformEvents, PublishWorker};

use crate::{
    client::PLATFORM,
    peer::{APP, Peer},
    story,
};

/// A post that has a container and waits, and an event that says that it is published.
pub(crate) struct Sent {
    _peer: Peer,
    social: Social,
    clock: ManualClock,
    post: PostId,
    handler: Arc<dyn EventHandler>,
    _folder: tempfile::TempDir,
}

impl Sent {
    pub(crate) async fn new() -> Self {
        Self::handled_by(|social| Arc::new(PlatformEvents::new(social))).await
    }

    pub(crate) async fn handled_by(make: impl FnOnce(&Social) -> Arc<dyn EventHandler>) -> Self {
        let clock = ManualClock::default();
        let peer = Peer::start(Arc::new(clock.clone())).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let social = Social::builder()
            .stores(MemoryStore::new(Arc::new(clock.clone())))
            .keys(LocalKeyRing::file(folder.path().join("social.key")))
            .media(MediaDir::open(folder.path().join("media")).unwrap())
            .clock(Arc::new(clock.clone()))
            .platform(story::kit(&story::client(&peer, &clock).unwrap()))
            .build()
            .await
            .unwrap();
        let accounts = story::connect(&social, &|_| ()).await.unwrap();
        let request = PublishRequest::new([]).caption("a card");
        let post = social.submit(&accounts[0], "key", request).await.unwrap();
        PublishWorker::new(&social).run_once().await.unwrap();
        // Not so late that its worker would come by without a word.
        clock.advance(Duration::from_secs(1));
        Self {
            handler: make(&social),
            _peer: peer,
            social,
            clock,
            post: post.id,
            _folder: folder,
        }
    }
}

#[async_trait]
impl HandlerHarness for Sent {
    fn handler(&self) -> Arc<dyn EventHandler> {
        Arc::clone(&self.handler)
    }

    async fn event(&self) -> EventRecord {
        let post = self.social.post("ann", self.post).await.unwrap();
        let remote_id = post.checkpoint.remote_ids[0].clone();
        let body = br#"{"post":"p-1"}"#.to_vec();
        let event = VerifiedEvent::new(PLATFORM, APP, "e1", "post.published", body);
        let event = event.about(EventSubject::Post { remote_id });
        EventRecord::new(1, ReceivedEvent::new(event, self.clock.now()))
    }

    async fn state(&self) -> String {
        format!("{:?}", self.social.post("ann", self.post).await.unwrap())
    }
}

mod suite {
    social_core::event_handler_suite!(super::Sent::new().await);
}
