use std::{fmt, time::Duration};

use ::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::body::Payload;
use crate::{
    error::{Error, ErrorKind, Result},
    media::ByteStream,
    time::Deadline,
};

/// How long a call may take unless it says otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);

/// One call to a platform. It causes something unless it says that it only observes.
pub struct Call<'a> {
    pub(super) name: &'static str,
    pub(super) method: Method,
    pub(super) url: SecretString,
    pub(super) headers: HeaderMap,
    pub(super) payload: Payload,
    pub(super) timeout: Duration,
    pub(super) deadline: &'a Deadline,
    pub(super) observation: bool,
    pub(super) on_sent: Option<&'a (dyn Fn(u64) + Send + Sync)>,
}

impl<'a> Call<'a> {
    /// A call without a body. `name` stands for it in errors and spans; after `deadline` nothing of it is sent.
    ///
    /// Give a call that causes something a body: without one there is nothing to hold back while it connects, so the
    /// deadline is only checked before that.
    pub fn new(
        name: &'static str,
        method: Method,
        url: SecretString,
        deadline: &'a Deadline,
    ) -> Self {
        Self {
            name,
            method,
            url,
            headers: HeaderMap::new(),
            payload: Payload::Empty,
            timeout: TIMEOUT,
            deadline,
            observation: false,
            on_sent: None,
        }
    }

    /// Causes nothing, so it may be repeated.
    #[must_use]
    pub fn observation(mut self) -> Self {
        self.observation = true;
        self
    }

    /// How long the whole call may take; 30 s by default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sends the token as `Authorization: Bearer`.
    ///
    /// # Errors
    /// `Invalid` when the token holds characters that no header can.
    pub fn bearer(mut self, token: &SecretString) -> Result<Self> {
        let text = zeroize::Zeroizing::new(format!("Bearer {}", token.expose_secret()));
        let mut value = HeaderValue::from_str(&text).map_err(|_| {
            let message = "the access token holds characters that no header can";
            Error::new(ErrorKind::Invalid, message).with_operation(self.name)
        })?;
        value.set_sensitive(true);
        self.headers.insert(header::AUTHORIZATION, value);
        Ok(self)
    }

    /// Sends `value` as JSON.
    ///
    /// # Errors
    /// `Invalid` when it cannot be written as JSON.
    pub fn json<T: Serialize>(self, value: &T) -> Result<Self> {
        // The cause is dropped: it could quote a value.
        let bytes = serde_json::to_vec(value).map_err(|_| {
            Error::new(ErrorKind::Invalid, "the call cannot be written as JSON")
                .with_operation(self.name)
        })?;
        Ok(self.bytes(bytes.into(), "application/json; charset=UTF-8"))
    }

    /// Sends the fields as a form.
    #[must_use]
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.bytes(form.into(), "application/x-www-form-urlencoded")
    }

    /// Sends exactly `len` bytes of a stream. Such a call is never repeated.
    #[must_use]
    pub fn stream(mut self, stream: ByteStream, len: u64) -> Self {
        self.payload = Payload::Stream { stream, len };
        self
    }

    /// Hears how many bytes of the body have been handed to the network. Called often; must return at once.
    #[must_use]
    pub fn on_sent(mut self, hear: &'a (dyn Fn(u64) + Send + Sync)) -> Self {
        self.on_sent = Some(hear);
        self
    }

    /// The name that stands for it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it causes nothing.
    pub fn is_observation(&self) -> bool {
        self.observation
    }

    fn bytes(mut self, bytes: Bytes, content_type: &'static str) -> Self {
        let content_type = HeaderValue::from_static(content_type);
        self.headers.insert(header::CONTENT_TYPE, content_type);
        self.payload = Payload::Bytes(bytes);
        self
    }

    /// The same call once more, if that is allowed and possible.
    pub(super) fn for_retry(&self) -> Option<Self> {
        let payload = self.payload.again().filter(|_| self.observation)?;
        Some(Self {
            name: self.name,
            method: self.method.clone(),
            url: self.url.clone(),
            headers: self.headers.clone(),
            payload,
            timeout: self.timeout,
            deadline: self.deadline,
            observation: self.observation,
            on_sent: self.on_sent,
        })
    }
}

impl fmt::Debug for Call<'_> {
    /// Leaves address, headers and body out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("name", &self.name)
            .field("method", &self.method)
            .field("observation", &self.observation)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
