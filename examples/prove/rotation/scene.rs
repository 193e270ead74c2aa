//! Keys rotate on one store.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::ensure;
use examples::stage::{self, Database, Ground, NOWHERE, Setup, pause};
use futures_util::{StreamExt, TryStreamExt, stream};
use social_core::{
    LocalKeyRing, Social, Stores, Vault,
    memory::MemoryStore,
    random::SystemRandom,
    store::{SealedField, SealedPage, SealedValue},
    time::{Clock, SystemClock},
};
use social_workers::{ResealSettings, ResealWorker};
use tempfile::TempDir;

use super::{crew::Crews, keys::KeyFile, table::Line, values};
use crate::Counts;

/// How long everybody works with two keys at least, and again before the old one is taken away: a value that somebody has
/// read and not yet opened is under it.
const WHILE: Duration = Duration::from_millis(500);

/// Rounds after which everything must be under the new key.
const ROUNDS: usize = 20;

/// How many rows are written at the same time before anything rotates.
const AT_ONCE: usize = 16;

pub(crate) async fn on_memory(counts: Counts, plant: bool) -> anyhow::Result<Line> {
    let folder = TempDir::new()?;
    let file = KeyFile::new(folder.path())?;
    let stores: Stores = MemoryStore::default().into();
    let social = stage::social_on(stores, folder.path(), NOWHERE, Setup::default()).await?;
    fill(&social, counts.rows).await?;
    let crews = Crews::here(&social, counts.rows);
    let line = rotate(&social, file, crews, counts, plant).await?;
    Ok(Line {
        store: "memory",
        ..line
    })
}

pub(crate) async fn on(database: Database, counts: Counts, plant: bool) -> anyhow::Result<Line> {
    let ground = Ground::open(database).await?;
    let folder = ground.folder().await?;
    let file = KeyFile::new(folder.path())?;
    let social = stage::social(folder.path(), NOWHERE, Setup::default()).await?;
    fill(&social, counts.rows).await?;
    let crews = Crews::there(folder.path(), counts.rows).await?;
    let line = rotate(&social, file, crews, counts, plant).await?;
    starts_with_it(folder.path(), plant).await?;
    Ok(Line {
        store: database.name(),
        ..line
    })
}

async fn fill(social: &Social, rows: u64) -> anyhow::Result<()> {
    let stores = social.worker().stores();
    let row = |number| async move {
        let account = values::account(social, number).await?;
        stores
            .tokens
            .save(&account, social_core::store::Expect::Absent)
            .await?;
        stores
            .posts
            .submit(&values::post(social, number, number).await?)
            .await?;
        stores
            .logins
            .put(&values::login(social, number).await?)
            .await?;
        stores
            .logins
            .put_offer(&values::offer(social, number).await?)
            .await?;
        anyhow::Ok(())
    };
    let rows = stream::iter(0..rows).map(row);
    rows.buffer_unordered(AT_ONCE).try_collect().await
}

async fn rotate(
    social: &Social,
    mut file: KeyFile,
    mut crews: Crews,
    counts: Counts,
    plant: bool,
) -> anyhow::Result<Line> {
    let since = SystemClock::default().elapsed();
    let mut line = Line {
        rotations: counts.rotations,
        ..Line::default()
    };
    for _ in 0..counts.rotations {
        file.put_in_front()?;
        if plant {
            file.drop_old()?;
            crews.reload().await?;
            pause(WHILE).await;
            continue;
        }
        // Not everybody is told: who meets a value under the new key looks for it.
        pause(WHILE).await;
        line.resealed += reseal(social).await?;
        crews.reload().await?;
        // What was sealed under the old key by who had not heard of the new one.
        line.resealed += reseal(social).await?;
        pause(WHILE).await;
        file.drop_old()?;
        crews.reload().await?;
        social.reload_keys().await?;
    }
    line.tally = crews.end().await?;
    line.took = SystemClock::default().elapsed() - since;
    look(social, file.current(), &mut line).await?;
    Ok(line)
}

/// Seals everything again, until the worker says that the old key can go; how many values it sealed.
async fn reseal(social: &Social) -> anyhow::Result<u64> {
    let mut settings = ResealSettings::default();
    settings.pause = Duration::from_millis(2);
    let worker = ResealWorker::new(social).settings(settings);
    let mut resealed = 0;
    for _ in 0..ROUNDS {
        let report = worker.run_once().await?;
        resealed += report.resealed;
        if report.is_done() {
            return Ok(resealed);
        }
        ensure!(report.unreadable.is_empty(), "{report:?}");
    }
    anyhow::bail!("the old key is in use for ever")
}

/// Opens every value with the last key alone, and compares the counts with the writes.
async fn look(social: &Social, key: &[u8; 32], line: &mut Line) -> anyhow::Result<()> {
    let stores = social.worker().stores();
    let installation = stores.installation.installation().await?;
    let ring = Arc::new(LocalKeyRing::from_keys([key])?);
    let vault = Vault::new(installation.id, ring, Arc::new(SystemRandom::default()));
    let prefix = vault.prefix().await?;
    let mut counted = 0;
    for field in SealedField::ALL {
        for value in every(stores, field).await? {
            line.values += 1;
            line.old += u64::from(!value.sealed.starts_with(&prefix));
            let plain = vault.open(&field.place(&value.row), &value.sealed).await;
            let count = plain
                .ok()
                .and_then(|plain| values::count(field, &value.row, &plain));
            match count {
                Some(count) if field == SealedField::Tokens => counted += count,
                Some(_) => {}
                None => line.lost += 1,
            }
        }
    }
    line.lost += line.tally.accounts.abs_diff(counted);
    Ok(())
}

/// Every value of a field.
async fn every(stores: &Stores, field: SealedField) -> anyhow::Result<Vec<SealedValue>> {
    // Nothing begins like this.
    let mut page = SealedPage::new(field, vec![u8::MAX; 9], 500);
    let mut values = Vec::new();
    for store in &stores.sealed {
        page.after = None;
        loop {
            let some = store.sealed(&page).await?;
            let is_last = some.len() < 500;
            page.after = some.last().map(|value| value.row.clone());
            values.extend(some);
            if is_last {
                break;
            }
        }
    }
    ensure!(!values.is_empty(), "nothing is sealed in {field:?}");
    Ok(values)
}

/// A process starts on the store with the last key alone.
async fn starts_with_it(folder: &Path, plant: bool) -> anyhow::Result<()> {
    let started = stage::social(folder, NOWHERE, Setup::default()).await;
    ensure!(
        plant || started.is_ok(),
        "it does not start with the last key alone"
    );
    Ok(())
}
