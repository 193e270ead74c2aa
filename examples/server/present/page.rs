//! The page of one post.

use chrono::{DateTime, Utc};
use social_core::model::{Account, AccountStatus};
use social_core::publish::{Outcome, PublishRequest};
use social_core::store::{HistoryEntry, PostRecord};
use social_tiktok::{ChunkLimits, ChunkPlan};

use super::account::{name_of, why_lost};
use super::post::{Stage, badge, is_sent, stage};
use super::timeline::{Told, Word, entries};
use super::trouble::{self, at};
use crate::upload::Kept;
use crate::view::account::TIKTOK;
use crate::view::format::{bytes, clock_seconds, due};
use crate::view::link::Link;
use crate::view::posts::short_title;
use crate::view::problem::{Problem, Words};
use crate::view::publish::audience_words;
use crate::view::shell::Shell;
use crate::view::timeline::{
    Hop, HopState, Ident, PostPage, Progress, Timeline, Verdict, sent_words,
};

/// Everything the page is made of.
#[derive(Debug)]
pub(crate) struct Given<'a> {
    pub(crate) post: &'a PostRecord,
    pub(crate) request: &'a PublishRequest,
    pub(crate) history: &'a [HistoryEntry],
    pub(crate) accounts: &'a [Account],
    /// What is known of the file.
    pub(crate) file: Option<&'a Kept>,
    /// The word of the person who settled it.
    pub(crate) by_person: Option<&'a Word>,
    pub(crate) user: &'a str,
    pub(crate) now: DateTime<Utc>,
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// In how many parts a file is sent.
pub(crate) fn parts(size: u64) -> u64 {
    ChunkPlan::new(size, ChunkLimits::default()).map_or(1, |plan| plan.count)
}

/// The line under hop 2.
pub(crate) fn sent_line(sent: u64, size: u64) -> String {
    let Some(plan) = ChunkPlan::new(size, ChunkLimits::default()) else {
        return format!("{} of {}", bytes(sent), bytes(size));
    };
    let part = (sent / plan.chunk.max(1) + 1).min(plan.count);
    sent_words(sent, size, part, plan.count)
}

