use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::*;
use crate::{
    memory::MemoryStore,
    store::{Incarnation, Incarnations, Installation, LastWrites},
    vault::count::{BLOCK, REFUSE_AT, WARN_AT},
};

/// Fails when it is told to.
#[derive(Debug, Default)]
struct Counting {
    store: MemoryStore,
    fails: AtomicBool,
}

#[async_trait]
impl InstallationStore for Counting {
    async fn installation(&self) -> Result<Installation> {
        self.store.installation().await
    }

    async fn put_key_check(&self, check: &[u8], replaces: Option<&[u8]>) -> Result<Vec<u8>> {
        self.store.put_key_check(check, replaces).await
    }

    async fn count_seals(&self, key: &KeyId, seals: u64) -> Result<u64> {
        if self.fails.load(Ordering::Relaxed) {
            return Err(Error::storage("down"));
        }
        self.store.count_seals(key, seals).await
    }

    async fn incarnations(&self) -> Result<Incarnations> {
        self.store.incarnations().await
    }

    async fn wall_clock(&self) -> Result<Option<DateTime<Utc>>> {
        self.store.wall_clock().await
    }

    async fn accept_incarnation(&self, seen: &Incarnation, last: LastWrites) -> Result<()> {
        self.store.accept_incarnation(seen, last).await
    }
}

fn process(store: &Arc<Counting>) -> Vault {
    vault().counting_in(Arc::clone(store) as _)
}

async fn counted(store: &Counting) -> u64 {
    let key = SealingKey::new(&KEY).id();
    store.store.count_seals(&key, 0).await.unwrap()
}

async fn begin_at(store: &Counting, seals: u64) {
    let key = SealingKey::new(&KEY).id();
    store.store.count_seals(&key, seals).await.unwrap();
}

#[tokio::test]
async fn processes_count_together_in_blocks() {
    let store = Arc::new(Counting::default());
    let (one, two) = (process(&store), process(&store));
    one.seal(&PLACE, b"a").await.unwrap();
    one.clone().seal(&PLACE, b"b").await.unwrap();
    assert_eq!(counted(&store).await, BLOCK, "clones share a block");
    two.seal(&PLACE, b"c").await.unwrap();
    assert_eq!(counted(&store).await, 2 * BLOCK);
    one.open(&PLACE, &two.seal(&PLACE, b"d").await.unwrap())
        .await
        .unwrap();
    let health = one
        .check_health(&one.key_check().await.unwrap())
        .await
        .unwrap();
    assert_eq!(health.seals, 2 * BLOCK, "opening does not count");
}

#[tokio::test]
async fn a_store_that_fails_stops_no_seal_while_a_block_is_left() {
    let store = Arc::new(Counting::default());
    let vault = process(&store);
    vault.count_ahead().await.unwrap();
    store.fails.store(true, Ordering::Relaxed);
    for _ in 0..BLOCK {
        vault.seal(&PLACE, b"a").await.unwrap();
    }
    let error = vault.seal(&PLACE, b"a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    store.fails.store(false, Ordering::Relaxed);
    vault.seal(&PLACE, b"a").await.unwrap();
    assert_eq!(counted(&store).await, 2 * BLOCK, "none was lost");
}

#[tokio::test]
async fn the_next_block_is_taken_before_the_last_is_used_up() {
    let store = Arc::new(Counting::default());
    let vault = process(&store);
    for _ in 0..BLOCK / 2 {
        vault.seal(&PLACE, b"a").await.unwrap();
    }
    assert_eq!(counted(&store).await, 2 * BLOCK);
}

#[tokio::test]
async fn the_last_seal_is_the_2_to_the_32nd_over_all_processes() {
    let store = Arc::new(Counting::default());
    begin_at(&store, REFUSE_AT - BLOCK - 3).await;
    let (one, two) = (process(&store), process(&store));
    one.seal(&PLACE, b"a").await.unwrap();
    for _ in 0..3 {
        two.seal(&PLACE, b"b").await.unwrap();
    }
    for _ in 0..3 {
        let error = two.seal(&PLACE, b"c").await.unwrap_err();
        assert_operator(&error);
        let key = SealingKey::new(&KEY).id().to_string();
        assert!(error.message().contains(&key), "{error}");
    }
    for _ in 1..BLOCK {
        one.seal(&PLACE, b"a").await.unwrap();
    }
    assert_operator(&one.seal(&PLACE, b"a").await.unwrap_err());
    let sum = counted(&store).await;
    assert!(
        sum < REFUSE_AT + 4 * BLOCK,
        "refusals are not counted: {sum}"
    );
    let sealed = vault().seal(&PLACE, b"old").await.unwrap();
    assert_eq!(two.open(&PLACE, &sealed).await.unwrap().as_slice(), b"old");
}

#[tokio::test]
async fn another_key_has_a_count_of_its_own() {
    let store = Arc::new(Counting::default());
    begin_at(&store, REFUSE_AT).await;
    assert_operator(&process(&store).seal(&PLACE, b"a").await.unwrap_err());
    let ring = LocalKeyRing::from_keys([&OLD, &KEY]).unwrap();
    let rotated = vault_of(ring).counting_in(Arc::clone(&store) as _);
    rotated.seal(&PLACE, b"a").await.unwrap();
}

#[tokio::test]
async fn an_operator_is_warned_once_at_2_to_the_31() {
    let store = Arc::new(Counting::default());
    begin_at(&store, WARN_AT - 2 * BLOCK).await;
    let (heard, _subscribed) = crate::vault::tests::logs::hear();
    let vault = process(&store);
    vault.seal(&PLACE, b"a").await.unwrap();
    assert_eq!(heard.count("2^31"), 0);
    for _ in 0..3 * BLOCK {
        vault.seal(&PLACE, b"a").await.unwrap();
    }
    assert_eq!(heard.count("2^31"), 1);
}
