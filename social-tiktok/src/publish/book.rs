//! What a post spends of TikTok's limits, and what TikTok says about them.

use social_core::{
    Error, LimitScope, Result,
    model::AccountKey,
    platform::limits::Bookings,
    publish::{Preflight, Violation},
    store::Limit,
};

use super::{options::Mode, run::Run, settings::PublishSettings};
use crate::limits::{self, Booked, Bucket};

impl Run<'_> {
    /// Books one call.
    pub(super) async fn book(&self, bucket: Bucket) -> Result<()> {
        let limits = [bucket.of(&self.cx.account.key)];
        let bookings = self.cx.bookings();
        bookings.book(&limits, &Booked::Minute.spent()).await
    }

    /// Books the beginning of a post: the call, and what TikTok takes of an account or of the app in a day.
    pub(super) async fn book_post(&self, mode: Mode) -> Result<()> {
        let account = &self.cx.account.key;
        let users = limits::users(account, self.settings.users_per_day.unwrap_or(u32::MAX));
        let spent = Booked::People.spent();
        if self.settings.users_per_day.is_some() {
            // One person counts once, however many posts it makes.
            let person = Bookings::new(self.cx.limits, account.account.as_str());
            person.book(&[users], &spent).await?;
        } else {
            self.cx.bookings().look(&users, &spent).await?;
        }
        // A post keeps its place in the day while it waits for its minute.
        let day = [self.of_day(mode)];
        let spent = match mode {
            Mode::Direct => Booked::Posts.spent(),
            Mode::Inbox => Booked::Inbox.spent(),
        };
        self.cx.bookings().book(&day, &spent).await?;
        self.book(Bucket::Init).await
    }

    /// The post was not made, or waits in nobody's inbox any more: its place in the day is free again.
    pub(super) async fn refund(&self, mode: Mode) {
        let key = self.of_day(mode).key;
        self.cx.bookings().refund(&[&key]).await;
    }

    /// Lets everybody wait whom it concerns when TikTok says that a limit is spent.
    pub(super) async fn heed(&self, bucket: Bucket, mode: Mode, error: Error) -> Error {
        let account = &self.cx.account.key;
        let key = |scope| {
            Some(match scope {
                LimitScope::Endpoint => bucket.of(account).key,
                LimitScope::App => limits::users(account, u32::MAX).key,
                _ => self.of_day(mode).key,
            })
        };
        self.cx.bookings().heed(error, key).await
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
}

/// What TikTok takes of an account in a day.
pub(super) fn of_day(account: &AccountKey, mode: Mode, settings: &PublishSettings) -> Limit {
    match mode {
        Mode::Direct => limits::posts(account, settings.posts_per_day),
        Mode::Inbox => limits::pending(account),
    }
}
