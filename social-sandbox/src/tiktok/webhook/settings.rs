//! What may be wrong with deliveries, on request.

use serde::{Deserialize, Serialize};

/// The most copies of one event.
const MOST_COPIES: u32 = 100;

/// How webhooks are delivered. By default at once, each event once, in order and rightly signed.
///
/// What an event looks like is settled when it happens; what it is signed with, when it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct WebhookSettings {
    /// Nothing is sent until it is asked for.
    pub held: bool,
    /// How often each event is delivered; 1 to 100.
    pub copies: u32,
    /// The order of what is due together. With a delay, what happens within one such span is.
    pub order: WebhookOrder,
    /// How long after it happened an event is first sent, in milliseconds of virtual time.
    pub delay_millis: u64,
    /// Signs with another secret.
    pub wrong_signature: bool,
    /// How old the signature's time is when it is sent.
    pub stale_seconds: u32,
    /// Whether a later try is signed anew, or sent with the signature of the first.
    pub resign_retries: bool,
    /// Sends the names of other designs, such as `video.publish.complete`.
    pub older_names: bool,
    /// What `content` is.
    pub content: WebhookContent,
}

/// The order of deliveries that are due together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WebhookOrder {
    /// As it happened.
    #[default]
    Happened,
    /// The latest first.
    Reversed,
    /// In an order that follows from the sandbox's seed.
    Shuffled,
}

/// What a delivery's `content` is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WebhookContent {
    /// A string that is not JSON.
    NotJson,
    /// `null`.
    Null,
    /// The object itself, not as text.
    Object,
    /// JSON as text, as TikTok sends it.
    #[default]
    Text,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            held: false,
            copies: 1,
            order: WebhookOrder::default(),
            delay_millis: 0,
            wrong_signature: false,
            stale_seconds: 0,
            resign_retries: true,
            older_names: false,
            content: WebhookContent::default(),
        }
    }
}

impl WebhookSettings {
    pub(crate) fn check(&self) -> Result<(), String> {
        if (1..=MOST_COPIES).contains(&self.copies) {
            Ok(())
        } else {
            Err(format!("copies must be 1 to {MOST_COPIES}"))
        }
    }
}
