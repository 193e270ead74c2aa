use std::time::Duration;

use anyhow::bail;

use crate::{Found, database::Tables, say, settings::Settings};

/// So many are shown.
const SHOWN: u32 = 100;

/// Shows what is blocked, or ends the block of one key.
pub(crate) async fn unblock(settings: &Settings, key: Option<&str>) -> anyhow::Result<Found> {
    let stores = settings.stores(Tables::AsTheyAre).await?;
    let limits = stores.limits;
    let Some(key) = key else {
        let blocks = limits.blocks(SHOWN).await?;
        if blocks.is_empty() {
            say("nothing is blocked");
        }
        for block in blocks {
            say(&format!("{}: {} more", block.key, about(block.left)));
        }
        return Ok(Found::Well);
    };
    if !limits.unblock(key).await? {
        bail!("{key:?} is not blocked: `worker unblock` shows what is. Nothing was changed");
    }
    say(&format!(
        "{key} is free: what comes now goes on at once. Posts that were put off go on at the time that they show, within a day"
    ));
    Ok(Found::Well)
}

/// In words, rounded up.
fn about(left: Duration) -> String {
    let minutes = left.as_secs().div_ceil(60);
    match minutes {
        0..=119 => format!("{minutes} min"),
        _ => format!("{} h", minutes.div_ceil(60)),
    }
}
