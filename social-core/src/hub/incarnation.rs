//! A restored, cloned or promoted copy of the data must not send what the data have sent in their other life.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Post, Social, WorkerContext};
use crate::{
    error::{Error, ErrorKind, Reason, Remedy, Result},
    model::PostId,
    store::{Incarnation, Incarnations, InstallationStore, LastWrites},
};

/// Who accepts another life of the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum IncarnationPolicy {
    /// Where the data show nothing but [a promotion](Incarnations::is_promotion), the workers accept it by themselves and go
    /// on: an operator says by this that replication is synchronous, so that nothing was lost, and that the machine before
    /// takes no more writes. A failover to a replica that was behind must never come to pass then: it could post twice.
    /// Everything else waits for an operator's word.
    AcceptPromotion,
    /// An operator, each time.
    #[default]
    Ask,
}

/// Says whether the data still are in the life that was accepted, and nothing must be sent otherwise. Clones share what
/// was told already.
#[derive(Clone)]
pub struct IncarnationGuard {
    store: Arc<dyn InstallationStore>,
    policy: IncarnationPolicy,
    /// What holds since it was last told.
    told: Arc<Mutex<Option<Incarnation>>>,
}

impl IncarnationGuard {
    /// Asks `store`, and an operator for every other life.
    pub fn new(store: Arc<dyn InstallationStore>) -> Self {
        Self {
            store,
            policy: IncarnationPolicy::Ask,
            told: Arc::default(),
        }
    }

    /// Another policy.
    #[must_use]
    pub fn policy(mut self, policy: IncarnationPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Whether work is held now. Logs each change once, as an error when it begins.
    ///
    /// # Errors
    /// `Storage` when the store fails: then nobody knows, and nothing is to be sent either.
    pub async fn is_held(&self) -> Result<bool> {
        let now = self.look().await?;
        let held = !now.is_same();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if held && told.as_ref() != Some(&now.present) {
            tracing::error!(
                present = %now.present,
                accepted = %now.accepted,
                "the data have begun another life: restored, cloned, or on another server. Nothing is refreshed or \
                 published until an operator has made sure that no other copy is at work and accepts this one"
            );
            *told = Some(now.present);
        } else if !held && told.take().is_some() {
            tracing::info!(present = %now.present, "this life of the data is accepted; work goes on");
        }
        Ok(held)
    }

    /// The lives, after a promotion was accepted where that needs nobody's word.
    async fn look(&self) -> Result<Incarnations> {
        let now = self.store.incarnations().await?;
        let accepts = self.policy == IncarnationPolicy::AcceptPromotion && now.is_promotion;
        if now.is_same() || !accepts {
            return Ok(now);
        }
        let accepted = self
            .store
            .accept_incarnation(&now.present, LastWrites::Kept);
        match accepted.await {
            Ok(()) => tracing::warn!(
                incarnation = %now.present,
                accepted_before = %now.accepted,
                "a replica was promoted; its life of the data is accepted, since replication is said to be synchronous"
            ),
            // Yet another life, which is looked at as any is.
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
        self.store.incarnations().await
    }

    /// # Errors
    /// `Unavailable` with [`Remedy::Operator`] and the reason [`RestoredNotAccepted`](Reason::RestoredNotAccepted) while work is held; `Storage` when the
    /// store fails.
    pub async fn check(&self) -> Result<()> {
        if self.is_held().await? {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "the data have begun another life, and nothing is refreshed or published in it before an operator \
                 accepts it: make sure that no other copy of these data is at work, then accept the present incarnation",
            )
            .with_remedy(Remedy::Operator)
            .with_reason(Reason::RestoredNotAccepted));
        }
        Ok(())
    }
}

impl fmt::Debug for IncarnationGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncarnationGuard").finish_non_exhaustive()
    }
}

/// What accepting an incarnation led to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// So many posts may have been sent from the other copy of the data. The platform is asked about each before anything
    /// else is done of it; those that it cannot be asked about become `Undecided`, and are not sent again: their owners have
    /// to look.
    pub asked_about: u64,
    /// So many posts that were armed for later are [kept held](crate::store::PostRecord::held_due_at): their owners may have
    /// moved them to an earlier time in what was lost. None unless
    /// [`hold_after_loss`](super::SocialBuilder::hold_after_loss) is set.
    pub held: u64,
}

