//! A store of one's own beside those of the family: pending logins as files in a folder, everything else in SQLite. With
//! nothing set it connects an account of a sandbox and shows the file come and go.
//!
//! The store is in `logins.rs` (the trait), `sealed.rs` (rotation of keys) and `folder.rs` (files, locks); the suites
//! that hold it to the contract are mounted in `examples/tests/it/custom_store.rs`. Copy those four files to begin with.
#![expect(
    clippy::print_stdout,
    reason = "a program speaks to the person who runs it"
)]

mod folder;
mod logins;
mod sealed;

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use examples::stage::{Decision, REDIRECT, Setup, browse, desktop, owner, tiktok};
use secrecy::ExposeSecret;
use social_core::{LocalKeyRing, MediaDir, Social, Stores, store::LoginStore};
use social_sandbox::Sandbox;
use social_store_sqlite::SqliteStore;
use url::Url;

use folder::Folder;
use logins::FolderLogins;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let logins_folder = folder.path().join("logins");
    let sandbox = Sandbox::builder().start().await?;

    let logins = Arc::new(FolderLogins(Folder::open(&logins_folder)?));
    let mut stores = Stores::from(SqliteStore::open(folder.path().join("social.db")).await?);
    stores.logins = logins.clone();
    stores.sealed.push(logins.clone()); // what it keeps is sealed, so it takes part when keys rotate
    let social = Social::builder()
        .stores(stores)
        .keys(LocalKeyRing::file(folder.path().join("social.key")))
        .media(MediaDir::open(folder.path().join("media"))?)
        .platform(tiktok(sandbox.url(), &Setup::default())?)
        .build()
        .await?;

    let (route, redirect) = (desktop(&social)?, Url::parse(REDIRECT)?);
    let start = social
        .begin_login(&owner(), &route, None, &redirect)
        .await?;
    println!("begun:     {}", files(&logins_folder)?);
    let query = browse(start.url.expose_secret(), "studio-account", Decision::Allow).await?;
    let offer = social
        .finish_login(&owner(), &route, &redirect, Some(&start.browser), &query)
        .await?;
    // The login is a mark now, without its secrets, so that a second callback can be told what happened.
    println!("came back: {}", files(&logins_folder)?);
    let chosen: Vec<_> = offer.accounts.iter().map(|it| it.account.clone()).collect();
    let linked = social.accept_offer(&owner(), offer.id, &chosen).await?;
    println!("accepted:  {}", files(&logins_folder)?);
    let account = linked.first().context("an account")?;
    println!("connected: {} account", account.key.platform);

    let later = social.clock().now() + Duration::from_secs(3_600);
    println!(
        "purged:    {} file, an hour later",
        logins.purge(later).await?
    );
    social.close().await?;
    sandbox.stop().await;
    Ok(())
}

/// How many logins and offers there are.
fn files(folder: &Path) -> anyhow::Result<String> {
    let mut counts = [0; 2];
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        for (count, kind) in counts.iter_mut().zip([logins::LOGIN, logins::OFFER]) {
            *count += usize::from(name.to_string_lossy().starts_with(kind));
        }
    }
    Ok(format!("logins {}, offers {}", counts[0], counts[1]))
}
