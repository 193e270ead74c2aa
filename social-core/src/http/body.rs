use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::watch;

use crate::{
    error::{Error, ErrorKind, Result},
    media::ByteStream,
    time::Deadline,
};

/// The largest piece handed over between two looks at the deadline.
const PIECE: usize = 64 * 1024;

/// The body of a call.
pub(super) enum Payload {
    Empty,
    Bytes(Bytes),
    Stream { stream: ByteStream, len: u64 },
}

impl Payload {
    /// The same once more; a stream can be read only once.
    pub(super) fn again(&self) -> Option<Self> {
        match self {
            Self::Empty => Some(Self::Empty),
            Self::Bytes(bytes) => Some(Self::Bytes(bytes.clone())),
            Self::Stream { .. } => None,
        }
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Stream { len, .. } => *len,
        }
    }

    /// A body that asks `gate` before each piece; none when there is nothing to send.
    pub(super) fn into_body(self, gate: &Gate) -> Option<reqwest::Body> {
        let left = self.len();
        let (piece, source) = match self {
            _ if left == 0 => return None,
            Self::Empty => return None,
            Self::Bytes(bytes) => (bytes, None),
            Self::Stream { stream, .. } => (Bytes::new(), Some(Mutex::new(stream))),
        };
        Some(reqwest::Body::wrap(Guarded {
            gate: gate.clone(),
            source,
            piece,
            left,
        }))
    }
}

/// Stands between a body and the network, and remembers what passed.
#[derive(Clone)]
pub(super) struct Gate(Arc<Shared>);

struct Shared {
    deadline: Deadline,
    len: u64,
    closed: AtomicBool,
    sent: watch::Sender<u64>,
    broken: Mutex<Option<Error>>,
}

impl Gate {
    pub(super) fn new(deadline: Deadline, len: u64) -> Self {
        Self(Arc::new(Shared {
            deadline,
            len,
            closed: AtomicBool::new(false),
            sent: watch::Sender::new(0),
            broken: Mutex::default(),
        }))
    }

    /// How much has been handed over.
    pub(super) fn sent(&self) -> u64 {
        *self.0.sent.borrow()
    }

    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.0.sent.subscribe()
    }

    /// Whether there is a body and nothing of it was handed over.
    pub(super) fn is_untouched(&self) -> bool {
        self.0.len > 0 && self.sent() == 0
    }

    /// Why the body itself broke off. The request was then never complete.
    pub(super) fn broken(&self) -> Option<Error> {
        let broken = self.0.broken.lock();
        broken.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn check(&self) -> Result<()> {
        if self.0.closed.load(Ordering::Acquire) {
            let message = "the call has ended before its body";
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        if self.0.deadline.has_passed() {
            let message = "the deadline passed before the request was complete";
            return Err(Error::new(ErrorKind::Timeout, message));
        }
        Ok(())
    }

    fn breaks(&self, error: Error) -> Error {
        let mut broken = self.0.broken.lock().unwrap_or_else(PoisonError::into_inner);
        broken.get_or_insert(error).clone()
    }
}

/// Closes the gate when the call ends: nothing more of the body is sent behind its back.
pub(super) struct Closer<'a>(pub(super) &'a Gate);

impl Drop for Closer<'_> {
    fn drop(&mut self) {
        self.0.0.closed.store(true, Ordering::Release);
    }
}

/// A body of an exact length that fails rather than being complete too late, too short or too long.
struct Guarded {
    gate: Gate,
    /// Only ever reached through `&mut`; the lock makes it `Sync`.
    source: Option<Mutex<ByteStream>>,
    piece: Bytes,
    left: u64,
}

impl Guarded {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        while self.piece.is_empty() {
            if self.left == 0 {
                return Poll::Ready(None);
            }
            let next = match &mut self.source {
                Some(source) => {
                    let stream = source.get_mut().unwrap_or_else(PoisonError::into_inner);
                    ready!(stream.as_mut().poll_next(cx))
                }
                None => None,
            };
            match next {
                Some(Ok(piece)) if piece.len() as u64 <= self.left => self.piece = piece,
                Some(Ok(_)) => return Poll::Ready(Some(Err(wrong_length("more")))),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(Some(Err(wrong_length("fewer")))),
            }
        }
        // Asked last: whatever time reading took has passed by now.
        if let Err(error) = self.gate.check() {
            return Poll::Ready(Some(Err(error)));
        }
        let piece = self.piece.split_to(self.piece.len().min(PIECE));
        self.left -= piece.len() as u64;
        self.gate
            .0
            .sent
            .send_modify(|sent| *sent += piece.len() as u64);
        Poll::Ready(Some(Ok(piece)))
    }
}

fn wrong_length(word: &str) -> Error {
    let message = format!("the body has {word} bytes than announced");
    Error::new(ErrorKind::Storage, message)
}

impl Body for Guarded {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>>>> {
        let piece = ready!(self.poll_piece(cx));
        Poll::Ready(match piece {
            Some(Ok(piece)) => Some(Ok(Frame::data(piece))),
            Some(Err(error)) => Some(Err(self.gate.breaks(error))),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
