//! The page that plays the user's inbox: what apps have sent there, to be posted or discarded.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::calls::{Call, Note, about};
use crate::clock::date;
use crate::control::InboxItem;
use crate::reached::text;
use crate::shared::Shared;
use crate::tiktok::consent_page::{Problem, problem};
use crate::tiktok::form::Form;
use crate::tiktok::inbox::{self, InboxError};

#[derive(Template)]
#[template(path = "inbox.html")]
struct InboxPage {
    now: String,
    rows: Vec<Row>,
}

struct Row {
    item: InboxItem,
    photos: bool,
    delivered: String,
    audiences: [&'static str; 3],
}

/// The handler of the page.
pub(crate) async fn show(State(shared): State<Arc<Shared>>) -> Response {
    let template = {
        let world = shared.world();
        let now = shared.clock.now();
        let row = |item: InboxItem| {
            let standing = world.standing_of(&item.account)?;
            Some(Row {
                photos: item.medium == crate::tiktok::publish::Medium::Photos,
                delivered: item
                    .delivered_at
                    .format("%Y-%m-%d %H:%M:%S UTC")
                    .to_string(),
                audiences: standing.privacy_options(),
                item,
            })
        };
        let items = world.publishes.values();
        let mut rows: Vec<Row> = items
            .filter_map(|publish| InboxItem::of(publish, now))
            .filter_map(row)
            .collect();
        rows.sort_by_key(|row| row.item.delivered_at);
        InboxPage {
            now: date(now).format("%Y-%m-%d %H:%M:%S UTC").to_string(),
            rows,
        }
    };
    let Ok(body) = template.render() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let policy = "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; \
                  base-uri 'none'; frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    let mut response = (headers, body).into_response();
    response.extensions_mut().insert(Note::new("ok"));
    response
}

/// The handler of its forms: `publish_id`, `action` (`post` or `discard`), `title`,
/// `privacy_level`. Leads back to the page.
pub(crate) async fn act(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::parse(&body);
    let publish_id = form.one("publish_id").unwrap_or_default();
    let response = match carry_out(&shared, &headers, &form, publish_id) {
        Ok(()) => {
            let back = [(header::LOCATION, HeaderValue::from_static("inbox"))];
            let mut response = (StatusCode::SEE_OTHER, back).into_response();
            response.extensions_mut().insert(Note::new("ok"));
            response
        }
        Err(wrong) => problem(&call, &wrong),
    };
    about(response, None, Some(publish_id))
}

fn carry_out(
    shared: &Shared,
    headers: &HeaderMap,
    form: &Form,
    publish_id: &str,
) -> Result<(), Problem> {
    // Browsers say where a form comes from; scripts do not.
    if text(headers, "sec-fetch-site").is_some_and(|site| site != "same-origin") {
        let why = "The form was not sent by this page.";
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "access_denied",
            "origin",
            why,
        ));
    }
    let settings = shared.settings();
    let (title, privacy) = (form.all("title").first(), form.one("privacy_level"));
    let title = title.map(String::as_str);
    let done = shared.change(|world, now| match form.one("action") {
        Some("post") => {
            inbox::post(world, &settings, publish_id, title, privacy, now).map(|_| true)
        }
        Some("discard") => inbox::discard(world, publish_id, now).map(|()| true),
        _ => Ok(false),
    });
    match done {
        Ok(true) => Ok(()),
        Ok(false) => Err(Problem::request("action", "Post it, or discard it.")),
        Err(InboxError::NotThere) => {
            let why = "This is not in the inbox: it was discarded, or has lapsed after 24 hours.";
            Err(Problem::new(
                StatusCode::CONFLICT,
                "not_found",
                "publish_id",
                why,
            ))
        }
        Err(InboxError::Privacy) => {
            let why = "The account cannot post to this audience.";
            Err(Problem::request("privacy_level", why))
        }
    }
}
