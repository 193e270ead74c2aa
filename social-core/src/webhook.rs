//! Receiving: what a platform sends is verified, taken apart and named; stored, it takes effect through handlers.
//!
//! A verifier is synchronous, knows no clock and keeps nothing. Whoever receives stores the events under their ids before
//! it answers, so that an event which is sent again is known. [`VerifiedEvent`] is the one form of an event from the
//! verifier to the store and to the handler: whoever acts on it reads its subject, and only its platform's crate the body.

mod event;
mod handler;
mod subject;

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};
use http::HeaderMap;

pub use event::{VerifiedEvent, post_key};
pub use handler::{EventHandler, Handled};
pub use subject::EventSubject;

use crate::model::Platform;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a receiver answers each in its own way"
)]
pub enum VerifyError {
    /// The signature is right, but was made later than the clock of this machine allows, which is then behind, or the
    /// platform's is ahead. Says by how much.
    #[error("the signature fits but was made ahead of this machine's clock, which may be wrong")]
    Ahead(Duration),
    /// It carries no signature, or one in another form.
    #[error("the delivery carries no signature of the expected form")]
    Malformed,
    /// The signature is not that of the body under any secret.
    #[error("the signature does not fit the body")]
    Signature,
    /// The signature is right, but was made too long ago. Says how long.
    #[error("the signature fits but was made too long ago")]
    Stale(Duration),
    /// The signature is right, but the body cannot be read as what the platform sends, or is another app's.
    #[error("the signature fits but the body cannot be read")]
    Unreadable,
}

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

    /// Verifies the raw bytes and takes them apart: each event says what it is [about](VerifiedEvent::subject).
    ///
    /// # Errors
    /// [`VerifyError`] when it must not be believed. An event of an unknown kind is no error.
    fn verify(&self, delivery: Delivery<'_>, now: DateTime<Utc>) -> Result<Verified, VerifyError>;
}
