//! Publishes one video on TikTok, once, however often it is killed and started again.
//!
//! ```sh
//! cargo run --example quickstart                 # offline, with a sandbox and a short clip
//! TIKTOK_CLIENT_KEY=… TIKTOK_CLIENT_SECRET=… cargo run --example quickstart -- clip.mp4
//! ```

mod connect;
mod offline;

use std::path::PathBuf;

use social_core::{
    LocalKeyRing, MediaDir, MediaStoreExt, PublishRequest, Social, publish::Consent,
};
use social_store_sqlite::SqliteStore;
use social_tiktok::{PostOptions, Privacy};
use social_workers::PublishWorker;

const ME: &str = "me";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let clip = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/clip.mp4");
    let file = std::env::args_os()
        .nth(1)
        .map_or_else(|| clip.into(), PathBuf::from);
    std::fs::create_dir_all("quickstart-data")?;
    std::env::set_current_dir("quickstart-data")?;
    // `TikTok::from_env()?`, or a sandbox when the environment names no app.
    let (tiktok, sandbox) = offline::tiktok().await?;

    let social = Social::builder()
        .stores(SqliteStore::open("social.db").await?)
        .keys(LocalKeyRing::file("social.key"))
        .media(MediaDir::open("media")?)
        .platform(tiktok)
        .build()
        .await?;
    let account = match social.accounts(ME).await?.pop() {
        Some(account) => account,
        None => connect::connect(&social, ME).await?,
    };
    let request = PublishRequest::video(social.media().import(&file).await?)
        .caption("Hello from Rust")
        .options(PostOptions::direct(
            Privacy::SelfOnly,
            Consent::given_by(ME),
        ))?;
    // The same key is the same post: kill this anywhere and start it again.
    let post = social.submit(&account, "order-17", request).await?;
    let settled = social.settled(post, |status| connect::say(&status.to_string()));
    PublishWorker::new(&social).run(settled).await?;
    if let Some(sandbox) = sandbox {
        sandbox.stop().await;
    }
    Ok(())
}
