use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::wire::json;

/// An event as TikTok sends it.
///
/// <https://developers.tiktok.com/doc/webhooks-events>
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Webhook {
    /// The app it was sent to.
    pub client_key: String,
    /// The documented name of what happened, `post.publish.complete` for example.
    pub name: String,
    /// What it was called, when that is another name.
    pub sent_as: Option<String>,
    /// When it happened; seconds.
    pub created_at: Option<DateTime<Utc>>,
    /// The account it is about; absent on `portability.download.ready`.
    pub user_openid: Option<String>,
    /// What happened.
    pub event: WebhookEvent,
    /// The content, unknown fields included: an object where it was one, in a string or not.
    pub content: Value,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookEvent {
    /// `authorization.removed`: the tokens are dead.
    AuthorizationRemoved(Removal),
    /// `post.publish.complete`: posted. In upload mode several times for one publish id.
    PublishComplete {
        /// Of which publish.
        publish_id: String,
        /// In which way.
        publish_type: Option<PublishType>,
    },
    /// `post.publish.failed`.
    PublishFailed {
        /// Of which publish.
        publish_id: String,
        /// In which way.
        publish_type: Option<PublishType>,
        /// One of the status' fail reasons.
        reason: Option<String>,
    },
    /// `post.publish.inbox_delivered`: the person was told.
    InboxDelivered {
        /// Of which publish.
        publish_id: String,
        /// In which way.
        publish_type: Option<PublishType>,
    },
    /// `post.publish.publicly_available`: public after moderation.
    PubliclyAvailable {
        /// Of which publish.
        publish_id: String,
        /// In which way.
        publish_type: Option<PublishType>,
        /// The public post.
        post_id: Option<String>,
    },
    /// `post.publish.no_longer_publicaly_available`, as TikTok spells it: no longer public.
    NoLongerPubliclyAvailable {
        /// Of which publish.
        publish_id: String,
        /// In which way.
        publish_type: Option<PublishType>,
        /// The post.
        post_id: Option<String>,
    },
    /// `video.upload.failed` of the Video Kit, which ended in 2023.
    VideoUploadFailed {
        /// Of which share.
        share_id: String,
    },
    /// `video.publish.completed` of the Video Kit, which ended in 2023.
    VideoPublishCompleted {
        /// Of which share.
        share_id: String,
    },
    /// `portability.download.ready`.
    PortabilityDownloadReady {
        /// Of which request.
        request_id: String,
    },
    /// One that this version does not know, or a known one without what it is about.
    Other,
}

/// Why an account is no longer connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Removal {
    /// 0, or not told.
    Unknown,
    /// 1: the person disconnected the app.
    ByUser,
    /// 2: the account was deleted.
    AccountDeleted,
    /// 3: the age of the person changed.
    AgeChanged,
    /// 4: the account was banned.
    Banned,
    /// 5: the app revoked it.
    ByApp,
    /// Another number.
    Other(i64),
}

/// The way in which something was published.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublishType {
    /// `DIRECT_PUBLISH`.
    Direct,
    /// `INBOX_SHARE`.
    Inbox,
    /// Another word.
    Other(String),
}

/// Names that other designs use, and the one that TikTok documents.
const ALIASES: [(&str, &str); 6] = [
    (
        "post.publish.no_longer_publicly_available",
        "post.publish.no_longer_publicaly_available",
    ),
    ("post.publish.completed", "post.publish.complete"),
    ("post.publish.success", "post.publish.complete"),
    ("video.inbox.received", "post.publish.inbox_delivered"),
    ("video.publish.complete", "post.publish.complete"),
    ("video.publish.failed", "post.publish.failed"),
];

impl Webhook {
    /// Reads a body; nothing when it is no object with an app and a name.
    pub fn read(body: &[u8]) -> Option<Self> {
        let Value::Object(fields) = json::read(body)? else {
            return None;
        };
        let sent = text(&fields, &["event", "event_type"])?;
        let alias = ALIASES.iter().find(|(alias, _)| *alias == sent);
        let name = alias.map_or(sent.as_str(), |(_, name)| name).to_owned();
        let content = content(fields.get("content"));
        let created_at = fields.get("create_time").and_then(int);
        Some(Self {
            client_key: text(&fields, &["client_key"])?,
            event: WebhookEvent::read(&name, &content, &fields),
            sent_as: alias.map(|_| sent),
            created_at: created_at.and_then(|at| DateTime::from_timestamp(at, 0)),
            user_openid: text(&fields, &["user_openid", "open_id"]),
            name,
            content,
        })
    }
}

