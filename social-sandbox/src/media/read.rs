//! Reading one medium: size, hash, what it is.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

use sha2::{Digest, Sha256};

use super::{Picture, Scanner, Stored};
use crate::random::hex;

const BLOCK: usize = 1 << 20;

/// A picture is at most 20 MB, the larger reading.
const PICTURE_MAX: u64 = 20 << 20;

/// What was found.
#[derive(Clone, Debug)]
pub(crate) struct Inspected {
    pub(crate) size: u64,
    pub(crate) sha256: Option<String>,
    pub(crate) scanner: Scanner,
    /// A JPEG or WebP; `None` also where it is larger than any picture may be.
    pub(crate) picture: Option<Picture>,
}

impl Inspected {
    /// Whether it is larger than a picture may be.
    pub(crate) fn exceeds_a_picture(&self) -> bool {
        self.size > PICTURE_MAX
    }
}

/// Reads a medium once. Blocks.
pub(crate) fn inspect(medium: &Stored, hash: bool) -> io::Result<Inspected> {
    match medium {
        Stored::File(path) => read(File::open(path)?, hash),
        Stored::Sample(bytes) => read(Cursor::new(bytes), hash),
    }
}

fn read<R: Read + Seek>(mut from: R, hash: bool) -> io::Result<Inspected> {
    let size = from.seek(SeekFrom::End(0))?;
    from.rewind()?;
    let mut hasher = hash.then(Sha256::new);
    let mut scanner = Scanner::default();
    let mut start = Vec::new();
    let mut block = vec![0; BLOCK];
    let mut at = 0;
    while at < size {
        let len = from.read(&mut block)?;
        if len == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let bytes = &block[..len];
        at += len as u64;
        scanner.feed(bytes);
        if let Some(hasher) = &mut hasher {
            hasher.update(bytes);
        }
        if size <= PICTURE_MAX {
            start.extend(bytes);
        }
        if hasher.is_none() && size > PICTURE_MAX {
            let skip = scanner.indifferent().min(size - at);
            scanner.pass(skip);
            at = from.seek(SeekFrom::Start(at + skip))?;
        }
    }
    Ok(Inspected {
        size,
        sha256: hasher.map(|hasher| hex(&hasher.finalize())),
        scanner,
        picture: Picture::read(&start),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_large_file_is_read_where_it_matters_with_the_same_result() {
        let mut file = tempfile::tempfile().unwrap();
        let mut whole = Vec::new();
        whole.extend(b"\0\0\0\x08ftyp");
        let rest = (PICTURE_MAX + 5000) as u32;
        whole.extend(rest.to_be_bytes());
        whole.extend(b"mdat");
        whole.resize(8 + rest as usize, 0);
        whole.extend(b"\0\0\0\x0cmoovabcd");
        file.write_all(&whole).unwrap();
        let hashed = read(file.try_clone().unwrap(), true).unwrap();
        let skimmed = read(file, false).unwrap();
        for read in [&hashed, &skimmed] {
            assert_eq!(read.size, whole.len() as u64);
            assert_eq!(read.scanner.moov(), Some(b"abcd".as_slice()));
            assert!(read.exceeds_a_picture() && read.picture.is_none());
        }
        assert_eq!(hashed.sha256, Some(crate::digest::sha256_hex(&whole)));
        assert_eq!(skimmed.sha256, None);
    }
}
