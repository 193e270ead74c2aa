use super::{begun, claimed, due_again, ended, keep, kinds, none_claimed, outcomes, stored};
use crate::{
    conformance::{
        Harness,
        fixtures::{
            CROWD, account, app, at, checkpoint, micros, named, post, post_id, race, refused,
        },
    },
    error::{ErrorKind, Result},
    store::{
        ClaimPosts, HistoryEntry, HistoryKind, NewPost, PostContent, PostEdit, PostFilter,
        PostRecord, PostStore, Revision, StoredCheckpoint, Submitted,
    },
};

const FIRST: Revision = Revision(1);

/// Another content that names itself, due at a second.
fn edit(name: &str, second: i64) -> PostEdit {
    let sealed = StoredCheckpoint {
        sealed: format!("state of {name}").into_bytes(),
        ..checkpoint("init")
    };
    PostEdit {
        content: Some(PostContent::new(name, name.as_bytes().to_vec(), sealed)),
        ..PostEdit::new(at(second), None)
    }
}

/// The record as an edit leaves it.
fn edited(record: PostRecord, edit: &PostEdit) -> PostRecord {
    let revision = Revision(record.revision.0 + 1);
    let mut record = PostRecord {
        revision,
        next_at: Some(edit.due_at),
        expires_at: edit.expires_at,
        ..record
    };
    if let Some(content) = edit.content.clone() {
        record.caption = content.caption;
        record.request = content.request;
        record.checkpoint = content.checkpoint;
    }
    record
}

/// An edit gives a queued post another content, time and end, at its next revision, with a line of history. All else
/// stays.
pub async fn an_edit_changes_a_queued_post(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let queued = keep(&*store, &post(1, account(1))).await?;
    let edit = PostEdit {
        expires_at: Some(at(900) + micros(1)),
        ..edit("another", 300)
    };
    let answer = store
        .edit(&named("owner"), queued.id, FIRST, &edit, at(7))
        .await?;
    let expected = edited(queued, &edit);
    assert_eq!(answer, expected, "the answer");
    assert_eq!(stored(&*store, expected.id).await?, expected, "as kept");
    let last = store.history(&named("owner"), expected.id).await?.pop();
    let line = HistoryEntry::new(at(7), HistoryKind::Edited, "init");
    assert_eq!(last, Some(line));
    Ok(())
}

/// Without a content the content stays; the times are the edit's, and an end that is not named is gone.
pub async fn an_edit_without_a_content_leaves_it(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let new = NewPost {
        expires_at: Some(at(100)),
        ..post(1, account(1))
    };
    let queued = keep(&*store, &new).await?;
    let edit = PostEdit::new(at(500), None);
    store
        .edit(&named("owner"), queued.id, FIRST, &edit, at(0))
        .await?;
    let expected = PostRecord {
        revision: Revision(2),
        next_at: Some(at(500)),
        expires_at: None,
        ..queued
    };
    assert_eq!(stored(&*store, expected.id).await?, expected);
    Ok(())
}

/// Each edit is the next revision, and needs the last one: one that was read before is a conflict and changes nothing.
pub async fn an_edit_needs_the_last_revision(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let mut queued = keep(&*store, &post(1, account(1))).await?;
    for revision in 1..4 {
        for other in [0, revision - 1, revision + 1] {
            let expect = Revision(other);
            let edit = edit("late", 9);
            let answer = store
                .edit(&named("owner"), queued.id, expect, &edit, at(0))
                .await;
            refused(
                answer,
                ErrorKind::Conflict,
                "an edit needs the last revision",
            );
        }
        let edit = edit(&format!("edit {revision}"), revision);
        let expect = Revision(revision);
        let answer = store
            .edit(&named("owner"), queued.id, expect, &edit, at(0))
            .await?;
        queued = edited(queued, &edit);
        assert_eq!(answer, queued, "the next revision");
    }
    assert_eq!(stored(&*store, queued.id).await?, queued);
    let mut lines = vec![HistoryKind::Submitted];
    lines.extend([HistoryKind::Edited; 3]);
    assert_eq!(kinds(&*store, 1).await?, lines, "a line for each");
    Ok(())
}

