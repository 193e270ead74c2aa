//! Publishing a video to TikTok: the form, its check, and the post.

mod creator;
mod gone;
mod judge;
pub(crate) mod kept;
mod limits;
pub(crate) mod picture;
mod request;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use social_core::model::{Account, PostId};
use social_core::random::Random;
use social_core::{Error, ErrorKind};

pub(crate) use creator::Forms;

use crate::app::{App, page};
use crate::errors::Failure;
use crate::form::{Content, Entered, Field, FormFields, FormProblems};
use crate::present::account::find;
use crate::session::Signed;
use crate::toast::Said;
use crate::upload::{Kept, receive};
use crate::view::problem::Words;
use crate::view::publish::{PublishBody, PublishForm, PublishPage};
use crate::view::shell::Nav;
use creator::{Asked, View, poster};
use judge::Judged;

#[derive(Debug, Deserialize)]
pub(crate) struct Opened {
    #[serde(default)]
    account: String,
    /// The post to send again as a new one.
    #[serde(default)]
    again: String,
    /// Where it is to go: the inbox is open while the profile is not.
    #[serde(default)]
    way: String,
}

/// A new form. Without an account it leads to connecting one.
pub(crate) async fn show(
    State(app): State<App>,
    signed: Signed,
    opened: Result<Query<Opened>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(opened) = opened?;
    let accounts = app.social.accounts(signed.user()).await?;
    let to_inbox = opened.way == "inbox";
    let (wanted, fields, kept) = if opened.again.is_empty() {
        (opened.account, FormFields::default(), None)
    } else {
        let before = request::again(&app, &signed, opened.again.parse::<PostId>()?).await?;
        (before.account, before.fields, before.kept)
    };
    if let Some(page) = gone::answer(&app, &signed, &wanted, StatusCode::OK).await? {
        return Ok(page);
    }
    if accounts.is_empty() {
        return Ok(Redirect::to("/accounts").into_response());
    }
    let account = if wanted.is_empty() {
        creator::first_that_may(&accounts)
    } else {
        find(&accounts, &wanted)?
    };
    let form = Form {
        app: &app,
        signed: &signed,
        account,
        others: accounts.len() > 1,
    };
    let key = new_key(&**app.social.random())?;
    match creator::ask(&app, account).await? {
        Asked::Blocked(words) => {
            let body = creator::blocked(words);
            form.page(StatusCode::OK, None, &key, body).await
        }
        Asked::May(view) if view.direct_closed.is_some() && !to_inbox => {
            let body = creator::day_full(account, view.direct_closed.unwrap_or_default());
            form.page(StatusCode::OK, None, &key, body).await
        }
        Asked::May(view) => {
            let now = app.social.clock().now();
            app.forms.keep(signed.user().as_str(), &key, &view, now);
            let facts = creator::facts(account, &view, kept.as_ref().map(Kept::for_form), now);
            let fields = match to_inbox {
                true => inbox().or(fields),
                false => fields,
            };
            let mut fresh = PublishForm::fresh(key.clone(), fields, facts);
            fresh.kept = kept.as_ref().map(Kept::shown);
            fresh.unchecked = vec![NOT_LOOKED_AT.to_owned()];
            let day = limits::day(&app, account).await?;
            fresh.soft = limits::in_the_way(&day, fresh.entered(), account, now);
            fresh.limits = limits::shown(&day, now);
            form.page(
                StatusCode::OK,
                Some(&view),
                &key,
                PublishBody::Form(Box::new(fresh)),
            )
            .await
        }
    }
}

/// The same rules as on Post; changes nothing and spends nothing. From the module without the file, without script with it.
pub(crate) async fn check(
    State(app): State<App>,
    signed: Signed,
    request: Request,
) -> Result<Response, Failure> {
    let sent = receive(&app, signed.user(), request).await?;
    let wanted = sent.fields.value("account");
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    if let Some(page) = gone::answer(&app, &signed, wanted, refused).await? {
        return Ok(page);
    }
    let accounts = app.social.accounts(signed.user()).await?;
    let account = find(&accounts, wanted)?;
    let form = Form {
        app: &app,
        signed: &signed,
        account,
        others: accounts.len() > 1,
    };
    let key = sent.fields.value("idempotency_key").to_owned();
    let view = match form.view(&key).await? {
        Asked::May(view) => view,
        Asked::Blocked(words) => return form.blocked(words).await,
    };
    let judged = judge::form(&app, account, sent, &view).await?;
    let status = if judged.is_valid() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    form.returned(status, key, &view, judged).await
}

