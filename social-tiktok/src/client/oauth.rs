use http::Method;
use secrecy::{ExposeSecret, SecretString};
use social_core::{Error, Remedy, Result, time::Deadline};

use super::{Client, other_form, with_id};
use crate::{
    classify,
    wire::{Answer, ClientToken, UserToken, token},
};

const TOKEN: &str = "/v2/oauth/token/";
const EXCHANGE: &str = "exchange";

impl Client {
    /// Exchanges the code of a callback for tokens (`POST /v2/oauth/token/`). A code is good for one exchange.
    ///
    /// `verifier` is sent for desktop logins, whose consent page was given the challenge.
    ///
    /// # Errors
    /// `Unauthorized` with `Reauthorize` and `Reason::LoginCodeRefused` for a code that TikTok does not accept, with `Operator` for a wrong client key or
    /// secret; `Rejected` for another redirect address or verifier; `Protocol`, `Unavailable` and `Timeout`, with
    /// `Reconcile` when it may have been carried out.
    pub async fn exchange(
        &self,
        code: &SecretString,
        redirect_uri: &str,
        verifier: Option<&SecretString>,
        deadline: &Deadline,
    ) -> Result<UserToken> {
        let mut fields = vec![
            ("code", code.expose_secret()),
            ("grant_type", "authorization_code"),
            ("redirect_uri", redirect_uri),
        ];
        fields.extend(verifier.map(|verifier| ("code_verifier", verifier.expose_secret())));
        self.user_token(EXCHANGE, &fields, deadline).await
    }

    /// Exchanges the refresh token for a new pair (`POST /v2/oauth/token/`). The old refresh token is dead at once, so the answer must be
    /// kept before anything else is done.
    ///
    /// # Errors
    /// The remedy decides: `Reauthorize` (`invalid_grant`) says that the grant is dead, `Operator` that the app is not
    /// accepted, `Backoff` and `After` that it was not carried out, `Reconcile` that it may have been.
    pub async fn refresh(&self, refresh: &SecretString, deadline: &Deadline) -> Result<UserToken> {
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.expose_secret()),
        ];
        self.user_token("refresh", &fields, deadline).await
    }

    /// A token of the app itself (`POST /v2/oauth/token/`, `client_credentials`). No account is concerned and asking again
    /// does no harm. Only TikTok's Research and Commercial Content APIs take it, which this client does not know.
    ///
    /// # Errors
    /// `Unauthorized` with `Operator` for a wrong client key or secret; `Protocol`, `Unavailable` and `Timeout`.
    pub async fn client_token(&self, deadline: &Deadline) -> Result<ClientToken> {
        let fields = [("grant_type", "client_credentials")];
        let answer = self.token("client_token", &fields, true, deadline).await?;
        let token = answer
            .data::<token::Sent>()
            .and_then(ClientToken::from_sent);
        token.ok_or_else(|| with_id(other_form("client_token", true), &answer))
    }

    /// Ends a grant (`POST /v2/oauth/revoke/`). Repeating it does no harm.
    ///
    /// # Errors
    /// As TikTok refuses; `Unavailable` and `Timeout` when it cannot be reached.
    pub async fn revoke(&self, access: &SecretString, deadline: &Deadline) -> Result<()> {
        let fields = [("token", access.expose_secret())];
        let call = self.call("revoke", Method::POST, "/v2/oauth/revoke/", deadline);
        let call = call.form(&self.with_credentials(&fields));
        let harmless = |error: Error| match error.remedy() {
            Remedy::Reconcile => error.with_remedy(Remedy::Backoff),
            _ => error,
        };
        let (reply, answer) = self.send(call).await.map_err(harmless)?;
        match classify::oauth(&reply, &answer, self.asked("revoke", true)) {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        }
    }

    async fn user_token(
        &self,
        name: &'static str,
        fields: &[(&str, &str)],
        deadline: &Deadline,
    ) -> Result<UserToken> {
        let answer = self.token(name, fields, false, deadline).await?;
        let token = answer.data::<token::Sent>().and_then(UserToken::from_sent);
        token.ok_or_else(|| with_id(other_form(name, false), &answer))
    }

    async fn token(
        &self,
        name: &'static str,
        fields: &[(&str, &str)],
        harmless: bool,
        deadline: &Deadline,
    ) -> Result<Answer> {
        let call = self.call(name, Method::POST, TOKEN, deadline);
        let mut call = call.form(&self.with_credentials(fields));
        if harmless {
            call = call.observation();
        }
        let (reply, answer) = self.send(call).await?;
        // A code that is not accepted is no dead grant.
        let judge = match name {
            EXCHANGE => classify::exchange,
            _ => classify::oauth,
        };
        match judge(&reply, &answer, self.asked(name, harmless)) {
            Some(refusal) => Err(refusal),
            None => Ok(answer),
        }
    }

    fn with_credentials<'a>(&'a self, fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut all = vec![
            ("client_key", self.0.client_key.as_str()),
            ("client_secret", self.0.client_secret.expose_secret()),
        ];
        all.extend(fields);
        all
    }
}
