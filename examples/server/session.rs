//! Who is signed in: a cookie that names a row of the server's own table.

pub(crate) mod store;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::Cookie;
use chrono::TimeDelta;
use social_core::Error;
use url::Url;

use social_core::model::OwnerId;

use crate::app::App;
use crate::errors::Failure;
use crate::toast::Said;
use crate::view::shell::SignIn;
use store::{LIFETIME, Session};

/// Who asks, if that is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visitor {
    pub(crate) session: Option<Session>,
    /// What the answer to the last action was.
    pub(crate) said: Option<Said>,
    trouble: Option<Error>,
}

/// Someone who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) session: Session,
    pub(crate) said: Option<Said>,
}

impl Signed {
    /// The owner of everything this person sees.
    pub(crate) fn user(&self) -> &OwnerId {
        &self.session.user
    }

    pub(crate) fn visitor(&self) -> Visitor {
        Visitor {
            session: Some(self.session.clone()),
            said: self.said.clone(),
            trouble: None,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Signed {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let visitor = parts
            .extensions
            .get::<Visitor>()
            .cloned()
            .unwrap_or_default();
        match (visitor.session, visitor.trouble) {
            (Some(session), _) => Ok(Self {
                session,
                said: visitor.said,
            }),
            (None, Some(error)) => Err(error.into()),
            (None, None) => Err(Failure::sign_in(SignIn::Needed)),
        }
    }
}

/// Finds out who asks, once for each request.
pub(crate) async fn load(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let jar = CookieJar::from_headers(request.headers());
    let cookies = app.cookies();
    let mut visitor = Visitor::default();
    if let Some(cookie) = jar.get(&cookies.session_name()) {
        let now = app.social.clock().now();
        match app.own.session(cookie.value(), now).await {
            Ok(session) => visitor.session = session,
            Err(error) => visitor.trouble = Some(error),
        }
    }
    visitor.said = jar
        .get(&cookies.toast_name())
        .and_then(|cookie| Said::parse(cookie.value()));
    request.extensions_mut().insert(visitor);
    next.run(request).await
}

/// Names of cookies. They carry the port, since a browser gives every server of a host the same cookies: two servers of a
/// machine must not sign each other out. Over https they are bound to this host and path by their prefix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cookies {
    port: u16,
    secure: bool,
}

impl Cookies {
    /// Of the server that people reach at this address.
    pub(crate) fn of(base: &Url) -> Self {
        Self {
            port: base.port_or_known_default().unwrap_or_default(),
            secure: base.scheme() == "https",
        }
    }

    /// The sign-in's.
    pub(crate) fn session_name(self) -> String {
        self.name("session")
    }

    /// The one of a pending login.
    pub(crate) fn login_name(self, login: &str) -> String {
        format!("{}-{login}", self.name("login"))
    }

    /// The answer's to the last action.
    pub(crate) fn toast_name(self) -> String {
        self.name("toast")
    }

    fn name(self, what: &str) -> String {
        let prefix = if self.secure { "__Host-" } else { "" };
        format!("{prefix}{what}-{}", self.port)
    }

    /// A cookie that scripts and other sites' requests do not get. Name and value are of the URL-safe alphabet.
    pub(crate) fn make(self, name: &str, value: &str, lifetime: TimeDelta) -> Cookie<'static> {
        let secure = if self.secure { "; Secure" } else { "" };
        let seconds = lifetime.num_seconds();
        let text =
            format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
        Cookie::parse(text).unwrap_or_else(|_| Cookie::new(name.to_owned(), ""))
    }

    /// The sign-in's cookie.
    pub(crate) fn session(self, value: &str) -> Cookie<'static> {
        self.make(&self.session_name(), value, LIFETIME)
    }

    /// A cookie that takes another one away.
    pub(crate) fn removal(self, name: &str) -> Cookie<'static> {
        self.make(name, "", TimeDelta::zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_of_one_host_have_cookies_of_their_own() {
        let of = |base: &str| Cookies::of(&Url::parse(base).expect("an address"));
        let (one, other) = (of("http://127.0.0.1:8096"), of("http://127.0.0.1:8097"));
        assert_eq!(one.session_name(), "session-8096");
        assert_ne!(one.toast_name(), other.toast_name());
        assert_ne!(one.login_name("a"), other.login_name("a"));
        let live = of("https://social.example.com");
        assert_eq!(live.session_name(), "__Host-session-443");
        assert!(live.session("value").to_string().contains("; Secure"));
    }
}
