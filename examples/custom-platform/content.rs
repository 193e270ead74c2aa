use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use social_core::{
    Error, ErrorKind, Result,
    content::{
        Comment, CommentAction, CommentAuthor, CommentPage, Comments, ContentContext,
        ContentSource, Insight, InsightPage, InsightQuery, InsightSubject, InsightValue, Insights,
        MediaItem, MediaPage, Metric, NewComment, Number, Period, Profile, TimeRange,
        UnavailableMetric, Visibility,
    },
    model::{More, Platform},
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
    stamps: Option<i64>,
    #[serde(flatten)]
    more: More,
}

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Note {
    id: String,
    card: Option<String>,
    parent: Option<String>,
    by: Option<String>,
    text: Option<String>,
    at: Option<DateTime<Utc>>,
    hidden: Option<bool>,
    hearts: Option<i64>,
    replies: Option<i64>,
    #[serde(flatten)]
    more: More,
}

#[derive(Deserialize)]
struct Count {
    metric: String,
    value: Option<i64>,
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
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

impl From<Note> for Comment {
    fn from(note: Note) -> Self {
        let mut comment = Self::new(note.id);
        comment.media = note.card;
        comment.parent = note.parent;
        comment.author = note.by.map(|name| CommentAuthor::new(None, Some(name)));
        comment.text = note.text;
        comment.written_at = note.at;
        comment.visibility = note.hidden.map(|hidden| match hidden {
            true => Visibility::Hidden,
            false => Visibility::Shown,
        });
        comment.likes = note.hearts;
        comment.reply_count = note.replies;
        comment.more = note.more;
        comment
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

    async fn change(&self, cx: &ContentContext<'_>, path: &[&str], body: &Value) -> Result<Note> {
        let done = self.0.post(path, body, &cx.tokens.access, cx.deadline);
        done.await
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
        let mut profile = Profile::default();
        profile.account = cx.account.key.account.clone();
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

#[async_trait]
impl Comments for Shown {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    fn supports(&self, action: CommentAction) -> bool {
        action != CommentAction::Comment
    }

    async fn comments(
        &self,
        cx: &ContentContext<'_>,
        media: &str,
        from: Option<&str>,
    ) -> Result<CommentPage> {
        let page = self
            .page::<Note>(cx, &["posts", media, "notes"], from)
            .await?;
        let items = page.items.into_iter().map(Comment::from).collect();
        Ok(CommentPage::new(items, page.next))
    }

    async fn replies(
        &self,
        cx: &ContentContext<'_>,
        comment: &str,
        from: Option<&str>,
    ) -> Result<CommentPage> {
        let path = ["notes", comment, "replies"];
        let page = self.page::<Note>(cx, &path, from).await?;
        let items = page.items.into_iter().map(Comment::from).collect();
        Ok(CommentPage::new(items, page.next))
    }

    async fn write(&self, cx: &ContentContext<'_>, comment: &NewComment) -> Result<Comment> {
        let Some(parent) = comment.parent.as_deref() else {
            let message = "a postcard takes replies only";
            return Err(Error::new(ErrorKind::Unsupported, message));
        };
        let body = json!({"text": comment.text});
        let note = self.change(cx, &["notes", parent, "replies"], &body).await;
        note.map(Comment::from)
    }

    async fn set_visibility(
        &self,
        cx: &ContentContext<'_>,
        comment: &str,
        visibility: Visibility,
    ) -> Result<()> {
        let body = json!({"hidden": visibility == Visibility::Hidden});
        self.change(cx, &["notes", comment], &body).await.map(drop)
    }

    async fn delete(&self, cx: &ContentContext<'_>, comment: &str) -> Result<()> {
        let path = ["notes", comment, "delete"];
        match self.change(cx, &path, &json!({})).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            answer => answer.map(drop),
        }
    }
}

#[async_trait]
impl Insights for Shown {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    fn metrics(&self, _: &InsightSubject, _: &Period) -> Vec<String> {
        ["reads", "stamps"].map(str::to_owned).into()
    }

    async fn insights(
        &self,
        cx: &ContentContext<'_>,
        query: &InsightQuery,
        from: Option<&str>,
    ) -> Result<InsightPage> {
        let subject = match &query.subject {
            InsightSubject::Media(id) => id.as_str(),
            _ => "me",
        };
        let (period, range) = match query.period {
            Period::Daily(range) => ("daily", Some(range)),
            Period::Lifetime => ("lifetime", None),
            Period::Total(range) => ("total", Some(range)),
            _ => return Err(Error::new(ErrorKind::Unsupported, "no such period here")),
        };
        let metrics = match query.metrics.is_empty() {
            true => self.metrics(&query.subject, &query.period),
            false => query.metrics.clone(),
        };
        let known = self.metrics(&query.subject, &query.period);
        let (asked, unknown): (Vec<_>, Vec<_>) =
            metrics.into_iter().partition(|name| known.contains(name));
        let time = |at: DateTime<Utc>| at.timestamp().to_string();
        let (since, until) = range.map(|it| (time(it.since), time(it.until))).unzip();
        let (names, mut asks) = (asked.join(","), vec![("period", period)]);
        asks.push(("metrics", &names));
        asks.extend(since.as_deref().map(|since| ("since", since)));
        asks.extend(until.as_deref().map(|until| ("until", until)));
        asks.extend(from.map(|from| ("from", from)));
        let path = ["counts", subject];
        let page = self.0.get(&path, &asks, &cx.tokens.access, cx.deadline);
        let page: Page<Count> = page.await?;
        let mut missing = Vec::new();
        if from.is_none() {
            missing.extend(
                unknown
                    .into_iter()
                    .map(|it| UnavailableMetric::new(it, None)),
            );
        }
        Ok(gather(page, missing))
    }
}

fn gather(page: Page<Count>, mut missing: Vec<UnavailableMetric>) -> InsightPage {
    let mut insights: Vec<Insight> = Vec::new();
    for count in page.items {
        let Some(value) = count.value else {
            missing.push(UnavailableMetric::new(count.metric, None));
            continue;
        };
        let range = count.from.zip(count.until);
        let range = range.and_then(|(since, until)| TimeRange::new(since, until).ok());
        let value = InsightValue::new(Number::Whole(value), range);
        match insights.iter_mut().find(|it| it.metric == count.metric) {
            Some(known) => known.values.push(value),
            None => insights.push(Insight::new(count.metric, vec![value])),
        }
    }
    InsightPage::new(insights, page.next).without(missing)
}
