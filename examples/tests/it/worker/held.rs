//! What may be lost, and what waits for an operator since it was.

use std::time::Duration;

use examples::stage::{self, Setup, connect, submit};
use social_core::{
    MediaStoreExt as _, Stores,
    model::{IdempotencyKey, PostId},
    publish::MissedPolicy,
    store::{PostState, PostStore as _},
};
use social_sandbox::Sandbox;
use social_store_postgres::PgStore;
use social_store_sqlite::SqliteStore;

use super::{Place, Postgres, lives::present, service};

#[tokio::test]
async fn the_status_says_what_a_failover_and_a_copy_may_cost() {
    let database = Postgres::make().await;
    let place = Place::of(database.url().as_str());
    place.well(&["migrate"]).await;
    let said = place.run(&["status"]).await;
    said.says(
        0,
        &[
            "instance      none named",
            "failover      may lose acknowledged writes: synchronous_standby_names is empty",
            "clock         agrees with the database's",
            "no instance is named: a snapshot of the disk",
            "the same idempotency key makes a second post",
        ],
    );
    let place = place.var("ACCEPT_PROMOTION", "true");
    let said = place.run(&["status"]).await;
    said.says(1, &["ACCEPT_PROMOTION is set without DATABASE_INSTANCE"]);
    let place = place.var("DATABASE_INSTANCE", "prod");
    let said = place.run(&["status"]).await;
    said.says(
        3,
        &["ACCEPT_PROMOTION is set", "make replication synchronous"],
    );
    database.remove().await;

    let place = Place::sqlite();
    place.well(&["migrate"]).await;
    let said = place.well(&["status"]).await;
    assert!(said.contains("failover      none"), "{said}");
    assert!(said.contains("clock         this machine's"), "{said}");
}

#[tokio::test]
async fn data_that_are_opened_under_another_name_wait_for_an_operator() {
    let database = Postgres::make().await;
    for place in [Place::sqlite(), Place::of(database.url().as_str())] {
        let place = place.var("DATABASE_INSTANCE", "prod-eu-1");
        place.well(&["migrate"]).await;
        let said = place.well(&["status"]).await;
        assert!(said.contains("instance      prod-eu-1"), "{said}");
        let place = place.var("DATABASE_INSTANCE", "staging");
        let said = place.run(&["status"]).await;
        said.says(
            3,
            &["another life", "instance staging", "instance prod-eu-1"],
        );
        let place = place.var("DATABASE_INSTANCE", " ");
        let said = place.run(&["status"]).await;
        said.says(3, &["another life", "instance (none)"]);
        let place = place.var("DATABASE_INSTANCE", "prod eu");
        let said = place.run(&["status"]).await;
        said.says(1, &["DATABASE_INSTANCE is no name"]);
        let place = place.var("DATABASE_INSTANCE", "prod-eu-1");
        place.well(&["status"]).await;
    }
    database.remove().await;
}

/// Posts that come before and after another life is accepted, and one that is armed for later; each is released or
/// cancelled.
async fn wait_for_a_word(place: Place, stores: Stores, sandbox: &Sandbox) {
    let place = place.var("HOLD_AFTER_LOSS_HOURS", "24");
    let former = stage::social_on(
        stores.clone(),
        place.folder(),
        sandbox.url(),
        Setup::default(),
    );
    let former = former.await.unwrap();
    let setup = Setup {
        hold_after_loss: Some(Duration::from_secs(86_400)),
        ..Setup::default()
    };
    let social = stage::social_on(stores, place.folder(), sandbox.url(), setup);
    let social = social.await.unwrap();
    let account = connect(&social, "studio-account").await.unwrap();
    let clip = social.media().put_bytes(stage::clip(20_000)).await.unwrap();
    let before = submit(&social, &account, &clip.id, "order-1")
        .await
        .unwrap();

    let later = former.clock().now() + chrono::Duration::hours(5);
    let request = stage::request(&clip.id, "armed").unwrap();
    let request = request.schedule(later, MissedPolicy::Publish);
    former.submit(&account, "armed", request).await.unwrap();

    let said = place.run(&["status"]).await;
    let name = present(&said);
    said.says(
        3,
        &[
            "another life",
            "1 posts wait for your word",
            "`worker held`",
        ],
    );
    let said = place.run(&["accept-incarnation", &name]).await;
    said.says(3, &["accepted: workers go on", "2 posts are held"]);
    let after = submit(&social, &account, &clip.id, "order-2")
        .await
        .unwrap();

    let (before, after) = (before.id.to_string(), after.id.to_string());
    let said = place.run(&["held"]).await;
    said.says(
        3,
        &[
            &before,
            &after,
            "order-1",
            "order-2",
            "`worker release POST...`",
        ],
    );
    let said = place.run(&["release", &after, "another"]).await;
    said.says(1, &["no post another is held", "Nothing was changed"]);
    let said = place.well(&["release", &after]).await;
    assert_eq!(said, format!("{after} released\n"));
    let said = place.run(&["held"]).await;
    said.says(3, &[&before]);
    assert!(!said.out.contains(&after), "{said:?}");
    let said = place.well(&["cancel", &before]).await;
    assert_eq!(said, format!("{before} cancelled\n"));
    assert_eq!(place.well(&["release", "--all"]).await, "1 released\n");
    assert_eq!(place.well(&["held"]).await, "no post is held\n");
    place.well(&["status"]).await;

    for (id, state) in [(&before, PostState::Cancelled), (&after, PostState::Queued)] {
        let post = social
            .post(&stage::owner(), id.parse().unwrap())
            .await
            .unwrap();
        assert_eq!((post.state, post.held_due_at), (state, None));
    }
}

