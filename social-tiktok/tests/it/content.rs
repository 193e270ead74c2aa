//! What an account shows, as far as its scopes let it be seen.

use serde_json::json;
use social_core::{
    ErrorKind, LimitScope, Remedy,
    conformance::named,
    content::{ContentSource, Metric},
    publish::is_booked,
    store::Limits,
};

use crate::play::Play;

const USER: &str = "user/info/";
const LIST: &str = "video/list/";
const QUERY: &str = "video/query/";
const ALL: [&str; 4] = [
    "user.info.basic",
    "user.info.profile",
    "user.info.stats",
    "video.list",
];

#[tokio::test]
async fn only_fields_of_granted_scopes_are_asked_for() {
    let basic = "open_id,union_id,display_name,avatar_url,avatar_url_100,avatar_large_url";
    let profile = "username,bio_description,profile_deep_link,is_verified";
    let stats = "follower_count,following_count,likes_count,video_count";
    for (scopes, fields) in [
        (&["user.info.basic", "video.publish"][..], basic.to_owned()),
        (&["user.info.profile"], profile.to_owned()),
        (
            &["user.info.stats", "user.info.basic"],
            format!("{basic},{stats}"),
        ),
        (&ALL, format!("{basic},{profile},{stats}")),
    ] {
        let play = Play::new(scopes).await;
        play.says_data(USER, json!({"user": {"open_id": "-000ann"}}))
            .await;
        let deadline = play.deadline();
        play.content
            .profile(&play.content_cx(&deadline))
            .await
            .unwrap();
        let asked = format!("/open.tiktokapis.com/v2/{USER}?fields={fields}");
        assert_eq!(play.asked().await, [asked]);
    }
    let play = Play::new(&["video.publish"]).await;
    let deadline = play.deadline();
    let error = play
        .content
        .profile(&play.content_cx(&deadline))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Permission, &Remedy::Reauthorize)
    );
    assert!(play.asked().await.is_empty());
}

#[tokio::test]
async fn a_profile_keeps_what_has_no_field_of_its_own() {
    let play = Play::new(&ALL).await;
    let user = json!({
        "open_id": "-000ann", "union_id": "u", "display_name": "Ann", "username": "ann", "bio_description": "",
        "avatar_url": "https://p16.tiktokcdn.example/a.webp", "profile_deep_link": "javascript:alert(1)",
        "is_verified": false, "follower_count": 3_000_000_000_i64, "likes_count": 0, "fresh": {"deep": [1]},
    });
    play.says_data(USER, json!({"user": user})).await;
    let deadline = play.deadline();
    let profile = play
        .content
        .profile(&play.content_cx(&deadline))
        .await
        .unwrap();
    assert_eq!(
        (profile.account.as_str(), &profile.aliases[..]),
        ("-000ann", &[named("u")][..])
    );
    assert_eq!(
        (profile.name.as_deref(), profile.username.as_deref()),
        (Some("Ann"), Some("ann"))
    );
    assert_eq!(
        (profile.is_verified, profile.biography),
        (Some(false), None)
    );
    assert!(profile.picture.is_some());
    assert_eq!(profile.page, None, "an address that is none is not shown");
    let counts = [
        Metric::new("follower_count", 3_000_000_000),
        Metric::new("likes_count", 0),
    ];
    assert_eq!(
        profile.counts, counts,
        "a number that was not sent is not zero"
    );
    assert_eq!(profile.more["fresh"]["deep"][0], 1);
}

fn videos(ids: std::ops::Range<u64>) -> Vec<serde_json::Value> {
    ids.map(|id| json!({"id": id.to_string(), "view_count": 3, "duration": 2}))
        .collect()
}

