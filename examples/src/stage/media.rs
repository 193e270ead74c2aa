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
