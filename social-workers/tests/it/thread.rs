//! A request of which part is there already: a first post whose answer is missing, whatever ends the work on the rest.

use std::time::Duration;

use serde_json::json;
use social_core::{
    Error, ErrorKind, Post, Reason, Remedy, Submission,
    conformance::named,
    publish::{Checkpoint, Exposure, MissedPolicy, Note, NoteKind, Outcome, PostLink, Step},
    store::{Cancelled, HistoryKind, PostRecord, PostState, PostStore},
};
use social_workers::PublishSettings;

use crate::stage::{OWNER, Reply, SETTLE, Stage, published};

const DAY: Duration = Duration::from_secs(86_400);

fn first() -> Vec<PostLink> {
    let url = "https://example.com/1".parse().ok();
    vec![PostLink::new("1", url)]
}

/// The first part is there; the second is sent next.
fn second() -> Checkpoint {
    let at = Checkpoint::new("second", 1, json!({})).once(SETTLE);
    let at = at.with_remote_id(named("1"));
    first().into_iter().fold(at, Checkpoint::with_link)
}

fn second_at_once() -> Reply {
    Reply::Step(Step::pending(second(), Duration::ZERO))
}

fn refused() -> Error {
    Error::new(ErrorKind::Rejected, "the second part is too long").with_remedy(Remedy::Never)
}

/// A post whose first part is there, and whose second is sent in a minute.
async fn half(stage: &Stage) -> Submission {
    let after = Duration::from_secs(60);
    stage.reply(Reply::Step(Step::pending(second(), after)));
    let post = stage.submit("a").await;
    stage.worker().run_once().await.unwrap();
    let status = Post::from(stage.load(&post).await);
    assert_eq!((status.state, status.links), (PostState::Working, first()));
    post
}

/// It is published with the first part, and one note says that the rest is missing, and why.
#[track_caller]
fn is_half(post: &PostRecord) -> Error {
    assert_eq!(post.outcome, Some(Outcome::Published(first())));
    assert_eq!(post.links(), first());
    let [note] = post.notes.as_slice() else {
        panic!("one note: {:?}", post.notes)
    };
    assert_eq!(note.kind, NoteKind::Rest);
    note.cause.clone()
}

async fn settled_lines(stage: &Stage, post: &Submission) -> Vec<Vec<Note>> {
    let lines = stage.store.history(&OWNER, post.id).await.unwrap();
    let settled = lines
        .into_iter()
        .filter(|line| line.kind == HistoryKind::Settled);
    settled.map(|line| line.notes).collect()
}

#[tokio::test]
async fn a_second_part_that_is_refused_leaves_the_first() {
    let stage = Stage::open().await;
    let post = half(&stage).await;
    stage.reply(Reply::Error(refused()));
    stage.finish(&post).await;
    let record = stage.load(&post).await;
    assert_eq!(is_half(&record), refused());
    assert_eq!(record.next_at, None, "nobody goes on with it");
    let noted = settled_lines(&stage, &post).await;
    assert_eq!(noted, std::slice::from_ref(&record.notes), "the history");
    let status = Post::from(record.clone()).to_string();
    assert_eq!(
        status,
        "published, https://example.com/1; the rest is missing: the second part is too long"
    );
    let again = stage.submit("a").await;
    assert!(!again.is_new, "the same key is the same post");
}

