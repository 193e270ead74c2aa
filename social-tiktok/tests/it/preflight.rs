//! One call finds everything that stands in a post's way, and spends nothing that a post needs.

use std::{sync::Arc, time::Duration};

use social_core::{
    MediaStoreExt, PublishRequest, Remedy,
    media::fetch::Fetcher,
    publish::{MediaItem, MediaRef, MediaRole, Preflight, Publisher, Violation},
    store::Limits,
    time::ManualClock,
};
use social_tiktok::{PostOptions, Privacy, PublishSettings};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header_exists, path},
};

use crate::{
    pictures::{jpeg, png},
    play::{CREATOR, Play, at_url, consent, direct, url},
    stage::settings,
};

const PUBLISH: [&str; 1] = ["video.publish"];

fn rules(found: &Preflight) -> Vec<(&str, bool)> {
    let all = found.violations.iter();
    all.map(|found| (found.rule.as_str(), found.soft)).collect()
}

fn hard<'a>(found: &'a Preflight, rule: &str) -> &'a Violation {
    let known = found.violations.iter().find(|found| found.rule == rule);
    let known = known.unwrap_or_else(|| panic!("{rule} in {found:?}"));
    assert!(!known.soft);
    known
}

/// A play whose media host is played too.
async fn hosted(settings: PublishSettings) -> (Play, MockServer) {
    let host = MockServer::start().await;
    let fetcher = Fetcher::builder(Arc::new(ManualClock::default()))
        .loopback("media.example.com", *host.address());
    let play = Play::with(&PUBLISH, settings, Some(fetcher.build().unwrap())).await;
    (play, host)
}

async fn hosts(host: &MockServer, at: &str, status: u16, body: Vec<u8>) {
    let answer = ResponseTemplate::new(status).set_body_bytes(body);
    let asked = Mock::given(path(at)).and(header_exists("range"));
    asked.respond_with(answer).mount(host).await;
}

#[tokio::test]
async fn everything_about_photos_is_found_at_once_and_each_is_named() {
    let (play, host) = hosted(settings().verified_domain("media.example.com")).await;
    play.says_creator().await;
    hosts(&host, "/good.jpg", 200, jpeg(1080, 1920)).await;
    hosts(&host, "/large.jpg", 200, jpeg(1086, 1448)).await;
    hosts(&host, "/not.webp", 200, png(100, 100)).await;
    hosts(&host, "/cut.jpg", 200, jpeg(9, 9)[..6].to_vec()).await;
    hosts(&host, "/away.jpg", 503, Vec::new()).await;
    hosts(&host, "/moved.jpg", 302, Vec::new()).await;
    let mut photos: Vec<MediaRef> = [
        "good.jpg",
        "large.jpg",
        "not.webp",
        "cut.jpg",
        "away.jpg",
        "moved.jpg",
    ]
    .iter()
    .map(|name| at_url(&format!("https://media.example.com/{name}")))
    .collect();
    photos.push(at_url("https://elsewhere.example/8.jpg"));
    let options = direct().title("a".repeat(91)).cover(7).allow_duet();
    let request = PublishRequest::photos(photos)
        .caption("a".repeat(4_001))
        .options(options)
        .unwrap();
    let found = play.preflight(&request).await;
    for (rule, field, limit, words) in [
        (
            "address.verified",
            "media",
            Some("media.example.com"),
            "own domains",
        ),
        ("title.length", "title", Some("90"), "91"),
        ("caption.length", "caption", Some("4000"), "4001"),
        ("cover.index", "cover_index", Some("6"), "only 7"),
        (
            "photos.dimensions",
            "media",
            Some("1080"),
            "Photo 2 has 1086 by 1448",
        ),
        (
            "photos.format",
            "media",
            Some("JPEG, WebP"),
            "Photo 3 is a PNG file",
        ),
        (
            "photos.readable",
            "media",
            None,
            "Photo 4: This file is damaged",
        ),
        (
            "address.redirect",
            "media",
            None,
            "Photo 6: The address leads on",
        ),
    ] {
        let violation = hard(&found, rule);
        assert_eq!(
            (violation.field.as_str(), violation.limit.as_deref()),
            (field, limit),
            "{rule}"
        );
        assert!(violation.line().contains(words), "{violation:?}");
    }
    assert!(rules(&found).contains(&("photos.allow_duet", true)));
    let unchecked = found.not_checked.join("\n");
    assert!(unchecked.contains("Photo 5 at its address"), "{unchecked}");
    assert!(unchecked.contains("Photo 7 at its address"), "{unchecked}");
    assert!(found.passed.contains(&"photo 1: 1080 by 1920".to_owned()));
    assert!(
        !format!("{found:?}").contains("good.jpg"),
        "addresses may be signed"
    );
    // It was looked at, and nothing was begun.
    let asked = play.server.received_requests().await.unwrap();
    assert_eq!(asked.len(), play.heard(CREATOR).await.len());
    assert_eq!(host.received_requests().await.unwrap().len(), 6);
}

