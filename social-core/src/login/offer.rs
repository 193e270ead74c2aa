//! What a consent yields, sealed until its owner accepts.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
};

use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

use super::{Logins, errors, one_set::with_one_set};
use crate::{
    error::{Error, ErrorKind, Result},
    model::{AccountId, AccountStatus, Connector, OwnerId, PrincipalId, Scopes, TokenSet},
    oauth::Grant,
    store::{LoginRecord, OfferRecord, SealedField, Stored, TokenOrder, TokenRecord},
    vault::Place,
};

/// Granted accounts, of which the owner accepts some.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Offer {
    /// Names the offer.
    pub id: Uuid,
    /// Through which login.
    pub connector: Connector,
    /// The accounts, each once, by id.
    pub accounts: Vec<OfferedAccount>,
    /// After this it no longer counts.
    pub expires_at: DateTime<Utc>,
}

/// One account of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OfferedAccount {
    /// The platform's id of the account.
    pub account: AccountId,
    /// A name for people.
    pub name: String,
    /// What was asked for and not granted.
    pub missing: Scopes,
    /// Whether it is known here.
    pub already: Already,
}

/// Whether an offered account is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Already {
    /// It is not connected, or was disconnected by whoever had it.
    New,
    /// It is this owner's; accepting renews it.
    Renewed,
    /// Another owner has connected it; it cannot be accepted.
    HeldByAnother,
}

/// Which consent it was.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Given {
    /// Which of two is the later: [`TokenOrder::consent`].
    pub(super) number: i64,
    /// When its code was exchanged, for people.
    pub(super) at: DateTime<Utc>,
}

impl Given {
    /// Whole microseconds, as every store keeps them.
    pub(super) fn new(number: i64, at: DateTime<Utc>) -> Self {
        let at = at.trunc_subsecs(6);
        Self { number, at }
    }

    pub(super) fn order(self) -> TokenOrder {
        TokenOrder::first(self.number)
    }
}

/// The sealed content. Its tokens are only read when one is accepted.
#[derive(Serialize, Deserialize)]
pub(super) struct Grants {
    pub(super) asked: Scopes,
    pub(super) given: Given,
    grants: Vec<Granted>,
}

#[derive(Serialize, Deserialize)]
struct Granted {
    account: AccountId,
    name: String,
    aliases: Vec<AccountId>,
    tokens: String,
    principal: Option<PrincipalId>,
    keeps_refresh: bool,
}

impl Drop for Granted {
    fn drop(&mut self) {
        self.tokens.zeroize();
    }
}

fn other_form() -> Error {
    Error::new(ErrorKind::Seal, "a stored offer has another form")
}

impl Grants {
    pub(super) fn new(asked: Scopes, given: Given, grants: &[Grant]) -> Result<Self> {
        let granted = grants.iter().map(Granted::new).collect::<Result<_>>()?;
        Ok(Self {
            asked,
            given,
            grants: granted,
        })
    }

    /// The grants with their tokens.
    pub(super) fn read(&self) -> Result<Vec<Grant>> {
        self.grants.iter().map(Granted::read).collect()
    }
}

impl Granted {
    fn new(grant: &Grant) -> Result<Self> {
        let plain = grant.tokens.to_plain()?;
        let tokens = std::str::from_utf8(&plain).map_err(|_| other_form())?;
        Ok(Self {
            account: grant.account.clone(),
            name: grant.name.clone(),
            aliases: grant.aliases.clone(),
            tokens: tokens.to_owned(),
            principal: grant.principal.clone(),
            keeps_refresh: grant.keeps_refresh,
        })
    }

    fn read(&self) -> Result<Grant> {
        let tokens = TokenSet::from_plain(self.tokens.as_bytes())?;
        let mut grant = Grant::new(self.account.clone(), &*self.name, tokens);
        grant.aliases.clone_from(&self.aliases);
        grant.principal.clone_from(&self.principal);
        grant.keeps_refresh = self.keeps_refresh;
        Ok(grant)
    }
}

/// Each account once, with all its names. The last token set counts: where tokens rotate, it is the living one.
fn dedupe(grants: Vec<Grant>) -> Result<Vec<Grant>> {
    let mut accounts = BTreeMap::<AccountId, Grant>::new();
    for mut grant in grants {
        grant.tokens.check()?;
        if grant.account.as_str().trim().is_empty() {
            return Err(Error::new(
                ErrorKind::Protocol,
                "the platform granted an account whose id is blank",
            ));
        }
        if let Some(before) = accounts.remove(&grant.account) {
            grant.aliases = union(before.aliases, grant.aliases);
            if grant.name.trim().is_empty() {
                grant.name = before.name;
            }
            grant.principal = grant.principal.or(before.principal);
        }
        accounts.insert(grant.account.clone(), grant);
    }
    Ok(accounts.into_values().collect())
}

