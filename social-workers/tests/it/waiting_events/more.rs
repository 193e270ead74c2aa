//! Wishes, verdicts and upkeep while events wait.

use super::*;

/// "Come back in an hour" holds whatever an event says.
#[tokio::test]
async fn an_event_that_says_nothing_ends_no_wait() {
    let stage = Stage::open().await;
    sent(&stage, "one").await;
    stage.clock.advance(Duration::from_secs(10));
    let wait = Duration::from_secs(3_600);
    let error = Error::new(ErrorKind::RateLimited, "slowly").with_remedy(Remedy::After {
        wait,
        scope: LimitScope::Account,
    });
    stage.reply(Reply::Error(error));
    stage.worker().run_once().await.unwrap();
    let calls = stage.calls().len();
    for number in 0..5 {
        stage.clock.advance(Duration::from_secs(1));
        stage.reply(pending(look(&["1"]), 3_600));
        send(&stage, &number.to_string(), "a word that says nothing", "1").await;
        round(&stage.social).await.unwrap();
    }
    let calls = stage.calls().len() - calls;
    assert_eq!(
        calls, 0,
        "asked {calls} times within the hour that the platform wanted to be left alone"
    );
}

/// Of a post that was given up with its question open, an event about an earlier try does not say that it failed.
#[tokio::test]
async fn an_open_question_of_an_undecided_post_is_not_ended_by_a_failure() {
    use social_core::publish::journal::{Follow, Standing, after_event};
    let at = look(&["1"]);
    let standing = Standing::new(&at, DateTime::UNIX_EPOCH);
    let failed = Outcome::Failed(Error::new(ErrorKind::Rejected, "it came to nothing"));
    let step = Step::settled(at.clone(), failed, None);
    let written = after_event(Some(&Outcome::Undecided), &standing, true, step);
    println!(
        "{:?}, still started: {}",
        written.next, written.still_started
    );
    let Follow::Settle(outcome, _) = written.next else {
        panic!()
    };
    assert_eq!(
        outcome,
        Outcome::Undecided,
        "believed while a Once step is open"
    );
}

/// A person asks to look now; then an event tells something else.
#[tokio::test]
async fn a_look_now_outlives_an_event_that_tells_something() {
    let stage = Stage::open().await;
    let one = sent(&stage, "one").await;
    let social = process(&stage, |at, _, _| {
        let mut at = at.clone();
        at.state = json!({ "heard": true });
        Some(Step::settled(at, Outcome::AwaitingUser, None))
    })
    .await;
    stage.clock.advance(Duration::from_secs(10));
    stage.reply(Reply::Step(Step::settled(
        look(&["1"]),
        Outcome::AwaitingUser,
        Some(Duration::from_secs(600)),
    )));
    round(&social).await.unwrap();
    send(&stage, "1", "delivered", "1").await;
    assert!(
        stage
            .store
            .hasten(&one.owner, one.id, stage.clock.now())
            .await
            .unwrap()
    );
    let calls = stage.calls().len();
    round(&social).await.unwrap();
    stage.clock.advance(Duration::from_secs(5));
    round(&social).await.unwrap();
    let post = stage.load(&one).await;
    println!(
        "{:?}, due {:?}, calls since {:?}",
        post.state,
        post.next_at,
        &stage.calls()[calls..]
    );
    assert!(
        stage.calls().len() > calls || post.next_at.is_some(),
        "nobody looks now, nor ever"
    );
}

/// The owner's word is not put off by an event.
#[tokio::test]
async fn a_cancel_outlives_an_event() {
    let stage = Stage::open().await;
    let one = sent(&stage, "one").await;
    let social = process(&stage, |at, _, _| {
        Some(Step::pending(at.clone(), Duration::from_secs(3_600)))
    })
    .await;
    send(&stage, "1", "processing", "1").await;
    let cancelled = stage
        .store
        .cancel(&one.owner, one.id, stage.clock.now())
        .await;
    println!("{cancelled:?}");
    for _ in 0..10 {
        round(&social).await.unwrap();
        stage.clock.advance(Duration::from_secs(10));
    }
    let post = stage.load(&one).await;
    println!(
        "{:?}, due {:?}, calls {:?}",
        post.state,
        post.next_at,
        stage.calls()
    );
    assert!(
        stage.calls().iter().any(|call| call.starts_with("cancel")),
        "nobody has stopped it within 100 s"
    );
}

/// Many events of one post: a hundred in one record.
#[tokio::test]
async fn each_of_very_many_events_ends_once() {
    let stage = Stage::open().await;
    let one = sent(&stage, "one").await;
    for number in 0..250 {
        let kind = if number == 240 {
            "published"
        } else {
            "a word that says nothing"
        };
        send(&stage, &number.to_string(), kind, "1").await;
    }
    let calls = stage.calls().len();
    stage.reply(pending(look(&["1"]), 3_600));
    let report = round(&stage.social).await;
    let mut filter = EventFilter::new(EventState::Done);
    filter.limit = 1_000;
    let done = EventStore::list(&stage.store, &filter).await.unwrap().len();
    println!(
        "{report:?}, done {done}, calls {:?}, {:?}",
        &stage.calls()[calls..],
        stage.load(&one).await.outcome
    );
    assert_eq!(
        (done, stage.load(&one).await.outcome),
        (250, Some(published()))
    );
}

