use std::{borrow::Cow, time::Duration};

use super::Spent;
use crate::{
    error::{Error, LimitScope, Remedy, Result},
    model::PostId,
    publish::{is_booked, journal::backoff},
    store::{Booking, Counting, Limit, Limits},
    wish::{self, LONGEST},
};

/// Who books where no post is behind: checks and pages share a place.
const NO_POST: &str = "";

/// Books limits for one holder. A post that has to wait keeps its place in the queue and finds it again when its step is
/// tried again; calls that no post is behind share one. Since nobody can tell them apart, each of these counts whatever the
/// limit says, and none gives back what may be another's.
#[derive(Clone, Debug)]
pub struct Bookings<'a> {
    limits: &'a dyn Limits,
    holder: String,
}

impl<'a> Bookings<'a> {
    /// For this holder: the account, for example, where an account counts once however many posts it makes.
    pub fn new(limits: &'a dyn Limits, holder: impl Into<String>) -> Self {
        let holder = holder.into();
        Self { limits, holder }
    }

    /// For a post, or for a call that no post is behind.
    pub fn of_post(limits: &'a dyn Limits, post: Option<PostId>) -> Self {
        let holder = post.map_or_else(|| NO_POST.to_owned(), |id| id.to_string());
        Self::new(limits, holder)
    }

    /// Books one of each, all or nothing, before it is spent.
    ///
    /// # Errors
    /// `RateLimited` with what `spent` tells and [`Remedy::After`] when it has to wait, which is a place in our own queue
    /// ([`is_booked`]): returned as it is from a step, it puts the post off to the promised time and counts as no failure.
    /// `Invalid` when a limit [can never be booked](Limit::check). `Storage` when a shared store fails.
    pub async fn book(&self, limits: &[Limit], spent: &Spent) -> Result<()> {
        let limits = match self.is_shared() {
            true => Cow::Owned(limits.iter().cloned().map(each_call).collect()),
            false => Cow::Borrowed(limits),
        };
        match self.limits.book(&limits, &self.holder).await? {
            Booking::Granted => Ok(()),
            Booking::Wait(wait) => Err(spent.error(wait)),
        }
    }

    /// Whether a newcomer would be granted one. Books nothing.
    ///
    /// # Errors
    /// As [`book`](Self::book).
    pub async fn look(&self, limit: &Limit, spent: &Spent) -> Result<()> {
        let wait = self.limits.usage(limit).await?.wait;
        match wait.is_zero() {
            true => Ok(()),
            false => Err(spent.error(wait)),
        }
    }

    /// Gives back what the holder has booked of these keys: nothing was spent, or a slot is free again. When the store does
    /// not take it, the booking lapses with its window; so does what a call booked that no post is behind.
    pub async fn refund(&self, keys: &[&str]) {
        if self.is_shared() {
            return;
        }
        if let Err(trouble) = self.limits.refund(keys, &self.holder).await {
            tracing::warn!(%trouble, "a booked place could not be given back; it lapses with its window");
        }
    }

    /// When the platform says that a limit is spent, blocks the key that `key` names for whom it concerns: everybody who
    /// books it waits, and nobody asks in vain. The wait is made [one that can be kept](wish::heed). Answers the error as it
    /// was; a place in our own queue blocks nothing.
    pub async fn heed(
        &self,
        error: Error,
        key: impl FnOnce(LimitScope) -> Option<String>,
    ) -> Error {
        if let Remedy::After { wait, scope } = error.remedy()
            && !is_booked(&error)
            && let Some(key) = key(*scope)
        {
            self.block(&key, wish::heed(*wait, backoff(1), LONGEST))
                .await;
        }
        error
    }

    /// One call that counts in one limit, each time it is made: booked, made, and heeded where the platform says that this
    /// limit is spent.
    ///
    /// # Errors
    /// As [`book`](Self::book), before the call is made, and as the call.
    ///
    /// # Cancel safety
    /// As the call's. What was booked stays so.
    pub async fn call<T>(
        &self,
        limit: Limit,
        spent: &Spent,
        call: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let limit = [each_call(limit)];
        self.book(&limit, spent).await?;
        let [limit] = limit;
        match call.await {
            Ok(answer) => Ok(answer),
            Err(error) => {
                let of_calls = |scope| (scope == LimitScope::Endpoint).then_some(limit.key);
                Err(self.heed(error, of_calls).await)
            }
        }
    }

    fn is_shared(&self) -> bool {
        self.holder == NO_POST
    }

    async fn block(&self, key: &str, wait: Duration) {
        if let Err(trouble) = self.limits.block(key, wait).await {
            tracing::warn!(%trouble, "a limit could not be written down");
        }
    }
}

fn each_call(limit: Limit) -> Limit {
    Limit {
        counting: Counting::EachCall,
        ..limit
    }
}
