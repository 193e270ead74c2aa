use super::{CommentsHarness, commented};
use crate::{
    conformance::{
        Trouble,
        content::{cx, soon},
        fixtures::refused,
        troubles::{error_of, pages},
    },
    content::{Comment, CommentAction, NewComment, Visibility},
    error::{ErrorKind, Remedy, Result},
};

const WORDS: &str = "thank you, ä\u{1f600}";

fn to(media: &str, parent: Option<&str>) -> NewComment {
    let comment = NewComment::on(media, WORDS);
    match parent {
        Some(id) => comment.in_reply_to(&Comment::new(id)),
        None => comment,
    }
}

/// How often the words are there, at the top or below a comment.
async fn there(harness: &impl CommentsHarness, media: &str, parent: Option<&str>) -> Result<usize> {
    let (deadline, comments) = (soon(harness), harness.comments());
    let cx = cx(harness, &deadline);
    let items = match parent {
        Some(id) => pages!(from => comments.replies(&cx, id, from).await),
        None => pages!(from => comments.comments(&cx, media, from).await),
    };
    let ours = items
        .iter()
        .filter(|item| item.text.as_deref() == Some(WORDS));
    Ok(ours.count())
}

/// What the platform takes of comments and replies, below a comment that is there.
fn ways<'a>(
    harness: &impl CommentsHarness,
    comment: &'a str,
) -> impl Iterator<Item = Option<&'a str>> {
    let supports = |action| harness.comments().supports(action);
    let ways = [
        supports(CommentAction::Comment).then_some(None),
        supports(CommentAction::Reply).then_some(Some(comment)),
    ];
    ways.into_iter().flatten()
}

/// What is written is there once, as it was written.
pub async fn what_is_written_is_there_once(harness: &impl CommentsHarness) -> Result<()> {
    let (media, ids) = commented(harness, 1).await;
    let (deadline, comments) = (soon(harness), harness.comments());
    for parent in ways(harness, &ids[0]) {
        let new = to(&media, parent);
        let written = comments.write(&cx(harness, &deadline), &new).await?;
        assert!(!written.id.is_empty(), "it has an id");
        assert_eq!(there(harness, &media, parent).await?, 1, "it is there once");
    }
    Ok(())
}

/// A reply to a reply stands once in its thread: below that very reply where the platform has trees, else below the top.
pub async fn a_reply_to_a_reply_stands_where_the_platform_has_it(
    harness: &impl CommentsHarness,
) -> Result<()> {
    let (media, ids) = commented(harness, 1).await;
    let (deadline, comments) = (soon(harness), harness.comments());
    let cx = cx(harness, &deadline);
    if !comments.supports(CommentAction::Reply) {
        return Ok(());
    }
    let mut place = ids[0].clone();
    // In a tree the second one is two levels below the top.
    for depth in 1..=2 {
        harness.comment(&media, Some(&place), "a reply").await;
        let told = comments.replies(&cx, &place, None).await?.items;
        let reply = told.first().expect("a reply that was told");
        let new = NewComment::on(&media, WORDS).in_reply_to(reply);
        comments.write(&cx, &new).await?;
        if harness.has_trees() {
            place.clone_from(&reply.id);
        }
        let count = if harness.has_trees() { 1 } else { depth };
        let found = there(harness, &media, Some(&place)).await?;
        assert_eq!(found, count, "the reply stands below what it answers");
    }
    Ok(())
}

/// A writing whose answer is lost is sent once, and may be there; one that was refused is certainly not.
pub async fn a_lost_writing_is_not_repeated(harness: &impl CommentsHarness) -> Result<()> {
    let (media, ids) = commented(harness, 1).await;
    let (deadline, comments) = (soon(harness), harness.comments());
    for parent in ways(harness, &ids[0]) {
        let new = to(&media, parent);
        harness.trouble(Trouble::Refused).await;
        let error = error_of(
            comments.write(&cx(harness, &deadline), &new).await,
            "refused",
        );
        assert_ne!(
            error.remedy(),
            &Remedy::Reconcile,
            "refused, it is not there"
        );
        harness.trouble(Trouble::LostAfter).await;
        let error = error_of(comments.write(&cx(harness, &deadline), &new).await, "lost");
        assert_eq!(error.remedy(), &Remedy::Reconcile, "lost, it may be there");
        assert_eq!(there(harness, &media, parent).await?, 1, "it was sent once");
    }
    Ok(())
}

/// Hidden twice it is hidden, and shown twice it is shown.
pub async fn what_is_hidden_can_be_shown_again(harness: &impl CommentsHarness) -> Result<()> {
    let (media, ids) = commented(harness, 1).await;
    let (deadline, comments) = (soon(harness), harness.comments());
    let cx = cx(harness, &deadline);
    if !comments.supports(CommentAction::Hide) {
        return Ok(());
    }
    for visibility in [Visibility::Hidden, Visibility::Shown] {
        for _ in 0..2 {
            comments.set_visibility(&cx, &ids[0], visibility).await?;
            let page = comments.comments(&cx, &media, None).await?;
            let found = page.items.iter().find(|item| item.id == ids[0]);
            // A platform may leave hidden ones out, but not show them as shown.
            let seen = found.and_then(|item| item.visibility);
            let fits = seen.is_none_or(|seen| seen == visibility);
            assert!(fits, "{visibility:?}, and told as {seen:?}");
            let gone = found.is_none() && visibility == Visibility::Shown;
            assert!(!gone, "shown again, it is there");
        }
    }
    Ok(())
}

/// What is deleted is gone, and deleting it again is a success.
pub async fn what_is_deleted_is_gone(harness: &impl CommentsHarness) -> Result<()> {
    let (media, ids) = commented(harness, 2).await;
    let (deadline, comments) = (soon(harness), harness.comments());
    let cx = cx(harness, &deadline);
    if !comments.supports(CommentAction::Delete) {
        return Ok(());
    }
    for _ in 0..2 {
        let deleted = comments.delete(&cx, &ids[0]).await;
        assert!(deleted.is_ok(), "deleted twice: {deleted:?}");
        let page = comments.comments(&cx, &media, None).await?;
        let left: Vec<_> = page.items.iter().map(|item| &item.id).collect();
        assert_eq!(left, [&ids[1]], "only the other is left");
    }
    Ok(())
}

/// What a platform does not offer is said at once, and nothing is sent.
pub async fn what_is_not_supported_sends_nothing(harness: &impl CommentsHarness) -> Result<()> {
    let (media, ids) = commented(harness, 1).await;
    let (deadline, comments) = (soon(harness), harness.comments());
    let cx = cx(harness, &deadline);
    let heard = harness.heard().await;
    for action in [
        CommentAction::All,
        CommentAction::Comment,
        CommentAction::Delete,
        CommentAction::Hide,
        CommentAction::Reply,
    ] {
        if comments.supports(action) {
            continue;
        }
        let answer = match action {
            CommentAction::All => comments.all(&cx, None).await.map(drop),
            CommentAction::Comment => comments.write(&cx, &to(&media, None)).await.map(drop),
            CommentAction::Delete => comments.delete(&cx, &ids[0]).await,
            CommentAction::Hide => {
                let hide = comments.set_visibility(&cx, &ids[0], Visibility::Hidden);
                hide.await
            }
            CommentAction::Reply => {
                let reply = to(&media, Some(&ids[0]));
                comments.write(&cx, &reply).await.map(drop)
            }
        };
        refused(answer, ErrorKind::Unsupported, "not supported");
    }
    assert_eq!(harness.heard().await, heard, "nothing is sent");
    Ok(())
}
