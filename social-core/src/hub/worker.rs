//! The second face of the hub: for workers, webhook receivers and stores.

use std::{fmt, sync::Arc};

use serde_json::Value;

use super::{AppSubscriptions, Change, Inner, Stores, find};
use crate::{
    error::{Error, ErrorKind, Remedy, Result},
    login::Logins,
    model::{AppKey, OwnerId, PostId},
    publish::{Checkpoint, PublishRequest, Publisher},
    store::{PostRecord, SealedField, StoredCheckpoint},
    tokens::Tokens,
    vault::Vault,
    webhook::WebhookVerifier,
};

/// What workers, webhook receivers and stores need, see [`Social::worker`](super::Social::worker). Clones share everything.
///
/// What is done here skips the checks of [`Social`](super::Social), and what is read may have sealed parts: nothing of it
/// belongs on a page.
#[derive(Clone)]
pub struct WorkerContext {
    pub(super) inner: Arc<Inner>,
}

/// A post with its sealed parts opened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OpenPost {
    /// What to publish.
    pub request: PublishRequest,
    /// Where it stands on the platform.
    pub checkpoint: Checkpoint,
}

impl WorkerContext {
    /// The stores.
    pub fn stores(&self) -> &Stores {
        &self.inner.stores
    }

    /// The vault.
    pub fn vault(&self) -> &Vault {
        &self.inner.vault
    }

    /// Valid tokens.
    pub fn tokens(&self) -> &Tokens {
        &self.inner.tokens
    }

    /// Logins.
    pub fn logins(&self) -> &Logins {
        &self.inner.logins
    }

    /// The apps that can be published through, each with its publisher.
    pub fn publishers(&self) -> impl Iterator<Item = (&AppKey, &Arc<dyn Publisher>)> {
        self.inner.platforms.publishers.iter()
    }

    /// The publisher of an app.
    ///
    /// # Errors
    /// `Unsupported` when this installation has none.
    pub fn publisher(&self, app: &AppKey) -> Result<&Arc<dyn Publisher>> {
        find(&self.inner.platforms.publishers, app, "publish through")
    }

    /// Verifies what is sent to an app.
    ///
    /// # Errors
    /// `Unsupported` when this installation cannot.
    pub fn verifier(&self, app: &AppKey) -> Result<&Arc<dyn WebhookVerifier>> {
        find(&self.inner.platforms.verifiers, app, "hear from")
    }

    /// The apps whose events are kept coming.
    pub fn subscriptions(&self) -> impl Iterator<Item = (&AppKey, &AppSubscriptions)> {
        self.inner.platforms.subscriptions.iter()
    }

    /// What keeps the events of an app coming.
    ///
    /// # Errors
    /// `Unsupported` when this installation does not.
    pub fn subscriptions_of(&self, app: &AppKey) -> Result<&AppSubscriptions> {
        find(
            &self.inner.platforms.subscriptions,
            app,
            "subscribe to events through",
        )
    }

    /// The request of a post, opened.
    ///
    /// # Errors
    /// `Seal` when it cannot be opened.
    pub async fn open_request(&self, post: &PostRecord) -> Result<PublishRequest> {
        let row = post.id.to_string();
        let plain = self
            .inner
            .vault
            .open(&SealedField::PostRequest.place(&row), &post.request)
            .await?;
        serde_json::from_slice(&plain).map_err(|_| other_form("request"))
    }

    /// A post with its sealed parts opened.
    ///
    /// # Errors
    /// `Seal` when they cannot be opened.
    pub async fn open_post(&self, post: &PostRecord) -> Result<OpenPost> {
        let request = self.open_request(post).await?;
        let stored = &post.checkpoint;
        let row = post.id.to_string();
        let plain = self
            .inner
            .vault
            .open(&SealedField::PostState.place(&row), &stored.sealed)
            .await?;
        let state: Value = serde_json::from_slice(&plain).map_err(|_| other_form("state"))?;
        let mut checkpoint = Checkpoint::new(stored.step.clone(), stored.version, state);
        checkpoint.next = stored.next;
        checkpoint.exposure = stored.exposure;
        checkpoint.remote_ids.clone_from(&stored.remote_ids);
        checkpoint.links.clone_from(&stored.links);
        Ok(OpenPost {
            request,
            checkpoint,
        })
    }

    /// A checkpoint as it is stored.
    ///
    /// # Errors
    /// `Seal` when it cannot be sealed.
    pub async fn seal_checkpoint(&self, id: PostId, at: &Checkpoint) -> Result<StoredCheckpoint> {
        let plain = zeroize::Zeroizing::new(at.state.to_string().into_bytes());
        let row = id.to_string();
        let sealed = self
            .inner
            .vault
            .seal(&SealedField::PostState.place(&row), &plain)
            .await?;
        let mut stored = StoredCheckpoint::new(at.step.clone(), at.next, at.version, sealed);
        stored.exposure = at.exposure;
        stored.remote_ids.clone_from(&at.remote_ids);
        stored.links.clone_from(&at.links);
        Ok(stored)
    }

    /// Tells listeners that a post changed.
    pub fn changed(&self, owner: &OwnerId, id: PostId) {
        self.announce(Change::Post {
            owner: owner.to_owned(),
            id,
        });
    }
}

impl fmt::Debug for WorkerContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerContext")
            .field("stores", &self.inner.stores)
            .field("publishers", &self.inner.platforms.publishers.keys())
            .finish_non_exhaustive()
    }
}

/// The cause is dropped: it could quote a secret.
fn other_form(what: &'static str) -> Error {
    Error::new(
        ErrorKind::Seal,
        format!("a stored {what} has a form that this version does not read"),
    )
    .with_remedy(Remedy::Operator)
}
