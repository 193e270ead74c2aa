use super::{begun, claimed, due_again, ended, keep, outcomes, stored};
use crate::{
    conformance::{
        Harness,
        fixtures::{account, app, app_beside, at, checkpoint, named, other_app, post, post_id},
    },
    error::Result,
    model::AccountKey,
    publish::Outcome,
    store::{
        NewPost, Next, PostFilter, PostRecord, PostState, PostStore, RecordStep, Statistics,
        StoredCheckpoint,
    },
};

fn foreign(number: usize) -> AccountKey {
    AccountKey {
        owner: named("another"),
        ..account(number)
    }
}

fn numbers(records: &[PostRecord]) -> Vec<u64> {
    let of = |record: &PostRecord| (0..200).find(|n| post_id(*n) == record.id);
    records.iter().filter_map(of).collect()
}

/// Nobody sees post or history of another owner.
pub async fn a_post_is_its_owners_only(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let record = keep(&*store, &post(1, account(1))).await?;
    for other in ["another", "Owner", "owner ", "%"] {
        assert_eq!(
            store.load(&named(other), record.id).await?,
            None,
            "{other:?}"
        );
        assert_eq!(
            store.history(&named(other), record.id).await?,
            [],
            "{other:?}"
        );
        let listed = store.list(&named(other), &PostFilter::default()).await?;
        assert_eq!(listed, [], "{other:?} lists it");
        let count = store.statistics(&named(other), None).await?;
        assert_eq!(count, Statistics::default(), "{other:?} counts it");
    }
    assert_eq!(
        store.load(&named("owner"), post_id(2)).await?,
        None,
        "unknown"
    );
    assert_eq!(
        store.history(&named("owner"), post_id(2)).await?,
        [],
        "unknown"
    );
    Ok(())
}

/// The newest posts come first: 50 without a limit, or as many as asked for, older ones by the last id.
pub async fn lists_newest_first_by_pages(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    for number in (0..60).rev() {
        keep(&*store, &post(number, account(1))).await?;
    }
    keep(&*store, &post(99, foreign(2))).await?;
    let page = store.list(&named("owner"), &PostFilter::default()).await?;
    let newest: Vec<_> = (10..60).rev().collect();
    assert_eq!(numbers(&page), newest, "50, newest first");
    let older = PostFilter {
        before: Some(post_id(10)),
        limit: 4,
        ..PostFilter::default()
    };
    let page = store.list(&named("owner"), &older).await?;
    assert_eq!(numbers(&page), [9, 8, 7, 6], "older ones");
    assert_eq!(page[0], stored(&*store, post_id(9)).await?, "whole");
    Ok(())
}

/// The filter's parts all hold at once.
pub async fn lists_by_account_and_state(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    begun(&*store).await?;
    for (number, account_number) in [(2, 1), (3, 2), (4, 2)] {
        keep(&*store, &post(number, account(account_number))).await?;
    }
    store.cancel(&named("owner"), post_id(4), at(0)).await?;
    let listed = async |account: Option<AccountKey>, states: &[PostState]| {
        let filter = PostFilter {
            account,
            states: states.to_vec(),
            ..PostFilter::default()
        };
        let records = store.list(&named("owner"), &filter).await?;
        Ok::<_, crate::Error>(numbers(&records))
    };
    use PostState::{Cancelled, Queued, Working};
    assert_eq!(listed(Some(account(1)), &[]).await?, [2, 1]);
    assert_eq!(listed(Some(account(2)), &[]).await?, [4, 3]);
    assert_eq!(listed(None, &[Queued]).await?, [3, 2]);
    assert_eq!(listed(None, &[Working, Cancelled]).await?, [4, 1]);
    assert_eq!(listed(Some(account(1)), &[Cancelled]).await?, [0; 0]);
    assert_eq!(listed(Some(foreign(1)), &[]).await?, [2, 1], "the row");
    Ok(())
}

/// A caption is found by any part of it, whatever the case of ASCII letters; every character stands for itself.
pub async fn lists_by_caption(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let titles = ["Summer SALE", "100% off", "a_b [x] * ?", "Größe 日本", ""];
    for (number, caption) in (1..).zip(titles) {
        let new = NewPost {
            caption: caption.to_owned(),
            ..post(number, account(1))
        };
        keep(&*store, &new).await?;
    }
    for (part, expected) in [
        ("summer", &[1][..]),
        ("r sA", &[1]),
        ("%", &[2]),
        ("_", &[3]),
        ("a_b", &[3]),
        ("[x]", &[3]),
        ("*", &[3]),
        ("?", &[3]),
        ("größe", &[4]),
        ("日本", &[4]),
        ("\\", &[]),
        ("'", &[]),
        ("winter", &[]),
        ("", &[5, 4, 3, 2, 1]),
    ] {
        let filter = PostFilter {
            caption: Some(part.to_owned()),
            ..PostFilter::default()
        };
        let found = numbers(&store.list(&named("owner"), &filter).await?);
        assert_eq!(found, expected, "with {part:?} in the caption");
    }
    Ok(())
}

