//! A worker as it would run in production: any number of processes on any number of machines publish what was submitted,
//! refresh tokens, keep platforms sending, remove what is over and seal everything again when keys rotate. Its other commands are
//! for whoever operates them.
//!
//! ```text
//! worker migrate                   makes or upgrades the tables
//! worker status                    how everything stands; exit code 3 when an operator is needed
//! worker accept-incarnation NAME   lets work go on after a restore, a failover or a clone
//! worker held                      lists posts that wait for an operator's word since then
//! worker release POST...           lets them go: they are not out
//! worker cancel POST...            cancels them: they are out
//! worker reseal                    seals everything under the newest key
//! worker unblock [KEY]             shows what a platform has blocked, or lets a key go
//! worker run                       works until SIGTERM
//! ```

mod accept;
mod database;
mod held;
mod migrate;
mod reseal;
mod run;
mod settings;
mod status;
mod unblock;

use std::{
    io::{IsTerminal as _, Write as _},
    process::ExitCode,
};

use tracing_subscriber::EnvFilter;

use social_core::model::OwnerId;

use settings::{Args, Command, LogFormat, PROGRAM};

/// How a command that did its work found things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Well,
    /// Somebody has to do something.
    Trouble,
}

#[tokio::main]
async fn main() -> ExitCode {
    match command().await {
        Ok(Found::Well) => ExitCode::SUCCESS,
        Ok(Found::Trouble) => ExitCode::from(3),
        Err(error) => {
            // A closed standard error leaves the exit code.
            let _ = writeln!(std::io::stderr(), "worker: {}", examples::told(&error));
            ExitCode::FAILURE
        }
    }
}

async fn command() -> anyhow::Result<Found> {
    let args: Args = examples::settings::read(PROGRAM)?;
    let (filter, format) = args.log()?;
    log(filter, format);
    let settings = args.check()?;
    match &args.command {
        Command::AcceptIncarnation { name } => accept::accept(&settings, name).await,
        Command::Cancel { posts } => held::cancel(&settings, posts).await,
        Command::Held => held::list(&settings).await,
        Command::Release { all: true, .. } => held::release_all(&settings).await,
        Command::Release { posts, .. } => held::release(&settings, posts).await,
        Command::Migrate => migrate::migrate(&settings).await,
        Command::Reseal => reseal::reseal(&settings).await,
        Command::Run(run) => run::run(&settings, run).await,
        Command::Status { owner } => {
            let owner = examples::settings::given(owner.as_deref());
            let owner = owner.map(OwnerId::new).transpose()?;
            status::status(&settings, owner.as_ref()).await
        }
        Command::Unblock { key } => {
            let key = examples::settings::given(key.as_deref());
            unblock::unblock(&settings, key).await
        }
    }
}

/// The log goes to standard error, what a command finds to standard output.
fn log(filter: EnvFilter, format: LogFormat) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Json => builder.json().init(),
        LogFormat::Text => builder.init(),
    }
}

/// One line on standard output. A closed one is no reason to stop.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
