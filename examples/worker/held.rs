//! Posts that are kept held since the data were restored or failed over, and an operator's word on them.

use anyhow::bail;
use chrono::SecondsFormat;
use social_core::{ErrorKind, Social, store::PostRecord};

use crate::{Found, say, settings::Settings};

/// Listed at most.
const MANY: u32 = 1_000;

/// How many wait.
pub(crate) async fn waiting(social: &Social) -> anyhow::Result<usize> {
    Ok(social.held_posts(MANY).await?.len())
}

/// Shows them, oldest first.
pub(crate) async fn list(settings: &Settings) -> anyhow::Result<Found> {
    let social = settings.social_at_rest().await?;
    let held = social.held_posts(MANY).await?;
    social.close().await?;
    if held.is_empty() {
        say("no post is held");
        return Ok(Found::Well);
    }
    for post in &held {
        say(&shown(post));
    }
    say(
        "their keys may have been used in what was lost, or they were moved there to an earlier time, so they may be out: look at \
         the accounts' profiles, then run `worker release POST...` for those that are not (`--all` for every one), and \
         `worker cancel POST...` for those that are",
    );
    Ok(Found::Trouble)
}

fn shown(post: &PostRecord) -> String {
    let came = post.created_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!(
        "{} of {}, {} {}, key {:?}, came {came}: {}",
        post.id,
        post.account.owner,
        post.account.platform,
        post.account.account,
        post.idempotency_key,
        post.title
    )
}

/// Lets them go.
pub(crate) async fn release(settings: &Settings, posts: &[String]) -> anyhow::Result<Found> {
    let social = settings.social_at_rest().await?;
    for post in chosen(&social, posts).await? {
        social.release_post(post.id).await?;
        say(&format!("{} released", post.id));
    }
    social.close().await?;
    Ok(Found::Well)
}

/// Lets all of them go, however many.
pub(crate) async fn release_all(settings: &Settings) -> anyhow::Result<Found> {
    let social = settings.social_at_rest().await?;
    let mut released = 0_u64;
    loop {
        let held = social.held_posts(MANY).await?;
        if held.is_empty() {
            break;
        }
        for post in held {
            match social.release_post(post.id).await {
                Ok(_) => released += 1,
                // Somebody else was faster.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    social.close().await?;
    say(&format!("{released} released"));
    Ok(Found::Well)
}

/// Cancels them.
pub(crate) async fn cancel(settings: &Settings, posts: &[String]) -> anyhow::Result<Found> {
    let social = settings.social_at_rest().await?;
    for post in chosen(&social, posts).await? {
        social.cancel(&post.account.owner, post.id).await?;
        say(&format!("{} cancelled", post.id));
    }
    social.close().await?;
    Ok(Found::Well)
}

/// All of them, or none: an id that is mistyped is no reason to do half.
async fn chosen(social: &Social, posts: &[String]) -> anyhow::Result<Vec<PostRecord>> {
    let held = social.held_posts(MANY).await?;
    let find = |id: &String| held.iter().find(|post| post.id.to_string() == *id);
    let mut chosen = Vec::with_capacity(posts.len());
    for id in posts {
        match find(id) {
            Some(post) => chosen.push(post.clone()),
            None => bail!("no post {id} is held; look with `worker held`. Nothing was changed"),
        }
    }
    Ok(chosen)
}
