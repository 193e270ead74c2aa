use chrono::{DateTime, TimeDelta, Utc};

use super::{claimed, ended, keep};
use crate::{
    conformance::{
        Harness,
        fixtures::{account, at, checkpoint, named, post, post_id},
    },
    error::Result,
    model::MediaId,
    publish::Outcome,
    store::{NewPost, Next, PostContent, PostEdit, PostStore, RecordStep, Revision},
};

fn file(number: u8) -> MediaId {
    MediaId::from_digest([number; 32])
}

fn with(number: u64, media: &[u8]) -> NewPost {
    let account = account(usize::try_from(number).unwrap_or_default());
    let media = media.iter().copied().map(file).collect();
    NewPost {
        media,
        ..post(number, account)
    }
}

/// Which of the first nine files are needed.
async fn needed<S: PostStore>(store: &S) -> Result<Vec<u8>> {
    let asked: Vec<_> = (1..10).chain(1..10).map(file).collect();
    let found = store.needed_media(&asked, at(1_000)).await?;
    let mut numbers: Vec<_> = (1..10).filter(|n| found.contains(&file(*n))).collect();
    assert_eq!(numbers.len(), found.len(), "each once, and none else");
    numbers.sort_unstable();
    Ok(numbers)
}

async fn record<S: PostStore>(store: &S, next: Next, now: DateTime<Utc>) -> Result<()> {
    let claim = claimed(store, now).await?;
    store.record(&claim, &RecordStep::new(next, now)).await?;
    Ok(())
}

/// A file is needed as long as a post has it that has no outcome, or that is still looked at.
pub async fn media_are_needed_until_their_posts_are_over(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    assert_eq!(needed(&*store).await?, [0_u8; 0], "there is no post");
    ended(&*store, &with(1, &[1, 2, 2]), Outcome::Cancelled).await?;
    assert_eq!(needed(&*store).await?, [0_u8; 0], "the post is over");
    keep(&*store, &with(2, &[2, 3, 3])).await?;
    assert_eq!(needed(&*store).await?, [2, 3], "another post needs it");
    let watched = Next::Settle(Outcome::Published(Vec::new()), Some(at(50)));
    record(&*store, watched, at(0)).await?;
    assert_eq!(needed(&*store).await?, [2, 3], "it is still looked at");
    let over = Next::Settle(Outcome::Published(Vec::new()), None);
    record(&*store, over, at(50)).await?;
    assert_eq!(needed(&*store).await?, [0_u8; 0], "nobody looks any more");
    keep(&*store, &with(3, &[4])).await?;
    record(&*store, Next::At(at(60)), at(50)).await?;
    assert_eq!(needed(&*store).await?, [4], "it is on its way");
    assert!(
        store.needed_media(&[], at(1_000)).await?.is_empty(),
        "none were asked"
    );
    // The one that was looked at to its end had its outcome at the beginning.
    let ended = store.needed_media(&[file(2), file(9)], at(0)).await?;
    assert_eq!(ended, [file(2)], "one that ended then or later");
    let later = at(0) + TimeDelta::microseconds(1);
    let ended = store.needed_media(&[file(2)], later).await?;
    assert!(ended.is_empty(), "it ended before");
    Ok(())
}

/// Another content needs its own files, and those of before no more; another time changes nothing.
pub async fn an_edit_changes_which_media_are_needed(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &with(1, &[1, 2])).await?;
    let moved = PostEdit::new(at(5), None);
    let owner = named("owner");
    store
        .edit(&owner, post_id(1), Revision(1), &moved, at(0))
        .await?;
    assert_eq!(needed(&*store).await?, [1, 2], "only the time changed");
    let mut content = PostContent::new("", Vec::new(), checkpoint("init"));
    content.media = vec![file(2), file(3), file(3)];
    let mut edit = PostEdit::new(at(5), None);
    edit.content = Some(content);
    store
        .edit(&owner, post_id(1), Revision(2), &edit, at(0))
        .await?;
    assert_eq!(needed(&*store).await?, [2, 3], "in place of those before");
    Ok(())
}
