use serde_json::json;
use social_core::conformance::named;
use social_core::{ErrorKind, webhook::VerifiedEvent};

use super::*;
use crate::publish::state::Creator;

pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

pub(super) fn event(name: &str, more: serde_json::Value) -> VerifiedEvent {
    let mut content = json!({ "publish_id": "p" });
    for (key, value) in more.as_object().unwrap() {
        content[key] = value.clone();
    }
    let body = json!({
        "client_key": "k", "event": name, "create_time": 1, "user_openid": "o", "content": content.to_string(),
    });
    let subject = EventSubject::post("p");
    VerifiedEvent::new(
        PLATFORM,
        named("k"),
        "id",
        name,
        body.to_string().into_bytes(),
    )
    .about(subject)
}

pub(super) fn at(mode: Mode) -> Checkpoint {
    let mut state = State::default();
    state.way.mode = mode;
    state.creator = Some(Creator {
        username: Some("ann".to_owned()),
        ..Creator::default()
    });
    state.checkpoint(step::STATUS, Some(&named("p"))).unwrap()
}

fn after(outcome: Option<&Outcome>, name: &str, more: serde_json::Value) -> Option<Outcome> {
    match apply(&at(Mode::Direct), outcome, &event(name, more), now())? {
        Step::Settled { outcome, .. } => Some(outcome),
        Step::Pending { after, .. } => panic!("pending, {after:?}"),
    }
}

pub(super) fn published(ids: &[&str]) -> Outcome {
    let url = |id: &str| {
        format!("https://www.tiktok.com/@ann/video/{id}")
            .parse()
            .ok()
    };
    let links = ids.iter().map(|id| PostLink::new(*id, url(id)));
    Outcome::Published(links.collect())
}

/// A post that nobody can see since that second.
fn hidden(id: &str, since: i64) -> PostLink {
    PostLink::new(id, None).hidden(DateTime::from_timestamp(since, 0).unwrap())
}

pub(super) const COMPLETE: &str = "post.publish.complete";
pub(super) const FAILED: &str = "post.publish.failed";
pub(super) const INBOX: &str = "post.publish.inbox_delivered";
pub(super) const PUBLIC: &str = "post.publish.publicly_available";
pub(super) const HIDDEN: &str = "post.publish.no_longer_publicaly_available";

#[test]
fn a_post_is_published_and_gets_its_link_later() {
    assert_eq!(after(None, COMPLETE, json!({})), Some(published(&[])));
    let linked = after(Some(&published(&[])), PUBLIC, json!({"post_id": "7"}));
    assert_eq!(linked, Some(published(&["7"])));
    let number = json!({"post_id": 7_602_990_000_000_000_003_i64});
    let second = after(Some(&published(&["7"])), PUBLIC, number);
    assert_eq!(
        second,
        Some(published(&["7", "7602990000000000003"])),
        "several posts of one draft"
    );
    let first = after(None, PUBLIC, json!({"post_id": "7"}));
    assert_eq!(
        first,
        Some(published(&["7"])),
        "the events may come in any order"
    );
}

#[test]
fn what_says_nothing_new_changes_nothing() {
    assert_eq!(after(Some(&published(&["7"])), COMPLETE, json!({})), None);
    let same = json!({"post_id": "7"});
    assert_eq!(after(Some(&published(&["7"])), PUBLIC, same.clone()), None);
    let turned = Outcome::Published({
        let Outcome::Published(mut links) = published(&["7", "8"]) else {
            panic!("published")
        };
        links.reverse();
        links
    });
    assert_eq!(
        after(Some(&turned), PUBLIC, same),
        None,
        "in whatever order"
    );
    let unseen = Outcome::Published(vec![hidden("7", 1)]);
    assert_eq!(after(Some(&unseen), HIDDEN, json!({"post_id": "7"})), None);
    assert_eq!(after(Some(&Outcome::AwaitingUser), INBOX, json!({})), None);
    assert_eq!(after(Some(&published(&[])), INBOX, json!({})), None);
}

#[test]
fn a_late_failure_never_takes_a_post_back() {
    let reason = json!({"reason": "spam_risk"});
    assert_eq!(after(Some(&published(&[])), FAILED, reason.clone()), None);
    assert_eq!(
        after(Some(&Outcome::Cancelled), FAILED, reason.clone()),
        None
    );
    match after(Some(&Outcome::AwaitingUser), FAILED, reason.clone()) {
        Some(Outcome::Failed(error)) => {
            assert_eq!(
                (error.kind(), error.code()),
                (ErrorKind::Rejected, Some("spam_risk"))
            );
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        after(Some(&Outcome::Undecided), FAILED, reason),
        Some(Outcome::Failed(_))
    ));
}

