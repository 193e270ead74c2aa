//! Posts of photos, which TikTok fetches itself.

use std::time::Duration;

use serde_json::json;
use social_core::{
    ErrorKind, LimitScope, MediaStoreExt, PublishRequest, Remedy,
    conformance::named,
    error::words::Facts,
    publish::{Effect, MediaItem, MediaRef, MediaRole, Outcome, PostLink, Publisher, Step},
};
use social_tiktok::{PostOptions, Privacy};

use crate::play::{
    CREATOR, PHOTOS, Play, STATUS, at_url, consent, direct, outcome, post, put_off, url,
};

const PUBLISH: [&str; 1] = ["video.publish"];
const UPLOAD: [&str; 1] = ["video.upload"];

fn three(options: PostOptions) -> PublishRequest {
    let photos = (1..=3).map(|n| at_url(&format!("https://media.example.com/{n}.jpg?key=sesame")));
    PublishRequest::photos(photos)
        .caption("words #fun")
        .options(options)
        .unwrap()
}

#[tokio::test]
async fn a_direct_post_of_photos_is_begun_once_and_followed_to_its_link() {
    let play = Play::new(&PUBLISH).await;
    play.says_creator().await;
    play.says_data(PHOTOS, json!({"publish_id": "p_pub_url~v2.1"}))
        .await;
    play.says_data(
        STATUS,
        json!({"status": "PROCESSING_DOWNLOAD", "downloaded_bytes": 7}),
    )
    .await;
    play.says_data(STATUS, json!({"status": "PUBLISH_COMPLETE"}))
        .await;
    let id = "7602990000000000003";
    let done = json!({"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": id});
    play.says_data(STATUS, done).await;
    let options = direct()
        .title("A title")
        .cover(2)
        .auto_add_music()
        .your_brand();
    let request = three(options);
    let at = play.plan(&request);
    assert_eq!(at.version, 2, "older programs do not know photos");
    let at = play.goes_on(&request, &at).await;
    assert!(matches!(at.next, Effect::Once { settle } if settle == Duration::from_secs(120)));
    assert!(
        play.heard(PHOTOS).await.is_empty(),
        "nothing is begun before it is written down"
    );
    let at = play.goes_on(&request, &at).await;
    assert_eq!(at.remote_id(), Some(&named("p_pub_url~v2.1")));
    assert_eq!(at.next, Effect::Repeatable);
    let sent = play.heard(PHOTOS).await;
    let expected = json!({
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST",
        "post_info": {
            "title": "A title",
            "description": "words #fun",
            "privacy_level": "PUBLIC_TO_EVERYONE",
            "disable_comment": true,
            "auto_add_music": true,
            "brand_content_toggle": false,
            "brand_organic_toggle": true,
        },
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_images": [
                "https://media.example.com/1.jpg?key=sesame",
                "https://media.example.com/2.jpg?key=sesame",
                "https://media.example.com/3.jpg?key=sesame",
            ],
            "photo_cover_index": 2,
        },
    });
    assert_eq!(sent, [expected]);
    let at = play.goes_on(&request, &at).await;
    let (published, watch) = outcome(play.step(&request, &at).await);
    assert_eq!(published, Outcome::Published(Vec::new()));
    assert!(watch.is_some(), "the link comes after moderation");
    let (published, watch) = outcome(play.step(&request, &at).await);
    let link = url("https://www.tiktok.com/@ann/photo/7602990000000000003");
    let links = vec![PostLink::new(id, Some(link))];
    assert_eq!((published, watch), (Outcome::Published(links), None));
    assert_eq!(play.heard(PHOTOS).await.len(), 1);
    assert!(
        !format!("{request:?} {at:?}").contains("sesame"),
        "addresses may be signed"
    );
}

