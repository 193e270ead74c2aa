//! What an event says about a post.

use social_core::{
    ErrorKind, Result, Social,
    publish::{Outcome, Step},
    store::{PostRecord, PostState},
    webhook::{Handled, VerifiedEvent},
};

pub(super) async fn post(
    social: &Social,
    event: &VerifiedEvent,
    remote_id: &str,
) -> Result<Handled> {
    let posts = &social.stores().posts;
    let found = posts.find_remote(&event.platform, &event.app, remote_id);
    // It may have come before the platform's id was written down.
    let Some(post) = found.await? else {
        return Ok(Handled::RetryLater);
    };
    let open = social.open_post(&post).await?;
    let publisher = social.publisher(&event.platform)?;
    let (outcome, now) = (post.outcome.as_ref(), social.clock().now());
    let step = publisher.apply(&open.checkpoint, outcome, event, now);
    record(social, &post, step).await
}

/// Writes down what the event led to, where a post may be changed from outside its lane. Everywhere else its own worker asks
/// the platform, now instead of later, and the event is held against what it has learned.
async fn record(social: &Social, post: &PostRecord, step: Option<Step>) -> Result<Handled> {
    let outcome = match step {
        Some(Step::Settled { outcome, .. }) => outcome,
        Some(_) => return look(social, post).await,
        None => return Ok(Handled::Done),
    };
    // Of a restored post another may have been begun that the event says nothing of: the publisher looks for it.
    let says_none = matches!(outcome, Outcome::Failed(_) | Outcome::Cancelled);
    if post.restored_at.is_some() && says_none {
        social.hasten(&post.account.owner, post.id).await?;
        return Ok(Handled::Done);
    }
    let owner = &post.account.owner;
    if post.state == PostState::Undecided && outcome != Outcome::Undecided {
        let posts = &social.stores().posts;
        let now = social.clock().now();
        return match posts.settle(owner, post.id, &outcome, now).await {
            Ok(()) => {
                social.changed(owner, post.id);
                Ok(Handled::Done)
            }
            // Somebody was faster; the next look finds what is left to do.
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(Handled::RetryLater),
            Err(error) => Err(error),
        };
    }
    if post.state == PostState::Published && adds_nothing(post.outcome.as_ref(), &outcome) {
        return Ok(Handled::Done);
    }
    look(social, post).await
}

async fn look(social: &Social, post: &PostRecord) -> Result<Handled> {
    social.hasten(&post.account.owner, post.id).await?;
    Ok(Handled::RetryLater)
}

/// Whether every link that an event tells is known. One that leads nowhere any more is not asked for: no question would
/// tell it.
fn adds_nothing(known: Option<&Outcome>, told: &Outcome) -> bool {
    match (known, told) {
        (Some(Outcome::Published(known)), Outcome::Published(told)) => told
            .iter()
            .filter(|link| link.url.is_some())
            .all(|link| known.contains(link)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use social_core::publish::PostLink;

    use super::*;

    #[test]
    fn only_a_link_that_is_not_known_is_news() {
        let link = |id: &str| {
            let url = format!("https://example.com/post/{id}").parse();
            PostLink::new(id, url.ok())
        };
        let one = Outcome::Published(vec![link("1")]);
        let two = Outcome::Published(vec![link("1"), link("2")]);
        let hidden = Outcome::Published(vec![PostLink::new("3", None)]);
        assert!(adds_nothing(Some(&one), &one) && adds_nothing(Some(&two), &one));
        assert!(adds_nothing(Some(&one), &hidden));
        assert!(!adds_nothing(Some(&one), &two));
        assert!(!adds_nothing(Some(&Outcome::AwaitingUser), &one));
        assert!(!adds_nothing(Some(&one), &Outcome::AwaitingUser));
        assert!(!adds_nothing(None, &one));
    }
}
