//! Subscriptions that are kept up by several processes on real databases.

use std::{path::Path, sync::Arc, time::Duration};

use examples::stage::{self, Database, Ground};
use social_core::{LocalKeyRing, MediaDir, Social, time::ManualClock};
use social_workers::SubscriptionWorker;

use crate::{peer::Peer, story};

/// A process of its own on the database of a folder.
async fn process(folder: &Path, peer: &Peer, clock: &ManualClock) -> Social {
    let kit = story::kit(&story::client(peer, clock).unwrap()).unwrap();
    Social::builder()
        .stores(stage::stores(folder, None).await.unwrap())
        .keys(LocalKeyRing::file(folder.join("social.key")))
        .media(MediaDir::open(folder.join("media")).unwrap())
        .clock(Arc::new(clock.clone()))
        .clock_tolerance(Duration::MAX)
        .platform(kit)
        .build()
        .await
        .unwrap()
}

/// How many calls the platform hears of a round of all of them.
async fn round(processes: &[Social], peer: &Peer) -> usize {
    let before = peer.world().heard;
    let mut running = tokio::task::JoinSet::new();
    for social in processes {
        let worker = SubscriptionWorker::new(social);
        running.spawn(async move { worker.run_once().await.unwrap() });
    }
    for report in running.join_all().await {
        assert_eq!(report.failed, 0, "{report:?}");
    }
    peer.world().heard - before
}

async fn each_account_is_looked_at_once(database: Database) {
    let ground = Ground::open(database).await.unwrap();
    let folder = ground.folder().await.unwrap();
    let clock = ManualClock::default();
    let peer = Peer::start(Arc::new(clock.clone())).await.unwrap();
    let mut processes = Vec::new();
    for _ in 0..4 {
        processes.push(process(folder.path(), &peer, &clock).await);
    }
    let accounts = story::connect(&processes[0], &|_| ()).await.unwrap();
    // The address of the app, and of two accounts what is there and what is missing.
    assert_eq!(round(&processes, &peer).await, 5, "each once");
    assert_eq!(round(&processes, &peer).await, 0, "nothing is due");
    let address = story::callback().unwrap();
    let sent = |account: usize| {
        let id = &accounts[account].key.account;
        peer.world().sent(id.as_str(), address.as_str()).len()
    };
    assert_eq!((sent(0), sent(1)), (2, 2));

    // A day later, by which one subscription has gone in silence.
    ground.let_limits_pass(folder.path()).await.unwrap();
    let gone = accounts[0].key.account.as_str();
    peer.world().subscribed.retain(|(of, ..)| of != gone);
    assert_eq!(
        round(&processes, &peer).await,
        4,
        "each once, one of them mended"
    );
    assert_eq!((sent(0), sent(1)), (2, 2));

    processes[1].disconnect(&accounts[0].key).await.unwrap();
    assert_eq!((sent(0), sent(1)), (0, 2));
    ground.let_limits_pass(folder.path()).await.unwrap();
    assert_eq!(
        round(&processes, &peer).await,
        2,
        "the address, and who is left"
    );
    for social in processes {
        social.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_account_is_looked_at_once_on_sqlite() {
    each_account_is_looked_at_once(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_account_is_looked_at_once_on_postgres() {
    each_account_is_looked_at_once(Database::Postgres).await;
}
