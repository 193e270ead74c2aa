//! Configuring and starting a sandbox.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::media::MediaHost;
use crate::sandbox::{Sandbox, Tasks};
use crate::server::Phase;
use crate::shared::{Settings, Shared};
use crate::tiktok::app::App;
use crate::tiktok::webhook::courier;
use crate::world::World;
use crate::{random, server, state_file};

/// The client key of the app that is there when none is named.
pub const DEMO_CLIENT_KEY: &str = "sbaw-demo";
/// Its client secret.
pub const DEMO_CLIENT_SECRET: &str = "demo-secret";
/// The redirect URIs of apps given to the builder when none is named.
pub const DEMO_REDIRECT_URIS: [&str; 2] = [
    "http://127.0.0.1:*/api/auth/tiktok/callback",
    "http://localhost:*/api/auth/tiktok/callback",
];

/// Says how a sandbox is to be. Every setting has a default.
#[derive(Clone, Debug)]
pub struct SandboxBuilder {
    listen: SocketAddr,
    apps: Vec<App>,
    redirect_uris: Vec<String>,
    webhook: Option<String>,
    state_file: Option<PathBuf>,
    seed: Option<u64>,
    settings: Settings,
    media: Vec<MediaHost>,
    domains: Vec<String>,
    url_prefixes: Vec<String>,
}

impl Default for SandboxBuilder {
    /// A free port of 127.0.0.1, the demo app, nothing kept.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            apps: Vec::new(),
            redirect_uris: Vec::new(),
            webhook: None,
            state_file: None,
            seed: None,
            settings: Settings::default(),
            media: Vec::new(),
            domains: Vec::new(),
            url_prefixes: Vec::new(),
        }
    }
}

impl SandboxBuilder {
    /// Where to listen: a loopback address. Port 0 takes a free port.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Adds an audited TikTok app. The demo app is there only if no app is named.
    #[must_use]
    pub fn tiktok_app(
        self,
        client_key: impl Into<String>,
        client_secret: impl Into<String>,
    ) -> Self {
        self.app(App::new(client_key, client_secret))
    }

    /// Adds a TikTok app with everything there is to say about it.
    #[must_use]
    pub fn app(mut self, app: App) -> Self {
        self.apps.push(app);
        self
    }

    /// Adds a redirect URI to every app that has none of its own. A loopback URI may have `*` for
    /// its port. [`DEMO_REDIRECT_URIS`] if none is named.
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// Has the events of every app that names no address of its own sent to this one: http on this
    /// machine.
    #[must_use]
    pub fn webhook(mut self, url: impl Into<String>) -> Self {
        self.webhook = Some(url.into());
        self
    }