impl Social {
    /// The present life of the data, and the one that was accepted.
    ///
    /// A restored backup, a clone and a promoted replica are another life. What was done in the first one after the copy
    /// was made is not in the data: to publish or refresh from them could post twice, or spend a refresh token that is no
    /// longer the newest. So while the two differ, no worker on these data claims anything, and no token is refreshed; one
    /// that is still valid is answered as before. What a person asks for at the moment goes through: a login, a
    /// disconnect.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    pub async fn incarnations(&self) -> Result<Incarnations> {
        self.worker.inner.stores.installation.incarnations().await
    }

    /// Accepts the present incarnation, `seen` by an operator who has made sure that no other copy is at work. Every post
    /// that was begun or due, by the clock of any machine, is marked first: workers ask the platform what became of it before they do anything of it, and
    /// not before [`restore_grace`](Self::restore_grace) has passed, in which a request of the other copy may
    /// still arrive. That goes for a post that was submitted while this life waited, too: the other copy may have taken and sent the
    /// same request before, and these data have lost its key. Workers in all processes
    /// then go on by themselves.
    ///
    /// A life that is accepted already stays as it is, and no post changes.
    ///
    /// # Errors
    /// `Conflict` when the present life is no longer `seen`: then nothing was changed. `Storage` when the store fails.
    ///
    /// # Cancel safety
    /// Dropped or failed half-way, posts may be marked and work still held: accept again. That marks the same posts, because
    /// nothing is begun in between.
    pub async fn accept_incarnation(&self, seen: &Incarnation) -> Result<Accepted> {
        let stores = &self.worker.inner.stores;
        let now = stores.installation.incarnations().await?;
        if now.present != *seen {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the data have begun yet another life since: look again",
            ));
        }
        if now.is_same() {
            return Ok(Accepted::default());
        }
        let now = self.worker.inner.clock.now();
        // The other copy goes by its own machines' clocks.
        let due_by = self.worker.inner.clocks.latest().await?;
        let asked_about = stores
            .posts
            .mark_restored(now, due_by, self.worker.inner.restore_grace)
            .await?;
        let held = match self.worker.inner.hold_after_loss {
            Some(_) => stores.posts.hold_queued(now).await?,
            None => 0,
        };
        let last = LastWrites::MayBeLost { now };
        stores.installation.accept_incarnation(seen, last).await?;
        tracing::warn!(
            incarnation = %seen,
            asked_about,
            held,
            "a restored, cloned or failed-over database is accepted; the platforms are asked first about posts that it may \
             have sent"
        );
        self.worker.wake();
        Ok(Accepted { asked_about, held })
    }

    /// Posts of everybody that are kept held for an operator's word, oldest (by id) first, from behind `after` on, at most
    /// `limit`, see [`hold_after_loss`](super::SocialBuilder::hold_after_loss). An operator looks at the account's profile: what is out
    /// already is [cancelled](Self::cancel) here, all else [released](Self::release_post).
    ///
    /// # Errors
    /// `Storage` when the store fails.
    pub async fn held_posts(&self, after: Option<PostId>, limit: u32) -> Result<Vec<Post>> {
        let posts = self.worker.inner.stores.posts.held(after, limit).await?;
        Ok(posts.into_iter().map(Post::from).collect())
    }

    /// Lets a post go that is kept held: an operator has made sure that it is not out.
    ///
    /// # Errors
    /// `NotFound` when no post that is kept held has this id, `Storage` when the store fails.
    ///
    /// # Cancel safety
    /// Dropped, it has either happened or not; looking again tells.
    pub async fn release_post(&self, id: PostId) -> Result<Post> {
        let now = self.worker.inner.clock.now();
        let post = self.worker.inner.stores.posts.release_held(id, now).await?;
        self.worker.changed(&post.account.owner, id);
        self.worker.wake();
        Ok(post.into())
    }
}

impl WorkerContext {
    /// Tells whether work is held. Workers ask it before every round and every step.
    pub fn incarnation_guard(&self) -> &IncarnationGuard {
        &self.inner.guard
    }
}
