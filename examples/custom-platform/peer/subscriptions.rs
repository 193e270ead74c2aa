use serde_json::{Value, json};

use super::{Answer, Asked, SECRET, World, error};

/// What the platform can send.
const KNOWN: [&str; 3] = ["note.written", "post.published", "stamp.given"];

impl World {
    pub(super) fn subscriptions(&self, account: &str) -> Answer {
        (200, json!({"items": self.list_of(account)}))
    }

    fn list_of(&self, account: &str) -> Vec<Value> {
        let list = self.subscribed.iter().filter(|(of, ..)| of == account);
        list.map(|(_, kind, to)| json!({"kind": kind, "to": to}))
            .collect()
    }

    /// The whole list is replaced. What is not sent is left out, and named.
    pub(super) fn subscribe(&mut self, account: &str, asked: &Asked<'_>) -> Answer {
        let Some(items) = asked.body["items"].as_array() else {
            return error(400, "no_items");
        };
        self.subscribed.retain(|(of, ..)| of != account);
        let mut refused = Vec::new();
        for item in items {
            let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
            let (kind, to) = (text("kind"), text("to"));
            if !KNOWN.contains(&&*kind) || self.not_sent.contains(&kind) {
                refused.push(kind);
            } else {
                self.subscribed.push((account.to_owned(), kind, to));
            }
        }
        (200, json!({"refused": refused}))
    }

    /// The app's address is on from now on.
    pub(super) fn callback(&mut self, asked: &Asked<'_>) -> Answer {
        let field = |name: &str| asked.form.get(name).cloned().unwrap_or_default();
        if field("client_secret") != SECRET {
            return error(401, "invalid_client");
        }
        self.address = Some((field("address"), true));
        (200, json!({"is_on": true}))
    }

    /// What is sent about an account to this address.
    pub(crate) fn sent(&self, account: &str, address: &str) -> Vec<String> {
        let all = self.subscribed.iter();
        let ours = all.filter(|(of, _, to)| of == account && to == address);
        ours.map(|(_, kind, _)| kind.clone()).collect()
    }
}
