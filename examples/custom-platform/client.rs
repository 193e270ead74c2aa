use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use social_core::{
    Error, ErrorKind, Remedy, Result,
    http::{ApiClient, Call, Reply},
    model::{AppId, AppKey, Platform},
    time::Deadline,
};
use url::Url;

/// The name under which its accounts and posts are stored.
pub(crate) const PLATFORM: Platform = Platform::new("postcard");

/// A typed client is the first thing to write; the traits come on top of it.
#[derive(Clone)]
pub(crate) struct Client {
    http: ApiClient,
    base: Url,
    pub(crate) app: AppId,
    pub(crate) secret: SecretString,
}

impl Client {
    pub(crate) fn new(http: ApiClient, base: Url, app: AppId, secret: SecretString) -> Self {
        let app = app.to_owned();
        Self {
            http,
            base,
            app,
            secret,
        }
    }

    /// An address of the platform. What goes into it is encoded.
    pub(crate) fn app_key(&self) -> AppKey {
        AppKey::new(PLATFORM, self.app.clone())
    }

    pub(crate) fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Url> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| Error::new(ErrorKind::Invalid, "the base address takes no path"))?
            .extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// Reads. Such calls cause nothing, so they are tried again.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        access: &SecretString,
        deadline: &Deadline,
    ) -> Result<T> {
        let url = String::from(self.url(path, query)?).into();
        let call = Call::new("read", http::Method::GET, url, deadline);
        let call = call.observation().bearer(access)?;
        self.read(self.http.send(call).await?, true)
    }

    /// Changes something. Sent once.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &Value,
        access: &SecretString,
        deadline: &Deadline,
    ) -> Result<T> {
        let url = String::from(self.url(path, &[])?).into();
        let call = Call::new("change", http::Method::POST, url, deadline);
        let call = call.bearer(access)?.json(body)?;
        self.read(self.http.send(call).await?, false)
    }

    /// Asks the token endpoint, as the app itself.
    pub(crate) async fn form<T: DeserializeOwned>(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        deadline: &Deadline,
    ) -> Result<T> {
        let url = String::from(self.url(&[path], &[])?).into();
        let mut all = vec![
            ("client_id", self.app.as_str()),
            ("client_secret", self.secret.expose_secret()),
        ];
        all.extend(fields);
        let call = Call::new("token", http::Method::POST, url, deadline).form(&all);
        self.read(self.http.send(call).await?, false)
    }

    fn read<T: DeserializeOwned>(&self, reply: Reply, observation: bool) -> Result<T> {
        if !reply.status.is_success() {
            return Err(classify(&reply, observation));
        }
        // The cause is dropped: it could quote a token.
        serde_json::from_slice(&reply.body).map_err(|_| {
            let error = Error::new(ErrorKind::Protocol, "the answer has another form");
            maybe_done(error.with_platform(PLATFORM), observation)
        })
    }
}

/// The one table: the platform's words on the left, what happened and what to do on the right.
fn classify(reply: &Reply, observation: bool) -> Error {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let code = body["error"].as_str().unwrap_or("none").to_owned();
    let (kind, remedy) = match (reply.status.as_u16(), code.as_str()) {
        (_, "invalid_grant") => (ErrorKind::Unauthorized, Remedy::Reauthorize),
        (401, _) => (ErrorKind::Unauthorized, Remedy::Refresh),
        (404, _) => (ErrorKind::NotFound, Remedy::Never),
        (400, _) => (ErrorKind::Invalid, Remedy::Never),
        (422, _) => (ErrorKind::Rejected, Remedy::Never),
        (500.., _) => (ErrorKind::Unavailable, Remedy::Backoff),
        _ => (ErrorKind::Protocol, Remedy::Backoff),
    };
    let error = Error::new(kind, "the platform refused the call")
        .with_platform(PLATFORM)
        .with_code(code)
        .with_remedy(remedy);
    match kind {
        ErrorKind::Unavailable | ErrorKind::Protocol => maybe_done(error, observation),
        _ => error,
    }
}

/// A change may have been carried out though its answer says nothing of it.
fn maybe_done(error: Error, observation: bool) -> Error {
    if observation {
        error.with_remedy(Remedy::Backoff)
    } else {
        error.with_remedy(Remedy::Reconcile)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Client");
        shown.field("app", &self.app).finish_non_exhaustive()
    }
}
