//! A consent to accounts that have one token set: the new one reaches all, and the later one wins.

use std::{sync::atomic::Ordering, time::Duration};

use secrecy::{ExposeSecret, SecretString};

use super::bench::{Bench, OTHER, OWNER};
use crate::{
    conformance::named,
    model::AccountStatus,
    oauth::{Grant, GrantScope},
    store::{Expect, TokenStore},
};

const MINUTE: Duration = Duration::from_secs(60);

fn granted(bench: &Bench, account: &str, access: &str) -> Grant {
    bench.granted(account, access).by(named("person"))
}

/// The person consents; the platform gives this set for three accounts.
fn consents(bench: &Bench, access: &str) {
    bench.grant(["one", "three", "two"].map(|account| granted(bench, account, access)));
}

fn bench() -> Bench {
    let bench = Bench::new();
    *bench.consent.scope.lock().unwrap() = GrantScope::OneTokenSet;
    consents(&bench, "first");
    bench
}

async fn has(bench: &Bench, account: &str) -> String {
    let record = bench.stored(account).await.unwrap().value;
    let tokens = bench.tokens(&record).await;
    tokens.access.expose_secret().to_owned()
}

/// Each has this set, and the first alone is due.
async fn all_have(bench: &Bench, accounts: &[&str], access: &str) {
    for account in accounts {
        assert_eq!(has(bench, account).await, access, "{account}");
        let record = bench.stored(account).await.unwrap().value;
        let is_due = record.refresh_due_at.is_some();
        assert_eq!(is_due, account == &accounts[0], "{account}");
        assert_eq!(record.status, AccountStatus::Connected);
    }
}

/// A refresh, elsewhere, of what is stored: all get it at once.
async fn refreshed(bench: &Bench, accounts: &[&str], access: &str) {
    let mut saves = Vec::new();
    for account in accounts {
        let stored = bench.stored(account).await.unwrap();
        let mut tokens = bench.tokens(&stored.value).await;
        tokens.access = SecretString::from(access);
        let mut record = stored.value;
        record.sealed = Some(bench.sealed(&record, &tokens).await);
        record.order = record.order.next();
        saves.push((record, Expect::Revision(stored.revision)));
    }
    bench.store.save_all(&saves).await.unwrap();
}

#[tokio::test]
async fn a_new_set_reaches_the_connected_accounts_before_anybody_accepts() {
    let bench = bench();
    let offer = bench.offer().await;
    let linked = bench.accept(&OWNER, offer.id, &["two", "one"]);
    assert_eq!(linked.await.unwrap().len(), 2);
    all_have(&bench, &["one", "two"], "first").await;
    // One moves to another owner.
    let stored = bench.stored("two").await.unwrap();
    let mut moved = stored.value;
    moved.key = moved.key.with_owner(OTHER.clone());
    let save = bench.store.save(&moved, Expect::Revision(stored.revision));
    save.await.unwrap();
    let before = bench.stored("one").await.unwrap().value;

    bench.clock.advance(MINUTE);
    consents(&bench, "second");
    bench.offer().await;
    all_have(&bench, &["one", "two"], "second").await;
    let after = bench.stored("one").await.unwrap().value;
    assert_eq!(after.connected_at, before.connected_at + MINUTE);
    assert_eq!(after.consent, before.consent, "it is not linked anew");
    let other = bench.stored("two").await.unwrap().value;
    assert_eq!(other.key.owner, *OTHER, "whoever owns it");
    assert!(bench.stored("three").await.is_none(), "nobody chose it");
}

#[tokio::test]
async fn what_is_disconnected_or_of_another_person_gets_nothing() {
    let bench = bench();
    let offer = bench.offer().await;
    let linked = bench.accept(&OWNER, offer.id, &["one", "two"]);
    linked.await.unwrap();
    let stored = bench.stored("one").await.unwrap();
    let mut ended = stored.value;
    (ended.status, ended.sealed) = (AccountStatus::Disconnected, None);
    let save = bench.store.save(&ended, Expect::Revision(stored.revision));
    save.await.unwrap();
    bench.clock.advance(MINUTE);
    bench.grant([bench.granted("three", "second").by(named("another"))]);
    bench.offer().await;
    assert_eq!(has(&bench, "two").await, "first");
    consents(&bench, "third");
    bench.offer().await;
    assert_eq!(has(&bench, "two").await, "third");
    assert_eq!(bench.stored("one").await.unwrap().value, ended);
}

