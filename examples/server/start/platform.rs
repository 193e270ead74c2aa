//! TikTok, or the sandbox in its place.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Result, bail};
use social_sandbox::{DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, Sandbox, StartError};
use social_tiktok::{PublishSettings, Route, TikTok};
use url::Url;

use super::data::Data;
use crate::login::callback_address;
use crate::own::Own;
use crate::settings::{Platform, Settings};
use crate::tiktok::TikTokApp;

/// Where the sandbox's port is remembered, so that its addresses stay the same.
const PORT: &str = "sandbox_port";

/// The platform, ready.
pub(super) struct Started {
    pub(super) kit: TikTok,
    pub(super) app: TikTokApp,
    /// The address of the sandbox, its own or another.
    pub(super) address: Option<Url>,
    /// The one that this process runs.
    pub(super) sandbox: Option<Sandbox>,
}

/// Starts the sandbox if it is wanted, and makes the client.
pub(super) async fn start(
    settings: &Settings,
    own: &Own,
    data: &Data,
    base: &Url,
) -> Result<Started> {
    let (mut builder, address, sandbox) = match &settings.tiktok {
        Platform::Sandbox => {
            let sandbox = start_sandbox(own, data).await?;
            // As TikTok's portal is told: where its webhooks go. A restart may have another port.
            let webhooks = base.join("/api/webhooks/tiktok")?;
            sandbox
                .control()
                .set_webhook(DEMO_CLIENT_KEY, Some(webhooks.as_str()))?;
            let address = Url::parse(sandbox.url())?;
            let builder = TikTok::builder()
                .client_key(DEMO_CLIENT_KEY)
                .client_secret(DEMO_CLIENT_SECRET);
            (builder, Some(address), Some(sandbox))
        }
        Platform::App {
            key,
            secret,
            sandbox,
        } => {
            let builder = TikTok::builder()
                .client_key(key)
                .client_secret(secret.clone());
            (builder, sandbox.clone(), None)
        }
    };
    if let Some(address) = &address {
        // A sandbox is done in a second, so it is asked more often than the platform may be.
        let polling = PublishSettings::default().polling(
            Duration::from_millis(400),
            Duration::from_secs(1),
            Duration::from_secs(10),
        );
        builder = builder.base_url(address.as_str()).publishing(polling);
    }
    let kit = builder.scopes(settings.scopes.clone()).build()?;
    let app = TikTokApp {
        publishing: kit.publisher(),
        connector: kit.connector(Route::of(&callback_address(base)?)),
    };
    Ok(Started {
        kit,
        app,
        address,
        sandbox,
    })
}

/// On the port of the last run: what is under way has it in its addresses, and would wait for ever on another one.
async fn start_sandbox(own: &Own, data: &Data) -> Result<Sandbox> {
    let known = own.recall(PORT).await?.and_then(|port| port.parse().ok());
    let at = |port: u16| {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Sandbox::builder()
            .listen(address)
            .state_file(data.file("sandbox.json"))
    };
    let sandbox = match at(known.unwrap_or(0)).start().await {
        Err(StartError::Bind { address, .. }) if known.is_some() => bail!(
            "{address}, where this folder's sandbox was, is used by another program, and what is under way goes there: end \
             that program, or begin anew with another folder by --data-dir"
        ),
        started => started?,
    };
    let port = Url::parse(sandbox.url())?.port();
    if let Some(port) = port.filter(|port| Some(*port) != known) {
        own.remember(PORT, &port.to_string()).await?;
    }
    Ok(sandbox)
}
