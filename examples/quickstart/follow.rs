//! From the request to its outcome, also when the account is lost on the way.

use std::time::Duration;

use anyhow::bail;
use social_core::{
    Post, PublishRequest, Reason, Remedy, Social, Submission,
    model::{Account, AccountKey},
    publish::Preflight,
    store::PostFilter,
};

use crate::{
    ME,
    connect::{self, connect},
    words::{self, say},
};

/// How long the check may take.
const WITHIN: Duration = Duration::from_secs(30);
/// How often the account is looked at meanwhile.
const LOOK: Duration = Duration::from_secs(1);

/// The post that this name stands for already, whichever account it is of.
pub(crate) async fn begun(social: &Social, key: &str) -> anyhow::Result<Option<Post>> {
    let mut filter = PostFilter::default();
    loop {
        let posts = social.posts(&ME, &filter).await?;
        let Some(last) = posts.last() else {
            return Ok(None);
        };
        filter.before = Some(last.id);
        let found = posts.into_iter().find(|post| post.idempotency_key == key);
        if found.is_some() {
            return Ok(found);
        }
    }
}

/// A connected account for which TikTok would take the request. What it would refuse is told now, and the name of the
/// post is not spent on it.
pub(crate) async fn checked(social: &Social, request: &PublishRequest) -> anyhow::Result<Account> {
    let mut account = connect::any(social).await?;
    loop {
        match social.preflight(&account, request, WITHIN).await {
            Ok(found) => match missing_right(&found) {
                None => {
                    clear(&found)?;
                    return Ok(account);
                }
                Some(words) => {
                    say(&words);
                    account = connect(social).await?;
                }
            },
            Err(error) if *error.remedy() == Remedy::Reauthorize => {
                say(&words::over(&error));
                account = connect(social).await?;
            }
            // It may be the end of the grant, which hours may tell, and a person is here now.
            Err(error) if error.reason() == Some(Reason::GrantSuspected) => {
                say("TikTok does not accept this account's access. Connect the account again.");
                account = connect(social).await?;
            }
            Err(error) => return Err(words::as_told(error)),
        }
    }
}

/// What to tell when the account did not allow at sign-in what is needed.
fn missing_right(found: &Preflight) -> Option<String> {
    let mut all = found.violations.iter();
    let missing = all.find(|violation| violation.rule == "account.scope")?;
    Some(missing.line())
}

fn clear(found: &Preflight) -> anyhow::Result<()> {
    for violation in found.violations.iter().filter(|violation| violation.soft) {
        say(&format!("Note: {}", violation.line()));
    }
    let hard: Vec<_> = found
        .violations
        .iter()
        .filter(|violation| !violation.soft)
        .map(social_core::publish::Violation::line)
        .collect();
    if !hard.is_empty() {
        bail!(
            "TikTok would refuse this, so nothing was sent. {}",
            hard.join(" ")
        );
    }
    Ok(())
}

/// Waits for the outcome and tells each change. An account that must be connected again on the way is, so that the post
/// goes on.
pub(crate) async fn settled(
    social: &Social,
    account: &AccountKey,
    post: Submission,
) -> anyhow::Result<Post> {
    let mut last = String::new();
    let settled = social.wait(&post.owner, post.id, |status| {
        if let Some(line) = words::line(status).filter(|line| *line != last) {
            say(&line);
            last = line;
        }
    });
    tokio::select! {
        status = settled => Ok(status?),
        ended = keep_connected(social, account) => Err(ended),
    }
}

async fn keep_connected(social: &Social, account: &AccountKey) -> anyhow::Error {
    loop {
        social.clock().sleep(LOOK).await;
        if let Err(error) = connect::again(social, account).await {
            return error;
        }
    }
}
