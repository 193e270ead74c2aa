//! The transcript as a page.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use super::deliveries;
use crate::shared::Shared;
use crate::transcript::{Ending, Exchange};

#[derive(Template)]
#[template(path = "transcript.html")]
struct TranscriptPage<'a> {
    now: String,
    posts: usize,
    shares: usize,
    rows: Vec<Row<'a>>,
    deliveries: Vec<deliveries::Row<'a>>,
}

struct Row<'a> {
    exchange: &'a Exchange,
    time: String,
    status: String,
    class: &'static str,
}

/// The handler: newest first.
pub(crate) async fn transcript(State(shared): State<Arc<Shared>>) -> Response {
    let control = crate::control::Control::new(shared);
    let exchanges = control.transcript();
    let sent = control.deliveries();
    let template = TranscriptPage {
        now: control
            .clock()
            .now
            .format("%Y-%m-%d %H:%M:%S UTC")
            .to_string(),
        posts: control.posts().len(),
        shares: control.inbox().len(),
        rows: exchanges.iter().rev().map(row).collect(),
        deliveries: sent.iter().rev().map(deliveries::row).collect(),
    };
    let Ok(body) = template.render() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let policy = "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(policy),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    (headers, body).into_response()
}

fn row(exchange: &Exchange) -> Row<'_> {
    let status = exchange.status.map(|status| status.to_string());
    let (status, class) = match exchange.ending {
        Ending::Answered => {
            let good = exchange.code.as_deref() == Some("ok");
            (status.unwrap_or_default(), if good { "ok" } else { "bad" })
        }
        Ending::Open => ("open".to_owned(), "off"),
        Ending::Dropped => ("closed without answer".to_owned(), "you"),
        Ending::ClientGone => ("client went away".to_owned(), "off"),
    };
    let time = exchange.at.format("%H:%M:%S%.3f").to_string();
    Row {
        exchange,
        time,
        status,
        class,
    }
}
