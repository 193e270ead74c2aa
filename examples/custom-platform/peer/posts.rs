use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{APP, Answer, Asked, World, error};

/// What may become a post, each time it is published.
pub(crate) struct Container {
    id: String,
    account: String,
    text: String,
    polls: u32,
    post: Option<String>,
}

pub(crate) struct Post {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) text: String,
    pub(crate) at: DateTime<Utc>,
}

impl World {
    pub(super) fn make_container(&mut self, account: &str, asked: &Asked<'_>) -> Answer {
        let id = self.fresh("c");
        self.containers.push(Container {
            id: id.clone(),
            account: account.to_owned(),
            text: asked.body["text"].as_str().unwrap_or_default().to_owned(),
            polls: 0,
            post: None,
        });
        (200, json!({"id": id}))
    }

    /// Ready when it is asked about the second time.
    pub(super) fn container(&mut self, id: &str) -> Answer {
        let Some(found) = self.containers.iter_mut().find(|it| it.id == id) else {
            return error(404, "no_such_container");
        };
        found.polls += 1;
        let status = if found.polls > 1 { "ready" } else { "working" };
        (200, json!({"id": id, "status": status, "post": found.post}))
    }

    /// Twice is two posts: only the client can keep that from happening.
    pub(super) fn publish(&mut self, asked: &Asked<'_>) -> Answer {
        let wanted = asked.body["container"].as_str();
        let found = self
            .containers
            .iter()
            .find(|it| Some(it.id.as_str()) == wanted);
        let Some(found) = found else {
            return error(404, "no_such_container");
        };
        let (account, text) = (found.account.clone(), found.text.clone());
        let post = self.post(&account, &text);
        if let Some(found) = self
            .containers
            .iter_mut()
            .find(|it| Some(it.id.as_str()) == wanted)
        {
            found.post = Some(post.clone());
        }
        let now = self.clock.now();
        let event = json!({"kind": "post.published", "container": wanted, "post": post,
            "account": account, "at": now.timestamp()});
        self.tell(event);
        (200, json!({"id": post}))
    }

    /// A post of an account, however it came.
    pub(crate) fn post(&mut self, account: &str, text: &str) -> String {
        let (id, at) = (self.fresh("p"), self.clock.now());
        self.posts.push(Post {
            id: id.clone(),
            account: account.to_owned(),
            text: text.to_owned(),
            at,
        });
        id
    }

    /// Sends an event to the app's address.
    pub(crate) fn tell(&mut self, mut event: Value) {
        event["id"] = self.fresh("e").into();
        let body = json!({"app": APP, "events": [event]}).to_string();
        self.hooks
            .push((self.clock.now().timestamp(), body.into_bytes()));
    }
}
