//! The file beside the database: one line of fixed length, written in one piece.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    path::Path,
};

/// A life, and how many transactions had written in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) life: String,
    pub(crate) writes: i64,
}

/// How often a line that does not add up is read again: somebody may be writing it.
const READS: u32 = 1_000;

const LENGTH: usize = 36 + 1 + 16 + 1 + 16 + 1;

impl Mark {
    pub(super) fn new(life: String, writes: i64) -> Self {
        Self { life, writes }
    }

    fn line(&self) -> String {
        let said = format!("{} {:016x}", self.life, self.writes);
        format!("{said} {:016x}\n", sum(said.as_bytes()))
    }

    fn parse(line: &[u8]) -> Option<Self> {
        let line = std::str::from_utf8(line).ok()?;
        let (said, check) = line.strip_suffix('\n')?.rsplit_once(' ')?;
        let (life, writes) = said.split_once(' ')?;
        let check = u64::from_str_radix(check, 16).ok()?;
        let writes = i64::from_str_radix(writes, 16).ok()?;
        (check == sum(said.as_bytes())).then(|| Self::new(life.to_owned(), writes))
    }
}

/// FNV-1a, against a line that was half written when it was read.
fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// What is there; nothing when it is missing or makes no sense. An error when this process may not read and write it.
pub(super) fn read(path: &Path) -> io::Result<Option<Mark>> {
    for _ in 0..READS {
        let mut line = Vec::with_capacity(LENGTH);
        match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => file.take(LENGTH as u64).read_to_end(&mut line)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if let Some(mark) = Mark::parse(&line) {
            return Ok(Some(mark));
        }
        std::thread::yield_now();
    }
    Ok(None)
}

/// Writes it, for its owner only, and waits until the disk has it and the folder names it.
pub(super) fn create(path: &Path, mark: &Mark) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(mark.line().as_bytes())?;
    file.sync_all()?;
    sync_folder(path)
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent()
        .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Overwrites it in place. One that was removed does not come back: that is to be noticed.
pub(super) fn update(path: &Path, mark: &Mark) -> io::Result<()> {
    match OpenOptions::new().write(true).open(path) {
        Ok(mut file) => file.write_all(mark.line().as_bytes()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
