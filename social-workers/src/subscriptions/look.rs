//! One look at an account, or at an app's address.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use social_core::{
    Error, ErrorKind, Remedy, Result, Social,
    content::ContentContext,
    error::LimitScope,
    hub::AppSubscriptions,
    model::Account,
    time::Deadline,
    tokens::ValidTokens,
    webhook::CallbackContext,
    wish::{self, LONGEST},
};
use tokio_util::task::AbortOnDropHandle;

use super::timetable::{Timetable, Turn};

/// How a look ended.
#[derive(Debug)]
pub(super) enum Looked {
    /// What should be is, apart from what the platform refuses to send.
    Done(Vec<String>),
    /// Another process has it in hand, or it went wrong only just now.
    Elsewhere,
    /// To be tried again soon.
    Failed(Error),
    NotDue,
    /// No: time does not help, so it is asked again in its time.
    Refused(Error),
}

/// Looks through one app.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look<'a> {
    pub(super) social: &'a Social,
    pub(super) of: &'a AppSubscriptions,
    pub(super) within: Duration,
}

impl Look<'_> {
    pub(super) async fn account(&self, times: &Timetable<'_>, account: &Account) -> Looked {
        let looked = self.in_turn(times, || self.subscribe(account)).await;
        looked.unwrap_or_else(Looked::Failed)
    }

    pub(super) async fn callback(&self, times: &Timetable<'_>) -> Looked {
        let looked = self.in_turn(times, || self.keep()).await;
        looked.unwrap_or_else(Looked::Failed)
    }

    /// Asks when it is due and this process has the right to, and writes down how that went.
    async fn in_turn<F>(&self, times: &Timetable<'_>, ask: impl FnOnce() -> F) -> Result<Looked>
    where
        F: Future<Output = Result<Vec<String>>>,
    {
        if !times.is_due().await? {
            return Ok(Looked::NotDue);
        }
        let Some(turn) = times.begin().await? else {
            return Ok(Looked::Elsewhere);
        };
        Ok(match ask().await {
            Ok(refused) => self.finished(times, &turn, Looked::Done(refused)).await,
            Err(error) if is_final(&error) => {
                self.finished(times, &turn, Looked::Refused(error)).await
            }
            Err(error) => {
                times.put_off(&error).await?;
                Looked::Failed(error)
            }
        })
    }

    /// What was done stays so, also when it could not be written down: then it is done again.
    async fn finished(&self, times: &Timetable<'_>, turn: &Turn, looked: Looked) -> Looked {
        if let Err(error) = times.finish(turn).await {
            tracing::warn!(%error, "when a subscription was looked at could not be written down; it is looked at again");
        }
        looked
    }

    /// In a task of its own: one that panics ends no other.
    async fn subscribe(&self, account: &Account) -> Result<Vec<String>> {
        let (social, of, within) = (self.social.clone(), self.of.clone(), self.within);
        let key = account.key.clone();
        let work = async move {
            let ask = |valid: ValidTokens| {
                let (social, of) = (&social, &of);
                async move {
                    // Anew for each asking: a refresh in between may take longer than the question.
                    let deadline = Deadline::after(Arc::clone(social.clock()), within);
                    let limits = social.limits();
                    let cx = ContentContext::new(&valid.account, &valid.tokens, limits, &deadline);
                    let asked = of.part.subscribe(&cx, &of.callback);
                    in_time(social, within, asked).await
                }
            };
            social.worker().tokens().with_valid(&key, ask).await
        };
        caught(work).await
    }

    async fn keep(&self) -> Result<Vec<String>> {
        let (social, of, within) = (self.social.clone(), self.of.clone(), self.within);
        let work = async move {
            let deadline = Deadline::after(Arc::clone(social.clock()), within);
            let cx = CallbackContext::new(&of.callback, social.limits(), &deadline);
            in_time(&social, within, of.part.keep_callback(&cx)).await
        };
        caught(work).await
    }
}

async fn in_time<T>(
    social: &Social,
    within: Duration,
    asked: impl Future<Output = Result<T>>,
) -> Result<T> {
    tokio::select! {
        asked = asked => asked,
        () = social.clock().sleep(within) => {
            Err(Error::new(ErrorKind::Timeout, "the platform takes long to answer"))
        }
    }
}

async fn caught<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let work = tracing::Instrument::in_current_span(work);
    let work = AbortOnDropHandle::new(tokio::spawn(work));
    work.await.unwrap_or_else(|_| {
        let message = "asking for events panicked; the panic is on the process's standard error";
        Err(Error::new(ErrorKind::Unavailable, message))
    })
}

/// Whether the same question gets the same answer for as long as nobody changes anything.
fn is_final(error: &Error) -> bool {
    matches!(
        error.remedy(),
        Remedy::FixInput { .. } | Remedy::Never | Remedy::Reauthorize
    )
}

/// Opens when it is not the accounts but the platform, or the app: then the others are left alone for a while.
#[derive(Debug)]
pub(super) struct Breaker {
    most: u32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    in_a_row: u32,
    /// The whole app has to wait, said the platform.
    told: Option<Duration>,
}

impl Breaker {
    pub(super) fn new(most: u32) -> Self {
        Self {
            most,
            state: Mutex::default(),
        }
    }

    pub(super) fn heard(&self, looked: &Looked) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match looked {
            Looked::Done(_) | Looked::Refused(_) => state.in_a_row = 0,
            Looked::Elsewhere | Looked::NotDue => {}
            Looked::Failed(error) => {
                state.in_a_row += 1;
                if let Remedy::After { wait, scope } = error.remedy()
                    && *scope == LimitScope::App
                {
                    state.told = state.told.max(Some(*wait));
                }
            }
        }
    }

    pub(super) fn is_open(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.told.is_some() || state.in_a_row >= self.most
    }

    /// For how long: what the platform asks for, the usual wait at least.
    pub(super) fn wait(&self, usual: Duration) -> Duration {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        wish::heed(state.told.unwrap_or(usual), usual, LONGEST)
    }
}
