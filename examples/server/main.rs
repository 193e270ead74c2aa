//! A preview of the example server's pages with sample data.

use std::convert::Infallible;
use std::net::Ipv4Addr;

use axum::extract::{DefaultBodyLimit, Form, Multipart, Path};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, serve};

mod assets;
mod form;
mod headers;
mod view;

use form::{FileFacts, FormFacts, FormFields, validate};
use view::publish::{KeptFile, PublishBody};
use view::samples::{STUDIO, facts, pages, publish_page, returned};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = Router::new()
        .route("/", get(|| page("overview")))
        .route("/accounts", get(|| page("accounts")))
        .route("/accounts/{key}/disconnect", get(|| page("disconnect")))
        .route("/publish/tiktok", get(|| page("publish")).post(accept))
        .route("/publish/tiktok/check", post(check))
        .route("/posts", get(|| page("posts")))
        .route("/posts/{id}", get(|| page("post-sending")))
        .route(
            "/sample/{name}",
            get(|Path(name): Path<String>| async move { page(&name).await }),
        )
        .fallback(|| page("error-signed-out"))
        .merge(assets::router())
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn(headers::security));
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    print(&format!("http://{address}/\n"));
    for name in pages(STUDIO).keys() {
        print(&format!("http://{address}/sample/{name}\n"));
    }
    serve(listener, app).await?;
    Ok(())
}

fn print(line: &str) {
    use std::io::Write as _;
    // A closed standard output is no reason to stop.
    let _ = std::io::stdout().write_all(line.as_bytes());
}

async fn page(name: &str) -> Response {
    let status = if name.starts_with("error") {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::OK
    };
    match pages(STUDIO).remove(name) {
        Some(Ok(html)) => (status, Html(html)).into_response(),
        Some(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The form without the file, from the module.
async fn check(Form(pairs): Form<Vec<(String, String)>>) -> Response {
    let fields = FormFields::from_pairs(pairs);
    let file = fields.file_facts();
    answer(fields, FormFacts { file, ..facts() }, None)
}

/// The form with the file: read and forgotten.
async fn accept(mut parts: Multipart) -> Result<Response, Infallible> {
    let (mut pairs, mut kept) = (Vec::new(), None);
    while let Ok(Some(mut part)) = parts.next_field().await {
        let name = part.name().unwrap_or_default().to_owned();
        let Some(file) = part.file_name().map(str::to_owned) else {
            pairs.push((name, part.text().await.unwrap_or_default()));
            continue;
        };
        let mut size = 0;
        while let Ok(Some(bytes)) = part.chunk().await {
            size += bytes.len() as u64;
        }
        kept = (size > 0).then(|| KeptFile {
            id: "m-1".to_owned(),
            name: file,
            size,
        });
    }
    let file = kept.as_ref().map(|kept| FileFacts {
        name: kept.name.clone(),
        size: kept.size,
        duration_ms: None,
    });
    Ok(answer(
        FormFields::from_pairs(pairs),
        FormFacts { file, ..facts() },
        kept,
    ))
}

fn answer(fields: FormFields, facts: FormFacts, kept: Option<KeptFile>) -> Response {
    let valid = validate(&fields, &facts);
    if let (Ok(form), true) = (&valid, kept.is_some()) {
        let branded = form.commercial.branded;
        print(&format!("{form:?}\n{}\n", form::declaration(branded)));
        return Redirect::to("/posts/sample").into_response();
    }
    let status = if valid.is_ok() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let key = fields.value("idempotency_key").to_owned();
    let form = returned(&key, fields, facts, kept);
    let page = publish_page(STUDIO, PublishBody::Form(Box::new(form)));
    match askama::Template::render(&page) {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
