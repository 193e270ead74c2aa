//! One post in every state it can be in.

use chrono::{DateTime, TimeDelta, Utc};

use social_core::error::words::Field;
use social_core::{Error, Reason};

use super::{Given, now, shell};
use crate::present::trouble::facts_of;
use crate::view::account::TIKTOK;
use crate::view::badge::Badge;
use crate::view::format::clock_seconds;
use crate::view::link::Link;
use crate::view::posts::short_title;
use crate::view::problem::Problem;
use crate::view::publish::audience_words;
use crate::view::shell::Nav;
use crate::view::timeline::{
    Entry, Hop, HopState, Ident, PostPage, Progress, Raw, Timeline, Verdict, sent_words,
};

mod inbox;

const ID: &str = "01JD4Z7Q8M3W";
const SIZE: u64 = 182_000_000;
const SENT: u64 = 113_000_000;

/// Page name and page.
pub(crate) fn posts(given: Given) -> Vec<(&'static str, PostPage)> {
    let mut pages = vec![
        ("post-sending", sending(given)),
        ("post-published", published(given)),
    ];
    pages.extend(waiting(given));
    pages.extend(ended(given));
    pages.extend(inbox::pages(given));
    pages
}

fn at(seconds: i64) -> DateTime<Utc> {
    now() - TimeDelta::milliseconds(112_000 - seconds * 1_000 - 214)
}

fn page(given: Given, badge: Badge, entries: Vec<Entry>) -> PostPage {
    PostPage {
        shell: shell(given, Nav::Posts),
        id: ID.to_owned(),
        title: short_title(given.title),
        platform: TIKTOK,
        badge,
        facts: vec![
            given.name.to_owned(),
            "TikTok".to_owned(),
            "Video 0:42".to_owned(),
            "Everyone".to_owned(),
        ],
        as_of: clock_seconds(now()),
        verdict: None,
        settle: false,
        is_there_in_part: false,
        cancel: false,
        open: None,
        notes: Vec::new(),
        links: Vec::new(),
        progress: None,
        timeline: Timeline::new(entries, now()),
        ids: vec![
            Ident {
                name: "post id",
                value: ID.to_owned(),
            },
            Ident {
                name: "publish id",
                value: "v_pub_file~v2-1.7432".to_owned(),
            },
        ],
        link_line: "Comes after TikTok's review",
        options: vec![
            (
                "Visible to",
                audience_words("PUBLIC_TO_EVERYONE").to_owned(),
            ),
            ("Viewers may", "Comment. No duet, no stitch".to_owned()),
            ("Title", given.title.to_owned()),
        ],
    }
}

fn hops(two: Hop, three: HopState) -> Option<Progress> {
    Some(Progress {
        line: "You can close this page. The upload goes on without it.",
        hops: vec![Hop::received(SIZE), two, Hop::platform(three)],
    })
}

fn opening(given: Given) -> Vec<Entry> {
    vec![
        Entry::accepted(at(0), given.user),
        Entry::file_received(
            at(21),
            "182 MB, H.264, 30 fps, 1080 × 1920. All checks passed.",
        ),
        Entry::asked_to_start(at(22), false),
        Entry::platform_accepted(
            at(23),
            Some("15:02"),
            Some(Raw::from(format!(
                "{{\n  \"upload_url\": \"[removed]\", \"title\": \"{}\"\n}}",
                given.title
            ))),
        ),
        Entry::parts_sent(at(40), 1, 8),
        Entry::took_over(at(60), Some(9)),
    ]
}

fn sending(given: Given) -> PostPage {
    let mut entries = opening(given);
    entries.push(Entry::trouble(
        at(70),
        "TikTok did not answer. Next try at 14:03:10.",
        None,
    ));
    entries.push(Entry::now("Sending part 12 of 18"));
    entries.push(Entry::then(
        "ask TikTok how it went",
        "After 5 s, then less often, for up to 24 hours.",
    ));
    let two = Hop::sending(
        HopState::Running,
        SENT,
        SIZE,
        sent_words(SENT, SIZE, 12, 18),
    );
    PostPage {
        cancel: true,
        progress: hops(two, HopState::Todo),
        ..page(given, Badge::sending(), entries)
    }
}

fn published(given: Given) -> PostPage {
    let address = Link::parse("https://www.tiktok.com/@studio-account/video/7435");
    let mut entries = opening(given);
    entries.extend([
        Entry::parts_sent(at(80), 18, 18),
        Entry::processing(at(81)),
        Entry::published(at(100), None),
    ]);
    entries.extend(
        address
            .clone()
            .map(|link| Entry::link_known(at(86_400), link)),
    );
    let two = Hop::sending(HopState::Done, SIZE, SIZE, "182 MB in 18 parts");
    PostPage {
        open: address.clone(),
        links: address.into_iter().collect(),
        progress: hops(two, HopState::Done),
        ..page(given, Badge::published(), entries)
    }
}

