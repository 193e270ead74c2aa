use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body::{Body, Frame, SizeHint};

use crate::{
    error::{Error, Result},
    media::ByteStream,
};

/// The body of an answer: a file, a part of it, or nothing. Its length is known, and one that would be shorter or longer
/// fails.
pub struct MediaBody {
    stream: Option<ByteStream>,
    left: u64,
}

impl MediaBody {
    /// The bytes, for a server that takes streams.
    pub fn into_stream(self) -> ByteStream {
        Box::pin(stream::unfold(self, |mut body| async move {
            let piece = std::future::poll_fn(|context| body.poll_piece(context)).await?;
            Some((piece, body))
        }))
    }

    pub(super) fn empty() -> Self {
        Self {
            stream: None,
            left: 0,
        }
    }

    pub(super) fn of(stream: ByteStream, length: u64) -> Self {
        Self {
            stream: Some(stream),
            left: length,
        }
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let Some(stream) = &mut self.stream else {
            return Poll::Ready(None);
        };
        let piece = match ready!(stream.poll_next_unpin(context)) {
            Some(Ok(piece)) => match self.left.checked_sub(piece.len() as u64) {
                Some(left) => {
                    self.left = left;
                    return Poll::Ready(Some(Ok(piece)));
                }
                None => Some(Err(wrong_length("more"))),
            },
            Some(Err(error)) => Some(Err(error)),
            None if self.left > 0 => Some(Err(wrong_length("less"))),
            None => None,
        };
        self.stream = None;
        Poll::Ready(piece)
    }
}

impl Body for MediaBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>>>> {
        let piece = ready!(self.poll_piece(context));
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.stream.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

fn wrong_length(came: &str) -> Error {
    Error::storage(format!("the media store gave {came} than it was asked for"))
}

impl fmt::Debug for MediaBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaBody")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}
