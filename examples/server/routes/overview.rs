//! The first page.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use social_core::model::Account;
use social_core::store::{PostFilter, PostRecord, PostState, Statistics};

use crate::app::{App, page};
use crate::errors::Failure;
use crate::present::account;
use crate::present::overview::{needs, widget};
use crate::session::Signed;
use crate::view::format::clock_seconds;
use crate::view::overview::OverviewPage;
use crate::view::shell::Nav;

/// How many posts are looked through for what needs a person.
const OPEN: u32 = 50;

/// What needs a person, then each account. Without an account there is nothing to see yet.
pub(crate) async fn show(State(app): State<App>, signed: Signed) -> Result<Response, Failure> {
    let mut accounts = app.social.accounts(signed.user()).await?;
    if accounts.is_empty() {
        return Ok(Redirect::to("/accounts").into_response());
    }
    account::sort(&mut accounts);
    let now = app.social.clock().now();
    let mut filter = PostFilter::default();
    filter.states = vec![
        PostState::Undecided,
        PostState::AwaitingUser,
        PostState::Failed,
    ];
    filter.limit = OPEN;
    let open = app
        .social
        .posts(signed.user(), &filter)
        .await
        .unwrap_or_default();
    let mut widgets = Vec::with_capacity(accounts.len());
    for account in &accounts {
        let read = read(&app, signed.user(), account).await;
        widgets.push(widget(account, read, now));
    }
    let shown = OverviewPage {
        shell: app.shell_of(&signed.visitor(), Nav::Overview).await,
        as_of: clock_seconds(now),
        needs: needs(&accounts, &open, now),
        widgets,
    };
    page(StatusCode::OK, &shown)
}

/// An account's figures and its last posts; nothing where they cannot be read, so that the rest of the page stays.
async fn read(app: &App, user: &str, account: &Account) -> Option<(Statistics, Vec<PostRecord>)> {
    let statistics = app
        .social
        .stores()
        .posts
        .statistics(user, Some(&account.key))
        .await;
    let mut filter = PostFilter::default();
    filter.account = Some(account.key.clone());
    filter.limit = 3;
    let recent = app.social.posts(user, &filter).await;
    statistics
        .and_then(|statistics| recent.map(|recent| (statistics, recent)))
        .inspect_err(|error| tracing::warn!(%error, "an account's figures cannot be read"))
        .ok()
}
