mod look;
mod settings;
mod timetable;
mod walk;

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{StreamExt, stream};
use social_core::{
    Result, Social,
    hub::AppSubscriptions,
    model::{Account, AppKey},
    store::AccountPage,
};

pub use settings::{Refusal, SubscriptionReport, SubscriptionSettings};

use crate::pace;
use look::{Look, Looked};
use timetable::Timetable;
use walk::{Place, Rest, Seen, Walks};

/// Keeps the platforms sending: asks for what happens to each connected account again and again, and has the apps' addresses
/// checked, each [in its time](social_core::webhook::EventSubscriptions). Whatever ended in silence is there again by then.
///
/// The timetable is in [`Limits`](social_core::store::Limits): of any number of processes one looks at an account in its time.
/// Each walks through the accounts of its apps, a batch at a time, so that a million of them are no burst; an account that was
/// only just connected is not kept waiting by the walk.
#[derive(Clone, Debug)]
pub struct SubscriptionWorker {
    social: Social,
    settings: SubscriptionSettings,
    walks: Arc<Mutex<Walks>>,
}

/// How many accounts may fail in a row, with none that works between them, before the walk rests: then it is the platform.
const IN_A_ROW: u32 = 10;

impl SubscriptionWorker {
    /// A worker with the usual settings.
    pub fn new(social: &Social) -> Self {
        Self {
            social: social.clone(),
            settings: SubscriptionSettings::default(),
            walks: Arc::default(),
        }
    }

