use std::sync::Arc;

use async_trait::async_trait;
use social_core::{
    conformance::{Trouble, subscriptions::SubscriptionsHarness},
    model::{Account, TokenSet},
    store::Limits,
    time::Clock,
    webhook::EventSubscriptions,
};
use url::Url;

use super::{Stage, secrets};
use crate::subscriptions::KINDS;

const ANOTHER: &str = "https://another.example/hooks";

#[async_trait]
impl SubscriptionsHarness for Stage {
    fn subscriptions(&self) -> &dyn EventSubscriptions {
        &*self.subscriptions
    }

    fn account(&self) -> &Account {
        &self.account
    }

    fn tokens(&self) -> &TokenSet {
        &self.tokens
    }

    fn callback(&self) -> &Url {
        &self.callback
    }

    fn limits(&self) -> &dyn Limits {
        &self.limits
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }

    async fn sent(&self) -> Vec<String> {
        let account = self.account.key.account.as_str();
        self.peer.world().sent(account, self.callback.as_str())
    }

    async fn lapse(&self) {
        let ours = self.callback.as_str();
        self.peer.world().subscribed.retain(|(_, _, to)| to != ours);
    }

    async fn ask_as_another(&self) -> Option<String> {
        let account = self.account.key.account.to_string();
        let another = (account, "stamp.given".to_owned(), ANOTHER.to_owned());
        self.peer.world().subscribed.push(another);
        self.sent_to_another().await
    }

    async fn sent_to_another(&self) -> Option<String> {
        let account = self.account.key.account.as_str();
        Some(self.peer.world().sent(account, ANOTHER).join(", "))
    }

    async fn refuse_one(&self) -> Option<String> {
        let name = KINDS[0].to_owned();
        self.peer.world().not_sent.push(name.clone());
        Some(name)
    }

    fn is_ended(&self) -> bool {
        true
    }

    async fn is_on(&self) -> bool {
        let ours = (self.callback.to_string(), true);
        self.peer.world().address.as_ref() == Some(&ours)
    }

    async fn switch_off(&self) {
        if let Some((_, on)) = &mut self.peer.world().address {
            *on = false;
        }
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
