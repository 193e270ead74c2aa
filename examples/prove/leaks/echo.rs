//! Answers of a platform that repeats what it should not.

use serde_json::{Value, json};
use social_sandbox::{Endpoint, Fault, FaultKind, Secret};

/// A body, and the status it comes with.
pub(crate) type Answer = (u16, Value);

/// The newest of each kind are echoed, so that bodies do not grow with the story.
const EACH: usize = 3;

/// Bodies of every shape that hold secrets.
pub(crate) fn answers(secrets: &[Secret]) -> Vec<Answer> {
    let all = all(secrets);
    let token = some(secrets, "access_token");
    let typed = json!({
        "publish_id": { "was": all }, "upload_url": [all], "status": [all], "user": all,
        "creator_username": { "was": all }, "privacy_level_options": all,
        "access_token": [all], "refresh_token": { "was": all }, "expires_in": all,
        "uploaded_bytes": all, "fail_reason": { "was": all },
    });
    let nested = |code: &str, id: &str| {
        let error = json!({ "code": code, "message": all, "log_id": id });
        json!({ "error": error, "data": { "hint": all } })
    };
    vec![
        (400, nested("invalid_params", "20260101000000")),
        (500, nested("internal_error", "20260101000000")),
        (400, nested(&all, &all)),
        (401, nested(&token, &token)),
        (
            400,
            json!({ "error": token, "error_description": all, "log_id": token }),
        ),
        (
            200,
            json!({ "data": typed, "error": { "code": "ok", "message": all, "log_id": token } }),
        ),
        (200, typed),
        (500, json!(format!("<html><body>{all}</body></html>"))),
        (
            200,
            json!(format!("{{\"data\": {{\"publish_id\": \"{token}")),
        ),
    ]
}

/// Begun, with an address that leads elsewhere.
pub(crate) fn init_elsewhere(secrets: &[Secret]) -> Answer {
    let address = some(secrets, "upload_token");
    let address = format!("https://elsewhere.example/video/?upload_token={address}");
    let data = json!({ "publish_id": "v_pub_file~v2-1.7", "upload_url": address });
    (
        200,
        json!({ "data": data, "error": { "code": "ok", "message": "", "log_id": "1" } }),
    )
}

/// Failed, for a reason that is none.
pub(crate) fn failed_because(secrets: &[Secret], kind: &str) -> Answer {
    let data = json!({ "status": "FAILED", "fail_reason": some(secrets, kind) });
    (
        200,
        json!({ "data": data, "error": { "code": "ok", "message": "", "log_id": "1" } }),
    )
}

/// The grant is dead, with reasons.
pub(crate) fn dead(secrets: &[Secret]) -> Answer {
    let body = json!({ "error": "invalid_grant", "error_description": all(secrets) });
    (400, body)
}

pub(crate) fn fault(endpoint: Endpoint, answer: &Answer, times: u64) -> Fault {
    let (status, body) = (answer.0, answer.1.clone());
    Fault::new(endpoint, FaultKind::Status { status, body }).times(times)
}

fn some(secrets: &[Secret], kind: &str) -> String {
    let found = secrets.iter().rfind(|secret| secret.kind == kind);
    found.map(|secret| secret.value.clone()).unwrap_or_default()
}

fn all(secrets: &[Secret]) -> String {
    let mut words: Vec<&str> = Vec::new();
    for (at, secret) in secrets.iter().enumerate() {
        let later = secrets[at..]
            .iter()
            .filter(|other| other.kind == secret.kind);
        if later.count() <= EACH {
            words.push(&secret.value);
        }
    }
    words.join(" ")
}