/// What a worker has begun is not changed any more, whether it is held, was given back, or is due again.
pub async fn a_post_that_was_begun_is_not_edited(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let refuse = async |why: &str| {
        let before = stored(&*store, post_id(1)).await?;
        let edit = edit("late", 9);
        let answer = store
            .edit(&named("owner"), before.id, FIRST, &edit, at(1))
            .await;
        refused(answer, ErrorKind::Conflict, why);
        assert_eq!(stored(&*store, before.id).await?, before, "unchanged");
        Result::Ok(())
    };
    let claim = begun(&*store).await?;
    refuse("it is held").await?;
    store.release(&claim, at(5)).await?;
    refuse("it was given back").await?;
    let claim = claimed(&*store, at(5)).await?;
    store.record(&claim, &due_again(60)).await?;
    refuse("it is due again").await
}

/// What has an outcome is not changed any more.
pub async fn a_post_with_an_outcome_is_not_edited(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let mut all = Vec::new();
    for (number, outcome) in (1..).zip(outcomes()) {
        all.push(ended(&*store, &post(number, account(1)), outcome).await?);
    }
    let cancelled = keep(&*store, &post(20, account(1))).await?.id;
    store.cancel(&named("owner"), cancelled, at(0)).await?;
    all.push(stored(&*store, cancelled).await?);
    let missed = NewPost {
        expires_at: Some(at(1)),
        ..post(21, account(1))
    };
    keep(&*store, &missed).await?;
    store.expire_missed(&[app()], at(2), 9).await?;
    all.push(stored(&*store, missed.id).await?);
    for record in all {
        let edit = edit("late", 9);
        let answer = store
            .edit(&named("owner"), record.id, FIRST, &edit, at(3))
            .await;
        refused(answer, ErrorKind::Conflict, "it has an outcome");
        assert_eq!(stored(&*store, record.id).await?, record, "unchanged");
    }
    Ok(())
}

/// Another owner's post is not found, and stays.
pub async fn only_the_owner_edits(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let queued = keep(&*store, &post(1, account(1))).await?;
    for (owner, id) in [("another", queued.id), ("owner", post_id(2))] {
        let answer = store
            .edit(&named(owner), id, FIRST, &edit("late", 9), at(1))
            .await;
        refused(answer, ErrorKind::NotFound, "only the owner edits");
    }
    assert_eq!(stored(&*store, queued.id).await?, queued, "unchanged");
    Ok(())
}

/// A worker gets the post as it was edited, at its new time and not before.
pub async fn an_edited_post_is_claimed_as_edited(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let queued = keep(&*store, &post(1, account(1))).await?;
    let edit = edit("another", 60);
    store
        .edit(&named("owner"), queued.id, FIRST, &edit, at(0))
        .await?;
    assert_eq!(
        store.next_ready(None).await?,
        Some(at(60)),
        "at its new time"
    );
    none_claimed(&*store, at(60) - micros(1), "not yet due").await?;
    let claim = claimed(&*store, at(60)).await?;
    let expected = PostRecord {
        state: crate::store::PostState::Working,
        began_at: Some(at(60)),
        attempts: 1,
        ..edited(queued, &edit)
    };
    assert_eq!(claim.post, expected, "as edited");
    Ok(())
}

/// An edited post takes its new place among the posts of its account.
pub async fn an_edit_moves_a_post_in_its_lane(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    for number in 1..=3 {
        keep(&*store, &post(number, account(1))).await?;
    }
    for (number, second) in [(1, 5), (3, -5)] {
        let edit = PostEdit::new(at(second), None);
        let id = post_id(number);
        store.edit(&named("owner"), id, FIRST, &edit, at(0)).await?;
    }
    for expected in [3, 2, 1] {
        let claim = claimed(&*store, at(9)).await?;
        assert_eq!(claim.post.id, post_id(expected), "by its new time");
        store.record(&claim, &due_again(99)).await?;
    }
    Ok(())
}

/// The idempotency key stands for what was first submitted: sending that again answers the edited post, and sending the
/// edited content is a conflict.
pub async fn a_key_stands_for_what_was_first_submitted(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let new = post(1, account(1));
    let queued = keep(&*store, &new).await?;
    let edit = edit("another", 60);
    store
        .edit(&named("owner"), queued.id, FIRST, &edit, at(0))
        .await?;
    match store.submit(&new).await? {
        Submitted::Existing(record) => assert_eq!(record, edited(queued, &edit)),
        Submitted::New(_) => panic!("the key stands for the post that was edited"),
    }
    let as_edited = NewPost {
        fingerprint: [2; 32],
        caption: "another".to_owned(),
        ..new
    };
    let answer = store.submit(&as_edited).await;
    let rule = "the key stands for what was first submitted";
    refused(answer, ErrorKind::Conflict, rule);
    Ok(())
}

