//! A look at media that TikTok is to fetch from elsewhere. A check of a server that somebody else runs: what cannot be had
//! now is said to be unchecked, never wrong.

use futures_util::future::join_all;
use social_core::{
    Error, ErrorKind, Result,
    media::{
        fetch::{Fetcher, Head},
        probe::{image_head, probe_head},
    },
    publish::{MediaRef, MediaType, Preflight, Violation},
};
use url::Url;

use super::{
    super::{address, init, run::Run},
    pictures,
    video::{self, File},
};

/// How much of a file is read.
const VIDEO_HEAD: usize = 1024 * 1024;
const PHOTO_HEAD: usize = 256 * 1024;
/// How many servers are asked at once.
const AT_ONCE: usize = 5;

/// Whether TikTok could fetch what this service keeps itself and does not send.
///
/// # Errors
/// When the media store cannot be asked now.
pub(super) async fn own_addresses(run: &Run<'_>, found: &mut Preflight) -> Result<()> {
    if !run.cx.request.is_all(MediaType::Photo) {
        return Ok(());
    }
    for media in &run.cx.request.media {
        if !matches!(media.source, MediaRef::Stored(_)) {
            continue;
        }
        match init::address(run, &media.source).await {
            Ok(url) => address::rules(&url, &run.settings.verified, found),
            Err(error) if error.kind() == ErrorKind::Invalid => super::note(&error, found),
            Err(error) => return Err(error),
        }
        // What holds for one of them holds for all.
        break;
    }
    Ok(())
}

/// What is known of a video elsewhere, if the post is of one.
///
/// # Errors
/// None of a server elsewhere; what a look into a file here may give.
pub(super) async fn elsewhere(run: &Run<'_>, found: &mut Preflight) -> Result<Option<File>> {
    let addresses: Vec<(usize, &Url)> = (1..)
        .zip(&run.cx.request.media)
        .filter_map(|(number, media)| match &media.source {
            MediaRef::Url(url) => Some((number, url)),
            _ => None,
        })
        .collect();
    if addresses.is_empty() {
        return Ok(None);
    }
    let Some(fetcher) = run.fetcher else {
        let unknown = "the media at addresses: no fetcher is set up";
        found.not_checked.push(unknown.to_owned());
        return Ok(None);
    };
    if run.cx.request.is_all(MediaType::Photo) {
        for some in addresses.chunks(AT_ONCE) {
            photos(run, fetcher, some, found).await?;
        }
        return Ok(None);
    }
    match addresses.as_slice() {
        [(_, url)] => video(fetcher, url, found).await,
        _ => Ok(None),
    }
}

async fn photos(
    run: &Run<'_>,
    fetcher: &Fetcher,
    some: &[(usize, &Url)],
    found: &mut Preflight,
) -> Result<()> {
    if run.cx.deadline.has_passed() {
        for (number, _) in some {
            let unknown = format!("photo {number}: there was no time left");
            found.not_checked.push(unknown);
        }
        return Ok(());
    }
    let heads = some.iter().map(|(_, url)| fetcher.head(url, PHOTO_HEAD));
    for ((number, _), head) in some.iter().zip(join_all(heads).await) {
        match head {
            Ok(head) => {
                let facts = image_head(&head.bytes, head.is_whole);
                pictures::picture(*number, bytes(&head), facts, found)?;
            }
            Err(error) => unfetched(&format!("Photo {number}"), &error, found),
        }
    }
    Ok(())
}

async fn video(fetcher: &Fetcher, url: &Url, found: &mut Preflight) -> Result<Option<File>> {
    let head = match fetcher.head(url, VIDEO_HEAD).await {
        Ok(head) => head,
        Err(error) => {
            unfetched("The video", &error, found);
            return Ok(None);
        }
    };
    let mut file = File::default();
    match bytes(&head) {
        Some(bytes) => {
            file.size = bytes;
            video::size(bytes, found);
        }
        None => {
            let unknown = "the size of the video: its server does not say";
            found.not_checked.push(unknown.to_owned());
        }
    }
    match probe_head(&head.bytes, bytes(&head)).await {
        Ok(probe) => video::contents(&probe, &mut file, found),
        Err(error) if error.kind() == ErrorKind::Invalid => {
            let violation = Violation::of_error("media.readable", "media", &error);
            found.violations.push(violation);
        }
        Err(error) => return Err(error),
    }
    Ok(Some(file))
}

/// How long a file is for certain, or is said to be.
fn bytes(head: &Head) -> Option<u64> {
    if head.is_whole {
        return Some(head.bytes.len() as u64);
    }
    // A server that announces less than it sent does not know.
    head.announced
        .filter(|announced| *announced >= head.bytes.len() as u64)
}

/// What is wrong with the address itself stands in the way; a server that does not answer now may answer TikTok.
fn unfetched(what: &str, error: &Error, found: &mut Preflight) {
    let social_core::Remedy::FixInput { field, rule } = error.remedy() else {
        let unknown = format!("{what} at its address: {}", error.message());
        found.not_checked.push(unknown);
        return;
    };
    let known = found.violations.iter().any(|found| found.rule == *rule);
    // The rules of addresses have said so, without looking.
    if !known {
        let mut violation = Violation::of_error(rule, field, error);
        violation.finding = format!("{what}: {}", violation.finding);
        found.violations.push(violation);
    }
}
