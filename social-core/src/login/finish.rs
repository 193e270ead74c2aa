use std::sync::Arc;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use subtle::ConstantTimeEq;
use url::Url;

use super::{Logins, Offer, begin::hash, errors, offer::Given};
use crate::{
    error::Result,
    model::{Connector, OwnerId},
    oauth::{CallContext, Callback, Exchange},
    store::LoginRecord,
    time::Deadline,
};

impl Logins {
    /// Finishes the login with which the browser came back: `query` is the query of the callback's address as it
    /// arrived, `browser` the secret from its cookie, `connector` and `redirect_uri` those that this callback address
    /// serves.
    ///
    /// A callback that does not belong here changes nothing: the right browser can still finish. Answer the browser
    /// with a redirect to a clean address, `no-store` and `no-referrer`, and show the [offer](Self::offer) there.
    ///
    /// # Errors
    /// With a code of its own each: `NotFound` for an unknown state; `Unauthorized` when it is too late or comes from
    /// another browser, owner, route or address; `Conflict` when it was used. What the consent page came back with, as
    /// the platform's table has it ([`OAuthProvider::refused`](crate::oauth::OAuthProvider::refused)): `Rejected` when the
    /// person refused. And what the exchange answers, `Storage` and `Seal`. After an error of the exchange the person
    /// starts again.
    ///
    /// # Cancel safety
    /// Not safe: the login may be used up without an offer. The person starts again.
    pub async fn finish(
        &self,
        owner: &OwnerId,
        connector: &Connector,
        redirect_uri: &Url,
        browser: Option<&SecretString>,
        query: &str,
    ) -> Result<Offer> {
        let callback = Callback::parse(query);
        let state = hash(callback.state().ok_or_else(errors::unknown)?);
        let now = self.config.clock.now();
        let login = self.look_up(&state, now).await?;
        check(&login, owner, connector, redirect_uri, browser)?;
        if login.expires_at <= now {
            return Err(errors::expired(self.config.lifetime));
        }
        // The time for the exchange counts from here: a consent that is exchanged long after its number would pass for an older one.
        let deadline = Deadline::after(Arc::clone(&self.config.clock), self.config.deadline);
        // Before the code is exchanged: of two consents the later is the one that began later, whatever the clocks say. And before the
        // login is used up, should the store fail.
        let number = self.config.accounts.next_number().await?;
        let login = self.config.logins.take(&state, now).await?;
        let login = login.ok_or_else(errors::used)?;
        self.mark_used(&login).await;
        let provider = self.provider(&login.connector)?;
        callback.code().map_err(|error| provider.refused(error))?;
        self.exchange(&login, &callback, redirect_uri, (now, number, &deadline))
            .await
    }

    /// The login of this state, also one whose time is over or that was used: whoever it belongs to is told so.
    async fn look_up(&self, state: &[u8; 32], now: DateTime<Utc>) -> Result<LoginRecord> {
        let logins = &self.config.logins;
        if let Some(login) = logins.peek(state, now).await? {
            return Ok(login);
        }
        let late = logins.peek(state, DateTime::<Utc>::UNIX_EPOCH).await?;
        late.ok_or_else(errors::unknown)
    }

    /// Leaves a mark in the place of a taken login, so that a second callback is told what happened. Without it the
    /// state would merely be unknown.
    async fn mark_used(&self, login: &LoginRecord) {
        let mut mark = login.clone();
        mark.sealed.clear();
        if let Err(error) = self.config.logins.put(&mark).await {
            tracing::warn!(%error, "a used login could not be marked");
        }
    }

    async fn exchange(
        &self,
        login: &LoginRecord,
        callback: &Callback,
        redirect_uri: &Url,
        (now, number, deadline): (DateTime<Utc>, i64, &Deadline),
    ) -> Result<Offer> {
        let provider = self.provider(&login.connector)?;
        let (verifier, asked) = self.open_pending(login).await?;
        let exchange = Exchange::new(
            callback,
            redirect_uri,
            &verifier,
            CallContext::new(now, deadline),
        );
        let grants = provider.exchange(&exchange).await?;
        let given = Given::new(number, self.config.clock.now());
        self.make_offer(login, asked, grants, given).await
    }
}

/// Everything must match before the login is used up.
fn check(
    login: &LoginRecord,
    owner: &OwnerId,
    connector: &Connector,
    redirect_uri: &Url,
    browser: Option<&SecretString>,
) -> Result<()> {
    if login.owner != *owner {
        return Err(errors::other_owner());
    }
    // Before the browser is looked at: it forgets its secret once the login has served.
    if login.sealed.is_empty() {
        return Err(errors::used());
    }
    let same = browser.is_some_and(|browser| bool::from(hash(browser).ct_eq(&login.browser_hash)));
    if !same {
        return Err(errors::other_browser());
    }
    if login.connector != *connector || login.redirect_uri != redirect_uri.as_str() {
        return Err(errors::elsewhere());
    }
    Ok(())
}
