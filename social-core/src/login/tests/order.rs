//! Which consent is the later, whatever the clocks of the processes say; and what is over before anybody accepts it.

use std::{sync::atomic::Ordering, time::Duration};

use chrono::TimeDelta;
use secrecy::ExposeSecret;

use super::bench::{Bench, OWNER, WEB, callback_url, query};
use crate::{
    conformance::named,
    error::{ErrorKind, Reason},
    login::{Logins, Offer},
    model::AccountStatus,
    oauth::{Grant, GrantScope},
    store::{Expect, TokenOrder, TokenStore},
};

const SOON: Duration = Duration::from_secs(5);

fn of_person(bench: &Bench, account: &str, access: &str) -> Grant {
    bench.granted(account, access).by(named("person"))
}

fn consents(bench: &Bench, access: &str) {
    bench.grant(["one", "two"].map(|account| of_person(bench, account, access)));
}

fn sharing() -> Bench {
    let bench = Bench::new();
    *bench.consent.scope.lock().unwrap() = GrantScope::OneTokenSet;
    consents(&bench, "first");
    bench
}

async fn offer(by: &Logins) -> Offer {
    let url = callback_url();
    let start = by.begin(&OWNER, &WEB, None, &url).await.unwrap();
    let query = query(&start, "code=good");
    let finish = by.finish(&OWNER, &WEB, &url, Some(&start.browser), &query);
    finish.await.unwrap()
}

/// While time passes.
async fn passing<T>(bench: &Bench, work: impl Future<Output = T>) -> T {
    let time = async {
        loop {
            tokio::task::yield_now().await;
            bench.clock.advance(Duration::from_millis(100));
        }
    };
    tokio::select! {
        done = work => done,
        never = time => never,
    }
}

async fn has(bench: &Bench, account: &str) -> String {
    let record = bench.stored(account).await.unwrap().value;
    let tokens = bench.tokens(&record).await;
    tokens.access.expose_secret().to_owned()
}

/// Twenty seconds after the first, by a machine whose clock is half a minute behind.
#[tokio::test]
async fn the_later_consent_wins_though_its_clock_is_behind() {
    let bench = sharing();
    let first = bench.offer().await;
    let linked = bench.accept(&OWNER, first.id, &["one", "two"]);
    linked.await.unwrap();
    let behind = bench.process_ahead(TimeDelta::seconds(-30));
    bench.clock.advance(SOON);
    consents(&bench, "second");
    let second = offer(&behind).await;
    for account in ["one", "two"] {
        assert_eq!(has(&bench, account).await, "second", "{account}");
    }
    let chosen = [named("two")];
    let linked = behind.accept(&OWNER, second.id, &chosen);
    linked.await.unwrap();
    assert_eq!(has(&bench, "two").await, "second");
    // And an older offer brings nothing back, whoever accepts it.
    consents(&bench, "third");
    let third = offer(&behind).await;
    consents(&bench, "fourth");
    bench.offer().await;
    let linked = bench.accept(&OWNER, third.id, &["one"]);
    linked.await.unwrap();
    assert_eq!(has(&bench, "one").await, "fourth");
}

#[tokio::test]
async fn an_older_offer_leaves_the_tokens_of_a_later_one() {
    let bench = Bench::new();
    let older = bench.offer().await;
    bench.grant([bench.granted("one", "second")]);
    let behind = bench.process_ahead(TimeDelta::seconds(-30));
    let newer = offer(&behind).await;
    let chosen = [named("one")];
    let linked = behind.accept(&OWNER, newer.id, &chosen);
    linked.await.unwrap();
    let before = bench.stored("one").await.unwrap();
    let linked = bench.accept(&OWNER, older.id, &["one"]).await.unwrap();
    assert_eq!(linked[0].status, AccountStatus::Connected);
    let after = bench.stored("one").await.unwrap();
    assert_eq!(after.value, before.value);
    assert_eq!(has(&bench, "one").await, "second");
}

/// With the last account of the person the platform ended what the open offer holds.
#[tokio::test]
async fn what_ended_with_another_account_is_not_linked() {
    for scope in [GrantScope::Principal, GrantScope::OneTokenSet] {
        let bench = sharing();
        *bench.consent.scope.lock().unwrap() = scope;
        let first = bench.offer().await;
        let linked = bench.accept(&OWNER, first.id, &["one"]);
        linked.await.unwrap();
        consents(&bench, "second");
        let open = bench.offer().await;
        bench.end("one").await;
        for account in ["two", "one"] {
            let refused = bench.accept(&OWNER, open.id, &[account]).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Conflict, "{scope:?}, {account}");
            assert_eq!(refused.reason(), Some(Reason::OfferEnded));
        }
        assert!(bench.stored("two").await.is_none(), "nothing is linked");
        consents(&bench, "third");
        let open = bench.offer().await;
        let linked = bench.accept(&OWNER, open.id, &["one", "two"]);
        assert_eq!(linked.await.unwrap().len(), 2, "a new consent");
    }
}

