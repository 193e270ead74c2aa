//! A person asks what became of a post, beside its worker.

use std::time::Duration;

use social_core::{
    Error, ErrorKind, Remedy,
    publish::{Checkpoint, Exposure, Note, NoteKind, Outcome, PostLink, Step},
    store::PostState,
};

use crate::stage::{OWNER, Reply, Stage, connect, published};

const WITHIN: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_question_is_asked_as_the_worker_would_and_changes_nothing() {
    let stage = Stage::open().await;
    stage.platform.script.lock().unwrap().token_lives = Some(Duration::from_secs(7_200));
    connect(&stage.social).await;
    let post = stage.submit("a").await;
    let queued = stage.load(&post).await;
    let early = stage
        .social
        .ask_about(&OWNER, queued.id, WITHIN)
        .await
        .unwrap_err();
    assert_eq!(early.kind(), ErrorKind::Invalid, "nothing was begun");

    let once = crate::publish::once_step();
    stage.reply(Reply::Step(once));
    let lost = Error::new(ErrorKind::Timeout, "no answer").with_remedy(Remedy::Reconcile);
    stage.reply(Reply::Error(lost));
    stage.worker().run_once().await.unwrap();
    let open = stage.load(&post).await;
    assert!(open.started);

    // The access token was refused: refreshed, and asked once more.
    stage.reply(Reply::Error(Error::new(ErrorKind::Unauthorized, "401")));
    let step = stage
        .social
        .ask_about(&OWNER, open.id, WITHIN)
        .await
        .unwrap();
    assert!(
        matches!(step, Step::Pending { .. }),
        "there is none: {step:?}"
    );
    assert_eq!(stage.platform.script.lock().unwrap().refreshes, 1);
    let asked = [
        "advance prepare",
        "advance publish",
        "reconcile publish",
        "reconcile publish",
    ];
    assert_eq!(stage.calls(), asked);
    let script = stage.platform.script.lock().unwrap().started_at;
    assert_eq!(
        script, open.started_at,
        "it is told when the step was started"
    );
    assert_eq!(stage.load(&post).await, open, "nothing is written down");

    assert_eq!(stage.finish(&post).await, published());
    assert_eq!(stage.posts(), 1);
}

/// What the platform tells a person who asks is written down as its worker would: with its notes, and with what was there.
#[tokio::test]
async fn what_is_told_is_settled_with_all_that_goes_with_it() {
    let stage = Stage::open().await;
    connect(&stage.social).await;
    let link = |id: &str| PostLink::new(id, None);
    let at = Checkpoint::new("second", 1, serde_json::json!({})).with_link(link("1"));
    let cause = |message: &'static str| Error::new(ErrorKind::Rejected, message);
    let cover = Note::aside(cause("the cover was refused"));
    let bare = || Checkpoint::new("status", 1, serde_json::json!({}));
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
        let post = stage.submit(&format!("key-{number}")).await;
        let open = at.clone().with_exposure(Exposure::PostMayExist);
        stage.reply(Reply::Step(Step::settled(open, Outcome::Undecided, None)));
        assert_eq!(stage.finish(&post).await, Outcome::Undecided);
        stage.reply(Reply::Step(step));
        let told = stage.social.ask_about(&OWNER, post.id, WITHIN).await;
        let told = stage.social.resolve_as_told(&OWNER, post.id, told.unwrap());
        assert_eq!(told.await.unwrap(), Some(outcome.clone()));
        let record = stage.load(&post).await;
        assert_eq!(record.outcome, Some(outcome));
        let kinds: Vec<_> = record.notes.iter().map(|note| note.kind).collect();
        assert_eq!(kinds, notes);
        let again =
            stage
                .social
                .resolve_as_told(&OWNER, post.id, Step::failed(bare(), cause("no")));
        assert_eq!(again.await.unwrap_err().kind(), ErrorKind::Conflict);
    }
}

/// What nobody can tell stays undecided; what is newly noted of it, its worker asks for.
#[tokio::test]
async fn what_nobody_can_tell_stays_undecided_with_what_is_noted() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    let at = Checkpoint::new("status", 1, serde_json::json!({}));
    let at = at.with_exposure(Exposure::PostMayExist);
    let cannot = || Step::settled(at.clone(), Outcome::Undecided, None);
    stage.reply(Reply::Step(cannot()));
    stage.finish(&post).await;
    let several = Error::new(ErrorKind::Rejected, "two posts look like it");
    let note = Note::candidates(several, vec![PostLink::new("8", None)]);
    let told = cannot().noting(note.clone());
    let settled = stage.social.resolve_as_told(&OWNER, post.id, told.clone());
    assert_eq!(settled.await.unwrap(), None);
    stage.reply(Reply::Step(told));
    stage.worker().run_once().await.unwrap();
    let record = stage.load(&post).await;
    assert_eq!(
        (record.state, record.notes),
        (PostState::Undecided, vec![note])
    );
}
