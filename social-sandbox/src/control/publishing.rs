//! The control surface of publishing: accounts, media, properties, the inbox, moderation.

use std::collections::BTreeMap;

use url::Url;

use super::{AppProperties, Control, ControlError, InboxItem, Post, PrefixClaim};
use crate::media::{MediaHost, Stored};
use crate::tiktok::account::{self, ACCOUNTS};
use crate::tiktok::inbox;
use crate::tiktok::properties::{Prefix, check_domain, check_prefix};
use crate::tiktok::standing::{AccountSettings, Ruling};

/// A file that proves a prefix is a line.
const PROOF_MAX: u64 = 4096;

fn no_account(name: &str) -> ControlError {
    ControlError(format!("there is no account {name:?}"))
}

impl Control {
    /// How every account stands, by user name.
    pub fn accounts(&self) -> BTreeMap<String, AccountSettings> {
        let world = self.0.world();
        let standing = |account| world.standing(account);
        ACCOUNTS
            .iter()
            .map(|account| (account.username.to_owned(), standing(account)))
            .collect()
    }

    /// How an account stands.
    ///
    /// # Errors
    /// There is no such account.
    pub fn account(&self, name: &str) -> Result<AccountSettings, ControlError> {
        let account = account::find(name).ok_or_else(|| no_account(name))?;
        Ok(self.0.world().standing(account))
    }

    /// Changes how an account stands, for calls from now on.
    ///
    /// # Errors
    /// There is no such account.
    pub fn set_account(&self, name: &str, settings: AccountSettings) -> Result<(), ControlError> {
        let account = account::find(name).ok_or_else(|| no_account(name))?;
        let name = account.username.to_owned();
        self.0
            .change(|world, _| world.standings.insert(name, settings));
        Ok(())
    }

    /// The folders that media are fetched from.
    pub fn media(&self) -> Vec<MediaHost> {
        self.0.media.list()
    }

    /// Adds a folder, or replaces the one with its address.
    ///
    /// # Errors
    /// The address is not one the platform would fetch from, or the folder is none.
    pub fn add_media(&self, host: MediaHost) -> Result<(), ControlError> {
        self.0.media.add(host).map_err(ControlError)
    }

    /// What an app may have its media fetched from.
    ///
    /// # Errors
    /// There is no such app.
    pub fn properties(&self, client_key: &str) -> Result<AppProperties, ControlError> {
        let world = self.0.world();
        let app = world.apps.get(client_key);
        let app = app.ok_or_else(|| no_app(client_key))?;
        let own = world
            .properties
            .get(client_key)
            .cloned()
            .unwrap_or_default();
        let claim = |(prefix, proof): (&String, &Prefix)| PrefixClaim::of(prefix, proof);
        Ok(AppProperties {
            domains: app.domains.iter().cloned().chain(own.domains).collect(),
            url_prefixes: app.url_prefixes.clone(),
            claims: own.prefixes.iter().map(claim).collect(),
        })
    }

    /// Registers a domain of an app. It is verified at once: there is no DNS to ask.
    ///
    /// # Errors
    /// There is no such app, or it is not a domain.
    pub fn add_domain(&self, client_key: &str, domain: &str) -> Result<(), ControlError> {
        self.known_app(client_key)?;
        check_domain(domain).map_err(ControlError)?;
        self.0.change(|world, _| {
            let own = world.properties.entry(client_key.to_owned()).or_default();
            own.domains.insert(domain.to_owned())
        });
        Ok(())
    }

    /// Claims a URL prefix for an app and says which file has to lie behind it. A further claim of
    /// the same prefix changes nothing.
    ///
    /// # Errors
    /// There is no such app, or it is not a URL prefix.
    pub fn claim_prefix(
        &self,
        client_key: &str,
        prefix: &str,
    ) -> Result<PrefixClaim, ControlError> {
        self.known_app(client_key)?;
        check_prefix(prefix).map_err(ControlError)?;
        let claim = self.0.change(|world, _| {
            let code = world.random.word(32).replace(['-', '_'], "0");
            let own = world.properties.entry(client_key.to_owned()).or_default();
            let new = || Prefix {
                code,
                verified: false,
            };
            let proof = own.prefixes.entry(prefix.to_owned()).or_insert_with(new);
            PrefixClaim::of(prefix, proof)
        });
        Ok(claim)
    }

