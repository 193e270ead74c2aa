//! A form as a request to publish, and a post as a form to send again.

use chrono::TimeDelta;
use social_core::model::{MediaId, OwnerId, PostId};
use social_core::publish::{
    Consent, MediaItem, MediaRef, MissedPolicy, PlatformOptions, PublishRequest,
};
use social_core::{Error, ErrorKind, Result};
use social_tiktok::{PLATFORM, PostOptions, Privacy};

use crate::app::App;
use crate::form::{Content, Direct, Entered, FormFields, Schedule, declaration};
use crate::present::account::key;
use crate::present::request::{is_inbox, is_photos, options};
use crate::routes::post::file;
use crate::session::Signed;
use crate::upload::Kept;

/// What "not late at all" allows for, in seconds: a worker looks every second.
const PROMPT: u32 = 60;

/// The request, with the consent to the declaration as it read. Also of a form with gaps, so that the platform's rules can
/// be asked about the rest.
///
/// # Errors
/// `Invalid` when the options cannot be written.
pub(super) fn of(user: &OwnerId, form: &Entered, file: Option<&MediaId>) -> Result<PublishRequest> {
    let consent = Consent::given_by(user.as_str()).to_statement(declaration(form.is_branded()));
    let mut options = match &form.direct {
        Some(direct) => profile(direct, consent),
        None => PostOptions::inbox(consent),
    };
    options.title.clone_from(&form.title);
    let media = match &form.content {
        Some(Content::Photos { photos, cover }) => {
            options.cover_index = *cover;
            photos.iter().cloned().map(MediaItem::photo).collect()
        }
        Some(Content::VideoUrl(url)) => vec![MediaItem::video(url.clone())],
        Some(Content::VideoFile) => file.cloned().map(MediaItem::video).into_iter().collect(),
        None => Vec::new(),
    };
    let mut request = PublishRequest::new(media).caption(form.caption.clone());
    // Not by way of the options' own check: a form with gaps is looked at as well.
    let content = serde_json::to_value(&options)
        .map_err(|_| Error::new(ErrorKind::Invalid, "the options cannot be written as JSON"))?;
    request.options = Some(PlatformOptions::new(PLATFORM, content, options.consent));
    Ok(match form.schedule {
        Some(Schedule::At { due, grace }) => request.schedule(due, late(grace)),
        Some(Schedule::Now) | None => request,
    })
}

fn late(grace: Option<TimeDelta>) -> MissedPolicy {
    let late = grace.and_then(|grace| u32::try_from(grace.num_seconds()).ok());
    MissedPolicy::Within(late.unwrap_or(PROMPT))
}

fn profile(direct: &Direct, consent: Consent) -> PostOptions {
    let privacy = direct.privacy.clone().map(Privacy::from);
    let mut options = PostOptions::direct(Privacy::SelfOnly, consent);
    options.privacy = privacy;
    options.allow_comment = direct.allow_comment;
    options.allow_duet = direct.allow_duet;
    options.allow_stitch = direct.allow_stitch;
    options.your_brand = direct.commercial.own_brand;
    options.branded_content = direct.commercial.branded;
    options.is_aigc = direct.is_aigc;
    options.cover_timestamp_ms = direct.cover_ms;
    options.auto_add_music = direct.auto_music;
    options
}

/// A post as a form.
pub(super) struct Before {
    pub(super) account: String,
    pub(super) fields: FormFields,
    pub(super) kept: Option<Kept>,
}

/// What a post was made from, without its schedule, whose time has passed, and without what TikTok wants chosen anew for
/// every post: the audience, what viewers may do, and the disclosure.
///
/// # Errors
/// `NotFound` when this person has no such post, `Seal` and `Storage` when it cannot be read.
pub(super) async fn again(app: &App, signed: &Signed, id: PostId) -> Result<Before> {
    let post = app.social.post(signed.user(), id).await?;
    let request = app.social.request(&post.account.owner, post.id).await?;
    Ok(Before {
        account: key(&post.account),
        fields: FormFields::from_pairs(fields(&request)),
        kept: file(app, &post, &request).await?,
    })
}

