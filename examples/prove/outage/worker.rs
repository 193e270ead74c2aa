//! A process that publishes and refreshes, as a service does.

use std::path::PathBuf;

use examples::stage::{self, Setup, say};
use social_workers::{PublishWorker, RefreshSettings, RefreshWorker};

pub(crate) async fn run(folder: PathBuf, sandbox: &str) -> anyhow::Result<()> {
    let social = stage::social(&folder, sandbox, Setup::default()).await?;
    say("ready");
    let mut settings = RefreshSettings::default();
    settings.idle = stage::hasty().idle;
    let refresh = RefreshWorker::new(&social).settings(settings);
    let publish = PublishWorker::new(&social).settings(stage::hasty());
    refresh.run(publish.run(std::future::pending())).await
}
