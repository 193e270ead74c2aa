//! The public videos of an account: its library and what was posted here.

use super::library;
use crate::clock::Millis;
use crate::tiktok::account::Account;
use crate::tiktok::publish::{Medium, Publish};
use crate::world::World;

/// What is posted here is not decoded: its length is this many seconds.
const DURATION: i32 = 15;

/// One video, or a post of photos.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Video {
    pub(crate) id: i64,
    pub(crate) created_at: Millis,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) duration: i32,
    pub(crate) photos: bool,
}

/// What everyone can see, newest first; of a private account nothing. No two have the same time, so that a cursor falls between
/// them.
pub(crate) fn public(world: &World, account: &Account, now: Millis) -> Vec<Video> {
    if world.standing(account).private {
        return Vec::new();
    }
    let posted = world
        .publishes
        .values()
        .filter(|publish| publish.account == account.username)
        .flat_map(|publish| of_publish(publish, now));
    let mut videos: Vec<Video> = library::of(account)
        .filter(|video| video.created_at <= now)
        .chain(posted)
        .collect();
    videos.sort_by_key(|video| std::cmp::Reverse((video.created_at, video.id)));
    let mut before = Millis::MAX;
    for video in &mut videos {
        video.created_at = video.created_at.min(before - 1);
        before = video.created_at;
    }
    videos
}

/// The public video with this id, of whomever.
pub(crate) fn find(world: &World, id: i64, now: Millis) -> Option<Video> {
    let accounts = crate::tiktok::account::ACCOUNTS.iter();
    let mut videos = accounts.flat_map(|account| public(world, account, now));
    videos.find(|video| video.id == id)
}

fn of_publish(publish: &Publish, now: Millis) -> impl Iterator<Item = Video> {
    let photos = publish.kind.media == Medium::Photos;
    let public = publish
        .posts()
        .into_iter()
        .filter(move |post| post.is_public(now));
    public.map(move |post| Video {
        id: post.post_id,
        created_at: post.posted_at,
        title: post.title.to_owned(),
        description: if photos {
            publish.description.clone()
        } else {
            post.title.to_owned()
        },
        duration: if photos { 0 } else { DURATION },
        photos,
    })
}
