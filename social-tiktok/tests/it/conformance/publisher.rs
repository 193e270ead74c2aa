//! Publishing to the sandbox over HTTP, by a file that is sent and by an address that is fetched.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use social_core::{
    MediaStore, PublishRequest,
    conformance::{Trouble, publisher::PublisherHarness},
    model::{Account, TokenSet},
    publish::{Checkpoint, Publisher},
    store::Limits,
    time::Clock,
    webhook::{Delivery, VerifiedEvent, WebhookVerifier},
};
use social_sandbox::{DEMO_CLIENT_KEY, Endpoint, Fault};
use social_tiktok::{PostOptions, Privacy};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::{
    play::{at_url, consent, direct, url},
    stage::{Stage, app, settings},
};

const SCOPES: [&str; 3] = ["user.info.basic", "video.publish", "video.list"];
const BLIND: [&str; 2] = ["user.info.basic", "video.publish"];

/// How a post is made.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// A video is sent.
    File,
    /// A video is fetched.
    Address,
    /// Photos are fetched, of an account whose posts nobody may list.
    Photos,
}

struct Posting {
    stage: Stage,
    hook: MockServer,
    way: Way,
}

async fn posting(way: Way) -> Posting {
    let scopes: &[&str] = if way == Way::Photos { &BLIND } else { &SCOPES };
    let stage = Stage::of("studio-account", scopes).await;
    let hook = MockServer::start().await;
    let ok = Mock::given(any()).respond_with(ResponseTemplate::new(200));
    ok.mount(&hook).await;
    let callback = format!("{}/hook", hook.uri());
    let control = stage.control();
    control
        .set_webhook(DEMO_CLIENT_KEY, Some(&callback))
        .unwrap();
    // They are delivered when they are asked for.
    let mut webhooks = control.webhooks();
    webhooks.held = true;
    control.set_webhooks(webhooks).unwrap();
    Posting { stage, hook, way }
}

#[async_trait]
impl PublisherHarness for Posting {
    fn publisher(&self) -> &dyn Publisher {
        &self.stage.publisher
    }

    fn account(&self) -> &Account {
        &self.stage.account
    }

    /// New ones each time: theirs is a life of two hours.
    async fn tokens(&self) -> TokenSet {
        let scopes: Vec<_> = self.stage.tokens.scopes.iter().collect();
        let control = self.stage.control();
        let pair = control.grant(DEMO_CLIENT_KEY, "studio-account", &scopes);
        let mut tokens = self.stage.tokens.clone();
        tokens.access = pair.unwrap().access_token.into();
        tokens
    }

    fn media(&self) -> &dyn MediaStore {
        &self.stage.media
    }

    fn limits(&self) -> &dyn Limits {
        &self.stage.limits
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.stage.clock.clone())
    }

    async fn request(&self, number: usize) -> PublishRequest {
        let words = format!("post number {number} of this account");
        let request = match self.way {
            Way::File => {
                let options = PostOptions::direct(Privacy::Public, consent());
                let video = PublishRequest::video(self.stage.video(60_000).await);
                return video.caption(words).options(options).unwrap();
            }
            Way::Address => PublishRequest::video_at(url("https://media.example.com/sample.mp4")),
            Way::Photos => PublishRequest::photos([at_url("https://media.example.com/sample.jpg")]),
        };
        request.caption(words).options(direct()).unwrap()
    }

    async fn pass(&self, time: Duration) {
        self.stage.pass(time);
    }

    async fn posts(&self) -> usize {
        self.stage.control().posts().len()
    }

    async fn heard(&self) -> usize {
        self.stage.control().transcript().len()
    }

    async fn trouble(&self, at: &Checkpoint, trouble: Trouble) {
        let endpoint = match (at.step.as_str(), self.way) {
            ("creator", _) => Endpoint::CreatorInfo,
            ("init", Way::Photos) => Endpoint::PhotoInit,
            ("init", _) => Endpoint::Init,
            ("upload", _) => Endpoint::Upload,
            _ => Endpoint::Status,
        };
        self.stage.control().disarm_all();
        let kind = super::fault(trouble, "spam_risk_user_banned_from_posting");
        self.stage.arm_fault(Fault::new(endpoint, kind));
    }

    fn refusable(&self) -> Vec<&'static str> {
        vec!["creator", "init"]
    }

    /// Without its address no byte of an upload can arrive, so it may be begun again.
    fn has_once_steps(&self) -> bool {
        self.way != Way::File
    }

    async fn events(&self) -> Vec<VerifiedEvent> {
        self.stage.control().deliver_due().await;
        let heard = self.hook.received_requests().await.unwrap();
        let webhooks = app(self.stage.sandbox.url(), &self.stage.clock, settings()).webhooks();
        let now = self.stage.control().clock().now;
        let verify = |request: &wiremock::Request| {
            let delivery = Delivery::new(&request.headers, &request.body);
            webhooks.verify(delivery, now).unwrap().events
        };
        heard.iter().flat_map(verify).collect()
    }

    fn secrets(&self) -> Vec<String> {
        super::secrets(&self.stage.control())
    }
}

mod file {
    use super::{Way, posting};

    social_core::publisher_suite!(posting(Way::File).await);
}

mod address {
    use super::{Way, posting};

    social_core::publisher_suite!(posting(Way::Address).await);
}

mod photos {
    use super::{Way, posting};

    social_core::publisher_suite!(posting(Way::Photos).await);
}
