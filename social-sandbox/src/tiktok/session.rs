//! The browser's session at TikTok: who is signed in, remembered by a cookie.
//!
//! With `disable_auto_auth=0` a web app's user who is signed in and has consented before is sent back
//! at once. <https://developers.tiktok.com/doc/login-kit-web>. For desktop apps the parameter is not
//! documented, and does nothing here.

use http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::reached::Reached;
use crate::tiktok::account::{self, Account};
use crate::tiktok::authorize::Asked;
use crate::tiktok::redirect;
use crate::world::World;

const NAME: &str = "sandbox_session";
/// A session lives thirty days.
const LIFE: Millis = 30 * 24 * 60 * 60 * 1000;

/// Somebody who is signed in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    account: String,
    expires_at: Millis,
}

/// Signs an account in and returns the cookie.
pub(crate) fn open(world: &mut World, account: &Account, now: Millis) -> String {
    let cookie = world.random.word(40);
    world.secrets.issue("session", &cookie);
    world.sessions.retain(|_, session| session.expires_at > now);
    let session = Session {
        account: account.username.to_owned(),
        expires_at: now + LIFE,
    };
    world.sessions.insert(cookie.clone(), session);
    cookie
}

/// The header that leaves a cookie in the browser, for the authorize page only.
pub(crate) fn set_cookie(cookie: &str, reached: &Reached) -> Option<HeaderValue> {
    let base = reached.base("www.tiktok.com");
    let path = base.split_once("://")?.1.split_once('/');
    let path = path.map_or(String::new(), |(_, path)| format!("/{path}"));
    let secure = if base.starts_with("https:") {
        "; Secure"
    } else {
        ""
    };
    let seconds = LIFE / 1000;
    let text = format!(
        "{NAME}={cookie}; Path={path}/v2/auth/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
    );
    HeaderValue::from_str(&text).ok()
}

/// Who need not see the page: signed in here, and has let this app do all that it asks.
pub(crate) fn skips(
    world: &World,
    asked: &Asked,
    headers: &HeaderMap,
    now: Millis,
) -> Option<&'static Account> {
    if !asked.auto_auth || redirect::is_loopback(&asked.redirect_uri) {
        return None;
    }
    let session = cookies(headers)
        .filter_map(|cookie| world.sessions.get(cookie))
        .find(|session| session.expires_at > now)?;
    let consented = world
        .grants
        .covers(&asked.client_key, &session.account, &asked.scopes);
    account::find(&session.account).filter(|_| consented)
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix(NAME)?.strip_prefix('='))
}