/// Posts are counted by where they stand, for the owner or for one of the accounts.
pub async fn counts_posts_by_where_they_stand(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    for (number, outcome) in (1..).zip(outcomes()) {
        ended(&*store, &post(number, account(1)), outcome).await?;
    }
    keep(&*store, &post(20, account(1))).await?;
    super::claimed(&*store, at(0)).await?;
    keep(&*store, &post(21, account(2))).await?;
    keep(&*store, &post(22, foreign(3))).await?;
    let of_first = Statistics {
        unknown: 0,
        total: 7,
        processing: 1,
        awaiting_user: 1,
        published: 2,
        failed: 1,
        undecided: 1,
        cancelled: 1,
    };
    let all = Statistics {
        total: 8,
        processing: 2,
        ..of_first
    };
    assert_eq!(store.statistics(&named("owner"), None).await?, all);
    let one = store.statistics(&named("owner"), Some(&account(1))).await?;
    assert_eq!(one, of_first, "of one account");
    let none = store.statistics(&named("owner"), Some(&account(3))).await?;
    assert_eq!(none, Statistics::default(), "another owner's");
    Ok(())
}

/// A post is found by each id that its checkpoint holds, whoever owns it, as long as the checkpoint holds it.
pub async fn finds_by_the_platforms_id(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let app = app();
    let find = async |id: &str| store.find_remote(&app, &named(id)).await;
    assert_eq!(find("v~1").await?, None, "no id");
    let step = |ids: &[&str]| RecordStep {
        checkpoint: Some(StoredCheckpoint {
            remote_ids: ids.iter().map(named).collect(),
            ..checkpoint("status")
        }),
        keep_lease: true,
        ..due_again(60)
    };
    store.record(&claim, &step(&["v~1", "v~2"])).await?;
    let record = stored(&*store, post_id(1)).await?;
    assert_eq!(record.checkpoint.remote_ids, ["v~1", "v~2"], "in order");
    for id in ["v~1", "v~2"] {
        assert_eq!(find(id).await?.as_ref(), Some(&record), "{id}");
    }
    for elsewhere in [other_app(), app_beside()] {
        let found = store.find_remote(&elsewhere, &named("v~1")).await?;
        assert_eq!(found, None, "of {elsewhere}");
    }
    for other in ["V~1", "v~", "v~1 ", "%"] {
        assert_eq!(find(other).await?, None, "{other:?} is another id");
    }
    store.record(&claim, &due_again(60)).await?;
    assert!(find("v~1").await?.is_some(), "no checkpoint, no change");
    let again = claimed(&*store, at(60)).await?;
    store.record(&again, &step(&["v~3", "v~2"])).await?;
    assert_eq!(find("v~1").await?, None, "it holds it no more");
    for id in ["v~3", "v~2"] {
        assert!(find(id).await?.is_some(), "{id}");
    }
    Ok(())
}

/// The history of posts that ended long ago goes, as much as is asked for at a time; that of others stays, and so do later lines.
pub async fn purges_the_history_of_what_ended_long_ago(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let gone = ended(&*store, &post(1, account(1)), Outcome::Cancelled).await?;
    keep(&*store, &post(2, account(2))).await?;
    let watched = claimed(&*store, at(0)).await?;
    let watch = Next::Settle(Outcome::Published(Vec::new()), Some(at(9_999)));
    store
        .record(&watched, &RecordStep::new(watch, at(0)))
        .await?;
    keep(&*store, &post(3, account(3))).await?;
    assert_eq!(
        store.purge_history(at(0), 100).await?,
        0,
        "not before its time"
    );
    let lines = store.history(&named("owner"), post_id(1)).await?.len() as u64;
    assert_eq!(store.purge_history(at(1), 1).await?, 1, "the limit");
    assert_eq!(store.purge_history(at(1), 100).await?, lines - 1);
    assert_eq!(store.purge_history(at(1), 100).await?, 0, "no more");
    assert!(store.history(&named("owner"), post_id(1)).await?.is_empty());
    assert_eq!(stored(&*store, post_id(1)).await?, gone, "it stays itself");
    for number in [2, 3] {
        assert!(
            !store
                .history(&named("owner"), post_id(number))
                .await?
                .is_empty()
        );
    }
    Ok(())
}
