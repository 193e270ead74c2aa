//! The rules of [`OAuthProvider`].

mod consent;
mod refresh;
mod secrets;

pub use consent::*;
pub use refresh::*;
pub use secrets::*;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use secrecy::SecretString;
use url::Url;

use super::Trouble;
use crate::{
    error::Result,
    oauth::{AuthorizeRequest, CallContext, Callback, Exchange, Grant, OAuthProvider},
    time::{Clock, Deadline},
};

/// Plays a platform and a person who connects. Made anew for each case.
#[async_trait]
pub trait OAuthHarness: Send + Sync + 'static {
    /// The provider under test.
    fn provider(&self) -> &dyn OAuthProvider;

    /// The clock.
    fn clock(&self) -> Arc<dyn Clock>;

    /// An address to which the platform lets the browser come back.
    fn redirect_uri(&self) -> Url;

    /// Whether the verifier of a login must be right (PKCE).
    fn checks_verifier(&self) -> bool;

    /// How many accounts one consent yields.
    fn accounts(&self) -> usize;

    /// Opens the consent page, says yes to all, and tells the query with which the browser comes back.
    async fn consent(&self, url: &SecretString) -> String;

    /// The same, and says no.
    async fn decline(&self, url: &SecretString) -> String;

    /// Has this befall the next exchange, refresh or revocation.
    async fn trouble(&self, trouble: Trouble);

    /// How many calls of the provider have arrived at the platform.
    async fn heard(&self) -> usize;

    /// Every secret of the platform so far: the app's, and each code and token it gave.
    fn secrets(&self) -> Vec<String>;
}

const STATE: &str = "state-of-the-first-login-0123456789";
const OTHER_STATE: &str = "state-of-the-second-login-0123456789";
const VERIFIER: &str = "verifier-of-the-first-login-0123456789-abcdefghij";

async fn authorize(
    harness: &impl OAuthHarness,
    state: &str,
    within: Duration,
) -> Result<SecretString> {
    let (provider, clock) = (harness.provider(), harness.clock());
    let (scopes, redirect) = (provider.default_scopes(), harness.redirect_uri());
    let (state, verifier) = (SecretString::from(state), SecretString::from(VERIFIER));
    let deadline = Deadline::after(Arc::clone(&clock), within);
    let call = CallContext::new(clock.now(), &deadline);
    let request = AuthorizeRequest::new(&scopes, &redirect, &state, &verifier, call);
    provider.authorize(&request).await
}

/// The query of a person who said yes.
async fn yes(harness: &impl OAuthHarness) -> Result<String> {
    let url = authorize(harness, STATE, SOON).await?;
    Ok(harness.consent(&url).await)
}

async fn exchange(
    harness: &impl OAuthHarness,
    query: &str,
    verifier: &str,
    within: Duration,
) -> Result<Vec<Grant>> {
    let (callback, redirect) = (Callback::parse(query), harness.redirect_uri());
    let (verifier, clock) = (SecretString::from(verifier), harness.clock());
    let deadline = Deadline::after(Arc::clone(&clock), within);
    let call = CallContext::new(clock.now(), &deadline);
    let exchange = Exchange::new(&callback, &redirect, &verifier, call);
    harness.provider().exchange(&exchange).await
}

const SOON: Duration = Duration::from_secs(20);

/// A person's accounts.
async fn connected(harness: &impl OAuthHarness) -> Result<Vec<Grant>> {
    let query = yes(harness).await?;
    exchange(harness, &query, VERIFIER, SOON).await
}
