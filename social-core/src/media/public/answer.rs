use std::ops::Range;

use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};

use super::{
    MediaBody, PublicMedia,
    conditions::{Tag, unmet},
    range::{Wanted, wanted},
};
use crate::{
    error::{Error, ErrorKind, Result},
    media::{MediaStore, probe::format},
    model::MediaId,
    publish::MediaType,
};

/// When a store that failed is asked again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("10");

/// What every answer has. `no-store`: what lies between must not answer for an address that has expired, and nobody
/// fetches twice. `nosniff`: a file is what it was found to be. `no-referrer`: a page in it tells the address to nobody.
const ALWAYS: [(HeaderName, HeaderValue); 3] = [
    (
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
];

impl<M: MediaStore> PublicMedia<M> {
    /// Answers a request for an address of this store: with the file (200), one range of it (206, or 416 when it has none
    /// there), or nothing. Reads the path and the query of the request's address, so it may be mounted below the base as it
    /// is, or with the beginning of the path cut off.
    ///
    /// An address that is not of this store, has expired, was tampered with, or whose file is gone: they all are one 404,
    /// and only a good address reaches the store. A store that fails is a 503. Other methods than GET and HEAD are 405.
    ///
    /// Changes nothing, so it may be dropped at any time.
    pub async fn respond(&self, request: &Request<()>) -> Response<MediaBody> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = bare(StatusCode::METHOD_NOT_ALLOWED);
            let allow = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(header::ALLOW, allow);
            return response;
        }
        let Some(id) = self.verify(request.uri()) else {
            return bare(StatusCode::NOT_FOUND);
        };
        match self.show(&id, request).await {
            Ok(response) => response,
            Err(error) if error.kind() == ErrorKind::NotFound => bare(StatusCode::NOT_FOUND),
            Err(error) => {
                tracing::warn!(media = %id, %error, "a file cannot be shown now");
                let mut response = bare(StatusCode::SERVICE_UNAVAILABLE);
                let headers = response.headers_mut();
                headers.insert(header::RETRY_AFTER, RETRY_AFTER);
                response
            }
        }
    }

    async fn show(&self, id: &MediaId, request: &Request<()>) -> Result<Response<MediaBody>> {
        let size = self.0.store.stat(id).await?.size;
        let tag = Tag(id);
        if let Some(status) = unmet(request.headers(), tag) {
            return with(bare(status), [(header::ETAG, tag.text())]);
        }
        // Of a HEAD the standard knows no range.
        let wanted = match *request.method() {
            Method::GET => wanted(request.headers(), &tag, size),
            _ => Wanted::Whole,
        };
        let (status, part) = match wanted {
            Wanted::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
            Wanted::Unsatisfiable => {
                let range = (header::CONTENT_RANGE, format!("bytes */{size}"));
                return with(bare(StatusCode::RANGE_NOT_SATISFIABLE), [range]);
            }
            Wanted::Whole => (StatusCode::OK, 0..size),
        };
        let kind = format(&self.0.store, id, size).await?;
        // What could run in a browser is no picture and no video, and is only ever saved.
        let disposition = match kind.media_type() {
            Some(MediaType::Photo | MediaType::Video) => "inline",
            _ => "attachment",
        };
        let mut response = with(
            bare(status),
            [
                (header::ACCEPT_RANGES, "bytes".to_owned()),
                (header::CONTENT_DISPOSITION, disposition.to_owned()),
                (header::CONTENT_LENGTH, length(&part).to_string()),
                (
                    header::CONTENT_TYPE,
                    kind.content_type()
                        .unwrap_or("application/octet-stream")
                        .to_owned(),
                ),
                (header::ETAG, tag.text()),
            ],
        )?;
        if status == StatusCode::PARTIAL_CONTENT {
            let range = format!("bytes {}-{}/{size}", part.start, part.end - 1);
            response = with(response, [(header::CONTENT_RANGE, range)])?;
        }
        if *request.method() == Method::GET {
            let length = length(&part);
            *response.body_mut() = MediaBody::of(self.0.store.read(id, part).await?, length);
        }
        Ok(response)
    }
}

fn length(range: &Range<u64>) -> u64 {
    range.end - range.start
}

/// An answer without content.
fn bare(status: StatusCode) -> Response<MediaBody> {
    let mut response = Response::new(MediaBody::empty());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.extend(ALWAYS);
    if status != StatusCode::NOT_MODIFIED {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    response
}

fn with<const N: usize>(
    mut response: Response<MediaBody>,
    headers: [(HeaderName, String); N],
) -> Result<Response<MediaBody>> {
    for (name, value) in headers {
        let value = HeaderValue::try_from(value)
            .map_err(|error| Error::storage("an answer has no such header").with_source(error))?;
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}
