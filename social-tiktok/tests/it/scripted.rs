//! Answers word for word, as TikTok was seen to give them.

use std::{sync::Arc, time::Duration};

use social_core::time::{Deadline, ManualClock};
use social_tiktok::{Client, TikTok};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::stage::{app, settings};

pub(crate) struct Scripted {
    pub(crate) server: MockServer,
    pub(crate) app: TikTok,
    clock: ManualClock,
}

impl Scripted {
    pub(crate) async fn new() -> Self {
        let server = MockServer::start().await;
        let clock = ManualClock::default();
        let app = app(&server.uri(), &clock, settings());
        Self { server, app, clock }
    }

    /// Answers everything with this.
    pub(crate) async fn answering(status: u16, body: &str) -> Self {
        let scripted = Self::new().await;
        scripted
            .answer(ResponseTemplate::new(status).set_body_string(body))
            .await;
        scripted
    }

    pub(crate) async fn answer(&self, answer: ResponseTemplate) {
        self.server.reset().await;
        Mock::given(any())
            .respond_with(answer)
            .mount(&self.server)
            .await;
    }

    pub(crate) fn client(&self) -> &Client {
        self.app.client()
    }

    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::after(Arc::new(self.clock.clone()), Duration::from_secs(60))
    }
}
