//! A `LoginStore` of one's own: each login and each offer is a file.
//!
//! Three things make it right, and the suites look for each of them:
//! - *take* reads and removes under one lock, so that of any number of callers and processes one gets the login;
//! - *put* answers when the file is on the disk, and refuses what is already there;
//! - what has ended is not there, though it stays until it is purged.

use std::io;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use social_core::{
    error::{Error, ErrorKind, Result},
    model::{Connector, OwnerId},
    platform::hex,
    store::{LoginRecord, LoginStore, OfferRecord},
};
use uuid::Uuid;

use super::folder::Folder;

/// Logins and offers in a folder, for all processes of one machine.
#[derive(Clone, Debug)]
pub(crate) struct FolderLogins(pub(crate) Folder);

/// What a file holds. Its name holds the rest: the hash of the state, or the id of the offer.
#[derive(Deserialize, Serialize)]
pub(crate) struct Kept {
    owner: OwnerId,
    connector: String,
    browser_hash: [u8; 32],
    redirect_uri: String,
    /// In base64.
    pub(crate) sealed: String,
    expires_at: DateTime<Utc>,
}

#[async_trait]
impl LoginStore for FolderLogins {
    async fn put(&self, login: &LoginRecord) -> Result<()> {
        let kept = Kept {
            owner: login.owner.clone(),
            connector: login.connector.to_string(),
            browser_hash: login.browser_hash,
            redirect_uri: login.redirect_uri.clone(),
            sealed: STANDARD.encode(&login.sealed),
            expires_at: login.expires_at,
        };
        self.add("logins.put", login_name(&login.state_hash), kept)
            .await
    }

    async fn peek(&self, state_hash: &[u8; 32], now: DateTime<Utc>) -> Result<Option<LoginRecord>> {
        let hash = *state_hash;
        let peek = move |folder: &Folder| valid_login(folder, hash, now);
        self.0.locked("logins.peek", peek).await
    }

    async fn take(&self, state_hash: &[u8; 32], now: DateTime<Utc>) -> Result<Option<LoginRecord>> {
        let hash = *state_hash;
        let take = move |folder: &Folder| {
            let login = valid_login(folder, hash, now)?;
            if login.is_some() {
                folder.remove(&login_name(&hash))?;
            }
            Ok(login)
        };
        self.0.locked("logins.take", take).await
    }

    async fn put_offer(&self, offer: &OfferRecord) -> Result<()> {
        let kept = Kept {
            owner: offer.owner.clone(),
            connector: offer.connector.to_string(),
            browser_hash: [0; 32],
            redirect_uri: String::new(),
            sealed: STANDARD.encode(&offer.sealed),
            expires_at: offer.expires_at,
        };
        self.add("logins.put_offer", offer_name(offer.id), kept)
            .await
    }

    async fn offer(
        &self,
        owner: &OwnerId,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<OfferRecord>> {
        let owner = owner.to_owned();
        let look = move |folder: &Folder| {
            let Some(kept) = owned(folder, &owner, id)?.filter(|kept| now < kept.expires_at) else {
                return Ok(None);
            };
            let (connector, sealed) = (kept.connector()?, kept.sealed()?);
            let offer = OfferRecord::new(id, kept.owner, connector, sealed, kept.expires_at);
            Ok(Some(offer))
        };
        self.0.locked("logins.offer", look).await
    }

    async fn remove_offer(&self, owner: &OwnerId, id: Uuid) -> Result<bool> {
        let owner = owner.to_owned();
        let remove = move |folder: &Folder| {
            let there = owned(folder, &owner, id)?.is_some();
            if there {
                folder.remove(&offer_name(id))?;
            }
            Ok(there)
        };
        self.0.locked("logins.remove_offer", remove).await
    }

    async fn purge(&self, now: DateTime<Utc>) -> Result<u64> {
        let purge = move |folder: &Folder| {
            let mut purged = 0;
            for name in [folder.names(LOGIN)?, folder.names(OFFER)?].concat() {
                // A damaged file fails when it is asked for, and does not keep the others here.
                let kept: Option<Kept> = folder.read(&name).unwrap_or(None);
                if kept.is_some_and(|kept| kept.expires_at < now) {
                    folder.remove(&name)?;
                    purged += 1;
                }
            }
            Ok(purged)
        };
        self.0.locked("logins.purge", purge).await
    }
}

impl FolderLogins {
    async fn add(&self, operation: &'static str, name: String, kept: Kept) -> Result<()> {
        let add = move |folder: &Folder| {
            let free = folder.read::<Kept>(&name)?.is_none();
            if free {
                folder.write(&name, &kept)?;
            }
            Ok(free)
        };
        if self.0.locked(operation, add).await? {
            return Ok(());
        }
        let message = "this login or offer is already there; begin another";
        Err(Error::new(ErrorKind::Conflict, message).with_operation(operation))
    }
}

impl Kept {
    fn connector(&self) -> io::Result<Connector> {
        Connector::parse(&self.connector).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    pub(crate) fn sealed(&self) -> io::Result<Vec<u8>> {
        let bytes = STANDARD.decode(&self.sealed);
        bytes.map_err(|_| io::ErrorKind::InvalidData.into())
    }
}

pub(crate) const LOGIN: &str = "login-";
pub(crate) const OFFER: &str = "offer-";

fn login_name(state_hash: &[u8; 32]) -> String {
    format!("{LOGIN}{}", hex::encode(state_hash))
}

fn offer_name(id: Uuid) -> String {
    format!("{OFFER}{id}")
}

fn valid_login(
    folder: &Folder,
    hash: [u8; 32],
    now: DateTime<Utc>,
) -> io::Result<Option<LoginRecord>> {
    let kept: Option<Kept> = folder.read(&login_name(&hash))?;
    let Some(kept) = kept.filter(|kept| now < kept.expires_at) else {
        return Ok(None);
    };
    let mut login = LoginRecord::new(kept.owner.clone(), kept.connector()?, kept.expires_at);
    login.state_hash = hash;
    login.browser_hash = kept.browser_hash;
    login.sealed = kept.sealed()?;
    login.redirect_uri = kept.redirect_uri;
    Ok(Some(login))
}

fn owned(folder: &Folder, owner: &OwnerId, id: Uuid) -> io::Result<Option<Kept>> {
    let kept: Option<Kept> = folder.read(&offer_name(id))?;
    Ok(kept.filter(|kept| kept.owner == *owner))
}
