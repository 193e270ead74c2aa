use super::{due_again, ended, keep, kinds, outcomes, stored};
use crate::{
    conformance::{
        Harness,
        fixtures::{
            OTHER, PLATFORM, UNICODE, account, at, checkpoint, micros, named, post, race, refused,
        },
    },
    error::{ErrorKind, Result},
    model::{AccountKey, IdempotencyKey},
    publish::{Effect, Exposure},
    store::{
        HistoryEntry, HistoryKind, NewPost, PostContent, PostEdit, PostRecord, PostStore, Revision,
        StoredCheckpoint, Submitted,
    },
};

/// A post comes back as it was submitted, queued and due.
pub async fn gives_back_what_was_submitted(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let once = Effect::Once {
        settle: std::time::Duration::from_millis(90_001),
    };
    let new = NewPost {
        checkpoint: StoredCheckpoint {
            exposure: Exposure::PostMayExist,
            remote_ids: vec![named("remote-1"), named("remote-2")],
            ..StoredCheckpoint::new("publish", once, u16::MAX, vec![0, 255])
        },
        expires_at: Some(at(900)),
        due_at: at(300),
        ..post(1, account(1))
    };
    assert_eq!(
        store.load(&named("owner"), new.id).await?,
        None,
        "not yet kept"
    );
    let expected = PostRecord::new(&new);
    assert_eq!(keep(&*store, &new).await?, expected, "the answer");
    assert_eq!(store.load(&named("owner"), new.id).await?, Some(expected));
    Ok(())
}

/// Text of any script and values of a megabyte come back unchanged.
pub async fn keeps_unicode_and_large_values(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let key = AccountKey::new(named(UNICODE), named(UNICODE), PLATFORM, named(UNICODE));
    let new = NewPost {
        idempotency_key: IdempotencyKey::from_stored(UNICODE.repeat(5)),
        caption: UNICODE.repeat(100),
        request: vec![0xa5; 1 << 20],
        checkpoint: StoredCheckpoint {
            sealed: vec![0x5a; 1 << 20],
            ..checkpoint(UNICODE)
        },
        ..post(1, key)
    };
    keep(&*store, &new).await?;
    let kept = store.load(&named(UNICODE), new.id).await?;
    assert!(kept == Some(PostRecord::new(&new)), "changed");
    Ok(())
}

/// Times come back to the microsecond, also before 1970 and far in the future.
pub async fn keeps_whole_microseconds(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let new = NewPost {
        due_at: at(0) + micros(999_999),
        expires_at: Some(at(200_000_000_000) + micros(1)),
        created_at: at(-2_000_000_000) - micros(1),
        ..post(1, account(1))
    };
    keep(&*store, &new).await?;
    assert_eq!(stored(&*store, new.id).await?, PostRecord::new(&new));
    assert_eq!(store.next_ready(None).await?, Some(new.due_at));
    Ok(())
}

/// Submitting again under the same key answers the first post, whatever else differs.
pub async fn the_same_key_and_content_is_the_same_post(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let first = keep(&*store, &post(1, account(1))).await?;
    let again = NewPost {
        idempotency_key: IdempotencyKey::from_stored("key-1"),
        ..post(2, account(1))
    };
    match store.submit(&again).await? {
        Submitted::Existing(record) => assert_eq!(record, first),
        Submitted::New(_) => panic!("the same key and content is the same post"),
    }
    assert_eq!(
        store.load(&named("owner"), again.id).await?,
        None,
        "not kept"
    );
    assert_eq!(
        store.statistics(&named("owner"), None).await?.total,
        1,
        "one post"
    );
    assert_eq!(kinds(&*store, 1).await?, [HistoryKind::Submitted]);
    Ok(())
}

/// Another content under the same key is a conflict and changes nothing.
pub async fn the_same_key_with_another_content_is_a_conflict(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let first = keep(&*store, &post(1, account(1))).await?;
    let other = NewPost {
        idempotency_key: IdempotencyKey::from_stored("key-1"),
        fingerprint: [2; 32],
        ..post(2, account(1))
    };
    let answer = store.submit(&other).await;
    let rule = "the same key with another content is a conflict";
    refused(answer, ErrorKind::Conflict, rule);
    assert_eq!(stored(&*store, first.id).await?, first, "nothing changed");
    assert_eq!(
        store.load(&named("owner"), other.id).await?,
        None,
        "not kept"
    );
    Ok(())
}

/// A key stands for its post whatever became of it: a failed post is not sent again by submitting it again.
pub async fn a_key_stays_taken_after_the_outcome(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    for (number, outcome) in (1..).zip(outcomes()) {
        let new = post(number, account(1));
        let record = ended(&*store, &new, outcome).await?;
        match store.submit(&new).await? {
            Submitted::Existing(existing) => assert_eq!(existing, record),
            Submitted::New(_) => panic!("submitted twice"),
        }
    }
    Ok(())
}

/// The same key of another account, app or platform is another post.
pub async fn a_key_is_its_accounts_own(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let accounts = [
        account(1),
        account(2),
        AccountKey::new(
            named("owner"),
            named("app-2"),
            PLATFORM,
            named("account-001"),
        ),
        AccountKey::new(named("owner"), named("app"), OTHER, named("account-001")),
    ];
    for (number, account) in (1..).zip(accounts) {
        let new = NewPost {
            idempotency_key: IdempotencyKey::from_stored("key"),
            fingerprint: [7; 32],
            ..post(number, account)
        };
        keep(&*store, &new).await?;
    }
    Ok(())
}

