//! A person asks what became of a post: its worker does.

use social_core::{
    Error, ErrorKind, Submission,
    publish::{Checkpoint, Exposure, Note, NoteKind, Outcome, PostLink, Step},
    store::PostState,
};

use crate::stage::{OWNER, Reply, Stage, connect};

fn link(id: &str) -> PostLink {
    PostLink::new(id, None)
}

fn bare() -> Checkpoint {
    Checkpoint::new("status", 1, serde_json::json!({}))
}

fn cause(message: &'static str) -> Error {
    Error::new(ErrorKind::Rejected, message)
}

/// Of which nobody knows what became: these are there, and more may be.
async fn undecided(stage: &Stage, key: &str, there: Option<PostLink>) -> Submission {
    let post = stage.submit(key).await;
    let mut open = bare().with_exposure(Exposure::PostMayExist);
    open.links.extend(there);
    stage.reply(Reply::Step(Step::settled(open, Outcome::Undecided, None)));
    assert_eq!(stage.finish(&post).await, Outcome::Undecided);
    assert_eq!(stage.load(&post).await.next_at, None, "nobody looks");
    post
}

/// Asks, and the platform answers so.
async fn ask(stage: &Stage, post: &Submission, answer: Reply) {
    assert!(stage.social.check_now(&OWNER, post.id).await.unwrap());
    stage.reply(answer);
    stage.worker().run_once().await.unwrap();
}

/// What the platform tells is written down with its notes, and with what was there.
#[tokio::test]
async fn what_is_told_is_settled_with_all_that_goes_with_it() {
    let stage = Stage::open().await;
    connect(&stage.social).await;
    let cover = Note::aside(cause("the cover was refused"));
    let both = Outcome::Published(vec![link("1"), link("2")]);
    for (number, (step, outcome, notes)) in [
        (
            Step::settled(bare(), Outcome::Published(vec![link("2")]), None).noting(cover.clone()),
            both,
            vec![NoteKind::Aside],
        ),
        (
            Step::failed(bare(), cause("refused")).noting(cover),
            Outcome::Published(vec![link("1")]),
            vec![NoteKind::Rest, NoteKind::Aside],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let post = undecided(&stage, &format!("key-{number}"), Some(link("1"))).await;
        ask(&stage, &post, Reply::Step(step)).await;
        let record = stage.load(&post).await;
        assert_eq!(record.outcome, Some(outcome));
        let kinds: Vec<_> = record.notes.iter().map(|note| note.kind).collect();
        assert_eq!(kinds, notes);
    }
}

/// What nobody can tell stays undecided, with what is newly noted and what is newly found.
#[tokio::test]
async fn what_nobody_can_tell_stays_undecided_with_what_was_told() {
    let stage = Stage::open().await;
    let post = undecided(&stage, "a", None).await;
    let several = cause("two posts look like it");
    let note = Note::candidates(several, vec![link("8")]);
    let found = bare()
        .with_exposure(Exposure::PostMayExist)
        .with_link(link("1"));
    let told = Step::settled(found, Outcome::Undecided, None).noting(note.clone());
    ask(&stage, &post, Reply::Step(told)).await;
    let record = stage.load(&post).await;
    assert_eq!(
        (record.state, &record.notes),
        (PostState::Undecided, &vec![note])
    );
    assert_eq!(record.links(), [link("1")]);
}

/// A platform that does not answer leaves the post as it was, and is asked again by itself.
#[tokio::test]
async fn a_platform_that_is_silent_tells_nothing() {
    let stage = Stage::open().await;
    let post = undecided(&stage, "a", None).await;
    let silent = Error::new(ErrorKind::Unavailable, "503");
    ask(&stage, &post, Reply::Error(silent)).await;
    let record = stage.load(&post).await;
    assert_eq!(record.state, PostState::Undecided);
    assert!(record.next_at.is_some(), "it is asked again");
}
