//! Login Kit: the consent page, the exchange of its code, and the life of the tokens.

mod plan;
mod redirect;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use social_core::{
    Error, ErrorKind, Remedy, Result,
    model::{AccountId, Connector, Scopes, TokenSet},
    oauth::{AuthorizeRequest, CallContext, Exchange, Grant, OAuthProvider, RefreshPlan},
    platform::hex,
};
use url::Url;

pub use redirect::Route;

use crate::{
    classify,
    client::Client,
    wire::{UserField, UserToken, token::scopes},
};

/// How the logins are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LoginSettings {
    /// TikTok documents PKCE for desktop only; whether it looks at a web login's challenge is not known.
    pub(crate) web_pkce: bool,
    pub(crate) desktop_pkce: bool,
    /// The consent page is shown even when nothing new is asked for.
    pub(crate) always_ask: bool,
}

impl Default for LoginSettings {
    fn default() -> Self {
        Self {
            web_pkce: false,
            desktop_pkce: true,
            always_ask: false,
        }
    }
}

/// One of TikTok's two logins. Make it with [`TikTok::oauth`](crate::TikTok::oauth).
#[derive(Clone, Debug)]
pub struct OAuth {
    client: Client,
    route: Route,
    scopes: Scopes,
    settings: LoginSettings,
}

impl OAuth {
    pub(crate) fn new(
        client: Client,
        route: Route,
        scopes: Scopes,
        settings: LoginSettings,
    ) -> Self {
        Self {
            client,
            route,
            scopes,
            settings,
        }
    }

    fn has_pkce(&self) -> bool {
        match self.route {
            Route::Web => self.settings.web_pkce,
            Route::Desktop => self.settings.desktop_pkce,
        }
    }

    /// The tokens as a grant. The name is a nicety: a grant without one is kept all the same.
    async fn grant(&self, token: UserToken, call: &CallContext<'_>) -> Result<Grant> {
        let open_id = token
            .open_id
            .as_deref()
            .and_then(|id| AccountId::new(id).ok());
        let open_id = open_id.ok_or_else(|| {
            let message = "the answer names no account";
            Error::new(ErrorKind::Protocol, message).with_remedy(Remedy::Reauthorize)
        })?;
        let tokens = token.into_set(call.now);
        tokens.check()?;
        let fields = UserField::granted(&tokens.scopes);
        let mut grant = Grant::new(open_id, "", tokens);
        if fields.is_empty() {
            return Ok(grant);
        }
        match self
            .client
            .user_info(&grant.tokens.access, &fields, call.deadline)
            .await
        {
            Ok(user) => {
                let name = user
                    .display_name
                    .or(user.username)
                    .filter(|name| !name.is_empty());
                grant.name = name.unwrap_or(grant.name);
                let union_id = user.union_id.and_then(|id| AccountId::new(id).ok());
                grant.aliases.extend(union_id);
            }
            Err(error) => tracing::warn!(%error, "an account is connected without its name"),
        }
        Ok(grant)
    }
}

#[async_trait]
impl OAuthProvider for OAuth {
    fn connector(&self) -> Connector {
        self.client.app().connector(self.route.name())
    }

    fn default_scopes(&self) -> Scopes {
        self.scopes.clone()
    }

    async fn authorize(&self, request: &AuthorizeRequest<'_>) -> Result<SecretString> {
        self.route.check(request.redirect_uri)?;
        let scopes = scope_list(request.scopes)?;
        let address = self.client.0.endpoints.authorize();
        let mut url = Url::parse(&address).map_err(|_| {
            Error::new(ErrorKind::Invalid, "the base address cannot be read")
                .with_remedy(Remedy::Operator)
        })?;
        let mut query = url.query_pairs_mut();
        query
            .append_pair("client_key", self.client.client_key())
            .append_pair("response_type", "code")
            .append_pair("scope", &scopes)
            .append_pair("redirect_uri", request.redirect_uri.as_str())
            .append_pair("state", request.state.expose_secret());
        if self.settings.always_ask && self.route == Route::Web {
            query.append_pair("disable_auto_auth", "1");
        }
        if self.has_pkce() {
            query
                .append_pair("code_challenge", &challenge(request.verifier))
                .append_pair("code_challenge_method", "S256");
        }
        drop(query);
        Ok(SecretString::from(String::from(url)))
    }

    fn refused(&self, error: Error) -> Error {
        classify::callback(error)
    }

    async fn exchange(&self, exchange: &Exchange<'_>) -> Result<Vec<Grant>> {
        let code = exchange.callback.code();
        let code = code.map_err(|error| self.refused(error))?;
        let verifier = self.has_pkce().then_some(exchange.verifier);
        let redirect_uri = exchange.redirect_uri.as_str();
        let deadline = exchange.call.deadline;
        let token = self
            .client
            .exchange(code, redirect_uri, verifier, deadline)
            .await;
        let mut token = token.map_err(start_again)?;
        if token.scopes.is_empty()
            && let Some(granted) = exchange.callback.get("scopes")
        {
            token.scopes = scopes(granted.expose_secret());
        }
        Ok(vec![self.grant(token, &exchange.call).await?])
    }

