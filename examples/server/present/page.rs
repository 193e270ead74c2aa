//! The page of one post.

use chrono::{DateTime, Utc};
use social_core::Post;
use social_core::model::{Account, AccountStatus};
use social_core::publish::{Outcome, PublishRequest};
use social_core::store::HistoryEntry;
use social_tiktok::{ChunkLimits, ChunkPlan, Privacy};

use super::account::{lost, name_of};
use super::asking::Asking;
use super::post::{Stage, badge, cause, is_fetched, is_sent, shown, stage};
use super::request::{audience, choices, consent_by, fetched_from, heading, is_inbox, kind};
use super::timeline::{self, Told, Word, entries};
use super::trouble::{self, at};
use crate::upload::Kept;
use crate::view::account::TIKTOK;
use crate::view::format::{bytes, clock_seconds, due};
use crate::view::link::Link;
use crate::view::problem::{Button, Problem, Words};
use crate::view::publish::audience_words;
use crate::view::shell::Shell;
use crate::view::timeline::{Ident, PostPage, Timeline, Verdict, sent_words};

mod progress;

/// Everything the page is made of.
#[derive(Debug)]
pub(crate) struct Given<'a> {
    pub(crate) post: &'a Post,
    pub(crate) request: &'a PublishRequest,
    pub(crate) history: &'a [HistoryEntry],
    pub(crate) accounts: &'a [Account],
    /// Whether TikTok can be asked what became of it.
    pub(crate) asking: Asking,
    /// What is known of the file.
    pub(crate) file: Option<&'a Kept>,
    /// The word of the person who settled it.
    pub(crate) by_person: Option<Word<'a>>,
    pub(crate) user: &'a str,
    pub(crate) now: DateTime<Utc>,
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
        let stage = shown(stage(post, now), self.hidden().is_some());
        let account = name_of(self.accounts, &post.account);
        let file = self.file_words();
        let fetched = fetched_from(self.request);
        let told = Told {
            post,
            stage,
            account: &account,
            consent_by: self.consent_by(),
            file: &file,
            fetched_from: fetched.as_deref(),
            is_inbox: is_inbox(self.request),
            hidden: self.hidden(),
            parts: self.size().map_or(1, parts),
            scheduled: self.request.not_before,
            by_person: self.by_person,
            asking: self.asking,
            is_held: shell.hold.is_some(),
            now,
        };
        let audience = audience(self.request);
        let audience = audience.map(|level| audience_words(level.as_str()).to_owned());
        let facts = [
            Some(account.clone()),
            Some("TikTok".to_owned()),
            Some(kind(self.request, self.file)),
            audience,
        ];
        let links = self.links();
        PostPage {
            shell,
            id: post.id.to_string(),
            title: heading(self.request, &post.caption),
            platform: TIKTOK,
            badge: badge(stage),
            facts: facts.into_iter().flatten().collect(),
            as_of: clock_seconds(now),
            verdict: self.verdict(stage, &account),
            notes: (post.notes.iter())
                .map(|note| trouble::noted(note, &account))
                .collect(),
            settle: stage == Stage::Undecided,
            is_there_in_part: !post.links.is_empty(),
            cancel: self.may_cancel(stage),
            open: links.first().filter(|_| stage == Stage::Published).cloned(),
            links,
            progress: self.progress(stage),
            timeline: Timeline::new(entries(&told, self.history), now),
            ids: self.idents(),
            link_line: self.link_line(stage),
            options: choices(self.request, &post.caption, now),
        }
    }

    fn consent_by(&self) -> &str {
        consent_by(self.request).unwrap_or(self.user)
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

    /// Until the last part is sent, or the platform has fetched it.
    fn may_cancel(&self, stage: Stage) -> bool {
        let working = matches!(
            stage,
            Stage::Scheduled | Stage::Queued | Stage::Waiting | Stage::Sending
        );
        let fetched = stage == Stage::Processing && is_fetched(self.post);
        (working || fetched) && !is_sent(self.post) && !self.post.cancel_requested
    }

    /// Every public address; an inbox post may become several, and some may be there while nobody can tell about the rest.
    fn links(&self) -> Vec<Link> {
        let links = self.post.links.iter();
        links
            .filter_map(|link| Link::parse(link.url.as_ref()?.as_str()))
            .collect()
    }

    fn link_line(&self, stage: Stage) -> &'static str {
        match stage {
            Stage::Failed | Stage::Missed | Stage::Cancelled => "None",
            Stage::Hidden => "No longer public",
            Stage::AwaitingUser => "Comes when you have posted it in the app",
            Stage::Published if is_inbox(self.request) => "Look at the profile: TikTok tells none",
            Stage::AnswerLost | Stage::Undecided => "Not known",
            _ if audience(self.request) == Some(Privacy::SelfOnly) => {
                "Visible to you only, so no link"
            }
            _ => "Comes after TikTok's review",
        }
    }

    fn idents(&self) -> Vec<Ident> {
        let ident = |name, value: Option<String>| value.map(|value| Ident { name, value });
        let published = self.post.links.iter().map(|link| Ident {
            name: "TikTok's post id",
            value: link.id.clone(),
        });
        let own = [
            ident("post id", Some(self.post.id.to_string())),
            ident(
                "publish id",
                (self.post.remote_ids.last()).map(ToString::to_string),
            ),
        ];
        own.into_iter().flatten().chain(published).collect()
    }

    /// Since when the platform says that it is not public any more.
    fn hidden(&self) -> Option<DateTime<Utc>> {
        self.post.outcome.as_ref()?.hidden_since()
    }

    fn verdict(&self, stage: Stage, account: &str) -> Option<Verdict> {
        let (post, now) = (self.post, self.now);
        let id = post.id.to_string();
        match stage {
            Stage::Waiting => Some(self.waiting(account)),
            Stage::AnswerLost => Some(self.answer_lost(account)),
            Stage::AwaitingUser => {
                Some(Verdict::awaiting_user(&id, account, self.asking.why_not()))
            }
            Stage::Hidden => {
                let since = self.hidden().map(|since| at(since, now));
                Some(Verdict::no_longer_public(since.as_deref()))
            }
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
                let doubted = timeline::is_doubted(self.history);
                Some(Verdict::cancelled(&id, &when, doubted))
            }
            Stage::Undecided => Some(Verdict::undecided(&id, self.not_known(), None)),
            _ => None,
        }
    }

    fn not_known(&self) -> Words {
        let next = self.post.next_at.map(|next| at(next, self.now));
        match self.asking.why_not() {
            None => Problem::Undecided { next }.words(),
            Some(why) => Problem::NotTold { why }.words(),
        }
    }

    /// Why the account must be connected again, if it must.
    fn access_lost(&self, account: &str) -> Option<Problem> {
        let mut known = self.accounts.iter();
        let known = known.find(|known| known.key == self.post.account);
        match known.map(|account| &account.status) {
            Some(AccountStatus::NeedsReauth(why)) => Some(lost(*why, account)),
            _ => None,
        }
    }

    /// It is looked for with the account's access, so that may have to come first.
    fn answer_lost(&self, account: &str) -> Verdict {
        let (cause, next) = (self.post.cause.as_ref(), self.post.next_at);
        let mut words = trouble::answer_lost(cause, next, self.now).words();
        let Some(lost) = self.access_lost(account) else {
            return Verdict::answer_lost(words, Vec::new());
        };
        words.line = format!(
            "It is not known whether TikTok did it. It is not sent again. {} Then TikTok is asked.",
            lost.words().line
        );
        Verdict::answer_lost(words, vec![Button::link("Reconnect", "/accounts")])
    }

    fn waiting(&self, account: &str) -> Verdict {
        if self.post.held_due_at.is_some() {
            return Verdict::waiting(Words {
                title: "Kept back".to_owned(),
                line: "This server may have lost its last minutes in a failover, and this may have been posted in them. \
                    Whoever runs it looks, and lets it go or cancels it. You can cancel it too."
                    .to_owned(),
                button: None,
            });
        }
        if let Some(problem) = self.access_lost(account) {
            return Verdict::access_lost(problem.words());
        }
        let (host, next) = (fetched_from(self.request), self.post.next_at);
        let problem = cause(self.post)
            .as_ref()
            .map(|cause| trouble::waiting(cause, account, host.as_deref(), next, self.now));
        match problem {
            Some(problem) if problem.is_access() => Verdict::access_lost(problem.words()),
            Some(problem) => Verdict::waiting(problem.words()),
            None => Verdict::waiting(Words {
                title: "It waits".to_owned(),
                line: "It goes on by itself.".to_owned(),
                button: None,
            }),
        }
    }
}
