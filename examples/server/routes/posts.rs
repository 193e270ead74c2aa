//! The list of posts.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use social_core::Post;
use social_core::Result as CoreResult;
use social_core::model::{OwnerId, PostId};
use social_core::store::{PostFilter, PostState};

use crate::app::{App, page};
use crate::errors::Failure;
use crate::present::account::{find, key, who};
use crate::present::post::{Seen, Stage, row, stage};
use crate::present::request::{heading, kind};
use crate::session::Signed;
use crate::view::format::clock_seconds;
use crate::view::posts::{Filter, PostsPage, StateFilter, short_title};
use crate::view::shell::Nav;

/// Posts on a page.
const PAGE: usize = 50;
/// Posts that are read at once.
const BATCH: u32 = 51;
/// How many batches are looked through for a filter that the store does not know.
const BATCHES: u32 = 20;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    before: String,
}

/// Posts, newest first.
pub(crate) async fn show(
    State(app): State<App>,
    signed: Signed,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(asked) = asked?;
    let accounts = app.social.all_accounts(signed.user()).await?;
    let state = StateFilter::from_query(&asked.state);
    let mut filter = PostFilter::default();
    filter.states = states(state);
    let text = asked.q.trim();
    filter.caption = (!text.is_empty()).then(|| text.to_owned());
    if !asked.account.is_empty() {
        filter.account = Some(find(&accounts, &asked.account)?.key.clone());
    }
    if !asked.before.is_empty() {
        filter.before = Some(asked.before.parse::<PostId>()?);
    }
    let found = fitting(&app, signed.user(), filter.clone(), state, PAGE).await?;
    let now = app.social.clock().now();
    let whole = state == StateFilter::Every && filter.caption.is_none();
    let total = match whole {
        true => Some(
            app.social
                .statistics(signed.user(), filter.account.as_ref())
                .await?
                .total,
        ),
        false => None,
    };
    let shell = app.shell_of(&signed.visitor(), Nav::Posts).await;
    let mut rows = Vec::with_capacity(found.posts.len());
    for post in &found.posts {
        let seen = seen(&app, post, shell.hold.is_some()).await?;
        rows.push(row(post, seen, &accounts, now));
    }
    let shown = PostsPage {
        shell,
        as_of: clock_seconds(now),
        filter: Filter {
            q: text.to_owned(),
            state,
            account: asked.account,
            accounts: accounts
                .iter()
                .map(|account| (key(&account.key), who(account).name))
                .collect(),
        },
        before: found.older.map(|last| last.to_string()),
        rows,
        total,
    };
    page(StatusCode::OK, &shown)
}

/// A post that cannot be opened is listed all the same.
async fn seen(app: &App, post: &Post, is_held: bool) -> CoreResult<Seen> {
    let request = app.social.request(&post.account.owner, post.id).await.ok();
    Ok(Seen {
        kind: request
            .as_ref()
            .map_or_else(|| "Post".to_owned(), |request| kind(request, None)),
        title: request.as_ref().map_or_else(
            || short_title(&post.caption),
            |request| heading(request, &post.caption),
        ),
        is_hidden: post
            .outcome
            .as_ref()
            .is_some_and(|outcome| outcome.hidden_since().is_some()),
        is_held,
    })
}

fn states(state: StateFilter) -> Vec<PostState> {
    match state {
        StateFilter::Every => Vec::new(),
        StateFilter::Working => vec![PostState::Queued, PostState::Working],
        StateFilter::NeedsYou => vec![
            PostState::Undecided,
            PostState::AwaitingUser,
            PostState::Failed,
        ],
        StateFilter::Published => vec![PostState::Published],
        StateFilter::Failed => vec![PostState::Failed],
        StateFilter::Cancelled => vec![PostState::Cancelled],
    }
}

/// The store knows missed posts as failed ones, so here they are told apart.
fn fits(post: &Post, state: StateFilter, now: chrono::DateTime<chrono::Utc>) -> bool {
    let missed = stage(post, now) == Stage::Missed;
    match state {
        StateFilter::NeedsYou => missed || post.state != PostState::Failed,
        StateFilter::Failed => !missed,
        _ => true,
    }
}

/// Posts that fit a filter.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) posts: Vec<Post>,
    /// Before which post the rest is to be looked for, if there may be more.
    pub(super) older: Option<PostId>,
}

/// Posts in these states that wait for the person, at most so many.
pub(super) async fn needing_you(
    app: &App,
    user: &OwnerId,
    states: Vec<PostState>,
    most: usize,
) -> CoreResult<Found> {
    let mut filter = PostFilter::default();
    filter.states = states;
    fitting(app, user, filter, StateFilter::NeedsYou, most).await
}

async fn fitting(
    app: &App,
    user: &OwnerId,
    mut filter: PostFilter,
    state: StateFilter,
    most: usize,
) -> CoreResult<Found> {
    let now = app.social.clock().now();
    filter.limit = BATCH;
    let mut found = Found::default();
    for _ in 0..BATCHES {
        let batch = app.social.posts(user, &filter).await?;
        let is_last = batch.len() < BATCH as usize;
        filter.before = batch.last().map(|post| post.id);
        let fit = batch.into_iter().filter(|post| fits(post, state, now));
        found.posts.extend(fit);
        if found.posts.len() > most {
            found.posts.truncate(most);
            found.older = found.posts.last().map(|last| last.id);
            return Ok(found);
        }
        if is_last {
            return Ok(found);
        }
    }
    // What was not looked through may hold more.
    found.older = filter.before;
    Ok(found)
}
