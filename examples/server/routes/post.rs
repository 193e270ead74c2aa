//! One post: what happened, and what its owner may do.

use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use social_core::Post;
use social_core::model::PostId;
use social_core::publish::{MediaRef, NoteKind, Outcome, PublishRequest};
use social_core::store::{Cancelled, HistoryEntry, HistoryKind, PostState};
use social_core::{Error, ErrorKind};

use crate::app::{App, page};
use crate::errors::Failure;
use crate::present::asking::Asking;
use crate::present::page::Given;
use crate::present::post::is_sent;
use crate::present::timeline::Word;
use crate::session::Signed;
use crate::toast::Said;
use crate::upload::Kept;
use crate::view::shell::Nav;

type Wanted = Result<Path<String>, PathRejection>;

/// The post of this address, if it is this person's.
async fn wanted_post(app: &App, signed: &Signed, wanted: Wanted) -> Result<Post, Failure> {
    let Path(id) = wanted?;
    let id: PostId = id.parse()?;
    Ok(app.social.post(signed.user(), id).await?)
}

/// The post's page.
pub(crate) async fn show(
    State(app): State<App>,
    signed: Signed,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let post = wanted_post(&app, &signed, wanted).await?;
    let (post, history) = with_history(&app, &signed, post).await?;
    let request = app.social.request(&post.account.owner, post.id).await?;
    let accounts = app.social.all_accounts(signed.user()).await?;
    let file = file(&app, &post, &request).await?;
    let shown = Given {
        post: &post,
        request: &request,
        history: &history,
        accounts: &accounts,
        file: file.as_ref(),
        asking: Asking::about(&post, &request, &accounts, &app.tiktok.publishing),
        by_person: by_person(&post, &history),
        user: signed.user().as_str(),
        now: app.social.clock().now(),
    }
    .page(app.shell_of(&signed.visitor(), Nav::Posts).await);
    page(StatusCode::OK, &shown)
}

/// The post with its history, of one moment: a worker may write both between two reads, and a page must not tell of a failure
/// and say that all goes well.
async fn with_history(
    app: &App,
    signed: &Signed,
    mut post: Post,
) -> Result<(Post, Vec<HistoryEntry>), Error> {
    // One that changes faster than it can be read is shown as it was last.
    for _ in 0..3 {
        let history = app.social.history(signed.user(), post.id).await?;
        let again = app.social.post(signed.user(), post.id).await?;
        if again == post {
            return Ok((post, history));
        }
        post = again;
    }
    let history = app.social.history(signed.user(), post.id).await?;
    Ok((post, history))
}

/// What is known of the post's file.
pub(crate) async fn file(
    app: &App,
    post: &Post,
    request: &PublishRequest,
) -> Result<Option<Kept>, Error> {
    let (owner, then) = (&post.account.owner, post.created_at);
    match request.media.first().map(|media| &media.source) {
        Some(MediaRef::Stored(id)) => app.own.posted_upload(owner, id, then).await,
        _ => Ok(None),
    }
}

fn back(app: &App, jar: CookieJar, post: &Post, said: &Said) -> Response {
    let there = Redirect::to(&format!("/posts/{}", post.id));
    (jar.add(said.cookie(app.cookies())), there).into_response()
}

/// Cancels, at once or as soon as the worker can stop.
pub(crate) async fn cancel(
    State(app): State<App>,
    signed: Signed,
    jar: CookieJar,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let post = wanted_post(&app, &signed, wanted).await?;
    let said = match app.social.cancel(signed.user(), post.id).await? {
        Cancelled::Done if post.held_due_at.is_some() => Said::CancelledInDoubt,
        Cancelled::Done => Said::Cancelled,
        Cancelled::Requested if is_sent(&post) => Said::CancelLate,
        Cancelled::Requested => Said::CancelAsked,
        _ => Said::CancelTooLate,
    };
    Ok(back(&app, jar, &post, &said))
}

#[derive(Debug, Deserialize)]
pub(crate) struct Seen {
    verdict: String,
}

/// Settles an undecided post on the word of someone who has looked.
pub(crate) async fn settle(
    State(app): State<App>,
    signed: Signed,
    jar: CookieJar,
    wanted: Wanted,
    seen: Result<Form<Seen>, FormRejection>,
) -> Result<Response, Failure> {
    let post = wanted_post(&app, &signed, wanted).await?;
    let Form(Seen { verdict }) = seen?;
    let outcome = match verdict.as_str() {
        "published" => Outcome::Published(Vec::new()),
        "absent" => Outcome::Failed(absent(!post.links.is_empty())),
        _ => return Err(Failure::of_status(StatusCode::UNPROCESSABLE_ENTITY)),
    };
    let by = signed.user();
    app.social
        .resolve(by, post.id, &outcome, Some(by.as_str()))
        .await?;
    Ok(back(&app, jar, &post, &Said::Settled))
}

/// Whose word the last outcome is, if it is a person's.
fn by_person<'a>(post: &Post, history: &'a [HistoryEntry]) -> Option<Word<'a>> {
    let mut outcomes = history.iter().rev();
    let last = outcomes.find(|line| line.kind == HistoryKind::Settled)?;
    // Of a post of which part was there the word was about the rest.
    let lacks = post.notes.iter().any(|note| note.kind == NoteKind::Rest);
    Some(Word {
        by: last.detail.as_deref()?,
        of_the_rest: lacks,
        is_there: !lacks && matches!(post.outcome, Some(Outcome::Published(_))),
    })
}

/// Of a post that is there in part the word is about the rest.
fn absent(is_there_in_part: bool) -> Error {
    Error::new(ErrorKind::Rejected, "the owner looked and did not find it")
        .with_code("settled_absent")
        .with_user_message(match is_there_in_part {
            false => "You looked, and it is not on the profile. You can publish it as a new post.",
            true => "You looked, and the rest is not on the profile. You can publish what is missing as a new post.",
        })
}

/// Has a worker ask TikTok now what became of a post that is undecided or waits in the inbox. It causes nothing there, and the
/// page changes when there is something new.
pub(crate) async fn reconcile(
    State(app): State<App>,
    signed: Signed,
    jar: CookieJar,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let post = wanted_post(&app, &signed, wanted).await?;
    let is_open = matches!(post.state, PostState::AwaitingUser | PostState::Undecided);
    if is_open && let Some(why) = why_not(&app, &signed, &post).await? {
        let why = why.to_owned();
        return Ok(back(&app, jar, &post, &Said::CannotAsk { why }));
    }
    if is_open {
        app.social.check_now(signed.user(), post.id).await?;
        return Ok(back(&app, jar, &post, &Said::Asking));
    }
    Ok(Redirect::to(&format!("/posts/{}", post.id)).into_response())
}

/// Why TikTok cannot be asked what became of a post, if it cannot.
async fn why_not(app: &App, signed: &Signed, post: &Post) -> Result<Option<&'static str>, Error> {
    let request = app.social.request(&post.account.owner, post.id).await?;
    let accounts = app.social.all_accounts(signed.user()).await?;
    Ok(Asking::about(post, &request, &accounts, &app.tiktok.publishing).why_not())
}
