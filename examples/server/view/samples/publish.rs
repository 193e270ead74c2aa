//! The publish form: new, refused, checked, and absent.

use askama::Template as _;
use social_core::Reason;
use social_core::publish::Violation;

use super::{Given, Pages, now, shell, who};
use crate::form::{Field, FieldProblem, FileFacts, FormFacts, FormFields, read};
use crate::present::trouble::facts_of;
use crate::view::format::Moment;
use crate::view::problem::Problem;
use crate::view::publish::{KeptFile, Limit, Poster, PublishBody, PublishForm, PublishPage};
use crate::view::shell::Nav;

/// A creator whose stitches are off, and a file that is in order.
pub(crate) fn facts() -> FormFacts {
    FormFacts {
        now: now(),
        audiences: ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
            .map(str::to_owned)
            .to_vec(),
        comment_off: false,
        duet_off: false,
        stitch_off: true,
        max_seconds: 600,
        max_bytes: 4_000_000_000,
        may_inbox: true,
        direct_closed: None,
        file: None,
    }
}

/// The page around a form or around the reason why there is none.
pub(crate) fn publish_page(given: Given, body: PublishBody) -> PublishPage {
    PublishPage {
        shell: shell(given, Nav::Publish),
        poster: Poster {
            who: who(given.name, "Studio"),
            key: given.key.to_owned(),
            asked: Some(Moment::ago(now(), now())),
            nickname: "Studio".to_owned(),
            avatar: Some("/publish/avatar/0a1b2c".to_owned()),
            can_change: true,
        },
        body,
    }
}

/// A form that comes back with what it was sent.
pub(crate) fn returned(
    key: &str,
    fields: FormFields,
    facts: FormFacts,
    kept: Option<KeptFile>,
) -> PublishForm {
    let (_, problems) = read(&fields, &facts);
    let mut form = PublishForm::returned(key, fields, facts, problems);
    form.kept = kept;
    form.limits = vec![Limit {
        name: "Posts in the last 24 h",
        used: 3,
        waiting: 0,
        free: None,
        max: 15,
        about: true,
    }];
    form
}

pub(super) fn publishing(given: Given, pages: &mut Pages) {
    let mut page =
        |name: &str, body| pages.insert(name.to_owned(), publish_page(given, body).render());
    let mut fresh = PublishForm::fresh("01JD4Z7Q8M3W", FormFields::default(), facts());
    fresh.limits = vec![Limit {
        name: "Posts in the last 24 h",
        used: 3,
        waiting: 0,
        free: None,
        max: 15,
        about: true,
    }];
    page("publish", PublishBody::Form(Box::new(fresh)));

    let file = FileFacts {
        name: "autumn-teaser.mp4".to_owned(),
        size: 182_000_000,
        duration_ms: Some(42_000),
    };
    let kept = KeptFile {
        id: "m-1".to_owned(),
        name: file.name.clone(),
        size: file.size,
    };
    let facts = FormFacts {
        file: Some(file),
        ..facts()
    };
    let fields = |pairs: &[(&str, &str)]| {
        FormFields::from_pairs(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        )
    };
    let long = "a".repeat(2_214);
    let refused = fields(&[
        ("idempotency_key", "01JD4Z7Q8M3W"),
        ("title", &long),
        ("allow_comment", "on"),
        ("allow_stitch", "on"),
        ("disclose", "on"),
        ("when", "later"),
        ("due", "2026-11-19T18:00"),
        ("missed", "fail"),
    ]);
    page(
        "publish-refused",
        PublishBody::Form(Box::new(returned(
            "01JD4Z7Q8M3W",
            refused,
            facts.clone(),
            None,
        ))),
    );
    let good = fields(&[
        ("idempotency_key", "01JD4Z7Q8M3W"),
        ("title", given.title),
        ("privacy", "PUBLIC_TO_EVERYONE"),
        ("allow_comment", "on"),
        ("disclose", "on"),
        ("brand_content", "on"),
        ("when", "later"),
        ("due", "2026-11-21T18:00"),
        ("missed", "30m"),
    ]);
    let mut form = returned("01JD4Z7Q8M3W", good, facts, Some(kept));
    form.passes = vec![
        "The account can post now".to_owned(),
        "H.264, 30 fps, 1080 × 1920".to_owned(),
    ];
    let sound = Violation::new("media.sound", "media", "The sound could not be read here.").soft();
    form.soft = vec![FieldProblem::of_rule(Field::File, sound)];
    page("publish-checked", PublishBody::Form(Box::new(form)));
    for (name, form) in elsewhere(given) {
        page(name, PublishBody::Form(Box::new(form)));
    }
    page(
        "publish-blocked",
        PublishBody::Blocked(
            Problem::because(Reason::AppLimit, &facts_of(given.name).over()).words(),
            None,
        ),
    );
}

/// Photos, a video by address, the inbox.
fn elsewhere(given: Given) -> Vec<(&'static str, PublishForm)> {
    let form = |pairs: &[(&str, &str)], facts| {
        let key = [("idempotency_key", "01JD4Z7Q8M3W")];
        let pairs = key.iter().chain(pairs);
        let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        returned("01JD4Z7Q8M3W", FormFields::from_pairs(pairs), facts, None)
    };
    let closed = FormFacts {
        may_inbox: false,
        direct_closed: None,
        ..facts()
    };
    vec![
        (
            "publish-photos",
            form(
                &[
                    ("kind", "photos"),
                    (
                        "photos",
                        "https://media.example.com/rain-1.jpg\nhttps://media.example.com/rain-2.jpg",
                    ),
                    ("cover", "2"),
                    ("photo_title", given.title),
                    ("description", given.title),
                    ("privacy", "PUBLIC_TO_EVERYONE"),
                ],
                facts(),
            ),
        ),
        (
            "publish-address",
            form(
                &[
                    ("way", "inbox"),
                    ("source", "url"),
                    ("video_url", "https://media.example.com/teaser.mp4"),
                ],
                facts(),
            ),
        ),
        ("publish-no-inbox", form(&[("title", given.title)], closed)),
    ]
}
