use anyhow::bail;

use crate::{Found, held, say, settings::Settings};

/// Accepts the present incarnation, which an operator has looked at and repeats.
pub(crate) async fn accept(settings: &Settings, name: &str) -> anyhow::Result<Found> {
    let social = settings.social_at_rest().await?;
    let now = social.incarnations().await?;
    if now.present.as_str() != name {
        bail!(
            "the present incarnation is {}, not the one given: look with `worker status`, make sure that no other copy \
             of the data is at work, and give its name. Nothing was changed",
            now.present
        );
    }
    if now.is_same() {
        say("it was accepted already; nothing was changed");
        return Ok(Found::Well);
    }
    let accepted = social.accept_incarnation(&now.present).await?;
    let grace = social.restore_grace().as_secs();
    let held = held::waiting(&social).await?;
    social.close().await?;
    say("accepted: workers go on by themselves");
    if held > 0 {
        say(&format!(
            "{held} posts are held: they came under keys that may have been used before, or may have been moved to an earlier \
             time and sent. Look with `worker held`"
        ));
    }
    if accepted.asked_about > 0 {
        say(&format!(
            "{} posts may have been sent from the other copy of the data. In {grace} s workers ask the platform about each \
             before anything else; what it cannot tell becomes undecided and is not sent again: look with `worker status`",
            accepted.asked_about
        ));
    }
    Ok(match held {
        0 => Found::Well,
        _ => Found::Trouble,
    })
}
