//! Everything the sandbox knows about its platform. This is what a state file holds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::random::Random;
use crate::secrets::Secrets;
use crate::tiktok::account::Account;
use crate::tiktok::app::App;
use crate::tiktok::display::{AccountStats, VideoMetrics};
use crate::tiktok::grant::{Code, Grant, Grants, Issued, Lives};
use crate::tiktok::limits::Rates;
use crate::tiktok::properties::Properties;
use crate::tiktok::publish::Publish;
use crate::tiktok::session::Session;
use crate::tiktok::standing::AccountSettings;
use crate::tiktok::webhook::event::Event;
use crate::tiktok::webhook::outbox::Outbox;

/// Apps, consents, tokens, publishes.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct World {
    pub(crate) random: Random,
    pub(crate) apps: BTreeMap<String, App>,
    /// Consent pages that were shown and when; `None` once answered.
    pub(crate) pages: BTreeMap<String, Page>,
    pub(crate) codes: BTreeMap<String, Code>,
    /// By cookie.
    #[serde(default)]
    pub(crate) sessions: BTreeMap<String, Session>,
    pub(crate) grants: Grants,
    /// By upload id.
    pub(crate) publishes: BTreeMap<String, Publish>,
    pub(crate) rates: Rates,
    pub(crate) revocations: u64,
    pub(crate) secrets: Secrets,
    #[serde(default)]
    pub(crate) outbox: Outbox,
    /// Counts of videos that were set.
    #[serde(default)]
    pub(crate) metrics: BTreeMap<i64, VideoMetrics>,
    /// Counts of accounts that were set.
    #[serde(default)]
    pub(crate) stats: BTreeMap<String, AccountStats>,
    /// What was set of accounts, by user name.
    #[serde(default)]
    pub(crate) standings: BTreeMap<String, AccountSettings>,
    /// What apps have proven to own since the start, by client key.
    #[serde(default)]
    pub(crate) properties: BTreeMap<String, Properties>,
}

/// A consent page that was shown.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Page {
    pub(crate) shown_at: Millis,
    pub(crate) answered: bool,
}

impl World {
    /// Registers an app, or replaces the one with its key.
    pub(crate) fn register(&mut self, app: App, now: Millis) {
        self.outbox.subscribe(&app, now);
        self.secrets.issue("client_secret", &app.client_secret);
        self.apps.insert(app.client_key.clone(), app);
    }

    /// Grants `scopes` of an account to an app.
    pub(crate) fn grant(
        &mut self,
        client_key: &str,
        account: &str,
        scopes: Vec<String>,
        now: Millis,
    ) -> Issued {
        let grant = Grant {
            client_key: client_key.to_owned(),
            account: account.to_owned(),
            scopes,
        };
        let lives = self.lives(client_key);
        self.grants
            .start(grant, lives, now, &mut self.random, &mut self.secrets)
    }

    /// Replaces a refresh token.
    pub(crate) fn rotate(&mut self, refresh_token: &str, now: Millis) -> Option<Issued> {
        let grant = self.grants.by_refresh(refresh_token, now)?;
        let lives = self.lives(&grant.client_key);
        self.grants.rotate(
            refresh_token,
            lives,
            now,
            &mut self.random,
            &mut self.secrets,
        )
    }

    fn lives(&self, client_key: &str) -> Lives {
        self.apps
            .get(client_key)
            .map(App::lives)
            .unwrap_or_default()
    }

    /// Ends everything between an account and an app, including what is not posted yet, and tells the
    /// app why. `false` if there was nothing between them.
    pub(crate) fn revoke(
        &mut self,
        client_key: &str,
        account: &Account,
        reason: u8,
        now: Millis,
    ) -> bool {
        if !self.grants.revoke(client_key, account.username) {
            return false;
        }
        let open_id = account.open_id(client_key);
        self.outbox
            .add(&Event::removed(client_key, open_id, reason, now));
        let theirs = |publish: &&mut Publish| {
            publish.client_key == client_key && publish.account == account.username
        };
        self.publishes
            .values_mut()
            .filter(theirs)
            .for_each(|publish| {
                publish.stop("auth_removed", now);
            });
        true
    }

    /// The app and whether its secret is right.
    pub(crate) fn client(&self, client_key: &str, secret: &str) -> Option<&App> {
        self.apps
            .get(client_key)
            .filter(|app| app.has_secret(secret))
    }

    pub(crate) fn publish(&self, publish_id: &str) -> Option<&Publish> {
        self.publishes
            .values()
            .find(|publish| publish.publish_id == publish_id)
    }

    pub(crate) fn publish_mut(&mut self, publish_id: &str) -> Option<&mut Publish> {
        self.publishes
            .values_mut()
            .find(|publish| publish.publish_id == publish_id)
    }

    /// How an account stands.
    pub(crate) fn standing(&self, account: &Account) -> AccountSettings {
        let set = self.standings.get(account.username).cloned();
        set.unwrap_or_else(|| AccountSettings::of(account))
    }
}

/// Who is asking: the account behind an access token, and what it may do.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) client_key: String,
    pub(crate) account: &'static Account,
    pub(crate) scopes: Vec<String>,
}
