//! A post's history as rows of its timeline.

use chrono::{DateTime, Utc};
use social_core::Post;
use social_core::publish::Outcome;
use social_core::store::{HistoryEntry, HistoryKind};
use social_core::{Error, Remedy};

use super::asking::Asking;
use super::post::{HELD, Stage, is_sent};
use super::trouble::{self, at};
use crate::view::format::due;
use crate::view::link::Link;
use crate::view::timeline::Entry;

/// What the rows need beside the history.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    pub(crate) post: &'a Post,
    pub(crate) stage: Stage,
    pub(crate) account: &'a str,
    pub(crate) consent_by: &'a str,
    /// Size and form of the file in words.
    pub(crate) file: &'a str,
    /// In how many parts the file is sent.
    pub(crate) parts: u64,
    /// The host that the platform fetches the media from.
    pub(crate) fetched_from: Option<&'a str>,
    /// The person finishes it in the app.
    pub(crate) is_inbox: bool,
    /// Since when it is not public any more.
    pub(crate) hidden: Option<DateTime<Utc>>,
    pub(crate) scheduled: Option<DateTime<Utc>>,
    /// Who settled it, if a person did.
    pub(crate) by_person: Option<Word<'a>>,
    pub(crate) asking: Asking,
    /// Nothing is sent now, whatever it is.
    pub(crate) is_held: bool,
    pub(crate) now: DateTime<Utc>,
}

/// The word of a person who has looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    pub(crate) by: &'a str,
    pub(crate) is_there: bool,
    /// Some of it was known to be there: the word is about what is missing.
    pub(crate) of_the_rest: bool,
}

impl Word<'_> {
    fn verdict(self) -> &'static str {
        match (self.is_there, self.of_the_rest) {
            (true, _) => "It is there.",
            (false, false) => "It is not there.",
            (false, true) => "The rest of it is not there.",
        }
    }
}

/// Names of the steps of a TikTok post.
mod step {
    pub(super) const CREATOR: &str = "creator";
    pub(super) const INIT: &str = "init";
    pub(super) const UPLOAD: &str = "upload";
}

/// Oldest first, then what goes on and what comes.
pub(crate) fn entries(told: &Told<'_>, history: &[HistoryEntry]) -> Vec<Entry> {
    let last_outcome = history
        .iter()
        .rposition(|line| line.kind == HistoryKind::Settled);
    let first_outcome = history
        .iter()
        .position(|line| line.kind == HistoryKind::Settled);
    let last_upload = history
        .iter()
        .rposition(|line| line.kind == HistoryKind::Advanced && line.step == step::UPLOAD);
    let doubted = is_doubted(history);
    let mut entries = Vec::new();
    let mut once = Once::Settled;
    for (index, line) in history.iter().enumerate() {
        let place = Place {
            is_last: Some(index) == last_outcome,
            is_first: first_outcome == Some(index),
            ends_upload: last_upload == Some(index),
            doubted,
            once,
        };
        rows(told, line, place, &mut entries);
        once = once.after(line);
    }
    entries.extend(told.hidden.map(Entry::no_longer_public));
    going_on(told, &mut entries);
    entries
}

/// Whether it was kept back until the end, since it may have been posted before.
pub(crate) fn is_doubted(history: &[HistoryEntry]) -> bool {
    let mut words = history.iter().rev().map(|line| line.kind);
    words.find(|kind| matches!(kind, HistoryKind::Held | HistoryKind::Released))
        == Some(HistoryKind::Held)
}

/// A line among the others.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Of the outcomes: a later one is better, or a person's word.
    is_first: bool,
    is_last: bool,
    /// After it no more was sent.
    ends_upload: bool,
    /// It was kept back until the end.
    doubted: bool,
    once: Once,
}

/// What is known of a call that counts once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Once {
    /// None was made, or what became of it is known.
    Settled,
    /// It was made, and its answer is waited for.
    Asked,
    /// Its answer is lost.
    Lost,
}

impl Once {
    fn after(self, line: &HistoryEntry) -> Self {
        let lost = |error: &Error| *error.remedy() == Remedy::Reconcile;
        match (line.kind, self) {
            (HistoryKind::Started, _) => Self::Asked,
            (HistoryKind::TakenOver, Self::Asked) => Self::Lost,
            (HistoryKind::Troubled, Self::Asked) if line.error.as_ref().is_some_and(lost) => {
                Self::Lost
            }
            // It was certainly not carried out.
            (HistoryKind::Troubled, Self::Asked) => Self::Settled,
            (HistoryKind::Advanced | HistoryKind::Reconciled | HistoryKind::Settled, _) => {
                Self::Settled
            }
            (_, same) => same,
        }
    }
}

