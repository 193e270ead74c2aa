//! What one page is told.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::Event;
use futures_util::{Stream, stream};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use social_core::model::{OwnerId, PostId};
use social_core::store::PostFilter;
use social_core::{Change, Result};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::streams::Place;
use crate::app::App;
use crate::present::page::sent_line;
use crate::view::format::percent;

/// At most four progress events a second for a post.
const APART: Duration = Duration::from_millis(250);
/// A stream ends after this long; the browser opens another one, and the sign-in is looked at again.
const LONGEST: Duration = Duration::from_secs(3_600);

/// What a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Overview,
    Posts,
    Post(PostId),
}

impl Scope {
    /// The parts that may have changed; nothing stands for all of them.
    fn parts(self) -> &'static str {
        match self {
            Self::Overview => "",
            Self::Posts => "posts",
            Self::Post(_) => "state acts verdict progress timeline ids",
        }
    }

    fn covers(self, id: PostId) -> bool {
        match self {
            Self::Post(own) => own == id,
            Self::Overview | Self::Posts => true,
        }
    }

    fn bar(self, id: PostId) -> String {
        match self {
            Self::Post(_) => "hop2-bar".to_owned(),
            Self::Overview | Self::Posts => format!("post-{id}-bar"),
        }
    }
}

/// Follows one owner's changes for one page.
pub(super) struct Follower {
    app: App,
    user: OwnerId,
    scope: Scope,
    place: Place,
    changes: Receiver<Change>,
    looks: Receiver<()>,
    /// What the page was last told of. Nothing yet: what changed between the page and its stream is told at once.
    seen: Option<[u8; 32]>,
    told: HashMap<PostId, Duration>,
    began: Duration,
}

impl Follower {
    pub(super) fn new(app: App, user: OwnerId, scope: Scope, place: Place) -> Self {
        Self {
            changes: app.social.changes(),
            looks: app.watch.listen(),
            began: app.social.clock().elapsed(),
            app,
            user,
            scope,
            place,
            seen: None,
            told: HashMap::new(),
        }
    }

    pub(super) fn into_stream(self) -> impl Stream<Item = Result<Event, Infallible>> + Send {
        stream::unfold(self, |mut follower| async move {
            let event = follower.next().await?;
            Some((Ok(event), follower))
        })
    }

    /// The next event; nothing when the stream is over.
    async fn next(&mut self) -> Option<Event> {
        if self.seen.is_none()
            && let Some(event) = self.look().await
        {
            return Some(event);
        }
        loop {
            let clock = self.app.social.clock();
            let left = LONGEST.checked_sub(clock.elapsed().saturating_sub(self.began))?;
            let change = tokio::select! {
                change = self.changes.recv() => change,
                look = self.looks.recv() => match look {
                    Ok(()) | Err(RecvError::Lagged(_)) => Err(RecvError::Lagged(0)),
                    Err(RecvError::Closed) => return None,
                },
                () = self.app.stop.cancelled() => return None,
                () = self.place.ended.cancelled() => return None,
                () = clock.sleep(left) => return None,
            };
            if let Some(event) = self.heard(change).await {
                return Some(event);
            }
        }
    }

    async fn heard(&mut self, change: Result<Change, RecvError>) -> Option<Event> {
        match change {
            Ok(Change::Progress {
                owner,
                id,
                sent,
                total,
            }) if owner == self.user && self.scope.covers(id) => self.progress(id, sent, total),
            Ok(Change::Post { owner, id }) if owner == self.user && self.scope.covers(id) => {
                self.look().await
            }
            Ok(Change::Account { owner }) if owner == self.user => self.look().await,
            // Too slow, or another process: anything may have changed.
            Err(_) => self.look().await,
            Ok(_) => None,
        }
    }

    fn progress(&mut self, id: PostId, sent: u64, total: u64) -> Option<Event> {
        let now = self.app.social.clock().elapsed();
        let early = self
            .told
            .get(&id)
            .is_some_and(|told| now.saturating_sub(*told) < APART);
        if early && sent < total {
            return None;
        }
        self.told.insert(id, now);
        let pct = percent(sent, total);
        let words = match self.scope {
            Scope::Post(_) => sent_line(sent, total),
            Scope::Overview | Scope::Posts => pct.clone(),
        };
        let data = json!({
            "bar": self.scope.bar(id), "value": sent, "max": total, "pct": pct, "words": words,
        });
        Some(Event::default().event("progress").data(data.to_string()))
    }

    /// An event if the owner's posts or accounts are not as they were.
    async fn look(&mut self) -> Option<Event> {
        let now = match self.state().await {
            Ok(state) => state,
            Err(error) => {
                tracing::warn!(%error, "a stream could not look at what changed");
                return None;
            }
        };
        if self.seen == Some(now) {
            return None;
        }
        self.seen = Some(now);
        Some(Event::default().event("changed").data(self.scope.parts()))
    }

    /// A digest of what the page shows.
    async fn state(&self) -> Result<[u8; 32]> {
        let social = &self.app.social;
        let mut digest = Sha256::new();
        let posts = match self.scope {
            Scope::Post(id) => vec![social.post(&self.user, id).await?],
            Scope::Overview | Scope::Posts => {
                for account in social.accounts(&self.user).await? {
                    digest.update(format!(
                        "{}{:?}{:?}",
                        account.name, account.key, account.status
                    ));
                }
                social.posts(&self.user, &PostFilter::default()).await?
            }
        };
        for post in posts {
            digest.update(format!("{post:?}"));
        }
        Ok(digest.finalize().into())
    }
}
