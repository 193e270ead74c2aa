//! Format and size of a picture, by its first bytes.

use super::{Container, broken, sniff, source::Source};
use crate::{error::Result, media::MediaStore, model::MediaId, publish::MediaType};

/// How much of a picture is read at most, in bytes: more than the profiles and previews that cameras put before its size.
pub const IMAGE_HEAD: usize = 1024 * 1024;

/// What a picture is, as far as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImageFacts {
    /// Its format. [`Container::Unknown`] for a picture of another format, and for what is none.
    pub format: Container,
    /// Width and height in pixels as stored, before any rotation that the file asks for; nothing when they were not found
    /// in what was read.
    pub size: Option<(u32, u32)>,
}

impl ImageFacts {
    /// Whether it is a picture of a format that is known.
    pub fn is_image(&self) -> bool {
        self.format.media_type() == Some(MediaType::Photo)
    }
}

/// Looks at a stored picture. Its name plays no part. Reads at most [`IMAGE_HEAD`] and changes nothing, so it may be
/// dropped at any time.
///
/// # Errors
/// `Invalid` for a JPEG, PNG or WebP file that ends, or breaks its own format, before it has told its size. `NotFound` and
/// `Storage` as [`MediaStore::read`].
pub async fn image(store: &dyn MediaStore, id: &MediaId) -> Result<ImageFacts> {
    let mut source = Source::open(store, id).await?;
    let is_whole = source.left(IMAGE_HEAD as u64) == Some(0);
    let head = source.peek(0, IMAGE_HEAD as u64).await?;
    image_head(head, is_whole)
}

/// As [`image`], of the first bytes of a picture. `is_whole` says that these are all of them.
///
/// # Errors
/// `Invalid` as [`image`].
pub fn image_head(head: &[u8], is_whole: bool) -> Result<ImageFacts> {
    let format = sniff::container(head);
    let mut facts = ImageFacts { format, size: None };
    if !facts.is_image() {
        return Ok(facts);
    }
    facts.size = imagesize::blob_size(head).ok().and_then(pixels);
    if facts.size.is_none() && is_whole {
        return Err(broken(format!(
            "the {format} file does not say its width and height: it is damaged or not complete"
        )));
    }
    Ok(facts)
}

/// Nothing for a picture of no pixels.
fn pixels(size: imagesize::ImageSize) -> Option<(u32, u32)> {
    let width = u32::try_from(size.width).ok().filter(|width| *width > 0)?;
    let height = u32::try_from(size.height)
        .ok()
        .filter(|height| *height > 0)?;
    Some((width, height))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        error::ErrorKind,
        media::{MediaDir, MediaStoreExt},
    };

    /// A JPEG file up to its frame header, with `padding` bytes of metadata before it.
    fn jpeg(width: u16, height: u16, padding: usize) -> Vec<u8> {
        let mut bytes = vec![0xFF, 0xD8];
        let mut left = padding;
        while left > 0 {
            let some = left.min(60_000);
            bytes.extend([0xFF, 0xE2]);
            bytes.extend(u16::try_from(some + 2).unwrap().to_be_bytes());
            bytes.extend(vec![0; some]);
            left -= some;
        }
        bytes.extend([0xFF, 0xC0, 0, 17, 8]);
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.extend([3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1, 0xFF, 0xD9]);
        bytes
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    /// The form with a canvas, which holds animations and transparency.
    fn webp(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"RIFF\x1A\0\0\0WEBPVP8X\x0A\0\0\0\0\0\0\0".to_vec();
        bytes.extend(&(width - 1).to_le_bytes()[..3]);
        bytes.extend(&(height - 1).to_le_bytes()[..3]);
        bytes
    }

    fn of(bytes: &[u8]) -> (Container, Option<(u32, u32)>) {
        let facts = image_head(bytes, true).unwrap();
        (facts.format, facts.size)
    }

    #[test]
    fn width_and_height_are_read_by_content() {
        assert_eq!(
            of(&jpeg(1086, 1448, 0)),
            (Container::Jpeg, Some((1086, 1448)))
        );
        assert_eq!(of(&webp(941, 1672)), (Container::WebP, Some((941, 1672))));
        assert_eq!(of(&png(12, 7)), (Container::Png, Some((12, 7))));
        // The two other forms of WebP: lossless, and a single frame.
        let lossless = b"RIFF\x1A\0\0\0WEBPVP8L\x0D\0\0\0\x2F\x0B\x80\x01\0\0\0";
        assert_eq!(of(lossless), (Container::WebP, Some((12, 7))));
        let frame = b"RIFF\x1A\0\0\0WEBPVP8 \x0D\0\0\0\x30\x01\0\x9D\x01\x2A\x0C\0\x07\0\0\0";
        assert_eq!(of(frame), (Container::WebP, Some((12, 7))));
    }

    #[test]
    fn what_is_no_picture_is_no_error() {
        for bytes in [
            &b""[..],
            b"text",
            b"GIF89a\x01\0\x01\0",
            b"\0\0\0\x18ftypisom",
        ] {
            let facts = image_head(bytes, true).unwrap();
            assert!(!facts.is_image() && facts.size.is_none(), "{bytes:?}");
        }
    }

    #[test]
    fn a_picture_that_ends_before_its_size_is_damaged_when_nothing_follows() {
        for bytes in [jpeg(9, 9, 50_000), png(9, 9), webp(9, 9)] {
            let part = &bytes[..14];
            assert_eq!(image_head(part, false).unwrap().size, None);
            let error = image_head(part, true).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
        }
        let empty = image_head(&jpeg(0, 9, 0), true).unwrap_err();
        assert_eq!(empty.kind(), ErrorKind::Invalid, "no pixels");
    }

    #[tokio::test]
    async fn stored_pictures_are_read_behind_their_metadata() {
        let folder = tempfile::tempdir().unwrap();
        let store = MediaDir::open(folder.path()).unwrap();
        let media = store.put_bytes(jpeg(1080, 1350, 700_000)).await.unwrap();
        let facts = image(&store, &media.id).await.unwrap();
        assert_eq!(facts.size, Some((1080, 1350)));
        let far = store.put_bytes(jpeg(1080, 1350, 1_200_000)).await.unwrap();
        let facts = image(&store, &far.id).await.unwrap();
        assert_eq!((facts.format, facts.size), (Container::Jpeg, None));
        let cut = store.put_bytes(jpeg(9, 9, 0)[..6].to_vec()).await.unwrap();
        let error = image(&store, &cut.id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }

    proptest! {
        #[test]
        fn any_bytes_behind_a_known_beginning_are_survived(
            format in 0..5_usize,
            rest in proptest::collection::vec(any::<u8>(), 0..400),
            is_whole in any::<bool>(),
        ) {
            let heads = [jpeg(9, 9, 0)[..4].to_vec(), png(1, 1)[..8].to_vec(), webp(1, 1)[..16].to_vec(), Vec::new(), jpeg(9, 9, 0)];
            let bytes = [heads[format].clone(), rest].concat();
            let _ = image_head(&bytes, is_whole);
        }
    }
}