#[tokio::test]
async fn photos_for_the_inbox_wait_for_the_person() {
    let play = Play::new(&UPLOAD).await;
    play.says_data(PHOTOS, json!({"publish_id": "p_inbox_url~v2.1"}))
        .await;
    play.says_data(STATUS, json!({"status": "SEND_TO_USER_INBOX"}))
        .await;
    play.says_data(STATUS, json!({"status": "PUBLISH_COMPLETE"}))
        .await;
    let request = three(PostOptions::inbox(consent()).title("A title"));
    let at = play.until(&request, "status").await;
    assert!(
        play.heard(CREATOR).await.is_empty(),
        "that is for direct posts"
    );
    let sent = play.heard(PHOTOS).await.remove(0);
    assert_eq!(sent["post_mode"], "MEDIA_UPLOAD");
    let words = json!({"title": "A title", "description": "words #fun"});
    assert_eq!(
        sent["post_info"], words,
        "nothing that TikTok ignores there"
    );
    let (waiting, watch) = outcome(play.step(&request, &at).await);
    assert_eq!(waiting, Outcome::AwaitingUser, "it is no post yet");
    assert_eq!(watch, Some(Duration::from_secs(3_600)));
    let (published, _) = outcome(play.step(&request, &at).await);
    assert_eq!(published, Outcome::Published(Vec::new()));
}

#[tokio::test]
async fn stored_photos_are_shown_by_the_media_store_or_not_at_all() {
    let mut play = Play::new(&PUBLISH).await;
    let photo = crate::pictures::jpeg(1080, 1350);
    let media = play.media.inner.put_bytes(photo).await.unwrap();
    let request = PublishRequest::photos([MediaRef::Stored(media.id.clone())]);
    let request = request.options(direct()).unwrap();
    play.says_creator().await;
    let at = play.until(&request, "init").await;
    let (failed, _) = outcome(play.step(&request, &at).await);
    let Outcome::Failed(error) = failed else {
        panic!("{failed:?}")
    };
    let (field, rule) = ("media".to_owned(), "media.public_address".to_owned());
    assert_eq!(error.remedy(), &Remedy::FixInput { field, rule });
    assert!(play.heard(PHOTOS).await.is_empty());
    // The address is made when it is needed: a schedule outlives a signature.
    play.media.base = Some(url("https://media.example.com/"));
    play.says_data(PHOTOS, json!({"publish_id": "p~1"})).await;
    play.goes_on(&request, &at).await;
    let sent = play.heard(PHOTOS).await.remove(0);
    let shown = format!("https://media.example.com/{}", media.id.as_str());
    assert_eq!(sent["source_info"]["photo_images"], json!([shown]));
}

