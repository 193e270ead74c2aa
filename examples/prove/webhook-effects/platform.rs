//! A platform that is a file: what is posted is a line of it, and only events tell what became of a post.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use social_core::{
    Error, ErrorKind, PlatformKit, Result,
    model::{AccountId, AppId, AppKey, Connector, Platform, RemoteId, Scopes, TokenSet},
    oauth::{AuthorizeRequest, CallContext, Exchange, Grant, OAuthProvider, RefreshPlan},
    publish::{
        Checkpoint, Exposure, Outcome, PostLink, Preflight, PublishRequest, Publisher, Step,
        StepContext,
    },
    webhook::VerifiedEvent,
};

pub(crate) const PLATFORM: Platform = Platform::new("made-up");
pub(crate) const APP: &str = "app";

const SETTLE: Duration = Duration::from_millis(200);

/// How many accounts each consent gives.
pub(crate) const ACCOUNTS: u64 = 20;

/// Kinds of events.
pub(crate) const SHOWN: &str = "shown";
pub(crate) const HIDDEN: &str = "hidden";

/// Nobody looks by himself: everything is told.
const NOT_SOON: Duration = Duration::from_secs(86_400);

pub(crate) fn connector() -> Connector {
    app().connector("web")
}

pub(crate) fn app() -> AppKey {
    AppKey::new(PLATFORM, AppId::from_stored(APP))
}

/// What a post has been told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Heard {
    /// How many events took effect.
    pub(crate) events: u64,
    /// When the newest of them happened.
    pub(crate) newest: i64,
    /// Whether it says that the post can be seen.
    pub(crate) is_public: bool,
}

impl Heard {
    /// One more event.
    pub(crate) fn and(mut self, at: i64, is_public: bool) -> Self {
        self.events += 1;
        if at > self.newest {
            (self.newest, self.is_public) = (at, is_public);
        }
        self
    }
}

/// The id that the platform gives a post with these words.
pub(crate) fn remote_id(words: &str) -> RemoteId {
    RemoteId::from_stored(format!("remote {words}"))
}

/// The file of what is posted in a folder.
pub(crate) fn posted(folder: &Path) -> PathBuf {
    folder.join("posted")
}

pub(crate) fn kit(folder: &Path) -> PlatformKit {
    let there = MadeUp(posted(folder));
    PlatformKit::new(app())
        .connector(there.clone())
        .publisher(there)
}

#[derive(Clone, Debug)]
struct MadeUp(PathBuf);

impl MadeUp {
    fn post(&self, words: &str) -> std::io::Result<()> {
        let file = OpenOptions::new().create(true).append(true).open(&self.0);
        file?.write_all(format!("{words}\n").as_bytes())
    }

    fn is_there(&self, words: &str) -> bool {
        let all = fs::read_to_string(&self.0).unwrap_or_default();
        all.lines().any(|line| line == words)
    }
}

/// It is there, and will be told of.
fn there(words: &str) -> Step {
    let heard = serde_json::to_value(Heard::default()).unwrap_or_default();
    Step::pending(
        Checkpoint::new("told", 1, heard)
            .with_remote_id(remote_id(words))
            .with_exposure(Exposure::PostMayExist),
        NOT_SOON,
    )
}

#[async_trait]
impl Publisher for MadeUp {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    async fn preflight(&self, _: &StepContext<'_>, _: &PublishRequest) -> Result<Preflight> {
        Ok(Preflight::default())
    }

    fn plan(&self, _: &PublishRequest) -> Result<Checkpoint> {
        Ok(Checkpoint::new("publish", 1, serde_json::Value::Null).once(SETTLE))
    }

    async fn advance(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        let words = &cx.request.caption;
        if at.step == "publish" {
            self.post(words).map_err(|_| silent())?;
            return Ok(there(words));
        }
        Ok(Step::pending(at.clone(), NOT_SOON))
    }

    async fn reconcile(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        if at.step == "publish" && self.is_there(&cx.request.caption) {
            return Ok(there(&cx.request.caption));
        }
        Ok(Step::pending(at.clone(), Duration::ZERO))
    }

    async fn cancel(&self, _: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        Ok(Step::settled(at.clone(), Outcome::Cancelled, None))
    }

    fn apply(
        &self,
        at: &Checkpoint,
        _: Option<&Outcome>,
        event: &VerifiedEvent,
        now: DateTime<Utc>,
    ) -> Option<Step> {
        let heard: Heard = serde_json::from_value(at.state.clone()).ok()?;
        let when = event.occurred_at.unwrap_or(now);
        let heard = heard.and(when.timestamp(), event.kind == SHOWN);
        let link = PostLink::new("1", "https://made-up.example/1".parse().ok());
        let link = match heard.is_public {
            true => link,
            false => link.hidden(DateTime::from_timestamp(heard.newest, 0)?),
        };
        let mut checkpoint = at.clone();
        checkpoint.state = serde_json::to_value(heard).ok()?;
        Some(Step::settled(
            checkpoint,
            Outcome::Published(vec![link]),
            None,
        ))
    }

    fn checkpoint_version(&self) -> u16 {
        1
    }

    fn longest_settle(&self) -> Duration {
        SETTLE
    }
}

fn silent() -> Error {
    Error::new(ErrorKind::Unavailable, "the platform's file does not open")
        .with_remedy(social_core::Remedy::Reconcile)
}

#[async_trait]
impl OAuthProvider for MadeUp {
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
        let tokens = || {
            let mut tokens = TokenSet::new(SecretString::from("access"), exchange.call.now);
            tokens.scopes = ["post"].into_iter().collect();
            tokens
        };
        let id = |number| AccountId::from_stored(format!("account-{number}"));
        let grant = |number| Grant::new(id(number), "an account", tokens());
        Ok((0..ACCOUNTS).map(grant).collect())
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
