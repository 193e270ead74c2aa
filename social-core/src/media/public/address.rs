use std::{fmt, time::Duration};

use http::Uri;
use url::Url;

use super::PublicMedia;
use crate::{
    error::{Error, Result},
    media::MediaStore,
    model::MediaId,
    platform::hex,
};

/// The shortest life of an address of [`PublicMedia`]: ten minutes. The clocks of servers differ, and who fetches may be
/// busy for a while.
pub const ADDRESS_LIFETIME_MIN: Duration = Duration::from_secs(600);

/// The longest life of an address of [`PublicMedia`]: a day. The slowest download that a platform grants itself takes
/// hours; an address is made when it is needed, so no schedule asks for more; and what leaks is of no use tomorrow.
pub const ADDRESS_LIFETIME_MAX: Duration = Duration::from_secs(86_400);

/// What a signature is for: a tag of the same key over anything else fits no address.
const PURPOSE: &str = "social public media, version 1";

/// `expires=` with the most digits of a time, `&signature=` with 64.
const LONGEST_QUERY: usize = 8 + 20 + 11 + 64;

/// An address from which anybody who has it can fetch a file: a secret, which `Debug` hides.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicUrl(Url);

impl PublicUrl {
    /// Hides an address.
    pub fn new(url: Url) -> Self {
        Self(url)
    }

    /// The address, for the request that tells it to a platform. It belongs into no log and no error.
    pub fn expose(&self) -> &Url {
        &self.0
    }

    /// As [`expose`](Self::expose).
    pub fn into_exposed(self) -> Url {
        self.0
    }
}

impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicUrl([REDACTED])")
    }
}

impl<M: MediaStore> PublicMedia<M> {
    pub(super) fn sign(&self, id: &MediaId, lifetime: Duration) -> Result<PublicUrl> {
        let lifetime = lifetime.clamp(ADDRESS_LIFETIME_MIN, ADDRESS_LIFETIME_MAX);
        // The second that has begun, and one more for the part of a second that was asked for: never less than that.
        let expires = self.seconds() + lifetime.as_secs() + 2;
        let signature = self.0.keys.sign(&self.message(id, expires));
        let query = format!("expires={expires}&signature={}", hex::encode(signature));
        let url = self.0.base.join(id.as_str(), &query);
        url.map(PublicUrl).map_err(|_| {
            // It was one when it was checked.
            Error::storage("the base of public media is no address any more")
        })
    }

    /// The file that an address leads to, if this is one of ours and has not expired.
    pub(super) fn verify(&self, uri: &Uri) -> Option<MediaId> {
        let query = uri.query().filter(|query| query.len() <= LONGEST_QUERY)?;
        let id: MediaId = self.0.base.name(uri.path())?.parse().ok()?;
        // As it was written and in no other way: one file, one address.
        let (expires, signature) = query.strip_prefix("expires=")?.split_once("&signature=")?;
        let seconds: u64 = expires.parse().ok()?;
        if seconds.to_string() != expires {
            return None;
        }
        let signature = read(signature)?;
        let fits = self.0.keys.check(&self.message(&id, seconds), &signature);
        (fits && self.seconds() < seconds).then_some(id)
    }

    /// The parts are on lines of their own: neither a path nor an id holds the end of a line.
    fn message(&self, id: &MediaId, expires: u64) -> Vec<u8> {
        let path = self.0.base.path();
        format!("{PURPOSE}\n{path}\n{id}\n{expires}").into_bytes()
    }

    fn seconds(&self) -> u64 {
        u64::try_from(self.0.clock.now().timestamp()).unwrap_or_default()
    }
}

fn read(signature: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to(signature, &mut bytes)?;
    (hex::encode(bytes) == signature).then_some(bytes)
}
