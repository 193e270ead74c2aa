use std::time::Duration;

use chrono::{DateTime, Utc};
use social_core::{
    Error, ErrorKind, LimitScope, Remedy, Result,
    model::MediaId,
    publish::{Checkpoint, MediaRef, Outcome, PublishRequest, Step, StepContext},
    store::Booking,
};

use super::settings::PublishSettings;
use crate::{PLATFORM, client::Client, limits::Bucket};

/// The scope that direct posts need.
const SCOPE: &str = "video.publish";

/// What one step works with.
pub(super) struct Run<'a> {
    pub(super) client: &'a Client,
    pub(super) settings: &'a PublishSettings,
    pub(super) cx: &'a StepContext<'a>,
}

impl Run<'_> {
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.cx.clock.now()
    }

    /// How long since `then`, nothing when the clock went back.
    pub(super) fn since(&self, then: DateTime<Utc>) -> Duration {
        (self.now() - then).to_std().unwrap_or_default()
    }

    /// What the account did not grant, before anything is sent.
    pub(super) fn check_scope(&self) -> Result<()> {
        if self.cx.tokens.scopes.contains(SCOPE) {
            return Ok(());
        }
        let message = "the account did not grant the scope video.publish";
        Err(Error::new(ErrorKind::Permission, message)
            .with_platform(PLATFORM)
            .with_user_message(
                "The account did not allow posting. Connect it again and allow all that is asked.",
            ))
    }

    /// Books one call.
    pub(super) async fn book(&self, bucket: Bucket) -> Result<()> {
        let account = &self.cx.account.key;
        // A post keeps its place in the queue; checks that no post is behind share one.
        let holder = self.cx.post.map_or_else(String::new, |id| id.to_string());
        match self.cx.limits.book(&[bucket.of(account)], &holder).await? {
            Booking::Granted => Ok(()),
            Booking::Wait(wait) => Err(Error::new(
                ErrorKind::RateLimited,
                "the calls of this minute are spent",
            )
            .with_platform(PLATFORM)
            .with_remedy(Remedy::After {
                wait,
                scope: LimitScope::Endpoint,
            })),
        }
    }

    /// Lets everybody wait when TikTok says that the calls of this minute are spent.
    pub(super) async fn heed(&self, bucket: Bucket, error: Error) -> Error {
        if let Remedy::After {
            wait,
            scope: LimitScope::Endpoint,
        } = error.remedy()
        {
            let key = bucket.of(&self.cx.account.key).key;
            if let Err(trouble) = self.cx.limits.block(&key, *wait).await {
                tracing::warn!(%trouble, "a limit could not be written down");
            }
        }
        error
    }

    /// The stored file of the request.
    pub(super) fn media(&self) -> Result<&MediaId> {
        stored_media(self.cx.request)
    }

    /// What a refusal before the upload leads to: whatever says that nothing helps ends the post, which certainly was not
    /// made; a creator who may not post now keeps it waiting for a while.
    pub(super) fn refused(&self, at: &Checkpoint, error: Error) -> Result<Step> {
        let capped = |scope: &LimitScope| *scope != LimitScope::Endpoint;
        match error.remedy() {
            Remedy::Never | Remedy::FixInput { .. } => Ok(failed(at.clone(), error)),
            Remedy::After { scope, .. } if capped(scope) && self.is_out_of_patience() => {
                Ok(failed(at.clone(), error.with_remedy(Remedy::Never)))
            }
            _ => Err(error),
        }
    }

    fn is_out_of_patience(&self) -> bool {
        self.since(self.cx.started_at) >= self.settings.blocked_patience
    }
}

pub(super) fn stored_media(request: &PublishRequest) -> Result<&MediaId> {
    match request.media.as_slice() {
        [MediaRef::Stored(id)] => Ok(id),
        _ => Err(Error::new(
            ErrorKind::Unsupported,
            "a TikTok video is one file of the media store",
        )),
    }
}

pub(super) fn pending(checkpoint: Checkpoint, after: Duration) -> Step {
    Step::Pending {
        checkpoint,
        after,
        cause: None,
    }
}

pub(super) fn troubled(checkpoint: Checkpoint, after: Duration, cause: Error) -> Step {
    Step::Pending {
        checkpoint,
        after,
        cause: Some(cause),
    }
}

pub(super) fn failed(checkpoint: Checkpoint, error: Error) -> Step {
    settled(checkpoint, Outcome::Failed(error), None)
}

pub(super) fn settled(checkpoint: Checkpoint, outcome: Outcome, watch: Option<Duration>) -> Step {
    Step::Settled {
        checkpoint,
        outcome,
        watch,
    }
}
