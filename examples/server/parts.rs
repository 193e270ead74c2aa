//! Everything of the server, for its program and for the tests of its parts. Both roots make these names their own, so that
//! `crate::app` is the same module in either.

pub(crate) mod app;
pub(crate) mod assets;
pub(crate) mod carry;
pub(crate) mod errors;
pub(crate) mod form;
pub(crate) mod headers;
pub(crate) mod intent;
pub(crate) mod live;
pub(crate) mod login;
pub(crate) mod own;
pub(crate) mod present;
pub(crate) mod receive;
pub(crate) mod routes;
pub(crate) mod serve;
pub(crate) mod session;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod slow;
pub(crate) mod start;
pub(crate) mod tiktok;
pub(crate) mod toast;
pub(crate) mod trace;
pub(crate) mod upload;
pub(crate) mod view;

use std::process::ExitCode;

/// The program: one line on standard output, the log on standard error, and at the end why it ended.
#[tokio::main]
pub(crate) async fn program() -> ExitCode {
    let run = async {
        let args: settings::Args = examples::settings::read("the server")?;
        // Without a log so far: what is wrong with it is said as with any other setting.
        let filter = examples::settings::log_filter("the server", "warn")?;
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .init();
        start::run(args.check()?).await
    };
    match run.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            use std::io::Write as _;
            // A closed standard error leaves the exit code.
            let _ = writeln!(std::io::stderr(), "{}", examples::told(&error));
            ExitCode::FAILURE
        }
    }
}
