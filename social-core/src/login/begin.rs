use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;
use zeroize::{Zeroize, Zeroizing};

use super::{LoginStart, Logins, errors};
use crate::{
    error::{Error, ErrorKind, Result},
    model::{Connector, OwnerId, Scopes},
    oauth::{AuthorizeRequest, CallContext},
    platform::hex,
    random::random_token,
    store::{LoginRecord, SealedField},
    time::Deadline,
    vault::Place,
};

/// The sealed part of a login.
#[derive(Serialize, Deserialize)]
struct Pending {
    verifier: String,
    scopes: Scopes,
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.verifier.zeroize();
    }
}

fn other_form() -> Error {
    Error::new(ErrorKind::Seal, "a stored login has another form")
}

/// SHA-256: states and browser secrets are random enough that nobody finds them from it.
pub(super) fn hash(secret: &SecretString) -> [u8; 32] {
    Sha256::digest(secret.expose_secret().as_bytes()).into()
}

impl Logins {
    /// Begins a login of `owner` through `connector`. Without `scopes` the provider's usual ones are asked for.
    ///
    /// # Errors
    /// `Unsupported` when no provider serves the connector, `Invalid` when the redirect address or a scope breaks the
    /// platform's rules; where the platform is asked for the consent page, what it answers, and `Timeout` when it answers
    /// nothing until the [deadline](super::LoginsConfig::deadline); `Storage` and `Seal`.
    ///
    /// # Cancel safety
    /// Safe: a login that nobody finishes expires.
    pub async fn begin(
        &self,
        owner: &OwnerId,
        connector: &Connector,
        scopes: Option<Scopes>,
        redirect_uri: &Url,
    ) -> Result<LoginStart> {
        let config = &self.config;
        let provider = self.provider(connector)?;
        let scopes = scopes.unwrap_or_else(|| provider.default_scopes());
        let state = random_token(&*config.random)?;
        let verifier = random_token(&*config.random)?;
        let browser = random_token(&*config.random)?;
        let deadline = Deadline::after(Arc::clone(&config.clock), config.deadline);
        let call = CallContext::new(config.clock.now(), &deadline);
        let request = AuthorizeRequest::new(&scopes, redirect_uri, &state, &verifier, call);
        // A deadline alone says until when something may be sent, not until when an answer is waited for.
        let url = tokio::select! {
            biased;
            url = provider.authorize(&request) => url?,
            () = config.clock.sleep(config.deadline) => return Err(errors::unanswered()),
        };
        let expires_at = config.clock.now() + config.lifetime;
        let mut login = LoginRecord::new(owner.clone(), connector.clone(), expires_at);
        login.state_hash = hash(&state);
        login.browser_hash = hash(&browser);
        login.redirect_uri = redirect_uri.as_str().to_owned();
        login.sealed = self.seal_pending(&login, &verifier, scopes).await?;
        config.logins.put(&login).await?;
        Ok(LoginStart {
            url,
            browser,
            expires_at,
        })
    }

    async fn seal_pending(
        &self,
        login: &LoginRecord,
        verifier: &SecretString,
        scopes: Scopes,
    ) -> Result<Vec<u8>> {
        let pending = Pending {
            verifier: verifier.expose_secret().to_owned(),
            scopes,
        };
        let plain = serde_json::to_vec(&pending).map_err(|_| other_form())?;
        let (plain, row) = (Zeroizing::new(plain), row(login));
        self.config.vault.seal(&place(&row), &plain).await
    }

    /// The verifier and the scopes that were asked for.
    pub(super) async fn open_pending(&self, login: &LoginRecord) -> Result<(SecretString, Scopes)> {
        let row = row(login);
        let plain = self.config.vault.open(&place(&row), &login.sealed).await?;
        let mut pending: Pending = serde_json::from_slice(&plain).map_err(|_| other_form())?;
        let verifier = SecretString::from(std::mem::take(&mut pending.verifier));
        Ok((verifier, std::mem::take(&mut pending.scopes)))
    }
}

fn row(login: &LoginRecord) -> String {
    hex::encode(login.state_hash)
}

fn place(row: &str) -> Place<'_> {
    SealedField::Login.place(row)
}
