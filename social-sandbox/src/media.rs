//! The media behind the URLs that the platform is told to fetch: folders and a built-in sample.
//!
//! Nothing is ever fetched over a network. A URL outside every folder is unreachable.

mod picture;
mod read;
mod scan;
mod video;

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use url::{Host, Url};

pub(crate) use picture::Picture;
pub(crate) use read::{Inspected, inspect};
pub(crate) use scan::Scanner;
pub(crate) use video::{Limits, check};

/// Where the built-in samples are: `sample.mp4`, `sample.jpg` and `sample.webp`.
pub const SAMPLE_MEDIA_URL: &str = "https://media.example.com/";

/// The platform downloads at up to 100 Mbit/s.
const BYTES_PER_SECOND: u64 = 12_500_000;

const SAMPLES: [(&str, &[u8]); 3] = [
    ("sample.mp4", include_bytes!("../media/sample.mp4")),
    ("sample.jpg", include_bytes!("../media/sample.jpg")),
    ("sample.webp", include_bytes!("../media/sample.webp")),
];

/// A folder that stands for what a web server holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MediaHost {
    /// The address of the folder: `https://HOST/` or deeper, with a slash at its end.
    pub url: String,
    /// The folder.
    pub folder: PathBuf,
    /// How fast it sends, 12,500,000 bytes (100 Mbit) a second unless said.
    #[serde(default = "full_speed")]
    pub bytes_per_second: u64,
    /// Whether it answers with a redirect, which the platform does not follow.
    #[serde(default)]
    pub redirects: bool,
}

fn full_speed() -> u64 {
    BYTES_PER_SECOND
}

impl MediaHost {
    /// A folder at the platform's full speed.
    pub fn new(url: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self {
            url: url.into(),
            folder: folder.into(),
            bytes_per_second: BYTES_PER_SECOND,
            redirects: false,
        }
    }

    /// Says how fast it sends.
    #[must_use]
    pub fn bytes_per_second(mut self, speed: u64) -> Self {
        self.bytes_per_second = speed;
        self
    }

    /// Says whether it answers with a redirect.
    #[must_use]
    pub fn redirects(mut self, redirects: bool) -> Self {
        self.redirects = redirects;
        self
    }

    fn check(&self) -> Result<(), String> {
        let wrong = |why: &str| Err(format!("media address {:?} {why}", self.url));
        let Ok(url) = Url::parse(&self.url) else {
            return wrong("is not an absolute URL");
        };
        if !is_fetchable(&url) {
            return wrong("must be https, with a name for its host");
        }
        if url.as_str() != self.url || !self.url.ends_with('/') || url.query().is_some() {
            return wrong("must be in its usual form and end with a slash");
        }
        if self.bytes_per_second == 0 {
            return wrong("needs a speed above 0");
        }
        if !self.folder.is_dir() {
            let folder = self.folder.display();
            return Err(format!("media folder {folder} is not a folder"));
        }
        Ok(())
    }
}

/// Whether the platform would try: https, and a name, not an address.
pub(crate) fn is_fetchable(url: &Url) -> bool {
    url.scheme() == "https" && matches!(url.host(), Some(Host::Domain(_)))
}

/// Every folder.
#[derive(Debug, Default)]
pub(crate) struct Library(Mutex<Vec<MediaHost>>);

/// Something that can be read.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) medium: Stored,
    pub(crate) bytes_per_second: u64,
}

/// Where it is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Stored {
    File(PathBuf),
    Sample(&'static [u8]),
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Sample(bytes) => f.debug_tuple("Sample").field(&bytes.len()).finish(),
        }
    }
}

impl Library {
    fn hosts(&self) -> MutexGuard<'_, Vec<MediaHost>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a folder, or replaces the one with its address.
    pub(crate) fn add(&self, host: MediaHost) -> Result<(), String> {
        host.check()?;
        let mut hosts = self.hosts();
        hosts.retain(|known| known.url != host.url);
        hosts.push(host);
        // The deepest first, so that it wins.
        hosts.sort_by_key(|host| std::cmp::Reverse(host.url.len()));
        Ok(())
    }

    pub(crate) fn list(&self) -> Vec<MediaHost> {
        self.hosts().clone()
    }

    /// What lies at `url`. `None` for an unknown host, a missing file, a redirect. Queries do not
    /// count: addresses may be signed.
    pub(crate) fn find(&self, url: &Url) -> Option<Found> {
        let mut bare = url.clone();
        bare.set_query(None);
        bare.set_fragment(None);
        let text = bare.as_str();
        let hosts = self.hosts();
        let host = hosts.iter().find(|host| text.starts_with(&host.url));
        if let Some(host) = host {
            let path = within(&host.folder, text.strip_prefix(&host.url)?)?;
            return (!host.redirects).then_some(Found {
                medium: Stored::File(path),
                bytes_per_second: host.bytes_per_second,
            });
        }
        let name = text.strip_prefix(SAMPLE_MEDIA_URL)?;
        let sample = SAMPLES.iter().find(|(known, _)| *known == name)?;
        Some(Found {
            medium: Stored::Sample(sample.1),
            bytes_per_second: BYTES_PER_SECOND,
        })
    }
}

/// The file at a path of a URL, if it is in the folder, links followed.
fn within(folder: &Path, path: &str) -> Option<PathBuf> {
    let path = percent_decoded(path)?;
    let relative = Path::new(&path);
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    if path.contains(['\0', '\\']) || !relative.components().all(plain) {
        return None;
    }
    let folder = folder.canonicalize().ok()?;
    let file = folder.join(relative).canonicalize().ok()?;
    (file.starts_with(&folder) && file.is_file()).then_some(file)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let pair = after.get(..2).filter(|_| *first == b'%');
        let byte = pair
            .and_then(|pair| std::str::from_utf8(pair).ok())
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests;
