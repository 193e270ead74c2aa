//! Looking for the post of a beginning that was interrupted and gave no publish id.

use std::{cmp::Ordering, time::Duration};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use social_core::{
    Remedy, Result,
    model::Scopes,
    publish::{Checkpoint, OtherPost, Outcome, PostLink, PublishRequest, Step},
};

use super::{
    options::Mode,
    run::Run,
    state::{Pull, State},
    status,
};
use crate::{
    ByTikTok,
    limits::Bucket,
    wire::{Video, VideoField, VideoPage},
};

/// The first wait between looks. Each is a minute longer, up to an hour.
const LOOK_SOON: Duration = Duration::from_secs(60);
/// TikTok shows so many characters of a caption.
const SHOWN: usize = 150;
/// With fewer it is not cut off.
const CUT_OFF: usize = 140;
/// For how long another post may appear after it was begun: as long as one of which nobody can tell is looked at.
const APPEARS_WITHIN: TimeDelta = TimeDelta::days(3);

/// It is never repeated: where the account allows it, the one public post that can be it is looked for; otherwise nobody can
/// tell.
pub(super) async fn interrupted(
    run: &Run<'_>,
    at: &Checkpoint,
    mut state: State,
    pull: &Pull,
) -> Result<Step> {
    state.asked = state.asked.saturating_add(1);
    let found = find(run, &state, pull).await?;
    let mut checkpoint = at.clone();
    checkpoint.state = state.checkpoint(&at.step, None)?.state;
    if let Some(link) = found {
        let outcome = Outcome::Published(vec![link]);
        return Ok(Step::settled(checkpoint, outcome, None));
    }
    // Moderation may hold it back for hours.
    let waited = run.since(started_at(run, pull));
    let watch = (can_look(run, state.way.mode) && waited < run.settings.unconfirmed_after)
        .then(|| LOOK_SOON * state.asked.min(60));
    Ok(Step::settled(checkpoint, Outcome::Undecided, watch))
}

/// After a restore: a post may have been begun whose publish id is not here, whatever became of the one that is. It is
/// looked for as one whose beginning was interrupted, from the time on when work on the post began.
pub(super) async fn begun_elsewhere(run: &Run<'_>, at: &Checkpoint, state: State) -> Result<Step> {
    let pull = Pull {
        begun_at: run.cx.began_at,
        cancelled: false,
        newest: None,
    };
    interrupted(run, at, state, &pull).await
}

/// When the start was written down, which is right before the call: the post may have waited for its turn for hours.
fn started_at(run: &Run<'_>, pull: &Pull) -> DateTime<Utc> {
    run.cx.started_at.unwrap_or(pull.begun_at)
}

fn can_look(run: &Run<'_>, mode: Mode) -> bool {
    mode == Mode::Direct && is_looked_for(run.cx.request, &run.cx.tokens.scopes)
}

/// Whether a post of this request can be found among the public posts of an account that granted these scopes.
pub(super) fn is_looked_for(request: &PublishRequest, scopes: &Scopes) -> bool {
    let words = !request.caption.trim().is_empty();
    words && status::is_public(request) && scopes.contains("video.list")
}

/// The newest public post, before the beginning. Without it only the times tell what is older.
pub(super) async fn newest(run: &Run<'_>) -> Option<String> {
    if !can_look(run, Mode::Direct) {
        return None;
    }
    match list(run, None).await {
        Ok(page) => (page.videos.into_iter())
            .filter_map(|video| video.id)
            .max_by(|one, other| by_age(one, other)),
        Err(error) => {
            tracing::warn!(%error, "the account's posts before this one are not known");
            None
        }
    }
}

/// Ids are numbers that grow with time.
fn by_age(one: &str, other: &str) -> Ordering {
    (one.len(), one).cmp(&(other.len(), other))
}

/// So many pages are looked at for a lost post.
const PAGES: usize = 5;