#[tokio::test]
async fn one_bad_stored_photo_fails_the_post_before_anything_is_asked() {
    let play = Play::new(&PUBLISH).await;
    let mut photos = Vec::new();
    for photo in [
        crate::pictures::jpeg(1080, 1350),
        crate::pictures::jpeg(1086, 1448),
    ] {
        let media = play.media.inner.put_bytes(photo).await.unwrap();
        photos.push(MediaRef::Stored(media.id));
    }
    let request = PublishRequest::photos(photos).options(direct()).unwrap();
    let (failed, _) = outcome(play.step(&request, &play.plan(&request)).await);
    let Outcome::Failed(error) = failed else {
        panic!("{failed:?}")
    };
    assert!(
        error
            .user_message()
            .starts_with("Photo 2 has 1086 by 1448 pixels")
    );
    assert!(play.server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_fetch_that_came_to_nothing_is_begun_anew_and_at_most_three_times() {
    let play = Play::new(&PUBLISH).await;
    let failed = json!({"status": "FAILED", "fail_reason": "photo_pull_failed"});
    for n in 0..3 {
        play.says_creator().await;
        play.says_data(PHOTOS, json!({"publish_id": format!("p~{n}")}))
            .await;
        play.says_data(STATUS, failed.clone()).await;
    }
    let request = three(direct());
    let mut at = play.until(&request, "status").await;
    for _ in 0..2 {
        at = play.goes_on(&request, &at).await;
        assert_eq!((at.step.as_str(), at.remote_id()), ("creator", None));
        at = play.goes_on(&request, &at).await;
        assert!(matches!(at.next, Effect::Once { .. }));
        at = play.goes_on(&request, &at).await;
    }
    let (end, _) = outcome(play.step(&request, &at).await);
    let Outcome::Failed(error) = end else {
        panic!("{end:?}")
    };
    assert_eq!(error.code(), Some("photo_pull_failed"));
    assert_eq!(play.heard(PHOTOS).await.len(), 3);
}

#[tokio::test]
async fn a_failure_that_would_come_again_is_the_end() {
    for reason in [
        "picture_size_check_failed",
        "spam_risk",
        "auth_removed",
        "brand_new",
    ] {
        let play = Play::new(&PUBLISH).await;
        play.says_creator().await;
        play.says_data(PHOTOS, json!({"publish_id": "p~1"})).await;
        play.says_data(STATUS, json!({"status": "FAILED", "fail_reason": reason}))
            .await;
        let request = three(direct());
        let at = play.until(&request, "status").await;
        let (end, watch) = outcome(play.step(&request, &at).await);
        let Outcome::Failed(error) = end else {
            panic!("{end:?}")
        };
        assert_eq!((error.code(), watch), (Some(reason), None));
    }
}

#[tokio::test]
async fn a_beginning_of_photos_whose_answer_is_lost_is_never_repeated() {
    for mode in [direct(), PostOptions::inbox(consent())] {
        let play = Play::new(&["video.publish", "video.upload"]).await;
        play.says_creator().await;
        play.says_raw(PHOTOS, 502, "").await;
        let request = three(mode);
        let at = play.until(&request, "init").await;
        assert!(matches!(at.next, Effect::Once { .. }));
        let error = play.step(&request, &at).await.unwrap_err();
        assert_eq!(error.remedy(), &Remedy::Reconcile, "it may have begun");
        let (undecided, watch) = outcome(play.reconcile(&request, &at).await);
        assert_eq!((undecided, watch), (Outcome::Undecided, None));
        assert_eq!(play.heard(PHOTOS).await.len(), 1);
    }
}

/// A cap that shows only in the end makes the account's other posts wait.
#[tokio::test]
async fn a_cap_told_by_the_status_is_heeded() {
    let play = Play::new(&PUBLISH).await;
    play.says_creator().await;
    play.says_data(PHOTOS, json!({"publish_id": "p~1"})).await;
    let reason = "spam_risk_too_many_posts";
    play.says_data(STATUS, json!({"status": "FAILED", "fail_reason": reason}))
        .await;
    let request = three(direct());
    let at = play.until(&request, "init").await;
    let begun = play.goes_on(&request, &at).await;
    let (end, _) = outcome(play.step(&request, &begun).await);
    let Outcome::Failed(error) = end else {
        panic!("{end:?}")
    };
    let told = error.words(&Facts::new().over()).line();
    assert!(told.contains("Post it tomorrow"), "{told}");
    let error = play.step_of(post(2), &request, &at).await.unwrap_err();
    assert!(matches!(error.remedy(), Remedy::After { scope, .. } if *scope == LimitScope::Account));
    assert_eq!(play.heard(PHOTOS).await.len(), 1);
}

/// What TikTok refuses for certain never began: it may be tried again, when its time comes, and costs no place.
#[tokio::test]
async fn caps_put_a_post_off_for_whom_they_concern() {
    let account = LimitScope::Account;
    for (mode, code, scope) in [
        (direct(), "spam_risk_too_many_posts", account),
        (direct(), "reached_active_user_cap", LimitScope::App),
        (
            PostOptions::inbox(consent()),
            "spam_risk_too_many_pending_share",
            account,
        ),
    ] {
        let mut play = Play::new(&["video.publish", "video.upload"]).await;
        for _ in 0..3 {
            play.says_creator().await;
        }
        play.refuses(PHOTOS, 403, code).await;
        let request = three(mode);
        let at = play.until(&request, "init").await;
        let (_, error) = put_off(play.step(&request, &at).await);
        let wait = Duration::from_secs(3_600);
        assert_eq!(error.code(), Some(code));
        assert_eq!(error.remedy(), &Remedy::After { wait, scope }, "{code}");
        // Another post of the account waits without asking.
        let error = play.step_of(post(2), &request, &at).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert!(
            matches!(error.remedy(), Remedy::After { wait, scope: of } if *of == scope && !wait.is_zero())
        );
        assert_eq!(play.heard(PHOTOS).await.len(), 1);
        // Another account waits only where the whole app is meant.
        play.becomes("-000eve");
        let other = play.step_of(post(3), &request, &at).await;
        let asked = play.heard(PHOTOS).await.len();
        assert_eq!(
            asked,
            if scope == LimitScope::App { 1 } else { 2 },
            "{other:?}"
        );
        // An hour later it is tried again.
        play.becomes("-000ann");
        play.clock.advance(wait);
        play.says_data(PHOTOS, json!({"publish_id": "p~1"})).await;
        let step = play.step(&request, &at).await.unwrap();
        assert!(matches!(step, Step::Pending { .. }));
    }
}

#[tokio::test]
async fn what_the_app_lacks_is_for_its_operator() {
    let play = Play::new(&PUBLISH).await;
    play.says_creator().await;
    play.refuses(PHOTOS, 403, "url_ownership_unverified").await;
    let request = three(direct());
    let at = play.until(&request, "init").await;
    let error = play.step(&request, &at).await.unwrap_err();
    assert_eq!(error.remedy(), &Remedy::Operator);
    assert_eq!(error.code(), Some("url_ownership_unverified"));
}

#[tokio::test]
async fn what_the_platform_tells_about_the_request_is_told() {
    for (status, code, rule) in [
        (
            403,
            "unaudited_client_can_only_post_to_private_accounts",
            Some("account.private"),
        ),
        (
            403,
            "privacy_level_option_mismatch",
            Some("privacy.offered"),
        ),
        (403, "spam_risk_user_banned_from_posting", None),
        (403, "spam_risk", None),
        (400, "app_version_check_failed", None),
        (400, "invalid_params", None),
    ] {
        let play = Play::new(&PUBLISH).await;
        play.says_creator().await;
        play.refuses(PHOTOS, status, code).await;
        let request = three(direct());
        let at = play.until(&request, "init").await;
        let (end, _) = outcome(play.step(&request, &at).await);
        let Outcome::Failed(error) = end else {
            panic!("{end:?}")
        };
        assert_eq!(
            (error.code(), error.request_id()),
            (Some(code), Some("LOG1"))
        );
        let broken = match error.remedy() {
            Remedy::FixInput { rule, .. } => Some(rule.as_str()),
            _ => None,
        };
        assert_eq!(broken, rule);
    }
}

#[tokio::test]
async fn photos_that_can_never_be_posted_are_refused_when_submitted() {
    let play = Play::new(&PUBLISH).await;
    let rule = |request: &PublishRequest| match play.publisher.plan(request) {
        Ok(_) => "fine".to_owned(),
        Err(error) => match error.remedy() {
            Remedy::FixInput { rule, .. } => rule.clone(),
            other => panic!("{other:?}"),
        },
    };
    let photos = |n: usize, options: PostOptions| {
        let all = (0..n).map(|n| at_url(&format!("https://media.example.com/{n}.webp")));
        PublishRequest::photos(all).options(options).unwrap()
    };
    assert_eq!(rule(&photos(35, direct().cover(34))), "fine");
    assert_eq!(rule(&photos(36, direct())), "photos.count");
    assert_eq!(rule(&photos(0, direct())), "media.required");
    let video = || MediaItem::video(url("https://media.example.com/a.mp4"));
    let photo = || MediaItem::photo(url("https://media.example.com/a.webp"));
    let of = |media: Vec<MediaItem>| PublishRequest::new(media).options(direct()).unwrap();
    assert_eq!(rule(&of(vec![video(), video()])), "media.one");
    assert_eq!(rule(&of(vec![video(), photo()])), "media.one", "mixed");
    let cover = photo().with_role(MediaRole::Cover);
    assert_eq!(rule(&of(vec![video(), cover])), "media.role");
    let other = || url("https://media.example.com/a.other");
    let captions = MediaItem::captions(other());
    assert_eq!(rule(&of(vec![video(), captions])), "media.role");
    let document = MediaItem::document(other());
    assert_eq!(rule(&of(vec![document.clone()])), "media.type");
    assert_eq!(rule(&of(vec![video(), document])), "media.type");
    assert_eq!(rule(&photos(3, direct().cover(3))), "cover.index");
    // A face outside the basic plane is two units.
    let title = |n: usize| direct().title("\u{1F600}".repeat(n));
    assert_eq!(rule(&photos(1, title(45))), "fine");
    assert_eq!(rule(&photos(1, title(46))), "title.length");
    let inbox = PostOptions::inbox(consent()).title("a".repeat(91));
    assert_eq!(rule(&photos(1, inbox)), "title.length", "in both modes");
    let words = |n: usize| photos(1, direct()).caption("a".repeat(n));
    assert_eq!(rule(&words(4_000)), "fine");
    assert_eq!(rule(&words(4_001)), "caption.length");
    let branded = PostOptions::direct(Privacy::SelfOnly, consent()).branded_content();
    let request = photos(1, direct());
    let error = request.options(branded).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}
