//! A stream that fails when what is to be written does not move: who reads nothing holds nobody up.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use social_core::time::Clock;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The stream, and how long it has stood still with something to write.
pub(super) struct Moving<S> {
    stream: S,
    clock: Arc<dyn Clock>,
    patience: Duration,
    /// There while a write is pending; it ends when patience does.
    stalled: Option<Sleep>,
}

impl<S> Moving<S> {
    pub(super) fn new(stream: S, clock: Arc<dyn Clock>, patience: Duration) -> Self {
        Self {
            stream,
            clock,
            patience,
            stalled: None,
        }
    }

    /// What came of an attempt to write.
    fn after<T>(
        &mut self,
        attempt: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if attempt.is_ready() {
            self.stalled = None;
            return attempt;
        }
        let sleep = self.stalled.get_or_insert_with(|| {
            let (clock, patience) = (Arc::clone(&self.clock), self.patience);
            Box::pin(async move { clock.sleep(patience).await })
        });
        if sleep.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.stalled = None;
        let why = "nothing was read by the other side";
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, why)))
    }
}

impl<S> fmt::Debug for Moving<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Moving").finish_non_exhaustive()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Moving<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Moving<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let attempt = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.after(attempt, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let attempt = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.after(attempt, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let attempt = Pin::new(&mut self.stream).poll_flush(cx);
        self.after(attempt, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let attempt = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.after(attempt, cx)
    }
}
