use super::{altered, ended_at, event, keep, kept, listed, none_claimed, numbers, ready};
use crate::{
    conformance::{
        Harness,
        fixtures::{UNICODE, at, named},
    },
    error::Result,
    store::{Backlog, EventState, EventStore, ReceivedEvent},
    webhook::EventSubject,
};

/// One event about each subject that there is a word for.
fn subjects() -> Vec<ReceivedEvent> {
    let text = |text: &str| text.to_owned();
    let subjects = [
        EventSubject::AccessRevoked,
        EventSubject::Comment {
            id: text(UNICODE),
            media: Some(text("\0")),
        },
        EventSubject::Comment {
            id: text("1"),
            media: None,
        },
        EventSubject::DeletionRequest { id: text("") },
        EventSubject::Media { id: text("2") },
        EventSubject::Mention {
            id: text("3"),
            media: Some(text("4")),
        },
        EventSubject::Other,
        EventSubject::Post {
            remote_id: named("long ".repeat(100)),
        },
    ];
    let events = (0..).zip(subjects);
    let events = events.map(|(number, subject)| altered(number, |event| event.subject = subject));
    events.collect()
}

/// From a newer release.
fn unknown(number: usize) -> ReceivedEvent {
    altered(number, |event| {
        event.subject = EventSubject::Unknown {
            word: "story".to_owned(),
            ids: Some("{\"id\": 18446744073709551616}".to_owned()),
        };
    })
}

/// What an event is about comes back as the verifier said it: waiting, claimed, done and dead.
pub async fn keeps_what_an_event_is_about(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    for state in [EventState::Dead, EventState::Done] {
        let store = harness.store().await;
        let all = subjects();
        keep(&*store, &all).await?;
        let waiting = listed(&*store, EventState::Waiting).await?;
        assert_eq!(waiting.iter().rev().map(kept).collect::<Vec<_>>(), all);
        let claims = store.claim(&ready(at(0))).await?;
        let claimed: Vec<_> = claims.iter().map(|claim| kept(&claim.record)).collect();
        assert_eq!(claimed, all, "as claimed");
        match state {
            EventState::Done => {
                store.complete(&claims, at(1)).await?;
            }
            _ => {
                for claim in &claims {
                    store.park(claim, at(1), &super::trouble()).await?;
                }
            }
        }
        let ended = listed(&*store, state).await?;
        assert_eq!(ended.iter().rev().map(kept).collect::<Vec<_>>(), all);
    }
    Ok(())
}

/// An event about something that only a newer release has a word for waits for that: it is kept as it is, listed and
/// counted apart, claimed by nobody, and in nobody's way.
pub async fn leaves_what_a_newer_release_knows(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &[unknown(1), event(2)]).await?;
    let mut expected = Backlog::default();
    (expected.ready, expected.unknown, expected.oldest) = (1, 1, Some(at(0)));
    assert_eq!(store.backlog(at(0)).await?, expected, "counted apart");
    let claims = store.claim(&ready(at(0))).await?;
    assert_eq!(super::numbers_of(&claims), [2], "the others go on");
    store.complete(&claims, at(1)).await?;
    none_claimed(&*store, at(9_999_999), "it is a newer release's").await?;
    assert_eq!(store.next_ready().await?, None, "nothing to wait for");
    let waiting = listed(&*store, EventState::Waiting).await?;
    assert_eq!(waiting.iter().map(kept).collect::<Vec<_>>(), [unknown(1)]);
    assert_eq!(store.insert(&[unknown(1)]).await?, [false], "it is known");
    ended_at(&*store, &[event(3)], EventState::Done, at(2)).await?;
    let done = listed(&*store, EventState::Done).await?;
    assert_eq!(numbers(&done), [3, 2]);
    Ok(())
}
