use std::{sync::atomic::Ordering, time::Duration};

use secrecy::ExposeSecret;

use super::{
    super::Already,
    bench::{Bench, OTHER, OWNER, WEB, callback_url, query},
};
use crate::{
    conformance::named,
    error::{ErrorKind, Reason, Remedy, Result},
    model::{Account, AccountStatus, NeedsReauth},
    store::{Expect, Revision, TokenClaimed, TokenStore, Verdict},
    time::Clock,
};

#[tokio::test]
async fn the_chosen_accounts_are_linked_and_only_they() {
    let bench = Bench::new();
    bench.grant([
        bench.granted("one", "access-1"),
        bench.granted("two", "access-2"),
    ]);
    let offer = bench.offer().await;
    let accept = bench.accept(&OWNER, offer.id, &["one"]);
    let linked = accept.await.unwrap();
    assert_eq!(linked.len(), 1);
    assert_eq!(
        (&*linked[0].name, &linked[0].status),
        ("Account one", &AccountStatus::Connected)
    );
    assert!(bench.stored("two").await.is_none());

    let record = bench.stored("one").await.unwrap().value;
    assert_eq!(record.consent, offer.id.to_string());
    let (now, ends) = (bench.clock.now(), record.expires_at.unwrap());
    let tokens = bench.tokens(&record).await;
    assert_eq!(record.grant_ends_at, tokens.refresh_expires_at);
    assert!(record.grant_ends_at.is_some(), "as the platform told");
    let due = record.refresh_due_at.unwrap();
    assert!(due >= now && due < now + (ends - now) / 4 + Duration::from_millis(1));
    assert_eq!(
        bench.tokens(&record).await.access.expose_secret(),
        "access-1"
    );
}

#[tokio::test]
async fn a_second_accept_changes_nothing() {
    let bench = Bench::new();
    let offer = bench.offer().await;
    let (first, second) = tokio::join!(
        bench.accept(&OWNER, offer.id, &["one"]),
        bench.accept(&OWNER, offer.id, &["one"])
    );
    assert_eq!(u8::from(first.is_ok()) + u8::from(second.is_ok()), 1);
    let error = bench.accept(&OWNER, offer.id, &["one"]).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.reason()),
        (ErrorKind::NotFound, Some(Reason::OfferOver))
    );
    assert_eq!(bench.stored("one").await.unwrap().revision, Revision(1));
}

