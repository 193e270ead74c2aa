//! Posts, one remote step at a time:
//!
//! ```text
//! creator -> init -> upload (a file: a chunk a step) -> status (until it is decided, then for the link)
//!    ^                                                    |
//!    +---- it certainly came to nothing ------------------+
//! ```
//!
//! An init of what TikTok fetches itself happens at most once: its post appears whoever hears of it. Every other step may
//! be repeated. An init of an upload that is repeated because its answer was lost costs one of six a minute and nothing
//! else: nobody has the other upload address, so no byte can reach it. From init on the publish id is kept, and only the
//! status decides what became of it; a new init follows only when the platform says that the upload came to nothing.

mod address;
mod apply;
mod book;
mod cancel;
pub(crate) mod chunks;
mod creator;
mod day;
mod init;
mod lost;
pub(crate) mod options;
mod pull;
mod rules;
mod run;
pub(crate) mod settings;
mod state;
mod status;
mod upload;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use social_core::{
    Error, ErrorKind, MediaStore, Post, Remedy, Result,
    media::fetch::Fetcher,
    model::{Account, AccountKey, MediaId, Platform},
    platform::limits::Bookings,
    publish::{Checkpoint, Outcome, Preflight, PublishRequest, Publisher, Step, StepContext},
    store::Limits,
    time::Deadline,
    webhook::VerifiedEvent,
};

pub use day::{Day, Room};

use crate::{
    ByTikTok, PLATFORM,
    client::Client,
    limits::{Booked, Bucket},
    wire::CreatorInfo,
};
use options::{Mode, PostOptions};
use run::Run;
use settings::PublishSettings;
use state::{State, VERSION, step};

/// Publishes on TikTok. Make it with [`TikTok::publisher`](crate::TikTok::publisher).
#[derive(Clone, Debug)]
pub struct Publishing {
    client: Client,
    settings: PublishSettings,
    fetcher: Option<Fetcher>,
}

impl Publishing {
    pub(crate) fn new(client: Client, settings: PublishSettings, fetcher: Option<Fetcher>) -> Self {
        Self {
            client,
            settings,
            fetcher,
        }
    }

    /// What TikTok's rules say of a stored video, whoever posts it. Asks TikTok nothing.
    ///
    /// # Errors
    /// `NotFound` when it is not stored, `Storage` when it cannot be read now.
    pub async fn look_at_video(&self, media: &dyn MediaStore, id: &MediaId) -> Result<Preflight> {
        let mut found = Preflight::default();
        rules::video_alone(media, id, &mut found).await?;
        Ok(found)
    }

    /// What is booked of what TikTok takes in 24 hours. Asks TikTok nothing, and spends nothing.
    ///
    /// # Errors
    /// `Storage` when the limits cannot be read.
    pub async fn day(&self, limits: &dyn Limits, account: &AccountKey) -> Result<Day> {
        Day::read(limits, account, &self.settings).await
    }

    /// What this creator may post now, for a form that is shown. The call is booked with those that posts need, so that a
    /// form that is opened often makes none of them fail.
    ///
    /// # Errors
    /// `RateLimited` with `Reason::CallLimit` when the calls of this minute are spent; TikTok is not asked then.
    /// Else as [`Client::creator_info`] answers; `Storage` when the limits cannot be booked.
    pub async fn creator(
        &self,
        limits: &dyn Limits,
        account: &AccountKey,
        access: &SecretString,
        deadline: &Deadline,
    ) -> Result<CreatorInfo> {
        let (limit, spent) = (Bucket::CreatorInfo.of(account), Booked::Minute.spent());
        let call = self.client.creator_info(access, deadline);
        Bookings::of_post(limits, None)
            .call(limit, &spent, call)
            .await
    }

    /// Whether TikTok can be asked what became of a post: by its publish id, or, of one whose beginning gave none, by
    /// looking through the account's public posts. Otherwise only a person can look. Asks TikTok nothing.
    pub fn can_ask(&self, post: &Post, request: &PublishRequest, account: &Account) -> bool {
        let mode = PostOptions::stored(request.options.as_ref()).map(|options| options.mode);
        !post.remote_ids.is_empty()
            || (mode.is_ok_and(|mode| mode == Mode::Direct)
                && lost::is_looked_for(request, &account.scopes))
    }

    fn run<'a>(&'a self, cx: &'a StepContext<'a>) -> Run<'a> {
        Run {
            client: &self.client,
            settings: &self.settings,
            fetcher: self.fetcher.as_ref(),
            cx,
        }
    }
}

/// What became of it, whoever carries the bytes.
async fn follow(run: &Run<'_>, at: &Checkpoint, state: State) -> Result<Step> {
    match state.pull.clone() {
        Some(pull) => pull::advance(run, at, state, pull).await,
        None => status::advance(run, at, state).await,
    }
}

#[async_trait]
impl Publisher for Publishing {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    async fn preflight(&self, cx: &StepContext<'_>, request: &PublishRequest) -> Result<Preflight> {
        creator::preflight(&self.run(cx), request).await
    }

    fn plan(&self, request: &PublishRequest) -> Result<Checkpoint> {
        let way = rules::plan(request, &self.settings.verified)?;
        let state = State {
            way,
            ..State::default()
        };
        state.checkpoint(step::CREATOR, None)
    }

    async fn advance(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        let run = self.run(cx);
        let state = State::read(at)?;
        match at.step.as_str() {
            step::CREATOR => creator::advance(&run, at, state).await,
            step::INIT => init::advance(&run, at, state).await,
            step::UPLOAD => upload::advance(&run, at, state).await,
            step::STATUS => follow(&run, at, state).await,
            _ => Err(
                Error::new(ErrorKind::Unsupported, "this version knows no such step")
                    .by_tiktok()
                    .with_remedy(Remedy::Operator),
            ),
        }
    }

    async fn reconcile(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        let (run, state) = (self.run(cx), State::read(at)?);
        match state.pull.clone() {
            Some(pull) if at.remote_id().is_none() => {
                lost::interrupted(&run, at, state, &pull).await
            }
            // Nothing was begun here.
            None if state.upload.is_none() && run.cx.restored => {
                lost::begun_elsewhere(&run, at, state).await
            }
            None if state.upload.is_none() => Ok(Step::pending(at.clone(), Duration::ZERO)),
            _ => follow(&run, at, state).await,
        }
    }

    /// Its place in the day, and in the queue of the minute: neither was spent on a post.
    fn refundable(&self, account: &AccountKey, request: &PublishRequest) -> Vec<String> {
        let mode = PostOptions::stored(request.options.as_ref()).map_or(Mode::Direct, |o| o.mode);
        vec![book::of_day(account, mode, &self.settings).key]
    }

    fn apply(
        &self,
        at: &Checkpoint,
        outcome: Option<&Outcome>,
        event: &VerifiedEvent,
        now: DateTime<Utc>,
    ) -> Option<Step> {
        apply::apply(at, outcome, event, now)
    }

    async fn cancel(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        cancel::cancel(&self.run(cx), at, State::read(at)?).await
    }

    fn checkpoint_version(&self) -> u16 {
        VERSION
    }

    fn longest_settle(&self) -> Duration {
        self.settings.settle
    }
}
