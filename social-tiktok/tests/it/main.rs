//! TikTok's client against the sandbox, and against scripted answers.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on ends here"
)]

mod chaos;
mod chunks;
mod creator;
mod exchanges;
mod login;
mod refresh;
mod scripted;
mod stage;
mod stop;
mod story;
mod trouble;
