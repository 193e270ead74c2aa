//! A stage: a folder with a store, a key and media, and a sandbox to talk to.

mod child;
mod clock;
mod cluster;
mod ground;
mod lanes;
mod login;
mod media;
mod relay;
pub mod rows;
mod search;
mod wait;

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use social_core::{
    LocalKeyRing, MediaDir, Social, Stores,
    http::ApiClient,
    hub::{IncarnationPolicy, SocialBuilder},
    model::{Account, MediaId, OwnerId},
    publish::{Consent, PublishRequest},
    time::{Clock, SystemClock},
    tokens::TokenSettings,
};
use social_sandbox::Sandbox;
use social_tiktok::{ChunkLimits, PostOptions, Privacy, TikTok};
use social_workers::PublishSettings;

pub use child::Worker;
pub use clock::{LeapClock, SkewedClock};
pub use cluster::{Cluster, Dump, Stop};
pub use ground::{Database, Ground, Shut, Snapshot, put_on_postgres, stores};
pub use lanes::{Jobs, in_lanes};
pub use login::{Decision, REDIRECT, browse, connect, connect_by, desktop};
pub use media::{clip, long_clip};
pub use relay::Relay;
pub use search::{Finding, Secret, Secrets};
pub use wait::{pause, say, within};

/// What accounts are asked for.
const SCOPES: [&str; 5] = [
    "user.info.basic",
    "user.info.profile",
    "video.list",
    "video.upload",
    "video.publish",
];

/// Who posts on a stage.
pub fn owner() -> OwnerId {
    OwnerId::from_stored("owner")
}

/// Chunks as small as the platform takes them, so that a small file has several.
pub const CHUNK: u64 = 5 * 1024 * 1024;

/// How a [`Social`] on a stage differs from the usual one.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Its clock.
    pub clock: Arc<dyn Clock>,
    /// Times of the refresh protocol.
    pub tokens: TokenSettings,
    /// The size of a chunk, for files of more than one; the usual one when `None`.
    pub chunk: Option<u64>,
    /// The name of its spool in the folder; one of this process's own when `None`. A process that starts again must
    /// have the same.
    pub spool: Option<String>,
    /// How long a write waits for whoever writes to the SQLite file; the usual time when `None`.
    pub busy: Option<Duration>,
    /// How long a call of the platform may take; the usual time when `None`.
    pub timeout: Option<Duration>,
    /// How long after its request a post may still begin; the usual time when `None`.
    pub settle: Option<Duration>,
    /// Whether calls share connections.
    pub keep_alive: bool,
    /// Who accepts another life of the data.
    pub incarnation_policy: IncarnationPolicy,
    /// How long posts under new keys are kept held after a loss; not at all when `None`.
    pub hold_after_loss: Option<Duration>,
    /// How long after a restore was accepted the platform is asked; the usual time when `None`.
    pub restore_grace: Option<Duration>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock::default()),
            tokens: tokens(),
            chunk: Some(CHUNK),
            spool: None,
            busy: None,
            timeout: None,
            settle: None,
            keep_alive: true,
            incarnation_policy: IncarnationPolicy::default(),
            hold_after_loss: None,
            restore_grace: None,
        }
    }
}

/// The least distance between two refreshes of an account on a stage.
pub const DISTANCE: Duration = Duration::from_millis(100);

/// The usual times, but for accounts that meet in seconds what else takes months.
fn tokens() -> TokenSettings {
    let mut settings = TokenSettings::default();
    settings.distance = DISTANCE;
    settings.refused_distance = DISTANCE;
    settings
}

/// The app, with the sandbox at `sandbox` as its platform.
///
/// # Errors
/// When the address is of no use.
pub fn tiktok(sandbox: &str, setup: &Setup) -> anyhow::Result<TikTok> {
    let millis = Duration::from_millis;
    let mut publishing =
        social_tiktok::PublishSettings::default().polling(millis(150), millis(300), millis(1_000));
    if let Some(chunk) = setup.chunk {
        publishing = publishing.chunks(ChunkLimits::new(chunk, chunk));
    }
    if let Some(settle) = setup.settle {
        publishing.settle = settle;
    }
    let mut tiktok = TikTok::builder()
        .client_key(social_sandbox::DEMO_CLIENT_KEY)
        .client_secret(social_sandbox::DEMO_CLIENT_SECRET)
        .base_url(sandbox)
        .clock(Arc::clone(&setup.clock))
        .scopes(SCOPES.into_iter().collect())
        .publishing(publishing.posts_per_day(u32::MAX));
    if let Some(timeout) = setup.timeout {
        tiktok = tiktok.timeout(timeout).chunk_timeout(timeout);
    }
    if !setup.keep_alive {
        tiktok = tiktok.http(single_calls(&setup.clock)?);
    }
    Ok(tiktok.build()?)
}

