use secrecy::SecretString;
use url::Url;
use uuid::Uuid;

use super::{Change, Social};
use crate::{
    error::{Error, ErrorKind, Result},
    login::{LoginStart, Offer},
    model::{Account, AccountId, AccountKey, AccountStatus, Connector, OwnerId, Scopes},
    store::{PostFilter, PostState},
    tokens::{Disconnected, ValidTokens},
};

impl Social {
    /// The accounts of an owner, also those that must be connected again; not those disconnected.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    pub async fn accounts(&self, owner: &OwnerId) -> Result<Vec<Account>> {
        let mut accounts = self.worker.inner.tokens.accounts(owner).await?;
        accounts.retain(|account| account.status != AccountStatus::Disconnected);
        Ok(accounts)
    }

    /// All accounts that an owner has or had, also those disconnected: whose posts are still there.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    pub async fn all_accounts(&self, owner: &OwnerId) -> Result<Vec<Account>> {
        self.worker.inner.tokens.accounts(owner).await
    }

    /// Calls a platform for an account, with valid tokens, and once more with new ones where it refuses them: see
    /// [`Tokens::with_valid`](crate::tokens::Tokens::with_valid). For [`content`](Self::content), [`comments`](Self::comments) and
    /// [`insights`](Self::insights), whose contexts are made of what `call` is given and of [`limits`](Self::limits).
    ///
    /// # Errors
    /// `NotFound` when this owner has no such account; `Unauthorized` when it must be connected again; what hinders a refresh; what
    /// `call` answers.
    ///
    /// # Cancel safety
    /// Safe as far as `call` is: a refresh that was begun goes on.
    pub async fn with_valid<T, F>(
        &self,
        key: &AccountKey,
        call: impl FnMut(ValidTokens) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.worker.inner.tokens.with_valid(key, call).await
    }

    /// Begins to connect an account: send the browser to the answer's address, and let it keep the answer's secret.
    ///
    /// # Errors
    /// `Unsupported` when no provider serves the connector, `Invalid` when the address or a scope breaks the platform's rules, `Storage` when the store fails.
    pub async fn begin_login(
        &self,
        owner: &OwnerId,
        connector: &Connector,
        scopes: Option<Scopes>,
        redirect_uri: &Url,
    ) -> Result<LoginStart> {
        self.worker
            .inner
            .logins
            .begin(owner, connector, scopes, redirect_uri)
            .await
    }

    /// Takes the browser's return. `browser` is what it kept, `query` what its address carries.
    ///
    /// # Errors
    /// See [`Logins::finish`](crate::login::Logins::finish).
    ///
    /// # Cancel safety
    /// Safe: what was begun goes on without its caller, and the offer waits for the time that offers last. A handler that a
    /// browser may leave, and that [accepts](Self::accept_offer) at once, runs in a task of its own.
    pub async fn finish_login(
        &self,
        owner: &OwnerId,
        connector: &Connector,
        redirect_uri: &Url,
        browser: Option<&SecretString>,
        query: &str,
    ) -> Result<Offer> {
        let this = self.clone();
        let (owner, connector) = (owner.to_owned(), connector.clone());
        let (redirect_uri, query) = (redirect_uri.clone(), query.to_owned());
        let browser = browser.cloned();
        let work = async move {
            let logins = &this.worker.inner.logins;
            logins
                .finish(&owner, &connector, &redirect_uri, browser.as_ref(), &query)
                .await
        };
        let work = self.worker.inner.tasks.spawn("the end of a login", work)?;
        work.await.unwrap_or_else(|_| {
            Err(Error::new(
                ErrorKind::Unavailable,
                "the end of a login was broken off; begin the login again",
            ))
        })
    }

    /// Connects the chosen accounts of an offer, and lets their waiting posts go on.
    ///
    /// # Errors
    /// See [`Logins::accept`](crate::login::Logins::accept).
    ///
    /// # Cancel safety
    /// Safe: what was begun goes on without its caller, such as a browser that goes away during the callback.
    pub async fn accept_offer(
        &self,
        owner: &OwnerId,
        offer: Uuid,
        accounts: &[AccountId],
    ) -> Result<Vec<Account>> {
        let (this, owner, accounts) = (self.clone(), owner.to_owned(), accounts.to_vec());
        let work = async move { this.link(&owner, offer, &accounts).await };
        let work = self
            .worker
            .inner
            .tasks
            .spawn("the connecting of accounts", work)?;
        work.await.unwrap_or_else(|_| {
            Err(Error::new(
                ErrorKind::Unavailable,
                "connecting the account was broken off; look whether it is connected",
            ))
        })
    }

    async fn link(
        &self,
        owner: &OwnerId,
        offer: Uuid,
        accounts: &[AccountId],
    ) -> Result<Vec<Account>> {
        let linked = self
            .worker
            .inner
            .logins
            .accept(owner, offer, accounts)
            .await?;
        for account in &linked {
            // They are connected; who works on posts finds that too, a little later.
            if let Err(error) = self.worker.inner.stores.posts.resume(&account.key).await {
                let account = account.key.row_id();
                tracing::warn!(account, %error, "waiting posts do not go on at once");
            }
            if let Err(error) = self.look_again(&account.key).await {
                let account = account.key.row_id();
                tracing::warn!(account, %error, "posts without an end are not looked at again at once");
            }
        }
        self.worker.announce(Change::Account {
            owner: owner.to_owned(),
        });
        self.worker.wake();
        Ok(linked)
    }

    /// While the account was away nobody could ask what became of its posts, and who waits for days stops asking. Each is asked
    /// about, with one question.
    async fn look_again(&self, account: &AccountKey) -> Result<()> {
        let mut filter = PostFilter {
            account: Some(account.clone()),
            states: vec![PostState::AwaitingUser, PostState::Undecided],
            limit: 100,
            ..PostFilter::default()
        };
        loop {
            let page = self.posts(&account.owner, &filter).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            filter.before = Some(last.id);
            for post in &page {
                self.check_now(&account.owner, post.id).await?;
            }
        }
    }

    /// Disconnects an account: its posts that have no outcome are cancelled, the platform is told to send no more of its events,
    /// its grant is revoked there, its tokens are erased. History stays. While the data were restored and not accepted the posts
    /// and events are left: any post may be out, and another installation may want the events.
    /// Once accepted, those that were begun or due end as `Undecided`, since nobody can be asked, and the others are
    /// cancelled when they are due.
    ///
    /// # Errors
    /// `NotFound` when this owner has no such account, `Storage` when the store fails. That the platform could not be
    /// reached is in the answer, not an error.
    ///
    /// # Cancel safety
    /// Dropped half-way, posts may be cancelled and the account still connected; disconnect again.
    pub async fn disconnect(&self, key: &AccountKey) -> Result<Disconnected> {
        let Some(stored) = self.worker.inner.stores.tokens.load(key).await? else {
            return Err(Error::new(
                ErrorKind::NotFound,
                "this owner has no such account",
            ));
        };
        if !self.worker.inner.guard.is_held().await? {
            let posts = &self.worker.inner.stores.posts;
            posts
                .cancel_account(key, self.worker.inner.clock.now())
                .await?;
            if stored.value.status == AccountStatus::Connected {
                self.unsubscribe(key).await;
            }
        }
        let disconnected = self.worker.inner.tokens.disconnect(key).await?;
        self.worker.announce(Change::Account {
            owner: key.owner.clone(),
        });
        self.worker.wake();
        Ok(disconnected)
    }
}
