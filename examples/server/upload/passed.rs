//! How much of a form has passed without a field having begun, or gone on.
//!
//! The reader of forms holds what it cannot make sense of: all that stands before the first field, and all of a field's
//! head. It looks through it again with each piece, so without an end to it memory and time would grow with the body.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, BodyDataStream};
use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::StatusCode;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};

use crate::errors::Failure;

/// The most bytes between a field and the next, or between two pieces of one.
const MOST: usize = 64 * 1024;
/// The reader is given pieces of this size, and its turn after each.
const PIECE: usize = 8 * 1024;

/// Counts what has passed since the last field or piece of one. Clones count together.
#[derive(Clone, Debug, Default)]
pub(super) struct Passed(Arc<AtomicUsize>);

impl Passed {
    /// A body that fails when too much has passed.
    pub(super) fn watch(&self, body: Body) -> Body {
        Body::from_stream(Watched {
            body: body.into_data_stream(),
            held: Bytes::new(),
            rests: false,
            passed: self.clone(),
        })
    }

    /// The next field, if there is one.
    pub(super) async fn field<'a>(
        &self,
        parts: &'a mut Multipart,
    ) -> Result<Option<Field<'a>>, Failure> {
        let field = parts.next_field().await;
        let field = field.map_err(|error| self.broken(&error))?;
        self.0.store(0, Ordering::Relaxed);
        Ok(field)
    }

    /// The next piece of a field.
    pub(super) async fn piece(&self, part: &mut Field<'_>) -> Result<Option<Bytes>, Failure> {
        let piece = part.chunk().await;
        let piece = piece.map_err(|error| self.broken(&error))?;
        self.0.store(0, Ordering::Relaxed);
        Ok(piece)
    }

    fn is_too_much(&self) -> bool {
        self.0.load(Ordering::Relaxed) > MOST
    }

    fn broken(&self, error: &MultipartError) -> Failure {
        Failure::of_status(if self.is_too_much() {
            StatusCode::BAD_REQUEST
        } else {
            error.status()
        })
    }
}

struct Watched {
    body: BodyDataStream,
    held: Bytes,
    /// A piece was just given: the reader shall look at it before it gets another one.
    rests: bool,
    passed: Passed,
}

impl Stream for Watched {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.rests) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        while self.held.is_empty() {
            match ready!(self.body.poll_next_unpin(cx)) {
                Some(Ok(bytes)) => self.held = bytes,
                ended => return Poll::Ready(ended),
            }
        }
        let length = self.held.len().min(PIECE);
        let piece = self.held.split_to(length);
        self.passed.0.fetch_add(length, Ordering::Relaxed);
        if self.passed.is_too_much() {
            return Poll::Ready(Some(Err(axum::Error::new("a form without fields"))));
        }
        self.rests = true;
        Poll::Ready(Some(Ok(piece)))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::extract::{FromRequest as _, Request};
    use axum::http::header::CONTENT_TYPE;
    use futures_util::stream;

    use super::*;

    /// Reads a form that comes in pieces of a megabyte; how many of them were taken, and what the fields held.
    async fn read(head: &'static [u8], filler: u8, megabytes: usize) -> (usize, Option<usize>) {
        let taken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&taken);
        let pieces = stream::iter(0..megabytes).map(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(Bytes::from(vec![filler; 1 << 20]))
        });
        let head = stream::iter([Ok(Bytes::from_static(head))]);
        let tail = stream::iter([Ok(Bytes::from_static(b"\r\n--X--\r\n"))]);
        let passed = Passed::default();
        let request = Request::post("/")
            .header(CONTENT_TYPE, "multipart/form-data; boundary=X")
            .body(Body::from_stream(head.chain(pieces).chain(tail)))
            .expect("a request")
            .map(|body| passed.watch(body));
        let mut parts = Multipart::from_request(request, &()).await.expect("a form");
        let mut held = 0;
        let read = async {
            while let Some(mut part) = passed.field(&mut parts).await.ok()? {
                while let Some(piece) = passed.piece(&mut part).await.ok()? {
                    held += piece.len();
                }
            }
            Some(())
        };
        let whole = read.await;
        (taken.load(Ordering::Relaxed), whole.map(|()| held))
    }

    const FILE: &[u8] =
        b"--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";

    #[tokio::test]
    async fn a_field_may_be_as_long_as_it_is() {
        assert_eq!(read(FILE, b'a', 1).await, (1, Some(1 << 20)));
        // Each could be the beginning of the end.
        assert_eq!(read(FILE, b'\r', 1).await, (1, Some(1 << 20)));
    }

    #[tokio::test]
    async fn a_body_without_a_field_is_not_read_on() {
        assert_eq!(read(b"", b'a', 64).await, (1, None));
        assert_eq!(
            read(b"--X\r\nContent-Disposition: ", b'a', 64).await,
            (1, None)
        );
        assert_eq!(read(b"--X", b' ', 64).await, (1, None));
    }
}
