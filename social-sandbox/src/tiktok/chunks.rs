//! The chunk rules of an upload, as enforced in practice.
//!
//! <https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide> leaves open whether
//! MB means 10^6 or 2^20 bytes; what either reading allows is allowed here. That a single chunk has
//! to be as large as the video is not in the guide; it has been refused since August 2026.

use crate::tiktok::envelope::Refusal;

/// 5 MB, the smaller reading.
const CHUNK_MIN: i64 = 5_000_000;
/// 64 MB, the larger reading.
const CHUNK_MAX: i64 = 64 << 20;
/// 4 GB, the larger reading.
const VIDEO_MAX: i64 = 4 << 30;

/// Checks the plan of an upload.
pub(crate) fn check(video_size: i64, chunk_size: i64, count: i64) -> Result<(), Refusal> {
    if !(1..=VIDEO_MAX).contains(&video_size) {
        return Err(Refusal::params("The video size is invalid"));
    }
    let size_ok = if count == 1 {
        chunk_size == video_size && chunk_size <= CHUNK_MAX
    } else {
        (CHUNK_MIN..=CHUNK_MAX).contains(&chunk_size)
    };
    if !size_ok {
        return Err(Refusal::params("The chunk size is invalid"));
    }
    if count != video_size / chunk_size {
        return Err(Refusal::params("The total chunk count is invalid"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(plan: (i64, i64, i64)) -> Option<String> {
        check(plan.0, plan.1, plan.2)
            .err()
            .map(|refusal| refusal.message)
    }

    #[test]
    fn plans_that_have_been_accepted() {
        for plan in [
            (4_194_304, 4_194_304, 1),
            (50_000_123, 10_000_000, 5),
            (602_285_541, 67_108_864, 8),
            (1, 1, 1),
            (64_000_000, 64_000_000, 1),
            (67_108_864, 67_108_864, 1),
            (64_000_001, 10_000_000, 6),
            (10_000_000, 5_000_000, 2),
            (4_294_967_296, 10_000_000, 429),
            (4_294_967_296, 5_000_000, 858),
        ] {
            assert_eq!(message(plan), None, "{plan:?}");
        }
    }

    #[test]
    fn plans_that_have_been_refused() {
        let size = "The chunk size is invalid";
        let count = "The total chunk count is invalid";
        let video = "The video size is invalid";
        for (plan, expected) in [
            ((66_259_900, 64_000_000, 1), size),
            ((121_000_000, 67_108_864, 1), size),
            ((65_000_000, 60_000_000, 2), count),
            ((602_285_541, 67_108_864, 9), count),
            ((67_108_865, 67_108_865, 1), size),
            ((200_000_000, 67_108_865, 2), size),
            ((20_000_000, 4_999_999, 4), size),
            ((20_000_000, 10_000_000, 1), size),
            ((20_000_000, 10_000_000, 0), count),
            ((20_000_000, 10_000_000, -2), count),
            ((20_000_000, 0, 2), size),
            ((20_000_000, 0, 1), size),
            ((4_294_967_297, 10_000_000, 429), video),
            ((0, 0, 1), video),
            ((-1, -1, 1), video),
        ] {
            assert_eq!(message(plan).as_deref(), Some(expected), "{plan:?}");
        }
    }
}
