//! What TikTok sends and takes, field by field.
//!
//! Read leniently: every field may be missing, unknown fields and values are let through, a field of another type counts
//! as missing. Only what a call cannot do without is demanded, and its absence is a `Protocol` error.

mod answer;
mod creator;
mod init;
pub(crate) mod json;
mod privacy;
mod status;
#[cfg(test)]
mod tests;
pub(crate) mod token;
mod user;
mod video;

pub(crate) use answer::Answer;
pub use creator::CreatorInfo;
pub use init::{
    Begun, DirectPhotoInfo, InboxVideoInit, PhotoInfo, PhotoInit, PhotoMedia, PhotoSource,
    PostInfo, PostMode, SourceInfo, VideoInit,
};
pub use privacy::Privacy;
pub use status::{PublishState, PublishStatus};
pub use token::{ClientToken, UserToken};
pub use user::{User, UserField};
pub use video::{Video, VideoField, VideoPage};
