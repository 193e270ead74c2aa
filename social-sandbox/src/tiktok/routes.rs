//! The platform's paths, each behind the same middleware.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post, put};
use http::{StatusCode, header};

use crate::calls::{Endpoint, observe};
use crate::shared::Shared;
use crate::tiktok::{
    authorize, cancel, consent, creator, display, inbox_page, init, revoke, status, token, upload,
    user,
};

/// Every endpoint of the three hosts, by host as the first path segment.
pub(crate) fn router(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    let seen = |endpoint, method: MethodRouter<Arc<Shared>>| {
        method.route_layer(from_fn_with_state((Arc::clone(shared), endpoint), observe))
    };
    let authorize = seen(Endpoint::Authorize, get(authorize::show))
        .merge(seen(Endpoint::Consent, post(consent::answer)));
    let inbox = seen(Endpoint::Inbox, get(inbox_page::show).post(inbox_page::act));
    let www = Router::new()
        .route("/v2/auth/authorize/", authorize.clone())
        // This page has both addresses; the API's gateway insists on the slash.
        .route("/v2/auth/authorize", authorize)
        .route("/inbox", inbox)
        .route("/sandbox.css", get(stylesheet));
    let api = Router::new()
        .route(
            "/v2/oauth/token/",
            seen(Endpoint::Token, post(token::token)),
        )
        .route(
            "/v2/oauth/revoke/",
            seen(Endpoint::Revoke, post(revoke::revoke)),
        )
        .route("/v2/user/info/", seen(Endpoint::UserInfo, get(user::info)))
        .route(
            "/v2/video/list/",
            seen(Endpoint::VideoList, post(display::list)),
        )
        .route(
            "/v2/video/query/",
            seen(Endpoint::VideoQuery, post(display::query)),
        )
        .route(
            "/v2/post/publish/creator_info/query/",
            seen(Endpoint::CreatorInfo, post(creator::query)),
        )
        .route(
            "/v2/post/publish/video/init/",
            seen(Endpoint::Init, post(init::video)),
        )
        .route(
            "/v2/post/publish/inbox/video/init/",
            seen(Endpoint::InboxInit, post(init::inbox)),
        )
        .route(
            "/v2/post/publish/content/init/",
            seen(Endpoint::PhotoInit, post(init::photos)),
        )
        .route(
            "/v2/post/publish/status/fetch/",
            seen(Endpoint::Status, post(status::fetch)),
        )
        .route(
            "/v2/post/publish/cancel/",
            seen(Endpoint::Cancel, post(cancel::cancel)),
        );
    let unknown = unknown.layer(from_fn_with_state(
        (Arc::clone(shared), Endpoint::Unknown),
        observe,
    ));
    let api = api
        .method_not_allowed_fallback(unknown.clone())
        .fallback(unknown);
    let uploads = Router::new().route("/video/", seen(Endpoint::Upload, put(upload::chunk)));
    Router::new()
        .nest("/www.tiktok.com", www)
        .nest("/open.tiktokapis.com", api)
        .nest("/open-upload.tiktokapis.com", uploads)
}

/// What TikTok's gateway says to a path or method it does not have. Leaving out the slash at the
/// end of a path is the usual reason.
async fn unknown() -> Response {
    (StatusCode::NOT_FOUND, "Unsupported path(Janus)").into_response()
}

/// The pages' stylesheet.
pub(crate) async fn stylesheet() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "max-age=60"),
    ];
    (headers, include_str!("../../templates/sandbox.css")).into_response()
}