/// Nothing that an event carries is in what is printed of it.
#[tokio::test]
async fn an_event_shows_nothing_of_its_body() {
    let stage = Stage::open().await;
    let one = sent(&stage, "one").await;
    send(&stage, "1", "published", "1").await;
    let which = social_core::store::ClaimPosts::new(
        stage.clock.now(),
        Duration::from_secs(60),
        1,
        vec![(app(), 1)],
    );
    let claim = PostStore::claim(&stage.store, &which)
        .await
        .unwrap()
        .remove(0);
    let told = stage.store.told(&claim, 10).await.unwrap();
    let records = EventStore::list(&stage.store, &EventFilter::new(EventState::Handed))
        .await
        .unwrap();
    let shown = format!("{told:?} {records:?} {claim:?} {one:?} {:?}", stage.social);
    println!("{}", &shown[..300]);
    assert!(
        !shown.contains("upload-address") && !shown.contains("access-token"),
        "a secret"
    );
    let body = format!("{:?}", b"not to be read".to_vec());
    assert!(
        !shown.contains("not to be read") && !shown.contains(&body),
        "a body"
    );
}

/// A worse word of an event: somebody has to finish it in the app.
#[tokio::test]
async fn what_awaits_the_person_does_not_become_undecided_by_an_event() {
    use social_core::publish::journal::{Follow, Standing, after_event};
    let at = look(&["1"]);
    let standing = Standing::new(&at, DateTime::UNIX_EPOCH);
    for known in [Outcome::AwaitingUser, published()] {
        let step = Step::settled(at.clone(), Outcome::Undecided, None);
        let written = after_event(Some(&known), &standing, false, step);
        println!("{known:?} -> {:?}", written.next);
        let Follow::Settle(outcome, _) = written.next else {
            panic!()
        };
        assert_eq!(outcome, known);
    }
}

/// A handler that hands over what is about no post: what comes after it is handled all the same.
#[tokio::test]
async fn an_event_that_cannot_be_handed_over_keeps_no_other_waiting() {
    use social_core::{
        conformance::named,
        store::EventRecord,
        webhook::{EventHandler, Handled},
    };
    #[derive(Debug)]
    struct HandsAll;
    #[async_trait]
    impl EventHandler for HandsAll {
        async fn handle(&self, event: &EventRecord) -> Result<Handled> {
            Ok(if event.event.kind == "bad" {
                Handled::HandOver
            } else {
                Handled::Done
            })
        }
    }
    let stage = Stage::open().await;
    let put = async |id: &str, kind: &str| {
        let event = VerifiedEvent::new(PLATFORM, named("app"), id, kind, b"{}".to_vec());
        let event = ReceivedEvent::new(event, stage.clock.now());
        stage.store.insert(&[event]).await.unwrap();
    };
    put("bad", "bad").await;
    let worker = EventWorker::new(&stage.social, HandsAll);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let run = tokio::spawn(async move { worker.run(async { stopped.await.ok() }).await });
    let began = stage.clock.now();
    let mut waits = Vec::new();
    for second in 0..1_200 {
        if second % 10 == 0 {
            put(&format!("good-{second}"), "good").await;
        }
        stage.clock.advance(Duration::from_secs(1));
        for _ in 0..40 {
            tokio::task::yield_now().await;
        }
        let mut filter = EventFilter::new(EventState::Waiting);
        filter.limit = 1_000;
        let waiting = EventStore::list(&stage.store, &filter).await.unwrap();
        let oldest = waiting
            .iter()
            .filter(|record| record.event.kind == "good")
            .map(|record| record.received_at)
            .min();
        waits.push(oldest.map_or(0, |at| (stage.clock.now() - at).num_seconds()));
    }
    stop.send(()).unwrap();
    let time = tokio::spawn({
        let clock = stage.clock.clone();
        async move {
            loop {
                clock.advance(Duration::from_secs(1));
                tokio::task::yield_now().await;
            }
        }
    });
    run.await.unwrap();
    time.abort();
    println!(
        "from {began}: the longest wait of a good event was {} s; dead {:?}",
        waits.iter().max().unwrap(),
        ids(&stage, EventState::Dead).await
    );
    assert!(
        *waits.iter().max().unwrap() <= 10,
        "a good event waited {} s",
        waits.iter().max().unwrap()
    );
}

/// Brings the data into another life in the middle of the upkeep.
#[derive(Debug)]
struct FailsOver(
    social_core::memory::MemoryStore,
    std::sync::Mutex<Vec<&'static str>>,
);

impl FailsOver {
    fn calls(&self) -> Vec<&'static str> {
        self.1.lock().unwrap().clone()
    }
}

impl social_core::conformance::Through for FailsOver {
    type Store = social_core::memory::MemoryStore;
    fn behind(&self) -> &Self::Store {
        &self.0
    }
    async fn before(&self, method: &'static str) -> Result<()> {
        if method == "EventStore::maintain" {
            self.0.reincarnate();
        }
        self.1.lock().unwrap().push(method);
        Ok(())
    }
}

#[tokio::test]
async fn nothing_is_removed_once_the_data_begin_another_life() {
    use social_workers::MaintenanceWorker;
    let stage = Stage::open().await;
    send(&stage, "1", "published", "elsewhere").await;
    let event = VerifiedEvent::new(PLATFORM, named("app"), "2", "something", vec![1]);
    stage
        .store
        .insert(&[ReceivedEvent::new(event, stage.clock.now())])
        .await
        .unwrap();
    EventWorker::new(&stage.social, PlatformEvents::new(&stage.social))
        .run_once()
        .await
        .unwrap();
    stage.clock.advance(Duration::from_secs(40 * 86_400));
    let events = Arc::new(FailsOver(stage.store.clone(), std::sync::Mutex::default()));
    let social = stage.with_events(events.clone()).await;
    let report = MaintenanceWorker::new(&social).run_once().await.unwrap();
    println!(
        "{report:?}; calls {:?}; held now: {}",
        events.calls(),
        social.worker().is_held().await.unwrap()
    );
    assert_eq!(
        (report.unmatched, report.events),
        (0, 0),
        "removed from data that nobody has accepted"
    );
}