/// All that were posted since then, newest first; nothing when there are too many to say so.
async fn since_then(run: &Run<'_>, since: DateTime<Utc>) -> Result<Option<Vec<Video>>> {
    let (mut all, mut cursor) = (Vec::new(), None);
    for _ in 0..PAGES {
        let page = list(run, cursor).await?;
        let older = |video: &Video| video.create_time.is_some_and(|at| at < since);
        let is_last = page.videos.last().is_none_or(older);
        let next = page
            .cursor
            .filter(|next| page.has_more && Some(*next) != cursor);
        all.extend(page.videos);
        if is_last || !page.has_more {
            return Ok(Some(all));
        }
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(None)
}

async fn list(run: &Run<'_>, cursor: Option<i64>) -> Result<VideoPage> {
    run.book(Bucket::VideoList).await?;
    let fields = [
        VideoField::Id,
        VideoField::CreateTime,
        VideoField::VideoDescription,
        VideoField::ShareUrl,
    ];
    let (access, deadline) = (&run.cx.tokens.access, run.cx.deadline);
    let page = run.client.video_list(access, &fields, 20, cursor, deadline);
    page.await.map_err(|error| {
        let error = error.by_tiktok();
        match error.remedy() {
            // Without the right to look, the account's other posts go on.
            Remedy::Reauthorize => error.with_remedy(Remedy::Backoff),
            _ => status::unheard(error),
        }
    })
}

/// The one public post since then with these words that no other post of the account is, or may be.
async fn find(run: &Run<'_>, state: &State, pull: &Pull) -> Result<Option<PostLink>> {
    if !can_look(run, state.way.mode) {
        return Ok(None);
    }
    // TikTok tells whole seconds.
    let since = started_at(run, pull).trunc_subsecs(0);
    let caption = run.cx.request.caption.trim();
    let words: String = caption.chars().take(CUT_OFF).collect();
    let others = run.cx.others.with_words(&words).await?;
    if others.iter().any(|other| may_be_any(other, caption, since)) {
        // Theirs or ours: once theirs is known, ours is.
        return Ok(None);
    }
    let is_other = |id: &String| {
        let mut known = others.iter().flat_map(OtherPost::links);
        known.any(|link| link.id == *id)
            || (pull.newest.as_ref()).is_some_and(|newest| by_age(id, newest).is_le())
    };
    let is_it = |video: &Video| {
        video.create_time.is_some_and(|at| at >= since)
            && !video.id.as_ref().is_some_and(is_other)
            && (video.video_description.as_deref()).is_some_and(|shown| says(shown, caption))
    };
    let Some(videos) = since_then(run, since).await? else {
        return Ok(None);
    };
    let mut found = videos.into_iter().filter(is_it);
    let (Some(video), None) = (found.next(), found.next()) else {
        return Ok(None);
    };
    let url = video.share_url.as_deref().and_then(|url| url.parse().ok());
    Ok(video.id.map(|id| PostLink::new(id, url)))
}

/// Whether another post of ours would look the same, and which of the account's it is nobody knows.
fn may_be_any(other: &OtherPost, caption: &str, since: DateTime<Utc>) -> bool {
    let shown: String = caption.chars().take(SHOWN).collect();
    let begun = other.begun_at;
    says(&shown, other.caption.trim())
        && other.links().is_empty()
        && begun.is_none_or(|begun| begun >= since - APPEARS_WITHIN)
}

/// Whether these are the words of the caption, as far as TikTok shows them.
fn says(words: &str, caption: &str) -> bool {
    let words = words.trim();
    words == caption || (words.chars().count() >= CUT_OFF && caption.starts_with(words))
}

#[cfg(test)]
mod tests {
    use social_core::publish::Consent;

    use super::*;
    use crate::{PostOptions, Privacy};

    #[test]
    fn only_public_posts_with_words_are_looked_for_and_only_where_they_may_be_listed() {
        let request = |privacy, words: &str| {
            let options = PostOptions::direct(privacy, Consent::given_by("ann"));
            let media = "https://media.example.com/a.mp4".parse().unwrap();
            let request = PublishRequest::video_at(media).caption(words);
            request.options(options).unwrap()
        };
        let scopes = |scopes: &[&str]| scopes.iter().copied().collect::<Scopes>();
        let (may, may_not) = (scopes(&["video.list"]), scopes(&["video.publish"]));
        let public = request(Privacy::Public, "words");
        assert!(is_looked_for(&public, &may));
        assert!(!is_looked_for(&public, &may_not));
        assert!(!is_looked_for(&request(Privacy::SelfOnly, "words"), &may));
        assert!(!is_looked_for(&request(Privacy::Public, " "), &may));
    }
}
