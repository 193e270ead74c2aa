use std::time::Duration;

use secrecy::ExposeSecret;

use super::{OAuthHarness, SOON, Trouble, connected};
use crate::{
    conformance::troubles::error_of,
    error::{ErrorKind, Remedy, Result},
    model::TokenSet,
    oauth::{CallContext, RefreshPlan},
    time::Deadline,
};

async fn refresh(
    harness: &impl OAuthHarness,
    tokens: &TokenSet,
    within: Duration,
) -> Result<TokenSet> {
    let deadline = Deadline::after(harness.clock(), within);
    let call = CallContext::new(harness.clock().now(), &deadline);
    harness.provider().refresh(tokens, &call).await
}

async fn revoke(harness: &impl OAuthHarness, tokens: &TokenSet, within: Duration) -> Result<()> {
    let deadline = Deadline::after(harness.clock(), within);
    let call = CallContext::new(harness.clock().now(), &deadline);
    harness.provider().revoke(tokens, &call).await
}

/// The tokens of each account that are refreshed at all.
async fn refreshed(harness: &impl OAuthHarness) -> Result<Vec<TokenSet>> {
    let grants = connected(harness).await?.into_iter();
    let all = grants.map(|grant| grant.tokens);
    Ok(all.filter(|tokens| tokens.refresh.is_some()).collect())
}

/// A refresh gives an access token that is another one and lives longer, and can itself be refreshed.
pub async fn a_refresh_gives_the_next_tokens(harness: &impl OAuthHarness) -> Result<()> {
    for tokens in refreshed(harness).await? {
        let next = refresh(harness, &tokens, SOON).await?;
        let (old, new) = (tokens.access.expose_secret(), next.access.expose_secret());
        assert_ne!(old, new, "it is another token");
        next.check()?;
        assert_eq!(next.scopes, tokens.scopes, "with the same rights");
        refresh(harness, &next, SOON).await?;
    }
    Ok(())
}

/// A grant that the platform has ended is told as dead.
pub async fn a_dead_grant_is_told_as_such(harness: &impl OAuthHarness) -> Result<()> {
    for tokens in refreshed(harness).await? {
        revoke(harness, &tokens, SOON).await?;
        let error = error_of(refresh(harness, &tokens, SOON).await, "a dead grant");
        assert_eq!(
            error.remedy(),
            &Remedy::Reauthorize,
            "a dead grant: {error:?}"
        );
    }
    Ok(())
}

/// Trouble of the platform is no verdict on the grant, which goes on afterwards.
pub async fn a_server_error_is_no_verdict(harness: &impl OAuthHarness) -> Result<()> {
    for tokens in refreshed(harness).await? {
        for trouble in [Trouble::ServerError, Trouble::LostBefore] {
            harness.trouble(trouble).await;
            let error = error_of(refresh(harness, &tokens, SOON).await, "a server error");
            let verdict = *error.remedy() == Remedy::Reauthorize;
            assert!(!verdict, "{trouble:?} ends a grant: {error:?}");
        }
        refresh(harness, &tokens, SOON).await?;
    }
    Ok(())
}

/// A refresh that was carried out though no answer came is to be asked about: the old token may be dead.
pub async fn a_lost_refresh_is_to_be_reconciled(harness: &impl OAuthHarness) -> Result<()> {
    for tokens in refreshed(harness).await? {
        harness.trouble(Trouble::LostAfter).await;
        let error = error_of(refresh(harness, &tokens, SOON).await, "a lost refresh");
        assert_eq!(
            error.remedy(),
            &Remedy::Reconcile,
            "a lost refresh: {error:?}"
        );
    }
    Ok(())
}

/// A token set without a refresh token is not refreshed, and nothing is sent.
pub async fn nothing_to_refresh_is_no_call(harness: &impl OAuthHarness) -> Result<()> {
    for tokens in refreshed(harness).await? {
        let mut bare = tokens;
        bare.refresh = None;
        bare.companions.clear();
        let plan = harness
            .provider()
            .refresh_plan(&bare, harness.clock().now());
        if matches!(plan, RefreshPlan::OnUse { .. } | RefreshPlan::Window { .. }) {
            // This platform renews by the access token.
            continue;
        }
        let heard = harness.heard().await;
        error_of(
            refresh(harness, &bare, SOON).await,
            "nothing to refresh with",
        );
        assert_eq!(harness.heard().await, heard, "nothing is sent");
    }
    Ok(())
}

