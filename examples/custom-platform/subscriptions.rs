use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use social_core::{
    Error, ErrorKind, Result,
    content::ContentContext,
    model::Platform,
    webhook::{CallbackContext, EventSubscriptions},
};
use url::Url;

use super::client::{Client, PLATFORM};

/// What we want to be told.
pub(crate) const KINDS: [&str; 2] = ["note.written", "post.published"];

/// Each mailbox has a list of what is sent where, which whoever writes it replaces whole; and the app's address is switched off
/// when it does not answer for a while.
#[derive(Debug)]
pub(crate) struct Subscribing(pub(crate) Client);

#[derive(Deserialize)]
struct List {
    items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    kind: String,
    to: String,
}

#[derive(Deserialize)]
struct Written {
    refused: Vec<String>,
}

impl Subscribing {
    /// The whole list, of which some is ours.
    async fn list(&self, cx: &ContentContext<'_>) -> Result<Vec<Item>> {
        let access = &cx.tokens.access;
        let list = self
            .0
            .get::<List>(&["subscriptions"], &[], access, cx.deadline);
        Ok(list.await?.items)
    }

    async fn write(&self, cx: &ContentContext<'_>, items: &[Item]) -> Result<Vec<String>> {
        let (access, body) = (&cx.tokens.access, json!({ "items": items }));
        let written = self
            .0
            .post::<Written>(&["subscriptions"], &body, access, cx.deadline);
        Ok(written.await?.refused)
    }
}

#[async_trait]
impl EventSubscriptions for Subscribing {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    fn account_every(&self) -> Duration {
        Duration::from_secs(24 * 3_600)
    }

    fn callback_every(&self) -> Option<Duration> {
        Some(Duration::from_secs(10 * 60))
    }

    async fn subscribe(&self, cx: &ContentContext<'_>, callback: &Url) -> Result<Vec<String>> {
        let mut items = self.list(cx).await?;
        let ours = KINDS.map(|kind| Item {
            kind: kind.to_owned(),
            to: callback.to_string(),
        });
        let missing: Vec<_> = ours.into_iter().filter(|it| !items.contains(it)).collect();
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        items.extend(missing);
        self.write(cx, &items).await
    }

    async fn unsubscribe(&self, cx: &ContentContext<'_>, callback: &Url) -> Result<()> {
        let mut items = self.list(cx).await?;
        let all = items.len();
        items.retain(|it| it.to != callback.as_str());
        if items.len() < all {
            self.write(cx, &items).await?;
        }
        Ok(())
    }

    async fn keep_callback(&self, cx: &CallbackContext<'_>) -> Result<Vec<String>> {
        let fields = [("address", cx.callback.as_str())];
        let kept: Value = self.0.form("callback", &fields, cx.deadline).await?;
        match kept["is_on"] == true {
            true => Ok(Vec::new()),
            false => Err(Error::new(
                ErrorKind::Unavailable,
                "the platform does not send to our address; look whether it answers",
            )),
        }
    }
}