#[tokio::test]
async fn a_second_part_that_is_lost_leaves_the_first_to_be_seen() {
    let stage = Stage::open().await;
    let post = half(&stage).await;
    let lost = Error::new(ErrorKind::Timeout, "no answer").with_remedy(Remedy::Reconcile);
    stage.reply(Reply::Error(lost));
    let several = Error::new(ErrorKind::Rejected, "two posts look like it");
    let note = Note::candidates(
        several,
        vec![PostLink::new("8", None), PostLink::new("9", None)],
    );
    let step = Step::settled(second(), Outcome::Undecided, None).noting(note.clone());
    stage.reply(Reply::Step(step));
    assert_eq!(stage.finish(&post).await, Outcome::Undecided);
    let record = stage.load(&post).await;
    assert_eq!(
        (record.links(), &record.notes),
        (&*first(), &vec![note.clone()])
    );
    let status = Post::from(record.clone()).to_string();
    assert_eq!(
        status,
        "undecided; it is not sent again; part of it is there, https://example.com/1; two posts look like it"
    );
    // Somebody has looked: the second part is not there.
    let absent = Outcome::Failed(refused());
    let by = Some("ann");
    stage
        .social
        .resolve(&OWNER, post.id, &absent, by)
        .await
        .unwrap();
    let record = stage.load(&post).await;
    assert_eq!(is_half(&record), refused());
    let asked_and_answered = [vec![note], record.notes.clone()];
    assert_eq!(settled_lines(&stage, &post).await, asked_and_answered);
}

#[tokio::test]
async fn what_somebody_finds_is_there_beside_the_first() {
    let stage = Stage::open().await;
    let post = half(&stage).await;
    let step = Step::settled(second(), Outcome::Undecided, None);
    stage.reply(Reply::Step(step));
    assert_eq!(stage.finish(&post).await, Outcome::Undecided);
    let found = Outcome::Published(vec![PostLink::new("2", None)]);
    stage
        .social
        .resolve(&OWNER, post.id, &found, None)
        .await
        .unwrap();
    let record = stage.load(&post).await;
    let both = [first(), vec![PostLink::new("2", None)]].concat();
    assert_eq!(record.outcome, Some(Outcome::Published(both)));
    assert_eq!(record.notes, []);
}

#[tokio::test]
async fn a_post_that_is_cancelled_in_between_is_no_cancelled_post() {
    let stage = Stage::open().await;
    let post = half(&stage).await;
    let asked = stage.social.cancel(&OWNER, post.id).await.unwrap();
    assert_eq!(asked, Cancelled::Requested);
    stage.finish(&post).await;
    let why = is_half(&stage.load(&post).await);
    assert_eq!(why.reason(), Some(Reason::Cancelled));
    assert!(!stage.calls().contains(&"advance second".to_owned()));
}

/// Who deletes on the owner's word what was there says so with a checkpoint without it.
#[tokio::test]
async fn a_post_whose_parts_are_deleted_is_cancelled() {
    let stage = Stage::open().await;
    let post = half(&stage).await;
    let gone = Checkpoint::new("deleted", 1, json!({}));
    stage.reply(Reply::Step(Step::settled(gone, Outcome::Cancelled, None)));
    stage.social.cancel(&OWNER, post.id).await.unwrap();
    assert_eq!(stage.finish(&post).await, Outcome::Cancelled);
    assert_eq!(stage.load(&post).await.links(), []);
}

#[tokio::test]
async fn an_account_that_is_disconnected_in_between_leaves_what_is_there() {
    let stage = Stage::open().await;
    let post = half(&stage).await;
    // Without its access nothing can be stopped.
    let refused = Error::new(ErrorKind::Unauthorized, "not without the account");
    stage.reply(Reply::Error(refused));
    stage.social.disconnect(&stage.account.key).await.unwrap();
    stage.finish(&post).await;
    let why = is_half(&stage.load(&post).await);
    assert_eq!(why.reason(), Some(Reason::Disconnected));
}

#[tokio::test]
async fn a_platform_that_stays_away_leaves_what_is_there() {
    let stage = Stage::open().await;
    let post = half(&stage).await;
    for _ in 0..40 {
        let down = Error::new(ErrorKind::Unavailable, "down").with_remedy(Remedy::Backoff);
        stage.reply(Reply::Error(down));
    }
    for _ in 0..40 {
        stage.worker().run_once().await.unwrap();
        if stage.load(&post).await.outcome.is_some() {
            break;
        }
        stage.clock.advance(DAY / 6);
    }
    let why = is_half(&stage.load(&post).await);
    assert_eq!(why.message(), "down");
}

