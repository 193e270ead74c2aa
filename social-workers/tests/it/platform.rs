//! A platform that does as it is told.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde_json::json;
use social_core::{
    Error, LimitScope, PublishRequest, Reason, Result,
    conformance::named,
    model::{AccountKey, Connector, Platform, Scopes, TokenSet},
    oauth::{AuthorizeRequest, CallContext, Exchange, Grant, OAuthProvider, RefreshPlan},
    platform::limits::Spent,
    publish::{
        Checkpoint, Exposure, OtherPost, Outcome, PostLink, Preflight, Publisher, Step, StepContext,
    },
    store::Limit,
    webhook::VerifiedEvent,
};
use tokio::sync::Notify;

use crate::stage::{CONNECTOR, PLATFORM, SETTLE};

/// What a call leads to.
pub(crate) enum Reply {
    Step(Step),
    Error(Error),
    /// The post appears, and the answer never comes.
    PostThenHang,
    /// The answer comes when the test says so.
    Hang(Error),
    /// The answer, a checkpoint, comes when the test says so.
    HangThen(Checkpoint),
    Panic,
}

/// Hears every call and answers what was put down for it; by itself it does what a platform should.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) calls: Vec<String>,
    pub(crate) replies: VecDeque<Reply>,
    pub(crate) posts: u32,
    pub(crate) refreshes: u32,
    /// What a refresh is answered.
    pub(crate) refresh_fails: Option<Error>,
    pub(crate) revoked: bool,
    pub(crate) token_lives: Option<Duration>,
    /// For how long tokens may go unused, where they are refreshed on use.
    pub(crate) on_use: Option<Duration>,
    /// Booked before the post is sent.
    pub(crate) limit: Option<Limit>,
    /// What the last step was told that both clocks agree on.
    pub(crate) agreed_at: Option<DateTime<Utc>>,
    /// What the last look for a lost post was told: when it was started.
    pub(crate) started_at: Option<DateTime<Utc>>,
    /// And the account's other posts.
    pub(crate) others: Vec<OtherPost>,
}

#[derive(Clone)]
pub(crate) struct Example {
    pub(crate) script: Arc<Mutex<Script>>,
    pub(crate) hung: Arc<Notify>,
    pub(crate) go_on: Arc<Notify>,
}

impl std::fmt::Debug for Example {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Example")
    }
}

pub(crate) fn published() -> Outcome {
    Outcome::Published(vec![PostLink::new("1", None)])
}

fn settled(at: &Checkpoint, outcome: Outcome) -> Step {
    Step::settled(at.clone(), outcome, None)
}

impl Example {
    fn hear(&self, call: &str, at: &Checkpoint) -> Option<Reply> {
        let mut script = self.script.lock().unwrap();
        script.calls.push(format!("{call} {}", at.step));
        script.replies.pop_front()
    }

    async fn answer(&self, reply: Reply) -> Result<Step> {
        match reply {
            Reply::Step(step) => Ok(step),
            Reply::Error(error) => Err(error),
            Reply::PostThenHang => {
                self.script.lock().unwrap().posts += 1;
                self.hung.notify_one();
                std::future::pending().await
            }
            Reply::Hang(error) => {
                self.hung.notify_one();
                self.go_on.notified().await;
                Err(error)
            }
            Reply::HangThen(checkpoint) => {
                self.hung.notify_one();
                self.go_on.notified().await;
                Ok(Step::pending(checkpoint, Duration::ZERO))
            }
            Reply::Panic => panic!("a publisher that panics"),
        }
    }
}

/// Three steps: "prepare" may be repeated, "publish" happens once, "look" asks how it went.
#[async_trait]
impl Publisher for Example {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    async fn preflight(&self, _: &StepContext<'_>, _: &PublishRequest) -> Result<Preflight> {
        Ok(Preflight::default())
    }

    fn plan(&self, _: &PublishRequest) -> Result<Checkpoint> {
        Ok(Checkpoint::new(
            "prepare",
            1,
            json!({ "secret": "upload-address" }),
        ))
    }

