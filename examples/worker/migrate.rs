use crate::{Found, database::Tables, say, settings::Settings};

/// Makes or upgrades the tables.
pub(crate) async fn migrate(settings: &Settings) -> anyhow::Result<Found> {
    let database = settings.database();
    // What is wrong with the database is said by the store, which knows what to do about it.
    let before = database.version().await;
    drop(settings.stores(Tables::Migrate).await?);
    let (before, now) = (before?, database.version().await?.unwrap_or_default());
    say(&match before {
        None => format!("{database}: tables made, version {now}"),
        Some(before) if before == now => format!("{database}: already at version {now}"),
        Some(before) => format!("{database}: upgraded from version {before} to {now}"),
    });
    Ok(Found::Well)
}
