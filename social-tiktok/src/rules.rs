//! TikTok's rules in figures, for forms that say them beforehand. The checks of this crate read the same ones.

use std::time::Duration;

/// The most UTF-16 units of a video's caption.
/// <https://developers.tiktok.com/doc/content-posting-api-reference-direct-post>
pub const CAPTION_MAX: usize = 2_200;
/// The most UTF-16 units of the text beside photos, their description.
/// <https://developers.tiktok.com/doc/content-posting-api-reference-photo-post>
pub const DESCRIPTION_MAX: usize = 4_000;
/// The most UTF-16 units of the title of photos.
/// <https://developers.tiktok.com/doc/content-posting-api-reference-photo-post>
pub const TITLE_MAX: usize = 90;
/// The most photos of one post.
/// <https://developers.tiktok.com/doc/content-posting-api-reference-photo-post>
pub const PHOTOS_MAX: usize = 35;
/// The longest video from other services. A creator's own limit
/// ([`CreatorInfo::max_duration`](crate::CreatorInfo::max_duration)) may be lower.
/// <https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide>
pub const VIDEO_DURATION_MAX: Duration = Duration::from_secs(600);
/// The largest video in bytes under either reading of TikTok's "4 GB".
/// <https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide>
pub const VIDEO_BYTES_SAFE: u64 = 4_000_000_000;
/// The largest video in bytes under the wider reading: 4 GiB. Larger ones are refused, those above
/// [`VIDEO_BYTES_SAFE`] warned of.
pub const VIDEO_BYTES_MAX: u64 = 4 << 30;
/// The most direct posts of one creator in any 24 hours, by all apps together, unless
/// [`PublishSettings::posts_per_day`](crate::PublishSettings::posts_per_day) says another number; it varies.
/// <https://developers.tiktok.com/doc/content-sharing-guidelines>
pub const POSTS_PER_DAY: u32 = 15;
/// The most posts that may wait in a person's inbox, begun in any 24 hours.
/// <https://developers.tiktok.com/doc/content-posting-api-reference-upload-video>
pub const PENDING_PER_DAY: u32 = 5;
