mod order;
mod walk;

use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use order::TokenOrder;
pub use walk::{AccountPage, AccountPlace};

use crate::{
    error::Result,
    model::{
        Account, AccountId, AccountKey, AccountStatus, AppId, AppKey, Connector, NeedsReauth,
        OwnerId, PrincipalId, Scopes,
    },
};

/// Counts the saves of one record, from 1. A record that was removed and comes back goes on above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "a number")]
pub struct Revision(pub i64);

/// Counts the claims of one record. One that was removed and comes back goes on above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a number")]
pub struct Epoch(pub i64);

/// A value and the revision at which it was read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Stored<T> {
    /// The value.
    pub value: T,
    /// Its revision.
    pub revision: Revision,
}

impl<T> Stored<T> {
    /// Joins the two.
    pub fn new(value: T, revision: Revision) -> Self {
        Self { value, revision }
    }
}

/// What a save expects to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a save expects nothing or something"
)]
pub enum Expect {
    /// No record of this account, of any owner.
    Absent,
    /// The record at this revision.
    Revision(Revision),
}

/// One connected account with its sealed tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenRecord {
    /// Which account; `owner` may change between saves, the rest names the row.
    pub key: AccountKey,
    /// The app by whose consent the tokens are; another app never refreshes them. `key.app` is the space of the account's id,
    /// which is the same unless several apps share it.
    pub app: AppId,
    /// The login it came from, of `app`.
    pub route: String,
    /// Names the consent by which it was linked; accounts of one consent share it.
    pub consent: String,
    /// Who consented, as `app` knows that person, where the platform tells.
    pub principal: Option<PrincipalId>,
    /// A name for people.
    pub name: String,
    /// Other ids of the same account.
    pub aliases: Vec<AccountId>,
    /// What was granted.
    pub scopes: Scopes,
    /// Whether it can be used.
    pub status: AccountStatus,
    /// The sealed token set; nothing once disconnected.
    pub sealed: Option<Vec<u8>>,
    /// When it was connected, or connected again.
    pub connected_at: DateTime<Utc>,
    /// When the access token ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// From when on it is to be refreshed; nothing when never.
    pub refresh_due_at: Option<DateTime<Utc>>,
    /// When the grant ends for good, as [`OAuthProvider::grant_ends_at`](crate::oauth::OAuthProvider::grant_ends_at) said of the
    /// sealed tokens.
    pub grant_ends_at: Option<DateTime<Utc>>,
    /// Since when its grant is suspected to be dead.
    pub suspected_at: Option<DateTime<Utc>>,
    /// Which of two token sets of it is the later one.
    pub order: TokenOrder,
}

impl TokenRecord {
    /// A connected account without tokens, to be filled in; by a login of the app of `key`.
    pub fn new(key: AccountKey, route: impl Into<String>, connected_at: DateTime<Utc>) -> Self {
        Self {
            app: key.app.clone(),
            key,
            route: route.into(),
            consent: String::new(),
            principal: None,
            name: String::new(),
            aliases: Vec::new(),
            scopes: Scopes::default(),
            status: AccountStatus::Connected,
            sealed: None,
            connected_at,
            expires_at: None,
            refresh_due_at: None,
            grant_ends_at: None,
            suspected_at: None,
            order: TokenOrder::default(),
        }
    }

    /// The login it came from.
    pub fn connector(&self) -> Connector {
        self.app_key().connector(self.route.clone())
    }

    /// The app by whose consent the tokens are.
    pub fn app_key(&self) -> AppKey {
        AppKey::new(self.key.platform.clone(), self.app.clone())
    }

    /// The account as its owner sees it.
    pub fn to_account(&self) -> Account {
        Account {
            key: self.key.clone(),
            app: self.app.clone(),
            route: self.route.clone(),
            principal: self.principal.clone(),
            name: self.name.clone(),
            aliases: self.aliases.clone(),
            scopes: self.scopes.clone(),
            status: self.status.clone(),
            connected_at: self.connected_at,
            expires_at: self.expires_at,
            refresh_due_at: self.refresh_due_at,
            grant_ends_at: self.grant_ends_at,
        }
    }
}

/// The right to refresh one account until the lease lapses.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenClaim {
    /// The record at the moment of the claim.
    pub record: TokenRecord,
    /// Its revision.
    pub revision: Revision,
    /// This claim's number.
    pub epoch: Epoch,
    /// Earlier claims at this revision of which nobody knows the outcome.
    pub unknown_attempts: u32,
}

impl TokenClaim {
    /// Joins the parts.
    pub fn new(
        record: TokenRecord,
        revision: Revision,
        epoch: Epoch,
        unknown_attempts: u32,
    ) -> Self {
        Self {
            record,
            revision,
            epoch,
            unknown_attempts,
        }
    }
}

/// What a claim of one account found.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    clippy::exhaustive_enums,
    reason = "short-lived; all cases"
)]
pub enum TokenClaimed {
    /// The caller holds it.
    Taken(TokenClaim),
    /// Somebody else holds it, for at most this long.
    Busy(Duration),
    /// There is no such account, or it is not connected.
    Absent,
}

/// What the answer to a refresh says about a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It may be dead, or an earlier attempt of unknown outcome took the living token. Keeps the first time.
    Suspected(DateTime<Utc>),
    /// It is dead.
    Dead(NeedsReauth),
}

