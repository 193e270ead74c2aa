//! Signing in and out. Alone on a machine a link that is printed at the start does it, once; a server that others reach
//! asks for the token its operator gave out.

use std::sync::Mutex;
use std::sync::PoisonError;

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum_extra::extract::CookieJar;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use social_core::Result;
use social_core::random::{Random, random_token};
use subtle::ConstantTimeEq as _;

use crate::app::{App, page};
use crate::errors::Failure;
use crate::session::store::hash;
use crate::session::{Signed, Visitor};
use crate::settings::SignInBy;
use crate::view::shell::{Nav, SignIn, SignInPage};

/// What opens a session. Only hashes are kept.
#[derive(Debug)]
pub(crate) enum Gate {
    /// Opens once.
    Link(Mutex<Option<[u8; 32]>>),
    Token([u8; 32]),
}

impl Gate {
    /// The gate, and the secret of its link.
    ///
    /// # Errors
    /// When the machine gives no randomness.
    pub(crate) fn new(by: &SignInBy, random: &dyn Random) -> Result<(Self, Option<SecretString>)> {
        match by {
            SignInBy::Token(token) => Ok((Self::Token(hash(token.expose_secret())), None)),
            SignInBy::Link => {
                let secret = random_token(random)?;
                let link = Mutex::new(Some(hash(secret.expose_secret())));
                Ok((Self::Link(link), Some(secret)))
            }
        }
    }

    pub(crate) fn takes_token(&self) -> bool {
        matches!(self, Self::Token(_))
    }

    /// Whether `token` opens; a link's does it once.
    fn open(&self, token: &str) -> bool {
        let given = hash(token);
        match self {
            Self::Token(known) => known.ct_eq(&given).into(),
            Self::Link(link) => {
                let mut link = link.lock().unwrap_or_else(PoisonError::into_inner);
                let opens = link.is_some_and(|known| known.ct_eq(&given).into());
                if opens {
                    *link = None;
                }
                opens
            }
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Token {
    token: Option<String>,
}

/// The printed link, or the form for a token.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: axum::Extension<Visitor>,
    jar: CookieJar,
    query: Result<Query<Token>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(Token { token }) = query?;
    match token {
        Some(token) if !app.gate.takes_token() && app.gate.open(&token) => enter(&app, jar).await,
        _ if visitor.session.is_some() => Ok(Redirect::to("/").into_response()),
        Some(_) => Err(Failure::sign_in(SignIn::LinkSpent)),
        None => Err(Failure::sign_in(SignIn::Needed)),
    }
}

/// The form's token.
pub(crate) async fn enter_token(
    State(app): State<App>,
    jar: CookieJar,
    form: Result<Form<Token>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(Token { token }) = form?;
    let opens = app.gate.takes_token() && app.gate.open(token.unwrap_or_default().trim());
    if opens {
        enter(&app, jar).await
    } else {
        Err(Failure::sign_in(SignIn::TokenWrong))
    }
}

async fn enter(app: &App, jar: CookieJar) -> Result<Response, Failure> {
    let now = app.social.clock().now();
    let cookie = app
        .own
        .begin_session(&app.user, now, &**app.social.random())
        .await?;
    tracing::info!(user = app.user, "signed in");
    let jar = jar.add(app.cookies().session(cookie.expose_secret()));
    Ok((jar, Redirect::to("/")).into_response())
}

/// Ends the session and its streams.
pub(crate) async fn sign_out(
    State(app): State<App>,
    signed: Signed,
    jar: CookieJar,
) -> Result<Response, Failure> {
    app.own.end_session(&signed.session).await?;
    app.streams.end(&signed.session);
    let jar = jar.add(app.cookies().removal(app.cookies().session));
    Ok((jar, Redirect::to("/signed-out")).into_response())
}

/// Where signing out leads.
pub(crate) async fn signed_out(State(app): State<App>) -> Result<Response, Failure> {
    let shown = SignInPage {
        shell: app.shell_of(&Visitor::default(), Nav::Elsewhere).await,
        why: SignIn::SignedOut,
        by_token: app.gate.takes_token(),
    };
    page(StatusCode::OK, &shown)
}

#[cfg(test)]
mod tests {
    use social_core::random::SystemRandom;

    use super::*;

    #[test]
    fn a_link_opens_once_and_only_for_its_own_token() {
        let (gate, secret) = Gate::new(&SignInBy::Link, &SystemRandom::default()).expect("a gate");
        let secret = secret.expect("a link");
        assert!(!gate.open("") && !gate.open("something else"));
        assert!(gate.open(secret.expose_secret()));
        assert!(!gate.open(secret.expose_secret()) && !gate.open(""));
    }

    #[test]
    fn a_token_opens_each_time() {
        let token = SecretString::from("0123456789abcdef0123456789abcdef");
        let (gate, link) =
            Gate::new(&SignInBy::Token(token.clone()), &SystemRandom::default()).expect("a gate");
        assert!(link.is_none() && gate.takes_token());
        assert!(gate.open(token.expose_secret()) && gate.open(token.expose_secret()));
        assert!(!gate.open("0123456789abcdef0123456789abcdeF"));
    }
}
