//! The sandbox as a program.

use anyhow::Context;
use clap::Parser;
use tracing_subscriber::EnvFilter;

mod args;

use args::Args;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    tracing_subscriber::fmt()
        .with_env_filter(log_filter()?)
        .with_writer(std::io::stderr)
        .init();
    let settings = args.check().map_err(anyhow::Error::msg)?;
    let stop = stop_signal()?;
    let sandbox = settings
        .builder()
        .start()
        .await
        .context("the sandbox did not start")?;
    settings.greet(&sandbox);
    stop.await;
    sandbox.stop().await;
    Ok(())
}

/// As `RUST_LOG` says; an empty one counts as not given.
fn log_filter() -> anyhow::Result<EnvFilter> {
    let named = std::env::var("RUST_LOG").unwrap_or_default();
    let named = Some(named.trim()).filter(|named| !named.is_empty());
    EnvFilter::try_new(named.unwrap_or("info")).map_err(|_| {
        anyhow::anyhow!("RUST_LOG is not a filter of the log: give a level such as info")
    })
}

/// Ends on Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

/// Ends on Ctrl-C or SIGTERM.
#[cfg(unix)]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).context("signals cannot be listened for");
    let (mut interrupt, mut terminate) = (
        listen(SignalKind::interrupt())?,
        listen(SignalKind::terminate())?,
    );
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