#[tokio::test]
async fn posts_that_are_held_in_a_file_are_released_and_cancelled() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let place = Place::sqlite().var("DATABASE_INSTANCE", "second");
    let file = place.folder().join("social.db");
    let first = SqliteStore::builder()
        .instance("first")
        .open(&file)
        .await
        .unwrap();
    drop(service(first.clone().into(), place.folder(), &sandbox).await);
    first.close().await;
    let store = SqliteStore::builder().instance("second").open(&file).await;
    wait_for_a_word(place, store.unwrap().into(), &sandbox).await;
    sandbox.stop().await;
}

/// One of the newest is found behind more than are read at once.
#[tokio::test]
async fn a_post_behind_a_thousand_others_is_released_by_its_id() {
    const MANY: u32 = 1_001;
    let sandbox = Sandbox::builder().start().await.unwrap();
    let place = Place::sqlite().var("HOLD_AFTER_LOSS_HOURS", "24");
    let store = SqliteStore::builder();
    let store = store.open(place.folder().join("social.db")).await.unwrap();
    let social = service(store.clone().into(), place.folder(), &sandbox).await;
    let account = connect(&social, "studio-account").await.unwrap();
    let clip = social.media().put_bytes(stage::clip(20_000)).await.unwrap();
    let request = stage::request(&clip.id, "armed").unwrap();
    let later = social.clock().now() + chrono::Duration::hours(5);
    let request = request.schedule(later, MissedPolicy::Publish);
    let first = social.prepare(&account, "0", request).await.unwrap();
    for number in 0..MANY {
        let mut post = first.clone();
        post.id = PostId::from(uuid::Uuid::from_u128(u128::from(number) + 1));
        post.idempotency_key = IdempotencyKey::from_stored(number.to_string());
        store.submit(&post).await.unwrap();
    }
    assert_eq!(store.hold_queued(later).await.unwrap(), u64::from(MANY));

    let newest = uuid::Uuid::from_u128(u128::from(MANY)).to_string();
    let said = place.well(&["release", &newest]).await;
    assert_eq!(said, format!("{newest} released\n"));
    let said = place.run(&["held"]).await;
    said.says(3, &["look at the accounts' profiles"]);
    assert_eq!(said.out.matches(" of ").count(), 1_000, "all are listed");
    assert_eq!(place.well(&["release", "--all"]).await, "1000 released\n");
    store.close().await;
    sandbox.stop().await;
}

#[tokio::test]
async fn posts_that_are_held_in_a_database_are_released_and_cancelled() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let database = Postgres::make().await;
    let url = database.url();
    let place = Place::of(url.as_str()).var("DATABASE_INSTANCE", "second");
    let first = PgStore::builder()
        .instance("first")
        .connect(url.as_str())
        .await
        .unwrap();
    drop(service(first.clone().into(), place.folder(), &sandbox).await);
    first.close().await;
    let store = PgStore::builder()
        .instance("second")
        .connect(url.as_str())
        .await
        .unwrap();
    wait_for_a_word(place, store.clone().into(), &sandbox).await;
    store.close().await;
    sandbox.stop().await;
    database.remove().await;
}
