//! Whether this app may post this for this account, now.

use std::collections::BTreeSet;

use http::StatusCode;

use crate::clock::Millis;
use crate::shared::Settings;
use crate::tiktok::app::App;
use crate::tiktok::envelope::Refusal;
use crate::tiktok::properties::covers;
use crate::tiktok::publish::{Kind, Medium, Mode, Publish, PublishStatus};
use crate::tiktok::request::Request;
use crate::tiktok::standing::AccountSettings;
use crate::world::{Caller, World};

const DAY: Millis = 24 * 60 * 60 * 1000;

/// How many users may post through an unaudited app in a day.
const UNAUDITED_CREATORS: u32 = 5;

/// Refuses what the platform refuses.
pub(crate) fn permit(
    world: &World,
    settings: &Settings,
    caller: &Caller,
    request: &Request,
    now: Millis,
) -> Result<(), Refusal> {
    let standing = world.standing(caller.account);
    let Kind { media, mode, .. } = request.kind;
    let blocked = match mode {
        Mode::Direct => blocked(world, settings, caller, now),
        Mode::Inbox => {
            let cap = media == Medium::Photos && creators_cap(world, settings, caller, now);
            banned(&standing)
                .or_else(|| pending(world, settings, caller, now))
                .or(cap.then_some("reached_active_user_cap"))
        }
    };
    if let Some(code) = blocked {
        return Err(Refusal::forbidden(code));
    }
    match mode {
        Mode::Direct => audience(world, caller, &standing, &request.privacy_level)?,
        Mode::Inbox if media == Medium::Photos && standing.old_app => {
            let code = "app_version_check_failed";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, code, ""));
        }
        Mode::Inbox => {}
    }
    owned(world, caller, request)
}

/// Why this creator cannot post through this app now, as `creator_info` says too.
pub(crate) fn blocked(
    world: &World,
    settings: &Settings,
    caller: &Caller,
    now: Millis,
) -> Option<&'static str> {
    let standing = world.standing(caller.account);
    let counted = settings.rate_limits
        && posts_today(world, caller.account.username, now) >= settings.posts_per_day;
    if let Some(code) = banned(&standing) {
        Some(code)
    } else if standing.too_many_posts || counted {
        Some("spam_risk_too_many_posts")
    } else {
        creators_cap(world, settings, caller, now).then_some("reached_active_user_cap")
    }
}

fn banned(standing: &AccountSettings) -> Option<&'static str> {
    standing
        .banned
        .then_some("spam_risk_user_banned_from_posting")
}

fn of_today(world: &World, now: Millis) -> impl Iterator<Item = &Publish> {
    let today = move |publish: &&Publish| now.saturating_sub(publish.init_at) < DAY;
    world.publishes.values().filter(today)
}

/// The direct posts of a creator in a day, through all apps, made or under way.
fn posts_today(world: &World, account: &str, now: Millis) -> u64 {
    let counts = |publish: &&Publish| {
        publish.account == account
            && publish.kind.mode == Mode::Direct
            && publish.status(now) != PublishStatus::Failed
    };
    of_today(world, now).filter(counts).count() as u64
}

/// The shares of a creator that wait in the inbox, through all apps.
fn pending(
    world: &World,
    settings: &Settings,
    caller: &Caller,
    now: Millis,
) -> Option<&'static str> {
    if !settings.rate_limits {
        return None;
    }
    let account = caller.account.username;
    let waits = |publish: &&Publish| publish.account == account && publish.is_pending_share(now);
    let count = of_today(world, now).filter(waits).count() as u64;
    (count >= settings.pending_shares).then_some("spam_risk_too_many_pending_share")
}

/// Whether the app has reached the users it may post for in a day, and this is a further one.
fn creators_cap(world: &World, settings: &Settings, caller: &Caller, now: Millis) -> bool {
    let of_app = |app: &App| match app.daily_creators {
        cap if app.audited => cap,
        cap => Some(UNAUDITED_CREATORS.min(cap.unwrap_or(UNAUDITED_CREATORS))),
    };
    let cap = world.apps.get(&caller.client_key).and_then(of_app);
    let Some(cap) = cap.filter(|_| settings.rate_limits) else {
        return false;
    };
    let ours = |publish: &&Publish| {
        let posts = publish.kind.mode == Mode::Direct || publish.kind.media == Medium::Photos;
        posts && publish.client_key == caller.client_key
    };
    let active: BTreeSet<&str> = of_today(world, now)
        .filter(ours)
        .map(|publish| publish.account.as_str())
        .collect();
    !active.contains(caller.account.username) && active.len() >= cap as usize
}

fn audience(
    world: &World,
    caller: &Caller,
    standing: &AccountSettings,
    privacy_level: &str,
) -> Result<(), Refusal> {
    let app = world.apps.get(&caller.client_key);
    let audited = app.is_some_and(|app| app.audited);
    if !audited && (!standing.private || privacy_level != "SELF_ONLY") {
        let code = "unaudited_client_can_only_post_to_private_accounts";
        return Err(Refusal::forbidden(code));
    }
    if !standing.privacy_options().contains(&privacy_level) {
        return Err(Refusal::forbidden("privacy_level_option_mismatch"));
    }
    Ok(())
}

fn owned(world: &World, caller: &Caller, request: &Request) -> Result<(), Refusal> {
    let app = world.apps.get(&caller.client_key);
    let given = |app: &App, url| covers(&app.domains, &app.url_prefixes, url);
    let registered = world.properties.get(&caller.client_key);
    let all = request.urls().iter().all(|url| {
        app.is_some_and(|app| given(app, url)) || registered.is_some_and(|own| own.cover(url))
    });
    if all {
        Ok(())
    } else {
        Err(Refusal::forbidden("url_ownership_unverified"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tiktok::account;

    fn begun_by(account: &str) -> Publish {
        let publish = serde_json::json!({
            "publish_id": account, "upload_token": "", "client_key": "small", "account": account,
            "title": "", "privacy_level": "SELF_ONLY", "post_info": {}, "video_size": 3,
            "chunk_size": 3, "total_chunk_count": 1, "received": 0, "hash": null, "init_at": 5,
            "done": null, "removed": false,
        });
        serde_json::from_value(publish).unwrap()
    }

    /// Whether a sixth, or an older, user may post.
    fn capped(app: App, others: &[&str], now: Millis) -> bool {
        let mut world = World::default();
        world.register(app, 5);
        for name in others {
            world.publishes.insert((*name).to_owned(), begun_by(name));
        }
        let caller = Caller {
            client_key: "small".to_owned(),
            account: account::find("studio-private").unwrap(),
            scopes: Vec::new(),
        };
        creators_cap(&world, &Settings::default(), &caller, now)
    }

    #[test]
    fn an_unaudited_app_posts_for_five_users_a_day() {
        let app = || App::new("small", "secret").audited(false);
        let four = ["a", "b", "c", "d"];
        let five = ["a", "b", "c", "d", "e"];
        assert!(!capped(app(), &four, 5));
        assert!(capped(app(), &five, 5));
        assert!(!capped(app(), &["a", "b", "c", "d", "studio-private"], 5));
        assert!(!capped(app(), &five, 5 + DAY));
        assert!(!capped(app().audited(true), &five, 5));
        assert!(capped(app().daily_creators(4), &four, 5));
        assert!(capped(app().daily_creators(9), &five, 5));
    }
}
