//! How often a video was seen, liked, commented on and shared.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::video::Video;
use crate::clock::Millis;
use crate::world::World;

/// A video has half of all its views after two days.
const HALF: i128 = 2 * 24 * 60 * 60 * 1000;

/// The counts of a video. They grow with its age by a rate that follows from its id, and so from the
/// seed; once set they stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct VideoMetrics {
    /// Views.
    pub view_count: i64,
    /// Likes.
    pub like_count: i64,
    /// Comments.
    pub comment_count: i64,
    /// Shares.
    pub share_count: i64,
}

/// The counts of a video now.
pub(super) fn of(world: &World, video: &Video, now: Millis) -> VideoMetrics {
    let set = world.metrics.get(&video.id).copied();
    set.unwrap_or_else(|| grown(video.id, now.saturating_sub(video.created_at)))
}

fn grown(id: i64, age: Millis) -> VideoMetrics {
    let digest = Sha256::digest(format!("metrics/{id}"));
    let draw = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    // One in eight goes beyond 2^31.
    let most: i64 = if digest[4].is_multiple_of(8) {
        2_500_000_000 + i64::from(draw)
    } else {
        1_000 + i64::from(draw % 2_000_000)
    };
    let age = i128::from(age.max(0));
    let views = i64::try_from(i128::from(most) * age / (age + HALF)).unwrap_or(most);
    let share = |part: u8, of: i64| views / of * (1 + i64::from(part % 10)) / 10;
    VideoMetrics {
        view_count: views,
        like_count: share(digest[5], 10),
        comment_count: share(digest[6], 400),
        share_count: share(digest[7], 250),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_grow_and_level_off() {
        for id in 1..200 {
            let mut before = VideoMetrics::default();
            for hours in [0, 1, 24, 48, 24 * 30, 24 * 365] {
                let now = grown(id, hours * 3_600_000);
                assert!(now.view_count >= before.view_count);
                assert!(now.like_count >= before.like_count);
                assert!(now.comment_count >= before.comment_count);
                assert!(now.share_count >= before.share_count);
                assert!(i32::try_from(now.like_count).is_ok(), "documented as int32");
                before = now;
            }
            assert!(before.view_count > 900);
            assert!(before.like_count <= before.view_count);
        }
        assert_eq!(grown(1, 0), VideoMetrics::default());
        assert!((1..50).any(|id| grown(id, 1 << 40).view_count > i64::from(i32::MAX)));
    }
}