/// What was disconnected while others kept the grant alive ended nothing, and has no number.
#[tokio::test]
async fn what_another_account_kept_alive_is_linked() {
    let bench = sharing();
    *bench.consent.scope.lock().unwrap() = GrantScope::Principal;
    let first = bench.offer().await;
    let linked = bench.accept(&OWNER, first.id, &["one"]);
    linked.await.unwrap();
    let open = bench.offer().await;
    bench.end("one").await;
    let stored = bench.stored("one").await.unwrap();
    let mut ended = stored.value;
    ended.order = TokenOrder::default();
    let save = bench.store.save(&ended, Expect::Revision(stored.revision));
    save.await.unwrap();
    let linked = bench.accept(&OWNER, open.id, &["one", "two"]);
    assert_eq!(linked.await.unwrap().len(), 2);
}

/// By whichever login, also of another app that shares the account's id.
#[tokio::test]
async fn an_older_offer_leaves_the_tokens_of_a_later_consent_by_another_login() {
    for scope in [GrantScope::Account, GrantScope::OneTokenSet] {
        let bench = sharing();
        *bench.consent.scope.lock().unwrap() = scope;
        let older = bench.offer().await;
        consents(&bench, "second");
        let newer = bench.offer().await;
        let linked = bench.accept(&OWNER, newer.id, &["one"]);
        linked.await.unwrap();
        let stored = bench.stored("one").await.unwrap();
        let mut other = stored.value;
        other.app = named("app-2");
        other.route = "another".to_owned();
        let save = bench.store.save(&other, Expect::Revision(stored.revision));
        save.await.unwrap();
        let linked = bench.accept(&OWNER, older.id, &["one"]).await.unwrap();
        assert_eq!(linked[0].route, "another", "{scope:?}");
        assert_eq!(bench.stored("one").await.unwrap().value, other);
    }
}

/// The offer is kept, and its acknowledgement lost: it is ours all the same.
#[tokio::test]
async fn an_offer_whose_acknowledgement_was_lost_is_answered() {
    let bench = sharing();
    let first = bench.offer().await;
    let linked = bench.accept(&OWNER, first.id, &["one", "two"]);
    linked.await.unwrap();
    consents(&bench, "second");
    bench.offers.unacknowledged.store(1, Ordering::SeqCst);
    let start = bench.begin().await;
    let finish = bench.finish(&start, "code=good");
    let open = passing(&bench, finish).await.unwrap();
    let linked = bench.accept(&OWNER, open.id, &["one"]);
    linked.await.unwrap();
    assert_eq!(has(&bench, "two").await, "second");
}

/// Nobody can keep the offer, and those that are connected get the set.
#[tokio::test]
async fn a_set_whose_offer_could_not_be_kept_is_spread() {
    let bench = sharing();
    let first = bench.offer().await;
    let linked = bench.accept(&OWNER, first.id, &["one", "two"]);
    linked.await.unwrap();
    consents(&bench, "second");
    let start = bench.begin().await;
    bench.offers.failing.store(u32::MAX, Ordering::SeqCst);
    let finish = bench.finish(&start, "code=good");
    let failed = passing(&bench, finish).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Storage);
    assert_eq!(has(&bench, "one").await, "second");
}

/// The account itself was disconnected while its own renewal waited to be accepted.
#[tokio::test]
async fn an_account_that_was_disconnected_since_is_not_linked() {
    let bench = Bench::new();
    bench.connect().await;
    let open = bench.offer().await;
    bench.end("one").await;
    let refused = bench.accept(&OWNER, open.id, &["one"]).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::OfferEnded));
    bench.connect().await;
}

/// The store is away for longer than anybody waits: the offer has the set, and who accepts it gives it to all.
#[tokio::test]
async fn a_set_that_could_not_be_spread_is_in_the_offer() {
    let bench = sharing();
    let first = bench.offer().await;
    let linked = bench.accept(&OWNER, first.id, &["one", "two"]);
    linked.await.unwrap();
    consents(&bench, "second");
    bench.accounts.failing.store(u32::MAX, Ordering::SeqCst);
    let start = bench.begin().await;
    let finish = bench.finish(&start, "code=good");
    let open = passing(&bench, finish).await.unwrap();
    bench.accounts.failing.store(0, Ordering::SeqCst);
    assert_eq!(has(&bench, "one").await, "first");
    let linked = bench.accept(&OWNER, open.id, &["two"]);
    linked.await.unwrap();
    for account in ["one", "two"] {
        assert_eq!(has(&bench, account).await, "second", "{account}");
    }
}
