//! Claims of a life that is over.

use super::*;

/// A process that stood still while its database was restored under its feet, and the claim that came after have one number.
#[tokio::test]
async fn a_claim_of_an_earlier_life_holds_nothing() {
    use social_core::{
        publish::Effect,
        store::{HistoryEntry, HistoryKind, InstallationStore, LastWrites, StartStep, Started},
    };
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    store.submit(&post(1, "1")).await.unwrap();
    let take = async || {
        let which = ClaimPosts::new(at(10), LEASE, 1, vec![(app(), 1)]);
        PostStore::claim(&store, &which).await.unwrap().remove(0)
    };
    let backup = crate::backup::Backup::of(&name);
    // The first life: a process claims the post and stands still before it starts the step that publishes.
    let stale = take().await;
    // Another takes over, publishes, and says so; then all of that is lost.
    store.advance_clock(LEASE * 2).await.unwrap();
    let other = PostStore::claim(&store, &ClaimPosts::new(at(20), LEASE, 1, vec![(app(), 1)]))
        .await
        .unwrap()
        .remove(0);
    println!(
        "fences of the first life: {:?}, {:?}",
        stale.fence, other.fence
    );
    let published = Next::Settle(Outcome::Published(vec![]), None);
    store
        .record(&other, &RecordStep::new(published, at(20)))
        .await
        .unwrap();
    let start = StartStep::new(
        Duration::from_secs(60),
        HistoryEntry::new(at(11), HistoryKind::Started, "publish"),
    );
    let fenced = store.start(&stale, &start).await;
    println!(
        "in the first life the stale claim is refused: {:?}",
        fenced.unwrap_err().kind()
    );
    crate::schemas::run(format!("DROP SCHEMA {name} CASCADE")).await;
    backup.restore(&crate::schemas::database_url());
    // The second life.
    let lives = store.incarnations().await;
    let lives = match lives {
        Ok(lives) => lives,
        Err(_) => store.incarnations().await.unwrap(),
    };
    println!("another life: {}", !lives.is_same());
    store
        .mark_restored(at(10), at(10), Duration::ZERO)
        .await
        .unwrap();
    store
        .accept_incarnation(&lives.present, LastWrites::Kept)
        .await
        .unwrap();
    let asked = take().await;
    println!("the second life asks about it under {:?}", asked.fence);
    // The platform does not show it yet: it is asked again, and nothing is begun anew.
    let mut step = RecordStep::new(Next::At(at(12)), at(11));
    let mut checkpoint = asked.post.checkpoint.clone();
    (checkpoint.exposure, checkpoint.next) = (Exposure::PostMayExist, Effect::Repeatable);
    (step.checkpoint, step.keep_lease) = (Some(checkpoint), true);
    store.record(&asked, &step).await.unwrap();
    let started = store.start(&stale, &start).await;
    println!("the process of the first life starts its step: {started:?}");
    assert!(
        !matches!(started, Ok(Started::Started)),
        "it publishes what another had published before the restore"
    );
}

/// The same of events: what the handler did was lost with the first life, and the event must come again.
#[tokio::test]
async fn a_claim_of_an_earlier_life_ends_no_event() {
    use social_core::store::{InstallationStore, LastWrites};
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    store.insert(&[event(1)]).await.unwrap();
    let claim = EventStore::claim(&store, &ClaimEvents::new(at(10), LEASE, 1))
        .await
        .unwrap()
        .remove(0);
    let backup = crate::backup::Backup::of(&name);
    // Here its handler writes what it does into the database; that is lost with the last writes.
    crate::schemas::run(format!("DROP SCHEMA {name} CASCADE")).await;
    backup.restore(&crate::schemas::database_url());
    let lives = match store.incarnations().await {
        Ok(lives) => lives,
        Err(_) => store.incarnations().await.unwrap(),
    };
    let last = LastWrites::MayBeLost { now: at(11) };
    store
        .accept_incarnation(&lives.present, last)
        .await
        .unwrap();
    let written = match store.complete(std::slice::from_ref(&claim), at(11)).await {
        Ok(written) => written,
        Err(_) => store
            .complete(std::slice::from_ref(&claim), at(11))
            .await
            .unwrap(),
    };
    let done = EventStore::list(&store, &EventFilter::new(EventState::Done))
        .await
        .unwrap()
        .len();
    println!("complete answers {written:?}; done {done}");
    assert_eq!(
        written,
        [false],
        "an event ended in a life in which it had no effect"
    );
}
