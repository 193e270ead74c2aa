//! What can be told about a file without decoding it: container, codecs, frame size, duration, frame rate, and whether all
//! media are there.
//!
//! Read are the index of an MP4 or MOV file (its `moov` box) and those of its fragments, up to [`MAX_INDEX`] together, and the
//! headers of a WebM file up to a megabyte; of documents and captions is told what they are and nothing else; the rest is passed over. No count in the file is believed before it is compared
//! with the bytes that are there. What cannot be read is left out and named in [`Probe::not_checked`]; it is never reported as
//! wrong, and never as right.

mod boxes;
mod container;
mod ebml;
mod facts;
mod fragments;
mod image;
mod index;
mod movie;
mod packed;
mod rate;
mod samples;
mod sniff;
mod source;
#[cfg(test)]
mod tests;

pub use container::Container;
pub use facts::{
    AudioCodec, AudioFacts, Fact, FrameRate, NotChecked, Pace, Probe, VideoCodec, VideoFacts,
};
pub use image::{IMAGE_HEAD, ImageFacts, image, image_head};

use super::MediaStore;
use crate::{
    error::{Error, Result},
    model::MediaId,
};
use boxes::Found;
use packed::Packing;
use source::Source;

/// The most that is read of an index and of fragments' indexes together, in bytes. Ten minutes at 60 frames a second need
/// about one megabyte.
pub const MAX_INDEX: u64 = 16 * 1024 * 1024;

/// Looks at a stored file. The file's name plays no part.
///
/// A file that is no known container is no error: its container is [`Container::Unknown`]. Of an MP4 or MOV file the boxes
/// are walked to its end, with at most a few reads for each megabyte of it, and at most [`MAX_INDEX`] is held in memory.
/// Changes nothing, so it may be dropped at any time.
///
/// # Errors
/// `Invalid` when the file says what it is and contradicts itself: an MP4 or MOV file without its index, a file that ends
/// before the media do that it names, a box longer than what holds it, a table that claims more entries than it has bytes
/// for. `NotFound` and `Storage` as [`MediaStore::read`].
pub async fn probe(store: &dyn MediaStore, id: &MediaId) -> Result<Probe> {
    look(Source::open(store, id).await?).await
}

/// As [`probe`](probe()), of the first bytes of a file that is elsewhere. `size` is how long all of it is, if its server has
/// said so. The index is read when all of it is among these bytes, as it is in files made to be played while they are
/// fetched.
///
/// # Errors
/// `Invalid` when these bytes, or they and the size, already contradict each other.
pub async fn probe_head(head: &[u8], size: Option<u64>) -> Result<Probe> {
    look(Source::of_head(head, size)).await
}

async fn look(mut source: Source<'_>) -> Result<Probe> {
    match container_of(&mut source).await? {
        container @ (Container::Matroska | Container::WebM) => {
            ebml::read(&mut source, container).await
        }
        container @ (Container::Mov | Container::Mp4) => {
            match boxes::walk(&mut source, container).await? {
                Found::Boxes(boxes) => movie(boxes).await,
                Found::Other(container) => Ok(Probe::of_unread(container)),
                Found::Unread(container, why) => Ok(Probe::unread(container, why)),
            }
        }
        other => Ok(Probe::of_unread(other)),
    }
}

/// On a thread of its own, since it may take a while.
async fn movie(boxes: boxes::Boxes) -> Result<Probe> {
    let container = boxes.container;
    tokio::task::spawn_blocking(move || movie::read(boxes))
        .await
        // A panic of the parser says nothing about the file.
        .unwrap_or_else(|_| Ok(Probe::unread(container, "its index cannot be read")))
}

/// What a file is: by its first bytes, and where these say only how it is packed, by the names of its parts.
async fn container_of(source: &mut Source<'_>) -> Result<Container> {
    let head = source.peek(0, sniff::HEAD).await?;
    match Packing::of(head) {
        None => Ok(sniff::container(head)),
        Some(packing) => packed::document(source, packing).await,
    }
}

/// What a stored file of `size` bytes is. As [`probe()`], without a look at its tracks.
pub(super) async fn format(store: &dyn MediaStore, id: &MediaId, size: u64) -> Result<Container> {
    container_of(&mut Source::sized(store, id, size)).await
}

/// The error of a file that contradicts itself.
fn broken(message: String) -> Error {
    Error::invalid("media", "media.readable", message)
}