/// Ending a grant that has ended is a success.
pub async fn an_ended_grant_is_ended_again(harness: &impl OAuthHarness) -> Result<()> {
    for grant in connected(harness).await? {
        revoke(harness, &grant.tokens, SOON).await?;
        let again = revoke(harness, &grant.tokens, SOON).await;
        assert!(again.is_ok(), "ended twice: {again:?}");
    }
    Ok(())
}

/// A revocation that the platform did not carry out is not told as done.
pub async fn a_failed_revocation_is_told(harness: &impl OAuthHarness) -> Result<()> {
    for grant in connected(harness).await? {
        harness.trouble(Trouble::ServerError).await;
        error_of(
            revoke(harness, &grant.tokens, SOON).await,
            "a failed revocation",
        );
    }
    Ok(())
}

/// The plan follows from what the platform answered: it opens and closes within the life of the access token.
pub async fn the_plan_lies_within_the_life_of_the_token(harness: &impl OAuthHarness) -> Result<()> {
    for grant in connected(harness).await? {
        let (tokens, provider) = (&grant.tokens, harness.provider());
        let now = harness.clock().now();
        match (provider.refresh_plan(tokens, now), tokens.expires_at) {
            (RefreshPlan::Window { opens, closes }, Some(ends)) => {
                assert!(tokens.issued_at <= opens, "it opens after the tokens came");
                assert!(
                    opens <= closes && closes <= ends,
                    "it closes with their life"
                );
            }
            (RefreshPlan::OnUse { latest }, _) => {
                assert!(tokens.issued_at < latest, "it is used before it is due");
                let ends = provider.grant_ends_at(tokens);
                assert!(
                    ends.is_none_or(|ends| latest < ends),
                    "it is due before its end"
                );
            }
            (RefreshPlan::Expired, _) => assert!(tokens.refresh.is_none(), "it lives"),
            (RefreshPlan::Window { .. }, None) => panic!("a window of a token without an end"),
            (_, Some(_)) => panic!("a token with an end is never refreshed"),
            (_, None) => {}
        }
        if let Some(ends) = tokens.refresh_expires_at {
            let plan = provider.refresh_plan(tokens, ends);
            assert_eq!(plan, RefreshPlan::Expired, "the refresh token has ended");
        }
    }
    Ok(())
}

/// When a grant ends is told from the tokens alone, and not before they came: where the platform told the end of the refresh token,
/// and where there is nothing to refresh with, by when the last of them is over.
pub async fn the_end_of_a_grant_is_known(harness: &impl OAuthHarness) -> Result<()> {
    let provider = harness.provider();
    for grant in connected(harness).await? {
        let mut tokens = grant.tokens;
        let ends = provider.grant_ends_at(&tokens);
        assert!(
            ends.is_none_or(|ends| ends > tokens.issued_at),
            "it lives when it comes"
        );
        if tokens.refresh_expires_at.is_some() {
            assert!(ends.is_some(), "a refresh token that ends");
        }
        tokens.refresh = None;
        tokens.companions.clear();
        let plan = provider.refresh_plan(&tokens, harness.clock().now());
        if let (RefreshPlan::Expired, Some(over)) = (plan, tokens.expires_at) {
            let ends = provider.grant_ends_at(&tokens);
            assert!(
                ends.is_some_and(|ends| ends <= over),
                "nothing to refresh with: it ends with the access token"
            );
        }
    }
    Ok(())
}

/// Once the deadline has passed nothing is sent.
pub async fn nothing_is_sent_after_the_deadline(harness: &impl OAuthHarness) -> Result<()> {
    let query = super::yes(harness).await?;
    let heard = harness.heard().await;
    // Where the platform is not asked there is an address all the same.
    let _ = super::authorize(harness, super::STATE, Duration::ZERO).await;
    assert_eq!(harness.heard().await, heard, "a login is begun too late");
    let late = super::exchange(harness, &query, super::VERIFIER, Duration::ZERO).await;
    error_of(late, "an exchange too late");
    assert_eq!(harness.heard().await, heard, "an exchange is sent too late");
    for grant in connected(harness).await? {
        let heard = harness.heard().await;
        let late = refresh(harness, &grant.tokens, Duration::ZERO).await;
        let dead = late.is_err_and(|error| *error.remedy() == Remedy::Reauthorize);
        assert!(!dead, "too late is no verdict");
        let late = error_of(
            revoke(harness, &grant.tokens, Duration::ZERO).await,
            "too late",
        );
        assert_eq!(late.kind(), ErrorKind::Timeout, "too late: {late:?}");
        assert_eq!(harness.heard().await, heard, "it is sent too late");
    }
    Ok(())
}
