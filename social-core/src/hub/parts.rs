use std::{fmt, sync::Arc};

use url::Url;

use super::AppSubscriptions;

use crate::{
    content::{Comments, ContentSource, Insights},
    error::{Error, Result},
    model::{AppId, AppKey, Connector, Platform},
    oauth::OAuthProvider,
    publish::Publisher,
    store::{
        EventStore, InstallationStore, Limits, LoginStore, PostStore, SealedStore, TokenStore,
    },
    webhook::{EventSubscriptions, WebhookVerifier},
};

/// One of each store. Made from a store that is all of them, and open to mixing.
#[derive(Clone)]
#[non_exhaustive]
pub struct Stores {
    /// Accounts and their sealed tokens.
    pub tokens: Arc<dyn TokenStore>,
    /// Posts.
    pub posts: Arc<dyn PostStore>,
    /// Logins and offers.
    pub logins: Arc<dyn LoginStore>,
    /// The installation.
    pub installation: Arc<dyn InstallationStore>,
    /// What platforms sent.
    pub events: Arc<dyn EventStore>,
    /// Limits.
    pub limits: Arc<dyn Limits>,
    /// Each store that keeps something sealed, to be sealed again when keys rotate. Who mixes stores adds the others.
    pub sealed: Vec<Arc<dyn SealedStore>>,
}

/// Of these traits, for good: a store that a later release asks for gets a field and a setter of its own, so that a store written
/// for this release goes on being one.
impl<S> From<S> for Stores
where
    S: TokenStore + PostStore + LoginStore + InstallationStore + EventStore + Limits + SealedStore,
{
    fn from(store: S) -> Self {
        let store = Arc::new(store);
        Self {
            tokens: store.clone(),
            posts: store.clone(),
            logins: store.clone(),
            installation: store.clone(),
            events: store.clone(),
            limits: store.clone(),
            sealed: vec![store],
        }
    }
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stores")
            .field("tokens", &self.tokens)
            .finish_non_exhaustive()
    }
}

/// What one app of a platform brings. An installation may have several, also of one platform.
///
/// Apps that share a [space of ids](crate::oauth::OAuthProvider::account_space) are one kit, which has the space for its app and a
/// login of each: the other parts choose the client by [`Account::connector`](crate::model::Account::connector).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PlatformKit {
    /// The app, or the space of ids that the apps of its logins share.
    pub app: AppKey,
    /// Its login routes.
    pub connectors: Vec<Arc<dyn OAuthProvider>>,
    /// Publishes on it.
    pub publisher: Option<Arc<dyn Publisher>>,
    /// Verifies what it sends.
    pub verifier: Option<Arc<dyn WebhookVerifier>>,
    /// Shows what it knows of an account.
    pub content: Option<Arc<dyn ContentSource>>,
    /// Reads and answers comments.
    pub comments: Option<Arc<dyn Comments>>,
    /// Reads numbers over time.
    pub insights: Option<Arc<dyn Insights>>,
    /// Keeps its events coming.
    pub subscriptions: Option<AppSubscriptions>,
}

impl PlatformKit {
    /// An app that can do nothing yet.
    pub fn new(app: AppKey) -> Self {
        Self {
            app,
            connectors: Vec::new(),
            publisher: None,
            verifier: None,
            content: None,
            comments: None,
            insights: None,
            subscriptions: None,
        }
    }

    /// Whether every part is of the kit's app, as far as it says so: what is found by its app must be that app's.
    pub(super) fn check(&self) -> Result<()> {
        let logins: Vec<_> = self.connectors.iter().map(|it| it.connector()).collect();
        let spaces = self.connectors.iter().map(|it| it.account_space());
        let slashed = |name: &str| name.contains('/');
        if slashed(self.app.platform.as_str()) || logins.iter().any(|it| slashed(&it.route)) {
            return Err(Error::invalid(
                "platform",
                "platform.name",
                format!(
                    "neither a platform nor a login has a slash in its name, as in the kit of {}",
                    self.app
                ),
            ));
        }
        if let Some(subscriptions) = &self.subscriptions {
            self.check_callback(&subscriptions.callback)?;
        }
        let is_strange = |(login, space): &(&Connector, AppId)| {
            login.app.platform != self.app.platform || *space != self.app.app
        };
        let strange = logins.iter().zip(spaces).find(is_strange);
        let strange = strange.map(|(login, _)| login.to_string());
        let mut platforms = self.platforms().into_iter().flatten();
        let of_other = platforms.find(|platform| *platform != self.app.platform);
        match strange.or_else(|| of_other.map(|platform| platform.to_string())) {
            None => Ok(()),
            Some(strange) => Err(Error::invalid(
                "platform",
                "platform.mixed",
                format!("the kit of {} has a part of {strange}", self.app),
            )),
        }
    }

    /// A platform that took an address which it cannot reach would send nothing, and nobody would know.
    fn check_callback(&self, callback: &Url) -> Result<()> {
        let is_web = ["http", "https"].contains(&callback.scheme());
        let is_bare = callback.username().is_empty() && callback.password().is_none();
        if is_web && is_bare && callback.fragment().is_none() {
            return Ok(());
        }
        Err(Error::invalid(
            "platform",
            "platform.callback",
            format!(
                "the callback of {} is no address that a platform can send to: give one of http or https, without a \
                 user, a password and a fragment",
                self.app
            ),
        ))
    }

    /// What each part says that it is of.
    fn platforms(&self) -> [Option<Platform>; 6] {
        let subscriptions = self.subscriptions.as_ref();
        [
            self.publisher.as_ref().map(|part| part.platform()),
            self.verifier.as_ref().map(|part| part.platform()),
            self.content.as_ref().map(|part| part.platform()),
            self.comments.as_ref().map(|part| part.platform()),
            self.insights.as_ref().map(|part| part.platform()),
            subscriptions.map(|of| of.part.platform()),
        ]
    }

    /// Adds a login route.
    #[must_use]
    pub fn connector(mut self, provider: impl OAuthProvider) -> Self {
        self.connectors.push(Arc::new(provider));
        self
    }

    /// Sets the publisher.
    #[must_use]
    pub fn publisher(mut self, publisher: impl Publisher) -> Self {
        self.publisher = Some(Arc::new(publisher));
        self
    }

    /// Sets the verifier.
    #[must_use]
    pub fn verifier(mut self, verifier: impl WebhookVerifier) -> Self {
        self.verifier = Some(Arc::new(verifier));
        self
    }

    /// Sets the source of profiles and media.
    #[must_use]
    pub fn content(mut self, source: impl ContentSource) -> Self {
        self.content = Some(Arc::new(source));
        self
    }

    /// Sets what reads and answers comments.
    #[must_use]
    pub fn comments(mut self, comments: impl Comments) -> Self {
        self.comments = Some(Arc::new(comments));
        self
    }

    /// Sets the source of numbers over time.
    #[must_use]
    pub fn insights(mut self, insights: impl Insights) -> Self {
        self.insights = Some(Arc::new(insights));
        self
    }

    /// Sets what keeps the app's events coming, and where to: the address at which this installation receives them. Every
    /// process of the installation is given the same one.
    #[must_use]
    pub fn subscriptions(mut self, part: impl EventSubscriptions, callback: Url) -> Self {
        let part = Arc::new(part);
        self.subscriptions = Some(AppSubscriptions { part, callback });
        self
    }
}
