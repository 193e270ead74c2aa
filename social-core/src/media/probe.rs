//! What can be told about a file without decoding it: container, codecs, frame size, duration, frame rate.
//!
//! Bounded: a few kilobytes are read to recognise the container, and of an MP4 or MOV file its index (the `moov` box),
//! up to [`MAX_INDEX`]. No count in the file is believed before it is compared with the bytes that are there. What
//! cannot be read is `None` and named in [`Probe::not_checked`]; it is never reported as wrong.

mod beginning;
mod facts;
mod image;
mod index;
mod movie;
mod sniff;
mod source;
#[cfg(test)]
mod tests;

pub use beginning::probe_head;
pub use facts::{
    AudioCodec, AudioFacts, Container, Fact, NotChecked, Probe, VideoCodec, VideoFacts,
};
pub use image::{IMAGE_HEAD, ImageFacts, image, image_head};

use super::MediaStore;
use crate::{
    error::{Error, Result},
    model::MediaId,
};
use source::{Found, Source};

/// The longest index that is read, in bytes. Ten minutes at 60 frames a second need about one megabyte.
pub const MAX_INDEX: u64 = 16 * 1024 * 1024;

/// Looks at a stored file. The file's name plays no part.
///
/// A file that is no known container is no error: its container is [`Container::Unknown`]. Reads at most
/// [`MAX_INDEX`] and holds as much in memory. Changes nothing, so it may be dropped at any time.
///
/// # Errors
/// `Invalid` when the file says what it is and contradicts itself: an MP4 or MOV file without its index, with a box
/// longer than what holds it, or with a table that claims more entries than it has bytes for. `NotFound` and `Storage`
/// as [`MediaStore::read`].
pub async fn probe(store: &dyn MediaStore, id: &MediaId) -> Result<Probe> {
    let source = Source::open(store, id).await?;
    let head = source.head(sniff::HEAD).await?;
    let container = sniff::container(&head);
    if !matches!(container, Container::Mp4 | Container::Mov) {
        return Ok(Probe::of_unread(container));
    }
    match source.index().await? {
        Found::Index(index) => tokio::task::spawn_blocking(move || movie::read(container, index))
            .await
            // A panic of the parser says nothing about the file.
            .unwrap_or_else(|_| Ok(Probe::unread(container, "its index cannot be read"))),
        Found::TooLarge(why) => Ok(Probe::unread(container, why)),
    }
}

/// The error of a file that contradicts itself.
fn broken(message: String) -> Error {
    Error::invalid("media", "media.readable", message)
        .with_user_message("This file is damaged or incomplete. Export or upload it again.")
}
