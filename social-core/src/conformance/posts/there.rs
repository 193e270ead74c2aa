use chrono::DateTime;

use super::{begun, claimed, due_again, keep, none_claimed, settled, stored, trouble};
use crate::{
    conformance::{
        Harness,
        fixtures::{account, app, at, checkpoint, named, post, post_id, refused},
    },
    error::{Error, ErrorKind, Result},
    model::AccountKey,
    publish::{Exposure, Note, Outcome, PostLink},
    store::{
        Cancelled, HistoryEntry, HistoryKind, NewPost, Next, PostContent, PostEdit, PostRecord,
        PostState, PostStore, RecordStep, Revision, StoredCheckpoint,
    },
};

/// One that can be looked at, one without an address, one that nobody sees any more.
fn links() -> Vec<PostLink> {
    let url = "https://example.com/v/1?a=%C3%BC".parse().ok();
    let hidden = PostLink::new("«日本»", None).hidden(DateTime::UNIX_EPOCH);
    vec![
        PostLink::new("18446744073709551615", url),
        PostLink::new("2", None),
        hidden,
    ]
}

/// Post 1, of which these are there, with its claim going on.
fn there(links: Vec<PostLink>) -> RecordStep {
    RecordStep {
        checkpoint: Some(StoredCheckpoint {
            links,
            ..checkpoint("second part")
        }),
        keep_lease: true,
        ..due_again(0)
    }
}

/// An account for each post.
fn lane(number: u64) -> AccountKey {
    account(usize::from(number == 2))
}

fn notes() -> Vec<Note> {
    let other = Error::new(ErrorKind::Rejected, "the cover was refused");
    vec![
        Note::rest(trouble()),
        Note::candidates(other, links()).about(links()),
    ]
}

/// What is there is kept as it was recorded, until a checkpoint says otherwise.
pub async fn what_is_there_is_kept(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    for links in [links(), links()[..1].to_vec(), Vec::new(), links()] {
        let step = there(links);
        store.record(&claim, &step).await?;
        let post = stored(&*store, post_id(1)).await?;
        assert_eq!(Some(&post.checkpoint), step.checkpoint.as_ref());
        assert_eq!(post.links(), post.checkpoint.links);
        store
            .record(
                &claim,
                &RecordStep {
                    keep_lease: true,
                    ..due_again(0)
                },
            )
            .await?;
        assert_eq!(stored(&*store, post_id(1)).await?, post, "it stays");
    }
    store.record(&claim, &due_again(1)).await?;
    let claim = claimed(&*store, at(1)).await?;
    assert_eq!(claim.post.checkpoint.links, links(), "its holder is told");
    store
        .record(&claim, &settled(Outcome::Undecided, 2))
        .await?;
    let post = stored(&*store, post_id(1)).await?;
    assert_eq!(post.links(), links(), "beside what nobody can tell");
    Ok(())
}

/// What is noted beside an outcome is kept as it was recorded, until a record says otherwise; so is it in the history.
pub async fn what_is_noted_is_kept(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let line = HistoryEntry {
        notes: notes(),
        ..HistoryEntry::new(at(1), HistoryKind::Settled, "init")
    };
    let published = Outcome::Published(links());
    let look = |second| Next::Settle(published.clone(), Some(at(second)));
    let step = RecordStep {
        notes: Some(notes()),
        history: vec![line.clone()],
        ..RecordStep::new(look(10), at(1))
    };
    store.record(&claim, &step).await?;
    assert_eq!(stored(&*store, post_id(1)).await?.notes, notes());
    let claim = claimed(&*store, at(10)).await?;
    assert_eq!(claim.post.notes, notes(), "who looks is told");
    store
        .record(&claim, &RecordStep::new(look(20), at(11)))
        .await?;
    assert_eq!(
        stored(&*store, post_id(1)).await?.notes,
        notes(),
        "they stay"
    );
    let listed = store.list(&named("owner"), &Default::default()).await?;
    assert_eq!(listed[0].notes, notes(), "in a list too");
    let claim = claimed(&*store, at(20)).await?;
    let step = RecordStep {
        notes: Some(Vec::new()),
        ..RecordStep::new(look(30), at(21))
    };
    store.record(&claim, &step).await?;
    assert_eq!(stored(&*store, post_id(1)).await?.notes, [], "none now");
    let history = store.history(&named("owner"), post_id(1)).await?;
    assert!(history.contains(&line), "the history has them: {history:?}");
    Ok(())
}

