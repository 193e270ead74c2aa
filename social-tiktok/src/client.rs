mod chunk;
mod display;
mod endpoints;
mod oauth;
mod publish;

use std::{fmt, sync::Arc, time::Duration};

use http::Method;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use social_core::{
    Error, ErrorKind, Remedy, Result,
    http::{ApiClient, Call, Reply},
    model::{AppId, AppKey},
    time::{Clock, Deadline},
};

pub use chunk::{Chunk, ChunkAnswer};
pub(crate) use display::VIDEOS_MAX;
pub(crate) use endpoints::Endpoints;

use crate::{
    ByTikTok, PLATFORM,
    classify::{self, Asked},
    webhook::Webhooks,
    wire::Answer,
};

/// TikTok's endpoints, one method each. Cheap to clone; usable without the rest of this crate.
///
/// Every method takes a [`Deadline`] after which nothing is sent. Every error names the call, the platform's code and its
/// request id, and says by its remedy what to do; calls that cause something say `Reconcile` when nobody knows whether
/// they were carried out. Dropping a call is safe for those that only ask; of the others it leaves open whether they were
/// carried out.
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) http: ApiClient,
    pub(crate) endpoints: Endpoints,
    pub(crate) client_key: AppId,
    pub(crate) client_secret: SecretString,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timeout: Duration,
    pub(crate) chunk_timeout: Duration,
}

impl Client {
    /// The platform app's public id.
    pub fn client_key(&self) -> &str {
        self.0.client_key.as_str()
    }

    pub(crate) fn app(&self) -> AppKey {
        AppKey::new(PLATFORM, self.0.client_key.clone())
    }

    pub(crate) fn webhooks(&self) -> Webhooks {
        Webhooks::new(self.0.client_key.clone(), self.0.client_secret.clone())
    }

    fn call<'a>(
        &self,
        name: &'static str,
        method: Method,
        path: &str,
        deadline: &'a Deadline,
    ) -> Call<'a> {
        let url = SecretString::from(self.0.endpoints.api(path));
        Call::new(name, method, url, deadline).timeout(self.0.timeout)
    }

    /// Sends a call to an API endpoint and reads its data.
    async fn ask<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T> {
        let (name, observation) = (call.name(), call.is_observation());
        let (reply, answer) = self.send(call).await?;
        match classify::api(&reply, &answer, self.asked(name, observation)) {
            Some(refusal) => Err(refusal),
            None => answer
                .data()
                .ok_or_else(|| with_id(other_form(name, observation), &answer)),
        }
    }

    async fn send(&self, call: Call<'_>) -> Result<(Reply, Answer)> {
        let reply = self.0.http.send(call).await;
        let reply = reply.map_err(|error| error.by_tiktok())?;
        let answer = Answer::read(&reply.body);
        tracing::debug!(
            status = reply.status.as_u16(),
            code = answer.code.as_deref(),
            request_id = answer.log_id.as_deref(),
            "TikTok answered"
        );
        Ok((reply, answer))
    }

    fn asked(&self, name: &'static str, observation: bool) -> Asked {
        Asked {
            name,
            observation,
            now: self.0.clock.now(),
        }
    }
}

fn named(error: Error, name: &'static str) -> Error {
    error.by_tiktok().with_operation(name)
}

/// A success without what it must hold. Of a call that causes something it may have been carried out.
fn other_form(name: &'static str, observation: bool) -> Error {
    let error = Error::new(ErrorKind::Protocol, "the answer lacks what it must hold");
    let remedy = if observation {
        Remedy::Backoff
    } else {
        Remedy::Reconcile
    };
    named(error, name).with_remedy(remedy)
}

fn with_id(error: Error, answer: &Answer) -> Error {
    match &answer.log_id {
        Some(id) => error.with_request_id(id),
        None => error,
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("client_key", &self.0.client_key)
            .field("endpoints", &self.0.endpoints)
            .finish_non_exhaustive()
    }
}