/// Which due accounts to claim.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClaimDue {
    /// Only those connected by this login; all where none is named.
    pub connector: Option<Connector>,
    /// Due at this time.
    pub now: DateTime<Utc>,
    /// For how long.
    pub lease: Duration,
    /// At most so many.
    pub limit: u32,
}

impl ClaimDue {
    /// Of every login.
    pub fn new(now: DateTime<Utc>, lease: Duration, limit: u32) -> Self {
        Self {
            connector: None,
            now,
            lease,
            limit,
        }
    }

    /// Only those connected by this login.
    #[must_use]
    pub fn of(mut self, connector: Connector) -> Self {
        self.connector = Some(connector);
        self
    }
}

/// Keeps accounts and their sealed tokens. One row per (app, platform, account) of their keys.
#[async_trait]
pub trait TokenStore: Debug + Send + Sync + 'static {
    /// The record of this owner's account.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn load(&self, key: &AccountKey) -> Result<Option<Stored<TokenRecord>>>;

    /// The record of an account whoever owns it; `key.owner` is ignored.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn holder(&self, key: &AccountKey) -> Result<Option<Stored<TokenRecord>>>;

    /// Writes the record if the store is as expected, at the next revision, and forgets attempts of unknown outcome.
    /// A lease is neither needed nor ended: the holder of the only living token must be able to save it even after its
    /// lease lapsed. Overrides a verdict on the same revision. A record whose status is `Unknown` leaves the status as it is stored,
    /// which only a newer release knows; without a stored one it is `Unsupported`.
    ///
    /// # Errors
    /// `Conflict` when it is not as expected, `Storage` when the store fails.
    async fn save(&self, record: &TokenRecord, expect: Expect) -> Result<Revision>;

    /// Writes all of these records or none, each as [`save`](Self::save) does, and answers their revisions in the same order.
    /// Any number of calls with the same records in any order get through: none waits for another for ever.
    ///
    /// # Errors
    /// `Conflict` when one of them is not as expected, or an account is there twice; `Storage` when the store fails.
    async fn save_all(&self, records: &[(TokenRecord, Expect)]) -> Result<Vec<Revision>>;

    /// Erases this owner's record for good and says whether it was there. Should the account come back, its revisions
    /// and epochs go on above the erased ones, so that what was read before does not pass for what is there now; the
    /// store need not keep which account it was.
    ///
    /// [Disconnect](crate::tokens::Tokens::disconnect) it first: that ends the grant on the platform, and names another of those
    /// that share its tokens as the one that is due.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn remove(&self, key: &AccountKey) -> Result<bool>;

    /// All accounts of an owner, also disconnected ones, by platform, then name.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn list(&self, owner: &OwnerId) -> Result<Vec<TokenRecord>>;

    /// The accounts of an app, of any owner, that go by this id or alias.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn find(&self, app: &AppKey, id_or_alias: &AccountId) -> Result<Vec<AccountKey>>;

    /// The accounts of this person's consents to an app ([`TokenRecord::app`]), of any owner, also those that must be connected
    /// again and those that were disconnected, in no order.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn of_principal(
        &self,
        app: &AppKey,
        principal: &PrincipalId,
    ) -> Result<Vec<Stored<TokenRecord>>>;

    /// A number from 1 that is above each that was given before, also by another process: consents are told apart by it, and which
    /// came later.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn next_number(&self) -> Result<i64>;

    /// Claims one connected account of this owner, due or not, counting the attempt.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn claim(&self, key: &AccountKey, lease: Duration) -> Result<TokenClaimed>;

    /// Claims connected accounts whose refresh is due and that nobody holds, longest due first.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn claim_due(&self, which: &ClaimDue) -> Result<Vec<TokenClaim>>;

    /// Writes a verdict while the claim's revision is still stored, and does not advance it. Says whether it was
    /// written.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn judge(&self, claim: &TokenClaim, verdict: Verdict) -> Result<bool>;

    /// Ends the lease, if it is still this claim's, and sets when the account is next due, if its revision is still
    /// the claim's. `outcome_known` takes the attempt off the count of unknown ones, if both are: never twice, and never
    /// one of somebody else.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn release(
        &self,
        claim: &TokenClaim,
        due_at: Option<DateTime<Utc>>,
        outcome_known: bool,
    ) -> Result<()>;

    /// Connected accounts whose access token ends before `before`, soonest first. One that has ended is no trouble where tokens
    /// are [refreshed when they are used](crate::oauth::RefreshPlan::OnUse).
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn expiring(&self, before: DateTime<Utc>, limit: u32) -> Result<Vec<TokenRecord>>;

    /// Connected accounts whose grant ends for good before `before`, soonest first: whom to ask to connect again.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn ending(&self, before: DateTime<Utc>, limit: u32) -> Result<Vec<TokenRecord>>;

    /// Connected accounts of an app, of any owner, in the order in which they were [connected](AccountPlace): at most `limit`, of
    /// which there is one at least, after a place. Who walks through all of them meets each that stays connected; one that is
    /// connected again meanwhile comes later.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn connected(
        &self,
        app: &AppKey,
        after: Option<&AccountPlace>,
        limit: u32,
    ) -> Result<AccountPage>;

    /// When the next refresh is due, leases aside: of those connected by this login, or of any where none is named.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn next_due(&self, connector: Option<&Connector>) -> Result<Option<DateTime<Utc>>>;
}
