//! The first page.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use social_core::Error;
use social_core::Post;
use social_core::model::{Account, OwnerId};
use social_core::store::{PostFilter, PostState, Statistics};

use crate::app::{App, page};
use crate::errors::Failure;
use crate::present::account;
use crate::present::overview::{Open, needs, widget};
use crate::routes::posts;
use crate::session::Signed;
use crate::view::format::clock_seconds;
use crate::view::overview::OverviewPage;
use crate::view::shell::Nav;

/// How many posts of each kind are listed.
const LISTED: usize = 20;

/// What needs a person, then each account. Without an account there is nothing to see yet.
pub(crate) async fn show(State(app): State<App>, signed: Signed) -> Result<Response, Failure> {
    let mut accounts = app.social.accounts(signed.user()).await?;
    let open = open(&app, signed.user()).await?;
    // What waits in the app waits there without the account too.
    if accounts.is_empty() && open.posts.is_empty() {
        return Ok(Redirect::to("/accounts").into_response());
    }
    account::sort(&mut accounts);
    let now = app.social.clock().now();
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

/// Each kind by itself: the newest of one must not hide what is worse.
async fn open(app: &App, user: &OwnerId) -> Result<Open, Error> {
    let mut open = Open::default();
    for states in [
        vec![PostState::Undecided],
        vec![PostState::AwaitingUser],
        vec![PostState::Failed],
    ] {
        let found = posts::needing_you(app, user, states, LISTED).await?;
        open.more |= found.posts.len() == LISTED && found.older.is_some();
        open.posts.extend(found.posts);
    }
    Ok(open)
}

/// An account's figures and its last posts; nothing where they cannot be read, so that the rest of the page stays.
async fn read(app: &App, user: &OwnerId, account: &Account) -> Option<(Statistics, Vec<Post>)> {
    let statistics = app.social.statistics(user, Some(&account.key)).await;
    let mut filter = PostFilter::default();
    filter.account = Some(account.key.clone());
    filter.limit = 3;
    let recent = app.social.posts(user, &filter).await;
    statistics
        .and_then(|statistics| recent.map(|recent| (statistics, recent)))
        .inspect_err(|error| tracing::warn!(%error, "an account's figures cannot be read"))
        .ok()
}
