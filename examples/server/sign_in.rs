//! Signing in and out. Alone on a machine a printed link does it, once; a server that others reach asks for the token its
//! operator gave out.

mod link;

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum_extra::extract::CookieJar;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use social_core::Result;
use subtle::ConstantTimeEq as _;

use crate::app::{App, page};
use crate::errors::Failure;
use crate::intent::is_visit;
use crate::session::store::hash;
use crate::session::{Signed, Visitor};
use crate::settings::SignInBy;
use crate::view::shell::{Nav, SignIn, SignInPage};

pub(crate) use link::{Link, keep_printed, print};

/// What opens a session.
#[derive(Debug)]
pub(crate) enum Gate {
    /// Opens once; then there is another one.
    Link(Link),
    /// Of the token only its hash is kept.
    Token([u8; 32]),
}

impl Gate {
    pub(crate) fn new(by: &SignInBy) -> Self {
        match by {
            SignInBy::Token(token) => Self::Token(hash(token.expose_secret())),
            SignInBy::Link => Self::Link(Link::default()),
        }
    }

    pub(crate) fn takes_token(&self) -> bool {
        matches!(self, Self::Token(_))
    }

    /// Somebody who is not signed in looks for a way in.
    pub(crate) fn ask(&self) {
        if let Self::Link(link) = self {
            link.ask();
        }
    }

    fn opens_by_link(&self, token: &str) -> bool {
        match self {
            Self::Link(link) => link.open(token),
            Self::Token(_) => false,
        }
    }

    fn opens_by_token(&self, token: &str) -> bool {
        match self {
            Self::Link(_) => false,
            Self::Token(known) => known.ct_eq(&hash(token)).into(),
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
        Some(token) if app.gate.opens_by_link(token.trim()) => enter(&app, jar).await,
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
    if app.gate.opens_by_token(token.unwrap_or_default().trim()) {
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
    tracing::info!(user = app.user.as_str(), "signed in");
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
    let jar = jar.add(app.cookies().removal(&app.cookies().session_name()));
    Ok((jar, Redirect::to("/signed-out")).into_response())
}

/// Where signing out leads.
pub(crate) async fn signed_out(
    State(app): State<App>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if is_visit(&method, &headers) {
        app.gate.ask();
    }
    let shown = SignInPage {
        shell: app.shell_of(&Visitor::default(), Nav::Elsewhere).await,
        why: SignIn::SignedOut,
        by_token: app.gate.takes_token(),
    };
    page(StatusCode::OK, &shown)
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    #[test]
    fn a_token_opens_each_time() {
        let token = SecretString::from("0123456789abcdef0123456789abcdef");
        let gate = Gate::new(&SignInBy::Token(token.clone()));
        assert!(gate.takes_token());
        for _ in 0..2 {
            assert!(gate.opens_by_token(token.expose_secret()));
        }
        assert!(!gate.opens_by_token("0123456789abcdef0123456789abcdeF"));
        assert!(!gate.opens_by_link(token.expose_secret()));
    }
}
