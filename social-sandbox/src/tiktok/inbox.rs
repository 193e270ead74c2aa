//! What the user and moderation do with a publish, found by its id.

use crate::clock::Millis;
use crate::shared::Settings;
use crate::tiktok::begin::{later, moderation};
use crate::tiktok::publish::{Draft, Publish};
use crate::tiktok::standing::{AccountSettings, Ruling};
use crate::world::World;

pub(crate) use crate::tiktok::publish::InboxError;

/// The user posts from a share: with the caption it came with, and to the widest audience, unless
/// said otherwise. Returns the id of the post.
pub(crate) fn post(
    world: &mut World,
    settings: &Settings,
    publish_id: &str,
    title: Option<&str>,
    privacy_level: Option<&str>,
    now: Millis,
) -> Result<i64, InboxError> {
    let post_id = world.random.snowflake(now / 1000);
    let publish = world.publish(publish_id).ok_or(InboxError::NotThere)?;
    let standing = world.standing_of(&publish.account);
    let standing = standing.ok_or(InboxError::NotThere)?;
    let options = standing.privacy_options();
    let privacy_level = privacy_level.unwrap_or(options[0]);
    if !options.contains(&privacy_level) {
        return Err(InboxError::Privacy);
    }
    let draft = Draft {
        title: title.unwrap_or(&publish.title).to_owned(),
        privacy_level: privacy_level.to_owned(),
        posted_at: now,
        public_at: later(now, moderation(settings, &standing, &publish.ruling)),
        post_id,
        withheld: publish.ruling.withhold_id.unwrap_or(standing.withhold_id),
        withdrawn_at: None,
    };
    let publish = world.publish_mut(publish_id).ok_or(InboxError::NotThere)?;
    publish.post_draft(draft)?;
    Ok(post_id)
}

/// The user throws a share away.
pub(crate) fn discard(world: &mut World, publish_id: &str, now: Millis) -> Result<(), InboxError> {
    let publish = world.publish_mut(publish_id).ok_or(InboxError::NotThere)?;
    publish.discard(now)
}

/// Moderation rules on a publish that is still processing.
pub(crate) fn rule(
    world: &mut World,
    settings: &Settings,
    publish_id: &str,
    ruling: Ruling,
    now: Millis,
) -> Result<(), &'static str> {
    let publish = world
        .publish(publish_id)
        .ok_or("there is no such publish")?;
    let standing = world.standing_of(&publish.account);
    let standing = standing.ok_or("there is no such account")?;
    if !publish.is_processing(now) {
        return Err("it is not processing any more: rule earlier, or let processing take longer");
    }
    if let Some(publish) = world.publish_mut(publish_id) {
        amend(publish, settings, &standing, &ruling);
        publish.ruling = ruling;
    }
    Ok(())
}

/// Brings what was decided in line with a ruling, except what the media themselves are.
fn amend(publish: &mut Publish, settings: &Settings, standing: &AccountSettings, ruling: &Ruling) {
    let Some(done) = &mut publish.done else {
        return;
    };
    done.public_at = later(done.posted_at, moderation(settings, standing, ruling));
    done.withheld = ruling.withhold_id.unwrap_or(standing.withhold_id);
    let of_moderation = [&publish.ruling.fail_reason, &standing.fail_reason];
    if done.failure.is_none() || of_moderation.contains(&&done.failure) {
        let reason = ruling.fail_reason.as_ref();
        done.failure = reason.or(standing.fail_reason.as_ref()).cloned();
    }
}

/// Takes a post out of the public's sight. `false` if no such post is public.
pub(crate) fn withdraw(world: &mut World, post_id: i64, now: Millis) -> bool {
    let mut publishes = world.publishes.values_mut();
    publishes.any(|publish| publish.withdraw(post_id, now))
}
