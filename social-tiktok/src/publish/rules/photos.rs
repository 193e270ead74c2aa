//! What holds for photos. <https://developers.tiktok.com/doc/content-posting-api-reference-photo-post>

use social_core::publish::{Preflight, Violation};

use super::{PostOptions, words};
use crate::rules::{PHOTOS_MAX, TITLE_MAX};

pub(super) fn rules(photos: usize, options: Option<&PostOptions>, found: &mut Preflight) {
    if (1..=PHOTOS_MAX).contains(&photos) {
        found
            .passed
            .push(format!("photos: {photos} of {PHOTOS_MAX}"));
    } else {
        let message = format!("The post has {photos} photos, TikTok takes 1 to {PHOTOS_MAX}.");
        let violation = Violation::new("photos.count", "media", message).advice("Choose others.");
        found.violations.push(violation.limit(PHOTOS_MAX));
    }
    let Some(options) = options else {
        return;
    };
    words(
        "title",
        options.title.as_deref().unwrap_or_default(),
        TITLE_MAX,
        found,
    );
    if options.cover_index >= photos.max(1) {
        let message = format!(
            "The cover is photo {}, but there are only {photos}.",
            options.cover_index + 1
        );
        let violation =
            Violation::new("cover.index", "cover_index", message).advice("Choose one of them.");
        found
            .violations
            .push(violation.limit(photos.saturating_sub(1)));
    }
    for (on, field, what) in [
        (options.allow_duet, "allow_duet", "Duet"),
        (options.allow_stitch, "allow_stitch", "Stitch"),
        (
            options.is_aigc,
            "is_aigc",
            "the label of AI-generated content",
        ),
        (
            options.cover_timestamp_ms.is_some(),
            "cover_timestamp_ms",
            "a cover by time",
        ),
    ] {
        if on {
            let message = format!("Photos know no {what}; it is left out.");
            let rule = format!("photos.{field}");
            found
                .violations
                .push(Violation::new(rule, field, message).soft());
        }
    }
}
