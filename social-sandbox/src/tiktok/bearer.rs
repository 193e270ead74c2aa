//! Access tokens on API calls.

use http::{HeaderMap, StatusCode};

use crate::calls::Endpoint;
use crate::clock::Millis;
use crate::reached::text;
use crate::tiktok::account;
use crate::tiktok::envelope::Refusal;
use crate::world::{Caller, World};

/// The token in the Authorization header.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, "authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Finds out who is asking, and whether they may: token, then scope (one of `scopes`), then rate.
pub(crate) fn caller(
    world: &mut World,
    headers: &HeaderMap,
    now: Millis,
    endpoint: Endpoint,
    scopes: &[&str],
) -> Result<Caller, Refusal> {
    let token = token(headers);
    world.secrets.receive("access_token", token);
    let grant = token
        .and_then(|token| world.grants.by_access(token, now))
        .ok_or_else(invalid)?;
    let account = account::find(&grant.account).ok_or_else(invalid)?;
    let caller = Caller {
        client_key: grant.client_key.clone(),
        account,
        scopes: grant.scopes.clone(),
    };
    if !caller
        .scopes
        .iter()
        .any(|scope| scopes.contains(&scope.as_str()))
    {
        return Err(not_authorized());
    }
    let user = format!("{} {}", caller.client_key, account.username);
    if !world.rates.take(endpoint, &user, now) {
        return Err(Refusal::rate_limited());
    }
    Ok(caller)
}

fn invalid() -> Refusal {
    let message = "The access token is invalid or not found in the request.";
    Refusal::new(StatusCode::UNAUTHORIZED, "access_token_invalid", message).with_data()
}

pub(crate) fn not_authorized() -> Refusal {
    let message = "The user did not authorize the scope required for completing this request.";
    Refusal::new(StatusCode::UNAUTHORIZED, "scope_not_authorized", message).with_data()
}
