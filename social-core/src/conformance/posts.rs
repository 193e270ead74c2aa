//! The rules of [`PostStore`].

mod cancel;
mod claim;
mod durability;
mod edit;
mod fair;
mod fence;
mod hasten;
mod hold;
mod losses;
mod media;
mod owner;
mod pending;
mod record;
mod release;
mod remote;
mod restored;
mod start;
mod submit;
mod there;
mod view;
mod wakes;

pub use cancel::*;
pub use claim::*;
pub use durability::*;
pub use edit::*;
pub use fair::*;
pub use fence::*;
pub use hasten::*;
pub use hold::*;
pub use losses::*;
pub use media::*;
pub use owner::*;
pub use pending::*;
pub use record::*;
pub use release::*;
pub use remote::*;
pub use restored::*;
pub use start::*;
pub use submit::*;
pub use there::*;
pub use view::*;
pub use wakes::*;

use chrono::{DateTime, Utc};

use super::fixtures::{LEASE, PLATFORM, account, app, at, named, post, post_id};
use crate::{
    error::{Error, ErrorKind, Result},
    model::PostId,
    publish::{Outcome, PostLink},
    store::{
        ClaimPosts, HistoryEntry, HistoryKind, NewPost, Next, PostClaim, PostRecord, PostStore,
        RecordStep, StartStep, Submitted,
    },
};

/// Every lane of the usual platform that is ready at `now`.
fn ready(now: DateTime<Utc>) -> ClaimPosts {
    ClaimPosts::new(now, LEASE, 100, vec![(app(), 1)])
}

/// Submits a post that must be new.
async fn keep<S: PostStore>(store: &S, new: &NewPost) -> Result<PostRecord> {
    match store.submit(new).await? {
        Submitted::New(record) => Ok(record),
        Submitted::Existing(record) => panic!("nobody submitted this before, got {record:?}"),
    }
}

/// Claims everything that is ready, which must be one post.
async fn claimed<S: PostStore>(store: &S, now: DateTime<Utc>) -> Result<PostClaim> {
    let mut claims = store.claim(&ready(now)).await?;
    assert_eq!(claims.len(), 1, "one lane is ready: {claims:?}");
    Ok(claims.remove(0))
}

/// Fails if anything is claimed.
async fn none_claimed<S: PostStore>(store: &S, now: DateTime<Utc>, why: &str) -> Result<()> {
    let claims = store.claim(&ready(now)).await?;
    assert!(claims.is_empty(), "{why}: {claims:?}");
    Ok(())
}

/// Submits post 1 of account 1 and claims it.
async fn begun<S: PostStore>(store: &S) -> Result<PostClaim> {
    keep(store, &post(1, account(1))).await?;
    claimed(store, at(0)).await
}

/// Post 1, claimed by one worker, taken over by the next.
async fn overtaken<H>(harness: &H, store: &H::Store) -> Result<(PostClaim, PostClaim)>
where
    H: super::Harness<Store: PostStore>,
{
    let late = begun(store).await?;
    harness.advance(LEASE).await;
    let next = claimed(store, at(1)).await?;
    Ok((late, next))
}

/// The post, which must be there.
async fn stored<S: PostStore>(store: &S, id: PostId) -> Result<PostRecord> {
    Ok(store
        .load(&named("owner"), id)
        .await?
        .expect("the post is kept"))
}

/// Submits a post and settles it, without a time to look again.
async fn ended<S: PostStore>(store: &S, new: &NewPost, outcome: Outcome) -> Result<PostRecord> {
    keep(store, new).await?;
    let claim = claimed(store, new.due_at).await?;
    assert_eq!(claim.post.id, new.id, "nothing else is ready");
    store.record(&claim, &settled(outcome, 0)).await?;
    stored(store, new.id).await
}

async fn kinds<S: PostStore>(store: &S, number: u64) -> Result<Vec<HistoryKind>> {
    let history = store.history(&named("owner"), post_id(number)).await?;
    Ok(history.iter().map(|line| line.kind).collect())
}

/// Due again at a second, recorded at the present.
fn due_again(second: i64) -> RecordStep {
    RecordStep::new(Next::At(at(second)), at(0))
}

/// An outcome, recorded at a second.
fn settled(outcome: Outcome, second: i64) -> RecordStep {
    RecordStep::new(Next::Settle(outcome, None), at(second))
}

fn start() -> StartStep {
    let history = HistoryEntry::new(at(0), HistoryKind::Started, "init");
    StartStep::new(LEASE, history)
}

fn trouble() -> Error {
    Error::new(ErrorKind::Rejected, "refused «日本»")
        .with_code("spam_risk")
        .with_request_id("request-1")
        .with_platform(PLATFORM)
        .with_operation("publish")
}

fn outcomes() -> [Outcome; 6] {
    let url = "https://example.com/v/1?a=%C3%BC".parse().ok();
    [
        Outcome::AwaitingUser,
        Outcome::Cancelled,
        Outcome::Failed(trouble()),
        Outcome::Published(Vec::new()),
        Outcome::Published(vec![PostLink::new("18446744073709551615", url)]),
        Outcome::Undecided,
    ]
}
