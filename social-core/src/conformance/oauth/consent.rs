use std::collections::BTreeSet;

use secrecy::ExposeSecret;
use url::Url;

use super::{
    OAuthHarness, OTHER_STATE, SOON, STATE, Trouble, VERIFIER, authorize, connected, exchange, yes,
};
use crate::{
    conformance::troubles::error_of,
    error::{Error, ErrorKind, Remedy, Result},
};

fn address(url: &secrecy::SecretString) -> Result<Url> {
    let unreadable = |_| Error::new(ErrorKind::Protocol, "the address of the consent page");
    Url::parse(url.expose_secret()).map_err(unreadable)
}

/// Whether the request was pushed beforehand (RFC 9126): the address then names it, and need say nothing else of the login.
fn is_pushed(address: &Url) -> bool {
    let mut pairs = address.query_pairs();
    pairs.any(|(name, value)| name == "request_uri" && !value.is_empty())
}

/// The state with which the browser comes back.
async fn state_back(harness: &impl OAuthHarness, url: &secrecy::SecretString) -> Option<String> {
    let query = harness.consent(url).await;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let state = pairs.find(|(name, _)| name == "state");
    state.map(|(_, value)| value.into_owned())
}

/// The consent page is told the login's state and where to come back to, in its address or in a request that was pushed
/// before; and each browser brings back the state of its own login.
pub async fn the_state_goes_to_the_platform_and_comes_back(
    harness: &impl OAuthHarness,
) -> Result<()> {
    let first = authorize(harness, STATE, SOON).await?;
    let second = authorize(harness, OTHER_STATE, SOON).await?;
    let address = address(&first)?;
    if !is_pushed(&address) {
        let pairs: Vec<_> = address.query_pairs().into_owned().collect();
        let has = |name: &str, value: &str| pairs.iter().any(|(n, v)| n == name && v == value);
        assert!(has("state", STATE), "the state is in the address");
        let redirect = harness.redirect_uri();
        let back = has("redirect_uri", redirect.as_str());
        assert!(back, "the way back is in the address");
    }
    // The later login is finished first: what comes back is of the address, and not what was told last.
    for (url, state) in [(second, OTHER_STATE), (first, STATE)] {
        let back = state_back(harness, &url).await;
        assert!(
            back.as_deref() == Some(state),
            "the login's state comes back"
        );
    }
    Ok(())
}

/// Two logins have two addresses. One login has one, unless its request is pushed: then each push has its own.
pub async fn every_login_has_an_address_of_its_own(harness: &impl OAuthHarness) -> Result<()> {
    let first = authorize(harness, STATE, SOON).await?;
    let again = authorize(harness, STATE, SOON).await?;
    let second = authorize(harness, OTHER_STATE, SOON).await?;
    let same = first.expose_secret() == again.expose_secret();
    assert!(
        same || is_pushed(&address(&first)?),
        "the address follows from the request"
    );
    assert!(
        first.expose_secret() != second.expose_secret(),
        "two logins share an address"
    );
    Ok(())
}

/// The verifier stays here; of one that is checked the browser carries the digest, unless it was pushed.
pub async fn the_verifier_does_not_leave_with_the_browser(
    harness: &impl OAuthHarness,
) -> Result<()> {
    let url = authorize(harness, STATE, SOON).await?;
    let shown = url.expose_secret();
    assert!(!shown.contains(VERIFIER), "the verifier is in the address");
    if harness.checks_verifier() && !is_pushed(&address(&url)?) {
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
