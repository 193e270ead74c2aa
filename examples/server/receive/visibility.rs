//! Who can see a post, as TikTok's events tell: kept here, in this server's own file.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use social_core::store::EventRecord;
use social_core::webhook::{EventHandler, EventSubject, Handled};
use social_core::{Result, Social};
use social_tiktok::Publishing;
use tokio::sync::Mutex;

use crate::own::Own;
use crate::routes::post::visibility_name;

/// Writes down what events say about the visibility of posts.
#[derive(Clone, Debug)]
pub(crate) struct Visibilities {
    social: Social,
    own: Own,
    publishing: Publishing,
    /// Events are handled side by side, and one at a time looks at what is known of a visibility and changes it.
    turn: Arc<Mutex<()>>,
}

impl Visibilities {
    pub(crate) fn new(social: &Social, own: &Own, publishing: Publishing) -> Self {
        Self {
            social: social.clone(),
            own: own.clone(),
            publishing,
            turn: Arc::default(),
        }
    }
}

#[async_trait]
impl EventHandler for Visibilities {
    async fn handle(&self, record: &EventRecord) -> Result<Handled> {
        let event = &record.event;
        let EventSubject::Post { remote_id } = &event.subject else {
            return Ok(Handled::Done);
        };
        let Some(is_public) = self.publishing.is_public(event) else {
            return Ok(Handled::Done);
        };
        let posts = &self.social.stores().posts;
        let found = posts.find_remote(&event.platform, &event.app, remote_id);
        // It may have come before the publish id was written down.
        let Some(post) = found.await? else {
            return Ok(Handled::RetryLater);
        };
        let at = event.occurred_at;
        let at = at.unwrap_or_else(|| self.social.clock().now());
        let name = visibility_name(&post);
        let _turn = self.turn.lock().await;
        let known = self.own.recall(&name).await?;
        let told = Visibility { at, is_public };
        if known
            .and_then(|known| Visibility::read(&known))
            .is_some_and(|known| !told.replaces(&known))
        {
            return Ok(Handled::Done);
        }
        self.own.remember(&name, &told.write()).await?;
        self.social.changed(&post.account.owner, post.id);
        Ok(Handled::Done)
    }
}

/// What TikTok last said about who can see a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Visibility {
    pub(crate) at: DateTime<Utc>,
    pub(crate) is_public: bool,
}

impl Visibility {
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    fn write(self) -> String {
        serde_json::to_string(&self).unwrap_or_default()
    }

    /// Events come late and out of order. Of two in one second the one that takes something away counts.
    fn replaces(self, known: &Self) -> bool {
        (self.at, !self.is_public) > (known.at, !known.is_public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64, is_public: bool) -> Visibility {
        Visibility {
            at: DateTime::from_timestamp(seconds, 0).expect("a time"),
            is_public,
        }
    }

    #[test]
    fn the_newest_word_counts_in_whatever_order_it_comes() {
        assert!(at(2, false).replaces(&at(1, true)));
        assert!(at(2, true).replaces(&at(1, false)));
        assert!(!at(1, true).replaces(&at(2, false)));
        assert!(!at(1, false).replaces(&at(2, true)));
        assert!(at(1, false).replaces(&at(1, true)));
        assert!(!at(1, true).replaces(&at(1, false)));
        assert!(!at(1, true).replaces(&at(1, true)), "said before");
        let word = at(7, false);
        assert_eq!(Visibility::read(&word.write()), Some(word));
        assert_eq!(Visibility::read("nonsense"), None);
    }
}
