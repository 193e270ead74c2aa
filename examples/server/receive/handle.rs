//! What an event changes here.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use social_core::publish::{Outcome, Step};
use social_core::store::{EventRecord, NewEvent, PostRecord, PostState};
use social_core::webhook::VerifiedEvent;
use social_core::{ErrorKind, Result, Social};
use social_tiktok::{PLATFORM, Webhook, WebhookEvent};
use social_workers::{EventHandler, Handled};
use tokio::sync::Mutex;

use super::removed::removed;
use crate::own::Own;
use crate::routes::post::visibility_name;

/// Applies events to the posts and accounts of this server.
#[derive(Clone, Debug)]
pub(crate) struct Handler {
    social: Social,
    own: Own,
    /// Events are handled side by side, and one at a time looks at what is known of a visibility and changes it.
    turn: Arc<Mutex<()>>,
}

impl EventHandler for Handler {
    async fn handle(&self, record: &EventRecord) -> Result<Handled> {
        let event = &record.event;
        // Stored for whoever looks; nothing here is of another platform, or of a form that nobody knows.
        let Some(webhook) = (event.platform == PLATFORM)
            .then(|| Webhook::read(&event.body))
            .flatten()
        else {
            return Ok(Handled::Done);
        };
        match &webhook.event {
            WebhookEvent::AuthorizationRemoved(_) => removed(&self.social, event).await,
            of_post => match of_post.publish_id() {
                Some(publish_id) => self.post(event, &webhook, publish_id).await,
                None => Ok(Handled::Done),
            },
        }
    }
}

impl Handler {
    pub(crate) fn new(social: &Social, own: &Own) -> Self {
        Self {
            social: social.clone(),
            own: own.clone(),
            turn: Arc::default(),
        }
    }

    async fn post(&self, event: &NewEvent, webhook: &Webhook, publish_id: &str) -> Result<Handled> {
        let posts = &self.social.stores().posts;
        let found = posts.find_remote(&PLATFORM, &event.app, publish_id).await?;
        // It may have come before the publish id was written down.
        let Some(post) = found.filter(|post| post.account.app == event.app) else {
            return Ok(Handled::Later);
        };
        self.visibility(&post, webhook).await?;
        let open = self.social.open_post(&post).await?;
        let mut verified = VerifiedEvent::new(
            PLATFORM,
            event.app.clone(),
            event.id.clone(),
            event.kind.clone(),
            event.body.clone(),
        );
        verified.account.clone_from(&event.account);
        verified.occurred_at = event.occurred_at;
        verified.remote_id = Some(publish_id.to_owned());
        let publisher = self.social.publisher(&PLATFORM)?;
        let (outcome, now) = (post.outcome.as_ref(), self.social.clock().now());
        let step = publisher.apply(&open.checkpoint, outcome, &verified, now);
        self.record(&post, step, &webhook.event).await
    }

    /// Writes down what the event led to, where a post may be changed from outside its lane. Everywhere else its own
    /// worker asks TikTok, now instead of later, and the event is held against what it has learned.
    async fn record(
        &self,
        post: &PostRecord,
        step: Option<Step>,
        event: &WebhookEvent,
    ) -> Result<Handled> {
        let outcome = match step {
            Some(Step::Settled { outcome, .. }) => outcome,
            Some(Step::Pending { .. }) => return self.look(post).await,
            None => return Ok(Handled::Done),
        };
        let owner = &post.account.owner;
        if post.state == PostState::Undecided && outcome != Outcome::Undecided {
            let posts = &self.social.stores().posts;
            let now = self.social.clock().now();
            return match posts.settle(owner, post.id, &outcome, now).await {
                Ok(()) => {
                    self.social.changed(owner, post.id);
                    Ok(Handled::Done)
                }
                // Somebody was faster; the next look finds what is left to do.
                Err(error) if error.kind() == ErrorKind::Conflict => Ok(Handled::Later),
                Err(error) => Err(error),
            };
        }
        // Its visibility is written down already, and no question would tell it.
        let is_gone = matches!(event, WebhookEvent::NoLongerPubliclyAvailable { .. });
        if post.state == PostState::Published
            && (is_gone || adds_nothing(post.outcome.as_ref(), &outcome))
        {
            return Ok(Handled::Done);
        }
        self.look(post).await
    }

    async fn look(&self, post: &PostRecord) -> Result<Handled> {
        self.social.hasten(&post.account.owner, post.id).await?;
        Ok(Handled::Later)
    }

    /// Whether the public can see it, as of the newest event that says so.
    async fn visibility(&self, post: &PostRecord, webhook: &Webhook) -> Result<()> {
        let is_public = match webhook.event {
            WebhookEvent::PubliclyAvailable { .. } => true,
            WebhookEvent::NoLongerPubliclyAvailable { .. } => false,
            _ => return Ok(()),
        };
        let at = webhook
            .created_at
            .unwrap_or_else(|| self.social.clock().now());
        let name = visibility_name(post);
        let _turn = self.turn.lock().await;
        let known = self.own.recall(&name).await?;
        let told = Visibility { at, is_public };
        if known
            .and_then(|known| Visibility::read(&known))
            .is_some_and(|known| !told.replaces(&known))
        {
            return Ok(());
        }
        self.own.remember(&name, &told.write()).await?;
        self.social.changed(&post.account.owner, post.id);
        Ok(())
    }
}

/// Whether every link that an event tells is known.
fn adds_nothing(known: Option<&Outcome>, told: &Outcome) -> bool {
    match (known, told) {
        (Some(Outcome::Published(known)), Outcome::Published(told)) => told
            .iter()
            .filter(|link| link.url.is_some())
            .all(|link| known.contains(link)),
        _ => false,
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
    use social_core::publish::PostLink;

    use super::*;

    fn at(seconds: i64, is_public: bool) -> Visibility {
        Visibility {
            at: DateTime::from_timestamp(seconds, 0).expect("a time"),
            is_public,
        }
    }

    #[test]
    fn only_a_link_that_is_not_known_is_news() {
        let link = |id: &str| {
            let url = format!("https://www.tiktok.com/@a/video/{id}").parse();
            PostLink::new(id, url.ok())
        };
        let one = Outcome::Published(vec![link("1")]);
        let two = Outcome::Published(vec![link("1"), link("2")]);
        let hidden = Outcome::Published(vec![PostLink::new("3", None)]);
        assert!(adds_nothing(Some(&one), &one) && adds_nothing(Some(&two), &one));
        assert!(adds_nothing(Some(&one), &hidden));
        assert!(!adds_nothing(Some(&one), &two));
        assert!(!adds_nothing(Some(&Outcome::AwaitingUser), &one));
        assert!(!adds_nothing(Some(&one), &Outcome::AwaitingUser));
        assert!(!adds_nothing(None, &one));
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
