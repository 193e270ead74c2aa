//! Where the chunks of an upload begin and end.

use super::Publish;

impl Publish {
    /// The length of the chunk that begins at `first`, when a chunk begins there. The last chunk
    /// takes the remainder.
    pub(crate) fn chunk_at(&self, first: u64) -> Option<u64> {
        let index = first / self.chunk_size.max(1);
        if !first.is_multiple_of(self.chunk_size.max(1)) || index >= self.total_chunk_count {
            return None;
        }
        let last = index + 1 == self.total_chunk_count;
        Some(if last {
            self.video_size - first
        } else {
            self.chunk_size
        })
    }
}
