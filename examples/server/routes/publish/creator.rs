//! What TikTok says about the creator, and what the form makes of it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use social_core::model::{Account, AccountStatus};
use social_core::{Error, Reason, Result};
use social_tiktok::CreatorInfo;
use social_tiktok::rules::{VIDEO_BYTES_SAFE, VIDEO_DURATION_MAX};

use super::picture;
use crate::app::App;
use crate::form::{FileFacts, FormFacts};
use crate::present::account::{UPLOAD, is_limited, key, lost, not_allowed, who};
use crate::present::trouble::failed;
use crate::tiktok::is_capped;
use crate::view::format::Moment;
use crate::view::problem::{Button, Words};
use crate::view::publish::{Poster, PublishBody};

/// Whether there can be a form.
pub(super) enum Asked {
    May(View),
    Blocked(Words),
}

/// What TikTok said for a form.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) info: CreatorInfo,
    pub(super) asked_at: DateTime<Utc>,
    /// Why it takes nothing on the profile now, though the inbox is open.
    pub(super) direct_closed: Option<String>,
}

/// Whether TikTok takes no more posts of an account in these 24 hours. The inbox is counted by itself.
fn is_day_full(error: &Error) -> bool {
    is_capped(error) && error.reason() == Some(Reason::DailyLimit)
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
        AccountStatus::NeedsReauth(why) => {
            return Ok(Asked::Blocked(lost(*why, &name).words()));
        }
        _ if is_limited(account) => {
            return Ok(Asked::Blocked(not_allowed(&name).words()));
        }
        _ => {}
    }
    let answer = app.tiktok.creator(&app.social, account).await;
    let asked_at = app.social.clock().now();
    match answer {
        Ok(info) => Ok(Asked::May(View {
            info,
            asked_at,
            direct_closed: None,
        })),
        Err(error) if is_day_full(&error) && account.scopes.contains(UPLOAD) => {
            let why = "TikTok takes no more posts of this account on the profile now: it counts those of the last 24 hours. Send it to the TikTok inbox instead, or try again later.";
            Ok(Asked::May(View {
                info: CreatorInfo::default(),
                asked_at,
                direct_closed: Some(why.to_owned()),
            }))
        }
        Err(error) if is_capped(&error) => {
            let mut words = failed(&error, &name);
            // It is about the app, and nothing that is done to the account helps.
            if error.reason() != Some(Reason::AppLimit) {
                words.title = format!("TikTok does not take posts from {name} now");
            }
            Ok(Asked::Blocked(words))
        }
        Err(error) => Err(error),
    }
}

/// No form, with the button that the words name: each such problem is one of the account's access.
pub(super) fn blocked(words: Words) -> PublishBody {
    let button = words.button;
    let button = button.map(|label| Button::link(label, "/api/auth/tiktok"));
    PublishBody::Blocked(words, button)
}

/// No form for the profile, and the way that is open.
pub(super) fn day_full(account: &Account, line: String) -> PublishBody {
    let words = Words {
        title: format!("TikTok does not take posts from {} now", who(account).name),
        line,
        button: None,
    };
    let there = format!("/publish/tiktok?account={}&way=inbox", key(&account.key));
    let button = Button::link("Send to the TikTok inbox", there);
    PublishBody::Blocked(words, Some(button))
}

/// What the fields are held against.
pub(super) fn facts(
    account: &Account,
    view: &View,
    file: Option<FileFacts>,
    now: DateTime<Utc>,
) -> FormFacts {
    let info = &view.info;
    FormFacts {
        now,
        may_inbox: account.scopes.contains(UPLOAD),
        direct_closed: view.direct_closed.clone(),
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
            .map_or(VIDEO_DURATION_MAX, |own| own.min(VIDEO_DURATION_MAX))
            .as_secs(),
        max_bytes: VIDEO_BYTES_SAFE,
        file,
    }
}

/// Who will post, by the names TikTok told for this form, and when it did.
pub(super) fn poster(
    account: &Account,
    view: Option<&View>,
    form: &str,
    others: bool,
    now: DateTime<Utc>,
) -> Poster {
    let mut who = who(account);
    let info = view.map(|view| &view.info);
    let nickname = info
        .and_then(|info| info.nickname.clone())
        .unwrap_or_else(|| who.name.clone());
    if let Some(username) = info.and_then(|info| info.username.clone()) {
        who.name = username;
    }
    Poster {
        who,
        key: key(&account.key),
        asked: view.map(|view| Moment::ago(view.asked_at, now)),
        nickname,
        avatar: info.and_then(|info| picture::address(info, form)),
        can_change: others,
    }
}

/// What TikTok said when a form was shown, so that checks while typing need not ask again.
#[derive(Debug, Default)]
pub(crate) struct Forms(Mutex<HashMap<String, View>>);

impl Forms {
    /// How long a form's view counts.
    const LIFE: TimeDelta = TimeDelta::hours(1);
    /// How many forms are remembered.
    const MOST: usize = 1_000;

    fn known(&self) -> MutexGuard<'_, HashMap<String, View>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keep(&self, user: &str, key: &str, view: &View, now: DateTime<Utc>) {
        let mut known = self.known();
        if known.len() >= Self::MOST {
            known.retain(|_, view| now - view.asked_at < Self::LIFE);
        }
        if known.len() < Self::MOST {
            known.insert(format!("{user}\n{key}"), view.clone());
        }
    }

    /// What TikTok said of the creator when this form was shown.
    pub(crate) fn find(&self, user: &str, key: &str, now: DateTime<Utc>) -> Option<CreatorInfo> {
        self.view(user, key, now).map(|view| view.info)
    }

    pub(super) fn view(&self, user: &str, key: &str, now: DateTime<Utc>) -> Option<View> {
        let known = self.known();
        let view = known.get(&format!("{user}\n{key}"))?;
        (now - view.asked_at < Self::LIFE).then(|| view.clone())
    }
}

#[cfg(test)]
mod tests {
    use social_core::conformance::named;
    use social_core::model::AccountKey;
    use social_core::store::TokenRecord;

    use super::*;

    #[test]
    fn a_form_says_when_tiktok_was_asked_for_it() {
        let asked_at = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
        let platform = social_tiktok::PLATFORM;
        let key = AccountKey::new(named("me"), named("app"), platform, named("42"));
        let account = TokenRecord::new(key, "web", asked_at).to_account();
        let view = View {
            info: CreatorInfo::default(),
            asked_at,
            direct_closed: None,
        };
        let forms = Forms::default();
        forms.keep("me", "form", &view, asked_at);
        for (minutes, words) in [(0, "just now"), (59, "59 min ago")] {
            let now = asked_at + TimeDelta::minutes(minutes);
            let view = forms.view("me", "form", now).expect("known");
            let poster = poster(&account, Some(&view), "form", false, now);
            assert_eq!(poster.asked.expect("asked").words, words);
        }
        assert!(forms.view("me", "form", asked_at + Forms::LIFE).is_none());
        let unknown = poster(&account, None, "form", false, asked_at);
        assert!(unknown.asked.is_none());
    }
}