/// All names, each once, in order.
pub(super) fn union(mut first: Vec<AccountId>, second: Vec<AccountId>) -> Vec<AccountId> {
    for alias in second {
        if !first.contains(&alias) {
            first.push(alias);
        }
    }
    first
}

impl Logins {
    /// The offer, to be shown to its owner.
    ///
    /// # Errors
    /// `NotFound` when it is not this owner's, was accepted, or its time is over; `Unsupported` when this process does not know
    /// its login route; `Storage` and `Seal`.
    pub async fn offer(&self, owner: &OwnerId, id: Uuid) -> Result<Offer> {
        let (record, grants) = self.load_offer(owner, id).await?;
        self.describe(&record, &grants).await
    }

    pub(super) async fn make_offer(
        &self,
        login: &LoginRecord,
        asked: Scopes,
        grants: Vec<Grant>,
        given: Given,
    ) -> Result<Offer> {
        let provider = &**self.provider(&login.connector)?;
        let grants = dedupe(with_one_set(provider, grants))?;
        if grants.is_empty() {
            return Err(errors::no_account());
        }
        let config = &self.config;
        let mut id = [0_u8; 16];
        config.random.fill(&mut id)?;
        let id = uuid::Builder::from_random_bytes(id).into_uuid();
        let content = Grants::new(asked, given, &grants)?;
        let sealed = self.seal_offer(id, &content).await?;
        let expires_at = config.clock.now() + config.lifetime;
        let connector = login.connector.clone();
        let record = OfferRecord::new(id, login.owner.clone(), connector, sealed, expires_at);
        // First the offer, which holds what the consent gave: who accepts it gives it to all that share it, should the rest fail. And
        // the rest in any case: those that are connected have nothing else.
        let kept = self.keep_offer(&record).await;
        if let Err(error) = self.spread(&login.connector, &grants, given).await {
            tracing::error!(%error, "accounts that share a token set wait for the offer to be accepted");
        }
        kept?;
        self.describe(&record, &content).await
    }

    pub(super) async fn keep_offer(&self, offer: &OfferRecord) -> Result<()> {
        let is_repeated = AtomicBool::new(false);
        self.patiently("an offer", || async {
            let put = self.config.logins.put_offer(offer).await;
            match put {
                // Its id is random: it is there by the attempt before, whose acknowledgement was lost.
                Err(error)
                    if error.kind() == ErrorKind::Conflict
                        && is_repeated.load(Ordering::Relaxed) =>
                {
                    Ok(())
                }
                put => {
                    is_repeated.store(true, Ordering::Relaxed);
                    put
                }
            }
        })
        .await
    }

    pub(super) async fn seal_offer(&self, id: Uuid, grants: &Grants) -> Result<Vec<u8>> {
        let plain = serde_json::to_vec(grants).map_err(|_| other_form())?;
        let (plain, row) = (Zeroizing::new(plain), id.to_string());
        self.config.vault.seal(&place(&row), &plain).await
    }

    pub(super) async fn load_offer(
        &self,
        owner: &OwnerId,
        id: Uuid,
    ) -> Result<(OfferRecord, Grants)> {
        let now = self.config.clock.now();
        let record = self.config.logins.offer(owner, id, now).await?;
        let record = record.ok_or_else(errors::offer_over)?;
        let row = id.to_string();
        let plain = self.config.vault.open(&place(&row), &record.sealed).await?;
        let grants = serde_json::from_slice(&plain).map_err(|_| other_form())?;
        Ok((record, grants))
    }

    async fn describe(&self, record: &OfferRecord, grants: &Grants) -> Result<Offer> {
        let mut accounts = Vec::new();
        for grant in grants.read()? {
            let key = self.key(&record.connector, &record.owner, &grant.account)?;
            let held = self.config.accounts.holder(&key).await?;
            accounts.push(OfferedAccount {
                missing: grant.tokens.scopes.missing(&grants.asked),
                already: already(held.as_ref(), &record.owner),
                account: grant.account,
                name: grant.name,
            });
        }
        Ok(Offer {
            id: record.id,
            connector: record.connector.clone(),
            accounts,
            expires_at: record.expires_at,
        })
    }
}

pub(super) fn already(held: Option<&Stored<TokenRecord>>, owner: &OwnerId) -> Already {
    match held.map(|held| &held.value) {
        None => Already::New,
        Some(record) if record.key.owner == *owner => Already::Renewed,
        Some(record) if record.status == AccountStatus::Disconnected => Already::New,
        Some(_) => Already::HeldByAnother,
    }
}

fn place(row: &str) -> Place<'_> {
    SealedField::Offer.place(row)
}