fn waiting(given: Given) -> Vec<(&'static str, PostPage)> {
    let waits = |reason, when: &str| {
        let facts = facts_of(given.name).waits();
        Problem::because(reason, &facts.with(Field::When, when))
    };
    let limit = waits(Reason::DailyLimit, "16:40");
    let throttled = waits(Reason::CallLimit, "14:20");
    let lost = waits(Reason::AccessRemoved, "16:40");
    let looked_for = Problem::AnswerLost {
        how: "The connection broke before TikTok answered",
        next: Some("14:06:20".to_owned()),
    };
    let todo = || {
        hops(
            Hop::sending(HopState::Todo, 0, SIZE, "Not started"),
            HopState::Todo,
        )
    };
    let held = |badge, verdict, entry| PostPage {
        cancel: true,
        verdict,
        progress: todo(),
        ..page(
            given,
            badge,
            vec![Entry::accepted(at(0), given.user), entry],
        )
    };
    let due = "Sat 21 Nov, 18:00 UTC";
    vec![
        (
            "post-scheduled",
            held(Badge::scheduled(), None, Entry::scheduled(at(0), due)),
        ),
        (
            "post-queued",
            held(
                Badge::queued(),
                None,
                Entry::then("start", "As soon as a worker is free."),
            ),
        ),
        (
            "post-waiting",
            held(
                Badge::waiting(),
                Some(Verdict::waiting(limit.words())),
                Entry::put_off(at(1), &limit.words().line),
            ),
        ),
        (
            "post-throttled",
            held(
                Badge::waiting(),
                Some(Verdict::waiting(throttled.words())),
                Entry::put_off(at(1), &throttled.words().line),
            ),
        ),
        (
            "post-access-lost",
            held(
                Badge::waiting(),
                Some(Verdict::access_lost(lost.words())),
                Entry::put_off(at(1), &lost.words().line),
            ),
        ),
        (
            "post-answer-lost",
            PostPage {
                verdict: Some(Verdict::answer_lost(looked_for.words(), Vec::new())),
                ..page(
                    given,
                    Badge::undecided(),
                    vec![
                        Entry::accepted(at(0), given.user),
                        Entry::asked_to_start(at(1), true),
                        Entry::question_failed(at(3), "TikTok does not answer.", None),
                    ],
                )
            },
        ),
        (
            "post-processing",
            PostPage {
                progress: hops(
                    Hop::sending(HopState::Done, SIZE, SIZE, "182 MB in 18 parts"),
                    HopState::Running,
                ),
                ..page(
                    given,
                    Badge::processing(),
                    vec![
                        Entry::accepted(at(0), given.user),
                        Entry::now("TikTok is checking"),
                    ],
                )
            },
        ),
    ]
}

fn ended(given: Given) -> Vec<(&'static str, PostPage)> {
    let frames = Error::invalid("media", "media.frame_rate", "x")
        .with_reason(Reason::MediaRule)
        .with_user_message("Frame rate is 15 fps; TikTok wants 23 to 60.")
        .with_advice("Export it again at 30 fps.");
    let frames = Problem::of(&frames, &facts_of(given.name).over());
    let open = Problem::Undecided {
        next: Some("14:06:20".to_owned()),
    };
    let due = "today at 12:00";
    let mut asked = opening(given);
    asked.extend([
        Entry::asked_to_start(at(90), true),
        Entry::answer_lost(
            at(92),
            "The connection broke before TikTok answered",
            "It is not known whether TikTok did it. It is not sent again.",
            None,
        ),
        Entry::undecided(at(95)),
        Entry::asked_again(at(99), "TikTok lists no post that fits yet."),
    ]);
    let mut settled = asked.clone();
    settled.push(Entry::settled_by(at(110), given.user, "It is there."));
    vec![
        (
            "post-failed",
            PostPage {
                verdict: Some(Verdict::failed(ID, frames.words())),
                link_line: "None",
                progress: hops(
                    Hop::sending(HopState::Done, SIZE, SIZE, "182 MB in 18 parts"),
                    HopState::Failed,
                ),
                ..page(
                    given,
                    Badge::failed(),
                    vec![
                        Entry::accepted(at(0), given.user),
                        Entry::failed(
                            at(30),
                            &frames.words().line,
                            Some(Raw::from(
                                "{ \"fail_reason\": \"frame_rate_check_failed\" }".to_owned(),
                            )),
                        ),
                    ],
                )
            },
        ),
        (
            "post-undecided",
            PostPage {
                verdict: Some(Verdict::undecided(
                    ID,
                    open.words(),
                    Link::parse("https://www.tiktok.com/@studio-account").as_ref(),
                )),
                settle: true,
                progress: hops(
                    Hop::sending(HopState::Failed, SENT, SIZE, "The connection broke"),
                    HopState::Todo,
                ),
                ..page(given, Badge::undecided(), asked)
            },
        ),
        (
            "post-undecided-in-part",
            PostPage {
                settle: true,
                is_there_in_part: true,
                ..page(given, Badge::undecided(), opening(given))
            },
        ),
        ("post-settled", page(given, Badge::published(), settled)),
        (
            "post-missed",
            PostPage {
                verdict: Some(Verdict::missed(ID, due)),
                link_line: "None",
                ..page(
                    given,
                    Badge::missed(),
                    vec![
                        Entry::accepted(at(0), given.user),
                        Entry::missed(at(9), due),
                    ],
                )
            },
        ),
        (
            "post-cancelled",
            PostPage {
                verdict: Some(Verdict::cancelled(ID, " at 14:03", false)),
                link_line: "None",
                ..page(
                    given,
                    Badge::cancelled(),
                    vec![
                        Entry::accepted(at(0), given.user),
                        Entry::cancelled(at(9), false),
                    ],
                )
            },
        ),
    ]
}
