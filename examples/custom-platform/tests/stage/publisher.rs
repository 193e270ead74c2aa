use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::DateTime;
use social_core::{
    MediaStore, PublishRequest,
    conformance::{Trouble, publisher::PublisherHarness},
    model::{Account, TokenSet},
    publish::{Checkpoint, Publisher},
    store::Limits,
    time::Clock,
    webhook::{Delivery, VerifiedEvent},
};

use super::{Stage, secrets, webhook::signed};
use crate::peer::SECRET;

#[async_trait]
impl PublisherHarness for Stage {
    fn publisher(&self) -> &dyn Publisher {
        &*self.publisher
    }

    fn account(&self) -> &Account {
        &self.account
    }

    async fn tokens(&self) -> TokenSet {
        self.tokens.clone()
    }

    fn media(&self) -> &dyn MediaStore {
        &self.media
    }

    fn limits(&self) -> &dyn Limits {
        &self.limits
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }

    async fn request(&self, number: usize) -> PublishRequest {
        PublishRequest::text(format!("card {number}"))
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    async fn posts(&self) -> usize {
        self.peer.world().posts.len()
    }

    async fn heard(&self) -> usize {
        self.peer.world().heard
    }

    async fn trouble(&self, at: &Checkpoint, trouble: Trouble) {
        let call = match at.step.as_str() {
            "create" => "POST containers",
            "publish" => "POST posts",
            _ => "GET containers",
        };
        self.arm(call, trouble);
    }

    fn refusable(&self) -> Vec<&'static str> {
        vec!["create", "publish"]
    }

    async fn events(&self) -> Vec<VerifiedEvent> {
        let verify = |(time, body): (i64, Vec<u8>)| {
            let when = DateTime::from_timestamp(time, 0).unwrap();
            let headers = signed(SECRET, &body, when);
            let delivery = Delivery::new(&headers, &body);
            self.webhooks.verify(delivery, when).unwrap().events
        };
        self.deliveries().into_iter().flat_map(verify).collect()
    }

    fn secrets(&self) -> Vec<String> {
        secrets(self)
    }
}
