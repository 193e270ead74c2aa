//! Booking before spending, and heeding what TikTok says about its limits.

use std::time::Duration;

use social_core::{
    Error, ErrorKind, LimitScope, Reason, Remedy, Result,
    error::words::Field,
    model::AccountKey,
    publish::{LIMIT_BOOKED, Preflight, Violation},
    store::{Booking, Limit, Limits},
};

use super::{options::Mode, run::Run, settings::PublishSettings};
use crate::{
    ByTikTok,
    limits::{self, Bucket},
    rules::PENDING_PER_DAY,
};

impl Run<'_> {
    /// Books one call.
    pub(super) async fn book(&self, bucket: Bucket) -> Result<()> {
        let limits = [bucket.of(&self.cx.account.key)];
        self.book_all(&limits, &self.holder(), Spent::Minute).await
    }

    /// Books the beginning of a post: the call, and what TikTok takes of an account or of the app in a day.
    pub(super) async fn book_post(&self, mode: Mode) -> Result<()> {
        let account = &self.cx.account.key;
        let users = limits::users(account, self.settings.users_per_day.unwrap_or(u32::MAX));
        if self.settings.users_per_day.is_some() {
            // One person counts once, however many posts it makes.
            let person = &account.account;
            self.book_all(&[users], person, Spent::People).await?;
        } else {
            let usage = self.cx.limits.usage(&users).await?;
            if !usage.wait.is_zero() {
                return Err(Spent::People.error(usage.wait));
            }
        }
        // A post keeps its place in the day while it waits for its minute.
        let day = [self.of_day(mode)];
        let spent = match mode {
            Mode::Direct => Spent::Posts,
            Mode::Inbox => Spent::Inbox,
        };
        self.book_all(&day, &self.holder(), spent).await?;
        self.book(Bucket::Init).await
    }

    /// The post was not made, or waits in nobody's inbox any more: its place in the day is free again.
    pub(super) async fn refund(&self, mode: Mode) {
        let key = self.of_day(mode).key;
        let refunded = self.cx.limits.refund(&[&key], &self.holder()).await;
        if let Err(trouble) = refunded {
            tracing::warn!(%trouble, "a booked place could not be given back; it lapses in a day");
        }
    }

    /// Lets everybody wait whom it concerns when TikTok says that a limit is spent.
    pub(super) async fn heed(&self, bucket: Bucket, mode: Mode, error: Error) -> Error {
        let Remedy::After { wait, scope } = error.remedy() else {
            return error;
        };
        let account = &self.cx.account.key;
        let key = match scope {
            LimitScope::Endpoint => bucket.of(account).key,
            LimitScope::App => limits::users(account, u32::MAX).key,
            _ => self.of_day(mode).key,
        };
        block(self.cx.limits, &key, *wait).await;
        error
    }

    /// Tells what is left of what TikTok takes in a day. Spends nothing.
    pub(super) async fn left(&self, mode: Mode, found: &mut Preflight) -> Result<()> {
        let account = &self.cx.account.key;
        let users = limits::users(account, self.settings.users_per_day.unwrap_or(u32::MAX));
        let day = self.of_day(mode);
        let what = match mode {
            Mode::Direct => "posts of this account in 24 hours",
            Mode::Inbox => "posts waiting in the TikTok inbox",
        };
        for (rule, limit, what) in [
            ("limit.users", users, "people posting through this service"),
            ("limit.day", day, what),
            (
                "limit.minute",
                Bucket::Init.of(account),
                "posts begun in a minute",
            ),
        ] {
            let usage = self.cx.limits.usage(&limit).await?;
            let most = limit.window.limit;
            if usage.wait.is_zero() {
                let of = if most == u32::MAX {
                    String::new()
                } else {
                    format!(" of {most}")
                };
                found.passed.push(format!("{what}: {}{of}", usage.used));
                continue;
            }
            let minutes = usage.wait.as_secs().div_ceil(60);
            let violation = Violation::new(
                rule,
                "account",
                format!("TikTok's limit is reached ({what})."),
            )
            .advice(format!("This post begins in about {minutes} min."))
            .soft();
            found.violations.push(violation.limit(most));
        }
        Ok(())
    }

    fn of_day(&self, mode: Mode) -> Limit {
        of_day(&self.cx.account.key, mode, self.settings)
    }

    /// A post keeps its place in the queue; checks that no post is behind share one.
    fn holder(&self) -> String {
        (self.cx.post).map_or_else(|| NO_POST.to_owned(), |id| id.to_string())
    }

    async fn book_all(&self, limits: &[Limit], holder: &str, spent: Spent) -> Result<()> {
        book_all(self.cx.limits, limits, holder, spent).await
    }
}

/// A call for a page: no post is behind it, and it is one of those that posts may make.
pub(super) async fn for_a_page<T>(
    limits: &dyn Limits,
    limit: Limit,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    let limit = [limit];
    book_all(limits, &limit, NO_POST, Spent::Minute).await?;
    let answer = call.await;
    if let Err(error) = &answer
        && let Remedy::After {
            wait,
            scope: LimitScope::Endpoint,
        } = error.remedy()
    {
        block(limits, &limit[0].key, *wait).await;
    }
    answer
}

/// Who books where no post is behind.
const NO_POST: &str = "";

async fn book_all(limits: &dyn Limits, wanted: &[Limit], holder: &str, spent: Spent) -> Result<()> {
    match limits.book(wanted, holder).await? {
        Booking::Granted => Ok(()),
        Booking::Wait(wait) => Err(spent.error(wait)),
    }
}

async fn block(limits: &dyn Limits, key: &str, wait: Duration) {
    if let Err(trouble) = limits.block(key, wait).await {
        tracing::warn!(%trouble, "a limit could not be written down");
    }
}

/// What TikTok takes of an account in a day.
pub(super) fn of_day(account: &AccountKey, mode: Mode, settings: &PublishSettings) -> Limit {
    match mode {
        Mode::Direct => limits::posts(account, settings.posts_per_day),
        Mode::Inbox => limits::pending(account),
    }
}

/// Which limit is spent here. TikTok was not asked, which the code says; the reason is what TikTok's own word would have.
#[derive(Clone, Copy)]
enum Spent {
    Inbox,
    Minute,
    People,
    Posts,
}

impl Spent {
    fn error(self, wait: Duration) -> Error {
        let (reason, scope, message) = match self {
            Self::Inbox => (
                Reason::PendingLimit,
                LimitScope::Account,
                "the places in the inbox are spent",
            ),
            Self::Minute => (
                Reason::CallLimit,
                LimitScope::Endpoint,
                "the calls of this minute are spent",
            ),
            Self::People => (
                Reason::AppLimit,
                LimitScope::App,
                "the app's posting users of this day are spent",
            ),
            Self::Posts => (
                Reason::DailyLimit,
                LimitScope::Account,
                "the posts of this day are spent",
            ),
        };
        let error = Error::new(ErrorKind::RateLimited, message)
            .with_reason(reason)
            .with_code(LIMIT_BOOKED)
            .by_tiktok()
            .with_remedy(Remedy::After { wait, scope });
        match self {
            Self::Inbox => error.with_field(Field::Limit, PENDING_PER_DAY.to_string()),
            _ => error,
        }
    }
}
