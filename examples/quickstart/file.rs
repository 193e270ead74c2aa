//! The video: looked at before anything is asked of anybody.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use social_core::{
    MediaStoreExt, Social,
    media::{
        Media,
        probe::{Probe, probe, probe_head},
    },
};

use crate::words::say;

/// As much of a file as shows what it is.
const HEAD: u64 = 64 * 1024;

/// The file that is meant, as an address that stays right wherever the program works. Refuses what is no video.
pub(crate) async fn look(file: Option<&Path>) -> anyhow::Result<PathBuf> {
    let clip = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/clip.mp4"));
    let named = file.unwrap_or(clip);
    let shown = named.display();
    let file = std::fs::canonicalize(named)
        .with_context(|| format!("{shown} cannot be found; name a video that is there"))?;
    let unreadable = || format!("{shown} cannot be read; allow it, or name another video");
    // Before it is opened: to open a pipe is to wait for somebody who writes into it.
    let facts = std::fs::metadata(&file).with_context(unreadable)?;
    ensure!(
        facts.is_file(),
        "{shown} is not a file; name a video, for example clip.mp4"
    );
    let opened = File::open(&file).with_context(unreadable)?;
    ensure!(facts.len() > 0, "{shown} is empty; name another video");
    let mut head = Vec::new();
    opened.take(HEAD).read_to_end(&mut head)?;
    is_video(named, &probe_head(&head, Some(facts.len())).await)?;
    Ok(file)
}

/// Stores the video, and looks at all that its own headers tell.
pub(crate) async fn import(social: &Social, file: &Path) -> anyhow::Result<Media> {
    say(&format!("Reading {}.", file.display()));
    let media = social.media().import(file).await?;
    is_video(file, &probe(social.media(), &media.id).await)?;
    Ok(media)
}

fn is_video(file: &Path, found: &social_core::Result<Probe>) -> anyhow::Result<()> {
    match found {
        Ok(probe) if probe.is_video() => Ok(()),
        Ok(_) => bail!(
            "{} is not a video that TikTok takes; name an MP4, MOV or WebM file",
            file.display()
        ),
        Err(error) => bail!("{}: {}", file.display(), crate::words::over(error)),
    }
}
