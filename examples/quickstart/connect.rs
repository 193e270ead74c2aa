//! Connecting an account from a terminal: the browser comes back to a loopback address.

use anyhow::Context;
use axum::{
    Router,
    extract::RawQuery,
    http::{HeaderMap, Method, StatusCode},
    response::Html,
    routing::get,
};
use secrecy::ExposeSecret;
use social_core::{Social, login::is_speculative, model::Account};
use social_tiktok::Route;
use tokio::{net::TcpListener, sync::mpsc};
use url::Url;

const PATH: &str = "/api/auth/tiktok/callback";

/// Prints the address to open, waits for the browser, and connects the account.
pub(crate) async fn connect(social: &Social, owner: &str) -> anyhow::Result<Account> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let redirect = Url::parse(&format!("http://{}{PATH}", listener.local_addr()?))?;
    let (tell, mut queries) = mpsc::channel(1);
    let answer = move |method: Method, headers: HeaderMap, RawQuery(query): RawQuery| async move {
        // A browser that fetches ahead would use the login up.
        if is_speculative(&method, &headers) {
            return Err(StatusCode::SERVICE_UNAVAILABLE);
        }
        // Only the first counts; the program goes on with it.
        let _ = tell.try_send(query.unwrap_or_default());
        Ok(Html(
            "<!doctype html><title>Connected</title><p>Back to the terminal.",
        ))
    };
    let server = axum::serve(listener, Router::new().route(PATH, get(answer)));
    let server = tokio::spawn(server.into_future());

    let connector = Route::Desktop.connector();
    let start = social
        .begin_login(owner, &connector, None, &redirect)
        .await?;
    say(&format!(
        "Open this address and allow the access:\n{}",
        start.url.expose_secret()
    ));
    let query = queries
        .recv()
        .await
        .context("the browser never came back")?;
    let offer = social
        .finish_login(owner, &connector, &redirect, Some(&start.browser), &query)
        .await?;
    server.abort();
    let chosen: Vec<_> = offer
        .accounts
        .iter()
        .map(|offered| offered.account.clone())
        .collect();
    let mut accounts = social.accept_offer(owner, offer.id, &chosen).await?;
    accounts.pop().context("no account was offered")
}

/// Prints a line.
#[expect(clippy::print_stdout, reason = "a program for the terminal")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}
