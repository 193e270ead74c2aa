//! `POST /v2/oauth/token/`: exchanging a code, refreshing.
//!
//! <https://developers.tiktok.com/doc/oauth-user-access-token-management>. The code is looked at
//! before the client key, as observed: a made-up code with a made-up key is `invalid_grant`. The
//! sandbox treats refresh tokens the same way.

use std::sync::Arc;

use axum::Extension;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use crate::calls::{Call, Note, about};
use crate::clock::Millis;
use crate::digest;
use crate::shared::Shared;
use crate::tiktok::envelope::OAuthRefusal;
use crate::tiktok::form::{Form, is_content_type};
use crate::tiktok::grant::{Code, CodeFault, Issued};
use crate::tiktok::redirect;
use crate::world::World;

const SLOW: Millis = 30_000;

#[derive(Serialize)]
struct Tokens<'a> {
    access_token: &'a str,
    expires_in: i64,
    open_id: String,
    refresh_expires_in: i64,
    refresh_token: &'a str,
    scope: String,
    token_type: &'static str,
}

#[derive(Serialize)]
struct ClientToken<'a> {
    access_token: &'a str,
    expires_in: i64,
    token_type: &'static str,
}

enum Outcome {
    User(Issued),
    /// The answer comes at this time.
    Late(Issued, Millis),
    Client(String),
}

/// The handler.
pub(crate) async fn token(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::parse(&body);
    let answer = if is_content_type(&headers, "application/x-www-form-urlencoded") {
        shared.change(|world, now| decide(world, now, &form))
    } else {
        Err(OAuthRefusal::MALFORMED)
    };
    let response = match answer {
        Ok(Outcome::User(issued)) => user_answer(&issued),
        Ok(Outcome::Late(issued, until)) => {
            shared.clock.sleep_until(until).await;
            user_answer(&issued)
        }
        Ok(Outcome::Client(access_token)) => {
            let token = ClientToken {
                access_token: &access_token,
                expires_in: 7200,
                token_type: "Bearer",
            };
            noted(Json(token).into_response())
        }
        Err(refusal) => refusal.answer(&call),
    };
    about(response, form.one("client_key"), None)
}

fn user_answer(issued: &Issued) -> Response {
    let open_id = crate::tiktok::account::find(&issued.grant.account)
        .map(|account| account.open_id(&issued.grant.client_key));
    let tokens = Tokens {
        access_token: &issued.access_token,
        expires_in: issued.expires_in,
        open_id: open_id.unwrap_or_default(),
        refresh_expires_in: issued.refresh_expires_in,
        refresh_token: &issued.refresh_token,
        scope: issued.grant.scopes.join(","),
        token_type: "Bearer",
    };
    noted((StatusCode::OK, Json(tokens)).into_response())
}

fn noted(mut response: Response) -> Response {
    response.extensions_mut().insert(Note::new("ok"));
    response
}

fn decide(world: &mut World, now: Millis, form: &Form) -> Result<Outcome, OAuthRefusal> {
    for (field, kind) in [
        ("client_secret", "client_secret"),
        ("code", "code"),
        ("code_verifier", "code_verifier"),
        ("refresh_token", "refresh_token"),
    ] {
        for value in form.all(field) {
            world.secrets.receive(kind, Some(value));
        }
    }
    let grant_type = form.one("grant_type").ok_or(OAuthRefusal::MALFORMED)?;
    if form.repeats() {
        return Err(OAuthRefusal::MALFORMED);
    }
    match grant_type {
        "authorization_code" => exchange(world, now, form),
        "refresh_token" => refresh(world, now, form).map(Outcome::User),
        "client_credentials" => {
            client(world, form)?;
            let access_token = format!("clt.{}", world.random.word(60));
            world.secrets.issue("access_token", &access_token);
            Ok(Outcome::Client(access_token))
        }
        _ => Err(OAuthRefusal::GRANT_TYPE),
    }
}

/// The credentials must be there before anything else is looked at.
fn credentials(form: &Form) -> Result<(&str, &str), OAuthRefusal> {
    let key = form.one("client_key").ok_or(OAuthRefusal::MALFORMED)?;
    let secret = form.one("client_secret").ok_or(OAuthRefusal::NO_SECRET)?;
    Ok((key, secret))
}

fn client<'a>(world: &World, form: &'a Form) -> Result<&'a str, OAuthRefusal> {
    let (key, secret) = credentials(form)?;
    world
        .client(key, secret)
        .map(|_| key)
        .ok_or(OAuthRefusal::CLIENT)
}