/// A client that opens a connection for each call.
fn single_calls(clock: &Arc<dyn Clock>) -> anyhow::Result<ApiClient> {
    let transport = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .http1_only()
        .pool_max_idle_per_host(0)
        .tls_certs_only([]);
    let client = ApiClient::builder(Arc::clone(clock)).transport(transport.build()?);
    Ok(client.build()?)
}

/// Everything of one installation in `folder`, with the sandbox at `sandbox` as its platform. On the database that a
/// [`Ground`] made for the folder; on SQLite without one.
///
/// # Errors
/// When the store, the key or the media folder cannot be opened.
pub async fn social(folder: &Path, sandbox: &str, setup: Setup) -> anyhow::Result<Social> {
    let stores = stores(folder, setup.busy).await?;
    social_on(stores, folder, sandbox, setup).await
}

/// As [`social`], with stores from elsewhere.
///
/// # Errors
/// When the key or the media folder cannot be opened.
pub async fn social_on(
    stores: Stores,
    folder: &Path,
    sandbox: &str,
    setup: Setup,
) -> anyhow::Result<Social> {
    let tiktok = tiktok(sandbox, &setup)?;
    let spool = setup
        .spool
        .unwrap_or_else(|| std::process::id().to_string());
    let builder = Social::builder().incarnation_policy(setup.incarnation_policy);
    let builder = (setup.hold_after_loss.into_iter()).fold(builder, SocialBuilder::hold_after_loss);
    let builder = (setup.restore_grace.into_iter()).fold(builder, SocialBuilder::restore_grace);
    builder
        .stores(stores)
        .keys(LocalKeyRing::file(folder.join("social.key")))
        .media(MediaDir::open(folder.join("media"))?)
        .spool(folder.join(format!("spool-{spool}")))
        .platform(tiktok)
        .clock(setup.clock)
        // A stage sets its clock on purpose.
        .clock_tolerance(Duration::MAX)
        .token_settings(setup.tokens)
        .build()
        .await
        .context("the stage")
}

/// A sandbox that takes any number of posts a day, and keeps all its other limits.
///
/// # Errors
/// When it cannot listen.
pub async fn sandbox() -> anyhow::Result<Sandbox> {
    let mut settings = social_sandbox::Settings::default();
    settings.posts_per_day = u64::MAX;
    settings.pending_shares = u64::MAX;
    Ok(Sandbox::builder().settings(settings).start().await?)
}

/// Leases that lapse soon, so that a proof need not wait long for them.
pub fn hasty() -> PublishSettings {
    let mut settings = PublishSettings::default();
    settings.lease = Duration::from_millis(1_500);
    settings.margin = Duration::from_millis(400);
    settings.idle = Duration::from_millis(100);
    settings.grace = Duration::from_secs(5);
    settings
}

/// An address at which no platform answers, for stages that need none.
pub const NOWHERE: &str = "http://127.0.0.1:9";

/// Posts the medium for everybody to see.
///
/// # Errors
/// When the post is not taken.
pub async fn submit(
    social: &Social,
    account: &Account,
    media: &MediaId,
    name: &str,
) -> anyhow::Result<social_core::Submission> {
    Ok(social.submit(account, name, request(media, name)?).await?)
}

/// A public video with these words.
///
/// # Errors
/// When it cannot be written down.
pub fn request(media: &MediaId, words: &str) -> anyhow::Result<PublishRequest> {
    let options = PostOptions::direct(Privacy::Public, Consent::given_by(owner()));
    Ok(PublishRequest::video(media.clone())
        .caption(words)
        .options(options)?)
}
