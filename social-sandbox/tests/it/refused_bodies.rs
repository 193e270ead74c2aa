//! Wrong bodies of the inits. Each line: what is wrong, the answer, and the change to a good body,
//! as a JSON merge patch (null removes). `x*91` stands for 91 times `x`.

use serde_json::{Value, json};

use crate::posting::{
    CONTENT, INBOX, SAMPLE_JPEG, SAMPLE_VIDEO, VIDEO, inbox_body, photo_body, photo_share,
    pull_body, unlimited,
};
use crate::refused_posting::refused;

const VIDEOS: &str = r#"
no post info                | 400 invalid_params | {"post_info": null}
no source info              | 400 invalid_params | {"source_info": null}
no audience                 | 400 invalid_params | {"post_info": {"privacy_level": null}}
an unknown audience         | 400 invalid_params | {"post_info": {"privacy_level": "FRIENDS"}}
another audience            | 403 privacy_level_option_mismatch | {"post_info": {"privacy_level": "FOLLOWER_OF_CREATOR"}}
branded and private         | 400 invalid_params | {"post_info": {"privacy_level": "SELF_ONLY", "brand_content_toggle": true}}
a title of 2201 units       | 400 invalid_params | {"post_info": {"title": "x*2201"}}
a title of 2202 units       | 400 invalid_params | {"post_info": {"title": "😀*1101"}}
a title that is no text     | 400 invalid_params | {"post_info": {"title": ["x"]}}
a flag that is none         | 400 invalid_params | {"post_info": {"brand_organic_toggle": "yes"}}
a photo's description       | 400 invalid_params | {"post_info": {"description": "x"}}
a photo's music             | 400 invalid_params | {"post_info": {"auto_add_music": true}}
a photo's mode              | 400 invalid_params | {"post_mode": "DIRECT_POST"}
a photo's media type        | 400 invalid_params | {"media_type": "PHOTO"}
no address                  | 400 invalid_params | {"source_info": {"video_url": null}}
a list of addresses         | 400 invalid_params | {"source_info": {"video_url": ["https://media.example.com/sample.mp4"]}}
half an address             | 400 invalid_params | {"source_info": {"video_url": "media.example.com/sample.mp4"}}
http                        | 400 invalid_params | {"source_info": {"video_url": "http://media.example.com/sample.mp4"}}
an IPv4 host                | 400 invalid_params | {"source_info": {"video_url": "https://192.0.2.1/sample.mp4"}}
an IPv6 host                | 400 invalid_params | {"source_info": {"video_url": "https://[2001:db8::1]/sample.mp4"}}
a number for a host         | 400 invalid_params | {"source_info": {"video_url": "https://3221225985/sample.mp4"}}
a host of others            | 403 url_ownership_unverified | {"source_info": {"video_url": "https://other.example.net/a.mp4"}}
a host that looks alike     | 403 url_ownership_unverified | {"source_info": {"video_url": "https://media.example.com.evil.example/a.mp4"}}
a user that looks alike     | 403 url_ownership_unverified | {"source_info": {"video_url": "https://media.example.com@evil.example/a.mp4"}}
another port                | 403 url_ownership_unverified | {"source_info": {"video_url": "https://media.example.com:8443/sample.mp4"}}
"#;

const SHARES: &str = r#"
no source info              | 400 invalid_params | {"source_info": null}
no source                   | 400 invalid_params | {"source_info": {"source": null}}
an unknown source           | 400 invalid_params | {"source_info": {"source": "CLOUD"}}
no size                     | 400 invalid_params | {"source_info": {"video_size": null}}
a size of nothing           | 400 invalid_params | {"source_info": {"video_size": 0, "chunk_size": 0}}
a size in words             | 400 invalid_params | {"source_info": {"video_size": "3"}}
a plan that does not fit    | 400 invalid_params | {"source_info": {"total_chunk_count": 2}}
a pull without address      | 400 invalid_params | {"source_info": {"source": "PULL_FROM_URL"}}
a pull over http            | 400 invalid_params | {"source_info": {"source": "PULL_FROM_URL", "video_url": "http://media.example.com/sample.mp4"}}
a pull from others          | 403 url_ownership_unverified | {"source_info": {"source": "PULL_FROM_URL", "video_url": "https://other.example.net/a.mp4"}}
"#;

const PHOTOS: &str = r#"
no media type               | 400 invalid_params | {"media_type": null}
a video                     | 400 invalid_params | {"media_type": "VIDEO"}
no mode                     | 400 invalid_params | {"post_mode": null}
a mode with a blank         | 400 invalid_params | {"post_mode": "DIRECT POST"}
no post info                | 400 invalid_params | {"post_info": null}
no source info              | 400 invalid_params | {"source_info": null}
no audience                 | 400 invalid_params | {"post_info": {"privacy_level": null}}
an unknown audience         | 400 invalid_params | {"post_info": {"privacy_level": "FRIENDS"}}
another audience            | 403 privacy_level_option_mismatch | {"post_info": {"privacy_level": "FOLLOWER_OF_CREATOR"}}
branded and private         | 400 invalid_params | {"post_info": {"privacy_level": "SELF_ONLY", "brand_content_toggle": true}}
a title of 91 units         | 400 invalid_params | {"post_info": {"title": "x*91"}}
a title of 92 units         | 400 invalid_params | {"post_info": {"title": "😀*46"}}
a description of 4001 units | 400 invalid_params | {"post_info": {"description": "x*4001"}}
music that is no flag       | 400 invalid_params | {"post_info": {"auto_add_music": "yes"}}
an upload                   | 400 invalid_params | {"source_info": {"source": "FILE_UPLOAD"}}
no list of photos           | 400 invalid_params | {"source_info": {"photo_images": null}}
no photos                   | 400 invalid_params | {"source_info": {"photo_images": []}}
photos that are no list     | 400 invalid_params | {"source_info": {"photo_images": "https://media.example.com/sample.jpg"}}
a photo that is no address  | 400 invalid_params | {"source_info": {"photo_images": ["https://media.example.com/sample.jpg", 7]}}
a photo over http           | 400 invalid_params | {"source_info": {"photo_images": ["http://media.example.com/sample.jpg"]}}
one photo of others         | 403 url_ownership_unverified | {"source_info": {"photo_images": ["https://media.example.com/sample.jpg", "https://other.example.net/a.jpg"]}}
no cover                    | 400 invalid_params | {"source_info": {"photo_cover_index": null}}
a cover behind the last     | 400 invalid_params | {"source_info": {"photo_cover_index": 2}}
a cover before the first    | 400 invalid_params | {"source_info": {"photo_cover_index": -1}}
a cover between two         | 400 invalid_params | {"source_info": {"photo_cover_index": 0.5}}
a cover in words            | 400 invalid_params | {"source_info": {"photo_cover_index": "0"}}
"#;

