//! Bodies, media and steps of posts that are not uploads of direct videos.

use std::path::Path;
use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use social_sandbox::{DEMO_CLIENT_KEY, MediaHost, Sandbox, Settings};
use tempfile::TempDir;

use crate::client::{Answer, JSON, Stage, init_body, send};

pub(crate) const VIDEO: &str = "/v2/post/publish/video/init/";
pub(crate) const INBOX: &str = "/v2/post/publish/inbox/video/init/";
pub(crate) const CONTENT: &str = "/v2/post/publish/content/init/";
pub(crate) const STATUS: &str = "/v2/post/publish/status/fetch/";
pub(crate) const CANCEL: &str = "/v2/post/publish/cancel/";

pub(crate) const SAMPLE_VIDEO: &str = "https://media.example.com/sample.mp4";
pub(crate) const SAMPLE_JPEG: &str = "https://media.example.com/sample.jpg";
pub(crate) const SAMPLE_WEBP: &str = "https://media.example.com/sample.webp";

/// A host whose files the tests write; the demo app owns it.
pub(crate) const HOST: &str = "https://cdn.example.org/";

pub(crate) fn sample_video() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("media/sample.mp4")).unwrap()
}

/// A stage whose app may have media fetched from a folder, with as many calls as a test likes.
pub(crate) async fn with_media() -> (Stage, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let builder = Sandbox::builder()
        .media(HOST, folder.path())
        .verified_domain("example.org");
    (Stage::with(builder.start().await.unwrap()), folder)
}

/// A stage on which nothing is counted.
pub(crate) async fn unlimited() -> Stage {
    let stage = Stage::new().await;
    stage.control().set(Settings::default().rate_limits(false));
    stage
}

/// A stage on which processing and moderation take a minute each, so that a test sees what lies
/// between, however slow the machine is.
pub(crate) async fn patient() -> Stage {
    let stage = Stage::new().await;
    let minute = Duration::from_secs(60);
    let settings = Settings::default().rate_limits(false);
    stage
        .control()
        .set(settings.processing(minute).moderation(minute));
    stage
}

/// A stage whose host takes a hundred seconds to send `a.mp4`, and the bytes it sends in one.
pub(crate) async fn slow() -> (Stage, TempDir, u64) {
    let (stage, folder) = with_media().await;
    let bytes = sample_video();
    std::fs::write(folder.path().join("a.mp4"), &bytes).unwrap();
    let speed = bytes.len() as u64 / 100;
    let host = MediaHost::new(HOST, folder.path()).bytes_per_second(speed);
    stage.control().add_media(host).unwrap();
    (stage, folder, speed)
}

/// The first bytes of a JPEG of this size.
pub(crate) fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc2, 0, 17, 8];
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend([3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1, 0xff, 0xd9]);
    bytes
}

pub(crate) fn pull_body(url: &str) -> Value {
    let mut body = init_body(1, 1, 1);
    body["source_info"] = json!({ "source": "PULL_FROM_URL", "video_url": url });
    body
}

pub(crate) fn inbox_body(size: u64) -> Value {
    json!({ "source_info": init_body(size, size, 1)["source_info"] })
}

/// Photos, directly posted.
pub(crate) fn photo_body(images: &[&str]) -> Value {
    json!({
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST",
        "post_info": {
            "title": "Photos",
            "description": "Two of them",
            "privacy_level": "PUBLIC_TO_EVERYONE",
            "disable_comment": true,
            "auto_add_music": true,
            "brand_content_toggle": false,
            "brand_organic_toggle": false,
        },
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_images": images,
            "photo_cover_index": 0,
        },
    })
}

/// Photos for the inbox.
pub(crate) fn photo_share(images: &[&str]) -> Value {
    let mut body = photo_body(images);
    body["post_mode"] = json!("MEDIA_UPLOAD");
    body["post_info"] = json!({ "title": "Photos", "description": "Two of them" });
    body
}

impl Stage {
    pub(crate) async fn call(&self, path: &str, token: &str, body: &Value) -> Answer {
        send(self.post(path, token, body)).await
    }

    /// The publish id of a call that has to succeed.
    pub(crate) async fn begun(&self, path: &str, token: &str, body: &Value) -> String {
        let answer = self.call(path, token, body).await;
        assert_eq!(answer.code(), "ok", "{path}: {}", answer.text);
        let id = answer.json()["data"]["publish_id"].clone();
        id.as_str().unwrap().to_owned()
    }

    /// Brings a video to the inbox.
    pub(crate) async fn delivered(&self, token: &str) -> String {
        let answer = self.call(INBOX, token, &inbox_body(3)).await;
        assert_eq!(answer.code(), "ok", "{}", answer.text);
        let data = answer.json()["data"].clone();
        let stored = self.chunk(data["upload_url"].as_str().unwrap(), b"abc", 0, 3);
        assert_eq!(stored.await.status, StatusCode::CREATED);
        self.advance(61);
        data["publish_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn cancel(&self, token: &str, publish_id: &str) -> Answer {
        self.call(CANCEL, token, &json!({ "publish_id": publish_id }))
            .await
    }

    /// A request to the control surface.
    pub(crate) async fn control_call(&self, method: &str, path: &str, body: &Value) -> Answer {
        let url = format!("{}/_sandbox{path}", self.sandbox.url());
        let request = self.http.request(method.parse().unwrap(), url);
        send(request.header("content-type", JSON).body(body.to_string())).await
    }

    /// Asks for a status until nothing is left to come, and returns it.
    pub(crate) async fn settled(&self, token: &str, publish_id: &str) -> Value {
        self.advance(3600);
        self.status_data(token, publish_id).await
    }

    /// A token of an account with these scopes.
    pub(crate) fn scoped(&self, account: &str, scopes: &[&str]) -> String {
        let pair = self.control().grant(DEMO_CLIENT_KEY, account, scopes);
        pair.unwrap().access_token
    }
}
