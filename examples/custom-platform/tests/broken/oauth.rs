use std::{
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use social_core::{
    Error, ErrorKind, Remedy, Result,
    model::{Connector, Scopes, TokenSet},
    oauth::{AuthorizeRequest, CallContext, Exchange, Grant, OAuthProvider, RefreshPlan},
};

use crate::{client::Client, oauth::Login};

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// Calls a refusal of the person something else.
    BlamesThePlatform,
    /// Remembers what a code yielded.
    CachesCodes,
    /// Keeps the first of several accounts.
    FirstAccountOnly,
    /// Knows of no end of a grant.
    ForgetsTheEnd,
    /// Does not tell the platform the state.
    ForgetsTheState,
    /// Takes a dead grant for trouble that passes.
    HidesDeath,
    /// Sends when it is too late.
    IgnoresTheDeadline,
    /// Gives the old access token again.
    KeepsTheOldToken,
    /// Has one address for all logins.
    OneAddress,
    /// Has one verifier for all logins.
    OneVerifier,
    /// Plans beyond the end.
    PlansTooLate,
    /// Tries a lost refresh again.
    RepeatsLostRefreshes,
    /// Uses a code again whose answer was lost.
    RepeatsLostExchanges,
    /// Says that what has ended cannot be ended.
    RevokesOnce,
    /// Asks for new tokens without a token.
    SendsNothing,
    /// Puts the verifier into the address.
    SendsTheVerifier,
    /// Takes trouble of the platform for a dead grant.
    ServerErrorsKill,
    /// Prints the app's secret.
    Shows,
    /// Calls every revocation done.
    TrustsRevocations,
}

struct Broken(Login, Fault, AtomicUsize, Mutex<Option<Vec<Grant>>>);

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::show(f, self.is(Fault::Shows))
    }
}

fn broken(client: Client, fault: Fault) -> Broken {
    Broken(Login(client), fault, AtomicUsize::new(0), Mutex::default())
}

impl Broken {
    fn is(&self, fault: Fault) -> bool {
        self.1 == fault
    }

    fn bend(&self, error: Error) -> Error {
        match error.remedy() {
            Remedy::Reauthorize if self.is(Fault::HidesDeath) => error.with_remedy(Remedy::Backoff),
            Remedy::Reconcile if self.is(Fault::RepeatsLostRefreshes) => {
                error.with_remedy(Remedy::Backoff)
            }
            _ if self.is(Fault::ServerErrorsKill) => error.with_remedy(Remedy::Reauthorize),
            _ => error,
        }
    }
}

#[async_trait]
impl OAuthProvider for Broken {
    fn connector(&self) -> Connector {
        self.0.connector()
    }

    fn default_scopes(&self) -> Scopes {
        self.0.default_scopes()
    }

    async fn authorize(&self, request: &AuthorizeRequest<'_>) -> Result<SecretString> {
        let one = SecretString::from("one-state");
        let state = match self.1 {
            Fault::OneAddress => &one,
            _ => request.state,
        };
        let (scopes, redirect) = (request.scopes, request.redirect_uri);
        let verifier = match self.1 {
            Fault::OneVerifier => &one,
            _ => request.verifier,
        };
        let bent = AuthorizeRequest::new(scopes, redirect, state, verifier, request.call);
        let url = self.0.authorize(&bent).await?;
        let mut url = url.expose_secret().to_owned();
        if self.is(Fault::ForgetsTheState) {
            url = url.replace("state=", "other=");
        }
        if self.is(Fault::SendsTheVerifier) {
            url = format!("{url}&verifier={}", request.verifier.expose_secret());
        }
        Ok(url.into())
    }

