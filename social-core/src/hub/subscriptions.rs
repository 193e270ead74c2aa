use std::{fmt, sync::Arc, time::Duration};

use sha2::{Digest, Sha256};
use url::Url;

use super::Social;
use crate::{
    content::ContentContext,
    error::{Error, ErrorKind, Result},
    model::{Account, AccountKey, AppKey},
    platform::{
        hex,
        limits::{account_key, app_key},
    },
    time::Deadline,
    tokens::ValidTokens,
    webhook::EventSubscriptions,
};

/// How long the platform may take to end a subscription. A person waits.
const WITHIN: Duration = Duration::from_secs(10);

/// What keeps the events of an app coming, and where to.
#[derive(Clone)]
#[non_exhaustive]
pub struct AppSubscriptions {
    /// Asks the platform to send.
    pub part: Arc<dyn EventSubscriptions>,
    /// Where the platform sends to: the address at which this installation receives the app's events.
    pub callback: Url,
}

impl AppSubscriptions {
    /// Names in a [timetable](crate::store::Limits) when an account was looked at. Another address, and an account that was
    /// connected again, have another name: they are looked at at once.
    pub fn account_key(&self, account: &Account) -> String {
        let since = account.connected_at.timestamp_micros();
        let key = account_key("subscription", &account.key);
        format!("{key}/{}", self.digest(&since.to_string()))
    }

    /// The same of the app's address.
    pub fn callback_key(&self, app: &AppKey) -> String {
        format!("{}/{}", app_key("callback", app), self.digest(""))
    }

    /// An address may have a part that nobody is to guess.
    fn digest(&self, since: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(self.callback.as_str());
        hash.update([0]);
        hash.update(since);
        hex::encode(&hash.finalize()[..8])
    }
}

impl fmt::Debug for AppSubscriptions {
    /// Without the query of the address, which may hold what nobody is to guess.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.callback.host_str();
        f.debug_struct("AppSubscriptions")
            .field("part", &self.part)
            .field("host", &host)
            .finish_non_exhaustive()
    }
}

impl Social {
    /// Ends the subscription to an account's events while there are tokens to say so with. Whatever goes wrong, also a panic,
    /// is only told: the account goes, and what is still sent is about an account that nobody has.
    pub(super) async fn unsubscribe(&self, key: &AccountKey) {
        let Ok(of) = self.worker.subscriptions_of(&key.app_key()) else {
            return;
        };
        let (this, of, asked) = (self.clone(), of.clone(), key.clone());
        let work = async move { this.end_subscription(&of, &asked).await };
        let account = key.row_id();
        let ended = match self
            .worker
            .inner
            .tasks
            .spawn(format!("the subscription of {account}"), work)
        {
            Ok(work) => work.await.unwrap_or_else(|_| Err(broken_off())),
            Err(closing) => Err(closing),
        };
        match ended {
            Ok(()) => tracing::info!(account, "the platform was told to send no more events"),
            Err(error) => {
                tracing::warn!(account, %error, "a subscription to events could not be ended; the account is disconnected all the same");
            }
        }
    }

    async fn end_subscription(&self, of: &AppSubscriptions, key: &AccountKey) -> Result<()> {
        let ask = |valid: ValidTokens| async move {
            let deadline = Deadline::after(Arc::clone(self.clock()), WITHIN);
            let limits = self.limits();
            let cx = ContentContext::new(&valid.account, &valid.tokens, limits, &deadline);
            tokio::select! {
                ended = of.part.unsubscribe(&cx, &of.callback) => ended,
                () = self.clock().sleep(WITHIN) => Err(late()),
            }
        };
        self.worker.tokens().with_valid(key, ask).await
    }
}

fn late() -> Error {
    Error::new(ErrorKind::Timeout, "the platform takes long to answer")
}

fn broken_off() -> Error {
    Error::new(ErrorKind::Unavailable, "asking the platform was broken off")
}
