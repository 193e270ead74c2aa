//! What TikTok says about the creator, and what the form makes of it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use social_core::Result;
use social_core::model::{Account, AccountStatus};
use social_core::store::{PostFilter, PostState};
use social_tiktok::CreatorInfo;

use super::picture;
use crate::app::App;
use crate::form::{FileFacts, FormFacts};
use crate::present::account::{UPLOAD, is_limited, key, who, why_lost};
use crate::present::request::is_inbox;
use crate::tiktok::is_capped;
use crate::view::problem::{Problem, Words};
use crate::view::publish::{Limit, Poster};

/// The longest video TikTok takes from other services, in seconds.
const LONGEST: u64 = 600;
/// The largest file that TikTok takes however it counts, in bytes.
const LARGEST: u64 = 4_000_000_000;
/// About how many posts a creator may make in a day.
const DAILY: u64 = 15;
/// How many uploads may wait in the inbox, begun in a day.
const PENDING: u64 = 5;

/// Whether there can be a form.
pub(super) enum Asked {
    May(CreatorInfo),
    Blocked(Words),
}

/// The account to begin with: one that may post, if there is any.
pub(super) fn first_that_may(accounts: &[Account]) -> &Account {
    let may =
        |account: &&Account| account.status == AccountStatus::Connected && !is_limited(account);
    accounts.iter().find(may).unwrap_or(&accounts[0])
}

/// Asks TikTok, unless the account cannot post anyway.
///
/// # Errors
/// When TikTok cannot be asked.
pub(super) async fn ask(app: &App, account: &Account) -> Result<Asked> {
    let name = who(account).name;
    match &account.status {
        AccountStatus::NeedsReauth(reason) => {
            let why = why_lost(*reason).to_owned();
            return Ok(Asked::Blocked(
                Problem::AccessLost { account: name, why }.words(),
            ));
        }
        _ if is_limited(account) => {
            return Ok(Asked::Blocked(
                Problem::NotAllowed { what: "Posting" }.words(),
            ));
        }
        _ => {}
    }
    match app.tiktok.creator(&app.social, account).await {
        Ok(info) => Ok(Asked::May(info)),
        Err(error) if is_capped(&error) => {
            let words = match error.code() {
                Some("reached_active_user_cap") => Problem::UserCap.words(),
                _ => Words {
                    title: format!("TikTok does not take posts from {name} now"),
                    line: error.user_message().to_owned(),
                    button: None,
                },
            };
            Ok(Asked::Blocked(words))
        }
        Err(error) => Err(error),
    }
}

/// What the fields are held against.
pub(super) fn facts(
    account: &Account,
    info: &CreatorInfo,
    file: Option<FileFacts>,
    now: DateTime<Utc>,
) -> FormFacts {
    FormFacts {
        now,
        may_inbox: account.scopes.contains(UPLOAD),
        audiences: info
            .privacy_options
            .iter()
            .map(|level| level.as_str().to_owned())
            .collect(),
        comment_off: info.comment_disabled,
        duet_off: info.duet_disabled,
        stitch_off: info.stitch_disabled,
        max_seconds: info
            .max_duration
            .map_or(LONGEST, |longest| longest.as_secs().min(LONGEST)),
        max_bytes: LARGEST,
        file,
    }
}

/// Who will post, by the names TikTok tells now.
pub(super) fn poster(
    account: &Account,
    info: Option<&CreatorInfo>,
    form: &str,
    others: bool,
) -> Poster {
    let mut who = who(account);
    let nickname = info
        .and_then(|info| info.nickname.clone())
        .unwrap_or_else(|| who.name.clone());
    if let Some(username) = info.and_then(|info| info.username.clone()) {
        who.name = username;
    }
    Poster {
        who,
        key: key(&account.key),
        nickname,
        avatar: info.and_then(|info| picture::address(info, form)),
        can_change: others,
    }
}

/// What of TikTok's limits is used. It tells no exact figures, so posts of the last day are counted here.
pub(super) async fn limits(app: &App, account: &Account) -> Vec<Limit> {
    let since = app.social.clock().now() - TimeDelta::hours(24);
    let mut filter = PostFilter::default();
    filter.account = Some(account.key.clone());
    filter.states = vec![
        PostState::Working,
        PostState::Published,
        PostState::AwaitingUser,
        PostState::Undecided,
    ];
    filter.limit = 100;
    let Ok(posts) = app.social.posts(&account.key.owner, &filter).await else {
        return Vec::new();
    };
    let (mut direct, mut pending) = (0, 0);
    for post in posts.iter().filter(|post| post.created_at > since) {
        // A post that cannot be read counts as one on the profile: of these there may be more.
        let request = app.social.open_request(post).await;
        match request.is_ok_and(|request| is_inbox(&request)) {
            true => pending += u64::from(post.state != PostState::Published),
            false => direct += 1,
        }
    }
    vec![
        Limit {
            name: "Pending uploads",
            used: pending,
            max: PENDING,
            about: false,
        },
        Limit {
            name: "Posts in the last 24 h",
            used: direct,
            max: DAILY,
            about: true,
        },
    ]
}

/// What TikTok said when a form was shown, so that checks while typing need not ask again.
#[derive(Debug, Default)]
pub(crate) struct Forms(Mutex<HashMap<String, Known>>);

#[derive(Debug)]
struct Known {
    at: DateTime<Utc>,
    info: CreatorInfo,
}

impl Forms {
    /// How long a form's view counts.
    const LIFE: TimeDelta = TimeDelta::hours(1);
    /// How many forms are remembered.
    const MOST: usize = 1_000;

    fn known(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keep(&self, user: &str, key: &str, info: &CreatorInfo, now: DateTime<Utc>) {
        let mut known = self.known();
        if known.len() >= Self::MOST {
            known.retain(|_, form| now - form.at < Self::LIFE);
        }
        if known.len() < Self::MOST {
            let info = info.clone();
            known.insert(format!("{user}\n{key}"), Known { at: now, info });
        }
    }

    pub(crate) fn find(&self, user: &str, key: &str, now: DateTime<Utc>) -> Option<CreatorInfo> {
        let known = self.known();
        let form = known.get(&format!("{user}\n{key}"))?;
        (now - form.at < Self::LIFE).then(|| form.info.clone())
    }
}