    async fn exchange(&self, exchange: &Exchange<'_>) -> Result<Vec<Grant>> {
        let known = self.3.lock().unwrap().clone();
        if let (Fault::CachesCodes, Some(grants)) = (self.1, known) {
            return Ok(grants);
        }
        if self.is(Fault::BlamesThePlatform) && exchange.callback.code().is_err() {
            return Err(Error::new(ErrorKind::Protocol, "no code came"));
        }
        let one = SecretString::from("one-state");
        let verifier = match self.1 {
            Fault::OneVerifier => &one,
            _ => exchange.verifier,
        };
        let (callback, redirect) = (exchange.callback, exchange.redirect_uri);
        let bent = Exchange::new(callback, redirect, verifier, exchange.call);
        let mut grants = match self.0.exchange(&bent).await {
            Err(error) if self.is(Fault::RepeatsLostExchanges) => {
                return Err(error.with_remedy(Remedy::Backoff));
            }
            grants => grants?,
        };
        if self.is(Fault::FirstAccountOnly) {
            grants.truncate(1);
        }
        *self.3.lock().unwrap() = Some(grants.clone());
        Ok(grants)
    }

    async fn refresh(&self, tokens: &TokenSet, call: &CallContext<'_>) -> Result<TokenSet> {
        let mut asked = tokens.clone();
        if self.is(Fault::SendsNothing) && asked.refresh.is_none() {
            asked.refresh = Some("nothing".into());
        }
        let refreshed = self.0.refresh(&asked, call).await;
        let mut next = refreshed.map_err(|error| self.bend(error))?;
        if self.is(Fault::KeepsTheOldToken) {
            next.access = asked.access;
        }
        Ok(next)
    }

    fn refresh_plan(&self, tokens: &TokenSet, now: DateTime<Utc>) -> RefreshPlan {
        match self.0.refresh_plan(tokens, now) {
            RefreshPlan::Window { opens, closes } if self.is(Fault::PlansTooLate) => {
                let closes = closes + TimeDelta::hours(1);
                RefreshPlan::Window { opens, closes }
            }
            plan => plan,
        }
    }

    fn grant_ends_at(&self, tokens: &TokenSet) -> Option<DateTime<Utc>> {
        let ends = self.0.grant_ends_at(tokens);
        ends.filter(|_| !self.is(Fault::ForgetsTheEnd))
    }

    async fn revoke(&self, tokens: &TokenSet, call: &CallContext<'_>) -> Result<()> {
        let later = super::later(call.deadline);
        let late = CallContext::new(call.now, &later);
        if self.is(Fault::RevokesOnce) && self.2.fetch_add(1, Ordering::Relaxed) > 0 {
            return Err(Error::new(ErrorKind::NotFound, "it has ended"));
        }
        match self.1 {
            Fault::IgnoresTheDeadline => self.0.revoke(tokens, &late).await,
            Fault::TrustsRevocations => {
                let _ = self.0.revoke(tokens, call).await;
                Ok(())
            }
            _ => self.0.revoke(tokens, call).await,
        }
    }
}

super::faults! { oauth, oauth, broken;
    the_state_goes_to_the_platform_and_comes_back finds ForgetsTheState, "the state is in the address";
    every_login_has_an_address_of_its_own finds OneAddress, "two logins share an address";
    the_verifier_does_not_leave_with_the_browser finds SendsTheVerifier, "the verifier is in the address";
    a_code_with_another_verifier_is_refused finds OneVerifier, "another verifier";
    a_code_counts_once finds CachesCodes, "a code used twice";
    a_declined_consent_is_told_as_such finds BlamesThePlatform, "declined";
    a_lost_exchange_asks_to_start_again finds RepeatsLostExchanges, "a lost exchange";
    a_refresh_gives_the_next_tokens finds KeepsTheOldToken, "it is another token";
    nothing_to_refresh_is_no_call finds SendsNothing, "nothing is sent";
    a_consent_yields_its_accounts finds FirstAccountOnly, "all accounts of one consent";
    a_dead_grant_is_told_as_such finds HidesDeath, "a dead grant";
    a_server_error_is_no_verdict finds ServerErrorsKill, "ends a grant";
    a_lost_refresh_is_to_be_reconciled finds RepeatsLostRefreshes, "a lost refresh";
    an_ended_grant_is_ended_again finds RevokesOnce, "ended twice";
    a_failed_revocation_is_told finds TrustsRevocations, "a failed revocation";
    the_plan_lies_within_the_life_of_the_token finds PlansTooLate, "it closes with their life";
    the_end_of_a_grant_is_known finds ForgetsTheEnd, "it ends with the access token";
    nothing_is_sent_after_the_deadline finds IgnoresTheDeadline, "too late";
    no_secret_is_shown finds Shows, "shows secret";
}