fn fields(request: &PublishRequest) -> Vec<(String, String)> {
    let options = options(request);
    let mut pairs = Vec::new();
    let mut put = |name: &str, value: &str| pairs.push((name.to_owned(), value.to_owned()));
    if is_inbox(request) {
        put("way", "inbox");
    }
    let urls = request
        .media
        .iter()
        .filter_map(|media| match &media.source {
            MediaRef::Url(url) => Some(url.as_str()),
            _ => None,
        });
    let urls: Vec<&str> = urls.collect();
    if is_photos(request) {
        put("kind", "photos");
        put("photos", &urls.join("\n"));
        put("description", &request.caption);
        let title = options
            .as_ref()
            .and_then(|options| options.title.as_deref());
        put("photo_title", title.unwrap_or_default());
        let cover = options.as_ref().map_or(0, |options| options.cover_index);
        put("cover", &(cover + 1).to_string());
    } else {
        put("title", &request.caption);
        if let Some(url) = urls.first() {
            put("source", "url");
            put("video_url", url);
        }
    }
    let Some(options) = options else {
        return pairs;
    };
    let mut put = |name: &str, value: &str| pairs.push((name.to_owned(), value.to_owned()));
    if let Some(ms) = options.cover_timestamp_ms {
        put("cover_at", &format!("{}.{:03}", ms / 1_000, ms % 1_000));
    }
    for (is_on, field) in [
        (options.is_aigc, "is_aigc"),
        (options.auto_add_music, "auto_music"),
    ] {
        if is_on {
            put(field, "on");
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use social_core::conformance::named;

    use super::*;
    use crate::form::{FormFacts, validate};

    fn facts() -> FormFacts {
        FormFacts {
            now: DateTime::UNIX_EPOCH,
            audiences: vec!["PUBLIC_TO_EVERYONE".to_owned()],
            comment_off: false,
            duet_off: false,
            stitch_off: false,
            max_seconds: 600,
            max_bytes: 4_000_000_000,
            may_inbox: true,
            direct_closed: None,
            file: None,
        }
    }

    fn entered(pairs: &[(&str, &str)]) -> Entered {
        let key = [("idempotency_key", "k")];
        let pairs = key.iter().chain(pairs);
        let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        validate(&FormFields::from_pairs(pairs), &facts()).expect("valid")
    }

    /// What a person chooses for each post.
    const CHOSEN: [&str; 4] = ["privacy", "allow_duet", "disclose", "brand_content"];

    #[test]
    fn a_post_becomes_the_form_it_was_but_for_what_is_chosen_each_time() {
        let forms: [&[(&str, &str)]; 4] = [
            &[
                ("kind", "photos"),
                (
                    "photos",
                    "https://media.example.com/1.jpg\nhttps://media.example.com/2.jpg",
                ),
                ("cover", "2"),
                ("photo_title", "Rain"),
                ("description", "on glass"),
                ("privacy", "PUBLIC_TO_EVERYONE"),
                ("auto_music", "on"),
                ("disclose", "on"),
                ("brand_content", "on"),
            ],
            &[
                ("way", "inbox"),
                ("kind", "photos"),
                ("photos", "https://media.example.com/1.jpg"),
                ("photo_title", "Rain"),
            ],
            &[
                ("source", "url"),
                ("video_url", "https://media.example.com/a.mp4"),
                ("title", "By address"),
                ("privacy", "PUBLIC_TO_EVERYONE"),
                ("allow_duet", "on"),
                ("is_aigc", "on"),
                ("cover_at", "1.5"),
            ],
            &[
                ("way", "inbox"),
                ("source", "url"),
                ("video_url", "https://media.example.com/a.mp4"),
            ],
        ];
        for form in forms {
            let first = entered(form);
            let request = of(&named("ann"), &first, None).expect("a request");
            let again = fields(&request);
            let names: Vec<&str> = again.iter().map(|(name, _)| name.as_str()).collect();
            assert!(CHOSEN.iter().all(|name| !names.contains(name)), "{names:?}");
            let chosen = form.iter().filter(|(name, _)| CHOSEN.contains(name));
            let chosen = chosen.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let again = FormFields::from_pairs(again.into_iter().chain(chosen));
            let key = FormFields::from_pairs([("idempotency_key".to_owned(), "k".to_owned())]);
            let again = validate(&key.or(again), &facts()).expect("valid");
            assert_eq!(again, first);
        }
    }

    #[test]
    fn the_consent_says_who_and_to_what() {
        let form = entered(&[
            ("source", "url"),
            ("video_url", "https://media.example.com/a.mp4"),
            ("privacy", "PUBLIC_TO_EVERYONE"),
            ("disclose", "on"),
            ("brand_content", "on"),
        ]);
        let request = of(&named("ann"), &form, None).expect("a request");
        let consent = request.options.and_then(|options| options.consent);
        let consent = consent.expect("a consent");
        assert_eq!(consent.by, "ann");
        assert_eq!(consent.statement.as_deref(), Some(declaration(true)));
    }
}