#[tokio::test]
async fn a_video_elsewhere_is_looked_at_by_its_beginning() {
    let clip = include_bytes!("../../../examples/fixtures/clip.mp4").to_vec();
    let slow = include_bytes!("../../../examples/fixtures/clip-15fps.mp4").to_vec();
    let text = b"this is no video at all, only words".to_vec();
    for (body, expected) in [
        (clip, vec![]),
        (slow, vec![("media.frame_rate", false)]),
        (text, vec![("media.container", false)]),
        (
            Vec::new(),
            vec![("media.empty", false), ("media.container", false)],
        ),
    ] {
        let (play, host) = hosted(settings().verified_domain("media.example.com")).await;
        play.says_creator().await;
        hosts(&host, "/clip.mp4", 200, body).await;
        let request = PublishRequest::video_at(url("https://media.example.com/clip.mp4"));
        let found = play.preflight(&request.options(direct()).unwrap()).await;
        assert_eq!(rules(&found), expected, "{found:?}");
    }
}

#[tokio::test]
async fn addresses_that_tiktok_does_not_fetch_are_found_without_fetching_them() {
    let prefix = url("https://media.example.com/own/");
    for (address, broken) in [
        ("http://media.example.com/own/a.mp4", "address.https"),
        ("https://192.0.2.7/own/a.mp4", "address.domain"),
        ("https://[2001:db8::1]/own/a.mp4", "address.domain"),
        (
            "https://ann:1@media.example.com/own/a.mp4",
            "address.userinfo",
        ),
        ("https://media.example.com/other/a.mp4", "address.verified"),
    ] {
        let (play, host) = hosted(settings().verified_prefix(prefix.clone())).await;
        play.says_creator().await;
        let request = PublishRequest::video_at(url(address))
            .options(direct())
            .unwrap();
        let found = play.preflight(&request).await;
        assert!(hard(&found, broken).limit.is_some(), "{found:?}");
        let asked = host.received_requests().await.unwrap().len();
        assert_eq!(
            asked,
            usize::from(broken == "address.verified"),
            "{address}"
        );
    }
}

#[tokio::test]
async fn without_a_fetcher_or_verified_addresses_it_says_what_it_did_not_check() {
    let play = Play::new(&PUBLISH).await;
    play.says_creator().await;
    let request = PublishRequest::video_at(url("https://media.example.com/clip.mp4"));
    let found = play.preflight(&request.options(direct()).unwrap()).await;
    assert!(found.is_clear() && found.violations.is_empty(), "{found:?}");
    assert_eq!(found.not_checked.len(), 3, "{found:?}");
}

#[tokio::test]
async fn stored_photos_are_looked_at_each() {
    let mut play = Play::new(&PUBLISH).await;
    for _ in 0..2 {
        play.says_creator().await;
    }
    let mut photos = Vec::new();
    for photo in [jpeg(1080, 1350), png(9, 9), jpeg(1920, 1080)] {
        let media = play.media.inner.put_bytes(photo).await.unwrap();
        photos.push(MediaRef::Stored(media.id));
    }
    let request = PublishRequest::photos(photos).options(direct()).unwrap();
    let found = play.preflight(&request).await;
    let expected = [
        ("photos.format", false),
        ("photos.width_near", true),
        ("media.public_address", false),
    ];
    assert_eq!(rules(&found), expected);
    assert!(found.violations[0].line().starts_with("Photo 2 is a PNG"));
    play.media.base = Some(url("https://media.example.com/"));
    let found = play.preflight(&request).await;
    assert_eq!(rules(&found), expected[..2], "now TikTok could fetch them");
}

/// The creator's settings as they are now.
#[tokio::test]
async fn the_live_account_is_asked_and_its_answer_heeded() {
    let play = Play::new(&PUBLISH).await;
    let creator = serde_json::json!({
        "privacy_level_options": ["FOLLOWER_OF_CREATOR", "SELF_ONLY"], "comment_disabled": true,
        "duet_disabled": true, "stitch_disabled": true, "max_video_post_duration_sec": 1,
    });
    play.says_data(CREATOR, creator).await;
    let media = play
        .media
        .inner
        .put_bytes(crate::stage::video(60_000))
        .await
        .unwrap();
    let options = direct().allow_comment().allow_duet().allow_stitch();
    let request = PublishRequest::video(media).options(options).unwrap();
    let found = play.preflight(&request).await;
    let offered = hard(&found, "privacy.offered");
    assert_eq!(
        offered.limit.as_deref(),
        Some("FOLLOWER_OF_CREATOR, SELF_ONLY")
    );
    let soft: Vec<_> = rules(&found)
        .into_iter()
        .filter(|(_, soft)| *soft)
        .collect();
    let disabled = ["comment", "duet", "stitch"].map(|what| format!("interaction.{what}_disabled"));
    assert_eq!(
        soft.iter().map(|(rule, _)| *rule).collect::<Vec<_>>(),
        disabled
    );
}