/// A post of which something is there does not end as if nothing were, by whomever: not by its holder, not by its owner's word. It
/// may be published, and it may fail once nothing is there any more.
pub async fn what_is_there_has_not_failed(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let step = there(links());
    store.record(&claim, &step).await?;
    let before = stored(&*store, post_id(1)).await?;
    let rule = "what is there has not failed";
    for outcome in [Outcome::Cancelled, Outcome::Failed(trouble())] {
        for checkpoint in [None, step.checkpoint.clone()] {
            let step = RecordStep {
                checkpoint,
                ..settled(outcome.clone(), 1)
            };
            let answer = store.record(&claim, &step).await;
            refused(answer, ErrorKind::Invalid, rule);
            assert_eq!(stored(&*store, post_id(1)).await?, before, "unchanged");
        }
    }
    store
        .record(&claim, &settled(Outcome::Undecided, 1))
        .await?;
    let before = stored(&*store, post_id(1)).await?;
    for outcome in [Outcome::Cancelled, Outcome::Failed(trouble())] {
        let answer = store
            .settle(&named("owner"), post_id(1), &outcome, &[], None, at(2))
            .await;
        refused(answer, ErrorKind::Invalid, rule);
        assert_eq!(stored(&*store, post_id(1)).await?, before, "unchanged");
    }
    let published = Outcome::Published(links());
    store
        .settle(&named("owner"), post_id(1), &published, &[], None, at(3))
        .await?;
    keep(&*store, &post(2, lane(2))).await?;
    let claim = claimed(&*store, at(9)).await?;
    store.record(&claim, &step).await?;
    let gone = RecordStep {
        checkpoint: Some(checkpoint("deleted")),
        ..settled(Outcome::Cancelled, 9)
    };
    store.record(&claim, &gone).await?;
    let state = stored(&*store, post_id(2)).await?.state;
    assert_eq!(state, PostState::Cancelled, "nothing is there any more");
    Ok(())
}

/// Who cancels such a post, or all of its account, asks the worker that has begun it, and ends nothing.
pub async fn what_is_there_is_not_cancelled(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    for number in [1, 2] {
        keep(&*store, &post(number, lane(number))).await?;
        let claim = claimed(&*store, at(0)).await?;
        let step = RecordStep {
            keep_lease: false,
            ..there(links())
        };
        let step = RecordStep {
            next: Next::At(at(60)),
            ..step
        };
        store.record(&claim, &step).await?;
    }
    let owner = named("owner");
    let answer = store.cancel(&owner, post_id(1), at(1)).await?;
    assert_eq!(answer, Cancelled::Requested);
    assert_eq!(store.cancel_account(&lane(2), at(1)).await?, 1);
    for number in 1..=2 {
        let post = stored(&*store, post_id(number)).await?;
        assert_eq!((post.state, post.outcome), (PostState::Working, None));
        assert!(post.cancel_requested, "it is to stop");
        assert_eq!(post.checkpoint.links, links());
    }
    Ok(())
}

/// Its time may pass: part of it is out, whatever its exposure says.
pub async fn what_is_there_is_not_missed(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let new = NewPost {
        expires_at: Some(at(10)),
        ..post(1, account(1))
    };
    keep(&*store, &new).await?;
    let claim = claimed(&*store, at(0)).await?;
    let step = RecordStep {
        next: Next::At(at(99)),
        keep_lease: false,
        ..there(links())
    };
    let exposure = step.checkpoint.as_ref().map(|at| at.exposure);
    assert_eq!(exposure, Some(Exposure::Nothing));
    store.record(&claim, &step).await?;
    let missed = store.expire_missed(&[app()], at(50), 9).await?;
    assert!(missed.is_empty(), "part of it is there: {missed:?}");
    let state = stored(&*store, post_id(1)).await?.state;
    assert_eq!(state, PostState::Working, "part of it is there");
    Ok(())
}

