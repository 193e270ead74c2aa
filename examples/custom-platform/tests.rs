//! The story of the program, and the suites.
#![cfg(test)]

mod client;
mod content;
mod oauth;
mod peer;
mod publish;
mod story;
mod subscriptions;
mod webhook;

/// What lies in the folder `tests`.
mod tests {
    mod broken;
    pub(crate) mod events;
    mod kept;
    mod pushed;
    pub(crate) mod stage;
    mod twice;
    mod words;
}

use std::sync::Mutex;

use tests::{events, stage};

#[tokio::test]
async fn the_story_is_true() {
    let told = Mutex::new(Vec::new());
    let say = |line: &str| told.lock().unwrap().push(line.to_owned());
    story::tell(&say).await.unwrap();
    let expected = [
        "connected: 2 accounts by one consent",
        "subscribed: 2 kinds of events for each of 2 accounts",
        "From the sea: LostAfter, 1 on the platform",
        "From the hills: LostBefore, 1 on the platform",
        "From the moon: Refused, 0 on the platform",
        "heard: 1 event, handed over to its post",
        "answered: 1 note",
        "disconnected: 1 account, of which nothing is sent any more",
        "ended on the platform: the account must be connected again",
    ];
    assert_eq!(*told.lock().unwrap(), expected);
}

mod publisher {
    social_core::publisher_suite!(crate::stage::Stage::new().await);
}

mod oauth_provider {
    social_core::oauth_provider_suite!(crate::stage::Stage::new().await);
}

mod webhook_verifier {
    social_core::webhook_verifier_suite!(crate::stage::Stage::new().await);
}

mod event_subscriptions {
    social_core::event_subscriptions_suite!(crate::stage::Stage::new().await);
}

mod content_source {
    social_core::content_source_suite!(crate::stage::Stage::new().await);
}

mod comments {
    social_core::comments_suite!(crate::stage::Stage::new().await);
}

mod insights {
    social_core::insights_suite!(crate::stage::Stage::new().await);
}
