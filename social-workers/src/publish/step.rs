use std::sync::Arc;

use chrono::{DateTime, Utc};
use social_core::{
    Error, OpenPost, PublishRequest, Reason, Remedy, Result, Social,
    model::{Account, AccountStatus, TokenSet},
    publish::{Publisher, Step, StepContext, journal::Asked},
    store::PostRecord,
    time::Deadline,
    tokens::ValidTokens,
};

use super::{Hands, progress::Teller};

/// The account of a post, as far as it can be used now.
#[derive(Debug)]
pub(crate) enum Access {
    /// Usable.
    Valid(Box<ValidTokens>),
    /// Its owner disconnected it, or it is gone.
    Disconnected(Option<Account>),
    /// This process ends.
    Closing,
    /// The data have begun another life.
    Held,
    /// It cannot be used now, and why.
    Refused(Error, Option<Account>),
}

/// What was done of a post before this step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Past {
    pub(crate) began_at: DateTime<Utc>,
    /// When its last `Once` step was started.
    pub(crate) started_at: Option<DateTime<Utc>>,
    /// The data were restored, cloned or failed over since.
    pub(crate) restored: bool,
}

impl Hands {
    pub(crate) async fn access(&self) -> Access {
        let key = &self.claim.post.account;
        let error = match self.social.worker().tokens().valid(key).await {
            Ok(valid) => return Access::Valid(Box::new(valid)),
            Err(error) => match error.reason() {
                Some(Reason::RestoredNotAccepted) => return Access::Held,
                Some(Reason::ShuttingDown) => return Access::Closing,
                _ => error,
            },
        };
        match self.social.worker().stores().tokens.load(key).await {
            Ok(None) => Access::Disconnected(None),
            Ok(Some(stored)) if stored.value.status == AccountStatus::Disconnected => {
                Access::Disconnected(Some(stored.value.to_account()))
            }
            stored => {
                let account = stored.ok().flatten();
                // An unanswered refresh says nothing about the post's own step.
                let unanswered = *error.remedy() == Remedy::Reconcile;
                Access::Refused(
                    if unanswered {
                        error.with_remedy(Remedy::Backoff)
                    } else {
                        error
                    },
                    account.map(|stored| stored.value.to_account()),
                )
            }
        }
    }

    /// What both clocks agree has come. Before a post is given up for it they are compared afresh.
    pub(super) async fn agreed(&self) -> DateTime<Utc> {
        let guard = self.social.worker().clock_guard();
        let (agreed, expires_at) = (guard.agreed(), self.claim.post.expires_at);
        if expires_at.is_none_or(|at| at >= agreed) {
            return agreed;
        }
        guard.agreed_afresh().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the clocks could not be compared; the last comparison is believed");
            agreed
        })
    }

    /// Gives back what a post that did not become one has booked and not spent: its places in queues, its slots. When
    /// that fails they lapse.
    pub(crate) async fn refund(&self, post: &OpenPost) {
        refund(&self.social, &self.claim.post, &post.request).await;
    }

    /// Lets the account's posts that wait for a place look now.
    pub(crate) async fn place_freed(&self) {
        place_freed(&self.social, &self.claim.post).await;
    }

    /// One remote step.
    pub(crate) async fn step(
        &self,
        asked: Asked,
        with: (&Account, &TokenSet),
        post: &OpenPost,
        past: Past,
        deadline: &Deadline,
        teller: &Teller,
    ) -> Result<Step> {
        let (account, tokens) = with;
        let publisher: &Arc<dyn Publisher> =
            self.social.worker().publisher(&account.key.app_key())?;
        let (media, limits) = (self.social.media(), self.social.limits());
        let others = self.social.worker().others(&self.claim.post);
        let agreed_at = self.agreed().await;
        let cx = StepContext::new(
            account,
            tokens,
            &post.request,
            media,
            limits,
            past.began_at,
            deadline,
            teller,
        )
        .of_post(self.claim.post.id)
        .agreed(agreed_at)
        .started(past.started_at)
        .restored(past.restored)
        .beside(&others);
        match asked {
            Asked::Advance => publisher.advance(&cx, &post.checkpoint).await,
            Asked::Cancel => publisher.cancel(&cx, &post.checkpoint).await,
            Asked::Reconcile | Asked::Look => publisher.reconcile(&cx, &post.checkpoint).await,
        }
    }
}

/// Gives back what a post that missed its time had booked while it waited. One that nobody began had booked nothing.
pub(super) async fn refund_missed(social: &Social, post: &PostRecord) {
    if post.began_at.is_none() {
        return;
    }
    match social.worker().open_request(post).await {
        Ok(request) => refund(social, post, &request).await,
        Err(error) => tracing::warn!(%error, "bookings could not be given back; they lapse"),
    }
}

async fn refund(social: &Social, post: &PostRecord, request: &PublishRequest) {
    let account = &post.account;
    let Ok(publisher) = social.worker().publisher(&account.app_key()) else {
        return;
    };
    let keys = publisher.refundable(account, request);
    if keys.is_empty() {
        return;
    }
    let keys: Vec<_> = keys.iter().map(String::as_str).collect();
    match social.limits().refund(&keys, &post.id.to_string()).await {
        Ok(()) => place_freed(social, post).await,
        Err(error) => tracing::warn!(%error, "bookings could not be given back; they lapse"),
    }
}

async fn place_freed(social: &Social, post: &PostRecord) {
    if let Err(error) = social.worker().place_freed(&post.account).await {
        tracing::warn!(%error, "waiting posts go on at their times");
    }
}