    /// Changes the settings.
    #[must_use]
    pub fn settings(mut self, settings: SubscriptionSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Looks at what is due now: the apps' addresses, the accounts that were connected lately, and the next batch of all others.
    /// While the data are in a life that nobody accepted it asks for nothing, and the report says so.
    ///
    /// # Errors
    /// `Storage` when nobody can tell whether the life of the data is accepted. What goes wrong with an app or an account is
    /// logged and counted in the report, and keeps no other.
    ///
    /// # Cancel safety
    /// Dropped, calls under way are cut off; those accounts are looked at again after the [usual
    /// wait](SubscriptionSettings::retry).
    pub async fn run_once(&self) -> Result<SubscriptionReport> {
        let mut report = SubscriptionReport::default();
        let apps: Vec<_> = self.social.worker().subscriptions().collect();
        for (app, of) in apps {
            // The data may begin another life at any moment.
            if self.social.worker().is_held().await? {
                report.held = true;
                return Ok(report);
            }
            self.keep_callback(app, of, &mut report).await;
            if let Err(error) = self.keep_accounts(app, of, &mut report).await {
                report.failed += 1;
                tracing::error!(%app, %error, "the accounts of an app could not be looked through; they are the next time");
            }
        }
        Ok(report)
    }

    /// Does so again and again until `until` is done, and answers what it yields.
    ///
    /// # Cancel safety
    /// As [`run_once`](Self::run_once).
    pub async fn run<F: Future + Send>(&self, until: F) -> F::Output
    where
        F::Output: Send,
    {
        tokio::select! {
            output = until => output,
            never = self.forever() => match never {},
        }
    }

    async fn forever(&self) -> Infallible {
        loop {
            let held = match self.run_once().await {
                Ok(report) => {
                    if report.is_news() {
                        tracing::info!(?report, "looked after subscriptions to events");
                    }
                    report.held
                }
                Err(error) => {
                    tracing::error!(%error, "nobody can tell whether anything may be asked for");
                    true
                }
            };
            let clock = self.social.clock();
            let wait = match self.walks().is_on_its_way(clock.elapsed()) && !held {
                true => self.settings.pause.min(self.settings.idle),
                false => self.settings.idle,
            };
            clock.sleep(pace::jittered(&self.social, wait)).await;
        }
    }

    fn walks(&self) -> MutexGuard<'_, Walks> {
        self.walks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn keep_callback(
        &self,
        app: &AppKey,
        of: &AppSubscriptions,
        report: &mut SubscriptionReport,
    ) {
        let Some(every) = of.part.callback_every() else {
            return;
        };
        let times = Timetable::new(&self.social, of.callback_key(app), every, &self.settings);
        match self.look(of).callback(&times).await {
            Looked::Done(refused) => {
                report.callbacks += 1;
                report.refuse(app, None, refused);
            }
            Looked::Failed(error) | Looked::Refused(error) => {
                report.failed += 1;
                tracing::error!(%app, %error, "the address that events of an app are sent to could not be kept up: they may not come");
            }
            Looked::Elsewhere | Looked::NotDue => {}
        }
    }

    /// The accounts that were connected lately, then the next of all others.
    async fn keep_accounts(
        &self,
        app: &AppKey,
        of: &AppSubscriptions,
        report: &mut SubscriptionReport,
    ) -> Result<()> {
        let (now, elapsed) = (self.social.clock().now(), self.social.clock().elapsed());
        let (lately, next) = {
            let mut walks = self.walks();
            let walk = walks.of(app);
            (walk.lately(now, elapsed), walk.next(elapsed))
        };
        if let Some(after) = lately {
            let page = self.page(app, &after).await?;
            let seen = self.keep_page(app, of, &page, report).await;
            self.walks().of(app).went_lately(seen, page, self.rest());
        }
        // What failed just now rests already.
        if let Some(after) = next.filter(|_| self.walks().of(app).next(elapsed).is_some()) {
            let page = self.page(app, &after).await?;
            let seen = self.keep_page(app, of, &page, report).await;
            let longest = of.part.account_every() / 10;
            let rest = self.rest().up_to(longest);
            self.walks().of(app).went(seen, page, rest);
        }
        Ok(())
    }

    async fn page(&self, app: &AppKey, after: &Place) -> Result<AccountPage> {
        let tokens = &self.social.worker().stores().tokens;
        tokens
            .connected(app, Some(after), self.settings.batch)
            .await
    }

    fn rest(&self) -> Rest {
        Rest::new(self.social.clock().elapsed(), self.settings.retry)
    }

    /// Looks at the accounts of a page that are due. Says how far it came: not to the end when the platform is in trouble.
    async fn keep_page(
        &self,
        app: &AppKey,
        of: &AppSubscriptions,
        page: &AccountPage,
        report: &mut SubscriptionReport,
    ) -> Seen {
        let every = of.part.account_every();
        let breaker = look::Breaker::new(IN_A_ROW);
        let concurrency = usize::try_from(self.settings.concurrency.max(1)).unwrap_or(usize::MAX);
        let looks = page.accounts.iter().map(|account| {
            let key = of.account_key(account);
            let times = Timetable::new(&self.social, key, every, &self.settings);
            let (look, breaker) = (self.look(of), &breaker);
            async move {
                if breaker.is_open() {
                    return (account, None);
                }
                let looked = look.account(&times, account).await;
                breaker.heard(&looked);
                (account, Some(looked))
            }
        });
        // As a list: what is awaited knows nothing of how it was made.
        let looks: Vec<_> = looks.collect();
        let mut looks = stream::iter(looks).buffered(concurrency);
        let mut seen = Seen::default();
        while let Some((account, looked)) = looks.next().await {
            let Some(looked) = looked else { continue };
            seen.account(account);
            count(report, app, account, looked);
        }
        if breaker.is_open() {
            report.failed_apps += 1;
            tracing::warn!(%app, "no account of an app could be subscribed to events for a while; the others wait");
            seen.stopped(breaker.wait(self.settings.retry));
        }
        seen
    }

    fn look<'a>(&'a self, of: &'a AppSubscriptions) -> Look<'a> {
        Look {
            social: &self.social,
            of,
            within: self.settings.within,
        }
    }
}

fn count(report: &mut SubscriptionReport, app: &AppKey, account: &Account, looked: Looked) {
    report.looked += 1;
    let row = account.key.row_id();
    match looked {
        Looked::Done(refused) => {
            report.subscribed += 1;
            report.refuse(app, Some(account), refused);
        }
        Looked::Refused(error) => {
            report.failed += 1;
            tracing::warn!(account = row, %error, "the platform sends no events of an account; it is asked again in its time");
        }
        Looked::Failed(error) => {
            report.failed += 1;
            tracing::warn!(account = row, %error, "an account could not be subscribed to events; it is tried again soon");
        }
        Looked::Elsewhere => report.busy += 1,
        Looked::NotDue => {}
    }
}