impl Given<'_> {
    /// The page.
    pub(crate) fn page(&self, shell: Shell) -> PostPage {
        let (post, now) = (self.post, self.now);
        let stage = stage(post, now);
        let account = name_of(self.accounts, &post.account);
        let file = self.file_words();
        let told = Told {
            post,
            stage,
            account: &account,
            consent_by: self.consent_by(),
            file: &file,
            parts: self.size().map_or(1, parts),
            scheduled: self.request.not_before,
            by_person: self.by_person,
            now,
        };
        let audience = self
            .option("privacy")
            .as_str()
            .map(|level| audience_words(level).to_owned());
        let kind = self.file.map_or_else(|| "Video".to_owned(), Kept::kind);
        let facts = [
            Some(account.clone()),
            Some("TikTok".to_owned()),
            Some(kind),
            audience,
        ];
        PostPage {
            shell,
            id: post.id.to_string(),
            title: short_title(&post.title),
            platform: TIKTOK,
            badge: badge(stage),
            facts: facts.into_iter().flatten().collect(),
            as_of: clock_seconds(now),
            verdict: self.verdict(stage, &account),
            settle: stage == Stage::Undecided,
            cancel: self.may_cancel(stage),
            open: self.link(),
            progress: self.progress(stage),
            timeline: Timeline::new(entries(&told, self.history), now),
            ids: self.idents(),
            link_line: self.link_line(stage),
            options: self.options(),
        }
    }

    fn consent_by(&self) -> &str {
        let consent = self
            .request
            .options
            .as_ref()
            .and_then(|options| options.consent.as_ref());
        consent.map_or(self.user, |consent| consent.by.as_str())
    }

    fn size(&self) -> Option<u64> {
        self.file
            .map(|file| file.size)
            .or(self.post.progress.map(|(_, total)| total))
    }

    fn file_words(&self) -> String {
        let Some(file) = self.file else {
            return self.size().map(bytes).unwrap_or_default();
        };
        let facts = file
            .facts
            .as_deref()
            .map(|facts| format!(", {facts}"))
            .unwrap_or_default();
        format!("{}{facts}.", bytes(file.size))
    }

    fn option(&self, name: &str) -> serde_json::Value {
        let content = self
            .request
            .options
            .as_ref()
            .map(|options| &options.content);
        content
            .and_then(|content| content.get(name))
            .cloned()
            .unwrap_or_default()
    }

    /// Until the last part is sent.
    fn may_cancel(&self, stage: Stage) -> bool {
        let working = matches!(
            stage,
            Stage::Scheduled | Stage::Queued | Stage::Waiting | Stage::Sending
        );
        working && !is_sent(self.post) && !self.post.cancel_requested
    }

    fn link(&self) -> Option<Link> {
        let Some(Outcome::Published(links)) = &self.post.outcome else {
            return None;
        };
        links
            .iter()
            .find_map(|link| Link::parse(link.url.as_ref()?.as_str()))
    }

    fn link_line(&self, stage: Stage) -> &'static str {
        match stage {
            Stage::Failed | Stage::Missed | Stage::Cancelled => "None",
            _ if self.option("privacy") == "SELF_ONLY" => "Visible to you only, so no link",
            Stage::Undecided => "Not known",
            _ => "Comes after TikTok's review",
        }
    }

    fn idents(&self) -> Vec<Ident> {
        let ident = |name, value: Option<String>| value.map(|value| Ident { name, value });
        let published = match &self.post.outcome {
            Some(Outcome::Published(links)) => links.first().map(|link| link.id.clone()),
            _ => None,
        };
        [
            ident("post id", Some(self.post.id.to_string())),
            ident("publish id", self.post.checkpoint.remote_id.clone()),
            ident("TikTok's post id", published),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn options(&self) -> Vec<(&'static str, String)> {
        let on = |name: &str| self.option(name) == serde_json::Value::Bool(true);
        let may: Vec<&str> = [
            ("allow_comment", "comment"),
            ("allow_duet", "duet"),
            ("allow_stitch", "stitch"),
        ]
        .into_iter()
        .filter_map(|(name, word)| on(name).then_some(word))
        .collect();
        let may = match may.as_slice() {
            [] => "Nothing".to_owned(),
            [first, rest @ ..] => {
                let rest: String = rest.iter().map(|word| format!(", {word}")).collect();
                format!("{}{rest}", capital(first))
            }
        };
        let label = match (on("branded_content"), on("your_brand")) {
            (true, _) => Some("Paid partnership"),
            (false, true) => Some("Promotional content"),
            (false, false) => None,
        };
        let privacy = self.option("privacy");
        let mut options = vec![
            (
                "Visible to",
                audience_words(privacy.as_str().unwrap_or_default()).to_owned(),
            ),
            ("Viewers may", may),
        ];
        options.extend(label.map(|label| ("Label", label.to_owned())));
        if !self.post.title.is_empty() {
            options.push(("Title", self.post.title.clone()));
        }
        let consent = self
            .request
            .options
            .as_ref()
            .and_then(|options| options.consent.as_ref());
        options.extend(
            consent
                .and_then(|consent| consent.statement.clone())
                .map(|words| ("Agreed to", words)),
        );
        options
    }

    fn verdict(&self, stage: Stage, account: &str) -> Option<Verdict> {
        let (post, now) = (self.post, self.now);
        let id = post.id.to_string();
        match stage {
            Stage::Waiting => Some(self.waiting(account)),
            Stage::Failed => match &post.outcome {
                Some(Outcome::Failed(error)) => {
                    Some(Verdict::failed(&id, trouble::failed(error, account)))
                }
                _ => None,
            },
            Stage::Missed => {
                let was_due = self
                    .request
                    .not_before
                    .map_or_else(|| "earlier".to_owned(), |time| due(time, now));
                Some(Verdict::missed(&id, &was_due))
            }
            Stage::Cancelled => {
                let when = post
                    .settled_at
                    .map(|time| format!(" at {}", at(time, now)))
                    .unwrap_or_default();
                Some(Verdict::cancelled(
                    &id,
                    &format!("{} cancelled it{when}", self.user),
                ))
            }
            Stage::Undecided => {
                let next = post
                    .next_at
                    .map_or_else(|| "the next try".to_owned(), |next| at(next, now));
                Some(Verdict::undecided(
                    &id,
                    Problem::Undecided { next }.words(),
                    None,
                ))
            }
            _ => None,
        }
    }

    fn waiting(&self, account: &str) -> Verdict {
        let lost = self
            .accounts
            .iter()
            .find(|known| known.key == self.post.account);
        if let Some(AccountStatus::NeedsReauth(reason)) = lost.map(|account| &account.status) {
            let problem = Problem::AccessLost {
                account: account.to_owned(),
                why: why_lost(*reason).to_owned(),
            };
            return Verdict::access_lost(problem.words());
        }
        let problem = self
            .post
            .cause
            .as_ref()
            .map(|cause| trouble::waiting(cause, account, self.post.next_at, self.now));
        match problem {
            Some(problem @ (Problem::AccessLost { .. } | Problem::NotAllowed { .. })) => {
                Verdict::access_lost(problem.words())
            }
            Some(problem) => Verdict::waiting(problem.words()),
            None => Verdict::waiting(Words {
                title: "It waits".to_owned(),
                line: "It goes on by itself.".to_owned(),
                button: None,
            }),
        }
    }

    fn progress(&self, stage: Stage) -> Option<Progress> {
        let size = self.size()?;
        let (sent, total) = self.post.progress.unwrap_or((0, size));
        let todo = || Hop::sending(HopState::Todo, 0, size, "Not started");
        let done = || {
            let parts = parts(size);
            let words = if parts == 1 {
                format!("{} in one part", bytes(size))
            } else {
                format!("{} in {parts} parts", bytes(size))
            };
            Hop::sending(HopState::Done, size, size, words)
        };
        let (two, three) = match stage {
            Stage::Scheduled | Stage::Queued => (todo(), HopState::Todo),
            Stage::Waiting if self.post.progress.is_none() => (todo(), HopState::Todo),
            Stage::Waiting if is_sent(self.post) => (done(), HopState::Running),
            Stage::Waiting => (
                Hop::sending(HopState::Todo, sent, total, sent_line(sent, total)),
                HopState::Todo,
            ),
            Stage::Sending => (
                Hop::sending(HopState::Running, sent, total, sent_line(sent, total)),
                HopState::Todo,
            ),
            Stage::Processing => (done(), HopState::Running),
            Stage::Published | Stage::AwaitingUser => (done(), HopState::Done),
            Stage::Failed if is_sent(self.post) => (done(), HopState::Failed),
            Stage::Undecided if is_sent(self.post) => (done(), HopState::Todo),
            Stage::Failed | Stage::Undecided if self.post.progress.is_some() => (
                Hop::sending(HopState::Failed, sent, total, sent_line(sent, total)),
                HopState::Todo,
            ),
            _ => return None,
        };
        Some(Progress {
            line: match stage {
                Stage::Published => "TikTok has it. Nothing is left to do.",
                Stage::AwaitingUser => "TikTok has it. Finish it in the app.",
                Stage::Failed | Stage::Undecided => "",
                Stage::Processing => "You can close this page. It goes on without it.",
                _ => "You can close this page. The upload goes on without it.",
            },
            hops: [Hop::received(size), two, Hop::platform(three)],
        })
    }
}
