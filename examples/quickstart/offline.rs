//! TikTok from the environment, or a sandbox in its place.

use social_sandbox::{DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, Sandbox};
use social_tiktok::TikTok;

/// What names an app. An empty variable names none; half an app is told to be one by `TikTok::from_env`.
const NAMED_BY: [&str; 3] = [
    "TIKTOK_BASE_URL",
    "TIKTOK_CLIENT_KEY",
    "TIKTOK_CLIENT_SECRET",
];

/// Without an app in the environment a sandbox stands in. It keeps its state, so a second run goes on where the first
/// ended.
pub(crate) async fn tiktok() -> anyhow::Result<(TikTok, Option<Sandbox>)> {
    let named = |name: &&str| std::env::var(name).is_ok_and(|value| !value.trim().is_empty());
    if NAMED_BY.iter().any(named) {
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
