#![doc = include_str!("../README.md")]
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod classify;
mod client;
mod config;
mod content;
mod kit;
mod limits;
mod oauth;
mod publish;
pub mod rules;
mod webhook;
mod wire;

use social_core::{Error, error::words::Field, model::Platform};

pub use client::{Chunk, ChunkAnswer, Client};
pub use config::TikTokBuilder;
pub use content::Content;
pub use kit::TikTok;
pub use oauth::{OAuth, Route, read_scopes};
pub use publish::{
    Day, Publishing, Room,
    chunks::{ChunkLimits, ChunkPlan},
    options::{Mode, PostOptions},
    settings::PublishSettings,
};
pub use webhook::{PublishType, Removal, Webhook, WebhookEvent, Webhooks};
pub use wire::{
    Begun, ClientToken, CreatorInfo, DirectPhotoInfo, InboxVideoInit, PhotoInfo, PhotoInit,
    PhotoMedia, PhotoSource, PostInfo, PostMode, Privacy, PublishState, PublishStatus, SourceInfo,
    User, UserField, UserToken, Video, VideoField, VideoInit, VideoPage,
};

/// The platform's name.
pub const PLATFORM: Platform = Platform::new("tiktok");

/// The platform's name as people know it.
pub const NAME: &str = "TikTok";

trait ByTikTok {
    /// Says which platform it is about, to programs and to people.
    fn by_tiktok(self) -> Self;
}

impl ByTikTok for Error {
    fn by_tiktok(self) -> Self {
        self.with_platform(PLATFORM)
            .with_field(Field::Platform, NAME)
    }
}
