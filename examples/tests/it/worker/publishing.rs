//! The work itself: posts are published by a process that ends when it is asked to.

use std::{path::Path, time::Duration};

use examples::stage::{self, connect, owner, submit};
use social_core::{MediaStoreExt as _, Stores};
use social_sandbox::{DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, Sandbox};
use social_store_postgres::PgStore;
use social_store_sqlite::SqliteStore;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Child,
};

use super::{Place, Postgres, service};

const CLIP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/clip.mp4");

fn on_sandbox(place: Place, sandbox: &Sandbox) -> Place {
    place
        .var("TIKTOK_CLIENT_KEY", DEMO_CLIENT_KEY)
        .var("TIKTOK_CLIENT_SECRET", DEMO_CLIENT_SECRET)
        .var("TIKTOK_BASE_URL", sandbox.url())
}

/// Reads until a line is this.
async fn hear(out: &mut BufReader<tokio::process::ChildStdout>, wanted: &str) {
    let mut line = String::new();
    while line.trim_end() != wanted {
        line.clear();
        let read = out.read_line(&mut line).await.unwrap();
        assert!(read > 0, "it ended before it said {wanted:?}");
    }
}

async fn terminate(worker: &Child) {
    let id = worker.id().unwrap().to_string();
    let kill = tokio::process::Command::new("kill").arg(id).status().await;
    assert!(kill.unwrap().success());
}

#[tokio::test]
async fn spools_whose_names_differ_behind_a_dot_are_two() {
    let sandbox = Sandbox::start().await.unwrap();
    let place = on_sandbox(Place::sqlite(), &sandbox);
    place.well(&["migrate"]).await;
    let start = |spool: &str| {
        let mut command = place.command(&["run"]);
        command.env("SPOOL_DIR", spool);
        command
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut workers = Vec::new();
    for spool in ["spool/worker.1", "spool/worker.2"] {
        let mut worker = start(spool);
        let mut out = BufReader::new(worker.stdout.take().unwrap());
        hear(&mut out, "working").await;
        workers.push((worker, out));
    }
    // By another name of the same folder it is the same.
    let mut again = start("./spool/../spool/worker.1/");
    assert_eq!(again.wait().await.unwrap().code(), Some(1));
    sandbox.stop().await;
}

async fn publishes(place: Place, stores: Stores, sandbox: &Sandbox) {
    let social = service(stores, place.folder(), sandbox).await;
    let account = connect(&social, "studio-account").await.unwrap();
    let clip = social.media().import(Path::new(CLIP)).await.unwrap();
    let post = submit(&social, &account, &clip.id, "order-1")
        .await
        .unwrap();

    let place = on_sandbox(place, sandbox);
    let mut worker = place.start(&["run"]);
    let mut out = BufReader::new(worker.stdout.take().unwrap());
    hear(&mut out, "working").await;
    place
        .run(&["run"])
        .await
        .says(1, &["another worker uses the spool", "SPOOL_DIR"]);

    let limit = Duration::from_secs(60);
    let settled = async {
        // The change is made by another process, so it is looked for.
        while social
            .worker()
            .stores()
            .posts
            .statistics(&owner(), None)
            .await
            .unwrap()
            .published
            == 0
        {
            stage::pause(Duration::from_millis(100)).await;
        }
    };
    let done = stage::within(limit, settled).await;
    assert!(done.is_some(), "{:?}", social.post(&owner(), post.id).await);
    let said = place.well(&["status", "--owner", owner().as_str()]).await;
    assert!(said.contains("1 published, 0 failed"), "{said}");

    terminate(&worker).await;
    hear(&mut out, "stopped").await;
    assert!(worker.wait().await.unwrap().success());
    rotates(&place).await;
}

/// A new key in front; everything is sealed under it; the old one goes.
async fn rotates(place: &Place) {
    let file = place.folder().join("social.key");
    let old = std::fs::read_to_string(&file).unwrap();
    let key = "a4d2c9f00b6e4f2a8c1d7e3b5f90162738495a6b7c8d9eafb0c1d2e3f4051627\n";
    std::fs::write(&file, format!("{key}{old}")).unwrap();
    let said = place.well(&["status"]).await;
    assert!(said.contains("rotating from"), "{said}");
    let said = place.well(&["reseal"]).await;
    assert!(said.contains("older keys can be dropped"), "{said}");
    std::fs::write(&file, key).unwrap();
    let said = place.well(&["status"]).await;
    assert!(!said.contains("rotating"), "{said}");
    std::fs::write(&file, old).unwrap();
    place.run(&["status"]).await.says(3, &["TROUBLE", "key"]);
}

#[tokio::test]
async fn it_publishes_from_sqlite_and_stops_when_asked() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let place = Place::sqlite();
    place.well(&["migrate"]).await;
    let store = SqliteStore::open(place.folder().join("social.db"));
    let store = store.await.unwrap();
    publishes(place, store.into(), &sandbox).await;
    sandbox.stop().await;
}

#[tokio::test]
async fn it_publishes_from_postgres_and_stops_when_asked() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let database = Postgres::make().await;
    let place = Place::of(database.url().as_str());
    place.well(&["migrate"]).await;
    let store = PgStore::connect(database.url().as_str()).await.unwrap();
    publishes(place, store.clone().into(), &sandbox).await;
    store.close().await;
    database.remove().await;
    sandbox.stop().await;
}
