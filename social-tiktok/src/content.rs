//! Profile and public videos, as far as the granted scopes let them be seen.

use async_trait::async_trait;
use social_core::{
    Error, ErrorKind, Reason, Result,
    content::{ContentContext, ContentSource, MediaItem, MediaPage, Metric, Profile},
    error::words::Field,
    model::{AccountId, More, Platform},
};
use url::Url;

use crate::{
    ByTikTok, PLATFORM,
    client::{Client, VIDEOS_MAX},
    limits::{Booked, Bucket},
    wire::{User, UserField, Video, VideoField},
};

/// Shows profiles and videos. Make it with [`TikTok::content`](crate::TikTok::content).
#[derive(Clone, Debug)]
pub struct Content {
    client: Client,
}

impl Content {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    async fn videos(&self, cx: &ContentContext<'_>, ids: &[&str]) -> Result<Vec<Video>> {
        let (access, fields) = (&cx.tokens.access, &VideoField::ALL);
        let call = self.client.video_query(access, fields, ids, cx.deadline);
        booked(cx, Bucket::VideoQuery, call).await
    }
}

#[async_trait]
impl ContentSource for Content {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    async fn profile(&self, cx: &ContentContext<'_>) -> Result<Profile> {
        let fields = UserField::granted(&cx.tokens.scopes);
        if fields.is_empty() {
            return Err(not_granted("user.info.basic"));
        }
        let access = &cx.tokens.access;
        let call = self.client.user_info(access, &fields, cx.deadline);
        let user = booked(cx, Bucket::UserInfo, call).await?;
        Ok(profile(user, &cx.account.key.account))
    }

    async fn media(&self, cx: &ContentContext<'_>, from: Option<&str>) -> Result<MediaPage> {
        check_scope(cx)?;
        let cursor = from.map(cursor).transpose()?;
        let (access, fields) = (&cx.tokens.access, &VideoField::ALL);
        let call = self
            .client
            .video_list(access, fields, VIDEOS_MAX, cursor, cx.deadline);
        let page = booked(cx, Bucket::VideoList, call).await?;
        // A cursor that does not move would go round for ever.
        let next = page
            .cursor
            .filter(|next| page.has_more && Some(*next) != cursor);
        let items = page.videos.into_iter().filter_map(item).collect();
        Ok(MediaPage::new(items, next.map(|next| next.to_string())))
    }

    async fn media_by_id(&self, cx: &ContentContext<'_>, ids: &[&str]) -> Result<Vec<MediaItem>> {
        check_scope(cx)?;
        let mut items = Vec::with_capacity(ids.len());
        for some in ids.chunks(VIDEOS_MAX) {
            items.extend(self.videos(cx, some).await?.into_iter().filter_map(item));
        }
        Ok(items)
    }
}

/// A call, booked with those of posts.
async fn booked<T>(
    cx: &ContentContext<'_>,
    bucket: Bucket,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    let limit = bucket.of(&cx.account.key);
    let spent = Booked::Minute.spent();
    cx.bookings().call(limit, &spent, call).await
}

fn check_scope(cx: &ContentContext<'_>) -> Result<()> {
    if cx.tokens.scopes.contains("video.list") {
        Ok(())
    } else {
        Err(not_granted("video.list"))
    }
}

fn not_granted(scope: &str) -> Error {
    let message = format!("the account did not grant the scope {scope}");
    Error::new(ErrorKind::Permission, message)
        .with_reason(Reason::ScopeMissing)
        .with_field(Field::Right, "Seeing this")
        .by_tiktok()
}

fn cursor(from: &str) -> Result<i64> {
    from.parse().map_err(|_| {
        let message = "a page of videos begins at a time in milliseconds";
        Error::invalid("from", "cursor", message).by_tiktok()
    })
}

fn profile(user: User, account: &AccountId) -> Profile {
    let id = |id: String| AccountId::new(id).ok();
    let open_id = user.open_id.and_then(id);
    let mut profile = Profile::new(open_id.unwrap_or_else(|| account.clone()));
    profile.counts = [
        (UserField::FollowerCount, user.follower_count),
        (UserField::FollowingCount, user.following_count),
        (UserField::LikesCount, user.likes_count),
        (UserField::VideoCount, user.video_count),
    ]
    .into_iter()
    .filter_map(|(field, count)| Some(Metric::new(field.as_str(), count?)))
    .collect();
    profile.aliases = user.union_id.and_then(id).into_iter().collect();
    profile.name = user.display_name;
    profile.picture = user.avatar_url.and_then(address);
    profile.biography = user.bio_description.filter(|words| !words.is_empty());
    profile.page = user.profile_deep_link.and_then(address);
    profile.username = user.username;
    profile.is_verified = user.is_verified;
    profile.more = user.more;
    profile
}

/// A video without an id cannot be told from another.
fn item(video: Video) -> Option<MediaItem> {
    let mut item = MediaItem::new(video.id?);
    item.posted_at = video.create_time;
    item.caption = video
        .video_description
        .or(video.title)
        .filter(|words| !words.is_empty());
    item.page = video.share_url.and_then(address);
    item.cover = video.cover_image_url.and_then(address);
    item.metrics = [
        (VideoField::LikeCount, video.like_count),
        (VideoField::CommentCount, video.comment_count),
        (VideoField::ShareCount, video.share_count),
        (VideoField::ViewCount, video.view_count),
    ]
    .into_iter()
    .filter_map(|(field, count)| Some(Metric::new(field.as_str(), count?)))
    .collect();
    item.more = more(
        video.more,
        [
            (VideoField::Duration, video.duration),
            (VideoField::Height, video.height),
            (VideoField::Width, video.width),
        ],
    );
    Some(item)
}

/// What the waist has no field for.
fn more(mut unknown: More, known: [(VideoField, Option<i64>); 3]) -> More {
    for (field, value) in known {
        if let Some(value) = value {
            unknown.insert(field.as_str().to_owned(), value.into());
        }
    }
    unknown
}

fn address(text: String) -> Option<Url> {
    let url = Url::parse(&text).ok()?;
    matches!(url.scheme(), "https" | "http").then_some(url)
}
