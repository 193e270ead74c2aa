use std::{future::Future, str::FromStr, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    error::{Error, ErrorKind, Result},
    model::{AccountKey, AppKey, Connector, IdempotencyKey, Platform, PostId},
    publish::Effect,
    store::{NewPost, StoredCheckpoint, TokenRecord, Wakes},
    time::{Clock, SystemClock},
};

pub(super) const PLATFORM: Platform = Platform::new("example");
pub(super) const OTHER: Platform = Platform::new("other");

/// Long against the time a case takes, because the clock of a store may run by itself.
pub(super) const LEASE: Duration = Duration::from_secs(3_600);
/// More than any case takes; less than a lease.
pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// How many meet in a race.
pub(super) const CROWD: usize = 32;

pub(super) const UNICODE: &str =
    "«Grüße» 日本語 👩‍👩‍👧 e\u{301} \u{202e}rtl\u{202c} '; DROP TABLE posts; -- % _ \\";

/// Seconds after 2026-01-01, 00:00 UTC, which every case takes for the present.
pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_767_225_600 + seconds)
}

pub(super) const fn micros(count: i64) -> TimeDelta {
    TimeDelta::microseconds(count)
}

/// The id that this text is, of whichever type is wanted: for tests.
///
/// # Panics
/// When it cannot be one.
#[track_caller]
pub fn named<T: FromStr<Err = Error>>(text: impl AsRef<str>) -> T {
    match text.as_ref().parse() {
        Ok(id) => id,
        Err(error) => panic!("{error}"),
    }
}

pub(super) fn account(number: usize) -> AccountKey {
    let account = named(format!("account-{number:03}"));
    AccountKey::new(named("owner"), named("app"), PLATFORM, account)
}

/// The app of [`account`].
pub(super) fn app() -> AppKey {
    AppKey::new(PLATFORM, named("app"))
}

/// One that has the same id on another platform.
pub(super) fn other_app() -> AppKey {
    AppKey::new(OTHER, named("app"))
}

/// Another one of the same platform.
pub(super) fn app_beside() -> AppKey {
    AppKey::new(PLATFORM, named("another app"))
}

pub(super) fn connector() -> Connector {
    app().connector("web")
}

/// A connected account, every field filled in.
pub(super) fn token(number: usize) -> TokenRecord {
    TokenRecord {
        consent: format!("consent-{number}"),
        name: format!("Name {number}"),
        aliases: vec![named(format!("alias-{number}"))],
        scopes: ["read", "write"].into_iter().collect(),
        sealed: Some(vec![0, 255, 1, 254]),
        expires_at: Some(at(86_400)),
        refresh_due_at: Some(at(43_200)),
        grant_ends_at: Some(at(31_536_000)),
        ..TokenRecord::new(account(number), "web", at(0))
    }
}

pub(super) fn post_id(number: u64) -> PostId {
    PostId::from(uuid::Builder::from_unix_timestamp_millis(number, &[7; 10]).into_uuid())
}

pub(super) fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(super) fn checkpoint(step: &str) -> StoredCheckpoint {
    StoredCheckpoint::new(step, Effect::Repeatable, 1, vec![1, 2, 3])
}

/// A post of `account`, due at the present.
pub(super) fn post(number: u64, account: AccountKey) -> NewPost {
    NewPost {
        fingerprint: [1; 32],
        caption: format!("Caption {number}"),
        request: vec![0, 159, 146, 150],
        ..NewPost::new(
            post_id(number),
            account,
            IdempotencyKey::from_stored(format!("key-{number}")),
            checkpoint("init"),
            at(0),
        )
    }
}

/// Fails unless the answer is this kind of error.
#[track_caller]
pub(super) fn refused<T: std::fmt::Debug>(answer: Result<T>, kind: ErrorKind, rule: &str) {
    match answer {
        Err(error) if error.kind() == kind => {}
        other => panic!("{rule}: expected {kind:?}, got {other:?}"),
    }
}

/// Runs `attempt` in [`CROWD`] tasks at once and gathers the answers.
pub(super) async fn race<S, T, F>(
    store: &Arc<S>,
    attempt: impl Fn(Arc<S>, usize) -> F + Sync,
) -> Vec<Result<T, Error>>
where
    S: Send + Sync + 'static,
    T: Send + 'static,
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for number in 0..CROWD {
        tasks.spawn(attempt(Arc::clone(store), number));
    }
    tasks.join_all().await
}

/// Acts until it is heard of, a few times at most: a hint may be lost while a store begins to listen. Each time waits for
/// no more than a second.
pub(super) async fn heard<F>(
    wakes: &mut Wakes,
    what: &str,
    mut act: impl FnMut(usize) -> F + Send,
) -> Result<()>
where
    F: Future<Output = Result<()>> + Send,
{
    for number in 0..8 {
        // What was heard before says nothing of what comes now.
        while wakes.next().now_or_never().is_some() {}
        act(number).await?;
        tokio::select! {
            biased;
            () = wakes.next() => return Ok(()),
            () = SystemClock.sleep(Duration::from_secs(1)) => {}
        }
    }
    panic!("{what} is heard of")
}
