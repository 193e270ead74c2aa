//! Downloads: what is found at the addresses, how long it takes, and what is wrong with it.
//!
//! <https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide>

use std::sync::Arc;

use url::Url;

use crate::clock::Millis;
use crate::media::{Found, Inspected, Limits, Picture, check, inspect};
use crate::shared::Shared;
use crate::tiktok::publish::{Medium, Pull};

/// The platform gives up an hour after it began.
const LONGEST: Millis = 60 * 60 * 1000;

/// 4 GB, the larger reading.
const VIDEO_MAX: u64 = 4 << 30;

/// The shorter side of a photo, in pixels.
const PHOTO_SIDE_MAX: u32 = 1080;

/// A download that has been looked into.
#[derive(Clone, Debug)]
pub(crate) struct Downloaded {
    /// All bytes of what was found.
    pub(crate) size: u64,
    pub(crate) pull: Pull,
    pub(crate) failure: Option<&'static str>,
}

/// Looks at what lies at `urls`. The times count from `now`.
pub(crate) async fn download(
    shared: &Arc<Shared>,
    medium: Medium,
    urls: Vec<Url>,
    limits: Limits,
    now: Millis,
) -> Downloaded {
    let hash = shared.settings().hash;
    let library = Arc::clone(shared);
    let wanted = urls.len();
    let look = move || -> Vec<Option<(u64, Inspected)>> {
        let one = |url: &Url| {
            let Found {
                medium,
                bytes_per_second,
            } = library.media.find(url)?;
            Some((bytes_per_second, inspect(&medium, hash).ok()?))
        };
        urls.iter().map(one).collect()
    };
    let found = tokio::task::spawn_blocking(look).await;
    settle(medium, wanted, found.unwrap_or_default(), limits, now)
}

fn settle(
    medium: Medium,
    wanted: usize,
    found: Vec<Option<(u64, Inspected)>>,
    limits: Limits,
    now: Millis,
) -> Downloaded {
    let complete = found.len() == wanted && found.iter().all(Option::is_some);
    let found: Vec<(u64, Inspected)> = found.into_iter().flatten().collect();
    let size = found.iter().map(|(_, one)| one.size).sum();
    // The slowest host sets the pace.
    let bytes_per_second = found.iter().map(|(speed, _)| *speed).min().unwrap_or(1);
    let millis = (u128::from(size) * 1000).div_ceil(u128::from(bytes_per_second.max(1)));
    let millis = Millis::try_from(millis).unwrap_or(Millis::MAX);
    let failure = if !complete || millis > LONGEST {
        Some(unreachable(medium))
    } else {
        judge(medium, &found, limits)
    };
    Downloaded {
        size,
        failure,
        pull: Pull {
            hashes: found
                .into_iter()
                .filter_map(|(_, one)| one.sha256)
                .collect(),
            bytes_per_second,
            ends_at: now.saturating_add(if complete { millis.min(LONGEST) } else { 0 }),
        },
    }
}

fn unreachable(medium: Medium) -> &'static str {
    match medium {
        Medium::Photos => "photo_pull_failed",
        Medium::Video => "video_pull_failed",
    }
}

fn judge(medium: Medium, found: &[(u64, Inspected)], limits: Limits) -> Option<&'static str> {
    match medium {
        Medium::Video => found.iter().find_map(|(_, video)| {
            let too_large = video.size > VIDEO_MAX;
            let reason = too_large.then_some("file_format_check_failed");
            reason.or_else(|| check(&video.scanner, &limits))
        }),
        Medium::Photos => photos(found),
    }
}

/// One bad photo fails all, and which one is not said.
fn photos(found: &[(u64, Inspected)]) -> Option<&'static str> {
    let unknown = |photo: &Inspected| photo.picture.is_none() && !photo.exceeds_a_picture();
    let too_large = |photo: &Inspected| {
        let side = |Picture { width, height }: Picture| width.min(height) > PHOTO_SIDE_MAX;
        photo.exceeds_a_picture() || photo.picture.is_some_and(side)
    };
    if found.iter().any(|(_, photo)| unknown(photo)) {
        Some("file_format_check_failed")
    } else {
        let bad = found.iter().any(|(_, photo)| too_large(photo));
        bad.then_some("picture_size_check_failed")
    }
}