/// Takes the form: a post, or the same page with everything that is to be fixed.
pub(crate) async fn submit(
    State(app): State<App>,
    signed: Signed,
    jar: CookieJar,
    request: Request,
) -> Result<Response, Failure> {
    let sent = receive(&app, signed.user(), request).await?;
    let wanted = sent.fields.value("account");
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    if let Some(page) = gone::answer(&app, &signed, wanted, refused).await? {
        return Ok(page);
    }
    let accounts = app.social.accounts(signed.user()).await?;
    let account = find(&accounts, wanted)?;
    let key = sent.fields.value("idempotency_key").to_owned();
    let form = Form {
        app: &app,
        signed: &signed,
        account,
        others: accounts.len() > 1,
    };
    let before = form.sent_before(&jar, &key, &sent).await?;
    if let Before::Same(answer) = before {
        return Ok(answer);
    }
    let mut view = match form.view(&key).await? {
        // What was closed when the form was shown may be open by now.
        Asked::May(view) if view.direct_closed.is_some() => match form.ask_again(&key).await? {
            Asked::May(view) => view,
            Asked::Blocked(words) => return form.blocked(words).await,
        },
        Asked::May(view) => view,
        Asked::Blocked(words) => return form.blocked(words).await,
    };
    let mut judged = judge::form(&app, account, sent, &view).await?;
    if matches!(before, Before::Lost) {
        return form.posted_before(judged, &view, POST_LOST).await;
    }
    // This asks TikTok again: what was true when the form was shown may not be any more.
    judge::platform(&app, &signed, account, &mut judged).await?;
    if !judged.is_valid() {
        if judged.asked_again {
            view = match form.ask_again(&key).await? {
                Asked::May(view) => view,
                Asked::Blocked(words) => return form.blocked(words).await,
            };
            let file = judged.facts.file.take();
            judged.facts = creator::facts(account, &view, file, judged.facts.now);
        }
        return form
            .returned(StatusCode::UNPROCESSABLE_ENTITY, key, &view, judged)
            .await;
    }
    match form.post(&jar, &judged.entered, judged.kept.as_ref()).await {
        Err(error) if error.kind() == ErrorKind::Conflict => {
            form.posted_before(judged, &view, POSTED_OTHERWISE).await
        }
        answer => Ok(answer?),
    }
}

/// What became of a form that has a name for a post.
enum Before {
    /// It was never sent, or not like this.
    Never,
    /// It is this post.
    Same(Response),
    /// It was, and the data know nothing of its post: an older copy of them was restored.
    Lost,
}

/// Why a form gets another name, and what to do first.
const POSTED_OTHERWISE: &str =
    "Something else was in it then. Look at Posts first; pressing Post again makes a second post.";
const POST_LOST: &str = "This server no longer has that post: its data may have been restored from an older copy. The post may be on the profile. Look there first; pressing Post again makes a second post.";

/// What a form that nobody checked cannot say.
const NOT_LOOKED_AT: &str = "The video or the photos are looked at when you check or post";

/// The way to the inbox, chosen.
fn inbox() -> FormFields {
    FormFields::from_pairs([("way".to_owned(), "inbox".to_owned())])
}

/// Names a form: the same name is the same post.
fn new_key(random: &dyn Random) -> Result<String, Error> {
    let mut bytes = [0_u8; 16];
    random.fill(&mut bytes)?;
    Ok(uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .simple()
        .to_string())
}

/// A form of one person for one account.
struct Form<'a> {
    app: &'a App,
    signed: &'a Signed,
    account: &'a Account,
    others: bool,
}