impl WebhookEvent {
    fn read(name: &str, content: &Value, fields: &Map<String, Value>) -> Self {
        let empty = Map::new();
        let inner = content.as_object().unwrap_or(&empty);
        // Some designs expect these beside the content; inside it is where TikTok puts them.
        let named = |names: &[&str]| text(inner, names).or_else(|| text(fields, names));
        let publish_type = named(&["publish_type"]).map(PublishType::from);
        let read = || match name {
            "authorization.removed" => {
                let reason = inner.get("reason").and_then(int);
                Some(Self::AuthorizationRemoved(Removal::from(reason)))
            }
            "post.publish.complete" => Some(Self::PublishComplete {
                publish_id: named(&["publish_id"])?,
                publish_type,
            }),
            "post.publish.failed" => Some(Self::PublishFailed {
                publish_id: named(&["publish_id"])?,
                publish_type,
                reason: named(&["reason", "fail_reason"]),
            }),
            "post.publish.inbox_delivered" => Some(Self::InboxDelivered {
                publish_id: named(&["publish_id"])?,
                publish_type,
            }),
            "post.publish.publicly_available" => Some(Self::PubliclyAvailable {
                publish_id: named(&["publish_id"])?,
                publish_type,
                post_id: named(&["post_id"]),
            }),
            "post.publish.no_longer_publicaly_available" => Some(Self::NoLongerPubliclyAvailable {
                publish_id: named(&["publish_id"])?,
                publish_type,
                post_id: named(&["post_id"]),
            }),
            "video.upload.failed" => Some(Self::VideoUploadFailed {
                share_id: named(&["share_id"])?,
            }),
            "video.publish.completed" => Some(Self::VideoPublishCompleted {
                share_id: named(&["share_id"])?,
            }),
            "portability.download.ready" => Some(Self::PortabilityDownloadReady {
                request_id: named(&["request_id"])?,
            }),
            _ => None,
        };
        read().unwrap_or(Self::Other)
    }

    /// The publish it is about.
    pub fn publish_id(&self) -> Option<&str> {
        match self {
            Self::PublishComplete { publish_id, .. }
            | Self::PublishFailed { publish_id, .. }
            | Self::InboxDelivered { publish_id, .. }
            | Self::PubliclyAvailable { publish_id, .. }
            | Self::NoLongerPubliclyAvailable { publish_id, .. } => Some(publish_id),
            _ => None,
        }
    }

    /// What tells it from another event of its name, account and second: what it is about, the post, the reason.
    pub(super) fn names(&self) -> [Option<String>; 3] {
        let publish_id = self.publish_id().map(str::to_owned);
        match self {
            Self::AuthorizationRemoved(removal) => [None, None, Some(removal.number().to_string())],
            Self::PublishFailed { reason, .. } => [publish_id, None, reason.clone()],
            Self::PubliclyAvailable { post_id, .. }
            | Self::NoLongerPubliclyAvailable { post_id, .. } => {
                [publish_id, post_id.clone(), None]
            }
            Self::VideoUploadFailed { share_id } | Self::VideoPublishCompleted { share_id } => {
                [Some(share_id.clone()), None, None]
            }
            Self::PortabilityDownloadReady { request_id } => [Some(request_id.clone()), None, None],
            Self::PublishComplete { .. } | Self::InboxDelivered { .. } | Self::Other => {
                [publish_id, None, None]
            }
        }
    }
}

impl Removal {
    /// TikTok's number for it.
    pub fn number(self) -> i64 {
        match self {
            Self::Unknown => 0,
            Self::ByUser => 1,
            Self::AccountDeleted => 2,
            Self::AgeChanged => 3,
            Self::Banned => 4,
            Self::ByApp => 5,
            Self::Other(number) => number,
        }
    }
}

impl From<Option<i64>> for Removal {
    fn from(number: Option<i64>) -> Self {
        match number {
            None | Some(0) => Self::Unknown,
            Some(1) => Self::ByUser,
            Some(2) => Self::AccountDeleted,
            Some(3) => Self::AgeChanged,
            Some(4) => Self::Banned,
            Some(5) => Self::ByApp,
            Some(other) => Self::Other(other),
        }
    }
}

impl From<String> for PublishType {
    fn from(word: String) -> Self {
        match word.as_str() {
            "DIRECT_PUBLISH" => Self::Direct,
            "INBOX_SHARE" => Self::Inbox,
            _ => Self::Other(word),
        }
    }
}

/// The content is JSON in a string; an object is taken too, and text that is no JSON stays text.
fn content(sent: Option<&Value>) -> Value {
    match sent {
        Some(Value::String(text)) => {
            json::read(text.as_bytes()).unwrap_or_else(|| Value::String(text.clone()))
        }
        Some(other) => other.clone(),
        None => Value::Null,
    }
}

/// The first of these fields that is a text or a whole number, as text: ids exceed 2^53.
fn text(fields: &Map<String, Value>, names: &[&str]) -> Option<String> {
    let mut found = names.iter().filter_map(|name| match fields.get(*name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    });
    found.next()
}

fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
