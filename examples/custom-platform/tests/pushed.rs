//! A login whose request is pushed to the platform beforehand (RFC 9126): the address of the consent page names it, and says
//! nothing else of the login.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use social_core::{
    Error, ErrorKind, Result,
    model::{Connector, Scopes, TokenSet},
    oauth::{AuthorizeRequest, CallContext, Exchange, Grant, OAuthProvider, RefreshPlan},
};
use url::Url;

use super::stage::Stage;
use crate::{client::Client, oauth::Login};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    /// Pushes the request once and names it for every login.
    OneRequest,
    /// Pushes the same state for all logins.
    OneState,
    /// Pushes when it is too late.
    IgnoresTheDeadline,
}

#[derive(Debug)]
struct Pushing {
    login: Login,
    client: Client,
    fault: Fault,
    first: std::sync::Mutex<Option<String>>,
}

#[derive(Deserialize)]
struct Pushed {
    request_uri: String,
}

fn pushing(client: Client, fault: Fault) -> Pushing {
    Pushing {
        login: Login(client.clone()),
        client,
        fault,
        first: std::sync::Mutex::default(),
    }
}

async fn stage() -> Stage {
    let mut stage = Stage::new().await;
    stage.oauth = Box::new(pushing(stage.client.clone(), Fault::None));
    stage
}

impl Pushing {
    /// Tells the platform what the address would say, and by which name it keeps that.
    async fn push(&self, request: &AuthorizeRequest<'_>) -> Result<String> {
        let address = self.login.authorize(request).await?;
        let address = Url::parse(address.expose_secret())
            .map_err(|_| Error::new(ErrorKind::Invalid, "the address of the consent page"))?;
        let asks: Vec<_> = address.query_pairs().into_owned().collect();
        let asks = asks.iter().filter(|(name, _)| name != "client_id");
        let asks: Vec<_> = asks
            .map(|(name, it)| (name.as_str(), it.as_str()))
            .collect();
        let later = super::broken::later(request.call.deadline);
        let deadline = match self.fault {
            Fault::IgnoresTheDeadline => &later,
            _ => request.call.deadline,
        };
        let pushed: Pushed = self.client.form("push", &asks, deadline).await?;
        Ok(pushed.request_uri)
    }
}

#[async_trait]
impl OAuthProvider for Pushing {
    fn connector(&self) -> Connector {
        self.login.connector()
    }

    fn default_scopes(&self) -> Scopes {
        self.login.default_scopes()
    }

    async fn authorize(&self, request: &AuthorizeRequest<'_>) -> Result<SecretString> {
        let one = SecretString::from("one-state");
        let state = match self.fault {
            Fault::OneState => &one,
            _ => request.state,
        };
        let (scopes, redirect) = (request.scopes, request.redirect_uri);
        let bent = AuthorizeRequest::new(scopes, redirect, state, request.verifier, request.call);
        let known = self.first.lock().unwrap().clone();
        let name = match known.filter(|_| self.fault == Fault::OneRequest) {
            Some(name) => name,
            None => self.push(&bent).await?,
        };
        *self.first.lock().unwrap() = Some(name.clone());
        let query = [
            ("client_id", self.client.app.as_str()),
            ("request_uri", &name),
        ];
        Ok(String::from(self.client.url(&["authorize"], &query)?).into())
    }

    async fn exchange(&self, exchange: &Exchange<'_>) -> Result<Vec<Grant>> {
        self.login.exchange(exchange).await
    }

    async fn refresh(&self, tokens: &TokenSet, call: &CallContext<'_>) -> Result<TokenSet> {
        self.login.refresh(tokens, call).await
    }

    fn refresh_plan(&self, tokens: &TokenSet, now: DateTime<Utc>) -> RefreshPlan {
        self.login.refresh_plan(tokens, now)
    }

    fn grant_ends_at(&self, tokens: &TokenSet) -> Option<DateTime<Utc>> {
        tokens.ends_at()
    }

    async fn revoke(&self, tokens: &TokenSet, call: &CallContext<'_>) -> Result<()> {
        self.login.revoke(tokens, call).await
    }
}

social_core::oauth_provider_suite!(stage().await);

mod broken {
    use super::{Fault, pushing};

    crate::tests::broken::faults! { oauth, oauth, pushing;
        the_state_goes_to_the_platform_and_comes_back finds OneState, "the login's state comes back";
        every_login_has_an_address_of_its_own finds OneRequest, "two logins share an address";
        nothing_is_sent_after_the_deadline finds IgnoresTheDeadline, "a login is begun too late";
    }
}
