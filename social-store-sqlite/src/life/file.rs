use std::{fs::Metadata, io, path::Path, time::UNIX_EPOCH};

/// What tells a file from a copy of it, as far as the file system says. Asked for without opening the file: closing any
/// handle of it would drop SQLite's locks.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileId {
    pub(super) inode: Option<i64>,
    /// Nanoseconds since 1970.
    pub(super) born: Option<i64>,
}

impl FileId {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let about = path.metadata()?;
        Ok(Self {
            inode: inode(&about),
            born: born(&about),
        })
    }

    /// Nothing that both know differs.
    pub(super) fn may_be(self, other: Self) -> bool {
        let differ = |a: Option<i64>, b: Option<i64>| a.zip(b).is_some_and(|(a, b)| a != b);
        !differ(self.inode, other.inode) && !differ(self.born, other.born)
    }
}

#[cfg(unix)]
fn inode(about: &Metadata) -> Option<i64> {
    Some(std::os::unix::fs::MetadataExt::ino(about).cast_signed())
}

#[cfg(not(unix))]
fn inode(_about: &Metadata) -> Option<i64> {
    None
}

fn born(about: &Metadata) -> Option<i64> {
    let since = about.created().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_nanos()).ok()
}
