//! A platform that is a folder: containers and posts are lines of files. It carries out whatever it is asked to, twice too, and
//! stands still where a file tells it to.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use examples::stage::pause;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use social_core::{
    PlatformKit, Result,
    model::{AccountId, AppId, AppKey, Connector, Platform, RemoteId, Scopes, TokenSet},
    oauth::{AuthorizeRequest, CallContext, Exchange, Grant, OAuthProvider, RefreshPlan},
    publish::{
        Checkpoint, Exposure, Outcome, PostLink, Preflight, PublishRequest, Publisher, Step,
        StepContext,
    },
};

pub(crate) const PLATFORM: Platform = Platform::new("made-up");

/// Where the platform is, from a stage's folder.
const THERE: &str = "platform";

/// How long the platform may still act on a publish.
const SETTLE: Duration = Duration::from_millis(200);

pub(crate) fn connector() -> Connector {
    app().connector("web")
}

pub(crate) fn app() -> AppKey {
    AppKey::new(PLATFORM, AppId::from_stored("app"))
}

/// Makes a platform for the stage in `folder`.
pub(crate) fn found(folder: &Path, platform: &Path) -> anyhow::Result<()> {
    let path = platform.to_str().unwrap_or_default();
    Ok(fs::write(folder.join(THERE), path)?)
}

pub(crate) fn kit(folder: &Path) -> anyhow::Result<PlatformKit> {
    let there = Folder(PathBuf::from(fs::read_to_string(folder.join(THERE))?));
    Ok(PlatformKit::new(app())
        .connector(there.clone())
        .publisher(there))
}

/// The platform, and where it stands still.
#[derive(Clone, Debug)]
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    /// Lets every call stand still at this point.
    pub(crate) fn hold(&self, point: &str) -> std::io::Result<()> {
        fs::write(self.0.join(format!("hold {point}")), "")
    }

    pub(crate) fn let_go(&self, point: &str) -> std::io::Result<()> {
        fs::remove_file(self.0.join(format!("hold {point}")))
    }

    /// Whether a call stands there.
    pub(crate) fn stands_at(&self, point: &str) -> bool {
        self.0.join(format!("at {point}")).exists()
    }

    /// Posts with these words.
    pub(crate) fn posts(&self, words: &str) -> u64 {
        let all = fs::read_to_string(self.0.join("posts")).unwrap_or_default();
        all.lines().filter(|line| *line == words).count() as u64
    }

    async fn passes(&self, point: &str) {
        let hold = self.0.join(format!("hold {point}"));
        while hold.exists() {
            // Who looks for it finds it a little later.
            let _ = fs::write(self.0.join(format!("at {point}")), "");
            pause(Duration::from_millis(20)).await;
        }
    }

    fn post(&self, words: &str) {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.0.join("posts"));
        // Without the line there is no post, which the table tells.
        let _ = file.and_then(|mut file| file.write_all(format!("{words}\n").as_bytes()));
    }
}

fn pending(checkpoint: Checkpoint, after: Duration) -> Step {
    Step::pending(checkpoint, after)
}

fn published(words: &str) -> Step {
    Step::settled(
        Checkpoint::new("published", 1, Value::Null)
            .with_remote_id(RemoteId::from_stored(format!("container of {words}")))
            .with_exposure(Exposure::PostMayExist),
        Outcome::Published(vec![PostLink::new(format!("post of {words}"), None)]),
        None,
    )
}

/// `create`, a container -> `poll`, until it is ready -> `publish`, once.
#[async_trait]
impl Publisher for Folder {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    async fn preflight(&self, _: &StepContext<'_>, _: &PublishRequest) -> Result<Preflight> {
        Ok(Preflight::default())
    }

    fn plan(&self, _: &PublishRequest) -> Result<Checkpoint> {
        Ok(Checkpoint::new("create", 1, Value::Null))
    }

    async fn advance(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        let words = &cx.request.caption;
        self.passes(&at.step).await;
        let id = format!("container of {words}");
        Ok(match at.step.as_str() {
            "create" => {
                let poll = Checkpoint::new("poll", 1, json!(id)).with_remote_id(RemoteId::new(id)?);
                pending(poll, Duration::ZERO)
            }
            "poll" => {
                let publish =
                    Checkpoint::new("publish", 1, json!(id)).with_remote_id(RemoteId::new(id)?);
                pending(publish.once(SETTLE), Duration::ZERO)
            }
            _ => {
                self.post(words);
                self.passes("answer").await;
                published(words)
            }
        })
    }

    async fn reconcile(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        let words = &cx.request.caption;
        if self.posts(words) > 0 {
            return Ok(published(words));
        }
        if cx.restored {
            // Another container may have been published after this copy was made.
            return Ok(Step::settled(at.clone(), Outcome::Undecided, None));
        }
        Ok(pending(at.clone(), Duration::ZERO))
    }

    async fn cancel(&self, _: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        Ok(Step::settled(at.clone(), Outcome::Cancelled, None))
    }

    fn checkpoint_version(&self) -> u16 {
        1
    }

    fn longest_settle(&self) -> Duration {
        SETTLE
    }
}

#[async_trait]
impl OAuthProvider for Folder {
    fn connector(&self) -> Connector {
        connector()
    }

    fn default_scopes(&self) -> Scopes {
        ["post"].into_iter().collect()
    }

    async fn authorize(&self, request: &AuthorizeRequest<'_>) -> Result<SecretString> {
        let state = request.state.expose_secret();
        Ok(SecretString::from(format!(
            "https://made-up.example/?state={state}"
        )))
    }

    async fn exchange(&self, exchange: &Exchange<'_>) -> Result<Vec<Grant>> {
        let mut tokens = TokenSet::new(SecretString::from("access"), exchange.call.now);
        tokens.scopes = ["post"].into_iter().collect();
        Ok(vec![Grant::new(
            AccountId::from_stored("account"),
            "an account",
            tokens,
        )])
    }

    async fn refresh(&self, tokens: &TokenSet, _: &CallContext<'_>) -> Result<TokenSet> {
        Ok(tokens.clone())
    }

    fn refresh_plan(&self, _: &TokenSet, _: DateTime<Utc>) -> RefreshPlan {
        RefreshPlan::Never
    }

    fn grant_ends_at(&self, _: &TokenSet) -> Option<DateTime<Utc>> {
        None
    }

    async fn revoke(&self, _: &TokenSet, _: &CallContext<'_>) -> Result<()> {
        Ok(())
    }
}
