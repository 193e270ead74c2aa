use std::{borrow::Cow, fmt};

/// What a platform wants to read in the answer to its question or its delivery. It is sent with 200, its type of content and
/// `X-Content-Type-Options: nosniff`: it may hold what a stranger wrote.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The value of the header `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl Answer {
    /// Of this type of content.
    pub fn new<'a>(content_type: &'static str, body: impl Into<Cow<'a, str>>) -> Self {
        let body = body.into().into_owned();
        Self { content_type, body }
    }

    /// As `text/plain`.
    pub fn text<'a>(body: impl Into<Cow<'a, str>>) -> Self {
        Self::new("text/plain", body)
    }

    /// As `application/json`.
    pub fn json(value: &serde_json::Value) -> Self {
        Self::new("application/json", value.to_string())
    }
}

impl fmt::Debug for Answer {
    /// Of the body only how long it is: a stranger may have written it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("content_type", &self.content_type)
            .field("bytes", &self.body.len())
            .finish()
    }
}
