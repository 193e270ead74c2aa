//! The answer to a person's action, carried over a redirect in a cookie that counts once.

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::Cookie;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::session::Cookies;
use crate::view::shell::Toast;

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Said {
    Connected {
        name: String,
    },
    /// With less than was asked for.
    ConnectedLimited {
        name: String,
    },
    Disconnected {
        name: String,
    },
    /// Deleted here; there was nothing to give back.
    DisconnectedOnly {
        name: String,
    },
    /// Deleted here, but TikTok could not be told.
    DisconnectedHere {
        name: String,
    },
    Cancelled,
    /// It was kept back, since it may be out.
    CancelledInDoubt,
    CancelAsked,
    /// TikTok has all of it.
    CancelLate,
    CancelTooLate,
    Settled,
    /// Nobody can be asked; why not.
    CannotAsk {
        why: String,
    },
    /// A worker asks TikTok next.
    Asking,
    /// The form was sent before; this is the post it made.
    SamePost,
}

impl Said {
    /// From the cookie. Nothing depends on it but what is shown.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let json = URL_SAFE_NO_PAD.decode(value).ok()?;
        serde_json::from_slice(&json).ok()
    }

    /// The cookie that brings it to the next page.
    pub(crate) fn cookie(&self, cookies: Cookies) -> Cookie<'static> {
        let json = serde_json::to_vec(self).unwrap_or_default();
        let (name, value) = (cookies.toast_name(), URL_SAFE_NO_PAD.encode(json));
        cookies.make(&name, &value, TimeDelta::seconds(60))
    }

    /// In words.
    pub(crate) fn toast(&self) -> Toast {
        match self {
            Self::Connected { name } => Toast::done(format!("{name} is connected"), ""),
            Self::ConnectedLimited { name } => Toast::trouble(
                format!("{name} is connected with less than was asked for"),
                "Connect it again and leave everything ticked.",
            ),
            Self::Disconnected { name } => Toast::done(
                format!("{name} is disconnected"),
                "Its access is given back and deleted here.",
            ),
            Self::DisconnectedOnly { name } => Toast::done(
                format!("{name} is disconnected"),
                "Its access is deleted here.",
            ),
            Self::DisconnectedHere { name } => Toast::trouble(
                format!("{name} is disconnected here"),
                "TikTok could not be told. Remove this app in TikTok's settings too.",
            ),
            Self::Cancelled => Toast::done("The post is cancelled", "Nothing was posted."),
            Self::CancelledInDoubt => Toast::done(
                "The post is cancelled",
                "It may have been sent before this server's data were restored or failed over.",
            ),
            Self::CancelAsked => Toast::done(
                "Cancelling",
                "Nothing more is sent. What TikTok has whole already it may still publish.",
            ),
            Self::CancelLate => Toast::trouble(
                "TikTok has all of it",
                "It may still publish it. If it does, delete it in the TikTok app.",
            ),
            Self::CancelTooLate => Toast::trouble(
                "It is too late to cancel",
                "The post has an outcome already.",
            ),
            Self::Settled => Toast::done("Noted", "The post is settled as you found it."),
            Self::CannotAsk { why } => Toast::trouble("TikTok was not asked", why.as_str()),
            Self::Asking => Toast::done(
                "TikTok is asked now",
                "Nothing is sent. This page changes by itself when there is something new.",
            ),
            Self::SamePost => Toast::done(
                "This form was sent before",
                "It made this one post. Nothing was sent twice.",
            ),
        }
    }
}

/// Takes the cookie away with the page that shows it.
pub(crate) async fn once(State(app): State<App>, request: Request, next: Next) -> Response {
    let name = app.cookies().toast_name();
    let jar = CookieJar::from_headers(request.headers());
    // HEAD shows nothing.
    let shown = request.method() != Method::HEAD && jar.get(&name).is_some();
    let mut response = next.run(request).await;
    let is_page = response.status() == StatusCode::OK
        && response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let gone = app.cookies().removal(&name).to_string();
    if shown
        && is_page
        && let Ok(gone) = HeaderValue::try_from(gone)
    {
        response.headers_mut().append(SET_COOKIE, gone);
    }
    response
}
