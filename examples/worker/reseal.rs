use social_workers::ResealWorker;

use crate::{Found, say, settings::Settings};

/// Seals everything under the newest key, once.
pub(crate) async fn reseal(settings: &Settings) -> anyhow::Result<Found> {
    let social = settings.social_at_rest().await?;
    let report = ResealWorker::new(&social)
        .on_progress(|report| tracing::info!(resealed = report.resealed, "sealing again"))
        .run_once()
        .await?;
    social.close().await?;
    say(&format!(
        "{} values sealed again under key {}",
        report.resealed, report.key
    ));
    for unreadable in &report.unreadable {
        say(&format!(
            "{} values of {:?} cannot be opened: {}",
            unreadable.rows, unreadable.field, unreadable.error
        ));
    }
    if !report.is_done() {
        say("older keys are still needed: repeat this when what is said above is mended");
        return Ok(Found::Trouble);
    }
    say(
        "older keys can be dropped, once every running process has the new one. Keep them with the backups and spools \
         that were made under them",
    );
    Ok(Found::Well)
}
