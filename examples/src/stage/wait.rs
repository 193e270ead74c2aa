//! Real waiting, for programs that watch other processes.

use std::time::Duration;

use social_core::time::{Clock, SystemClock};

/// Waits in real time.
pub async fn pause(wait: Duration) {
    SystemClock::default().sleep(wait).await;
}

/// The future's output, or nothing when `limit` has passed first.
pub async fn within<F: Future + Send>(limit: Duration, future: F) -> Option<F::Output>
where
    F::Output: Send,
{
    tokio::select! {
        output = future => Some(output),
        () = pause(limit) => None,
    }
}

/// Prints a line. A closed standard output is no reason to stop.
pub fn say(line: &str) {
    use std::io::Write;
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
