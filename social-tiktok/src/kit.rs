use social_core::{
    BuildError, PlatformKit, Result,
    media::fetch::Fetcher,
    model::{AppKey, Connector, Scopes},
};

use crate::{
    client::Client,
    config::TikTokBuilder,
    content::Content,
    oauth::{LoginSettings, OAuth, Route},
    publish::{Publishing, settings::PublishSettings},
    webhook::Webhooks,
};

/// One TikTok app: its client, its two logins and its publisher. Cheap to clone.
///
/// Give it to `Social::builder().platform(...)`.
#[derive(Clone, Debug)]
pub struct TikTok {
    client: Client,
    scopes: Scopes,
    logins: LoginSettings,
    settings: PublishSettings,
    fetcher: Option<Fetcher>,
}

impl TikTok {
    pub(crate) fn new(
        client: Client,
        scopes: Scopes,
        logins: LoginSettings,
        settings: PublishSettings,
        fetcher: Option<Fetcher>,
    ) -> Self {
        Self {
            client,
            scopes,
            logins,
            settings,
            fetcher,
        }
    }

    /// An app from the environment: `TIKTOK_CLIENT_KEY`, `TIKTOK_CLIENT_SECRET`, `TIKTOK_SCOPES` (separated by commas) for
    /// others than the usual scopes, and `TIKTOK_BASE_URL` for a stand-in such as the sandbox.
    ///
    /// # Errors
    /// [`BuildError`] names every variable that is missing, and one that can never work.
    pub fn from_env() -> Result<Self, BuildError> {
        TikTokBuilder::from_env().build()
    }

    /// An app from code.
    pub fn builder() -> TikTokBuilder {
        TikTokBuilder::default()
    }

    /// Names the app: TikTok's, by its client key.
    pub fn app(&self) -> AppKey {
        self.client.app()
    }

    /// Names one of the logins.
    pub fn connector(&self, route: Route) -> Connector {
        self.app().connector(route.name())
    }

    /// The native client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// One of the logins.
    pub fn oauth(&self, route: Route) -> OAuth {
        OAuth::new(self.client.clone(), route, self.scopes.clone(), self.logins)
    }

    /// The verifier of what TikTok sends to this app.
    pub fn webhooks(&self) -> Webhooks {
        self.client.webhooks()
    }

    /// What an account shows.
    pub fn content(&self) -> Content {
        Content::new(self.client.clone())
    }

    /// The publisher.
    pub fn publisher(&self) -> Publishing {
        Publishing::new(
            self.client.clone(),
            self.settings.clone(),
            self.fetcher.clone(),
        )
    }
}

impl From<TikTok> for PlatformKit {
    /// Everything the app can do.
    fn from(app: TikTok) -> Self {
        Self::new(app.app())
            .connector(app.oauth(Route::Web))
            .connector(app.oauth(Route::Desktop))
            .publisher(app.publisher())
            .verifier(app.webhooks())
            .content(app.content())
    }
}
