use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{
    super::Already,
    bench::{Bench, DESKTOP, OTHER, OWNER, WEB, callback_url, query},
};
use crate::{
    conformance::named,
    error::{Error, ErrorKind, Reason},
    model::Scopes,
    store::LoginStore,
};

fn why(error: &Error) -> Reason {
    error.reason().unwrap()
}

#[tokio::test]
async fn a_login_yields_an_offer_and_links_nothing() {
    let bench = Bench::new();
    let offer = bench.offer().await;
    assert_eq!(offer.accounts.len(), 1);
    assert_eq!(offer.accounts[0].account, "one");
    assert_eq!(offer.accounts[0].already, Already::New);
    assert!(offer.accounts[0].missing.is_empty());
    assert!(bench.stored("one").await.is_none());
    let shown = bench.logins.offer(&OWNER, offer.id).await.unwrap();
    assert_eq!(shown.accounts, offer.accounts);
}

#[tokio::test]
async fn states_and_secrets_are_never_stored_in_plain() {
    let bench = Bench::new();
    let start = bench.begin().await;
    let parts = query(&start, "");
    let state = parts.trim_start_matches("state=").trim_end_matches('&');
    let hash = super::super::begin::hash(&SecretString::from(state));
    let now = crate::time::Clock::now(&bench.clock);
    let login = bench.store.peek(&hash, now).await.unwrap().unwrap();
    let dump = format!("{login:?}{start:?}");
    assert!(!dump.contains(state) && !dump.contains(start.browser.expose_secret()));
    assert!(state.len() == 43 && start.browser.expose_secret().len() == 43);
}

#[tokio::test]
async fn a_forged_or_missing_state_did_not_start_here() {
    let bench = Bench::new();
    let start = bench.begin().await;
    for query in [
        "state=forged&code=good",
        "code=good",
        "",
        "state=&code=good",
    ] {
        let url = callback_url();
        let finished = bench
            .logins
            .finish(&OWNER, &WEB, &url, Some(&start.browser), query);
        let error = finished.await.unwrap_err();
        assert_eq!(
            (error.kind(), why(&error)),
            (ErrorKind::NotFound, Reason::LoginUnknown)
        );
        assert!(error.user_message().contains("did not start here"));
    }
    assert_eq!(bench.exchanges(), 0);
    assert!(bench.finish(&start, "code=good").await.is_ok());
}

#[tokio::test]
async fn another_browsers_callback_uses_nothing_up() {
    let bench = Bench::new();
    let (mine, theirs) = (bench.begin().await, bench.begin().await);
    let (url, query) = (callback_url(), query(&mine, "code=good"));
    for browser in [None, Some(&theirs.browser)] {
        let finished = bench.logins.finish(&OWNER, &WEB, &url, browser, &query);
        let error = finished.await.unwrap_err();
        assert_eq!(why(&error), Reason::LoginElsewhere);
    }
    assert_eq!(bench.exchanges(), 0);
    assert!(bench.finish(&mine, "code=good").await.is_ok());
}

#[tokio::test]
async fn another_owner_route_or_address_uses_nothing_up() {
    let bench = Bench::new();
    let start = bench.begin().await;
    let (url, query) = (callback_url(), query(&start, "code=good"));
    let other = Url::parse("https://service.example/other").unwrap();
    let browser = Some(&start.browser);
    let logins = &bench.logins;
    let error = logins
        .finish(&OTHER, &WEB, &url, browser, &query)
        .await
        .unwrap_err();
    assert_eq!(why(&error), Reason::LoginUnknown);
    let error = logins
        .finish(&OWNER, &DESKTOP, &url, browser, &query)
        .await
        .unwrap_err();
    assert_eq!(why(&error), Reason::LoginUnknown);
    let error = logins
        .finish(&OWNER, &WEB, &other, browser, &query)
        .await
        .unwrap_err();
    assert_eq!(why(&error), Reason::LoginUnknown);
    assert_eq!(bench.exchanges(), 0);
    assert!(bench.finish(&start, "code=good").await.is_ok());
}

