//! What an account shows: its profile and its public videos.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use social_sandbox::{DEMO_CLIENT_KEY, VideoMetrics};

use crate::client::{Answer, Stage, init_body, send};
use crate::posting::{CONTENT, SAMPLE_JPEG, photo_body};

pub(crate) const ALL: &str = "id,create_time,cover_image_url,share_url,video_description,duration,\
    height,width,title,embed_html,embed_link,like_count,comment_count,share_count,view_count";

/// Fields that stay as they are; counts and the address of the cover do not.
const STEADY: &str = "id,create_time,share_url,title,video_description";

pub(crate) fn reader(stage: &Stage, account: &str, scopes: &[&str]) -> String {
    let pair = stage.control().grant(DEMO_CLIENT_KEY, account, scopes);
    pair.unwrap().access_token
}

pub(crate) async fn list(stage: &Stage, token: &str, fields: &str, body: &Value) -> Answer {
    let path = format!("/v2/video/list/?fields={fields}");
    send(stage.post(&path, token, body)).await
}

pub(crate) async fn ask(stage: &Stage, token: &str, ids: &Value) -> Answer {
    let body = json!({ "filters": { "video_ids": ids } });
    send(stage.post(&format!("/v2/video/query/?fields={ALL}"), token, &body)).await
}

