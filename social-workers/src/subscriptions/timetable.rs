//! When what is looked at. Two limits of one call each: one for as long as a look holds, one for as long as a try may take.

use std::time::Duration;

use social_core::{
    Error, Remedy, Result, Social,
    platform::hex,
    store::{Booking, Limit, Limits, Window},
    wish::{self, LONGEST},
};

use super::SubscriptionSettings;

/// No platform says that it wants to be asked more often, and no process may be made to.
const LEAST: Duration = Duration::from_secs(60);

/// The times of one thing that is looked at.
#[derive(Debug)]
pub(super) struct Timetable<'a> {
    social: &'a Social,
    /// Booked when a look has done what it should: nobody looks again in this time.
    done: Limit,
    /// Booked before it: nobody else looks meanwhile, or soon after one that failed.
    begun: Limit,
}

/// The right to look.
#[derive(Debug)]
pub(super) struct Turn(String);

impl<'a> Timetable<'a> {
    pub(super) fn new(
        social: &'a Social,
        key: String,
        every: Duration,
        settings: &SubscriptionSettings,
    ) -> Self {
        let every = every.max(LEAST);
        // Two calls, and a refresh of the tokens between them, are over by then.
        let least = settings.within.saturating_mul(4);
        let retry = settings.retry.min(every).max(least);
        let done = Limit::of_calls(format!("{key}/done"), Window::new(1, every));
        let begun = Limit::of_calls(format!("{key}/begun"), Window::new(1, retry));
        Self {
            social,
            done,
            begun,
        }
    }

    fn limits(&self) -> &dyn Limits {
        self.social.limits()
    }

    /// Reads only: most of what is walked past is not due.
    pub(super) async fn is_due(&self) -> Result<bool> {
        Ok(self.limits().usage(&self.done).await?.wait.is_zero())
    }

    /// The right to look, if nobody has it and nobody has tried lately.
    pub(super) async fn begin(&self) -> Result<Option<Turn>> {
        if !self.limits().usage(&self.begun).await?.wait.is_zero() {
            return Ok(None);
        }
        // A name of its own: who shared one would share the booking.
        let mut name = [0; 16];
        self.social.random().fill(&mut name)?;
        let turn = Turn(hex::encode(name));
        if !self.book(&self.begun, &turn).await? {
            return Ok(None);
        }
        // Somebody may have looked between the question and the booking.
        if self.is_due().await? {
            return Ok(Some(turn));
        }
        self.limits()
            .refund(&[self.begun.key.as_str()], &turn.0)
            .await?;
        Ok(None)
    }

    /// Keeps no place in a queue: whoever comes then finds it free.
    async fn book(&self, limit: &Limit, turn: &Turn) -> Result<bool> {
        let limits = self.limits();
        let booked = limits.book(std::slice::from_ref(limit), &turn.0).await?;
        if booked != Booking::Granted {
            limits.refund(&[limit.key.as_str()], &turn.0).await?;
        }
        Ok(booked == Booking::Granted)
    }

    /// What should be is: nobody looks before its time.
    pub(super) async fn finish(&self, turn: &Turn) -> Result<()> {
        self.book(&self.done, turn).await?;
        Ok(())
    }

    /// It is tried again after the usual wait, or after what the platform asks for.
    pub(super) async fn put_off(&self, error: &Error) -> Result<()> {
        let Remedy::After { wait, .. } = error.remedy() else {
            return Ok(());
        };
        let wait = wish::heed(*wait, self.begun.window.per, LONGEST);
        self.limits().block(&self.begun.key, wait).await
    }
}
