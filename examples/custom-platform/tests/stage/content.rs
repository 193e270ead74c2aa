use std::sync::Arc;

use async_trait::async_trait;
use social_core::{
    conformance::{
        Trouble,
        comments::CommentsHarness,
        content::{ContentHarness, ContentSourceHarness},
        insights::{InsightsHarness, days},
    },
    content::{Comments, ContentSource, Insights, Period},
    model::{Account, TokenSet},
    store::Limits,
    time::Clock,
};

use super::{Stage, secrets};

#[async_trait]
impl ContentHarness for Stage {
    fn account(&self) -> &Account {
        &self.account
    }

    fn tokens(&self) -> &TokenSet {
        &self.tokens
    }

    fn limits(&self) -> &dyn Limits {
        &self.limits
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }

    async fn show(&self, count: usize) -> Vec<String> {
        let mut world = self.peer.world();
        let account = self.account.key.account.as_str();
        let mut ids: Vec<_> = (0..count).map(|_| world.post(account, "a card")).collect();
        ids.reverse();
        ids
    }

    async fn tell_no_numbers(&self) {
        self.peer.world().bare = true;
    }

    async fn send_unknown_fields(&self) {
        self.peer.world().talkative = true;
    }

    async fn trouble(&self, trouble: Trouble) {
        self.arm("", trouble);
    }

    async fn heard(&self) -> usize {
        self.peer.world().heard
    }

    fn secrets(&self) -> Vec<String> {
        secrets(self)
    }
}

impl ContentSourceHarness for Stage {
    fn source(&self) -> &dyn ContentSource {
        &*self.source
    }
}

#[async_trait]
impl CommentsHarness for Stage {
    fn comments(&self) -> &dyn Comments {
        &*self.comments
    }

    fn has_trees(&self) -> bool {
        true
    }

    async fn comment(&self, media: &str, parent: Option<&str>, text: &str) -> String {
        self.peer.world().write(media, parent, "bob", text)
    }
}

impl InsightsHarness for Stage {
    fn insights(&self) -> &dyn Insights {
        &*self.insights
    }

    fn days(&self) -> Option<Period> {
        days(3).ok().map(Period::Daily)
    }

    fn dimension(&self) -> Option<&'static str> {
        Some("country")
    }
}
