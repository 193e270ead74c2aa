//! Receiving: what a platform sends is verified, taken apart and named; stored, it takes effect through handlers.
//!
//! A verifier is synchronous, knows no clock and keeps nothing. Whoever receives stores the events under their ids before
//! it answers, so that an event which is sent again is known. [`VerifiedEvent`] is the one form of an event from the
//! verifier to the store and to the handler: whoever acts on it reads its subject, and only its platform's crate the body.

mod answer;
mod event;
mod handler;
mod subject;
mod subscriptions;

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode};

pub use answer::Answer;
pub use event::{VerifiedEvent, post_key};
pub use handler::{EventHandler, Handled};
pub use subject::EventSubject;
pub use subscriptions::{CallbackContext, EventSubscriptions};

use crate::model::Platform;

/// What came, before anything of it is believed.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Delivery<'a> {
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body as it came, byte for byte.
    pub body: &'a [u8],
    /// The query of the address by which it came, without the question mark. Platforms sign the body and not the address: who puts
    /// there what matters seals it.
    pub query: &'a str,
}

impl<'a> Delivery<'a> {
    /// Joins the parts. It came by an address without a query.
    pub fn new(headers: &'a HeaderMap, body: &'a [u8]) -> Self {
        let query = "";
        Self {
            headers,
            body,
            query,
        }
    }

    /// It came by an address with this query.
    #[must_use]
    pub fn at(mut self, query: &'a str) -> Self {
        self.query = query;
        self
    }
}

impl fmt::Debug for Delivery<'_> {
    /// Shows sizes only: nothing of it is verified, and headers may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("headers", &self.headers.len())
            .field("bytes", &self.body.len())
            .field("query", &self.query.len())
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
    pub reply: Option<Answer>,
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

/// Why a delivery, or a question, is not believed. Answered with its [status](Self::status). [`Ahead`](Self::Ahead) and
/// [`Stale`](Self::Stale) are counted apart: the platform has signed them.
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
    /// It carries no signature, or one in another form; or it is a question of a form that the platform never asks in.
    #[error("the delivery carries no signature of the expected form")]
    Malformed,
    /// The signature is not that of the body under any secret.
    #[error("the signature does not fit the body")]
    Signature,
    /// The signature is right, but was made too long ago. Says how long.
    #[error("the signature fits but was made too long ago")]
    Stale(Duration),
    /// A question, or a delivery, that is not about anything we asked for: an address that we gave nobody, or a subscription
    /// that nobody wants to end.
    #[error("it is not about anything that was asked for")]
    Unasked,
    /// The signature is right, but the body cannot be read as what the platform sends, or is another app's.
    #[error("the signature fits but the body cannot be read")]
    Unreadable,
}

impl VerifyError {
    /// How it is answered: 404 when nobody asked for it, which platforms take as a no, else 401.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Unasked => StatusCode::NOT_FOUND,
            _ => StatusCode::UNAUTHORIZED,
        }
    }
}

/// Verifies what one platform sends.
pub trait WebhookVerifier: fmt::Debug + Send + Sync + 'static {
    /// Which platform.
    fn platform(&self) -> Platform;

    /// Answers the question by which some platforms check an address before they use it, and again while they do; nothing when
    /// `query` is no such question. `query` is that of the whole address, also what we put there ourselves.
    ///
    /// # Errors
    /// `Signature` when it is one, and its secret is wrong; `Malformed` when what is to be repeated or signed has a form that
    /// the platform never sends; `Unasked` when it is about something that we did not ask for.
    fn challenge(&self, query: &str) -> Result<Option<Answer>, VerifyError>;

    /// Verifies the raw bytes and takes them apart: each event says what it is [about](VerifiedEvent::subject). Where the platform
    /// sends bodies of one form to several addresses, the [query](Delivery::query) tells them apart.
    ///
    /// # Errors
    /// [`VerifyError`] when it must not be believed. An event of an unknown kind is no error.
    fn verify(&self, delivery: Delivery<'_>, now: DateTime<Utc>) -> Result<Verified, VerifyError>;
}