/// The account keeps its keys when its owner changes: nothing is posted again under the new one.
pub async fn a_key_outlives_a_change_of_owner(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &post(1, account(1))).await?;
    let moved = AccountKey {
        owner: named("another"),
        ..account(1)
    };
    let again = NewPost {
        idempotency_key: IdempotencyKey::from_stored("key-1"),
        ..post(2, moved)
    };
    let answer = store.submit(&again).await?;
    assert!(
        matches!(&answer, Submitted::Existing(record) if record.account == account(1)),
        "the key stands for the first post: {answer:?}"
    );
    Ok(())
}

/// Of many submissions under one key one is new, and all others are told of it.
pub async fn of_many_submissions_under_one_key_one_is_new(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let answers = race(&store, |store, number| async move {
        let new = NewPost {
            idempotency_key: IdempotencyKey::from_stored("key"),
            ..post(number as u64 + 1, account(1))
        };
        store.submit(&new).await
    })
    .await;
    let (mut new, mut all) = (Vec::new(), Vec::new());
    for answer in answers {
        match answer? {
            Submitted::New(record) => {
                new.push(record.id);
                all.push(record.id);
            }
            Submitted::Existing(record) => all.push(record.id),
        }
    }
    assert_eq!(new.len(), 1, "one of many submissions is new");
    assert!(all.iter().all(|id| *id == new[0]), "all hear of the same");
    assert_eq!(
        store.statistics(&named("owner"), None).await?.total,
        1,
        "one post"
    );
    Ok(())
}

/// An id that stands for another post is a conflict.
pub async fn an_id_is_submitted_once(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let first = keep(&*store, &post(1, account(1))).await?;
    let other = NewPost {
        idempotency_key: IdempotencyKey::from_stored("another"),
        ..post(1, account(2))
    };
    let answer = store.submit(&other).await;
    refused(answer, ErrorKind::Conflict, "an id is submitted once");
    assert_eq!(stored(&*store, first.id).await?, first, "nothing changed");
    Ok(())
}

/// The history begins with the submission, and goes on with what is recorded, in that order.
pub async fn the_history_begins_with_the_submission(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let new = post(1, account(1));
    keep(&*store, &new).await?;
    let first = HistoryEntry::new(at(0), HistoryKind::Submitted, "init");
    let history = store.history(&named("owner"), new.id).await?;
    assert_eq!(history, std::slice::from_ref(&first));
    let claim = super::claimed(&*store, at(0)).await?;
    let line = |kind, second: i64| HistoryEntry {
        detail: Some(UNICODE.to_owned()),
        error: Some(super::trouble()),
        ..HistoryEntry::new(at(second) + micros(7), kind, UNICODE)
    };
    // Written in this order, though the clock went back.
    let step = crate::store::RecordStep {
        history: vec![
            line(HistoryKind::Troubled, 5),
            line(HistoryKind::Advanced, 3),
        ],
        ..due_again(0)
    };
    store.record(&claim, &step).await?;
    let expected = [&[first], step.history.as_slice()].concat();
    assert_eq!(store.history(&named("owner"), new.id).await?, expected);
    Ok(())
}

/// What a key stands for is told without a submission, as a submission would: the post whatever its state, and a conflict for
/// another content.
pub async fn a_key_is_looked_up_without_a_submission(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let new = post(1, account(1));
    let (key, content) = (&new.idempotency_key, &new.fingerprint);
    let found = store.submitted(&account(1), key, content).await?;
    assert_eq!(found, None, "nobody submitted it");
    let kept = keep(&*store, &new).await?;
    let found = store.submitted(&account(1), key, content).await?;
    assert_eq!(found, Some(kept), "as it is kept");
    let other = store.submitted(&account(1), key, &[7; 32]).await;
    refused(other, ErrorKind::Conflict, "another content");
    let beside = store.submitted(&account(2), key, content).await?;
    assert_eq!(beside, None, "a key is its account's own");
    let claim = super::claimed(&*store, at(0)).await?;
    let over = super::settled(crate::publish::Outcome::Cancelled, 1);
    store.record(&claim, &over).await?;
    let found = store.submitted(&account(1), key, content).await?;
    assert_eq!(found, Some(stored(&*store, new.id).await?), "also over");
    Ok(())
}

/// A first checkpoint of which nothing is sealed stands for a post that is kept already: it finds that one, and nothing begins with
/// it, by a submission or by an edit.
pub async fn nothing_begins_without_what_is_sealed(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let empty = StoredCheckpoint {
        sealed: Vec::new(),
        ..checkpoint("init")
    };
    let again = NewPost {
        checkpoint: empty.clone(),
        ..post(1, account(1))
    };
    let rule = "there is nothing to begin with";
    refused(store.submit(&again).await, ErrorKind::Invalid, rule);
    assert_eq!(store.load(&named("owner"), again.id).await?, None);
    super::none_claimed(&*store, at(9), "nothing was kept").await?;
    let kept = keep(&*store, &post(1, account(1))).await?;
    let found = store.submit(&again).await?;
    let Submitted::Existing(found) = found else {
        panic!("it is there: {found:?}");
    };
    assert_eq!(found, kept, "it is there");
    let other = NewPost {
        fingerprint: [7; 32],
        ..again
    };
    let answer = store.submit(&other).await;
    refused(answer, ErrorKind::Conflict, "another content");
    let edit = PostEdit {
        content: Some(PostContent::new("words", vec![1], empty)),
        ..PostEdit::new(at(5), None)
    };
    let (owner, first) = (named("owner"), Revision(1));
    let answer = store.edit(&owner, kept.id, first, &edit, at(1)).await;
    refused(answer, ErrorKind::Invalid, rule);
    assert_eq!(stored(&*store, kept.id).await?, kept, "unchanged");
    Ok(())
}