#[tokio::test]
async fn a_login_counts_once() {
    let bench = Bench::new();
    let start = bench.begin().await;
    let (first, second) = tokio::join!(
        bench.finish(&start, "code=good"),
        bench.finish(&start, "code=good")
    );
    assert_eq!(u8::from(first.is_ok()) + u8::from(second.is_ok()), 1);
    let error = bench.finish(&start, "code=good").await.unwrap_err();
    assert_eq!(
        (error.kind(), why(&error)),
        (ErrorKind::Conflict, Reason::LoginUsed)
    );
    assert_eq!(bench.exchanges(), 1);
    // Its owner is told so in any browser: one forgets its secret when the login has served. Nobody else is told.
    let (url, query) = (callback_url(), query(&start, "code=good"));
    for (owner, told) in [
        (OWNER.clone(), Reason::LoginUsed),
        (named("stranger"), Reason::LoginUnknown),
    ] {
        let again = bench.logins.finish(&owner, &WEB, &url, None, &query);
        assert_eq!(why(&again.await.unwrap_err()), told, "{owner}");
    }
}

#[tokio::test]
async fn a_login_ends_after_ten_minutes() {
    let bench = Bench::new();
    let start = bench.begin().await;
    bench.clock.advance(Duration::from_secs(600));
    let error = bench.finish(&start, "code=good").await.unwrap_err();
    assert_eq!(why(&error), Reason::LoginExpired);
    assert!(error.user_message().contains("more than 10 minutes ago"));
    assert_eq!(bench.exchanges(), 0);
    assert_eq!(
        bench.logins.purge().await.unwrap(),
        0,
        "kept a while, to say so"
    );
    bench.clock.advance(Duration::from_secs(601));
    assert_eq!(bench.logins.purge().await.unwrap(), 1);
    let error = bench.finish(&start, "code=good").await.unwrap_err();
    assert_eq!(why(&error), Reason::LoginUnknown);
}

#[tokio::test]
async fn a_refusal_is_told_and_uses_the_login_up() {
    let bench = Bench::new();
    let start = bench.begin().await;
    let refused = "error=access_denied&error_description=secret-text&code=good";
    let error = bench.finish(&start, refused).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Rejected, Some("access_denied"))
    );
    assert!(error.user_message().contains("You refused"));
    assert!(!format!("{error:?}{error}").contains("secret-text"));
    assert_eq!(bench.exchanges(), 0);
    let error = bench.finish(&start, "code=good").await.unwrap_err();
    assert_eq!(why(&error), Reason::LoginUsed);
}

#[tokio::test]
async fn a_refused_code_is_an_error_and_the_login_is_used_up() {
    let bench = Bench::new();
    let start = bench.begin().await;
    let error = bench.finish(&start, "code=bad").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    let start = bench.begin().await;
    let error = bench.finish(&start, "unrelated=1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn fewer_scopes_than_asked_for_are_shown() {
    let bench = Bench::new();
    let mut grant = bench.granted("one", "access-1");
    grant.tokens.scopes = Scopes::from_iter(["read"]);
    bench.grant([grant]);
    let offer = bench.offer().await;
    assert_eq!(offer.accounts[0].missing, Scopes::from_iter(["write"]));

    let asked = Some(Scopes::from_iter(["read"]));
    let url = callback_url();
    let begun = bench.logins.begin(&OWNER, &WEB, asked, &url);
    let start = begun.await.unwrap();
    let offer = bench.finish(&start, "code=good").await.unwrap();
    assert!(offer.accounts[0].missing.is_empty());
}

#[tokio::test]
async fn accounts_are_offered_once_with_their_last_tokens() {
    let bench = Bench::new();
    let mut first = bench.granted("one", "access-1");
    first.aliases = vec![named("alias-1")];
    let mut again = bench.granted("one", "access-2");
    again.aliases = vec![named("alias-2"), named("alias-1")];
    bench.grant([first, bench.granted("two", "access-3"), again]);
    let offer = bench.offer().await;
    let ids: Vec<_> = offer.accounts.iter().map(|a| a.account.as_str()).collect();
    assert_eq!(ids, ["one", "two"]);
    bench.accept(&OWNER, offer.id, &["one"]).await.unwrap();
    let record = bench.stored("one").await.unwrap().value;
    assert_eq!(record.aliases, ["alias-1", "alias-2"]);
    let tokens = bench.tokens(&record).await;
    assert_eq!(tokens.access.expose_secret(), "access-2");
}

#[tokio::test]
async fn a_consent_without_accounts_or_with_blanks_is_refused() {
    let bench = Bench::new();
    bench.grant([]);
    let start = bench.begin().await;
    let error = bench.finish(&start, "code=good").await.unwrap_err();
    assert_eq!(why(&error), Reason::NoAccount);
    for grant in [bench.granted("one", " "), bench.granted(" ", "access-1")] {
        bench.grant([grant]);
        let start = bench.begin().await;
        let error = bench.finish(&start, "code=good").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
    }
}
