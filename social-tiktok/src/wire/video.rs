use chrono::{DateTime, Utc};
use serde::Deserialize;
use social_core::{model::More, platform::lenient};

/// A field of a video.
///
/// <https://developers.tiktok.com/doc/tiktok-api-v2-video-object>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VideoField {
    /// Its id.
    Id,
    /// When it was posted.
    CreateTime,
    /// A picture of it, good for six hours.
    CoverImageUrl,
    /// Its page.
    ShareUrl,
    /// The words beside it.
    VideoDescription,
    /// Its length.
    Duration,
    /// Its height.
    Height,
    /// Its width.
    Width,
    /// Its title.
    Title,
    /// HTML to show it elsewhere.
    EmbedHtml,
    /// An address to show it elsewhere.
    EmbedLink,
    /// Likes.
    LikeCount,
    /// Comments.
    CommentCount,
    /// Shares.
    ShareCount,
    /// Views.
    ViewCount,
}

impl VideoField {
    /// Every field.
    pub const ALL: [Self; 15] = [
        Self::Id,
        Self::CreateTime,
        Self::CoverImageUrl,
        Self::ShareUrl,
        Self::VideoDescription,
        Self::Duration,
        Self::Height,
        Self::Width,
        Self::Title,
        Self::EmbedHtml,
        Self::EmbedLink,
        Self::LikeCount,
        Self::CommentCount,
        Self::ShareCount,
        Self::ViewCount,
    ];

    /// TikTok's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::CreateTime => "create_time",
            Self::CoverImageUrl => "cover_image_url",
            Self::ShareUrl => "share_url",
            Self::VideoDescription => "video_description",
            Self::Duration => "duration",
            Self::Height => "height",
            Self::Width => "width",
            Self::Title => "title",
            Self::EmbedHtml => "embed_html",
            Self::EmbedLink => "embed_link",
            Self::LikeCount => "like_count",
            Self::CommentCount => "comment_count",
            Self::ShareCount => "share_count",
            Self::ViewCount => "view_count",
        }
    }
}

/// A video of the account. Only the fields that were asked for are there.
///
/// <https://developers.tiktok.com/doc/tiktok-api-v2-video-object>
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Video {
    /// Its id, as text: such ids exceed 2^53.
    #[serde(default, deserialize_with = "lenient::id")]
    pub id: Option<String>,
    /// When it was posted; sent in seconds.
    #[serde(default, deserialize_with = "lenient::seconds")]
    pub create_time: Option<DateTime<Utc>>,
    /// A picture of it. The address is good for six hours.
    #[serde(default, deserialize_with = "lenient::text")]
    pub cover_image_url: Option<String>,
    /// Its page.
    #[serde(default, deserialize_with = "lenient::text")]
    pub share_url: Option<String>,
    /// The words beside it, at most 150 characters.
    #[serde(default, deserialize_with = "lenient::text")]
    pub video_description: Option<String>,
    /// Its length in seconds.
    #[serde(default, deserialize_with = "lenient::int")]
    pub duration: Option<i64>,
    /// Its height in pixels.
    #[serde(default, deserialize_with = "lenient::int")]
    pub height: Option<i64>,
    /// Its width in pixels.
    #[serde(default, deserialize_with = "lenient::int")]
    pub width: Option<i64>,
    /// Its title, at most 150 characters.
    #[serde(default, deserialize_with = "lenient::text")]
    pub title: Option<String>,
    /// HTML to show it elsewhere.
    #[serde(default, deserialize_with = "lenient::text")]
    pub embed_html: Option<String>,
    /// An address to show it elsewhere.
    #[serde(default, deserialize_with = "lenient::text")]
    pub embed_link: Option<String>,
    /// Likes.
    #[serde(default, deserialize_with = "lenient::int")]
    pub like_count: Option<i64>,
    /// Comments.
    #[serde(default, deserialize_with = "lenient::int")]
    pub comment_count: Option<i64>,
    /// Shares.
    #[serde(default, deserialize_with = "lenient::int")]
    pub share_count: Option<i64>,
    /// Views.
    #[serde(default, deserialize_with = "lenient::int")]
    pub view_count: Option<i64>,
    /// What this version does not know.
    #[serde(flatten)]
    pub more: More,
}

/// A page of the public videos of an account, newest first.
///
/// <https://developers.tiktok.com/doc/tiktok-api-v2-video-list>
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct VideoPage {
    /// The videos.
    #[serde(default, deserialize_with = "lenient::list")]
    pub videos: Vec<Video>,
    /// Where the next page begins: a time in milliseconds since 1970.
    #[serde(default, deserialize_with = "lenient::int")]
    pub cursor: Option<i64>,
    /// Whether there are more.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub has_more: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_whatever_its_fields_look_like() {
        let text = r#"{"videos":[
            {"id":"7080213458555737986","create_time":1646883959,"duration":2,"view_count":3000000000,"fresh":{"a":1}},
            {"id":7080217258545735586,"create_time":"1646883900","like_count":"7","title":null},
            "no video"
        ],"cursor":1646883959000,"has_more":true}"#;
        let page: VideoPage = serde_json::from_str(text).unwrap();
        assert_eq!(page.videos.len(), 2);
        assert_eq!(page.videos[0].view_count, Some(3_000_000_000));
        assert_eq!(page.videos[0].more["fresh"]["a"], 1, "nothing is lost");
        assert_eq!(page.videos[1].id.as_deref(), Some("7080217258545735586"));
        assert_eq!(page.videos[1].like_count, Some(7));
        let posted = page.videos[0].create_time.unwrap();
        assert_eq!(posted.timestamp(), 1_646_883_959);
        assert_eq!(
            (page.cursor, page.has_more),
            (Some(1_646_883_959_000), true)
        );
        let least: VideoPage = serde_json::from_str("{}").unwrap();
        assert_eq!(least, VideoPage::default());
    }
}
