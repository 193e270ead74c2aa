//! What events note of a post, and what they leave.

use super::*;
use social_core::publish::Note;

fn cover() -> Note {
    Note::aside(Error::new(ErrorKind::Rejected, "the cover was refused"))
}

fn link(hidden: bool) -> PostLink {
    let link = PostLink::new("1", None);
    match hidden {
        true => link.hidden(DateTime::UNIX_EPOCH),
        false => link,
    }
}

fn tells(at: &Checkpoint, _: Option<&Outcome>, event: &VerifiedEvent) -> Option<Step> {
    let told = |hidden| {
        let outcome = Outcome::Published(vec![link(hidden)]);
        Step::settled(at.clone(), outcome, None)
    };
    match event.kind.as_str() {
        "cover" => Some(told(false).noting(cover())),
        "hidden" => Some(told(true)),
        _ => None,
    }
}

/// Whether they come at once or one after the other.
#[tokio::test]
async fn an_event_leaves_what_another_one_noted() {
    for at_once in [true, false] {
        let stage = Stage::open().await;
        let post = sent(&stage, "one").await;
        let social = process(&stage, tells).await;
        for (number, kind) in ["cover", "hidden", "hidden"].into_iter().enumerate() {
            send(&stage, &number.to_string(), kind, "1").await;
            if !at_once {
                round(&social).await.unwrap();
            }
        }
        round(&social).await.unwrap();
        let record = stage.load(&post).await;
        let hidden = Outcome::Published(vec![link(true)]);
        assert_eq!(record.outcome, Some(hidden), "at once: {at_once}");
        assert_eq!(record.notes, [cover()], "at once: {at_once}");
        let history = PostStore::history(&stage.store, &post.owner, post.id).await;
        let noted = |line: &social_core::store::HistoryEntry| line.notes == [cover()];
        assert!(history.unwrap().iter().any(noted), "the history has it");
    }
}

/// That nothing is there of what was there, no event says: the platform is asked.
#[tokio::test]
async fn an_event_takes_nothing_back_that_is_there() {
    let stage = Stage::open().await;
    let at = look(&["1"]).with_link(link(false));
    stage.reply(pending(at, 3_600));
    let post = stage.submit("one").await;
    stage.worker().run_once().await.unwrap();
    let social = process(&stage, |at, _, _| {
        let mut at = at.clone();
        at.links.clear();
        let error = Error::new(ErrorKind::Rejected, "it is gone");
        Some(Step::failed(at, error))
    })
    .await;
    send(&stage, "1", "gone", "1").await;
    stage.reply(pending(look(&["1"]).with_link(link(false)), 60));
    round(&social).await.unwrap();
    let record = stage.load(&post).await;
    assert_eq!(record.outcome, None, "it was asked: {:?}", stage.calls());
    assert_eq!(record.links(), [link(false)]);
    assert_eq!(
        stage.calls().last().map(String::as_str),
        Some("advance look")
    );
}
