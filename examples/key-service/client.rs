//! Speaks to the key service.

use std::{fmt, time::Duration};

use reqwest::{Client, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use social_core::{Error, ErrorKind, Remedy, Result};
use zeroize::Zeroizing;

/// Longer than any wrapped key.
const MAX_ANSWER: usize = 4_096;

/// A key service over HTTP: `POST /wrap` and `POST /unwrap`, with a bearer token, of the bare bytes.
pub(crate) struct KeyService {
    http: Client,
    address: String,
    token: SecretString,
}

impl KeyService {
    /// On this machine, so without certificates. A service elsewhere is reached by https.
    pub(crate) fn new(address: String, token: SecretString) -> anyhow::Result<Self> {
        let http = Client::builder()
            .tls_certs_only([])
            .timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            http,
            address,
            token,
        })
    }

    /// A data key under the service's master key.
    ///
    /// # Errors
    /// `Unavailable` when the service does not answer; `Seal` with [`Remedy::Operator`] when it refuses.
    pub(crate) async fn wrap(&self, key: &[u8; 32]) -> Result<Vec<u8>> {
        let wrapped = self.ask("wrap", key.to_vec()).await?;
        Ok(wrapped.to_vec())
    }

    /// The data key.
    ///
    /// # Errors
    /// As [`wrap`](Self::wrap).
    pub(crate) async fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<[u8; 32]>> {
        let plain = self.ask("unwrap", wrapped.to_vec()).await?;
        let mut key = Zeroizing::new([0; 32]);
        if plain.len() != key.len() {
            return Err(refused("answered something that is no data key"));
        }
        key.copy_from_slice(&plain);
        Ok(key)
    }

    async fn ask(&self, call: &'static str, body: Vec<u8>) -> Result<Zeroizing<Vec<u8>>> {
        let request = self.http.post(format!("{}/{call}", self.address));
        let sent = request
            .bearer_auth(self.token.expose_secret())
            .body(body)
            .send();
        let mut answer = sent.await.map_err(|error| silent(error.without_url()))?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED => return Err(refused("does not accept the token")),
            StatusCode::FORBIDDEN => return Err(refused("refuses this data key")),
            _ => return Err(unavailable()),
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_ANSWER));
        while let Some(part) = answer
            .chunk()
            .await
            .map_err(|error| silent(error.without_url()))?
        {
            if bytes.len() + part.len() > MAX_ANSWER {
                return Err(refused("answered more than a data key"));
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    }
}

impl fmt::Debug for KeyService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyService").finish_non_exhaustive()
    }
}

fn unavailable() -> Error {
    Error::new(ErrorKind::Unavailable, "the key service does not answer")
}

fn silent(cause: reqwest::Error) -> Error {
    unavailable().with_source(cause)
}

fn refused(how: &str) -> Error {
    Error::new(ErrorKind::Seal, format!("the key service {how}")).with_remedy(Remedy::Operator)
}
