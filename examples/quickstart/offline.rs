//! TikTok from the environment, or a sandbox in its place.

use social_sandbox::{DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, Sandbox};
use social_tiktok::TikTok;

/// Without `TIKTOK_CLIENT_KEY` a sandbox stands in. It keeps its state, so a second run goes on where the first ended.
pub(crate) async fn tiktok() -> anyhow::Result<(TikTok, Option<Sandbox>)> {
    if std::env::var_os("TIKTOK_CLIENT_KEY").is_some() {
        return Ok((TikTok::from_env()?, None));
    }
    let sandbox = Sandbox::builder()
        .state_file("sandbox.json")
        .start()
        .await?;
    let tiktok = TikTok::builder()
        .client_key(DEMO_CLIENT_KEY)
        .client_secret(DEMO_CLIENT_SECRET)
        .base_url(sandbox.url())
        .build()?;
    Ok((tiktok, Some(sandbox)))
}
