//! Asking with valid tokens.

use std::sync::Mutex;

use secrecy::ExposeSecret;

use super::{bench::Bench, platform::Act};
use crate::{
    error::{Error, ErrorKind, Remedy, Result},
    tokens::{Tokens, ValidTokens},
};

/// A platform that refuses every access token before this one.
async fn ask(tokens: &Tokens, living: &str) -> (Result<String>, Vec<String>) {
    let asked = Mutex::new(Vec::new());
    let question = |valid: ValidTokens| {
        let access = valid.tokens.access.expose_secret().to_owned();
        asked.lock().unwrap().push(access.clone());
        async move {
            match access == living {
                true => Ok(access),
                false => Err(refused()),
            }
        }
    };
    let answer = tokens.with_valid(&Bench::key(0), question).await;
    (answer, asked.into_inner().unwrap())
}

fn refused() -> Error {
    Error::new(ErrorKind::Unauthorized, "a token that is not known").with_remedy(Remedy::Refresh)
}

#[tokio::test]
async fn who_is_answered_asks_once() {
    let bench = Bench::new().await;
    let (answer, asked) = ask(&bench.process(), "access-0").await;
    assert_eq!(answer.unwrap(), "access-0");
    assert_eq!(asked, ["access-0"]);
    assert_eq!(bench.platform.calls(), 0);
}

#[tokio::test]
async fn who_is_refused_asks_once_more_with_new_tokens() {
    let bench = Bench::new().await;
    let (answer, asked) = ask(&bench.process(), "access-1").await;
    assert_eq!(answer.unwrap(), "access-1");
    assert_eq!(asked, ["access-0", "access-1"]);
    assert_eq!(bench.platform.calls(), 1);
}

#[tokio::test]
async fn who_is_refused_twice_is_told_so() {
    let bench = Bench::new().await;
    let (answer, asked) = ask(&bench.process(), "none").await;
    assert_eq!(answer.unwrap_err(), refused());
    assert_eq!(asked, ["access-0", "access-1"]);
    assert_eq!(bench.platform.calls(), 1);
}

#[tokio::test]
async fn another_error_is_answered_as_it_is() {
    let bench = Bench::new().await;
    let down = || Error::new(ErrorKind::Unavailable, "down");
    let (tokens, key) = (bench.process(), Bench::key(0));
    let answer = tokens.with_valid(&key, |_| async { Err::<(), _>(down()) });
    assert_eq!(answer.await.unwrap_err(), down());
    assert_eq!(bench.platform.calls(), 0);
}

#[tokio::test]
async fn what_a_refresh_answers_is_told_and_nothing_more_is_asked() {
    let bench = Bench::new().await;
    let down = Error::new(ErrorKind::Unavailable, "down");
    bench.platform.next(Act::Fail(down.clone()));
    let (answer, asked) = ask(&bench.process(), "access-1").await;
    assert_eq!(answer.unwrap_err().kind(), down.kind());
    assert_eq!(asked, ["access-0"]);
}
