//! What can be told of a video by its first bytes alone.

use super::{Container, Probe, movie, sniff, source::header};
use crate::error::Result;

/// As [`probe`](super::probe()), of the first bytes of a file that is elsewhere. The index is read when all of it is among
/// them, as it is in files made to be played while they are fetched.
///
/// # Errors
/// `Invalid` when these bytes already contradict each other.
pub async fn probe_head(head: &[u8]) -> Result<Probe> {
    let container = sniff::container(head);
    if !matches!(container, Container::Mp4 | Container::Mov) {
        return Ok(Probe::of_unread(container));
    }
    let far = "its index lies behind what was fetched of it";
    let Some(index) = index(head)? else {
        return Ok(Probe::unread(container, far));
    };
    tokio::task::spawn_blocking(move || movie::read(container, index))
        .await
        // A panic of the parser says nothing about the file.
        .unwrap_or_else(|_| Ok(Probe::unread(container, "its index cannot be read")))
}

/// The whole index, its header included.
fn index(head: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut rest = head;
    // How long the file is, only its server says: no box is too long here.
    while let Some((name, size)) = header(rest.get(..16).unwrap_or(rest), u64::MAX)? {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if &name == b"moov" {
            return Ok(rest.get(..size).map(<[u8]>::to_vec));
        }
        match rest.get(size..) {
            Some(next) => rest = next,
            None => break,
        }
    }
    Ok(None)
}