#[tokio::test]
async fn who_joins_after_a_refresh_gets_what_it_gave() {
    let bench = bench();
    let offer = bench.offer().await;
    let linked = bench.accept(&OWNER, offer.id, &["two"]);
    linked.await.unwrap();
    bench.clock.advance(MINUTE);
    consents(&bench, "second");
    let offer = bench.offer().await;
    refreshed(&bench, &["two"], "refreshed").await;
    let linked = bench.accept(&OWNER, offer.id, &["one", "three", "two"]);
    assert_eq!(linked.await.unwrap().len(), 3);
    all_have(&bench, &["one", "three", "two"], "refreshed").await;
}

/// Between reading the others and saving.
#[tokio::test]
async fn who_joins_while_a_refresh_ends_is_not_left_with_the_spent_set() {
    let bench = bench();
    let offer = bench.offer().await;
    let linked = bench.accept(&OWNER, offer.id, &["two"]);
    linked.await.unwrap();
    let offer = bench.offer().await;
    bench.accounts.held.store(1, Ordering::SeqCst);
    let logins = bench.logins.clone();
    let chosen = [named("one")];
    let accept = async move { logins.accept(&OWNER, offer.id, &chosen).await };
    let accept = tokio::spawn(accept);
    while bench.accounts.held.load(Ordering::SeqCst) > 0 {
        tokio::task::yield_now().await;
    }
    refreshed(&bench, &["two"], "refreshed").await;
    bench.accounts.gate.add_permits(1);
    accept.await.unwrap().unwrap();
    all_have(&bench, &["one", "two"], "refreshed").await;
}

#[tokio::test]
async fn an_older_offer_brings_nobody_the_older_set() {
    let bench = bench();
    let older = bench.offer().await;
    bench.clock.advance(MINUTE);
    consents(&bench, "second");
    let newer = bench.offer().await;
    // The older consent first: nobody is connected who could tell.
    let linked = bench.accept(&OWNER, older.id, &["two"]);
    linked.await.unwrap();
    bench.clock.advance(MINUTE);
    let linked = bench.accept(&OWNER, newer.id, &["three"]);
    linked.await.unwrap();
    all_have(&bench, &["three", "two"], "second").await;

    bench.clock.advance(MINUTE);
    consents(&bench, "third");
    let older = bench.offer().await;
    bench.clock.advance(MINUTE);
    consents(&bench, "fourth");
    bench.offer().await;
    let linked = bench.accept(&OWNER, older.id, &["one", "two"]);
    linked.await.unwrap();
    all_have(&bench, &["one", "three", "two"], "fourth").await;
}

#[tokio::test]
async fn an_account_that_another_person_connects_leaves_the_others_in_order() {
    let bench = bench();
    let offer = bench.offer().await;
    let linked = bench.accept(&OWNER, offer.id, &["one", "two"]);
    linked.await.unwrap();
    bench.grant([bench.granted("one", "other").by(named("another"))]);
    let offer = bench.offer().await;
    let linked = bench.accept(&OWNER, offer.id, &["one"]);
    linked.await.unwrap();
    all_have(&bench, &["one"], "other").await;
    all_have(&bench, &["two"], "first").await;
}

#[tokio::test]
async fn a_store_that_fails_for_a_moment_loses_no_set() {
    let bench = bench();
    let offer = bench.offer().await;
    let linked = bench.accept(&OWNER, offer.id, &["one", "two"]);
    linked.await.unwrap();
    consents(&bench, "second");
    bench.accounts.failing.store(2, Ordering::SeqCst);
    let start = bench.begin().await;
    let finish = bench.finish(&start, "code=good");
    let time = async {
        loop {
            tokio::task::yield_now().await;
            bench.clock.advance(Duration::from_millis(100));
        }
    };
    tokio::select! {
        offer = finish => assert_eq!(offer.unwrap().accounts.len(), 3),
        () = time => {}
    }
    all_have(&bench, &["one", "two"], "second").await;
}

#[tokio::test]
async fn the_refresh_token_that_a_consent_left_alive_is_for_all() {
    let bench = bench();
    let offer = bench.offer().await;
    let linked = bench.accept(&OWNER, offer.id, &["one", "two"]);
    linked.await.unwrap();
    for keeps in [true, false] {
        let mut grant = granted(&bench, "one", "second");
        grant.tokens.refresh = None;
        grant.keeps_refresh = keeps;
        bench.grant([grant]);
        bench.offer().await;
        for account in ["one", "two"] {
            let record = bench.stored(account).await.unwrap().value;
            let refresh = bench.tokens(&record).await.refresh;
            let refresh = refresh.as_ref().map(|it| it.expose_secret());
            assert_eq!(refresh, keeps.then_some("refresh of first"), "{account}");
        }
    }
}
