use super::{CommentsHarness, commented};
use crate::{
    conformance::{
        Trouble,
        content::{cx, passed, soon},
        troubles::{error_of, hides},
    },
    content::{Comment, NewComment, Visibility},
    error::Result,
};

/// Trouble of the platform is told, and is no empty page.
pub async fn a_server_error_is_told(harness: &impl CommentsHarness) -> Result<()> {
    let (media, ids) = commented(harness, 1).await;
    let (deadline, comments) = (soon(harness), harness.comments());
    let cx = cx(harness, &deadline);
    harness.trouble(Trouble::ServerError).await;
    error_of(comments.comments(&cx, &media, None).await, "a page");
    harness.trouble(Trouble::ServerError).await;
    error_of(comments.replies(&cx, &ids[0], None).await, "replies");
    harness.trouble(Trouble::ServerError).await;
    error_of(comments.all(&cx, None).await, "all comments");
    Ok(())
}

/// Once the deadline has passed nothing is sent.
pub async fn nothing_is_sent_after_the_deadline(harness: &impl CommentsHarness) -> Result<()> {
    let (media, ids) = commented(harness, 1).await;
    let (deadline, comments) = (passed(harness), harness.comments());
    let (cx, heard) = (cx(harness, &deadline), harness.heard().await);
    error_of(
        comments.comments(&cx, &media, None).await,
        "a page, too late",
    );
    error_of(
        comments.replies(&cx, &ids[0], None).await,
        "replies, too late",
    );
    error_of(comments.all(&cx, None).await, "all comments, too late");
    let reply = NewComment::on(&media, "late").in_reply_to(&Comment::new(&ids[0]));
    error_of(comments.write(&cx, &reply).await, "a reply, too late");
    let hide = comments.set_visibility(&cx, &ids[0], Visibility::Hidden);
    error_of(hide.await, "hidden too late");
    error_of(comments.delete(&cx, &ids[0]).await, "deleted too late");
    assert_eq!(harness.heard().await, heard, "it is sent too late");
    Ok(())
}

/// No secret is in what is printed or told as an error.
pub async fn no_secret_is_shown(harness: &impl CommentsHarness) -> Result<()> {
    let (media, _) = commented(harness, 1).await;
    let (deadline, comments) = (soon(harness), harness.comments());
    let cx = cx(harness, &deadline);
    let mut shown = vec![format!("{comments:?}")];
    for trouble in [Trouble::LostBefore, Trouble::ServerError, Trouble::Refused] {
        harness.trouble(trouble).await;
        let error = error_of(comments.comments(&cx, &media, None).await, "trouble");
        shown.push(format!("{error:?} {error} {}", error.user_message()));
    }
    for text in shown {
        hides(&text, &harness.secrets(), "what is printed of comments");
    }
    Ok(())
}
