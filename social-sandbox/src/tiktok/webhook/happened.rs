//! What has happened to the publishes of apps that want to know.

use serde_json::{Value, json};

use crate::clock::Millis;
use crate::tiktok::account;
use crate::tiktok::publish::{Mode, Publish, Transition};
use crate::tiktok::webhook::event::{COMPLETE, Event, FAILED, INBOX, NO_LONGER_PUBLIC, PUBLIC};
use crate::world::World;

/// A moment in the life of a publish.
struct Moment<'a> {
    publish: &'a Publish,
    at: Millis,
    transition: Transition,
    /// How many equal ones come before it: two posts from one share may be made at once.
    twin: usize,
}

impl World {
    /// Puts into the outbox what has happened by now.
    pub(crate) fn collect(&mut self, now: Millis) {
        if !self.outbox.has_subscribers() {
            return;
        }
        let mut news: Vec<(Millis, String, Option<Event>)> = self
            .news()
            .filter(|moment| moment.at <= now)
            .map(|moment| (moment.at, moment.key(), moment.event()))
            .collect();
        news.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        for (_, key, event) in news {
            self.outbox.add_once(key, event.as_ref());
        }
    }

    /// When something is next to be told.
    pub(crate) fn next_news(&self) -> Option<Millis> {
        let subscribed = self.outbox.has_subscribers();
        let news = subscribed.then(|| self.news().map(|moment| moment.at).min());
        let next = news.flatten();
        next.into_iter().chain(self.outbox.next()).min()
    }

    /// What the outbox does not have yet, of the past and of the future.
    fn news(&self) -> impl Iterator<Item = Moment<'_>> {
        self.publishes
            .values()
            .filter_map(|publish| Some((publish, self.outbox.since(&publish.client_key)?)))
            .flat_map(|(publish, since)| {
                let moments = moments(publish).into_iter();
                moments.filter(move |moment| moment.at >= since)
            })
            .filter(|moment| !self.outbox.has_seen(&moment.key()))
    }
}

fn moments(publish: &Publish) -> Vec<Moment<'_>> {
    let mut moments: Vec<Moment<'_>> = Vec::new();
    for (at, transition) in publish.transitions() {
        let same = |moment: &&Moment<'_>| moment.at == at && moment.transition == transition;
        let twin = moments.iter().filter(same).count();
        moments.push(Moment {
            publish,
            at,
            transition,
            twin,
        });
    }
    moments
}

impl Moment<'_> {
    /// Names it once and for all. A later moment of the same kind is another.
    fn key(&self) -> String {
        let Self { at, twin, .. } = self;
        let (name, content) = self.told();
        let post_id = &content["post_id"];
        format!("{} {name} {at} {twin} {post_id}", self.publish.publish_id)
    }

    /// `None` for an account that an older state file knew.
    fn event(&self) -> Option<Event> {
        let account = account::find(&self.publish.account)?;
        let (name, content) = self.told();
        Some(Event {
            client_key: self.publish.client_key.clone(),
            name: name.to_owned(),
            happened_at: self.at,
            open_id: Some(account.open_id(&self.publish.client_key)),
            content,
        })
    }

    /// The event's name and content.
    fn told(&self) -> (&'static str, Value) {
        let mut content = json!({
            "publish_id": self.publish.publish_id,
            "publish_type": match self.publish.kind.mode {
                Mode::Direct => "DIRECT_PUBLISH",
                Mode::Inbox => "INBOX_SHARE",
            },
        });
        // Post ids as text, which is how one was seen.
        let (name, field, value) = match &self.transition {
            Transition::Complete => return (COMPLETE, content),
            Transition::InboxDelivered => return (INBOX, content),
            Transition::Failed { reason } => (FAILED, "reason", reason.clone()),
            Transition::PubliclyAvailable { post_id } => (PUBLIC, "post_id", post_id.to_string()),
            Transition::NoLongerAvailable { post_id } => {
                (NO_LONGER_PUBLIC, "post_id", post_id.to_string())
            }
        };
        content[field] = value.into();
        (name, content)
    }
}
