//! A valid form as a request to publish, and a post as a form to send again.

use social_core::Result;
use social_core::model::{MediaId, PostId};
use social_core::publish::{Consent, MissedPolicy, PublishRequest};
use social_tiktok::{PostOptions, Privacy};

use crate::app::App;
use crate::form::{FormFields, Schedule, ValidForm, declaration};
use crate::present::account::key;
use crate::routes::post::file;
use crate::session::Signed;
use crate::upload::Kept;

/// What "not late at all" allows for, in seconds: a worker looks every second.
const PROMPT: u32 = 60;

/// The request, with the consent to the declaration as it read.
///
/// # Errors
/// `Invalid` when TikTok's crate finds the options contradictory.
pub(super) fn of(user: &str, form: &ValidForm, media: &MediaId) -> Result<PublishRequest> {
    let consent = Consent::given_by(user).to_statement(declaration(form.commercial.branded));
    let mut options = PostOptions::direct(Privacy::from(form.privacy.clone()), consent);
    options.allow_comment = form.allow_comment;
    options.allow_duet = form.allow_duet;
    options.allow_stitch = form.allow_stitch;
    options.your_brand = form.commercial.own_brand;
    options.branded_content = form.commercial.branded;
    let request = PublishRequest::video(media.clone())
        .caption(form.title.clone())
        .options(options)?;
    Ok(match form.schedule {
        Schedule::Now => request,
        Schedule::At { due, grace } => {
            let late = grace.and_then(|grace| u32::try_from(grace.num_seconds()).ok());
            request.schedule(due, MissedPolicy::Within(late.unwrap_or(PROMPT)))
        }
    })
}

/// A post as a form.
pub(super) struct Before {
    pub(super) account: String,
    pub(super) fields: FormFields,
    pub(super) kept: Option<Kept>,
}

/// What a post was made from, without its schedule: that time has passed.
///
/// # Errors
/// `NotFound` when this person has no such post, `Seal` and `Storage` when it cannot be read.
pub(super) async fn again(app: &App, signed: &Signed, id: PostId) -> Result<Before> {
    let post = app.social.post(signed.user(), id).await?;
    let request = app.social.open_request(&post).await?;
    let kept = file(app, signed.user(), &request).await?;
    let content = request
        .options
        .map(|options| options.content)
        .unwrap_or_default();
    let mut pairs = vec![("title".to_owned(), request.caption)];
    if let Some(privacy) = content.get("privacy").and_then(|level| level.as_str()) {
        pairs.push(("privacy".to_owned(), privacy.to_owned()));
    }
    for (option, name) in [
        ("allow_comment", "allow_comment"),
        ("allow_duet", "allow_duet"),
        ("allow_stitch", "allow_stitch"),
        ("your_brand", "brand_organic"),
        ("branded_content", "brand_content"),
    ] {
        if content.get(option) == Some(&serde_json::Value::Bool(true)) {
            pairs.push((name.to_owned(), "on".to_owned()));
        }
    }
    if pairs.iter().any(|(name, _)| name.starts_with("brand_")) {
        pairs.push(("disclose".to_owned(), "on".to_owned()));
    }
    Ok(Before {
        account: key(&post.account),
        fields: FormFields::from_pairs(pairs),
        kept,
    })
}
