//! A platform of one's own, made up: postcards. With nothing set it connects two accounts by one consent, publishes a
//! card whose answer is lost, and answers a note on it, against a platform that runs in the same process.
//!
//! What an author copies: `client.rs` (calls, and the one table of errors), `oauth.rs`, `publish.rs`, `webhook.rs`,
//! `subscriptions.rs`, `content.rs`. They know `social-core` and nothing else of the family. `peer.rs` plays the platform; the suites that hold
//! all of it to the contracts are mounted in `tests.rs`.
#![expect(
    clippy::print_stdout,
    reason = "a program speaks to the person who runs it"
)]

mod client;
mod content;
mod oauth;
mod peer;
mod publish;
mod story;
mod subscriptions;
mod webhook;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    story::tell(&|line| println!("{line}")).await
}
