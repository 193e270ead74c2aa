//! What the user does with a share in the inbox.

use super::{Draft, Mode, PENDING_LIFE, Publish, Transition};
use crate::clock::Millis;

/// Why the user cannot do that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InboxError {
    /// There is no such share in the inbox, yet or any more.
    #[error(
        "no such share lies in an inbox: it is not delivered yet, was discarded, or has lapsed after 24 hours"
    )]
    NotThere,
    /// The account cannot post to this audience.
    #[error("the account cannot post to this audience")]
    Privacy,
}

impl Publish {
    /// When the share was delivered, whatever became of it.
    pub(crate) fn delivered_at(&self, now: Millis) -> Option<Millis> {
        let delivered = |(at, transition): (Millis, Transition)| {
            (transition == Transition::InboxDelivered && at <= now).then_some(at)
        };
        self.transitions().into_iter().find_map(delivered)
    }

    /// Whether the share lies in the inbox: delivered, neither discarded nor lapsed. It stays there
    /// when something has been posted from it.
    pub(crate) fn in_inbox(&self, now: Millis) -> bool {
        let delivered = self.delivered_at(now);
        delivered.is_some_and(|at| now < at.saturating_add(PENDING_LIFE))
            && self.discarded_at.is_none()
    }

    /// Whether it takes one of the places for pending shares: from init until the user posts or
    /// discards, it fails, or a day has passed.
    pub(crate) fn is_pending_share(&self, now: Millis) -> bool {
        self.kind.mode == Mode::Inbox
            && now < self.init_at.saturating_add(PENDING_LIFE)
            && self.drafts.is_empty()
            && self.discarded_at.is_none()
            && self.fail_reason(now).is_none()
    }

    /// The user posts from the share.
    pub(crate) fn post_draft(&mut self, draft: Draft) -> Result<(), InboxError> {
        if !self.in_inbox(draft.posted_at) {
            return Err(InboxError::NotThere);
        }
        self.drafts.push(draft);
        Ok(())
    }

    /// The user throws the share away. Status and posts stay as they are.
    pub(crate) fn discard(&mut self, now: Millis) -> Result<(), InboxError> {
        if !self.in_inbox(now) {
            return Err(InboxError::NotThere);
        }
        self.discarded_at = Some(now);
        Ok(())
    }
}
