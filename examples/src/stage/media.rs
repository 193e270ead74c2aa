use anyhow::ensure;
use bytes::Bytes;

const MIB: usize = 1 << 20;

/// A short real video, made larger by an empty box at its end, as the format allows.
///
/// The result is exactly `size` bytes long, or the plain video when that is already longer.
pub fn clip(size: usize) -> Vec<u8> {
    let mut bytes = include_bytes!("../../fixtures/clip.mp4").to_vec();
    let Some(padding) = size
        .checked_sub(bytes.len())
        .filter(|padding| *padding >= 8)
    else {
        return bytes;
    };
    bytes.extend(u32::try_from(padding).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend(b"free");
    // Not all zeros: a part sent in the wrong place would show in the digest.
    let mut state = 0x9e37_79b9_u32;
    bytes.extend((8..padding).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    }));
    bytes
}

/// A video of `size` bytes, whole MiB and at least three, in pieces of one: a short real one and an empty box as long as
/// the rest.
///
/// # Errors
/// When there is no such size.
pub fn long_clip(size: u64) -> anyhow::Result<impl Iterator<Item = Bytes> + Send + 'static> {
    ensure!(size.is_multiple_of(MIB as u64), "whole MiB only");
    let blocks = usize::try_from(size)? / MIB;
    ensure!(blocks > 2, "at least three MiB");
    let mut boxed = u32::try_from(size - MIB as u64)?.to_be_bytes().to_vec();
    boxed.extend(b"free");
    boxed.resize(MIB, 7);
    let head = [Bytes::from(clip(MIB)), Bytes::from(boxed)];
    // Each block says which it is: a part sent in the wrong place would show in the digest.
    let rest = (2..blocks).map(|number| {
        let mut block = vec![9_u8; MIB];
        block[..8].copy_from_slice(&(number as u64).to_be_bytes());
        Bytes::from(block)
    });
    Ok(head.into_iter().chain(rest))
}
