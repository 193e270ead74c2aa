use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};
use social_core::{
    Error, ErrorKind, Remedy, Result,
    model::{AccountId, Connector, PrincipalId, Scopes, TokenSet},
    oauth::{AuthorizeRequest, CallContext, Exchange, Grant, OAuthProvider, RefreshPlan},
};

use super::client::Client;

/// The platform's one login.
/// The name of the one login.
pub(crate) const WEB: &str = "web";

/// One consent yields every mailbox of the person, each with tokens of its own.
#[derive(Debug)]
pub(crate) struct Login(pub(crate) Client);

#[derive(Deserialize)]
struct Consent {
    person: PrincipalId,
    accounts: Vec<Mailbox>,
}

#[derive(Deserialize)]
struct Mailbox {
    id: AccountId,
    name: String,
    tokens: Pair,
}

#[derive(Deserialize)]
struct Pair {
    #[serde(deserialize_with = "secret")]
    access: SecretString,
    #[serde(deserialize_with = "secret")]
    refresh: SecretString,
    expires_in: i64,
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    String::deserialize(from).map(SecretString::from)
}

impl Pair {
    fn into_set(self, now: DateTime<Utc>) -> TokenSet {
        let mut tokens = TokenSet::new(self.access, now);
        tokens.refresh = Some(self.refresh);
        tokens.expires_at = Some(now + TimeDelta::seconds(self.expires_in));
        tokens.scopes = ["post", "read"].into_iter().collect();
        tokens
    }
}

#[async_trait]
impl OAuthProvider for Login {
    fn connector(&self) -> Connector {
        self.0.app_key().connector(WEB)
    }

    fn default_scopes(&self) -> Scopes {
        ["post", "read"].into_iter().collect()
    }

    async fn authorize(&self, request: &AuthorizeRequest<'_>) -> Result<SecretString> {
        let digest = Sha256::digest(request.verifier.expose_secret().as_bytes());
        let query = [
            ("client_id", self.0.app.as_str()),
            ("redirect_uri", request.redirect_uri.as_str()),
            ("state", request.state.expose_secret()),
            ("code_challenge", &URL_SAFE_NO_PAD.encode(digest)),
        ];
        Ok(String::from(self.0.url(&["authorize"], &query)?).into())
    }

    async fn exchange(&self, exchange: &Exchange<'_>) -> Result<Vec<Grant>> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", exchange.callback.code()?.expose_secret()),
            ("code_verifier", exchange.verifier.expose_secret()),
        ];
        let call = &exchange.call;
        let consent = self
            .0
            .form::<Consent>("token", &fields, call.deadline)
            .await;
        let Consent { person, accounts } = consent.map_err(start_again)?;
        let grant = |it: Mailbox| {
            Grant::new(it.id, it.name, it.tokens.into_set(call.now)).by(person.clone())
        };
        Ok(accounts.into_iter().map(grant).collect())
    }

    async fn refresh(&self, tokens: &TokenSet, call: &CallContext<'_>) -> Result<TokenSet> {
        let refresh = tokens.refresh.as_ref().ok_or_else(|| {
            let error = Error::new(ErrorKind::Unauthorized, "there is no refresh token");
            error.with_remedy(Remedy::Reauthorize)
        })?;
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.expose_secret()),
        ];
        let pair = self.0.form::<Pair>("token", &fields, call.deadline).await?;
        Ok(pair.into_set(call.now))
    }

    /// In the last tenth of its life.
    fn refresh_plan(&self, tokens: &TokenSet, now: DateTime<Utc>) -> RefreshPlan {
        RefreshPlan::in_last_part(tokens, now, 10, TimeDelta::zero())
    }

    fn grant_ends_at(&self, tokens: &TokenSet) -> Option<DateTime<Utc>> {
        tokens.ends_at()
    }

    async fn revoke(&self, tokens: &TokenSet, call: &CallContext<'_>) -> Result<()> {
        let fields = [("token", tokens.access.expose_secret())];
        let ended = self
            .0
            .form::<serde_json::Value>("revoke", &fields, call.deadline);
        match ended.await {
            Err(error) if error.code() == Some("invalid_grant") => Ok(()),
            answer => answer.map(drop),
        }
    }
}

/// A code counts once: after a lost answer only a new login helps.
fn start_again(error: Error) -> Error {
    match error.remedy() {
        Remedy::Reconcile => error.with_remedy(Remedy::Reauthorize),
        _ => error,
    }
}
