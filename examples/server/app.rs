//! What the handlers share, and which address leads to which.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use social_core::Social;
use social_core::media::fetch::Fetcher;
use social_core::model::{AccountStatus, OwnerId};
use social_sandbox::SAMPLE_MEDIA_URL;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::CsrfLayer;
use url::Url;

use crate::errors::Failure;
use crate::live::{self, Streams, Watch};
use crate::own::Own;
use crate::present;
use crate::receive::{self, Received};
use crate::routes::{accounts, overview, post as one_post, posts, publish};
use crate::session::{Cookies, Visitor};
use crate::sign_in::Gate;
use crate::tiktok::TikTokApp;
use crate::view::shell::{Nav, SandboxNote, Shell};
use crate::{assets, carry, errors, headers, intent, login, session, sign_in, slow, toast, trace};

/// The most bytes of a form without a file.
const FORM_LIMIT: usize = 64 * 1024;
/// The most bytes of a form with a file: what the media store takes, and room for the words. What is above TikTok's own
/// limit is told by the rule that knows it.
pub(crate) const UPLOAD_LIMIT: usize = (4 << 30) + (2 << 20);

/// One running server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) social: Social,
    pub(crate) own: Own,
    pub(crate) tiktok: TikTokApp,
    /// The address under which people reach it.
    pub(crate) base: Url,
    /// Who is signed in by the gate.
    pub(crate) user: OwnerId,
    pub(crate) gate: Gate,
    /// The sandbox's address, when TikTok is one.
    pub(crate) sandbox: Option<Url>,
    /// Fetches pictures of accounts, where it can be made.
    pub(crate) pictures: Option<Fetcher>,
    pub(crate) forms: publish::Forms,
    pub(crate) received: Received,
    pub(crate) watch: Watch,
    pub(crate) streams: Streams,
    /// Requests that are being carried out.
    pub(crate) begun: TaskTracker,
    /// It is ending.
    pub(crate) stop: CancellationToken,
}

/// The state of the handlers.
pub(crate) type App = Arc<Server>;

impl Server {
    pub(crate) fn cookies(&self) -> Cookies {
        Cookies::of(&self.base)
    }

    /// The frame of a page for this visitor.
    pub(crate) async fn shell_of(&self, visitor: &Visitor, current: Nav) -> Shell {
        let Some(session) = &visitor.session else {
            return Shell::signed_out();
        };
        // A count that cannot be read is left out; the page itself says what is wrong.
        let accounts = self
            .social
            .accounts(&session.user)
            .await
            .unwrap_or_default();
        let lost = |status: &AccountStatus| matches!(status, AccountStatus::NeedsReauth(_));
        Shell {
            user: Some(session.user.to_string()),
            sandbox: self.sandbox.as_ref().map(|url| SandboxNote {
                transcript: format!("{}_sandbox", url.as_str()),
                inbox: format!("{}www.tiktok.com/inbox", url.as_str()),
                media: SAMPLE_MEDIA_URL,
            }),
            current,
            reconnect_count: accounts
                .iter()
                .filter(|account| lost(&account.status))
                .count(),
            hold: present::hold::notice(&self.social).await,
            toast: visitor.said.as_ref().map(toast::Said::toast),
        }
    }
}

/// A page as an answer.
///
/// # Errors
/// When a template fails, which is a defect.
pub(crate) fn page(status: StatusCode, page: &impl Template) -> Result<Response, Failure> {
    Ok((status, Html(page.render()?)).into_response())
}

/// Every address.
pub(crate) fn router(app: &App) -> Router {
    let upload = Router::new()
        .route(
            "/publish/tiktok",
            get(publish::show)
                .head(intent::nothing)
                .post(publish::submit),
        )
        .route("/publish/tiktok/check", post(publish::check))
        .layer(DefaultBodyLimit::max(UPLOAD_LIMIT));
    // Each has an effect when a person visits it, and none otherwise.
    let visits = Router::new()
        .route("/api/auth/tiktok", get(login::begin).head(intent::nothing))
        .route(
            "/api/auth/tiktok/callback",
            get(login::callback).head(intent::nothing),
        )
        .route(
            "/sign-in",
            get(sign_in::show)
                .head(intent::nothing)
                .post(sign_in::enter_token),
        )
        .layer(from_fn(intent::visits_only));
    let pages = Router::new()
        .merge(visits)
        .route("/", get(overview::show))
        .route("/accounts", get(accounts::show))
        .route("/accounts/not-connected", get(login::not_connected))
        .route(
            "/accounts/{key}/disconnect",
            get(accounts::ask).post(accounts::disconnect),
        )
        .route("/publish/kept/{id}", get(publish::kept::show))
        .route(
            "/publish/avatar/{form}",
            get(publish::picture::show).head(intent::nothing),
        )
        .route("/posts", get(posts::show))
        .route("/posts/{id}", get(one_post::show))
        .route("/posts/{id}/cancel", post(one_post::cancel))
        .route("/posts/{id}/settle", post(one_post::settle))
        .route("/posts/{id}/reconcile", post(one_post::reconcile))
        .route("/events", get(live::events).head(intent::nothing))
        .route(
            "/api/webhooks/tiktok",
            get(receive::asked).post(receive::tiktok),
        )
        .route("/sign-out", post(sign_in::sign_out))
        .route("/signed-out", get(sign_in::signed_out))
        .route(
            "/platforms/connect/tiktok",
            get(|| async { Redirect::permanent("/accounts") }),
        )
        .route(
            "/platforms/tiktok/upload",
            get(|| async { Redirect::permanent("/publish/tiktok") }),
        )
        .layer(from_fn_with_state(app.clone(), slow::forms))
        .layer(DefaultBodyLimit::max(FORM_LIMIT));
    let router = pages
        .merge(upload)
        .fallback(|| async { Failure::not_found() })
        .method_not_allowed_fallback(|| async { StatusCode::METHOD_NOT_ALLOWED })
        .layer(CsrfLayer::new())
        .layer(from_fn_with_state(app.clone(), carry::out))
        .layer(CatchPanicLayer::custom(errors::panicked))
        .layer(from_fn_with_state(app.clone(), errors::render))
        .layer(from_fn_with_state(app.clone(), toast::once))
        .layer(from_fn_with_state(app.clone(), session::load))
        .layer(from_fn_with_state(app.clone(), slow::only_here))
        .layer(from_fn(intent::nothing_ahead))
        .layer(from_fn_with_state(app.clone(), trace::requests))
        .merge(assets::router())
        .layer(from_fn(headers::security));
    let router = match app.base.scheme() {
        "https" => router.layer(from_fn(headers::https_only)),
        _ => router,
    };
    router.with_state(app.clone())
}
