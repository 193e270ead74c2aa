use async_trait::async_trait;
use social_core::{
    Error, ErrorKind, Remedy, Result,
    content::{
        Comment, CommentAction, CommentPage, Comments, ContentContext, NewComment, Visibility,
    },
    model::Platform,
};

use super::{Broken, Faults};
use crate::client::PLATFORM;

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// Sends every reply to the top of its thread.
    AnswersTheTop,
    /// Begins at the start where it should not begin.
    BeginsAnywhere,
    /// Does not say what the comments of all are on.
    AllOnNothing,
    /// Says 0 for what was not told.
    CountsNothing,
    /// Deletes only what is there.
    DeletesOnce,
    /// Shows nothing again.
    HidesForGood,
    /// Sends when it is too late.
    IgnoresTheDeadline,
    /// Throws away what it has no field for.
    LosesTheRest,
    /// Says that there is always another page.
    NeverEnds,
    /// Says that it can what it cannot.
    Promises,
    /// Shows replies among the comments.
    RepliesAtTheTop,
    /// Asks before it says that it cannot.
    SendsTheUnsupported,
    /// Prints the app's secret.
    Shows,
    /// Calls trouble an empty page.
    TroubleIsEmpty,
    /// Writes again what was lost.
    WritesAgain,
}

impl Faults for Fault {
    const SHOWS: Self = Self::Shows;
}

#[async_trait]
impl Comments for Broken<Fault> {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    fn supports(&self, action: CommentAction) -> bool {
        Comments::supports(&self.0, action) || self.is(Fault::Promises)
    }

    async fn comments(
        &self,
        cx: &ContentContext<'_>,
        media: &str,
        from: Option<&str>,
    ) -> Result<CommentPage> {
        let mut page = match self.0.comments(cx, media, from).await {
            Err(_) if self.is(Fault::TroubleIsEmpty) => CommentPage::default(),
            Err(error) if self.is(Fault::BeginsAnywhere) && error.kind() == ErrorKind::Invalid => {
                self.0.comments(cx, media, None).await?
            }
            page => page?,
        };
        if self.is(Fault::RepliesAtTheTop) {
            for top in page.items.clone() {
                let replies = self.0.replies(cx, &top.id, None).await?;
                page.items.extend(replies.items);
            }
        }
        if self.is(Fault::NeverEnds) && page.next.is_none() {
            page.next = Some("2".to_owned());
        }
        for item in &mut page.items {
            if self.is(Fault::CountsNothing) {
                item.likes.get_or_insert(0);
            }
            if self.is(Fault::LosesTheRest) {
                item.more.clear();
            }
        }
        Ok(page)
    }

    async fn all(&self, cx: &ContentContext<'_>, from: Option<&str>) -> Result<CommentPage> {
        let mut page = self.0.all(cx, from).await?;
        if self.is(Fault::AllOnNothing) {
            page.items.iter_mut().for_each(|item| item.media = None);
        }
        Ok(page)
    }

    async fn replies(
        &self,
        cx: &ContentContext<'_>,
        comment: &str,
        from: Option<&str>,
    ) -> Result<CommentPage> {
        self.0.replies(cx, comment, from).await
    }

    async fn write(&self, cx: &ContentContext<'_>, comment: &NewComment) -> Result<Comment> {
        if self.is(Fault::SendsTheUnsupported) {
            self.0.comments(cx, &comment.media, None).await?;
        }
        let later = super::later(cx.deadline);
        let late = ContentContext::new(cx.account, cx.tokens, cx.limits, &later);
        let cx = match self.is(Fault::IgnoresTheDeadline) {
            true => &late,
            false => cx,
        };
        let mut comment = comment.clone();
        if self.is(Fault::AnswersTheTop) {
            comment.answers.clone_from(&comment.parent);
        }
        let comment = &comment;
        match self.0.write(cx, comment).await {
            Err(error) if self.is(Fault::WritesAgain) && *error.remedy() == Remedy::Reconcile => {
                self.0.write(cx, comment).await?;
                Err(error)
            }
            answer => answer,
        }
    }

    async fn set_visibility(
        &self,
        cx: &ContentContext<'_>,
        comment: &str,
        visibility: Visibility,
    ) -> Result<()> {
        let visibility = match self.1 {
            Fault::HidesForGood => Visibility::Hidden,
            _ => visibility,
        };
        self.0.set_visibility(cx, comment, visibility).await
    }

    async fn delete(&self, cx: &ContentContext<'_>, comment: &str) -> Result<()> {
        if self.is(Fault::DeletesOnce) && self.0.replies(cx, "n-none", None).await.is_ok() {
            return Err(Error::new(ErrorKind::NotFound, "it is gone"));
        }
        self.0.delete(cx, comment).await
    }
}

super::faults! { comments, comments, Broken::new;
    paging_ends_and_visits_each_once finds NeverEnds, "paging ends";
    replies_are_under_their_comment finds RepliesAtTheTop, "no comment of the top level";
    all_comments_come_once_with_their_medium finds AllOnNothing, "each once, with its medium";
    a_reply_to_a_reply_stands_where_the_platform_has_it finds AnswersTheTop, "below what it answers";
    a_medium_that_is_gone_has_no_comments finds TroubleIsEmpty, "a medium that is gone";
    an_absent_number_is_not_zero finds CountsNothing, "nothing was told of";
    a_lost_writing_is_not_repeated finds WritesAgain, "it was sent once";
    what_is_hidden_can_be_shown_again finds HidesForGood, "and told as";
    what_is_deleted_is_gone finds DeletesOnce, "deleted twice";
    what_is_written_is_there_once finds Promises, "Unsupported";
    a_page_begins_only_where_one_ended finds BeginsAnywhere, "begin nowhere";
    unknown_fields_do_no_harm finds LosesTheRest, "what has no field is kept";
    what_is_not_supported_sends_nothing finds SendsTheUnsupported, "nothing is sent";
    nothing_is_sent_after_the_deadline finds IgnoresTheDeadline, "a reply, too late";
    a_server_error_is_told finds TroubleIsEmpty, "a page";
    no_secret_is_shown finds Shows, "shows secret";
}
