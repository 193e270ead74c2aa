//! TikTok from the environment, or a sandbox in its place.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context, bail};
use examples::settings::Check;
use social_sandbox::{DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, Sandbox, StartError};
use social_tiktok::{ChunkLimits, PublishSettings, TikTok};
use url::Url;

use crate::{data::Data, words::say};

/// The smallest part that TikTok takes: a short clip already has several, so that there is something to see.
const PART: u64 = 5_242_880;

/// What names an app. An empty variable names none; half an app is told to be one by `TikTok::from_env`.
const NAMED_BY: [&str; 3] = [
    "TIKTOK_BASE_URL",
    "TIKTOK_CLIENT_KEY",
    "TIKTOK_CLIENT_SECRET",
];

/// Without an app in the environment a sandbox stands in. It keeps its state and its port, so a second run goes on where the
/// first ended: also an upload, whose address names the port.
pub(crate) async fn tiktok(data: &Data) -> anyhow::Result<(TikTok, Option<Sandbox>)> {
    let mut check = Check::default();
    let named = NAMED_BY.map(|name| check.variable(name));
    let scopes = check.variable("TIKTOK_SCOPES");
    check.tiktok_scopes(scopes.as_deref());
    check.end("the quickstart", Some(()))?;
    if named.iter().any(Option::is_some) {
        return Ok((TikTok::from_env()?, None));
    }
    say(
        "No TikTok app is named in the environment: a sandbox on this machine stands in for TikTok.",
    );
    let sandbox = start(data).await?;
    let second = Duration::from_secs(1);
    let settings = PublishSettings::default()
        .chunks(ChunkLimits::new(PART, PART))
        .polling(second / 2, second, 10 * second);
    let tiktok = TikTok::builder()
        .client_key(DEMO_CLIENT_KEY)
        .client_secret(DEMO_CLIENT_SECRET)
        .base_url(sandbox.url())
        .publishing(settings)
        .build()?;
    Ok((tiktok, Some(sandbox)))
}

async fn start(data: &Data) -> anyhow::Result<Sandbox> {
    let kept = data.file("sandbox.port");
    let known = std::fs::read_to_string(&kept)
        .ok()
        .and_then(|port| port.trim().parse::<u16>().ok());
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, known.unwrap_or(0)));
    let started = Sandbox::builder()
        .listen(address)
        .state_file(data.file("sandbox.json"))
        .start()
        .await;
    let sandbox = match started {
        // On another port what is under way would be lost: its addresses name this one.
        Err(StartError::Bind { .. }) if known.is_some() => bail!(
            "{address}, where this folder's sandbox was, is used by another program; end that one, or delete {} to begin anew",
            data.file("").display()
        ),
        started => started.context("the sandbox does not start")?,
    };
    let port = Url::parse(sandbox.url())?.port().context("a port")?;
    if known != Some(port) {
        // Nothing has its address yet, so a write that is cut short costs nothing.
        std::fs::write(&kept, port.to_string())?;
    }
    Ok(sandbox)
}
