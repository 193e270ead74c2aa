use super::{CommentsHarness, comment_on, commented};
use crate::{
    conformance::{
        content::{cx, soon},
        fixtures::refused,
        troubles::pages,
    },
    content::CommentAction,
    error::{ErrorKind, Result},
};

/// Pages end, and visit each comment once.
pub async fn paging_ends_and_visits_each_once(harness: &impl CommentsHarness) -> Result<()> {
    let (media, mut expected) = commented(harness, 7).await;
    let (deadline, comments) = (soon(harness), harness.comments());
    let cx = cx(harness, &deadline);
    let items = pages!(from => comments.comments(&cx, &media, from).await);
    let mut ids: Vec<_> = items.into_iter().map(|item| item.id).collect();
    ids.sort();
    expected.sort();
    assert_eq!(ids, expected, "each comment once");
    Ok(())
}

/// Replies are no comments of the top level. Each is found once under its comment, and says so.
pub async fn replies_are_under_their_comment(harness: &impl CommentsHarness) -> Result<()> {
    let (media, ids) = commented(harness, 2).await;
    let mut expected = Vec::new();
    for number in 0..5 {
        let text = format!("reply {number}");
        expected.push(harness.comment(&media, Some(&ids[0]), &text).await);
    }
    let (deadline, comments) = (soon(harness), harness.comments());
    let cx = cx(harness, &deadline);
    let top = pages!(from => comments.comments(&cx, &media, from).await);
    assert_eq!(top.len(), 2, "a reply is no comment of the top level");
    let replies = pages!(from => comments.replies(&cx, &ids[0], from).await);
    for reply in &replies {
        assert_eq!(
            reply.parent.as_deref(),
            Some(&*ids[0]),
            "a reply names its comment"
        );
    }
    let mut found: Vec<_> = replies.into_iter().map(|reply| reply.id).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "each reply once");
    let other = comments.replies(&cx, &ids[1], None).await?;
    assert!(other.items.is_empty(), "the other has none");
    Ok(())
}

/// Read all at once, each comment of each medium comes once and names its medium; replies are not among them.
pub async fn all_comments_come_once_with_their_medium(
    harness: &impl CommentsHarness,
) -> Result<()> {
    let (deadline, comments) = (soon(harness), harness.comments());
    let cx = cx(harness, &deadline);
    if !comments.supports(CommentAction::All) {
        return Ok(());
    }
    let mut expected = Vec::new();
    for media in harness.show(3).await.iter().take(2) {
        let ids = comment_on(harness, media, 4).await;
        harness.comment(media, Some(&ids[0]), "a reply").await;
        expected.extend(ids.into_iter().map(|id| (id, Some(media.clone()))));
    }
    let items = pages!(from => comments.all(&cx, from).await);
    let mut found: Vec<_> = items.into_iter().map(|it| (it.id, it.media)).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "each once, with its medium");
    Ok(())
}

/// Of a medium that is not there no comments are told, also not none.
pub async fn a_medium_that_is_gone_has_no_comments(harness: &impl CommentsHarness) -> Result<()> {
    let (deadline, comments) = (soon(harness), harness.comments());
    let cx = cx(harness, &deadline);
    let page = comments.comments(&cx, "999999999999", None);
    refused(page.await, ErrorKind::NotFound, "a medium that is gone");
    Ok(())
}

/// A page begins where one ended and nowhere else.
pub async fn a_page_begins_only_where_one_ended(harness: &impl CommentsHarness) -> Result<()> {
    let (media, ids) = commented(harness, 1).await;
    let (deadline, comments) = (soon(harness), harness.comments());
    let cx = cx(harness, &deadline);
    for nowhere in ["nowhere", "-", "1 2"] {
        let page = comments.comments(&cx, &media, Some(nowhere)).await;
        refused(page, ErrorKind::Invalid, "comments that begin nowhere");
        let page = comments.replies(&cx, &ids[0], Some(nowhere)).await;
        refused(page, ErrorKind::Invalid, "replies that begin nowhere");
        if comments.supports(CommentAction::All) {
            let page = comments.all(&cx, Some(nowhere)).await;
            refused(page, ErrorKind::Invalid, "all comments that begin nowhere");
        }
    }
    Ok(())
}

/// A number that the platform leaves out is absent, not 0.
pub async fn an_absent_number_is_not_zero(harness: &impl CommentsHarness) -> Result<()> {
    let (media, _) = commented(harness, 2).await;
    harness.tell_no_numbers().await;
    let (deadline, comments) = (soon(harness), harness.comments());
    let cx = cx(harness, &deadline);
    let items = pages!(from => comments.comments(&cx, &media, from).await);
    assert_eq!(items.len(), 2, "the comments are there");
    for item in items {
        let numbers = (item.likes, item.reply_count);
        assert_eq!(numbers, (None, None), "nothing was told of {}", item.id);
    }
    Ok(())
}

/// Fields that nobody knows do no harm, and are kept.
pub async fn unknown_fields_do_no_harm(harness: &impl CommentsHarness) -> Result<()> {
    let (media, _) = commented(harness, 2).await;
    harness.send_unknown_fields().await;
    let (deadline, comments) = (soon(harness), harness.comments());
    let cx = cx(harness, &deadline);
    let items = pages!(from => comments.comments(&cx, &media, from).await);
    assert_eq!(items.len(), 2, "unknown fields hide nothing");
    for item in items {
        assert!(item.text.is_some(), "what is known is read");
        assert!(!item.more.is_empty(), "what has no field is kept");
    }
    Ok(())
}
