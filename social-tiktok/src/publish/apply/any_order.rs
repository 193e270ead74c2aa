//! Whatever order events and answers come in, and how often: one state in the end, and never back from a post.

use proptest::prelude::*;
use serde_json::json;
use social_core::publish::journal::{Asked, Follow, Patience, Standing, after_look, after_step};

use super::{
    tests::{COMPLETE, FAILED, HIDDEN, INBOX, PUBLIC, at, event, now},
    *,
};
use crate::{classify::fail_reason, wire::PublishState};

/// What the platform says about a post.
#[derive(Clone, Debug, PartialEq)]
enum Word {
    Complete,
    Failed,
    Hidden(u8, i64),
    Inbox,
    Public(u8, i64),
    /// An answer of the status, with posts of which no event tells: an answer has no time that could be compared.
    Status(PublishState, Vec<u8>),
}

/// A post as the journal keeps it.
#[derive(Clone)]
struct Kept {
    at: Checkpoint,
    outcome: Option<Outcome>,
}

impl Kept {
    fn new() -> Self {
        Self {
            at: at(Mode::Direct),
            outcome: None,
        }
    }

    fn hears(&mut self, word: &Word) {
        let step = match word {
            Word::Status(state, posts) => return self.looks(state, posts),
            Word::Complete => self.applies(COMPLETE, json!({}), 0),
            Word::Failed => self.applies(FAILED, json!({"reason": "internal"}), 0),
            Word::Inbox => self.applies(INBOX, json!({}), 0),
            Word::Public(id, at) => self.applies(PUBLIC, json!({"post_id": id}), *at),
            Word::Hidden(id, at) => self.applies(HIDDEN, json!({"post_id": id}), *at),
        };
        match step {
            Some(Step::Settled {
                checkpoint,
                outcome,
                ..
            }) => {
                self.at = checkpoint;
                self.outcome = Some(outcome);
            }
            Some(Step::Pending { checkpoint, .. }) => {
                assert!(self.outcome.is_none(), "an outcome is never taken back");
                self.at = checkpoint;
            }
            None => {}
        }
    }

    fn applies(&self, name: &str, more: serde_json::Value, second: i64) -> Option<Step> {
        let mut event = event(name, more);
        event.occurred_at = DateTime::from_timestamp(second, 0);
        apply(&self.at, self.outcome.as_ref(), &event, now())
    }

    /// As the worker does with an answer of the status.
    fn looks(&mut self, answer: &PublishState, posts: &[u8]) {
        let state = State::read(&self.at).unwrap();
        let ids: Vec<String> = posts.iter().map(u8::to_string).collect();
        let outcome = match answer {
            PublishState::Complete => Outcome::Published(status::links(&state, &ids)),
            PublishState::SentToInbox => Outcome::AwaitingUser,
            PublishState::Failed => Outcome::Failed(fail_reason(Some("internal"))),
            _ => return,
        };
        let looked = Ok(Step::settled(self.at.clone(), outcome, None));
        let standing = Standing::new(&self.at, chrono::DateTime::UNIX_EPOCH);
        let written = match &self.outcome {
            Some(known) => after_look(known, &standing, looked),
            None => after_step(Asked::Advance, &standing, looked, Patience::default()),
        };
        if let Follow::Settle(outcome, _) = written.next {
            self.outcome = Some(outcome);
        }
    }

    /// Its outcome as a person reads it: links in no order.
    fn shows(&self) -> String {
        match &self.outcome {
            Some(Outcome::Published(links)) => {
                let mut links: Vec<_> = links
                    .iter()
                    .map(|link| (link.id.clone(), link.url.is_some()))
                    .collect();
                links.sort();
                format!("{links:?}")
            }
            Some(Outcome::Failed(_)) => "failed".to_owned(),
            other => format!("{other:?}"),
        }
    }
}

/// What the status says once everything has been heard.
fn truth(words: &[Word]) -> Word {
    let posted = words.iter().any(|word| {
        matches!(word, Word::Complete | Word::Public(..) | Word::Hidden(..))
            || matches!(word, Word::Status(PublishState::Complete, _))
    });
    let has = |known: &Word| words.contains(known);
    let failed = Word::Status(PublishState::Failed, Vec::new());
    let inbox = Word::Status(PublishState::SentToInbox, Vec::new());
    if posted {
        Word::Status(PublishState::Complete, Vec::new())
    } else if has(&Word::Failed) || has(&failed) {
        failed
    } else if has(&Word::Inbox) || has(&inbox) {
        inbox
    } else {
        Word::Status(PublishState::ProcessingDownload, Vec::new())
    }
}

fn event_word() -> impl Strategy<Value = Word> {
    prop_oneof![
        Just(Word::Complete),
        Just(Word::Failed),
        Just(Word::Inbox),
        (1..4_u8, 1..6_i64).prop_map(|(id, at)| Word::Public(id, at)),
        (1..4_u8, 1..6_i64).prop_map(|(id, at)| Word::Hidden(id, at)),
    ]
}

fn any_word() -> impl Strategy<Value = Word> {
    let status = (
        prop_oneof![
            Just(PublishState::Complete),
            Just(PublishState::SentToInbox),
            Just(PublishState::Failed),
            Just(PublishState::ProcessingDownload),
            Just(PublishState::Other("BRAND_NEW".to_owned())),
        ],
        proptest::collection::vec(4..7_u8, 0..3),
    )
        .prop_map(|(state, mut posts)| {
            // The platform names posts only when there are any.
            if state != PublishState::Complete {
                posts.clear();
            }
            posts.sort_unstable();
            posts.dedup();
            Word::Status(state, posts)
        });
    prop_oneof![2 => event_word(), 1 => status]
}

/// Words, and the same in another order and some of them twice.
fn turned() -> impl Strategy<Value = (Vec<Word>, Vec<Word>)> {
    let words = proptest::collection::vec(any_word(), 1..8);
    words.prop_flat_map(|words| {
        let again = proptest::collection::vec(0..words.len(), 0..4);
        let all = again.prop_map({
            let words = words.clone();
            move |again| {
                let mut all = words.clone();
                all.extend(again.into_iter().map(|at| words[at].clone()));
                all
            }
        });
        (Just(words), all.prop_shuffle())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_leads_back_from_a_post(words in proptest::collection::vec(any_word(), 1..20)) {
        let mut kept = Kept::new();
        let mut ids = 0;
        let mut posted = false;
        for word in &words {
            kept.hears(word);
            let links = match &kept.outcome {
                Some(Outcome::Published(links)) => Some(links.len()),
                _ => None,
            };
            prop_assert!(links.is_some() || !posted, "{word:?} took the post back");
            posted |= links.is_some();
            let now = links.unwrap_or_default();
            prop_assert!(now >= ids, "{word:?} lost a post");
            ids = now;
        }
    }

    #[test]
    fn the_same_words_in_any_order_and_number_lead_to_the_same_state((words, other) in turned()) {
        let end = |heard: &[Word]| {
            let mut kept = Kept::new();
            for word in heard {
                kept.hears(word);
            }
            // A post whose end is not known is asked for until it is, as the worker does.
            kept.hears(&truth(&words));
            kept.shows()
        };
        prop_assert_eq!(end(&words), end(&other));
    }
}
