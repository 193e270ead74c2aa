//! The example server: connect a TikTok account, publish a video, watch it arrive. With nothing set it runs alone, with
//! a sandbox in TikTok's place.

mod app;
mod assets;
mod errors;
mod form;
mod headers;
mod live;
mod login;
mod own;
mod present;
mod routes;
mod serve;
mod session;
mod settings;
mod sign_in;
mod slow;
mod start;
mod tiktok;
mod toast;
mod trace;
mod upload;
mod view;

use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let run = async { start::run(settings::Args::parse().check()?).await };
    match run.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            use std::io::Write as _;
            // A closed standard error leaves the exit code.
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}