    async fn advance(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        assert!(!cx.deadline.has_passed());
        self.script.lock().unwrap().agreed_at = Some(cx.agreed_at);
        if let Some(reply) = self.hear("advance", at) {
            return self.answer(reply).await;
        }
        let after = Duration::ZERO;
        Ok(match at.step.as_str() {
            "prepare" => {
                let checkpoint = Checkpoint::new("publish", 1, at.state.clone()).once(SETTLE);
                Step::pending(checkpoint, after)
            }
            "publish" => {
                let limit = self.script.lock().unwrap().limit.clone();
                if let Some(limit) = limit {
                    let spent = Spent::new(Reason::DailyLimit, LimitScope::Account, "spent");
                    cx.bookings().book(&[limit], &spent).await?;
                }
                let id = {
                    let mut script = self.script.lock().unwrap();
                    script.posts += 1;
                    script.posts.to_string()
                };
                let checkpoint = Checkpoint::new("look", 1, json!({}))
                    .with_remote_id(named(id))
                    .with_exposure(Exposure::PostMayExist);
                Step::pending(checkpoint, Duration::from_secs(5))
            }
            _ => settled(at, published()),
        })
    }

    async fn reconcile(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        let others = cx.others.with_words(&cx.request.caption).await?;
        {
            let mut script = self.script.lock().unwrap();
            (script.started_at, script.others) = (cx.started_at, others);
        }
        if let Some(reply) = self.hear("reconcile", at) {
            return self.answer(reply).await;
        }
        if self.script.lock().unwrap().posts > 0 {
            return Ok(settled(at, published()));
        }
        Ok(Step::pending(at.clone(), Duration::ZERO))
    }

    async fn cancel(&self, _: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        if let Some(reply) = self.hear("cancel", at) {
            return self.answer(reply).await;
        }
        Ok(settled(at, Outcome::Cancelled))
    }

    fn apply(
        &self,
        at: &Checkpoint,
        outcome: Option<&Outcome>,
        event: &VerifiedEvent,
        _: DateTime<Utc>,
    ) -> Option<Step> {
        match (event.kind.as_str(), outcome) {
            ("a word to panic at", _) => panic!("a publisher that panics"),
            ("published", None | Some(Outcome::Undecided)) => Some(settled(at, published())),
            ("failed", Some(Outcome::Undecided)) => {
                let error = Error::new(social_core::ErrorKind::Rejected, "it came to nothing");
                Some(settled(at, Outcome::Failed(error)))
            }
            _ => None,
        }
    }

    fn refundable(&self, _: &AccountKey, _: &PublishRequest) -> Vec<String> {
        let script = self.script.lock().unwrap();
        script.limit.iter().map(|limit| limit.key.clone()).collect()
    }

    fn checkpoint_version(&self) -> u16 {
        1
    }

    fn longest_settle(&self) -> Duration {
        SETTLE
    }
}

#[async_trait]
impl OAuthProvider for Example {
    fn connector(&self) -> Connector {
        CONNECTOR.clone()
    }

    fn default_scopes(&self) -> Scopes {
        ["post"].into_iter().collect()
    }

    async fn authorize(&self, request: &AuthorizeRequest<'_>) -> Result<SecretString> {
        use secrecy::ExposeSecret;
        let state = request.state.expose_secret();
        Ok(SecretString::from(format!(
            "https://example.com/?state={state}"
        )))
    }

    async fn exchange(&self, exchange: &Exchange<'_>) -> Result<Vec<Grant>> {
        Ok(vec![Grant::new(
            named("42"),
            "an account",
            self.tokens(exchange.call.now),
        )])
    }

    async fn refresh(&self, _: &TokenSet, call: &CallContext<'_>) -> Result<TokenSet> {
        self.script.lock().unwrap().refreshes += 1;
        if let Some(error) = self.script.lock().unwrap().refresh_fails.clone() {
            return Err(error);
        }
        Ok(self.tokens(call.now))
    }

    fn refresh_plan(&self, tokens: &TokenSet, now: DateTime<Utc>) -> RefreshPlan {
        if let Some(unused) = self.script.lock().unwrap().on_use {
            return RefreshPlan::OnUse {
                latest: tokens.issued_at + unused,
            };
        }
        RefreshPlan::in_last_part(tokens, now, 2, TimeDelta::zero())
    }

    fn grant_ends_at(&self, tokens: &TokenSet) -> Option<DateTime<Utc>> {
        tokens.ends_at()
    }

    async fn revoke(&self, _: &TokenSet, _: &CallContext<'_>) -> Result<()> {
        self.script.lock().unwrap().revoked = true;
        Ok(())
    }
}

impl Example {
    fn tokens(&self, now: DateTime<Utc>) -> TokenSet {
        let mut tokens = TokenSet::new(SecretString::from("access-token"), now);
        tokens.refresh = Some(SecretString::from("refresh-token"));
        tokens.expires_at = self
            .script
            .lock()
            .unwrap()
            .token_lives
            .map(|life| now + life);
        tokens.scopes = ["post"].into_iter().collect();
        tokens
    }
}