/// Two events about one post: the later one counts, whichever comes first.
#[test]
fn the_latest_event_about_a_post_counts() {
    let sent = |name: &str, second: i64| {
        let mut event = event(name, json!({"post_id": "7"}));
        event.occurred_at = DateTime::from_timestamp(second, 0);
        event
    };
    let run = |events: &[VerifiedEvent]| {
        let (mut at, mut outcome) = (at(Mode::Direct), None);
        let mut changes = 0;
        for event in events {
            if let Some(Step::Settled {
                checkpoint,
                outcome: next,
                ..
            }) = apply(&at, outcome.as_ref(), event, now())
            {
                (at, outcome) = (checkpoint, Some(next));
                changes += 1;
            }
        }
        (outcome, changes)
    };
    let unseen = Some(Outcome::Published(vec![hidden("7", 20)]));
    let (shows, hides) = (sent(PUBLIC, 10), sent(HIDDEN, 20));
    let both = [shows.clone(), hides.clone()];
    assert_eq!(run(&both), (unseen.clone(), 2));
    let turned = [hides.clone(), shows.clone()];
    assert_eq!(
        run(&turned),
        (unseen, 1),
        "what is old news changes nothing"
    );
    let again = [hides, sent(PUBLIC, 30), shows];
    assert_eq!(run(&again), (Some(published(&["7"])), 2));
}

#[test]
fn a_post_that_was_told_to_have_failed_may_still_be_one() {
    for wrong in [
        Outcome::Failed(classify::fail_reason(Some("internal"))),
        Outcome::Cancelled,
    ] {
        assert_eq!(
            after(Some(&wrong), COMPLETE, json!({})),
            Some(published(&[]))
        );
        let id = json!({"post_id": "7"});
        assert_eq!(after(Some(&wrong), PUBLIC, id), Some(published(&["7"])));
    }
}

#[test]
fn a_failure_of_a_post_in_the_works_makes_its_worker_ask() {
    let failed = event(FAILED, json!({"reason": "internal"}));
    match apply(&at(Mode::Direct), None, &failed, now()) {
        Some(Step::Pending {
            checkpoint, after, ..
        }) => {
            assert_eq!(
                (checkpoint.step.as_str(), after),
                (step::STATUS, Duration::ZERO)
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_undecided_post_is_decided() {
    let undecided = Some(&Outcome::Undecided);
    assert_eq!(after(undecided, COMPLETE, json!({})), Some(published(&[])));
    assert_eq!(
        after(undecided, INBOX, json!({})),
        Some(Outcome::AwaitingUser)
    );
}

#[test]
fn what_is_no_longer_public_stays_published() {
    let unseen = after(
        Some(&published(&["7", "8"])),
        HIDDEN,
        json!({"post_id": "7"}),
    );
    let Some(Outcome::Published(links)) = unseen else {
        panic!("{unseen:?}");
    };
    let shown: Vec<_> = links
        .iter()
        .map(|link| (link.id.as_str(), link.url.is_some()))
        .collect();
    assert_eq!(shown, [("7", false), ("8", true)]);
    let again = after(
        Some(&Outcome::Published(links)),
        PUBLIC,
        json!({"post_id": "7"}),
    );
    assert_eq!(
        again,
        Some(published(&["7", "8"])),
        "and may become public again"
    );
    let early = after(None, HIDDEN, json!({"post_id": "7"}));
    let unseen = Outcome::Published(vec![hidden("7", 1)]);
    assert_eq!(early, Some(unseen), "what is no longer public was a post");
    let all = after(Some(&published(&["7", "8"])), HIDDEN, json!({}));
    let unseen = ["7", "8"].map(|id| hidden(id, 1));
    assert_eq!(all, Some(Outcome::Published(unseen.to_vec())));
}

#[test]
fn events_of_other_posts_and_unknown_events_change_nothing() {
    let mut other = event(COMPLETE, json!({}));
    other.subject = EventSubject::Post {
        remote_id: named("q"),
    };
    assert!(apply(&at(Mode::Direct), None, &other, now()).is_none());
    let mut unsent = at(Mode::Direct);
    unsent.remote_ids.clear();
    let mut nameless = event(COMPLETE, json!({}));
    nameless.subject = EventSubject::Other;
    assert!(apply(&unsent, None, &nameless, now()).is_none());
    assert_eq!(after(None, "brand.new", json!({})), None);
}
