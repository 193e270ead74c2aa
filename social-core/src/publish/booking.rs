//! Booking limits for the post that a step is of.

use std::time::Duration;

use super::StepContext;
use crate::{
    error::{Error, ErrorKind, LimitScope, Reason, Remedy, Result},
    store::{Booking, Limit},
};

/// The [code](Error::code) of an error that tells of a place in a queue of ours. The wait is a promise, no wish of the
/// platform.
pub const LIMIT_BOOKED: &str = "limit_booked";

/// Whether a wait comes from our own queue: its code is [`LIMIT_BOOKED`]. Which limit it is says the reason.
pub fn is_booked(error: &Error) -> bool {
    error.code() == Some(LIMIT_BOOKED)
}

impl StepContext<'_> {
    /// Books limits before they are spent, for the post; to be called again when the step is tried again. A check, which
    /// is of no post, books nothing: it learns whether a post would have to wait.
    ///
    /// # Errors
    /// `RateLimited` with the code `limit_booked` and [`Remedy::After`] when it has to wait: returned as it is from a step,
    /// it puts the post off to the promised time and counts as no failure. `Storage` when a shared store fails.
    pub async fn book(&self, limits: &[Limit], scope: LimitScope) -> Result<()> {
        let booking = match self.post {
            Some(post) => self.limits.book(limits, &post.to_string()).await?,
            None => self.look(limits).await?,
        };
        let Booking::Wait(wait) = booking else {
            return Ok(());
        };
        Err(Error::new(
            ErrorKind::RateLimited,
            "a limit of the platform is used up; the post has its place in the queue",
        )
        .with_remedy(Remedy::After { wait, scope })
        .with_code(LIMIT_BOOKED)
        .with_reason(Reason::CallLimit))
    }

    /// What a newcomer would get.
    async fn look(&self, limits: &[Limit]) -> Result<Booking> {
        let mut wait = Duration::ZERO;
        for limit in limits {
            wait = wait.max(self.limits.usage(limit).await?.wait);
        }
        Ok(if wait.is_zero() {
            Booking::Granted
        } else {
            Booking::Wait(wait)
        })
    }

    /// Gives back what the post has booked of these keys: nothing was spent, or a slot is free again.
    ///
    /// # Errors
    /// `Storage` when a shared store fails.
    pub async fn refund(&self, keys: &[&str]) -> Result<()> {
        match self.post {
            Some(post) => self.limits.refund(keys, &post.to_string()).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        MediaDir, PublishRequest,
        memory::MemoryStore,
        model::{AccountKey, MediaId, Platform, PostId, TokenSet},
        store::{Limits, TokenRecord, Window},
        time::{Clock, Deadline, ManualClock},
    };

    const MINUTE: Duration = Duration::from_secs(60);

    /// Books one of one a minute, for a post or for a check.
    async fn book(store: &MemoryStore, clock: &ManualClock, post: Option<u128>) -> Result<()> {
        let folder = tempfile::tempdir().unwrap();
        let media = MediaDir::open(folder.path()).unwrap();
        let platform = Platform::new("example");
        let key = AccountKey::new("owner", "app", platform.clone(), "42");
        let account = TokenRecord::new(key, "web", clock.now());
        let account = account.to_account();
        let (tokens, request) = (
            TokenSet::absent(clock.now()),
            PublishRequest::video(MediaId::from_digest([1; 32])),
        );
        let deadline = Deadline::after(Arc::new(clock.clone()), MINUTE);
        let now = clock.now();
        let mut cx = StepContext::new(
            &account,
            &tokens,
            &request,
            &media,
            store,
            now,
            &deadline,
            &(),
        );
        cx.post = post.map(|post| PostId::from(uuid::Uuid::from_u128(post)));
        let booked = cx.book(&[limit()], LimitScope::Account).await;
        if post == Some(9) {
            cx.refund(&["example/init"]).await?;
        }
        booked
    }

    fn limit() -> Limit {
        Limit::new("example/init", Window::new(1, MINUTE))
    }

    async fn usage(store: &MemoryStore) -> (u32, u32) {
        let usage = store.usage(&limit()).await.unwrap();
        (usage.used, usage.waiting)
    }

    #[tokio::test]
    async fn who_must_wait_is_told_for_how_long() {
        let clock = ManualClock::default();
        let store = MemoryStore::new(Arc::new(clock.clone()));
        book(&store, &clock, Some(1)).await.unwrap();
        clock.advance(MINUTE / 3);
        let error = book(&store, &clock, Some(2)).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::RateLimited, Some("limit_booked"))
        );
        let (wait, scope) = (MINUTE * 2 / 3, LimitScope::Account);
        assert_eq!(error.remedy(), &Remedy::After { wait, scope });
        assert_eq!(usage(&store).await, (1, 1));
        clock.advance(wait);
        book(&store, &clock, Some(2)).await.unwrap();
        assert_eq!(usage(&store).await, (1, 0));
    }

    #[tokio::test]
    async fn a_check_spends_nothing_and_takes_no_place() {
        let clock = ManualClock::default();
        let store = MemoryStore::new(Arc::new(clock.clone()));
        book(&store, &clock, None).await.unwrap();
        assert_eq!(usage(&store).await, (0, 0));
        book(&store, &clock, Some(1)).await.unwrap();
        let error = book(&store, &clock, None).await.unwrap_err();
        assert!(matches!(error.remedy(), Remedy::After { wait, .. } if *wait == MINUTE));
        assert_eq!(usage(&store).await, (1, 0));
    }

    #[tokio::test]
    async fn what_is_given_back_is_free_again() {
        let clock = ManualClock::default();
        let store = MemoryStore::new(Arc::new(clock.clone()));
        book(&store, &clock, Some(9)).await.unwrap();
        book(&store, &clock, Some(1)).await.unwrap();
    }
}