    /// Keeps the state in this file, across restarts. Apps named here replace those in the file.
    #[must_use]
    pub fn state_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.state_file = Some(path.into());
        self
    }

    /// Makes codes and tokens the same in every run that makes the same calls in the same order.
    /// Ids of publishes and posts also carry the second they were made in.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// A folder that media are fetched from, instead of from `https://HOST/`. May be named
    /// several times.
    #[must_use]
    pub fn media(self, url: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        self.media_host(MediaHost::new(url, folder))
    }

    /// A folder that media are fetched from, with its speed.
    #[must_use]
    pub fn media_host(mut self, host: MediaHost) -> Self {
        self.media.push(host);
        self
    }

    /// A verified domain of each app named here. It covers its subdomains.
    #[must_use]
    pub fn verified_domain(mut self, domain: impl Into<String>) -> Self {
        self.domains.push(domain.into());
        self
    }

    /// A verified URL prefix of each app named here, `https://HOST/PATH/`.
    #[must_use]
    pub fn verified_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.url_prefixes.push(prefix.into());
        self
    }

    /// Delays, limits and hashing.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// The apps, each with its redirect URIs.
    pub(crate) fn all_apps(&self) -> Vec<App> {
        let mut apps = self.apps.clone();
        if apps.is_empty() {
            apps.push(App::new(DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET));
        }
        for app in &mut apps {
            app.domains.extend(self.domains.iter().cloned());
            app.url_prefixes.extend(self.url_prefixes.iter().cloned());
        }
        for app in apps.iter_mut().filter(|app| app.redirect_uris.is_empty()) {
            app.redirect_uris = if self.redirect_uris.is_empty() {
                DEMO_REDIRECT_URIS.map(str::to_owned).to_vec()
            } else {
                self.redirect_uris.clone()
            };
        }
        for app in apps.iter_mut().filter(|app| app.webhook.is_none()) {
            app.webhook.clone_from(&self.webhook);
        }
        apps
    }

    fn world(&self) -> Result<(World, Clock), StartError> {
        let kept = self.state_file.as_ref().map(|path| {
            let reason = |reason| StartError::State {
                path: path.clone(),
                reason,
            };
            state_file::load(path).map_err(reason)
        });
        let (mut world, offset) = kept.transpose()?.flatten().unwrap_or_default();
        world
            .random
            .rekey(random::key(self.seed).map_err(StartError::Random)?);
        let clock = Clock::ahead_by(offset);
        for app in self.all_apps() {
            app.check().map_err(StartError::App)?;
            world.register(app, clock.now());
        }
        Ok((world, clock))
    }

    /// Starts it. Needs a tokio runtime, whose tasks it then is.
    ///
    /// # Errors
    /// The address is not a loopback address or is taken; an app, redirect URI or webhook URL is not
    /// one it can register; the state file cannot be read or written.
    pub async fn start(self) -> Result<Sandbox, StartError> {
        let address = self.listen;
        if !address.ip().is_loopback() {
            return Err(StartError::NotLoopback(address));
        }
        let (world, clock) = self.world()?;
        let bind = |cause| StartError::Bind { address, cause };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let url = format!("http://{}", listener.local_addr().map_err(bind)?);
        let (asks, asked) = mpsc::channel(1);
        let shared = Arc::new(Shared::new(url, clock, world, self.settings, asks));
        for host in self.media {
            shared.media.add(host).map_err(StartError::Media)?;
        }
        let (phase, phases) = watch::channel(Phase::Running);
        let keeper = match self.state_file {
            Some(path) => {
                let reason = |error: io::Error| StartError::State {
                    path: path.clone(),
                    reason: format!("it cannot be written ({error})"),
                };
                state_file::save(&path, &shared).await.map_err(reason)?;
                let keep = state_file::keep(path, Arc::clone(&shared), phases.clone());
                Some(tokio::spawn(keep))
            }
            None => None,
        };
        let courier = courier::run(Arc::clone(&shared), asked, phases.clone());
        let courier = tokio::spawn(courier);
        let router = server::router(&shared);
        let server = tokio::spawn(server::serve(listener, router, phases));
        let tasks = Tasks {
            server,
            courier,
            keeper,
        };
        Ok(Sandbox::new(shared, phase, tasks))
    }
}

/// Why a sandbox did not start. Each says its cause itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// It listens on loopback only: its control surface has no password.
    #[error("{0} is not a loopback address; the sandbox listens on 127.0.0.1 or [::1] only")]
    NotLoopback(SocketAddr),
    /// The address cannot be listened on.
    #[error("{}", not_bound(address, cause))]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        cause: io::Error,
    },
    /// An app or a redirect URI is not one TikTok would register.
    #[error("{0}")]
    App(String),
    /// A folder of media cannot be used.
    #[error("{0}")]
    Media(String),
    /// The state file cannot be used.
    #[error("state file {}: {reason}", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system has no randomness.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

fn not_bound(address: &SocketAddr, cause: &io::Error) -> String {
    if cause.kind() == io::ErrorKind::AddrInUse {
        format!(
            "{address} is taken; stop the program that listens there, or choose another port (port 0 takes a free one)"
        )
    } else {
        format!("cannot listen on {address}: {cause}")
    }
}
