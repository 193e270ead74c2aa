mod comments;
mod insights;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use social_core::{
    ErrorKind, Result,
    content::{ContentContext, ContentSource, MediaItem, MediaPage, Metric, Profile},
    model::{More, Platform},
    platform::lenient,
    publish::StepContext,
};

use super::client::{Client, PLATFORM};

/// What the platform shows: cards, the comments on them, and their numbers.
#[derive(Clone, Debug)]
pub(crate) struct Shown(pub(crate) Client);

/// A post as the platform sends it. A number that is not sent is none.
#[derive(Debug, Deserialize)]
pub(crate) struct Card {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) at: DateTime<Utc>,
    #[serde(default, deserialize_with = "lenient::int")]
    stamps: Option<i64>,
    #[serde(flatten)]
    more: More,
}

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl Card {
    /// Every card of an account.
    pub(crate) async fn all(client: &Client, cx: &StepContext<'_>) -> Result<Vec<Self>> {
        let (mut cards, mut from) = (Vec::new(), String::new());
        loop {
            let (path, query) = (["posts"], [("from", from.as_str())]);
            let page = client.get(&path, &query, &cx.tokens.access, cx.deadline);
            let page: Page<Self> = page.await?;
            cards.extend(page.items);
            match page.next {
                Some(next) => from = next,
                None => return Ok(cards),
            }
        }
    }
}

impl From<Card> for MediaItem {
    fn from(card: Card) -> Self {
        let mut item = Self::new(card.id);
        item.posted_at = Some(card.at);
        item.caption = Some(card.text);
        item.metrics = card
            .stamps
            .map(|n| Metric::new("stamps", n))
            .into_iter()
            .collect();
        item.more = card.more;
        item
    }
}

impl Shown {
    async fn page<T: serde::de::DeserializeOwned>(
        &self,
        cx: &ContentContext<'_>,
        path: &[&str],
        from: Option<&str>,
    ) -> Result<Page<T>> {
        let query: Vec<_> = from.map(|from| ("from", from)).into_iter().collect();
        let page = self.0.get(path, &query, &cx.tokens.access, cx.deadline);
        page.await
    }
}

#[async_trait]
impl ContentSource for Shown {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    async fn profile(&self, cx: &ContentContext<'_>) -> Result<Profile> {
        let me: Value = self
            .0
            .get(&["me"], &[], &cx.tokens.access, cx.deadline)
            .await?;
        let mut profile = Profile::new(cx.account.key.account.clone());
        profile.name = me["name"].as_str().map(str::to_owned);
        let cards = me["cards"].as_i64();
        profile.counts = cards.map(|n| Metric::new("cards", n)).into_iter().collect();
        Ok(profile)
    }

    async fn media(&self, cx: &ContentContext<'_>, from: Option<&str>) -> Result<MediaPage> {
        let page = self.page::<Card>(cx, &["posts"], from).await?;
        let items = page.items.into_iter().map(MediaItem::from).collect();
        Ok(MediaPage::new(items, page.next))
    }

    async fn media_by_id(&self, cx: &ContentContext<'_>, ids: &[&str]) -> Result<Vec<MediaItem>> {
        let mut items = Vec::new();
        for id in ids {
            let (path, access) = (["posts", *id], &cx.tokens.access);
            match self.0.get::<Card>(&path, &[], access, cx.deadline).await {
                Ok(card) => items.push(card.into()),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(items)
    }
}
