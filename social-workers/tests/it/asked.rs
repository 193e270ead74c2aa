//! A person asks what became of a post, beside its worker.

use std::time::Duration;

use social_core::{Error, ErrorKind, Remedy, publish::Step};

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