/// Nothing can be there of a post that nobody has begun: one of which something is neither is submitted nor comes about by an edit.
pub async fn nothing_is_there_before_the_first_step(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let begun = || StoredCheckpoint {
        links: links(),
        ..checkpoint("init")
    };
    let new = NewPost {
        checkpoint: begun(),
        ..post(1, account(1))
    };
    let rule = "nothing is there before the first step";
    refused(store.submit(&new).await, ErrorKind::Invalid, rule);
    assert_eq!(store.load(&named("owner"), post_id(1)).await?, None);
    none_claimed(&*store, at(9), "nothing was kept").await?;
    let record = keep(&*store, &post(1, account(1))).await?;
    let edit = PostEdit {
        content: Some(PostContent::new("words", vec![1], begun())),
        ..PostEdit::new(at(5), None)
    };
    let answer = store
        .edit(&named("owner"), post_id(1), Revision(1), &edit, at(1))
        .await;
    refused(answer, ErrorKind::Invalid, rule);
    assert_eq!(stored(&*store, post_id(1)).await?, record, "unchanged");
    Ok(())
}

/// An answer to what nobody could tell brings its own notes. What was noted before stays in the history.
pub async fn an_answer_brings_its_own_notes(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    for (number, answer) in (1..).zip([notes()[..1].to_vec(), Vec::new()]) {
        keep(&*store, &post(number, lane(number))).await?;
        let claim = claimed(&*store, at(0)).await?;
        let asked = HistoryEntry {
            notes: notes(),
            ..HistoryEntry::new(at(0), HistoryKind::Settled, "init")
        };
        let step = RecordStep {
            notes: Some(notes()),
            history: vec![asked.clone()],
            ..settled(Outcome::Undecided, 0)
        };
        store.record(&claim, &step).await?;
        let undecided = stored(&*store, post_id(number)).await?;
        let outcome = Outcome::Published(links());
        let (owner, id) = (named("owner"), post_id(number));
        store
            .settle(&owner, id, &outcome, &answer, Some("ann"), at(7))
            .await?;
        let expected = PostRecord {
            state: PostState::Published,
            outcome: Some(outcome),
            notes: answer.clone(),
            ..undecided
        };
        assert_eq!(stored(&*store, id).await?, expected);
        let mut history = store.history(&owner, id).await?;
        let line = HistoryEntry {
            detail: Some("ann".to_owned()),
            notes: answer,
            ..HistoryEntry::new(at(7), HistoryKind::Settled, "init")
        };
        assert_eq!(history.pop(), Some(line));
        assert_eq!(history.pop(), Some(asked), "what was asked stays");
    }
    Ok(())
}

/// A person's word that it is there leaves out nothing that is there: what came to be known while the person wrote is not denied by
/// an outcome, or by a note that says that it is missing.
pub async fn a_word_leaves_out_nothing_that_is_there(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let step = RecordStep {
        next: Next::Settle(Outcome::Undecided, None),
        keep_lease: false,
        ..there(links())
    };
    store.record(&claim, &step).await?;
    let before = stored(&*store, post_id(1)).await?;
    let (owner, rest) = (named("owner"), [Note::rest(trouble())]);
    for known in [&links()[..1], &links()[1..], &[]] {
        let outcome = Outcome::Published(known.to_vec());
        let answer = store
            .settle(&owner, post_id(1), &outcome, &rest, None, at(2))
            .await;
        refused(answer, ErrorKind::Invalid, "more of it is there");
        assert_eq!(stored(&*store, post_id(1)).await?, before, "unchanged");
    }
    let mut all = vec![PostLink::new("another", None)];
    all.extend(links());
    let all = Outcome::Published(all);
    store
        .settle(&owner, post_id(1), &all, &rest, None, at(3))
        .await?;
    assert_eq!(stored(&*store, post_id(1)).await?.outcome, Some(all));
    Ok(())
}
