//! Keys rotate while everybody goes on.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use social_core::{
    ErrorKind,
    conformance::named,
    model::AccountKey,
    publish::MissedPolicy,
    store::{
        Expect, Resealed, SealedField, SealedPage, SealedStore, SealedValue, TokenRecord,
        TokenStore,
    },
};
use social_workers::{ResealSettings, ResealWorker};

use crate::stage::{CONNECTOR, OWNER, PLATFORM, Stage};

const NEW: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00112233445566778899aabbccddeeff1";

fn worker(stage: &Stage) -> ResealWorker {
    let mut settings = ResealSettings::default();
    (settings.page, settings.pause) = (3, Duration::ZERO);
    ResealWorker::new(&stage.social).settings(settings)
}

/// Puts a new key in front; answers the file as it was.
fn rotate(stage: &Stage) -> String {
    let path = stage.folder.path().join("key");
    let old = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{NEW}\n{old}")).unwrap();
    old
}

fn drop_old_key(stage: &Stage) {
    std::fs::write(stage.folder.path().join("key"), NEW).unwrap();
}

/// An account whose tokens are sealed as `plain`.
async fn put_account(stage: &Stage, number: u32, plain: &[u8]) -> AccountKey {
    let key = AccountKey::new(
        OWNER.clone(),
        named("app"),
        PLATFORM,
        named(format!("account-{number}")),
    );
    let row = key.row_id();
    let now = stage.social.clock().now();
    let mut record = TokenRecord::new(key.clone(), &*CONNECTOR.route, now);
    let place = SealedField::Tokens.place(&row);
    record.sealed = Some(
        stage
            .social
            .worker()
            .vault()
            .seal(&place, plain)
            .await
            .unwrap(),
    );
    stage.store.save(&record, Expect::Absent).await.unwrap();
    key
}

/// Something in every field: an account, two posts, a login, an offer.
async fn fill(stage: &Stage) {
    let redirect = url::Url::parse("https://service.example/callback").unwrap();
    let social = &stage.social;
    social
        .begin_login(&OWNER, &CONNECTOR, None, &redirect)
        .await
        .unwrap();
    crate::stage::offer(social).await;
    for key in ["a", "b"] {
        let at = social.clock().now() + chrono::Duration::hours(1);
        let request = stage.request().schedule(at, MissedPolicy::Publish);
        social.submit(&stage.account, key, request).await.unwrap();
    }
    for number in 0..10 {
        put_account(stage, number, b"tokens").await;
    }
}

async fn left(stage: &Stage) -> Vec<SealedValue> {
    let prefix = stage.social.worker().vault().prefix().await.unwrap();
    let mut left = Vec::new();
    for field in SealedField::ALL {
        let page = SealedPage::new(field, prefix.clone(), u32::MAX);
        left.extend(stage.store.sealed(&page).await.unwrap());
    }
    // The mark of a used login holds nothing.
    left.retain(|value| !value.sealed.is_empty());
    left
}

#[tokio::test]
async fn every_field_is_sealed_again_and_the_old_key_can_go() {
    let stage = Stage::open().await;
    fill(&stage).await;
    rotate(&stage);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hear = Arc::clone(&heard);
    let worker = worker(&stage).on_progress(move |report| {
        hear.lock().unwrap().push(report.resealed);
    });
    let report = worker.run_once().await.unwrap();
    assert!(report.is_done(), "{report:?}");
    // A login and an offer, two posts with two fields each, the account and ten more.
    assert_eq!((report.resealed, report.changed, report.passes), (17, 0, 2));
    assert_eq!(left(&stage).await, []);
    let heard = heard.lock().unwrap().clone();
    assert!(
        heard.is_sorted() && heard.last() == Some(&17) && heard.len() > 5,
        "{heard:?}"
    );

    drop_old_key(&stage);
    let social = stage.process().await;
    let valid = social
        .worker()
        .tokens()
        .valid(&stage.account.key)
        .await
        .unwrap();
    assert_eq!(valid.account.key, stage.account.key);
    for post in social.posts(&OWNER, &Default::default()).await.unwrap() {
        social.request(&OWNER, post.id).await.unwrap();
    }
    let again = worker.run_once().await.unwrap();
    assert_eq!(
        (again.resealed, again.passes, again.is_done()),
        (0, 1, true)
    );
}