#[tokio::test]
async fn a_creator_who_may_not_post_now_is_found() {
    for code in [
        "spam_risk_too_many_posts",
        "spam_risk_user_banned_from_posting",
        "reached_active_user_cap",
    ] {
        let play = Play::new(&PUBLISH).await;
        play.refuses(CREATOR, 200, code).await;
        let media = play
            .media
            .inner
            .put_bytes(crate::stage::video(60_000))
            .await
            .unwrap();
        let request = PublishRequest::video(media).options(direct()).unwrap();
        let found = play.preflight(&request).await;
        assert_eq!(rules(&found), [("account.blocked", false)], "{code}");
    }
}

/// What is left of the limits is told, and a spent one is a warning: the post waits for its turn.
#[tokio::test]
async fn limits_are_looked_at_and_not_spent() {
    let settings = settings().users_per_day(5);
    let play = Play::with(&["video.publish", "video.upload"], settings, None).await;
    let media = play
        .media
        .inner
        .put_bytes(crate::stage::video(60_000))
        .await
        .unwrap();
    let post = PublishRequest::video(media);
    let to_inbox = post.clone().options(PostOptions::inbox(consent())).unwrap();
    let at_once = post.options(direct()).unwrap();
    for _ in 0..3 {
        play.says_creator().await;
        let found = play.preflight(&at_once).await;
        assert!(found.violations.is_empty(), "{found:?}");
        for told in [
            "people posting through this service: 0 of 5",
            "posts of this account in 24 hours: 0 of 15",
            "posts begun in a minute: 0 of 6",
        ] {
            assert!(found.passed.contains(&told.to_owned()), "{told}: {found:?}");
        }
    }
    let found = play.preflight(&to_inbox).await;
    let told = "posts waiting in the TikTok inbox: 0 of 5".to_owned();
    assert!(found.passed.contains(&told), "{found:?}");
    let account = &play.account.key;
    for (key, rule, request) in [
        (
            format!("tiktok/users/{}", account.app),
            "limit.users",
            &at_once,
        ),
        (
            format!("tiktok/posts/{}/{}", account.app, account.account),
            "limit.day",
            &at_once,
        ),
        (
            format!("tiktok/pending/{}/{}", account.app, account.account),
            "limit.day",
            &to_inbox,
        ),
        (
            format!("tiktok/init/{}/{}", account.app, account.account),
            "limit.minute",
            &at_once,
        ),
    ] {
        play.clock.advance(Duration::from_secs(3_600));
        play.limits
            .block(&key, Duration::from_secs(600))
            .await
            .unwrap();
        play.says_creator().await;
        let found = play.preflight(request).await;
        assert_eq!(rules(&found), [(rule, true)], "{key}");
        let violation = &found.violations[0];
        assert!(violation.line().contains("about 10 min"), "{violation:?}");
        assert!(violation.limit.is_some());
    }
}

#[tokio::test]
async fn rules_that_the_options_break_are_found_with_the_rest() {
    let play = Play::new(&PUBLISH).await;
    play.says_creator().await;
    let media = play
        .media
        .inner
        .put_bytes(crate::stage::video(60_000))
        .await
        .unwrap();
    let mut request = PublishRequest::video(media).options(direct()).unwrap();
    let options = request.options.as_mut().unwrap();
    options.content["branded_content"] = true.into();
    options.content["privacy"] = Privacy::SelfOnly.as_str().into();
    request.caption = "a".repeat(2_201);
    let found = play.preflight(&request).await;
    let branded = hard(&found, "branded_content.audience");
    assert_eq!(branded.field, "privacy");
    assert_eq!(
        hard(&found, "caption.length").limit.as_deref(),
        Some("2200")
    );
    request.options.as_mut().unwrap().consent = None;
    play.says_creator().await;
    let found = play.preflight(&request).await;
    hard(&found, "consent.required");
}

#[tokio::test]
async fn words_alone_and_files_that_are_no_video_are_refused_by_their_rules() {
    let settings = settings().verified_domain("media.example.com");
    let play = Play::with(&PUBLISH, settings, None).await;
    play.says_creator().await;
    let file = || url("https://media.example.com/a.file");
    let video = || MediaItem::video(file());
    for (request, rule, words) in [
        (
            PublishRequest::text("words"),
            "media.required",
            "has no media",
        ),
        (
            PublishRequest::new([video(), MediaItem::captions(file())]),
            "media.role",
            "no captions as a file",
        ),
        (
            PublishRequest::new([
                video(),
                MediaItem::photo(file()).with_role(MediaRole::Cover),
            ]),
            "media.role",
            "no picture as a cover",
        ),
        (
            PublishRequest::new([MediaItem::document(file())]),
            "media.type",
            "a video or photos",
        ),
    ] {
        let request = request.options(direct()).unwrap();
        let found = play.preflight(&request).await;
        assert!(!found.is_clear());
        let violation = hard(&found, rule);
        assert_eq!(violation.field, "media");
        assert!(violation.finding.contains(words), "{violation:?}");
        assert!(!violation.advice.is_empty(), "{violation:?}");
        let error = play.publisher.plan(&request).unwrap_err();
        let told = matches!(error.remedy(), Remedy::FixInput { rule: told, .. } if told == rule);
        assert!(told, "{error:?}");
    }
}