impl Form<'_> {
    async fn page(
        &self,
        status: StatusCode,
        view: Option<&View>,
        key: &str,
        body: PublishBody,
    ) -> Result<Response, Failure> {
        let now = self.app.social.clock().now();
        let shown = PublishPage {
            shell: self
                .app
                .shell_of(&self.signed.visitor(), Nav::Publish)
                .await,
            poster: poster(self.account, view, key, self.others, now),
            body,
        };
        page(status, &shown)
    }

    /// What TikTok said when the form was shown; after a restart it is asked.
    async fn view(&self, key: &str) -> Result<Asked, Error> {
        let now = self.app.social.clock().now();
        match self.app.forms.view(self.signed.user().as_str(), key, now) {
            Some(view) => Ok(Asked::May(view)),
            None => self.ask_again(key).await,
        }
    }

    async fn ask_again(&self, key: &str) -> Result<Asked, Error> {
        let (app, now) = (self.app, self.app.social.clock().now());
        let asked = creator::ask(app, self.account).await?;
        if let Asked::May(view) = &asked {
            app.forms.keep(self.signed.user().as_str(), key, view, now);
        }
        Ok(asked)
    }

    async fn blocked(&self, words: Words) -> Result<Response, Failure> {
        let body = creator::blocked(words);
        self.page(StatusCode::UNPROCESSABLE_ENTITY, None, "", body)
            .await
    }

    async fn returned(
        &self,
        status: StatusCode,
        key: String,
        view: &View,
        judged: Judged,
    ) -> Result<Response, Failure> {
        // Of another file than the one that is chosen now nothing is said.
        let chosen = judged.facts.file.as_ref();
        let is_chosen = |kept: &Kept| chosen.is_none_or(|file| file.is_same(&kept.for_form()));
        let kept = judged.kept.filter(is_chosen);
        let (fields, facts) = (judged.fields, judged.facts);
        let mut form = PublishForm::returned(key.clone(), fields, facts, judged.problems);
        form.kept = kept.as_ref().map(Kept::shown);
        form.passes = judged.passes;
        form.soft = judged.soft;
        form.unchecked = judged.unchecked;
        form.limits = limits::shown(&judged.day, self.app.social.clock().now());
        let body = PublishBody::Form(Box::new(form));
        self.page(status, Some(view), &key, body).await
    }

    /// A form that was taken before is the same post, whatever has changed at TikTok since.
    async fn sent_before(
        &self,
        jar: &CookieJar,
        key: &str,
        sent: &crate::upload::Sent,
    ) -> Result<Before, Failure> {
        let user = self.signed.user();
        let Some(before) = self.app.own.posted_form(user, key).await? else {
            return Ok(Before::Never);
        };
        let before = before.parse::<PostId>()?;
        let post = match self.app.social.post(user, before).await {
            Ok(post) => post,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Before::Lost),
            Err(error) => return Err(error.into()),
        };
        let kept = judge::kept(self.app, user, sent).await?;
        let Some(entered) = judge::as_before(sent, kept.as_ref(), post.created_at) else {
            return Ok(Before::Never);
        };
        match self.post(jar, &entered, kept.as_ref()).await {
            Ok(answer) => Ok(Before::Same(answer)),
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(Before::Never),
            Err(error) => Err(error.into()),
        }
    }

    /// The form again under another name, so that pressing Post once more is a decision.
    async fn posted_before(
        &self,
        mut judged: Judged,
        view: &View,
        words: &'static str,
    ) -> Result<Response, Failure> {
        let mut problems = FormProblems::default();
        problems.add(Field::Form, "This form was posted before", words);
        judged.problems = problems;
        let key = new_key(&**self.app.social.random())?;
        self.returned(StatusCode::UNPROCESSABLE_ENTITY, key, view, judged)
            .await
    }

    async fn post(
        &self,
        jar: &CookieJar,
        entered: &Entered,
        kept: Option<&Kept>,
    ) -> Result<Response, Error> {
        let (app, user) = (self.app, self.signed.user());
        let kept = kept.filter(|_| entered.content == Some(Content::VideoFile));
        let request = request::of(user, entered, kept.map(|kept| &kept.media))?;
        if let Some(kept) = kept {
            app.own.mark_posted(&kept.id).await?;
        }
        let post = app
            .social
            .submit(self.account, &entered.idempotency_key, request)
            .await?;
        tracing::info!(post = %post.id, new = post.is_new, "a post was submitted");
        // The post is there, and its key stands for it in any case.
        let (id, now) = (post.id.to_string(), app.social.clock().now());
        let (own, key) = (&app.own, &entered.idempotency_key);
        if let Err(error) = own.keep_form(user, key, &id, now).await {
            tracing::warn!(post = id, %error, "the form of a post was not kept: sent again, it is checked again first");
        }
        let there = Redirect::to(&format!("/posts/{}", post.id));
        if post.is_new {
            return Ok(there.into_response());
        }
        let jar = jar.clone().add(Said::SamePost.cookie(app.cookies()));
        Ok((jar, there).into_response())
    }
}
