use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue};
use serde_json::json;
use sha2::{Digest, Sha256};
use social_core::{
    conformance::webhook::{Addressed, Challenge, WebhookHarness},
    platform::hex,
    webhook::{Answer, EventSubject, WebhookVerifier},
};

use super::Stage;
use crate::{
    peer::{APP, SECRET},
    story,
    webhook::{HEADER, WINDOW, sign},
};

impl WebhookHarness for Stage {
    fn verifier(&self) -> &dyn WebhookVerifier {
        &*self.webhooks
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        let event = |number: u32| {
            let event = format!(
                r#"{{"id":"e{number}","kind":"post.published","container":"c{number}","post":"p","account":"box-1","at":1}}"#
            );
            format!(r#"{{"app":"{APP}","events":[{event}]}}"#).into_bytes()
        };
        vec![event(1), event(2)]
    }

    fn unknown(&self) -> Vec<u8> {
        format!(r#"{{"app":"{APP}","events":[{{"id":"e9","kind":"post.framed"}}]}}"#).into_bytes()
    }

    fn batch(&self) -> Option<(Vec<u8>, usize)> {
        let event = |number| format!(r#"{{"id":"e{number}","kind":"post.framed"}}"#);
        let events: Vec<_> = (0..5).map(event).collect();
        let body = format!(r#"{{"app":"{APP}","events":[{}]}}"#, events.join(","));
        Some((body.into_bytes(), 5))
    }

    fn sign(&self, body: &[u8], when: DateTime<Utc>) -> HeaderMap {
        signed(SECRET, body, when)
    }

    fn sign_wrongly(&self, body: &[u8], when: DateTime<Utc>) -> HeaderMap {
        signed("the secret of another app", body, when)
    }

    fn window(&self) -> Option<(Duration, Duration)> {
        Some((WINDOW, WINDOW))
    }

    fn challenge(&self) -> Option<Challenge> {
        let word = story::webhooks().word();
        let query = format!("verify={word}&repeat=a%20b&mode=use");
        let wrong = format!("verify={}&repeat=a%20b", &word[1..]);
        let unasked = format!("verify={word}&repeat=a%20b&mode=leave");
        let answer = Answer::text("a b");
        Some(Challenge::new(query, answer, wrong).unasked([unasked]))
    }

    fn addressed(&self) -> Vec<Addressed> {
        let body = json!({"app": APP, "mailbox": "box-1", "request": "r1"}).to_string();
        let body = body.into_bytes();
        let erasure = EventSubject::DeletionRequest {
            id: "r1".to_owned(),
        };
        let code = hex::encode(Sha256::digest("r1"));
        vec![
            Addressed::new("about=farewell", body.clone(), EventSubject::AccessRevoked),
            Addressed::new("about=erasure", body, erasure)
                .replied(Answer::json(&json!({ "code": code }))),
        ]
    }

    fn secrets(&self) -> Vec<String> {
        vec![SECRET.to_owned(), story::webhooks().word()]
    }
}

pub(super) fn signed(secret: &str, body: &[u8], when: DateTime<Utc>) -> HeaderMap {
    let time = when.timestamp().to_string();
    let value = format!("t={time},s={}", sign(&secret.into(), &time, body));
    let mut headers = HeaderMap::new();
    headers.insert(HEADER, HeaderValue::from_str(&value).unwrap());
    headers
}
