use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use social_core::{
    Error, ErrorKind, PublishRequest, Remedy, Result,
    model::{Platform, RemoteId},
    publish::{
        Checkpoint, Exposure, Outcome, PostLink, Preflight, Publisher, Step, StepContext, Violation,
    },
    webhook::{EventSubject, VerifiedEvent},
};

use super::{
    client::{Client, PLATFORM},
    content::Card,
};

const VERSION: u16 = 1;
const TEXT_MAX: usize = 280;
/// How long the platform may still act on a publish after its last byte.
const SETTLE: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_secs(2);
const LATER: Duration = Duration::from_secs(3_600);

/// `create` (a container, which is no post) -> `poll` (until it is ready) -> `publish`, once.
#[derive(Debug)]
pub(crate) struct Publishing(pub(crate) Client);

/// What is kept between steps.
#[derive(Default, Serialize, Deserialize)]
struct State {
    container: Option<RemoteId>,
}

#[derive(Deserialize)]
struct Container {
    id: RemoteId,
    #[serde(default)]
    status: String,
    post: Option<String>,
}

fn checkpoint(step: &str, state: &State) -> Checkpoint {
    let at = Checkpoint::new(step, VERSION, json!(state));
    match &state.container {
        Some(id) => at.with_remote_id(id.clone()),
        None => at,
    }
}

fn read(at: &Checkpoint) -> Result<State> {
    let newer = || {
        let error = Error::new(
            ErrorKind::Unsupported,
            "this build cannot read the checkpoint",
        );
        error.with_remedy(Remedy::Operator)
    };
    if at.version > VERSION {
        return Err(newer());
    }
    State::deserialize(&at.state).map_err(|_| newer())
}

fn published(state: &State, post: &str) -> Step {
    let at = checkpoint("published", state).with_exposure(Exposure::PostMayExist);
    Step::settled(
        at,
        Outcome::Published(vec![PostLink::new(post, None)]),
        None,
    )
}

impl Publishing {
    async fn container(&self, cx: &StepContext<'_>, state: &State) -> Result<Container> {
        let id = state.container.as_ref().map_or("", RemoteId::as_str);
        let path = ["containers", id];
        self.0.get(&path, &[], &cx.tokens.access, cx.deadline).await
    }

    /// Where a container stands. Asking causes nothing.
    async fn poll(&self, cx: &StepContext<'_>, state: &State) -> Result<Step> {
        let container = self.container(cx, state).await?;
        Ok(match (container.status.as_str(), container.post) {
            (_, Some(post)) => published(state, &post),
            ("ready", None) => {
                Step::pending(checkpoint("publish", state).once(SETTLE), Duration::ZERO)
            }
            ("failed", None) => {
                let error = Error::new(ErrorKind::Rejected, "the container cannot be published");
                Step::failed(checkpoint("poll", state), error)
            }
            _ => Step::pending(checkpoint("poll", state), SOON),
        })
    }

    /// After a restore a container that is not known here may have been published: its post is looked for.
    async fn look_for(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        let cards = Card::all(&self.0, cx).await?;
        let words = &cx.request.caption;
        let is_it = |card: &&Card| card.text == *words && card.at >= cx.began_at;
        let mut found = cards.iter().filter(is_it);
        Ok(match (found.next(), found.next()) {
            (Some(card), None) => published(&read(at)?, &card.id),
            _ => Step::settled(at.clone(), Outcome::Undecided, Some(LATER)),
        })
    }
}

#[async_trait]
impl Publisher for Publishing {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    async fn preflight(&self, _: &StepContext<'_>, request: &PublishRequest) -> Result<Preflight> {
        let mut found = Preflight::default();
        if !request.media.is_empty() {
            let broken = Violation::new("media.none", "media", "A postcard has words only.");
            found.violations.push(broken.advice("Leave the files out."));
        }
        if request.caption.chars().count() > TEXT_MAX {
            let broken = Violation::new("text.length", "caption", "The text is too long.");
            found.violations.push(broken.limit(TEXT_MAX));
        }
        Ok(found)
    }

    fn plan(&self, request: &PublishRequest) -> Result<Checkpoint> {
        if !request.media.is_empty() {
            let message = "a postcard has words only";
            return Err(Error::invalid("media", "media.none", message));
        }
        Ok(checkpoint("create", &State::default()))
    }

    async fn advance(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        let (mut state, access) = (read(at)?, &cx.tokens.access);
        match at.step.as_str() {
            // A second container does no harm: nobody publishes the first.
            "create" => {
                let body = json!({"text": cx.request.caption});
                let made = self.0.post(&["containers"], &body, access, cx.deadline);
                let made: Container = made.await?;
                state.container = Some(made.id);
                Ok(Step::pending(checkpoint("poll", &state), SOON))
            }
            "poll" => self.poll(cx, &state).await,
            "publish" => {
                let body = json!({"container": state.container});
                let made = self.0.post(&["posts"], &body, access, cx.deadline);
                let made: Value = made.await?;
                let post = made["id"].as_str().ok_or_else(|| {
                    let error = Error::new(ErrorKind::Protocol, "the answer names no post");
                    error.with_remedy(Remedy::Reconcile)
                })?;
                Ok(published(&state, post))
            }
            _ => {
                let error = Error::new(ErrorKind::Unsupported, "this build knows no such step");
                Err(error.with_remedy(Remedy::Operator))
            }
        }
    }

    async fn reconcile(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        let state = read(at)?;
        let step = match &state.container {
            Some(_) => self.poll(cx, &state).await?,
            None => Step::pending(at.clone(), Duration::ZERO),
        };
        match step {
            Step::Settled {
                outcome: Outcome::Published(_),
                ..
            } => Ok(step),
            _ if cx.restored => self.look_for(cx, at).await,
            step => Ok(step),
        }
    }

    /// A container that nobody publishes becomes no post.
    async fn cancel(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        match self.reconcile(cx, at).await? {
            Step::Pending { checkpoint, .. } => {
                Ok(Step::settled(checkpoint, Outcome::Cancelled, None))
            }
            step => Ok(step),
        }
    }

    fn apply(
        &self,
        at: &Checkpoint,
        outcome: Option<&Outcome>,
        event: &VerifiedEvent,
        _now: DateTime<Utc>,
    ) -> Option<Step> {
        let EventSubject::Post { remote_id } = &event.subject else {
            return None;
        };
        let ours = event.platform == PLATFORM && at.remote_ids.contains(remote_id);
        if !ours || matches!(outcome, Some(Outcome::Published(_))) {
            return None;
        }
        let body: Value = serde_json::from_slice(&event.body).ok()?;
        Some(published(&read(at).ok()?, body["post"].as_str()?))
    }

    fn checkpoint_version(&self) -> u16 {
        VERSION
    }

    fn longest_settle(&self) -> Duration {
        SETTLE
    }
}
