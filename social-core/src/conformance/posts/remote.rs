use super::{begun, claimed, due_again, keep, ready, stored};
use crate::{
    conformance::{
        Harness,
        fixtures::{account, app_beside, at, checkpoint, named, other_app, post, post_id, refused},
    },
    error::{ErrorKind, Reason, Result},
    store::{ClaimPosts, PostStore, RecordStep, StoredCheckpoint},
};

/// An id of the platform names one post of the app: a record with one of another post is a conflict that says so, and
/// writes nothing. The same id of another platform or app is another.
pub async fn an_id_of_the_platform_names_one_post(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let got = |second| RecordStep {
        checkpoint: Some(StoredCheckpoint {
            remote_ids: vec![named("v~0"), named("v~1")],
            ..checkpoint("status")
        }),
        ..due_again(second)
    };
    let first = begun(&*store).await?;
    store.record(&first, &got(60)).await?;
    keep(&*store, &post(2, account(2))).await?;
    let second = claimed(&*store, at(0)).await?;
    let answer = store.record(&second, &got(60)).await;
    let why = answer.as_ref().err().and_then(|error| error.reason());
    assert_eq!(why, Some(Reason::RemoteIdTaken), "the error says so");
    refused(answer, ErrorKind::Conflict, "the id names another post");
    let kept = stored(&*store, post_id(2)).await?;
    assert_eq!(kept, second.post, "nothing was written");
    store.record(&second, &due_again(90)).await?;
    let again = claimed(&*store, at(60)).await?;
    store.record(&again, &got(99)).await?;
    for (number, app) in [(3, other_app()), (4, app_beside())] {
        keep(
            &*store,
            &post(number, app.account(named("owner"), named("1"))),
        )
        .await?;
        let which = ClaimPosts {
            versions: vec![(app, 1)],
            ..ready(at(0))
        };
        let elsewhere = store.claim(&which).await?.remove(0);
        store.record(&elsewhere, &got(60)).await?;
    }
    Ok(())
}