#[tokio::test]
async fn an_offer_is_its_owners_and_ends() {
    let bench = Bench::new();
    let offer = bench.offer().await;
    let accept = bench.accept(&OTHER, offer.id, &["one"]);
    assert_eq!(accept.await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(bench.logins.offer(&OTHER, offer.id).await.is_err());
    bench.clock.advance(Duration::from_secs(600));
    let accept = bench.accept(&OWNER, offer.id, &["one"]);
    assert_eq!(accept.await.unwrap_err().reason(), Some(Reason::OfferOver));
    assert!(bench.stored("one").await.is_none());
}

#[tokio::test]
async fn only_what_is_offered_can_be_chosen() {
    let bench = Bench::new();
    let offer = bench.offer().await;
    for wrong in [&[][..], &["two"], &["one", "two"]] {
        let accept = bench.accept(&OWNER, offer.id, wrong);
        let error = accept.await.unwrap_err();
        assert!(
            matches!(error.remedy(), Remedy::FixInput { rule, .. } if rule == "accounts.offered"),
            "{error:?}"
        );
    }
    assert!(bench.stored("one").await.is_none());
    let accept = bench.accept(&OWNER, offer.id, &["one"]);
    assert!(accept.await.is_ok(), "the offer stays");
}

/// Another owner goes through a login of their own and accepts.
async fn taken_by_another(bench: &Bench) -> (Already, Result<Vec<Account>>) {
    let url = callback_url();
    let begun = bench.logins.begin(&OTHER, &WEB, None, &url);
    let start = begun.await.unwrap();
    let (browser, query) = (Some(&start.browser), query(&start, "code=good"));
    let finished = bench.logins.finish(&OTHER, &WEB, &url, browser, &query);
    let offer = finished.await.unwrap();
    let accepted = bench.accept(&OTHER, offer.id, &["one"]);
    (offer.accounts[0].already, accepted.await)
}

#[tokio::test]
async fn an_account_of_another_living_owner_is_refused() {
    let bench = Bench::new();
    bench.connect().await;
    let (already, accepted) = taken_by_another(&bench).await;
    assert_eq!(already, Already::HeldByAnother);
    let error = accepted.unwrap_err();
    assert_eq!(
        (error.kind(), error.reason()),
        (ErrorKind::Conflict, Some(Reason::AccountTaken))
    );
    assert!(
        error
            .user_message()
            .contains("Account one is connected by another user")
    );
    let record = bench.stored("one").await.unwrap();
    assert_eq!(
        (&record.value.key.owner, record.revision),
        (&*OWNER, Revision(1))
    );
}

#[tokio::test]
async fn an_account_that_another_owner_disconnected_moves() {
    let bench = Bench::new();
    bench.connect().await;
    let stored = bench.stored("one").await.unwrap();
    let mut record = stored.value;
    record.status = AccountStatus::Disconnected;
    record.sealed = None;
    bench
        .store
        .save(&record, Expect::Revision(stored.revision))
        .await
        .unwrap();
    let (already, accepted) = taken_by_another(&bench).await;
    assert_eq!(already, Already::New);
    accepted.unwrap();
    let record = bench.stored("one").await.unwrap().value;
    assert_eq!(
        (record.key.owner.as_str(), record.status),
        ("owner-2", AccountStatus::Connected)
    );
}

#[tokio::test]
async fn connecting_again_renews_whatever_the_state() {
    let bench = Bench::new();
    bench.connect().await;
    let key = bench.stored("one").await.unwrap().value.key;
    let claimed = bench
        .store
        .claim(&key, Duration::from_secs(30))
        .await
        .unwrap();
    let TokenClaimed::Taken(claim) = claimed else {
        panic!("held by nobody")
    };
    let suspected = Verdict::Suspected(bench.clock.now());
    bench.store.judge(&claim, suspected).await.unwrap();
    let dead = Verdict::Dead(NeedsReauth::Revoked);
    bench.store.judge(&claim, dead).await.unwrap();

    let mut grant = bench.granted("one", "access-2");
    grant.name = " ".to_owned();
    bench.grant([grant]);
    let offer = bench.offer().await;
    assert_eq!(offer.accounts[0].already, Already::Renewed);
    let accept = bench.accept(&OWNER, offer.id, &["one"]);
    accept.await.unwrap();
    let stored = bench.stored("one").await.unwrap();
    assert_eq!(
        (stored.value.status.clone(), stored.value.suspected_at),
        (AccountStatus::Connected, None)
    );
    assert_eq!(
        stored.value.name, "Account one",
        "no blank overwrites a name"
    );
    assert_eq!(stored.revision, Revision(2));
    let tokens = bench.tokens(&stored.value).await;
    assert_eq!(tokens.access.expose_secret(), "access-2");
}

#[tokio::test]
async fn a_refresh_token_outlives_a_consent_where_the_platform_says_so() {
    for keeps in [true, false] {
        let bench = Bench::new();
        bench.connect().await;
        let mut grant = bench.granted("one", "access-2");
        grant.tokens.refresh = None;
        bench.grant([if keeps {
            grant.keeping_refresh()
        } else {
            grant
        }]);
        let offer = bench.offer().await;
        let accept = bench.accept(&OWNER, offer.id, &["one"]);
        accept.await.unwrap();
        let record = bench.stored("one").await.unwrap().value;
        let tokens = bench.tokens(&record).await;
        assert_eq!(tokens.access.expose_secret(), "access-2");
        let refresh = tokens.refresh.as_ref().map(|it| it.expose_secret());
        assert_eq!(refresh, keeps.then_some("refresh of access-1"));
    }
}

/// The refresh token is of the login that gave it.
#[tokio::test]
async fn no_refresh_token_of_another_login_is_kept() {
    let bench = Bench::new();
    bench.connect().await;
    let stored = bench.stored("one").await.unwrap();
    let mut record = stored.value;
    record.app = named("another app");
    let save = bench.store.save(&record, Expect::Revision(stored.revision));
    save.await.unwrap();
    let mut grant = bench.granted("one", "access-2").keeping_refresh();
    grant.tokens.refresh = None;
    bench.grant([grant]);
    let offer = bench.offer().await;
    let accept = bench.accept(&OWNER, offer.id, &["one"]);
    accept.await.unwrap();
    let record = bench.stored("one").await.unwrap().value;
    assert!(bench.tokens(&record).await.refresh.is_none());
    assert_eq!(record.connector(), *WEB, "the later login counts");
}

#[tokio::test]
async fn what_could_not_be_saved_is_offered_again() {
    let bench = Bench::new();
    bench.grant([
        bench.granted("one", "access-1"),
        bench.granted("two", "access-2"),
    ]);
    let offer = bench.offer().await;
    bench.accounts.failing.store(1, Ordering::SeqCst);
    let error = bench.accept(&OWNER, offer.id, &["one"]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(bench.stored("one").await.is_none());
    let linked = bench
        .accept(&OWNER, offer.id, &["one", "two"])
        .await
        .unwrap();
    assert_eq!(linked.len(), 2);
}

#[tokio::test]
async fn a_link_whose_acknowledgement_was_lost_is_not_repeated() {
    let bench = Bench::new();
    let offer = bench.offer().await;
    bench.accounts.unacknowledged.store(1, Ordering::SeqCst);
    bench.accept(&OWNER, offer.id, &["one"]).await.unwrap_err();
    // Saved all the same, and refreshed before the person tries again.
    let stored = bench.stored("one").await.unwrap();
    let refreshed = Expect::Revision(stored.revision);
    bench.store.save(&stored.value, refreshed).await.unwrap();
    let linked = bench.accept(&OWNER, offer.id, &["one"]).await.unwrap();
    assert_eq!(linked.len(), 1);
    assert_eq!(
        bench.stored("one").await.unwrap().revision,
        Revision(2),
        "left alone"
    );
}
