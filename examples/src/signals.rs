//! The wish to stop, of every program.

use anyhow::Context as _;

/// Ends on Ctrl-C or SIGTERM; listens from now on.
///
/// # Errors
/// When signals cannot be listened for.
#[cfg(unix)]
pub fn stop() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).context("signals cannot be listened for");
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ends on Ctrl-C.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn stop() -> anyhow::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
