//! The rules of [`WebhookVerifier`].

mod address;
mod challenge;
mod ids;
mod signature;

pub use address::*;
pub use challenge::*;
pub use ids::*;
pub use signature::*;

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::HeaderMap;

use super::fixtures::at;
use crate::webhook::{Answer, Delivery, EventSubject, Verified, VerifyError, WebhookVerifier};

/// Plays a platform that sends to one app.
pub trait WebhookHarness: Send + Sync + 'static {
    /// The verifier under test.
    fn verifier(&self) -> &dyn WebhookVerifier;

    /// Bodies as the platform sends them to this app, each about something else; two at least.
    fn bodies(&self) -> Vec<Vec<u8>>;

    /// A body with an event of a kind that nobody knows.
    fn unknown(&self) -> Vec<u8>;

    /// A body of several events and how many they are, when the platform sends such.
    fn batch(&self) -> Option<(Vec<u8>, usize)>;

    /// The headers with which the platform sends a body, signed at that time by the app's secret.
    fn sign(&self, body: &[u8], when: DateTime<Utc>) -> HeaderMap;

    /// The same by the secret of another app.
    fn sign_wrongly(&self, body: &[u8], when: DateTime<Utc>) -> HeaderMap;

    /// The furthest that a signature may lie back and ahead, when it says its time.
    fn window(&self) -> Option<(Duration, Duration)>;

    /// The question by which the platform checks an address, when it asks one.
    fn challenge(&self) -> Option<Challenge>;

    /// Bodies that mean something only at the address which they are sent to, each at another; none when the platform
    /// sends no such.
    fn addressed(&self) -> Vec<Addressed>;

    /// Secrets of the app.
    fn secrets(&self) -> Vec<String>;
}

/// A question about an address.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Challenge {
    /// The query of a true question.
    pub query: String,
    /// Its answer.
    pub answer: Answer,
    /// The query of a question with a wrong secret.
    pub wrong: String,
    /// Queries of questions about what nobody asked for, all else being right.
    pub unasked: Vec<String>,
}

impl Challenge {
    /// A true question with its answer, and a wrong one.
    pub fn new(query: impl Into<String>, answer: Answer, wrong: impl Into<String>) -> Self {
        Self {
            query: query.into(),
            answer,
            wrong: wrong.into(),
            unasked: Vec::new(),
        }
    }

    /// Where the platform also asks about what nobody asked for.
    #[must_use]
    pub fn unasked<S: Into<String>>(mut self, queries: impl IntoIterator<Item = S>) -> Self {
        self.unasked = queries.into_iter().map(Into::into).collect();
        self
    }
}

/// A body that says less than the address it is sent to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Addressed {
    /// The query of the address.
    pub query: String,
    /// The body.
    pub body: Vec<u8>,
    /// What it is about there.
    pub subject: EventSubject,
    /// What the platform wants to read, if anything.
    pub reply: Option<Answer>,
}

impl Addressed {
    /// A delivery to which nothing is replied.
    pub fn new(query: impl Into<String>, body: Vec<u8>, subject: EventSubject) -> Self {
        Self {
            query: query.into(),
            body,
            subject,
            reply: None,
        }
    }

    /// The platform wants to read this.
    #[must_use]
    pub fn replied(mut self, reply: Answer) -> Self {
        self.reply = Some(reply);
        self
    }
}

/// What the verifier says of a body that was truly signed at the present.
fn signed(harness: &impl WebhookHarness, body: &[u8]) -> Result<Verified, VerifyError> {
    verify(harness, &harness.sign(body, at(0)), body)
}

fn verify(
    harness: &impl WebhookHarness,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Verified, VerifyError> {
    let delivery = Delivery::new(headers, body);
    harness.verifier().verify(delivery, at(0))
}

/// What a truly signed body of the platform tells.
#[track_caller]
fn believed(harness: &impl WebhookHarness, body: &[u8]) -> Verified {
    match signed(harness, body) {
        Ok(verified) => verified,
        Err(error) => panic!("a true delivery is not believed: {error:?}"),
    }
}
