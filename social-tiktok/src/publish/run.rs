use std::time::Duration;

use chrono::{DateTime, Utc};
use social_core::{
    Error, ErrorKind, LimitScope, Reason, Remedy, Result,
    error::words::Field,
    media::fetch::Fetcher,
    model::MediaId,
    publish::{Checkpoint, MediaItem, MediaRef, PublishRequest, Step, StepContext},
};

use super::{options::Mode, settings::PublishSettings, state::State};
use crate::{ByTikTok, client::Client};

/// What one step works with.
pub(super) struct Run<'a> {
    pub(super) client: &'a Client,
    pub(super) settings: &'a PublishSettings,
    /// Looks at media that are elsewhere.
    pub(super) fetcher: Option<&'a Fetcher>,
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

    /// Whether the time has passed until which it may be posted, by the rule of every post that is missed.
    pub(super) fn is_too_late(&self) -> bool {
        let ends = self.cx.request.expires_at();
        ends.is_some_and(|ends| ends < self.cx.agreed_at)
    }

    /// What the account did not grant, before anything is sent.
    pub(super) fn check_scope(&self, mode: Mode) -> Result<()> {
        let scope = match mode {
            Mode::Direct => "video.publish",
            Mode::Inbox => "video.upload",
        };
        if self.cx.tokens.scopes.contains(scope) {
            return Ok(());
        }
        let message = format!("the account did not grant the scope {scope}");
        Err(Error::new(ErrorKind::Permission, message)
            .with_reason(Reason::ScopeMissing)
            .with_field(Field::Right, "Posting")
            .by_tiktok())
    }

    /// The stored file of the request.
    pub(super) fn media(&self) -> Result<&MediaId> {
        stored_media(self.cx.request)
    }

    /// What a refusal before the upload leads to: whatever says that nothing helps ends the post, which certainly was not
    /// made; a creator who may not post now keeps it waiting for a while. That while counts from the first refusal on: how
    /// long the post waited before it was tried says nothing of the creator.
    pub(super) fn refused(&self, at: &Checkpoint, state: &State, error: Error) -> Result<Step> {
        let (wait, scope) = match error.remedy() {
            Remedy::Never | Remedy::FixInput { .. } => return Ok(Step::failed(at.clone(), error)),
            Remedy::After { wait, scope } => (*wait, *scope),
            _ => return Err(error),
        };
        if scope == LimitScope::Endpoint {
            return Err(error);
        }
        let since = state.blocked_since.unwrap_or_else(|| self.now());
        if self.since(since) >= self.settings.blocked_patience {
            return Ok(Step::failed(at.clone(), error.with_remedy(Remedy::Never)));
        }
        let blocked = State {
            blocked_since: Some(since),
            ..state.clone()
        };
        let mut checkpoint = blocked.checkpoint(&at.step, at.remote_id())?;
        checkpoint.next = at.next;
        Ok(Step::troubled(checkpoint, wait, error))
    }
}

/// What an answer that leaves it open whether a step was carried out means when carrying it out twice does no harm: what
/// it would of a question. A refusal in unknown words is one, and the rest is tried again.
pub(super) fn of_repeatable(error: Error) -> Error {
    if *error.remedy() != Remedy::Reconcile {
        return error;
    }
    let remedy = match error.kind() {
        ErrorKind::Rejected => Remedy::Never,
        ErrorKind::Unauthorized => Remedy::Refresh,
        _ => return error,
    };
    error.with_remedy(remedy)
}

pub(super) fn stored_media(request: &PublishRequest) -> Result<&MediaId> {
    match request.media.as_slice() {
        [
            MediaItem {
                source: MediaRef::Stored(id),
                ..
            },
        ] => Ok(id),
        _ => Err(Error::new(
            ErrorKind::Unsupported,
            "a TikTok video is one file of the media store",
        )),
    }
}