    /// Looks for the file of a claimed prefix, in the media folders. Reads a small file.
    ///
    /// # Errors
    /// The prefix was not claimed, the file is not there, or something else is in it.
    pub fn verify_prefix(
        &self,
        client_key: &str,
        prefix: &str,
    ) -> Result<PrefixClaim, ControlError> {
        let claims = self.properties(client_key)?.claims;
        let claim = claims.into_iter().find(|claim| claim.url_prefix == prefix);
        let claim = claim.ok_or_else(|| ControlError(format!("{prefix:?} was not claimed")))?;
        let url = format!("{prefix}{}", claim.file);
        let found = Url::parse(&url)
            .ok()
            .and_then(|url| self.0.media.find(&url));
        let text = match found.map(|found| found.medium) {
            Some(Stored::File(path)) => {
                let small = std::fs::metadata(&path).is_ok_and(|file| file.len() <= PROOF_MAX);
                small.then(|| std::fs::read_to_string(path).ok()).flatten()
            }
            Some(Stored::Sample(_)) | None => None,
        };
        let text = text.ok_or_else(|| ControlError(format!("there is no file at {url}")))?;
        if text.trim() != claim.content {
            let content = claim.content;
            return Err(ControlError(format!(
                "the file at {url} has to say {content}"
            )));
        }
        self.0.change(|world, _| {
            let own = world.properties.get_mut(client_key);
            if let Some(proof) = own.and_then(|own| own.prefixes.get_mut(prefix)) {
                proof.verified = true;
            }
        });
        Ok(PrefixClaim {
            verified: true,
            ..claim
        })
    }

    fn known_app(&self, client_key: &str) -> Result<(), ControlError> {
        let known = self.0.world().apps.contains_key(client_key);
        known.then_some(()).ok_or_else(|| no_app(client_key))
    }

    /// The shares that lie in inboxes, oldest first.
    pub fn inbox(&self) -> Vec<InboxItem> {
        let now = self.0.clock.now();
        let world = self.0.world();
        let items = world.publishes.values();
        let mut items: Vec<InboxItem> = items
            .filter_map(|publish| InboxItem::of(publish, now))
            .collect();
        items.sort_by(|a, b| (a.delivered_at, &a.publish_id).cmp(&(b.delivered_at, &b.publish_id)));
        items
    }

    /// Plays the user: posts from a share, with the caption it came with and to the widest
    /// audience unless said otherwise. May be done again.
    ///
    /// # Errors
    /// The share is not in an inbox; the account cannot post to this audience.
    pub fn post_from_inbox(
        &self,
        publish_id: &str,
        title: Option<&str>,
        privacy_level: Option<&str>,
    ) -> Result<Post, ControlError> {
        let settings = self.0.settings();
        self.0.change(|world, now| {
            let posted = inbox::post(world, &settings, publish_id, title, privacy_level, now);
            let post_id = posted
                .map_err(|error| ControlError(error.to_string()))?
                .to_string();
            let posts = world
                .publish(publish_id)
                .map(|publish| Post::of(publish, now));
            let mut posts = posts.unwrap_or_default().into_iter();
            let post = posts.find(|post| post.post_id == post_id);
            post.ok_or_else(|| ControlError(inbox::InboxError::NotThere.to_string()))
        })
    }

    /// Plays the user: throws a share away. The app is not told.
    ///
    /// # Errors
    /// The share is not in an inbox.
    pub fn discard_from_inbox(&self, publish_id: &str) -> Result<(), ControlError> {
        let discarded = self
            .0
            .change(|world, now| inbox::discard(world, publish_id, now));
        discarded.map_err(|error| ControlError(error.to_string()))
    }

    /// Plays moderation: rules on a publish that is still processing.
    ///
    /// # Errors
    /// There is no such publish, or it is not processing any more.
    pub fn rule(&self, publish_id: &str, ruling: Ruling) -> Result<(), ControlError> {
        let settings = self.0.settings();
        let ruled = self
            .0
            .change(|world, now| inbox::rule(world, &settings, publish_id, ruling, now));
        ruled.map_err(|reason| ControlError(reason.to_owned()))
    }

    /// Makes a public post no longer public: its id is not told any more.
    ///
    /// # Errors
    /// No post with this id is public.
    pub fn withdraw(&self, post_id: &str) -> Result<(), ControlError> {
        let id = post_id.parse();
        let withdrawn =
            id.is_ok_and(|id| self.0.change(|world, now| inbox::withdraw(world, id, now)));
        let none = || ControlError(format!("no post {post_id:?} is public"));
        withdrawn.then_some(()).ok_or_else(none)
    }
}

fn no_app(client_key: &str) -> ControlError {
    ControlError(format!("there is no app {client_key:?}"))
}