    async fn refresh(&self, tokens: &TokenSet, call: &CallContext<'_>) -> Result<TokenSet> {
        let refresh = tokens.refresh.as_ref().ok_or_else(|| {
            let message = "there is no refresh token";
            Error::new(ErrorKind::Unauthorized, message).with_remedy(Remedy::Reauthorize)
        })?;
        let token = self.client.refresh(refresh, call.deadline).await;
        Ok(token.map_err(is_no_verdict)?.into_set(call.now))
    }

    fn refresh_plan(&self, tokens: &TokenSet, now: DateTime<Utc>) -> RefreshPlan {
        plan::refresh_plan(tokens, now)
    }

    fn grant_ends_at(&self, tokens: &TokenSet) -> Option<DateTime<Utc>> {
        tokens.ends_at()
    }

    async fn revoke(&self, tokens: &TokenSet, call: &CallContext<'_>) -> Result<()> {
        match self.client.revoke(&tokens.access, call.deadline).await {
            Err(error) if has_ended(&error) => Ok(()),
            answer => answer,
        }
    }
}

/// A code is single use: after a failure of unknown outcome only a new login helps.
fn start_again(error: Error) -> Error {
    if *error.remedy() != Remedy::Reconcile {
        return error;
    }
    error
        .with_remedy(Remedy::Reauthorize)
        .with_advice("Nothing was stored. Connect the account again.")
}

/// Only `invalid_grant` says of a grant that it is dead. What else asks for a new consent elsewhere is tried again here.
fn is_no_verdict(error: Error) -> Error {
    let is_verdict = error.code() == Some("invalid_grant");
    match error.remedy() {
        Remedy::Reauthorize if !is_verdict => error.with_remedy(Remedy::Backoff),
        _ => error,
    }
}

fn has_ended(error: &Error) -> bool {
    matches!(error.code(), Some("invalid_grant" | "access_token_invalid"))
}

/// Reads scopes from a setting: names separated by commas, blanks around them cut off.
///
/// # Errors
/// `Invalid`, naming what is not the name of a scope, or when there is none.
pub fn read_scopes(text: &str) -> Result<Scopes> {
    let scopes = scopes(text);
    scope_list(&scopes)?;
    Ok(scopes)
}

/// Scopes as TikTok takes them: separated by commas.
pub(crate) fn scope_list(scopes: &Scopes) -> Result<String> {
    let is_word = |scope: &str| {
        scope
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._".contains(c))
    };
    if scopes.is_empty() {
        let message = "at least one scope must be asked for";
        return Err(Error::invalid("scopes", "scopes.some", message));
    }
    if let Some(scope) = scopes.iter().find(|scope| !is_word(scope)) {
        let message =
            format!("{scope:?} is not the name of a scope; names are separated by commas");
        return Err(Error::invalid("scopes", "scopes.name", message));
    }
    Ok(scopes.iter().collect::<Vec<_>>().join(","))
}

/// TikTok's own form of PKCE: the SHA-256 of the verifier in lowercase hex, not base64url.
/// <https://developers.tiktok.com/doc/login-kit-desktop>
fn challenge(verifier: &SecretString) -> String {
    hex::encode(Sha256::digest(verifier.expose_secret().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_lowercase_hex() {
        for (verifier, expected) in [
            (
                "gaeCq5mVvbhA8Ce6w5O9XBVIKMkySgv-_9A-rnhm9Ns",
                "e6a178b120743d08509508f269652b0bdf91e29332921bc9e9744fd3dd41bfef",
            ),
            (
                "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
                "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3",
            ),
        ] {
            assert_eq!(challenge(&verifier.into()), expected);
        }
    }

    #[test]
    fn scopes_are_joined_by_commas() {
        let scopes: Scopes = ["video.publish", "user.info.basic"].into_iter().collect();
        assert_eq!(
            scope_list(&scopes).unwrap(),
            "user.info.basic,video.publish"
        );
        assert!(scope_list(&Scopes::default()).is_err());
        assert!(scope_list(&["a,b"].into_iter().collect()).is_err());
    }

    #[test]
    fn scopes_of_a_setting_lose_the_blanks_around_them_and_none_is_asked_for_with_one_inside() {
        let scopes = read_scopes("user.info.basic, video.publish ,\tvideo.upload\n,").unwrap();
        assert_eq!(
            scope_list(&scopes).unwrap(),
            "user.info.basic,video.publish,video.upload"
        );
        let error = read_scopes("user.info.basic video.publish").unwrap_err();
        assert!(error.message().contains("user.info.basic video.publish"));
        assert!(read_scopes(" , ").is_err());
    }
}
