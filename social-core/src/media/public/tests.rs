mod addresses;
mod answers;
mod troubles;

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::TryStreamExt;
use http::{HeaderMap, Method, Request, StatusCode, header};

use super::*;
use crate::{
    error::ErrorKind,
    media::{MediaDir, MediaStoreExt},
    time::ManualClock,
};

const BASE: &str = "https://media.example.com/a/files";
const HOUR: Duration = Duration::from_secs(3_600);

/// A folder that counts how often it is asked, and fails when told to.
#[derive(Debug)]
struct Asked {
    inner: MediaDir,
    times: AtomicUsize,
    fails: Option<ErrorKind>,
    /// How much more, or less, than it was asked for it gives of a part of a file.
    gives: i64,
}

impl Asked {
    fn once(&self) -> Result<()> {
        self.times.fetch_add(1, Ordering::Relaxed);
        match self.fails {
            Some(kind) => Err(Error::new(kind, "the share is not mounted")),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl MediaStore for Asked {
    async fn put(&self, stream: ByteStream, size_hint: Option<u64>) -> Result<Media> {
        self.inner.put(stream, size_hint).await
    }

    async fn stat(&self, id: &MediaId) -> Result<Media> {
        self.once()?;
        self.inner.stat(id).await
    }

    async fn read(&self, id: &MediaId, range: Range<u64>) -> Result<ByteStream> {
        self.once()?;
        let is_part = range.end < self.inner.stat(id).await?.size;
        let gives = if is_part { self.gives } else { 0 };
        let end = range.end.saturating_add_signed(gives);
        self.inner.read(id, range.start..end).await
    }

    async fn public_url(&self, _: &MediaId, _: Duration) -> Result<Option<PublicUrl>> {
        Ok(None)
    }

    async fn remove(&self, id: &MediaId) -> Result<bool> {
        self.inner.remove(id).await
    }
}

struct Stage {
    media: PublicMedia<Asked>,
    clock: ManualClock,
    _folder: tempfile::TempDir,
}

/// An answer, read to its end.
#[derive(Debug, PartialEq)]
struct Told {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Told {
    fn header(&self, name: header::HeaderName) -> &str {
        let value = self.headers.get(&name);
        value.map_or("", |value| value.to_str().unwrap())
    }
}

fn key(first: u8) -> [u8; 32] {
    std::array::from_fn(|at| first.wrapping_add(at as u8))
}

fn keys(first: &[u8]) -> AddressKeys {
    let keys: Vec<_> = first.iter().map(|first| key(*first)).collect();
    AddressKeys::from_keys(&keys).unwrap()
}

impl Stage {
    fn new() -> Self {
        Self::with(BASE, &[1], |_| {})
    }

    fn with(base: &str, first: &[u8], change: impl FnOnce(&mut Asked)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Asked {
            inner: MediaDir::open(folder.path()).unwrap(),
            times: AtomicUsize::new(0),
            fails: None,
            gives: 0,
        };
        change(&mut store);
        let clock = ManualClock::default();
        let media = PublicMedia::builder(store)
            .base(base.parse().unwrap())
            .keys(keys(first))
            .clock(Arc::new(clock.clone()))
            .build()
            .unwrap();
        Self {
            media,
            clock,
            _folder: folder,
        }
    }

    async fn put(&self, bytes: &'static [u8]) -> MediaId {
        self.media.put_bytes(bytes).await.unwrap().id
    }

    /// An address as a request has it: path and query.
    async fn target(&self, id: &MediaId) -> String {
        let url = self.media.public_url(id, HOUR).await.unwrap().unwrap();
        let url = url.expose();
        format!("{}?{}", url.path(), url.query().unwrap())
    }

    async fn get(&self, target: &str) -> Told {
        self.ask(Method::GET, target, &[]).await
    }

    async fn ask(
        &self,
        method: Method,
        target: &str,
        headers: &[(header::HeaderName, &str)],
    ) -> Told {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request.body(()).unwrap();
        let (parts, body) = self.media.respond(&request).await.into_parts();
        let body = body
            .into_stream()
            .try_fold(Vec::new(), |mut all, piece| async move {
                all.extend_from_slice(&piece);
                Ok(all)
            });
        Told {
            status: parts.status,
            headers: parts.headers,
            body: body.await.unwrap(),
        }
    }

    fn times(&self) -> usize {
        self.media.store().times.load(Ordering::Relaxed)
    }
}
