#[cfg(test)]
mod tests;

use std::{ffi::OsString, fmt, sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use social_core::{
    BuildError,
    http::ApiClient,
    media::fetch::Fetcher,
    model::{AppId, Scopes},
    platform::BaseUrl,
    time::{Clock, SystemClock},
};

use crate::{
    client::{Client, Endpoints, Inner},
    kit::TikTok,
    oauth::{LoginSettings, Route, scope_list},
    publish::settings::PublishSettings,
    wire::token,
};

const CLIENT_KEY: &str = "TIKTOK_CLIENT_KEY";
const CLIENT_SECRET: &str = "TIKTOK_CLIENT_SECRET";
const BASE_URL: &str = "TIKTOK_BASE_URL";
const SCOPES_NAMED: &str = "TIKTOK_SCOPES";

/// What is asked for when a login names no scopes: what publishing and showing the account need.
const SCOPES: [&str; 3] = ["user.info.basic", "user.info.profile", "video.publish"];

/// Gathers what [`TikTok`] is made of: a client key and a client secret, and more if wanted.
#[derive(Default)]
pub struct TikTokBuilder {
    client_key: Option<String>,
    client_secret: Option<SecretString>,
    base_url: Option<String>,
    scopes: Option<Scopes>,
    http: Option<ApiClient>,
    clock: Option<Arc<dyn Clock>>,
    timeout: Option<Duration>,
    chunk_timeout: Option<Duration>,
    logins: LoginSettings,
    settings: PublishSettings,
    fetcher: Option<Fetcher>,
    /// A variable that is there and cannot be read. Taken for a missing one, it would lead elsewhere.
    not_text: Option<&'static str>,
    from_env: bool,
}

impl TikTokBuilder {
    /// Takes key, secret, base address and scopes from the environment. Blanks around a value are cut off, and an empty
    /// variable counts as missing.
    pub fn from_env() -> Self {
        Self::from_lookup(|name| std::env::var_os(name))
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let mut not_text = None;
        let mut get = |name| {
            let value = lookup(name)?;
            match value.to_str() {
                Some(text) => given(text),
                None => {
                    not_text.get_or_insert(name);
                    None
                }
            }
        };
        Self {
            client_key: get(CLIENT_KEY),
            client_secret: get(CLIENT_SECRET).map(SecretString::from),
            base_url: get(BASE_URL),
            scopes: get(SCOPES_NAMED).map(|text| token::scopes(&text)),
            not_text,
            from_env: true,
            ..Self::default()
        }
    }

    /// The app's public id.
    #[must_use]
    pub fn client_key(mut self, key: impl Into<String>) -> Self {
        self.client_key = Some(key.into());
        self
    }

    /// The app's secret.
    #[must_use]
    pub fn client_secret(mut self, secret: impl Into<SecretString>) -> Self {
        self.client_secret = Some(secret.into());
        self
    }

    /// A stand-in for TikTok: its hosts are then the first segment of the path, as
    /// `{base}/open.tiktokapis.com/v2/...`. An https address, or one of this machine.
    #[must_use]
    pub fn base_url(mut self, address: impl Into<String>) -> Self {
        self.base_url = Some(address.into());
        self
    }

    /// What is asked for when a login names no scopes; `user.info.basic`, `user.info.profile` and `video.publish` by
    /// default. Each must be approved for the app.
    #[must_use]
    pub fn scopes(mut self, scopes: Scopes) -> Self {
        self.scopes = Some(scopes);
        self
    }

    /// Whether logins of this route carry a PKCE challenge. TikTok demands it of desktop logins and documents none for web
    /// logins, where the client secret does its work: on for desktop and off for web by default.
    #[must_use]
    pub fn pkce(mut self, route: Route, on: bool) -> Self {
        match route {
            Route::Web => self.logins.web_pkce = on,
            Route::Desktop => self.logins.desktop_pkce = on,
        }
        self
    }

    /// Shows the consent page of a web login also to people who are signed in and have allowed everything before
    /// (`disable_auto_auth`). Off by default.
    #[must_use]
    pub fn disable_auto_auth(mut self, on: bool) -> Self {
        self.logins.always_ask = on;
        self
    }

    /// Looks at media that are given by their address through this fetcher before they are posted; one of the usual
    /// settings by default, and none when a stand-in on this machine plays TikTok.
    #[must_use]
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        self.fetcher = Some(fetcher);
        self
    }

    /// Sends calls through this client.
    #[must_use]
    pub fn http(mut self, client: ApiClient) -> Self {
        self.http = Some(client);
        self
    }

    /// Another clock than the machine's, for timeouts.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// How long a call may take; 30 s by default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long a chunk may take; 15 min by default.
    #[must_use]
    pub fn chunk_timeout(mut self, timeout: Duration) -> Self {
        self.chunk_timeout = Some(timeout);
        self
    }

    /// Chunk sizes, polling, patience.
    #[must_use]
    pub fn publishing(mut self, settings: PublishSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// [`BuildError`] names everything that is missing, and a setting that can never work.
    pub fn build(self) -> Result<TikTok, BuildError> {
        let name = |method, variable| if self.from_env { variable } else { method };
        if let Some(setting) = self.not_text {
            let reason = "it is not text (UTF-8)".into();
            return Err(BuildError::Invalid { setting, reason });
        }
        let key = self.client_key.as_deref().and_then(given);
        let secret = self.client_secret.as_ref();
        let secret = secret.and_then(|secret| given(secret.expose_secret()));
        let secret = secret.map(SecretString::from);
        let (Some(client_key), Some(client_secret)) = (&key, &secret) else {
            let absent = [
                (key.is_none(), name("client_key", CLIENT_KEY)),
                (secret.is_none(), name("client_secret", CLIENT_SECRET)),
            ];
            let missing = absent
                .into_iter()
                .filter_map(|(absent, name)| absent.then_some(name));
            return Err(BuildError::Missing {
                of: "TikTok",
                names: missing.collect(),
            });
        };
        for (word, setting) in [
            (client_key.as_str(), name("client_key", CLIENT_KEY)),
            (
                client_secret.expose_secret(),
                name("client_secret", CLIENT_SECRET),
            ),
        ] {
            if word.contains(char::is_whitespace) {
                let reason = "it has blanks inside".into();
                return Err(BuildError::Invalid { setting, reason });
            }
        }
        let client_key = AppId::new(client_key).map_err(|error| BuildError::Invalid {
            setting: name("client_key", CLIENT_KEY),
            reason: error.message().to_owned().into(),
        })?;
        let scopes = self.scopes.unwrap_or_else(|| SCOPES.into_iter().collect());
        scope_list(&scopes).map_err(|error| BuildError::Invalid {
            setting: name("scopes", SCOPES_NAMED),
            reason: error.message().to_owned().into(),
        })?;
        let base_name = name("base_url", BASE_URL);
        let base = self
            .base_url
            .map(|text| BaseUrl::stand_in(&text, base_name))
            .transpose()?;
        self.settings
            .check()
            .map_err(|reason| BuildError::Invalid {
                setting: "publishing",
                reason: reason.into(),
            })?;
        let endpoints = Endpoints::new(base.unwrap_or_default());
        let clock = self
            .clock
            .unwrap_or_else(|| Arc::new(SystemClock::default()));
        let http = match self.http {
            Some(http) => http,
            None => default_http(&clock, &endpoints)?,
        };
        let fetcher = match self.fetcher {
            None if !endpoints.is_loopback() => default_fetcher(&clock),
            given => given,
        };
        let client = Client(Arc::new(Inner {
            http,
            endpoints,
            client_key,
            client_secret: client_secret.clone(),
            clock,
            timeout: self.timeout.unwrap_or(Duration::from_secs(30)),
            chunk_timeout: self.chunk_timeout.unwrap_or(Duration::from_secs(900)),
        }));
        Ok(TikTok::new(
            client,
            scopes,
            self.logins,
            self.settings,
            fetcher,
        ))
    }
}

fn default_http(clock: &Arc<dyn Clock>, endpoints: &Endpoints) -> Result<ApiClient, BuildError> {
    let builder = ApiClient::builder(Arc::clone(clock));
    let builder = if endpoints.is_loopback() {
        builder.loopback_only()
    } else {
        builder
    };
    builder.build().map_err(BuildError::Failed)
}

/// Posts do without: what could not be looked at beforehand, TikTok will see.
fn default_fetcher(clock: &Arc<dyn Clock>) -> Option<Fetcher> {
    Fetcher::new(Arc::clone(clock))
        .inspect_err(|error| tracing::warn!(%error, "media at addresses are not looked at"))
        .ok()
}

/// Without the blanks around it, if it is not empty.
fn given(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

impl fmt::Debug for TikTokBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TikTokBuilder")
            .field("client_key", &self.client_key)
            .field("scopes", &self.scopes)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
