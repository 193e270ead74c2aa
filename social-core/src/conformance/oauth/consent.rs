use std::collections::BTreeSet;

use secrecy::ExposeSecret;
use url::Url;

use super::{OAuthHarness, SOON, STATE, Trouble, VERIFIER, authorize, connected, exchange, yes};
use crate::{
    conformance::troubles::error_of,
    error::{Error, ErrorKind, Remedy, Result},
};

fn address(url: &secrecy::SecretString) -> Result<Url> {
    let unreadable = |_| Error::new(ErrorKind::Protocol, "the address of the consent page");
    Url::parse(url.expose_secret()).map_err(unreadable)
}

/// The consent page is told the login's state and where to come back to, and the browser brings the state back.
pub async fn the_state_goes_to_the_platform_and_comes_back(
    harness: &impl OAuthHarness,
) -> Result<()> {
    let url = authorize(harness, STATE, SOON).await?;
    let pairs: Vec<_> = address(&url)?.query_pairs().into_owned().collect();
    let has = |name: &str, value: &str| pairs.iter().any(|(n, v)| n == name && v == value);
    assert!(has("state", STATE), "the state is in the address");
    let redirect = harness.redirect_uri();
    let back = has("redirect_uri", redirect.as_str());
    assert!(back, "the way back is in the address");
    let query = harness.consent(&url).await;
    let state = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "state");
    let state = state.map(|(_, value)| value.into_owned());
    assert_eq!(state.as_deref(), Some(STATE), "it comes back");
    Ok(())
}

/// Two logins have two addresses, and one login has one.
pub async fn every_login_has_an_address_of_its_own(harness: &impl OAuthHarness) -> Result<()> {
    let first = authorize(harness, STATE, SOON).await?;
    let again = authorize(harness, STATE, SOON).await?;
    let second = authorize(harness, "state-of-the-second-login", SOON).await?;
    let first = first.expose_secret();
    let same = first == again.expose_secret();
    assert!(same, "the address follows from the request");
    assert!(
        first != second.expose_secret(),
        "two logins share an address"
    );
    Ok(())
}

/// The verifier stays here; of one that is checked the browser carries the digest.
pub async fn the_verifier_does_not_leave_with_the_browser(
    harness: &impl OAuthHarness,
) -> Result<()> {
    let url = authorize(harness, STATE, SOON).await?;
    let shown = url.expose_secret();
    assert!(!shown.contains(VERIFIER), "the verifier is in the address");
    if harness.checks_verifier() {
        let challenge = shown.contains("code_challenge=");
        assert!(challenge, "a challenge is in the address");
    }
    Ok(())
}

/// A code with another login's verifier yields nothing.
pub async fn a_code_with_another_verifier_is_refused(harness: &impl OAuthHarness) -> Result<()> {
    if !harness.checks_verifier() {
        return Ok(());
    }
    let query = yes(harness).await?;
    let other = "verifier-of-another-login-0123456789-abcdefghijkl";
    let answer = exchange(harness, &query, other, SOON).await;
    error_of(answer, "another verifier");
    Ok(())
}

/// One consent yields its accounts, each with tokens that can be used and rights that were granted.
pub async fn a_consent_yields_its_accounts(harness: &impl OAuthHarness) -> Result<()> {
    let grants = connected(harness).await?;
    assert_eq!(
        grants.len(),
        harness.accounts(),
        "all accounts of one consent"
    );
    let ids: BTreeSet<_> = grants.iter().map(|grant| grant.account.as_str()).collect();
    assert_eq!(ids.len(), grants.len(), "two grants are of one account");
    for grant in &grants {
        grant.tokens.check()?;
        assert!(!grant.tokens.scopes.is_empty(), "it says what was granted");
        assert_eq!(grant.tokens.issued_at, harness.clock().now(), "issued now");
        let ends = grant.tokens.expires_at;
        assert!(
            ends.is_none_or(|ends| ends > grant.tokens.issued_at),
            "it lives"
        );
    }
    Ok(())
}

/// A code counts once.
pub async fn a_code_counts_once(harness: &impl OAuthHarness) -> Result<()> {
    let query = yes(harness).await?;
    exchange(harness, &query, VERIFIER, SOON).await?;
    let error = error_of(
        exchange(harness, &query, VERIFIER, SOON).await,
        "a code used twice",
    );
    assert_eq!(
        error.remedy(),
        &Remedy::Reauthorize,
        "only a new login helps"
    );
    Ok(())
}

/// A person who says no is told as such, and nothing is exchanged.
pub async fn a_declined_consent_is_told_as_such(harness: &impl OAuthHarness) -> Result<()> {
    let url = authorize(harness, STATE, SOON).await?;
    let query = harness.decline(&url).await;
    let heard = harness.heard().await;
    let error = error_of(exchange(harness, &query, VERIFIER, SOON).await, "declined");
    assert_eq!(error.kind(), ErrorKind::Rejected, "declined: {error:?}");
    assert_eq!(harness.heard().await, heard, "nothing is exchanged");
    Ok(())
}

/// After an exchange whose answer is lost only a new login helps: the code may be used up.
pub async fn a_lost_exchange_asks_to_start_again(harness: &impl OAuthHarness) -> Result<()> {
    let query = yes(harness).await?;
    harness.trouble(Trouble::LostAfter).await;
    let error = error_of(
        exchange(harness, &query, VERIFIER, SOON).await,
        "a lost exchange",
    );
    assert_eq!(
        error.remedy(),
        &Remedy::Reauthorize,
        "a lost exchange: {error:?}"
    );
    Ok(())
}