#[tokio::test]
async fn a_post_that_kills_its_worker_leaves_what_is_there() {
    let stage = Stage::open().await;
    let mut at = second();
    at.next = social_core::publish::Effect::Repeatable;
    stage.reply(Reply::Step(Step::pending(at, Duration::from_secs(1))));
    let post = stage.submit("a").await;
    stage.worker().run_once().await.unwrap();
    for _ in 0..25 {
        stage.reply(Reply::Panic);
    }
    for _ in 0..25 {
        stage.worker().run_once().await.unwrap();
        stage.clock.advance(PublishSettings::default().lease);
    }
    let why = is_half(&stage.load(&post).await);
    assert_eq!(why.message(), "work on this post kept ending its process");
}

/// A start that is open may have been carried out: nothing is said of the rest.
#[tokio::test]
async fn a_post_that_kills_its_worker_with_an_open_start_is_undecided() {
    let stage = Stage::open().await;
    let post = half(&stage).await;
    stage.clock.advance(Duration::from_secs(60));
    for _ in 0..25 {
        stage.reply(Reply::Panic);
    }
    for _ in 0..25 {
        stage.worker().run_once().await.unwrap();
        if stage.load(&post).await.outcome.is_some() {
            break;
        }
        stage.clock.advance(PublishSettings::default().lease);
    }
    let record = stage.load(&post).await;
    assert_eq!(record.outcome, Some(Outcome::Undecided));
    assert_eq!((record.links(), &record.notes), (&*first(), &Vec::new()));
}

/// Once a part of it is there, its time may pass: the rest follows.
#[tokio::test]
async fn the_rest_of_a_post_is_not_missed() {
    let stage = Stage::open().await;
    stage.reply(Reply::Step(Step::pending(second(), DAY)));
    let due = stage.social.clock().now();
    let request = stage.request().schedule(due, MissedPolicy::Within(60));
    let submitted = stage.social.submit(&stage.account, "a", request).await;
    let post = submitted.unwrap();
    stage.worker().run_once().await.unwrap();
    stage.clock.advance(DAY * 2);
    let both = [first(), vec![PostLink::new("2", None)]].concat();
    let done = Step::settled(second(), Outcome::Published(both.clone()), None);
    stage.reply(Reply::Step(done));
    stage.worker().run_once().await.unwrap();
    let record = stage.load(&post).await;
    assert_eq!(record.outcome, Some(Outcome::Published(both)));
    assert_eq!(record.notes, []);
}

/// What a publisher settles says all that is there, also what it leaves out.
#[tokio::test]
async fn what_is_there_is_among_what_is_published() {
    let stage = Stage::open().await;
    stage.reply(second_at_once());
    let post = stage.submit("a").await;
    let last = Outcome::Published(vec![PostLink::new("2", None)]);
    stage.reply(Reply::Step(Step::settled(second(), last, None)));
    let both = [first(), vec![PostLink::new("2", None)]].concat();
    assert_eq!(stage.finish(&post).await, Outcome::Published(both));
}

/// A cover that was refused, beside a video that is there; then the video is hidden.
#[tokio::test]
async fn a_look_keeps_what_was_noted() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    let cover = Error::new(ErrorKind::Rejected, "the cover was refused");
    let at = Checkpoint::new("look", 1, json!({})).with_exposure(Exposure::PostMayExist);
    let soon = Some(Duration::from_secs(5));
    let step = Step::settled(at.clone(), published(), soon).noting(Note::aside(cover.clone()));
    stage.reply(Reply::Step(step));
    stage.finish(&post).await;
    let noted = [Note::aside(cover)];
    assert_eq!(stage.load(&post).await.notes, noted);
    let hidden = vec![PostLink::new("1", None).hidden(stage.social.clock().now())];
    let looks = [
        Step::settled(at.clone(), Outcome::Published(hidden.clone()), soon),
        Step::failed(at.clone(), refused()),
    ];
    for step in looks {
        stage.clock.advance(Duration::from_secs(10));
        stage.reply(Reply::Step(step));
        stage.worker().run_once().await.unwrap();
        let record = stage.load(&post).await;
        assert_eq!(record.outcome, Some(Outcome::Published(hidden.clone())));
        assert_eq!(record.notes, noted, "what was noted stays");
    }
}
