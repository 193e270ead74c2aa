//! Events and the body they travel in.
//!
//! <https://developers.tiktok.com/doc/webhooks-events>. The body names neither an event id nor a
//! publish id: what it is about is JSON inside a string.

use serde::Serialize;
use serde_json::{Value, json};

use crate::clock::Millis;
use crate::tiktok::webhook::settings::{WebhookContent, WebhookSettings};

pub(crate) const REMOVED: &str = "authorization.removed";
pub(crate) const COMPLETE: &str = "post.publish.complete";
pub(crate) const FAILED: &str = "post.publish.failed";
pub(crate) const INBOX: &str = "post.publish.inbox_delivered";
pub(crate) const PUBLIC: &str = "post.publish.publicly_available";
/// TikTok's own spelling.
pub(crate) const NO_LONGER_PUBLIC: &str = "post.publish.no_longer_publicaly_available";

/// Names of other designs for events the sandbox causes.
const OLDER: [(&str, &str); 3] = [
    (COMPLETE, "video.publish.complete"),
    (FAILED, "video.publish.failed"),
    (INBOX, "video.inbox.received"),
];

/// Something an app is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) client_key: String,
    pub(crate) name: String,
    pub(crate) happened_at: Millis,
    /// Absent from events that are about no user.
    pub(crate) open_id: Option<String>,
    /// The JSON that travels as text; a string travels as it is.
    pub(crate) content: Value,
}

#[derive(Serialize)]
struct Envelope<'a> {
    client_key: &'a str,
    event: &'a str,
    create_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_openid: Option<&'a str>,
    content: Value,
}

impl Event {
    /// `authorization.removed`, with one of the documented reasons.
    pub(crate) fn removed(client_key: &str, open_id: String, reason: u8, now: Millis) -> Self {
        Self {
            client_key: client_key.to_owned(),
            name: REMOVED.to_owned(),
            happened_at: now,
            open_id: Some(open_id),
            content: json!({ "reason": reason }),
        }
    }

    /// The name it is sent under.
    pub(crate) fn name(&self, settings: &WebhookSettings) -> &str {
        let older = OLDER
            .iter()
            .find(|(name, _)| settings.older_names && *name == self.name);
        older.map_or(&self.name, |(_, older)| older)
    }

    /// The bytes that are signed and sent.
    pub(crate) fn body(&self, settings: &WebhookSettings) -> String {
        let text = match &self.content {
            Value::String(text) => text.clone(),
            json => json.to_string(),
        };
        let content = match settings.content {
            WebhookContent::Text => Value::String(text),
            WebhookContent::NotJson => Value::String(format!("{text}}}not JSON")),
            WebhookContent::Null => Value::Null,
            WebhookContent::Object => self.content.clone(),
        };
        let envelope = Envelope {
            client_key: &self.client_key,
            event: self.name(settings),
            create_time: self.happened_at.div_euclid(1000),
            user_openid: self.open_id.as_deref(),
            content,
        };
        // Strings and numbers only, so this cannot fail.
        serde_json::to_string(&envelope).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        Event {
            client_key: "aw".to_owned(),
            name: COMPLETE.to_owned(),
            happened_at: 1_770_210_810_999,
            open_id: Some("-000a".to_owned()),
            content: json!({ "publish_id": "v_pub_file~v2-1.1" }),
        }
    }

    #[test]
    fn content_is_json_inside_a_string() {
        let body = event().body(&WebhookSettings::default());
        let expected = concat!(
            r#"{"client_key":"aw","event":"post.publish.complete","create_time":1770210810,"#,
            r#""user_openid":"-000a","content":"{\"publish_id\":\"v_pub_file~v2-1.1\"}"}"#
        );
        assert_eq!(body, expected);
    }

    #[test]
    fn content_takes_the_form_that_was_asked_for() {
        let mut settings = WebhookSettings::default();
        let content = |settings: &WebhookSettings| {
            let body: Value = serde_json::from_str(&event().body(settings)).unwrap();
            body["content"].clone()
        };
        settings.content = WebhookContent::Null;
        assert_eq!(content(&settings), Value::Null);
        settings.content = WebhookContent::Object;
        assert_eq!(content(&settings), event().content);
        settings.content = WebhookContent::NotJson;
        let text = content(&settings);
        assert!(serde_json::from_str::<Value>(text.as_str().unwrap()).is_err());
    }
}
