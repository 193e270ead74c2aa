//! The way of the bytes, as bars.

use super::{Given, parts, sent_line};
use crate::present::post::{Stage, is_sent};
use crate::present::request::fetched_from;
use crate::view::format::bytes;
use crate::view::timeline::{Hop, HopState, Progress};

impl Given<'_> {
    pub(super) fn progress(&self, stage: Stage) -> Option<Progress> {
        let mut hops = match fetched_from(self.request) {
            Some(host) => vec![self.fetching(stage, &host)?],
            None => self.sending(stage)?,
        };
        hops.push(self.platform(stage));
        Some(Progress {
            line: match stage {
                Stage::Published | Stage::Hidden => "TikTok has it. Nothing is left to do.",
                Stage::AwaitingUser => "TikTok has it. Finish it in the app.",
                Stage::Failed | Stage::Undecided => "",
                Stage::AnswerLost => "You can close this page. It is looked for without it.",
                Stage::Processing => "You can close this page. It goes on without it.",
                _ => "You can close this page. The upload goes on without it.",
            },
            hops,
        })
    }

    /// The platform fetches the media itself: there is one hop less, and often no figure.
    fn fetching(&self, stage: Stage, host: &str) -> Option<Hop> {
        let figure = self.post.progress.filter(|(_, total)| *total > 0);
        let begun = !self.post.remote_ids.is_empty();
        let state = match stage {
            Stage::Scheduled
            | Stage::Queued
            | Stage::Waiting
            | Stage::AnswerLost
            | Stage::Sending => HopState::Todo,
            Stage::Processing if is_sent(self.post) => HopState::Done,
            Stage::Processing => HopState::Running,
            Stage::Published | Stage::Hidden | Stage::AwaitingUser => HopState::Done,
            Stage::Failed | Stage::Undecided if begun => HopState::Failed,
            _ => return None,
        };
        Some(Hop::fetching(state, figure, host))
    }

    fn sending(&self, stage: Stage) -> Option<Vec<Hop>> {
        let size = self.size()?;
        let (sent, total) = self.post.progress.unwrap_or((0, size));
        let done = || {
            let parts = parts(size);
            let words = match parts {
                1 => format!("{} in one part", bytes(size)),
                parts => format!("{} in {parts} parts", bytes(size)),
            };
            Hop::sending(HopState::Done, size, size, words)
        };
        let at = |state| Hop::sending(state, sent, total, sent_line(sent, total));
        let two = match stage {
            Stage::Scheduled | Stage::Queued => {
                Hop::sending(HopState::Todo, 0, size, "Not started")
            }
            Stage::Waiting if self.post.progress.is_none() => {
                Hop::sending(HopState::Todo, 0, size, "Not started")
            }
            Stage::Waiting | Stage::Failed | Stage::Undecided if is_sent(self.post) => done(),
            Stage::Waiting => at(HopState::Todo),
            Stage::Sending => at(HopState::Running),
            Stage::Processing | Stage::Published | Stage::Hidden | Stage::AwaitingUser => done(),
            Stage::Failed | Stage::Undecided if self.post.progress.is_some() => {
                at(HopState::Failed)
            }
            _ => return None,
        };
        Some(vec![Hop::received(size), two])
    }

    fn platform(&self, stage: Stage) -> Hop {
        let sent = is_sent(self.post);
        match stage {
            Stage::AwaitingUser => Hop::in_the_inbox(),
            Stage::Published | Stage::Hidden => Hop::platform(HopState::Done),
            Stage::Waiting | Stage::Processing if sent => Hop::platform(HopState::Running),
            Stage::Failed if sent => Hop::platform(HopState::Failed),
            _ => Hop::platform(HopState::Todo),
        }
    }
}
