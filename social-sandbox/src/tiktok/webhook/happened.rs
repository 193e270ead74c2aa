//! What has happened to the publishes of apps that want to know.

use serde_json::json;

use crate::clock::Millis;
use crate::tiktok::account;
use crate::tiktok::publish::Publish;
use crate::tiktok::webhook::event::{COMPLETE, Event, PUBLIC};
use crate::world::World;

/// A moment in the life of a publish.
struct Moment<'a> {
    publish: &'a Publish,
    at: Millis,
    name: &'static str,
    post_id: Option<i64>,
}

impl World {
    /// Puts into the outbox what has happened by now.
    pub(crate) fn collect(&mut self, now: Millis) {
        let mut news: Vec<(Millis, String, Event)> = self
            .news()
            .filter(|moment| moment.at <= now)
            .filter_map(|moment| Some((moment.at, moment.key(), moment.event()?)))
            .collect();
        news.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        for (_, key, event) in news {
            self.outbox.add_once(key, &event);
        }
    }

    /// When something is next to be told.
    pub(crate) fn next_news(&self) -> Option<Millis> {
        let next = self.news().map(|moment| moment.at).min();
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
    let Some(done) = &publish.done else {
        return Vec::new();
    };
    let mut moments = vec![Moment {
        publish,
        at: done.posted_at,
        name: COMPLETE,
        post_id: None,
    }];
    if let Some(post_id) = publish.public_post_id(done.public_at) {
        moments.push(Moment {
            publish,
            at: done.public_at,
            name: PUBLIC,
            post_id: Some(post_id),
        });
    }
    moments
}

impl Moment<'_> {
    /// Names it once and for all. A later moment of the same kind is another.
    fn key(&self) -> String {
        format!("{} {} {}", self.publish.publish_id, self.name, self.at)
    }

    fn event(&self) -> Option<Event> {
        let account = account::find(&self.publish.account)?;
        let mut content = json!({
            "publish_id": self.publish.publish_id,
            "publish_type": "DIRECT_PUBLISH",
        });
        if let Some(post_id) = self.post_id {
            // As text, which is how it was seen.
            content["post_id"] = post_id.to_string().into();
        }
        Some(Event {
            client_key: self.publish.client_key.clone(),
            name: self.name.to_owned(),
            happened_at: self.at,
            open_id: Some(account.open_id(&self.publish.client_key)),
            content,
        })
    }
}