/// A post is missed by the end that its last edit gave it.
pub async fn an_edit_moves_the_time_until_a_post_is_missed(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let new = NewPost {
        expires_at: Some(at(10)),
        ..post(1, account(1))
    };
    keep(&*store, &new).await?;
    let later = PostEdit::new(at(500), Some(at(600)));
    store
        .edit(&named("owner"), new.id, FIRST, &later, at(0))
        .await?;
    assert_eq!(
        store.expire_missed(&[app()], at(600), 9).await?,
        [],
        "moved"
    );
    let missed = store
        .expire_missed(&[app()], at(600) + micros(1), 9)
        .await?;
    let missed: Vec<_> = missed.into_iter().map(|post| post.id).collect();
    assert_eq!(missed, [new.id]);
    Ok(())
}

/// An edited post is listed by its new caption, and a checkpoint of a newer form goes to workers that read it.
pub async fn an_edited_post_is_found_as_edited(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let queued = keep(&*store, &post(1, account(1))).await?;
    let mut newer = edit("Winter", 0);
    if let Some(content) = &mut newer.content {
        content.checkpoint.version = 2;
    }
    store
        .edit(&named("owner"), queued.id, FIRST, &newer, at(0))
        .await?;
    for (caption, count) in [("winter", 1), ("Title", 0)] {
        let filter = PostFilter {
            caption: Some(caption.to_owned()),
            ..PostFilter::default()
        };
        let found = store.list(&named("owner"), &filter).await?.len();
        assert_eq!(found, count, "with {caption:?} in the caption");
    }
    none_claimed(&*store, at(9), "the checkpoint is newer").await?;
    let versions = vec![(app(), 2)];
    let able = ClaimPosts::new(at(9), super::LEASE, 9, versions);
    assert_eq!(store.claim(&able).await?.len(), 1, "a newer worker");
    Ok(())
}

/// Of many edits of one revision one is written, and all others are conflicts.
pub async fn of_many_edits_of_one_revision_one_is_written(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let queued = keep(&*store, &post(1, account(1))).await?;
    let answers = race(&store, |store, number| async move {
        let edit = edit(&format!("edit {number}"), 9);
        store
            .edit(&named("owner"), post_id(1), FIRST, &edit, at(0))
            .await
    })
    .await;
    let mut winners = Vec::new();
    for answer in answers {
        match answer {
            Ok(record) => winners.push(record),
            lost => refused(lost, ErrorKind::Conflict, "one edit is written"),
        }
    }
    assert_eq!(winners.len(), 1, "one of {CROWD} edits is written");
    assert_eq!(stored(&*store, queued.id).await?, winners[0]);
    let lines = [HistoryKind::Submitted, HistoryKind::Edited];
    assert_eq!(kinds(&*store, 1).await?, lines);
    Ok(())
}

/// Edits and claims at once: whoever claims gets the edit that won, or none won, and nobody edits what was claimed.
pub async fn an_edit_and_a_claim_never_pass_each_other(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    for round in 0..4 {
        let store = harness.store().await;
        let queued = keep(&*store, &post(1, account(1))).await?;
        let answers = race(&store, move |store, number| async move {
            if (number + round) % 2 == 0 {
                return Ok((None, store.claim(&super::ready(at(0))).await?));
            }
            let edit = edit(&format!("edit {number}"), -1);
            match store
                .edit(&named("owner"), post_id(1), FIRST, &edit, at(0))
                .await
            {
                Ok(record) => Ok((Some(record), Vec::new())),
                lost => {
                    refused(lost, ErrorKind::Conflict, "too late");
                    Ok((None, Vec::new()))
                }
            }
        })
        .await;
        let (mut edits, mut claims) = (Vec::new(), Vec::new());
        for answer in answers {
            let (edit, claim) = answer?;
            edits.extend(edit);
            claims.extend(claim);
        }
        assert!(edits.len() <= 1, "one edit is written: {edits:?}");
        assert_eq!(claims.len(), 1, "one claim is taken: {claims:?}");
        let last = edits.pop().unwrap_or(queued);
        let claim = &claims[0].post;
        assert_eq!(claim.revision, last.revision, "claimed as edited");
        assert_eq!(claim.caption, last.caption, "claimed as edited");
        assert_eq!(claim.request, last.request, "claimed as edited");
        assert_eq!(claim.checkpoint, last.checkpoint, "claimed as edited");
        assert_eq!(stored(&*store, post_id(1)).await?, *claim, "as kept");
    }
    Ok(())
}
