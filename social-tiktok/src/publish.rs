//! Direct posts of videos, one remote step at a time:
//!
//! ```text
//! creator -> init -> upload (a chunk a step) -> status (until it is decided, then for the link)
//!    ^                                            |
//!    +---- the upload came to nothing ------------+
//! ```
//!
//! Every step may be repeated. An init that is repeated because its answer was lost costs one of six a minute and nothing
//! else: nobody has the other upload address, so no byte can reach it. From init on the publish id is kept, and only the
//! status decides what became of it; a new init follows only when the platform says that the upload came to nothing.

mod cancel;
pub(crate) mod chunks;
mod creator;
mod init;
pub(crate) mod options;
mod rules;
mod run;
pub(crate) mod settings;
mod state;
mod status;
mod upload;

use async_trait::async_trait;
use social_core::{
    Error, ErrorKind, Remedy, Result,
    model::Platform,
    publish::{Capabilities, Checkpoint, Preflight, PublishRequest, Publisher, Step, StepContext},
};

use crate::{PLATFORM, client::Client};
use run::Run;
use settings::PublishSettings;
use state::{State, VERSION, step};

/// Publishes on TikTok. Make it with [`TikTok::publisher`](crate::TikTok::publisher).
#[derive(Clone, Debug)]
pub struct Publishing {
    client: Client,
    settings: PublishSettings,
}

impl Publishing {
    pub(crate) fn new(client: Client, settings: PublishSettings) -> Self {
        Self { client, settings }
    }

    fn run<'a>(&'a self, cx: &'a StepContext<'a>) -> Run<'a> {
        Run {
            client: &self.client,
            settings: &self.settings,
            cx,
        }
    }
}

#[async_trait]
impl Publisher for Publishing {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    fn capabilities(&self) -> Capabilities {
        let mut can = Capabilities::default();
        can.video_file = true;
        can.caption_utf16_max = Some(rules::CAPTION_MAX);
        can.video_bytes_max = Some(chunks::SIZE_MAX);
        can
    }

    async fn preflight(&self, cx: &StepContext<'_>, request: &PublishRequest) -> Result<Preflight> {
        creator::preflight(&self.run(cx), request).await
    }

    fn plan(&self, request: &PublishRequest) -> Result<Checkpoint> {
        rules::plan(request)?;
        State::default().checkpoint(step::CREATOR, None)
    }

    async fn advance(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        let run = self.run(cx);
        let state = State::read(at)?;
        match at.step.as_str() {
            step::CREATOR => creator::advance(&run, at, state).await,
            step::INIT => init::advance(&run, at, state).await,
            step::UPLOAD => upload::advance(&run, at, state).await,
            step::STATUS => status::advance(&run, at, state).await,
            _ => Err(
                Error::new(ErrorKind::Unsupported, "this version knows no such step")
                    .with_platform(PLATFORM)
                    .with_remedy(Remedy::Operator),
            ),
        }
    }

    /// No step of this platform must happen only once, so there is nothing but the usual question.
    async fn reconcile(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        let state = State::read(at)?;
        if state.upload.is_some() {
            return status::advance(&self.run(cx), at, state).await;
        }
        Ok(run::pending(at.clone(), std::time::Duration::ZERO))
    }

    async fn cancel(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        cancel::cancel(&self.run(cx), at, State::read(at)?).await
    }

    fn checkpoint_version(&self) -> u16 {
        VERSION
    }
}