fn exchange(world: &mut World, now: Millis, form: &Form) -> Result<Outcome, OAuthRefusal> {
    credentials(form)?;
    let text = form.one("code").ok_or(OAuthRefusal::MALFORMED)?;
    let redirect_uri = form.one("redirect_uri").ok_or(OAuthRefusal::MALFORMED)?;
    let code = world
        .codes
        .get(text)
        .filter(|code| code.expires_at > now)
        .cloned();
    let code = code.ok_or(OAuthRefusal::CODE)?;
    if client(world, form)? != code.client_key {
        return Err(OAuthRefusal::CODE);
    }
    if redirect_uri != code.redirect_uri {
        return Err(OAuthRefusal::REDIRECT);
    }
    if !pkce_holds(&code, form.one("code_verifier")) {
        return Err(OAuthRefusal::PKCE);
    }
    match code.fault {
        Some(CodeFault::ServerError) => return Err(OAuthRefusal::SERVER),
        Some(CodeFault::Refused(error)) => return Err(error.refusal()),
        Some(CodeFault::Slow) | None => {}
    }
    world.codes.remove(text);
    let issued = world.grant(&code.client_key, &code.account, code.scopes, now);
    Ok(match code.fault {
        Some(CodeFault::Slow) => Outcome::Late(issued, now + SLOW),
        _ => Outcome::User(issued),
    })
}

/// The challenge must be the SHA-256 of the verifier, in lower-case hexadecimal. A loopback redirect is
/// a desktop app's, which cannot do without. Web apps log in with base64url too, and a verifier
/// without a challenge is not looked at.
fn pkce_holds(code: &Code, verifier: Option<&str>) -> bool {
    let Some(challenge) = &code.code_challenge else {
        return !redirect::is_loopback(&code.redirect_uri);
    };
    let Some(verifier) = verifier else {
        return false;
    };
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let is_verifier = (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved);
    let is_web = !redirect::is_loopback(&code.redirect_uri);
    let holds = *challenge == digest::sha256_hex(verifier.as_bytes())
        || is_web && *challenge == digest::sha256_base64url(verifier.as_bytes());
    is_verifier && holds
}

fn refresh(world: &mut World, now: Millis, form: &Form) -> Result<Issued, OAuthRefusal> {
    credentials(form)?;
    let token = form.one("refresh_token").ok_or(OAuthRefusal::MALFORMED)?;
    let owner = world.grants.owner_of_refresh(token).map(str::to_owned);
    let result = try_refresh(world, now, form, token);
    if let Some(account) = owner {
        world.grants.count(&account, result.is_ok());
    }
    result
}

fn try_refresh(
    world: &mut World,
    now: Millis,
    form: &Form,
    token: &str,
) -> Result<Issued, OAuthRefusal> {
    let grant = world
        .grants
        .by_refresh(token, now)
        .ok_or(OAuthRefusal::REFRESH)?;
    if client(world, form)? != grant.client_key {
        return Err(OAuthRefusal::REFRESH);
    }
    world.rotate(token, now).ok_or(OAuthRefusal::REFRESH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(challenge: &str, redirect_uri: &str) -> Code {
        Code {
            client_key: String::new(),
            account: String::new(),
            scopes: Vec::new(),
            redirect_uri: redirect_uri.to_owned(),
            code_challenge: Some(challenge.to_owned()),
            expires_at: 0,
            fault: None,
        }
    }

    #[test]
    fn the_challenge_is_lower_case_hexadecimal_and_of_web_apps_base64url_too() {
        let loopback = "http://127.0.0.1:8080/cb";
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let hex = "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3";
        let base64 = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(pkce_holds(&code(hex, loopback), Some(verifier)));
        for challenge in [base64, &hex.to_ascii_uppercase(), verifier] {
            assert!(
                !pkce_holds(&code(challenge, loopback), Some(verifier)),
                "{challenge}"
            );
        }
        assert!(!pkce_holds(&code(hex, loopback), None));
        let web = "https://a.example/cb";
        for challenge in [hex, base64] {
            assert!(pkce_holds(&code(challenge, web), Some(verifier)));
            assert!(!pkce_holds(&code(challenge, web), Some(&"a".repeat(43))));
            assert!(!pkce_holds(&code(challenge, web), None));
        }
        let desktop = code(base64, "https://localhost:8080/cb");
        assert!(!pkce_holds(&desktop, Some(verifier)), "https on loopback");
        for (redirect_uri, holds) in [(web, true), (loopback, false)] {
            let mut code = code("", redirect_uri);
            code.code_challenge = None;
            assert_eq!(pkce_holds(&code, Some(verifier)), holds, "{redirect_uri}");
        }
    }

    #[test]
    fn a_verifier_has_43_to_128_unreserved_characters() {
        for (verifier, holds) in [
            ("a".repeat(42), false),
            ("a".repeat(43), true),
            ("a".repeat(128), true),
            ("a".repeat(129), false),
            (format!("{}+", "a".repeat(43)), false),
        ] {
            let challenge = digest::sha256_hex(verifier.as_bytes());
            let code = code(&challenge, "http://localhost:1/cb");
            assert_eq!(
                pkce_holds(&code, Some(&verifier)),
                holds,
                "{}",
                verifier.len()
            );
        }
    }
}
