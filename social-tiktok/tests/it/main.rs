//! TikTok's client against the sandbox, and against scripted answers.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on ends here"
)]

mod chaos;
mod chunks;
mod conformance;
mod consent;
mod content;
mod creator;
mod exchanges;
mod files;
mod inbox;
mod lapsed;
mod login;
mod photos;
mod pictures;
mod play;
mod preflight;
mod pull;
mod refresh;
mod requests;
mod resent;
mod restored;
mod rounds;
mod scripted;
mod stage;
mod stop;
mod story;
mod trouble;
mod verdicts;
mod ways;
