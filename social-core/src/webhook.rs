//! Receiving: what a platform sends is verified, taken apart and named.
//!
//! A verifier is synchronous, knows no clock and keeps nothing. Whoever receives stores the events under their ids before
//! it answers, so that an event which is sent again is known.

use std::{error::Error as StdError, fmt, time::Duration};

use chrono::{DateTime, Utc};
use http::HeaderMap;

use crate::{model::Platform, store::NewEvent};

/// What came, before anything of it is believed.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Delivery<'a> {
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body as it came, byte for byte.
    pub body: &'a [u8],
}

impl<'a> Delivery<'a> {
    /// Joins the parts.
    pub fn new(headers: &'a HeaderMap, body: &'a [u8]) -> Self {
        Self { headers, body }
    }
}

impl fmt::Debug for Delivery<'_> {
    /// Shows sizes only: nothing of it is verified, and headers may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("headers", &self.headers.len())
            .field("bytes", &self.body.len())
            .finish()
    }
}

/// What a platform sends about one thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedEvent {
    /// Who sent it.
    pub platform: Platform,
    /// The platform's id of the app it was sent to.
    pub app: String,
    /// Names it: the same event sent again has the same id. The platform's own where there is one.
    pub id: String,
    /// What happened, by the name that the platform documents.
    pub kind: String,
    /// What the platform called it this time, when that is another name for `kind`.
    pub sent_as: Option<String>,
    /// The platform's id of the account it is about.
    pub account: Option<String>,
    /// The platform's id of the publish it is about, as in [`Checkpoint::remote_id`](crate::publish::Checkpoint::remote_id).
    pub remote_id: Option<String>,
    /// When it happened.
    pub occurred_at: Option<DateTime<Utc>>,
    /// What was sent about it, as it came.
    pub body: Vec<u8>,
}

impl VerifiedEvent {
    /// An event about no account and no post, to be filled in.
    pub fn new(
        platform: Platform,
        app: impl Into<String>,
        id: impl Into<String>,
        kind: impl Into<String>,
        body: Vec<u8>,
    ) -> Self {
        Self {
            platform,
            app: app.into(),
            id: id.into(),
            kind: kind.into(),
            sent_as: None,
            account: None,
            remote_id: None,
            occurred_at: None,
            body,
        }
    }

    /// The event as it is stored.
    pub fn to_new_event(&self, received_at: DateTime<Utc>) -> NewEvent {
        let mut event = NewEvent::new(
            self.platform.clone(),
            self.id.clone(),
            self.kind.clone(),
            self.body.clone(),
            received_at,
        );
        event.app.clone_from(&self.app);
        event.account.clone_from(&self.account);
        event.occurred_at = self.occurred_at;
        event
    }
}

/// A delivery that can be believed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Verified {
    /// What it tells; unknown events are among them.
    pub events: Vec<VerifiedEvent>,
    /// What the platform wants to read in the answer, if anything.
    pub reply: Option<String>,
    /// How long ago it was signed, where the signature says when; nothing when it was signed ahead of `now`.
    pub age: Option<Duration>,
}

impl Verified {
    /// Events without a wish for the answer.
    pub fn new(events: Vec<VerifiedEvent>) -> Self {
        Self {
            events,
            reply: None,
            age: None,
        }
    }
}

/// Why a delivery is not believed. Answered with 401. [`Ahead`](Self::Ahead) and [`Stale`](Self::Stale) are counted apart:
/// the platform has signed them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a receiver answers each in its own way"
)]
pub enum VerifyError {
    /// The signature is right, but was made later than the clock of this machine allows, which is then behind, or the
    /// platform's is ahead. Says by how much.
    Ahead(Duration),
    /// It carries no signature, or one in another form.
    Malformed,
    /// The signature is not that of the body under any secret.
    Signature,
    /// The signature is right, but was made too long ago. Says how long.
    Stale(Duration),
    /// The signature is right, but the body cannot be read as what the platform sends, or is another app's.
    Unreadable,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ahead(_) => {
                "the signature fits but was made ahead of this machine's clock, which may be wrong"
            }
            Self::Malformed => "the delivery carries no signature of the expected form",
            Self::Signature => "the signature does not fit the body",
            Self::Stale(_) => "the signature fits but was made too long ago",
            Self::Unreadable => "the signature fits but the body cannot be read",
        })
    }
}

impl StdError for VerifyError {}

/// Verifies what one platform sends.
pub trait WebhookVerifier: fmt::Debug + Send + Sync + 'static {
    /// Which platform.
    fn platform(&self) -> Platform;

    /// Answers the question by which some platforms check an address before they use it; nothing when `query` is no such
    /// question.
    ///
    /// # Errors
    /// `Signature` when it is one, and its secret is wrong.
    fn challenge(&self, query: &str) -> Result<Option<String>, VerifyError>;

    /// Verifies the raw bytes and takes them apart.
    ///
    /// # Errors
    /// [`VerifyError`] when it must not be believed. An event of an unknown kind is no error.
    fn verify(&self, delivery: Delivery<'_>, now: DateTime<Utc>) -> Result<Verified, VerifyError>;
}
