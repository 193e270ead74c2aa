//! A platform with one step that must happen once, whose first answer comes when the test says so, and is lost.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use social_core::{
    Error, ErrorKind, PublishRequest, Remedy, Result,
    model::{AccountKey, Connector, Platform, Scopes, TokenSet},
    oauth::{AuthorizeRequest, CallContext, Exchange, Grant, OAuthProvider, RefreshPlan},
    publish::{
        Capabilities, Checkpoint, Outcome, PostLink, Preflight, Publisher, Step, StepContext,
    },
};
use tokio::sync::Notify;

pub(super) const PLATFORM: Platform = Platform::new("example");
pub(super) const CONNECTOR: Connector = Connector::new(PLATFORM, "web");
const SETTLE: Duration = Duration::from_secs(7);

#[derive(Clone, Default)]
pub(super) struct Example {
    calls: Arc<Mutex<Vec<&'static str>>>,
    /// The first request has been sent.
    pub(super) sent: Arc<Notify>,
    /// Lets its answer be lost.
    pub(super) go_on: Arc<Notify>,
}

impl Example {
    pub(super) fn calls(&self) -> Vec<&'static str> {
        self.calls.lock().unwrap().clone()
    }

    /// Says how many there were.
    fn hear(&self, call: &'static str) -> usize {
        let mut calls = self.calls.lock().unwrap();
        calls.push(call);
        calls.len()
    }
}

impl fmt::Debug for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Example")
    }
}

#[async_trait]
impl Publisher for Example {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn preflight(&self, _: &StepContext<'_>, _: &PublishRequest) -> Result<Preflight> {
        Ok(Preflight::default())
    }

    fn plan(&self, _: &PublishRequest) -> Result<Checkpoint> {
        Ok(Checkpoint::new("publish", 1, serde_json::json!({})).once(SETTLE))
    }

    async fn advance(&self, _: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        if self.hear("advance") == 1 {
            self.sent.notify_one();
            self.go_on.notified().await;
            let lost = Error::new(ErrorKind::Unavailable, "the answer was lost");
            return Err(lost.with_remedy(Remedy::Reconcile));
        }
        Ok(Step::Settled {
            checkpoint: at.clone(),
            outcome: Outcome::Published(vec![PostLink::new("1", None)]),
            watch: None,
        })
    }

    /// It did not arrive, as far as anybody can see.
    async fn reconcile(&self, _: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        self.hear("reconcile");
        Ok(Step::Pending {
            checkpoint: at.clone(),
            after: Duration::ZERO,
            cause: None,
        })
    }

    async fn cancel(&self, _: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        Ok(Step::Settled {
            checkpoint: at.clone(),
            outcome: Outcome::Cancelled,
            watch: None,
        })
    }

    fn refundable(&self, _: &AccountKey, _: &PublishRequest) -> Vec<String> {
        Vec::new()
    }

    fn checkpoint_version(&self) -> u16 {
        1
    }
}

#[async_trait]
impl OAuthProvider for Example {
    fn connector(&self) -> Connector {
        CONNECTOR
    }

    fn app(&self) -> &str {
        "app"
    }

    fn default_scopes(&self) -> Scopes {
        ["post"].into_iter().collect()
    }

    fn authorize(&self, request: &AuthorizeRequest<'_>) -> Result<SecretString> {
        let state = request.state.expose_secret();
        let address = format!("https://example.com/?state={state}");
        Ok(SecretString::from(address))
    }

    async fn exchange(&self, exchange: &Exchange<'_>) -> Result<Vec<Grant>> {
        let mut tokens = TokenSet::absent(exchange.call.now);
        tokens.access = SecretString::from("access-token");
        tokens.scopes = ["post"].into_iter().collect();
        Ok(vec![Grant::new("42", "an account", tokens)])
    }

    async fn refresh(&self, _: &TokenSet, _: &CallContext<'_>) -> Result<TokenSet> {
        Err(Error::new(
            ErrorKind::Unsupported,
            "these tokens do not end",
        ))
    }

    fn refresh_plan(&self, _: &TokenSet, _: DateTime<Utc>) -> RefreshPlan {
        RefreshPlan::Never
    }

    async fn revoke(&self, _: &TokenSet, _: &CallContext<'_>) -> Result<()> {
        Ok(())
    }
}