async fn user(stage: &Stage, token: &str, fields: &str) -> Value {
    let url = stage.api(&format!("/v2/user/info/?fields={fields}"));
    let answer = send(stage.http.get(url).bearer_auth(token)).await;
    assert_eq!(answer.code(), "ok", "{}", answer.text);
    answer.json()["data"]["user"].clone()
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

#[tokio::test]
async fn all_videos_come_page_by_page_newest_first() {
    let stage = Stage::new().await;
    let token = reader(&stage, "studio-account", &["video.list", "user.info.stats"]);
    let mut seen = Vec::new();
    let mut body = json!({});
    let mut sizes = Vec::new();
    loop {
        let data = list(&stage, &token, "id,create_time", &body).await.json()["data"].clone();
        let videos = data["videos"].as_array().unwrap();
        sizes.push(videos.len());
        let last = videos.last().unwrap();
        assert_eq!(
            number(&data["cursor"]) / 1000,
            number(&last["create_time"]),
            "milliseconds and seconds"
        );
        assert_eq!(
            last.as_object().unwrap().len(),
            2,
            "only what was asked for"
        );
        seen.extend(videos.clone());
        if data["has_more"] == false {
            break;
        }
        body = json!({ "max_count": 20, "cursor": data["cursor"] });
    }
    assert_eq!(sizes, [10, 20, 15], "ten unless told");
    let ids: BTreeSet<&str> = seen
        .iter()
        .map(|video| video["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 45);
    assert!(ids.iter().all(|id| id.parse::<i64>().unwrap() > 1 << 53));
    let times = seen.iter().map(|video| number(&video["create_time"]));
    assert!(times.rev().is_sorted());
    let counted = user(&stage, &token, "video_count").await;
    assert_eq!(counted, json!({ "video_count": 45 }));
}

#[tokio::test]
async fn a_cursor_may_be_any_time() {
    let stage = Stage::new().await;
    let token = reader(&stage, "studio-account", &["video.list"]);
    let first = list(&stage, &token, STEADY, &json!({ "max_count": 20 }))
        .await
        .json();
    let times: Vec<i64> = first["data"]["videos"]
        .as_array()
        .unwrap()
        .iter()
        .map(|video| number(&video["create_time"]))
        .collect();
    let between = (times[4] + 1) * 1000;
    let body = json!({ "max_count": 1, "cursor": between });
    let page = list(&stage, &token, STEADY, &body).await.json();
    assert_eq!(page["data"]["videos"][0], first["data"]["videos"][4]);
    for (cursor, videos) in [(0, 10), (1, 0), (i64::MAX, 10)] {
        let page = list(&stage, &token, STEADY, &json!({ "cursor": cursor }))
            .await
            .json();
        assert_eq!(
            page["data"]["videos"].as_array().unwrap().len(),
            videos,
            "{cursor}"
        );
    }
}

#[tokio::test]
async fn a_video_has_every_documented_field() {
    let stage = Stage::new().await;
    let token = reader(&stage, "studio-account", &["video.list"]);
    let page = list(&stage, &token, ALL, &json!({ "max_count": 1 }))
        .await
        .json();
    let video = &page["data"]["videos"][0];
    assert_eq!(video.as_object().unwrap().len(), 15);
    let id = video["id"].as_str().unwrap();
    let text = |name: &str| video[name].as_str().unwrap();
    assert!(text("share_url").starts_with(&format!(
        "https://www.tiktok.com/@studio-account/video/{id}?"
    )));
    assert!(text("embed_link").contains(id) && text("embed_html").contains(id));
    let expires = text("cover_image_url").split_once("x-expires=").unwrap().1;
    let expires: i64 = expires.split_once('&').unwrap().0.parse().unwrap();
    let left = expires - stage.control().clock().now.timestamp();
    assert!(
        (6 * 3600 - 60..=6 * 3600).contains(&left),
        "six hours: {left}"
    );
    for name in ["duration", "height", "width", "like_count", "view_count"] {
        assert!(number(&video[name]) > 0, "{name}");
    }
}

async fn posted(stage: &Stage, token: &str, title: &str, privacy: &str) -> String {
    let mut body = init_body(3, 3, 1);
    body["post_info"]["title"] = json!(title);
    body["post_info"]["privacy_level"] = json!(privacy);
    let begun = stage.init(token, &body).await.json();
    let url = begun["data"]["upload_url"].as_str().unwrap();
    stage.chunk(url, b"abc", 0, 3).await;
    begun["data"]["publish_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_post_is_listed_once_it_is_public() {
    let stage = Stage::new().await;
    let mut settings = stage.control().settings();
    (settings.processing_millis, settings.moderation_millis) = (10_000, 20_000);
    stage.control().set(settings);
    let token = reader(&stage, "studio-account", &["video.list", "video.publish"]);
    let title = "ä".repeat(200);
    let publish_id = posted(&stage, &token, &title, "PUBLIC_TO_EVERYONE").await;
    posted(&stage, &token, "Only mine", "SELF_ONLY").await;
    let newest = async || {
        let page = list(&stage, &token, ALL, &json!({ "max_count": 1 })).await;
        page.json()["data"]["videos"][0].clone()
    };
    stage.advance(15);
    assert_ne!(
        newest().await["title"],
        "ä".repeat(150),
        "not moderated yet"
    );
    stage.advance(20);
    let video = newest().await;
    assert_eq!(video["title"], "ä".repeat(150));
    assert_eq!(video["video_description"], "ä".repeat(150));
    let status = stage.status_data(&token, &publish_id).await;
    let id = number(&status["publicaly_available_post_id"][0]);
    assert_eq!(video["id"], id.to_string());
    let found = ask(&stage, &token, &json!([id.to_string()])).await.json();
    let found = found["data"]["videos"].as_array().unwrap();
    assert_eq!(found.len(), 1);
    for name in STEADY.split(',') {
        assert_eq!(found[0][name], video[name], "{name}");
    }
}

#[tokio::test]
async fn others_and_unknown_ones_are_left_out_without_a_word() {
    let stage = Stage::new().await;
    let token = reader(&stage, "studio-account", &["video.list"]);
    let other = reader(&stage, "studio-capped", &["video.list"]);
    let theirs = list(&stage, &other, "id", &json!({})).await.json();
    let theirs = theirs["data"]["videos"][0]["id"].clone();
    let mine = list(&stage, &token, "id", &json!({ "max_count": 2 }))
        .await
        .json();
    let mine: Vec<Value> = [1, 0]
        .map(|at| mine["data"]["videos"][at]["id"].clone())
        .to_vec();
    let ids = json!([theirs, "7", mine[0], "12345123451234512345", mine[1]]);
    let found = ask(&stage, &token, &ids).await.json();
    let found = found["data"]["videos"].as_array().unwrap();
    let found: BTreeSet<&str> = found
        .iter()
        .map(|video| video["id"].as_str().unwrap())
        .collect();
    assert_eq!(found, mine.iter().map(|id| id.as_str().unwrap()).collect());
    let private = reader(&stage, "studio-private", &["video.list"]);
    let none = list(&stage, &private, ALL, &json!({})).await.json();
    let expected = json!({ "videos": [], "cursor": 0, "has_more": false });
    assert_eq!(none["data"], expected, "nothing is public");
}

#[tokio::test]
async fn counts_grow_with_time_until_they_are_set() {
    let stage = Stage::new().await;
    let token = reader(&stage, "studio-account", &["video.list", "video.publish"]);
    posted(&stage, &token, "New", "PUBLIC_TO_EVERYONE").await;
    stage.advance(1);
    let views = async || {
        let page = list(&stage, &token, ALL, &json!({ "max_count": 1 }))
            .await
            .json();
        let video = page["data"]["videos"][0].clone();
        (
            video["id"].as_str().unwrap().to_owned(),
            number(&video["view_count"]),
        )
    };
    let (id, early) = views().await;
    stage.advance(48 * 3600);
    let token = reader(&stage, "studio-account", &["video.list"]);
    let page = list(&stage, &token, ALL, &json!({ "max_count": 1 }))
        .await
        .json();
    assert!(number(&page["data"]["videos"][0]["view_count"]) > early + 400);

    let url = format!("{}/_sandbox/videos/{id}/metrics", stage.sandbox.url());
    let put = |body: Value| {
        let request = stage
            .http
            .put(&url)
            .header("content-type", "application/json");
        send(request.body(body.to_string()))
    };
    let set = json!({
        "view_count": 5_000_000_000_i64,
        "like_count": 3,
        "comment_count": 2,
        "share_count": 1,
    });
    assert_eq!(put(set.clone()).await.status.as_u16(), 204);
    assert_eq!(put(json!({ "views": 1 })).await.status.as_u16(), 400);
    stage.advance(3600);
    let page = list(&stage, &token, ALL, &json!({ "max_count": 1 }))
        .await
        .json();
    for (name, value) in set.as_object().unwrap() {
        assert_eq!(&page["data"]["videos"][0][name], value, "{name}");
    }
    let none = stage.control().set_metrics("7", VideoMetrics::default());
    assert!(none.unwrap_err().to_string().contains("no public video"));
}

#[tokio::test]
async fn the_counts_of_an_account_may_be_set() {
    let stage = Stage::new().await;
    let token = reader(&stage, "studio-account", &["user.info.stats"]);
    let fields = "follower_count,following_count,likes_count";
    let usual = user(&stage, &token, fields).await;
    assert!(number(&usual["follower_count"]) > i64::from(i32::MAX));
    let set = json!({ "follower_count": 1, "following_count": 2, "likes_count": 3 });
    let put = |account: &str| {
        let url = format!("{}/_sandbox/accounts/{account}/stats", stage.sandbox.url());
        let request = stage
            .http
            .put(url)
            .header("content-type", "application/json");
        send(request.body(set.to_string()))
    };
    assert_eq!(put("studio-account").await.status.as_u16(), 204);
    assert_eq!(put("somebody").await.status.as_u16(), 400);
    assert_eq!(user(&stage, &token, fields).await, set);
}

#[tokio::test]
async fn photos_are_listed_and_an_account_gone_private_shows_nothing() {
    let stage = Stage::new().await;
    let token = reader(&stage, "studio-account", &["video.list", "video.publish"]);
    let mut body = photo_body(&[SAMPLE_JPEG]);
    body["post_info"]["privacy_level"] = json!("PUBLIC_TO_EVERYONE");
    body["post_info"]["title"] = json!("A photo");
    body["post_info"]["description"] = json!("Of what it shows");
    stage.begun(CONTENT, &token, &body).await;
    stage.advance(10);
    let first = async || {
        let page = list(&stage, &token, ALL, &json!({ "max_count": 1 })).await;
        page.json()["data"]["videos"][0].clone()
    };
    let photo = first().await;
    assert_eq!(photo["title"], "A photo");
    assert_eq!(photo["video_description"], "Of what it shows");
    assert_eq!(photo["duration"], 0);
    assert!(
        photo["share_url"]
            .as_str()
            .unwrap()
            .contains("/@studio-account/photo/")
    );
    let mut settings = stage.control().account("studio-account").unwrap();
    settings.private = true;
    stage
        .control()
        .set_account("studio-account", settings)
        .unwrap();
    assert_eq!(first().await, Value::Null);
}
