//! The suites of `social-core`, mounted on what this crate brings.

mod content;
mod oauth;
mod publisher;
mod webhook;

use serde_json::{Value, json};
use social_core::conformance::Trouble;
use social_sandbox::{Control, FaultKind};

/// What the sandbox does of it. `code` is the platform's word for a refusal.
fn fault(trouble: Trouble, code: &str) -> FaultKind {
    match trouble {
        Trouble::LostAfter => FaultKind::DropAfter,
        Trouble::LostBefore => FaultKind::DropBefore,
        Trouble::Refused => FaultKind::Status {
            status: 403,
            body: refusal(code),
        },
        _ => FaultKind::Status {
            status: 500,
            body: refusal("internal_error"),
        },
    }
}

fn refusal(code: &str) -> Value {
    json!({"error": {"code": code, "message": "m", "log_id": "LOG1"}})
}

/// Every secret of the sandbox. What a test gives it as a state or verifier is no word of the platform.
fn secrets(control: &Control) -> Vec<String> {
    let secrets = control.secrets().into_iter();
    let ours = |kind: &str| matches!(kind, "state" | "code_verifier");
    let secrets = secrets.filter(|secret| !ours(&secret.kind) && secret.value.len() > 8);
    secrets.map(|secret| secret.value).collect()
}