#[tokio::test]
async fn media_come_page_by_page_from_a_time_in_milliseconds() {
    let play = Play::new(&ALL).await;
    let page =
        |ids, cursor: i64, more| json!({"videos": videos(ids), "cursor": cursor, "has_more": more});
    play.says_data(LIST, page(0..20, 1_646_883_959_000, true))
        .await;
    play.says_data(LIST, page(20..25, 1_646_883_900_000, false))
        .await;
    let deadline = play.deadline();
    let cx = play.content_cx(&deadline);
    let first = play.content.media(&cx, None).await.unwrap();
    assert_eq!(
        (first.items.len(), first.next.as_deref()),
        (20, Some("1646883959000"))
    );
    assert_eq!(first.items[0].metrics, [Metric::new("view_count", 3)]);
    assert_eq!(first.items[0].more["duration"], 2);
    let last = play
        .content
        .media(&cx, first.next.as_deref())
        .await
        .unwrap();
    assert_eq!((last.items.len(), last.next), (5, None));
    let sent = play.heard(LIST).await;
    assert_eq!(sent[0], json!({"max_count": 20}));
    assert_eq!(
        sent[1],
        json!({"max_count": 20, "cursor": 1_646_883_959_000_i64})
    );
    let error = play.content.media(&cx, Some("tomorrow")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_cursor_that_does_not_move_is_the_end() {
    let play = Play::new(&ALL).await;
    let same = json!({"videos": videos(0..1), "cursor": 7, "has_more": true});
    play.says_data(LIST, same).await;
    play.says_data(
        LIST,
        json!({"videos": [{"title": "no id"}], "has_more": true}),
    )
    .await;
    let deadline = play.deadline();
    let cx = play.content_cx(&deadline);
    let page = play.content.media(&cx, Some("7")).await.unwrap();
    assert_eq!((page.items.len(), page.next), (1, None));
    let page = play.content.media(&cx, None).await.unwrap();
    assert_eq!((page.items.len(), page.next), (0, None));
}

#[tokio::test]
async fn any_number_of_media_is_asked_for_twenty_at_a_time() {
    let play = Play::new(&ALL).await;
    play.says_data(QUERY, json!({"videos": videos(0..19)}))
        .await;
    play.says_data(QUERY, json!({"videos": videos(20..25)}))
        .await;
    let ids: Vec<String> = (0..25_u64).map(|id| id.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let deadline = play.deadline();
    let found = play
        .content
        .media_by_id(&play.content_cx(&deadline), &ids)
        .await;
    assert_eq!(found.unwrap().len(), 24, "what is gone is left out");
    let sent = play.heard(QUERY).await;
    assert_eq!(
        sent[0]["filters"]["video_ids"].as_array().unwrap().len(),
        20
    );
    assert_eq!(sent[1]["filters"]["video_ids"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn videos_need_their_scope() {
    let play = Play::new(&["user.info.basic"]).await;
    let deadline = play.deadline();
    let cx = play.content_cx(&deadline);
    let list = play.content.media(&cx, None).await.map(|_| ());
    let query = play.content.media_by_id(&cx, &["7"]).await.map(|_| ());
    for refused in [list, query] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Permission);
    }
    assert!(play.asked().await.is_empty());
}

/// 600 calls a minute each, booked before they are spent.
#[tokio::test]
async fn calls_are_booked_and_a_spent_minute_is_waited_for() {
    let play = Play::new(&ALL).await;
    let account = &play.account.key;
    let deadline = play.deadline();
    let cx = play.content_cx(&deadline);
    for what in ["user_info", "video_list", "video_query"] {
        let key = format!("tiktok/{what}/{}/{}", account.app, account.account);
        play.limits
            .block(&key, std::time::Duration::from_secs(7))
            .await
            .unwrap();
    }
    let profile = play.content.profile(&cx).await.map(|_| ());
    let list = play.content.media(&cx, None).await.map(|_| ());
    let query = play.content.media_by_id(&cx, &["7"]).await.map(|_| ());
    for refused in [profile, list, query] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        let (wait, scope) = (std::time::Duration::from_secs(7), LimitScope::Endpoint);
        assert_eq!(error.remedy(), &Remedy::After { wait, scope });
    }
    assert!(play.asked().await.is_empty());
}

#[tokio::test]
async fn nobody_asks_again_while_tiktok_says_that_the_calls_are_spent() {
    let play = Play::new(&ALL).await;
    play.refuses(USER, 200, "rate_limit_exceeded").await;
    let deadline = play.deadline();
    let cx = play.content_cx(&deadline);
    let error = play.content.profile(&cx).await.unwrap_err();
    assert!(!is_booked(&error), "TikTok's own word: {error:?}");
    let asked = play.asked().await.len();
    let error = play.content.profile(&cx).await.unwrap_err();
    assert!(is_booked(&error), "{error:?}");
    assert_eq!(play.asked().await.len(), asked);
}
