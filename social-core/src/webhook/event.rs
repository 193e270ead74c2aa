use std::fmt;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::EventSubject;
use crate::model::{AccountId, AppId, AppKey, Platform, RemoteId};

/// What a platform sends about one thing that happened.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedEvent {
    /// Who sent it.
    pub platform: Platform,
    /// The platform's id of the app it was sent to.
    pub app: AppId,
    /// Names it: the same event sent again has the same id. The platform's own where there is one.
    pub id: String,
    /// What happened, by the name that the platform documents.
    pub kind: String,
    /// What the platform called it this time, when that is another name for `kind`.
    pub sent_as: Option<String>,
    /// The platform's id of the account it is about.
    pub account: Option<AccountId>,
    /// What of that account it is about.
    pub subject: EventSubject,
    /// When it happened.
    pub occurred_at: Option<DateTime<Utc>>,
    /// What was sent about it, as it came.
    pub body: Vec<u8>,
}

impl fmt::Debug for VerifiedEvent {
    /// Of the body only how long it is: it may say anything of a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedEvent")
            .field("platform", &self.platform)
            .field("app", &self.app)
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("sent_as", &self.sent_as)
            .field("account", &self.account)
            .field("subject", &self.subject)
            .field("occurred_at", &self.occurred_at)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

impl VerifiedEvent {
    /// An event about no account and [nothing known](EventSubject::Other), to be filled in.
    pub fn new(
        platform: Platform,
        app: AppId,
        id: impl Into<String>,
        kind: impl Into<String>,
        body: Vec<u8>,
    ) -> Self {
        Self {
            platform,
            app,
            id: id.into(),
            kind: kind.into(),
            sent_as: None,
            account: None,
            subject: EventSubject::Other,
            occurred_at: None,
            body,
        }
    }

    /// The same, about this subject.
    #[must_use]
    pub fn about(mut self, subject: EventSubject) -> Self {
        self.subject = subject;
        self
    }

    /// The app it was sent to.
    pub fn app_key(&self) -> AppKey {
        AppKey::new(self.platform.clone(), self.app.clone())
    }

    /// By what a store knows it again: a digest of platform, app and id. A platform may send two apps the same id.
    pub fn key(&self) -> [u8; 16] {
        let digest = digest(&[self.platform.as_str(), self.app.as_str(), &self.id]);
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        key
    }

    /// By what a post finds the events about it, see [`post_key`]; nothing when it is not about a post.
    pub fn post_key(&self) -> Option<[u8; 16]> {
        match &self.subject {
            EventSubject::Post { remote_id } => {
                Some(post_key(&self.platform, &self.app, remote_id))
            }
            _ => None,
        }
    }

    /// Within what events keep their order, as a digest of platform, app and subject; none where no order is kept. Two
    /// subjects that share a digest only wait for one another.
    pub fn order_key(&self) -> Option<i64> {
        let subject = self
            .subject
            .order(self.account.as_ref().map(AccountId::as_str))?;
        let digest = digest(&[
            self.platform.as_str(),
            self.app.as_str(),
            self.subject.word(),
            subject,
        ]);
        let mut key = [0; 8];
        key.copy_from_slice(&digest[..8]);
        Some(i64::from_be_bytes(key))
    }
}

/// By what a store finds the events about a post: a digest of platform, app and an id of its checkpoint.
pub fn post_key(platform: &Platform, app: &AppId, remote_id: &RemoteId) -> [u8; 16] {
    let digest = digest(&[platform.as_str(), app.as_str(), remote_id.as_str()]);
    let mut key = [0; 16];
    key.copy_from_slice(&digest[..16]);
    key
}

/// Each part with its length before it, so that no two lists of parts read the same.
fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::named;

    fn event(app: &str, id: &str) -> VerifiedEvent {
        VerifiedEvent::new(Platform::new("example"), named(app), id, "kind", Vec::new())
    }

    #[test]
    fn an_id_is_known_by_platform_and_app_too() {
        assert_eq!(event("a", "1").key(), event("a", "1").key());
        assert_ne!(event("a", "1").key(), event("b", "1").key());
        assert_ne!(event("a1", "").key(), event("a", "1").key());
        let elsewhere = VerifiedEvent {
            platform: Platform::new("other"),
            ..event("a", "1")
        };
        assert_ne!(event("a", "1").key(), elsewhere.key());
    }

    #[test]
    fn order_is_kept_within_one_subject_of_one_app() {
        let post = |app: &str, id: &str| event(app, id).about(EventSubject::post(id)).order_key();
        assert_eq!(post("a", "1"), post("a", "1"));
        assert_ne!(post("a", "1"), post("a", "2"));
        assert_ne!(post("a", "1"), post("b", "1"));
        let media = EventSubject::Media { id: "1".to_owned() };
        assert_ne!(event("a", "1").about(media).order_key(), post("a", "1"));
        assert_eq!(event("a", "1").order_key(), None, "nothing known");
    }

    #[test]
    fn a_post_finds_its_events_by_platform_app_and_id() {
        let about = |app: &str, id: &str| event(app, "1").about(EventSubject::post(id));
        let platform = Platform::new("example");
        let key = about("a", "7").post_key();
        assert_eq!(key, Some(post_key(&platform, &named("a"), &named("7"))));
        assert_ne!(key, about("b", "7").post_key());
        assert_ne!(key, about("a", "8").post_key());
        assert_ne!(
            key,
            Some(post_key(&Platform::new("other"), &named("a"), &named("7")))
        );
        assert_eq!(event("a", "1").post_key(), None, "about nothing known");
    }

    #[test]
    fn access_that_was_revoked_is_in_order_within_its_account() {
        let mut revoked = event("a", "1").about(EventSubject::AccessRevoked);
        assert_eq!(revoked.order_key(), None, "nobody knows of whom");
        revoked.account = Some(named("x"));
        let of_x = revoked.order_key();
        assert!(of_x.is_some());
        revoked.account = Some(named("y"));
        assert_ne!(revoked.order_key(), of_x);
    }
}
