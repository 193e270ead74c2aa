//! Posts that are kept held since the data were restored or failed over, and an operator's word on them.

use std::collections::HashMap;

use anyhow::bail;
use chrono::SecondsFormat;
use social_core::{ErrorKind, Post, Social, model::PostId};

use crate::{Found, say, settings::Settings};

/// So many are read at once.
const PAGE: u32 = 1_000;

/// All that wait, a page at a time.
struct Pages<'a> {
    social: &'a Social,
    last: Option<PostId>,
}

impl<'a> Pages<'a> {
    fn of(social: &'a Social) -> Self {
        Self { social, last: None }
    }

    /// The next ones, oldest first; none when there are no more.
    async fn next(&mut self) -> anyhow::Result<Vec<Post>> {
        let page = self.social.held_posts(self.last, PAGE).await?;
        self.last = page.last().map(|post| post.id).or(self.last);
        Ok(page)
    }
}

/// How many wait.
pub(crate) async fn waiting(social: &Social) -> anyhow::Result<usize> {
    let (mut pages, mut all) = (Pages::of(social), 0);
    loop {
        match pages.next().await?.len() {
            0 => return Ok(all),
            more => all += more,
        }
    }
}

/// Shows them, oldest first.
pub(crate) async fn list(settings: &Settings) -> anyhow::Result<Found> {
    let social = settings.social_at_rest().await?;
    let (mut pages, mut any) = (Pages::of(&social), false);
    loop {
        let page = pages.next().await?;
        if page.is_empty() {
            break;
        }
        any = true;
        page.iter().for_each(|post| say(&shown(post)));
    }
    social.close().await?;
    if !any {
        say("no post is held");
        return Ok(Found::Well);
    }
    say(
        "their keys may have been used in what was lost, or they were moved there to an earlier time, so they may be out: look at \
         the accounts' profiles, then run `worker release POST...` for those that are not (`--all` for every one), and \
         `worker cancel POST...` for those that are",
    );
    Ok(Found::Trouble)
}

fn shown(post: &Post) -> String {
    let came = post.created_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!(
        "{} of {}, {} {}, key {:?}, came {came}: {}",
        post.id,
        post.account.owner,
        post.account.platform,
        post.account.account,
        post.idempotency_key,
        post.caption
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
    let (mut pages, mut released) = (Pages::of(&social), 0_u64);
    loop {
        let page = pages.next().await?;
        if page.is_empty() {
            break;
        }
        for post in page {
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
async fn chosen(social: &Social, posts: &[String]) -> anyhow::Result<Vec<Post>> {
    let mut pages = Pages::of(social);
    let mut found = HashMap::new();
    loop {
        let page = pages.next().await?;
        if page.is_empty() {
            break;
        }
        let named = page.into_iter().map(|post| (post.id.to_string(), post));
        found.extend(named.filter(|(id, _)| posts.contains(id)));
    }
    let mut chosen = Vec::with_capacity(posts.len());
    for id in posts {
        match found.get(id) {
            Some(post) => chosen.push(post.clone()),
            None => bail!("no post {id} is held; look with `worker held`. Nothing was changed"),
        }
    }
    Ok(chosen)
}
