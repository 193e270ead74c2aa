//! Profile and videos, against answers made here: the sandbox has no account of so many videos.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use serde_json::{Value, json};
use social_core::{
    conformance::{
        Trouble,
        content::{ContentHarness, ContentSourceHarness},
    },
    content::ContentSource,
    model::{Account, TokenSet},
    store::Limits,
    time::Clock,
};
use wiremock::{Mock, Request, Respond, ResponseTemplate, matchers::any};

use crate::play::Play;

const SCOPES: [&str; 4] = [
    "user.info.basic",
    "user.info.profile",
    "user.info.stats",
    "video.list",
];

/// What the account shows, newest first.
#[derive(Clone, Default)]
struct Shown(Arc<Inner>);

#[derive(Default)]
struct Inner {
    ids: Mutex<Vec<u64>>,
    bare: AtomicBool,
    talkative: AtomicBool,
    trouble: Mutex<Option<u16>>,
}

impl Shown {
    fn dressed(&self, mut value: Value, numbers: &[&str]) -> Value {
        for name in numbers {
            if !self.0.bare.load(Ordering::Relaxed) {
                value[*name] = 3.into();
            }
        }
        if self.0.talkative.load(Ordering::Relaxed) {
            value["fresh"] = json!({"deep": [1, null]});
        }
        value
    }

    fn video(&self, id: u64) -> Value {
        self.dressed(json!({"id": id.to_string()}), &["view_count", "like_count"])
    }

    /// A page begins at what is older than its cursor.
    fn list(&self, asked: &Value) -> Value {
        let cursor = asked["cursor"].as_u64().unwrap_or(u64::MAX);
        let ids = self.0.ids.lock().unwrap();
        let page: Vec<_> = ids.iter().filter(|id| **id < cursor).take(20).collect();
        let (first, last) = (ids.last().copied(), page.last().copied().copied());
        let videos: Vec<_> = page.iter().map(|id| self.video(**id)).collect();
        json!({"videos": videos, "cursor": last.unwrap_or_default(), "has_more": last > first})
    }

    fn query(&self, asked: &Value) -> Value {
        let wanted = asked["filters"]["video_ids"].as_array().unwrap();
        let wanted = wanted.iter().map(|id| id.as_str().unwrap());
        let ids = self.0.ids.lock().unwrap();
        let found = wanted.filter_map(|id| ids.iter().find(|it| it.to_string() == id));
        let videos: Vec<_> = found.map(|id| self.video(*id)).collect();
        json!({"videos": videos})
    }
}

impl Respond for Shown {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        if let Some(status) = self.0.trouble.lock().unwrap().take() {
            let body = super::refusal("internal_error");
            return ResponseTemplate::new(status).set_body_json(body);
        }
        let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let data = match request.url.path() {
            path if path.ends_with("video/list/") => self.list(&asked),
            path if path.ends_with("video/query/") => self.query(&asked),
            _ => {
                let user = json!({"open_id": "-000ann", "display_name": "Ann"});
                json!({"user": self.dressed(user, &["follower_count"])})
            }
        };
        let ok = json!({"code": "ok", "message": "", "log_id": "LOG1"});
        ResponseTemplate::new(200).set_body_json(json!({"data": data, "error": ok}))
    }
}

struct Profile {
    play: Play,
    shown: Shown,
}

async fn profile() -> Profile {
    let (play, shown) = (Play::new(&SCOPES).await, Shown::default());
    let all = Mock::given(any()).respond_with(shown.clone());
    all.mount(&play.server).await;
    Profile { play, shown }
}

#[async_trait]
impl ContentHarness for Profile {
    fn account(&self) -> &Account {
        &self.play.account
    }

    fn tokens(&self) -> &TokenSet {
        &self.play.tokens
    }

    fn limits(&self) -> &dyn Limits {
        &self.play.limits
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.play.clock.clone())
    }

    async fn show(&self, count: usize) -> Vec<String> {
        let mut ids = self.shown.0.ids.lock().unwrap();
        ids.extend((0..count as u64).rev().map(|id| 1_646_883_900_000 + id));
        ids.iter().map(u64::to_string).collect()
    }

    async fn tell_no_numbers(&self) {
        self.shown.0.bare.store(true, Ordering::Relaxed);
    }

    async fn send_unknown_fields(&self) {
        self.shown.0.talkative.store(true, Ordering::Relaxed);
    }

    async fn trouble(&self, trouble: Trouble) {
        let status = match trouble {
            Trouble::Refused => 403,
            Trouble::ServerError => 500,
            _ => 504,
        };
        *self.shown.0.trouble.lock().unwrap() = Some(status);
    }

    async fn heard(&self) -> usize {
        self.play.asked().await.len()
    }

    fn secrets(&self) -> Vec<String> {
        vec![
            "act.1".to_owned(),
            social_sandbox::DEMO_CLIENT_SECRET.to_owned(),
        ]
    }
}

impl ContentSourceHarness for Profile {
    fn source(&self) -> &dyn ContentSource {
        &self.play.content
    }
}

social_core::content_source_suite!(profile().await);