fn rows(told: &Told<'_>, line: &HistoryEntry, place: Place, entries: &mut Vec<Entry>) {
    let when = line.at;
    match line.kind {
        HistoryKind::Submitted => {
            entries.push(Entry::accepted(when, told.consent_by));
            if !told.file.is_empty() {
                entries.push(Entry::file_received(when, told.file));
            }
            if let Some(time) = told.scheduled {
                entries.push(Entry::scheduled(when, &due(time, told.now)));
            }
        }
        HistoryKind::Held => entries.push(Entry::put_off(when, HELD)),
        HistoryKind::Restored => entries.push(Entry::restored(when)),
        HistoryKind::Started => entries.push(Entry::asked_to_start(when, true)),
        HistoryKind::Advanced => entries.extend(advanced(told, line, place)),
        HistoryKind::Troubled => {
            let error = line.error.as_ref();
            entries.extend(error.map(|error| troubled(told, when, error, place.once)));
        }
        HistoryKind::TakenOver => entries.push(Entry::took_over(when, None)),
        // Nobody was asked where nobody could be.
        HistoryKind::Reconciled if told.asking == Asking::NotTold => {}
        HistoryKind::Reconciled => {
            entries.push(Entry::asked_again(
                when,
                "It was looked for before anything else was done.",
            ));
        }
        // What nobody had begun was cancelled in the same moment.
        HistoryKind::CancelRequested if told.post.settled_at == Some(when) => {}
        HistoryKind::CancelRequested => entries.push(Entry::cancel_asked(when)),
        HistoryKind::Settled => entries.extend(settled(told, line, place)),
        _ => {}
    }
}

fn troubled(told: &Told<'_>, when: DateTime<Utc>, error: &Error, once: Once) -> Entry {
    let raw = trouble::raw(error);
    if once == Once::Asked && *error.remedy() == Remedy::Reconcile {
        let problem = trouble::answer_lost(Some(error), None, told.now);
        return Entry::answer_lost(when, &problem.words().title, &problem.afterwards(), raw);
    }
    let line =
        trouble::waiting(error, told.account, told.fetched_from, None, told.now).afterwards();
    match (once, error.remedy()) {
        (Once::Lost, _) => Entry::question_failed(when, &line, raw),
        (_, Remedy::After { .. }) => Entry::put_off(when, &line),
        _ => Entry::trouble(when, &line, raw),
    }
}

fn advanced(told: &Told<'_>, line: &HistoryEntry, place: Place) -> Vec<Entry> {
    match line.step.as_str() {
        // What is finished in the app is chosen there: nobody was asked.
        step::CREATOR if told.is_inbox => Vec::new(),
        step::CREATOR => vec![Entry::creator_asked(line.at)],
        step::INIT => {
            let accepted = Entry::platform_accepted(line.at, None, None);
            let host = told.fetched_from;
            let fetching = host.map(|host| Entry::fetching(line.at, host));
            [Some(accepted), fetching].into_iter().flatten().collect()
        }
        // The step ends too when a part did not get through and TikTok is asked how far it has come.
        step::UPLOAD if place.ends_upload && has_all(told) => vec![
            Entry::parts_sent(line.at, 1, told.parts),
            Entry::processing(line.at),
        ],
        _ => Vec::new(),
    }
}

/// Whether the platform has every byte, as far as is known: it took them, or says what became of them.
fn has_all(told: &Told<'_>) -> bool {
    let decided = matches!(
        told.post.outcome,
        Some(Outcome::Published(_) | Outcome::AwaitingUser)
    );
    decided || is_sent(told.post)
}

/// The last outcome is the post's own. An earlier one was followed by a better one.
fn settled(told: &Told<'_>, line: &HistoryEntry, place: Place) -> Vec<Entry> {
    let outcome = told.post.outcome.as_ref();
    if let (true, Some(word)) = (place.is_last, told.by_person) {
        return vec![Entry::settled_by(line.at, word.by, word.verdict())];
    }
    if !place.is_last {
        return match outcome {
            // What is finished in the app was handed over before it was anything else.
            _ if told.is_inbox && place.is_first && line.error.is_none() => {
                vec![Entry::in_the_inbox(line.at)]
            }
            Some(Outcome::Published(links)) if !links.is_empty() && line.error.is_none() => {
                vec![Entry::published(line.at, None)]
            }
            _ => vec![Entry::undecided(line.at)],
        };
    }
    match outcome {
        Some(Outcome::Published(links)) => {
            let links: Vec<Link> = links
                .iter()
                .filter_map(|link| Link::parse(link.url.as_ref()?.as_str()))
                .collect();
            // A link that came later: the word has its row already, unless it was in the inbox until now.
            let published = (place.is_first || links.is_empty() || told.is_inbox)
                .then(|| Entry::published(line.at, None));
            let known = links
                .into_iter()
                .map(|link| Entry::link_known(line.at, link));
            published.into_iter().chain(known).collect()
        }
        Some(Outcome::Failed(_)) if told.stage == Stage::Missed => {
            let was_due = told
                .scheduled
                .map_or_else(|| "earlier".to_owned(), |time| due(time, told.now));
            vec![Entry::missed(line.at, &was_due)]
        }
        Some(Outcome::Failed(error)) => {
            let words = trouble::failed(error, told.account);
            vec![Entry::failed(line.at, &words.line, trouble::raw(error))]
        }
        Some(Outcome::Cancelled) => vec![Entry::cancelled(line.at, place.doubted)],
        Some(Outcome::AwaitingUser) => vec![Entry::in_the_inbox(line.at)],
        _ => vec![Entry::undecided(line.at)],
    }
}

