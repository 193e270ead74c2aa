//! Media, and what apps have proven to own, on the control surface.

use url::Url;

use super::{AppProperties, Control, ControlError, PrefixClaim};
use crate::media::{MediaHost, Stored};
use crate::tiktok::properties::{Prefix, check_domain, check_prefix};

/// A file that proves a prefix is a line.
const PROOF_MAX: u64 = 4096;

impl Control {
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
}

fn no_app(client_key: &str) -> ControlError {
    ControlError(format!("there is no app {client_key:?}"))
}