#[tokio::test]
async fn it_touches_nothing_but_the_sealed_bytes() {
    let stage = Stage::open().await;
    let key = &stage.account.key;
    let claim = stage
        .store
        .claim(key, Duration::from_secs(30))
        .await
        .unwrap();
    let social_core::store::TokenClaimed::Taken(claim) = claim else {
        panic!("busy")
    };
    let post = stage.submit("a").await;
    let (before, post_before) = (
        stage.store.load(key).await.unwrap().unwrap(),
        stage.load(&post).await,
    );
    rotate(&stage);
    assert!(worker(&stage).run_once().await.unwrap().is_done());
    let (after, post_after) = (
        stage.store.load(key).await.unwrap().unwrap(),
        stage.load(&post).await,
    );
    assert_eq!(after.revision, before.revision);
    assert_ne!(after.value.sealed, before.value.sealed);
    let mut same = after.value.clone();
    same.sealed.clone_from(&before.value.sealed);
    assert_eq!(same, before.value);
    let mut same = post_after.clone();
    same.request.clone_from(&post_before.request);
    same.checkpoint
        .sealed
        .clone_from(&post_before.checkpoint.sealed);
    assert_eq!(same, post_before);
    // The lease still runs, and the attempt counts.
    let busy = stage
        .store
        .claim(key, Duration::from_secs(30))
        .await
        .unwrap();
    assert!(matches!(busy, social_core::store::TokenClaimed::Busy(_)));
    stage.clock.advance(Duration::from_secs(31));
    let claimed = stage
        .store
        .claim(key, Duration::from_secs(30))
        .await
        .unwrap();
    let social_core::store::TokenClaimed::Taken(next) = claimed else {
        panic!("busy")
    };
    assert_eq!(
        (next.epoch.0, next.unknown_attempts),
        (claim.epoch.0 + 1, 1)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_and_writers_go_on_while_keys_rotate() {
    const ACCOUNTS: u32 = 40;
    let stage = Stage::open().await;
    let mut keys = Vec::new();
    for number in 0..ACCOUNTS {
        keys.push(put_account(&stage, number, b"tokens 0").await);
    }
    // Processes of their own, each with its own view of the key file.
    let stop = Arc::new(AtomicBool::new(false));
    let reads = Arc::new(AtomicU64::new(0));
    let mut tasks = Vec::new();
    for process in 0..10 {
        let (social, store) = (stage.process().await, stage.store.clone());
        let (stop, reads, keys) = (Arc::clone(&stop), Arc::clone(&reads), keys.clone());
        tasks.push(tokio::spawn(async move {
            let mut round = 0_u32;
            while !stop.load(Ordering::Relaxed) {
                round += 1;
                for key in &keys {
                    let stored = store.load(key).await.unwrap().unwrap();
                    let row = key.row_id();
                    let place = SealedField::Tokens.place(&row);
                    let sealed = stored.value.sealed.as_deref().unwrap();
                    let plain = social
                        .worker()
                        .vault()
                        .open(&place, sealed)
                        .await
                        .expect("a read failed");
                    assert!(plain.starts_with(b"tokens "));
                    reads.fetch_add(1, Ordering::Relaxed);
                    if process < 2 {
                        let text = format!("tokens {process}.{round}");
                        let mut record = stored.value;
                        let sealed = social
                            .worker()
                            .vault()
                            .seal(&place, text.as_bytes())
                            .await
                            .unwrap();
                        record.sealed = Some(sealed);
                        match store.save(&record, Expect::Revision(stored.revision)).await {
                            Ok(_) => {}
                            Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict),
                        }
                    }
                }
                tokio::task::yield_now().await;
            }
        }));
    }
    rotate(&stage);
    let mut report = worker(&stage).run_once().await.unwrap();
    for _ in 0..1_000 {
        if report.is_done() && left(&stage).await.is_empty() {
            break;
        }
        tokio::task::yield_now().await;
        report = worker(&stage).run_once().await.unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.expect("no read failed");
    }
    let report = worker(&stage).run_once().await.unwrap();
    assert!(report.is_done(), "{report:?}");
    assert_eq!(left(&stage).await, []);
    assert!(reads.load(Ordering::Relaxed) > u64::from(ACCOUNTS));
    drop_old_key(&stage);
    let social = stage.process().await;
    for key in &keys {
        let stored = stage.store.load(key).await.unwrap().unwrap().value;
        let row = key.row_id();
        let place = SealedField::Tokens.place(&row);
        social
            .worker()
            .vault()
            .open(&place, &stored.sealed.unwrap())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn what_cannot_be_opened_is_counted_and_passed_over() {
    let stage = Stage::open().await;
    fill(&stage).await;
    let page = SealedPage::new(SealedField::Tokens, b"none".to_vec(), 2);
    let damaged = stage.store.sealed(&page).await.unwrap();
    for value in &damaged {
        let mut new = value.sealed.clone();
        *new.last_mut().unwrap() ^= 1;
        let change = Resealed::new(value.clone(), new);
        assert_eq!(stage.store.reseal(&[change]).await.unwrap(), 1);
    }
    rotate(&stage);
    let report = worker(&stage).run_once().await.unwrap();
    assert!(report.complete && !report.is_done());
    assert!(report.key_check_current);
    assert_eq!(report.resealed, 15);
    assert_eq!(report.unreadable.len(), 1);
    let unreadable = &report.unreadable[0];
    assert_eq!(
        (unreadable.field, unreadable.rows),
        (SealedField::Tokens, 2)
    );
    assert!(unreadable.error.message().contains("accounts.tokens"));
    assert_eq!(left(&stage).await.len(), 2);
}

#[tokio::test]
async fn a_missing_key_is_named_and_can_be_put_back() {
    let stage = Stage::open().await;
    fill(&stage).await;
    let before = stage.social.check_vault().await.unwrap().current;
    let old = rotate(&stage);
    // Everything but the check is still under the old key when it is taken away.
    stage.social.reload_keys().await.unwrap();
    stage.social.renew_key_check().await.unwrap();
    drop_old_key(&stage);
    let report = worker(&stage).run_once().await.unwrap();
    assert!(!report.is_done());
    let rows: u64 = report.unreadable.iter().map(|of| of.rows).sum();
    assert_eq!((report.resealed, rows, report.unreadable.len()), (0, 17, 5));
    for unreadable in &report.unreadable {
        let message = unreadable.error.message();
        assert!(message.contains(&before.to_string()), "{message}");
    }
    std::fs::write(stage.folder.path().join("key"), format!("{NEW}\n{old}")).unwrap();
    let report = worker(&stage).run_once().await.unwrap();
    assert!(report.is_done() && report.resealed == 17, "{report:?}");
}

#[tokio::test]
async fn dropped_anywhere_it_has_replaced_whole_pages_and_goes_on() {
    let stage = Stage::open().await;
    fill(&stage).await;
    rotate(&stage);
    stage.social.reload_keys().await.unwrap();
    let mut settings = ResealSettings::default();
    (settings.page, settings.pause) = (3, Duration::from_secs(1));
    let slow = ResealWorker::new(&stage.social).settings(settings);
    // It rests after the first page for as long as the clock stands still.
    let round = tokio::spawn(async move { slow.run_once().await });
    for _ in 0..100_000 {
        if left(&stage).await.len() < 17 {
            break;
        }
        tokio::task::yield_now().await;
    }
    round.abort();
    assert!(round.await.unwrap_err().is_cancelled());
    let rest = left(&stage).await.len();
    assert!(rest > 0 && rest < 17, "{rest}");
    let report = worker(&stage).run_once().await.unwrap();
    assert!(report.is_done());
    assert_eq!(report.resealed, u64::try_from(rest).unwrap());
}

#[tokio::test]
async fn run_hears_of_new_keys_by_itself() {
    let stage = Stage::open().await;
    fill(&stage).await;
    let (clock, social) = (stage.clock.clone(), stage.social.clone());
    let before = social.check_vault().await.unwrap().current;
    let done = async {
        rotate(&stage);
        for _ in 0..100_000 {
            clock.advance(Duration::from_secs(10));
            tokio::task::yield_now().await;
            let health = social.check_vault().await.unwrap();
            if health.key_check != before && left(&stage).await.is_empty() {
                return true;
            }
        }
        false
    };
    assert!(worker(&stage).run(done).await);
}
