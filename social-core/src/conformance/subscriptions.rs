//! The rules of [`EventSubscriptions`].

mod bounds;
mod callback;
mod keep;

pub use bounds::*;
pub use callback::*;
pub use keep::*;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use url::Url;

use super::Trouble;
use crate::{
    content::ContentContext,
    model::{Account, TokenSet},
    store::Limits,
    time::{Clock, Deadline},
    webhook::{CallbackContext, EventSubscriptions},
};

/// Plays a platform that sends what happens to one account. Made anew for each case.
#[async_trait]
pub trait SubscriptionsHarness: Send + Sync + 'static {
    /// What is under test.
    fn subscriptions(&self) -> &dyn EventSubscriptions;

    /// The account, about which nothing is sent yet.
    fn account(&self) -> &Account;

    /// Its tokens, which the platform accepts.
    fn tokens(&self) -> &TokenSet;

    /// The address at which we receive.
    fn callback(&self) -> &Url;

    /// Limits, with room for a case.
    fn limits(&self) -> &dyn Limits;

    /// The clock.
    fn clock(&self) -> Arc<dyn Clock>;

    /// What the platform sends about the account to us now, each as often as it is sent.
    async fn sent(&self) -> Vec<String>;

    /// The platform forgets what we asked for, and tells nobody.
    async fn lapse(&self);

    /// Somebody else asks for something about the account, in the same place: what of it the platform sends to whom, as one
    /// text. None when nobody can.
    async fn ask_as_another(&self) -> Option<String>;

    /// What the platform sends of that now.
    async fn sent_to_another(&self) -> Option<String>;

    /// From now on the platform does not send one of the things: how that is named. None when it sends all or nothing.
    async fn refuse_one(&self) -> Option<String>;

    /// Whether the platform offers to end a subscription, and the implementation does.
    fn is_ended(&self) -> bool;

    /// Whether the platform sends to the app's address. Asked where the app has one.
    async fn is_on(&self) -> bool;

    /// The platform switches the app's address off, since it did not answer. Called where the app has one.
    async fn switch_off(&self);

    /// Has this befall the next call.
    async fn trouble(&self, trouble: Trouble);

    /// How many calls have arrived at the platform.
    async fn heard(&self) -> usize;

    /// Every secret there is.
    fn secrets(&self) -> Vec<String>;
}

fn soon(harness: &impl SubscriptionsHarness) -> Deadline {
    Deadline::after(harness.clock(), Duration::from_secs(60))
}

fn passed(harness: &impl SubscriptionsHarness) -> Deadline {
    Deadline::after(harness.clock(), Duration::ZERO)
}

fn cx<'a>(harness: &'a impl SubscriptionsHarness, deadline: &'a Deadline) -> ContentContext<'a> {
    let (account, tokens) = (harness.account(), harness.tokens());
    ContentContext::new(account, tokens, harness.limits(), deadline)
}

fn of_app<'a>(
    harness: &'a impl SubscriptionsHarness,
    deadline: &'a Deadline,
) -> CallbackContext<'a> {
    CallbackContext::new(harness.callback(), harness.limits(), deadline)
}

/// What is sent, in order.
async fn sent(harness: &impl SubscriptionsHarness) -> Vec<String> {
    let mut sent = harness.sent().await;
    sent.sort();
    sent
}

/// Looks at the account: what the platform refuses.
async fn subscribe(harness: &impl SubscriptionsHarness) -> crate::error::Result<Vec<String>> {
    let deadline = soon(harness);
    let cx = cx(harness, &deadline);
    let subscriptions = harness.subscriptions();
    subscriptions.subscribe(&cx, harness.callback()).await
}

async fn unsubscribe(harness: &impl SubscriptionsHarness) -> crate::error::Result<()> {
    let deadline = soon(harness);
    let cx = cx(harness, &deadline);
    let subscriptions = harness.subscriptions();
    subscriptions.unsubscribe(&cx, harness.callback()).await
}

/// Looks at the app's address, if there is one: what the platform refuses.
async fn keep(harness: &impl SubscriptionsHarness) -> Option<crate::error::Result<Vec<String>>> {
    harness.subscriptions().callback_every()?;
    let deadline = soon(harness);
    let cx = of_app(harness, &deadline);
    Some(harness.subscriptions().keep_callback(&cx).await)
}