fn going_on(told: &Told<'_>, entries: &mut Vec<Entry>) {
    let post = told.post;
    let next = post
        .next_at
        .filter(|next| *next > told.now)
        .map(|next| at(next, told.now));
    match told.stage {
        Stage::Queued | Stage::Scheduled | Stage::Waiting if told.is_held => {
            entries.push(Entry::then(
                "go on",
                "When this server may send again: see above.",
            ));
        }
        Stage::Queued => entries.push(Entry::then("start", "As soon as a worker is free.")),
        Stage::Scheduled => entries.push(Entry::then("start", "At its time.")),
        Stage::Waiting if post.held_due_at.is_some() => entries.push(Entry::then(
            "start",
            "When whoever runs this server has looked whether it was posted before a failover.",
        )),
        Stage::Waiting => {
            let when = next.map_or_else(
                || "As soon as it can.".to_owned(),
                |next| format!("At {next}."),
            );
            entries.push(Entry::then("try again", &when));
        }
        Stage::AnswerLost => {
            let when = next.map_or_else(
                || "As soon as it can be. It is not sent again.".to_owned(),
                |next| format!("At {next}. It is not sent again."),
            );
            entries.push(Entry::then("ask TikTok whether it did it", &when));
        }
        Stage::Sending if post.cancel_requested => entries.push(Entry::now("Stopping")),
        Stage::Sending => {
            entries.push(Entry::now("Sending to TikTok"));
            entries.push(Entry::then(
                "ask TikTok how it went",
                "After a second, then less often, for up to 24 hours.",
            ));
        }
        Stage::AwaitingUser => {
            let when = match (told.asking.why_not(), next) {
                (Some(why), _) => why.to_owned(),
                (None, Some(next)) => format!(
                    "TikTok is asked at {next} whether you have posted it, and whenever it sends word."
                ),
                (None, None) => {
                    "TikTok is asked when it sends word, or when you want it.".to_owned()
                }
            };
            entries.push(Entry::then("finish it in the TikTok app", &when));
        }
        Stage::Processing if is_sent(post) || told.fetched_from.is_some() => {
            entries.push(Entry::now("TikTok is checking"));
            let when = next.map_or_else(String::new, |next| format!("At {next}."));
            entries.push(Entry::then("ask TikTok how it went", &when));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use social_core::ErrorKind;

    use super::*;

    fn line(kind: HistoryKind, remedy: Option<Remedy>) -> HistoryEntry {
        let mut line = HistoryEntry::new(DateTime::UNIX_EPOCH, kind, step::INIT);
        line.error =
            remedy.map(|remedy| Error::new(ErrorKind::Unavailable, "x").with_remedy(remedy));
        line
    }

    #[test]
    fn what_counts_once_is_lost_until_somebody_was_told() {
        use HistoryKind::{Advanced, Reconciled, Settled, Started, TakenOver, Troubled};
        let after = |lines: &[(HistoryKind, Option<Remedy>)]| {
            lines.iter().fold(Once::Settled, |once, (kind, remedy)| {
                once.after(&line(*kind, remedy.clone()))
            })
        };
        let lost = Some(Remedy::Reconcile);
        for (lines, expected) in [
            (vec![(Troubled, lost.clone())], Once::Settled),
            (vec![(Started, None)], Once::Asked),
            (vec![(Started, None), (Troubled, lost.clone())], Once::Lost),
            (vec![(Started, None), (TakenOver, None)], Once::Lost),
            // Certainly not carried out.
            (
                vec![(Started, None), (Troubled, Some(Remedy::Backoff))],
                Once::Settled,
            ),
            // The question failed, which tells nothing.
            (
                vec![
                    (Started, None),
                    (Troubled, lost.clone()),
                    (Troubled, Some(Remedy::Backoff)),
                ],
                Once::Lost,
            ),
            (
                vec![
                    (Started, None),
                    (Troubled, lost.clone()),
                    (Reconciled, None),
                ],
                Once::Settled,
            ),
            (vec![(Started, None), (Advanced, None)], Once::Settled),
            (
                vec![(Started, None), (Troubled, lost), (Settled, None)],
                Once::Settled,
            ),
        ] {
            assert_eq!(after(&lines), expected, "{lines:?}");
        }
    }
}