const PHOTO_SHARES: &str = r#"
an audience                 | 400 invalid_params | {"post_info": {"privacy_level": "SELF_ONLY"}}
music                       | 400 invalid_params | {"post_info": {"auto_add_music": true}}
comments                    | 400 invalid_params | {"post_info": {"disable_comment": true}}
branded                     | 400 invalid_params | {"post_info": {"brand_content_toggle": false}}
own brand                   | 400 invalid_params | {"post_info": {"brand_organic_toggle": false}}
a title of 91 units         | 400 invalid_params | {"post_info": {"title": "x*91"}}
a description of 4001 units | 400 invalid_params | {"post_info": {"description": "x*4001"}}
post info that is none      | 400 invalid_params | {"post_info": "x"}
no cover                    | 400 invalid_params | {"source_info": {"photo_cover_index": null}}
a photo of others           | 403 url_ownership_unverified | {"source_info": {"photo_images": ["https://other.example.net/a.jpg"]}}
"#;

fn merge(into: &mut Value, patch: Value) {
    let Value::Object(fields) = patch else {
        *into = long(patch);
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    for (name, value) in fields {
        if value.is_null() {
            into.as_object_mut().unwrap().remove(&name);
        } else {
            merge(&mut into[&name], value);
        }
    }
}

fn long(value: Value) -> Value {
    let repeated = value.as_str().and_then(|text| {
        let (unit, times) = text.split_once('*')?;
        Some(unit.repeat(times.parse().ok()?))
    });
    repeated.map_or(value, Value::String)
}

/// Sends every line of a table and a good body at the end.
async fn all_refused(table: &'static str, path: &'static str, good: Value) {
    let stage = unlimited().await;
    let token = stage.grant("studio-account").access_token;
    let case = |line: &'static str| {
        let mut cells = line.splitn(3, '|').map(str::trim);
        let mut cell = || cells.next().unwrap();
        let (case, (status, code)) = (cell(), cell().split_once(' ').unwrap());
        let mut body = good.clone();
        merge(&mut body, serde_json::from_str(cell()).unwrap());
        (case, path, body, status.parse().unwrap(), code)
    };
    refused(&stage, &token, table.trim().lines().map(case).collect()).await;
    assert_eq!(stage.call(path, &token, &good).await.code(), "ok");
}

#[tokio::test]
async fn videos() {
    all_refused(VIDEOS, VIDEO, pull_body(SAMPLE_VIDEO)).await;
}

#[tokio::test]
async fn shares() {
    all_refused(SHARES, INBOX, inbox_body(3)).await;
}

#[tokio::test]
async fn photos() {
    all_refused(PHOTOS, CONTENT, photo_body(&[SAMPLE_JPEG, SAMPLE_JPEG])).await;
}

#[tokio::test]
async fn shares_of_photos() {
    all_refused(PHOTO_SHARES, CONTENT, photo_share(&[SAMPLE_JPEG])).await;
}

#[tokio::test]
async fn the_most_of_everything_passes_and_one_photo_more_does_not() {
    let stage = unlimited().await;
    let token = stage.grant("studio-account").access_token;
    let mut most = photo_body(&[SAMPLE_JPEG; 35]);
    most["post_info"]["title"] = json!("😀".repeat(45));
    most["post_info"]["description"] = json!("😀".repeat(2000));
    most["source_info"]["photo_cover_index"] = json!(34);
    assert_eq!(stage.call(CONTENT, &token, &most).await.code(), "ok");
    let over = photo_body(&[SAMPLE_JPEG; 36]);
    let case = ("36 photos", CONTENT, over, 400, "invalid_params");
    refused(&stage, &token, vec![case]).await;
    let mut least = photo_share(&[SAMPLE_JPEG]);
    least.as_object_mut().unwrap().remove("post_info");
    assert_eq!(stage.call(CONTENT, &token, &least).await.code(), "ok");
    let mut titled = inbox_body(3);
    titled["post_info"] = json!({ "title": "A draft", "privacy_level": "whatever", "is_aigc": 1 });
    let answer = stage.call(INBOX, &token, &titled).await;
    assert_eq!(answer.code(), "ok", "settings are ignored");
    let warned = stage.control().transcript().pop().unwrap().warnings;
    let names = ["is_aigc", "privacy_level"];
    let expected = names.map(|name| format!("{name} is ignored for the inbox"));
    assert_eq!(warned, expected);
}
