use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::model::RemoteId;

/// What an event is about, by names that are the same for every platform. The verifier says it; whoever acts on an event
/// needs neither the body nor the platform's word for what happened.
///
/// It is stored as a word and ids. A word that this release does not know was written by a newer one: see
/// [`Unknown`](Self::Unknown).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventSubject {
    /// The account took the app's access away, or lost it.
    AccessRevoked,
    /// A comment.
    Comment {
        /// The platform's id of it.
        id: String,
        /// The platform's id of what it is on, if the event says.
        media: Option<String>,
    },
    /// Somebody asks that what is kept about them be deleted.
    DeletionRequest {
        /// Of the account, or of the request where the platform names that.
        id: String,
    },
    /// Something on the account's profile, published here or not.
    Media {
        /// The platform's id of it.
        id: String,
    },
    /// The account was mentioned.
    Mention {
        /// The platform's id of the comment or post that mentions it.
        id: String,
        /// The platform's id of what that is on, if the event says.
        media: Option<String>,
    },
    /// Nothing that this list has a word for. No order is kept among such events.
    Other,
    /// A post that was published through the app.
    Post {
        /// Any of the ids by which events name it: see [`Checkpoint::remote_ids`](crate::publish::Checkpoint::remote_ids).
        remote_id: RemoteId,
    },
    /// A subject for which this release has no word: a newer one stored the event. It is kept as it is and claimed by
    /// nobody here; [`Backlog::unknown`](crate::store::Backlog::unknown) counts it.
    Unknown {
        /// The stored word.
        word: String,
        /// The stored ids, as JSON.
        ids: Option<String>,
    },
}

#[derive(Serialize, Deserialize)]
struct Id {
    id: String,
}

#[derive(Serialize, Deserialize)]
struct IdOn {
    id: String,
    media: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct OfPost {
    remote_id: String,
}

impl EventSubject {
    /// A post by an id of the platform; [`Other`](Self::Other) when no post can have that id.
    pub fn post(remote_id: impl TryInto<RemoteId>) -> Self {
        match remote_id.try_into() {
            Ok(remote_id) => Self::Post { remote_id },
            Err(_) => Self::Other,
        }
    }

    /// The stored words of this release.
    pub const WORDS: [&'static str; 7] = [
        "access_revoked",
        "comment",
        "deletion_request",
        "media",
        "mention",
        "other",
        "post",
    ];

    /// The stored word.
    pub fn word(&self) -> &str {
        match self {
            Self::AccessRevoked => "access_revoked",
            Self::Comment { .. } => "comment",
            Self::DeletionRequest { .. } => "deletion_request",
            Self::Media { .. } => "media",
            Self::Mention { .. } => "mention",
            Self::Other => "other",
            Self::Post { .. } => "post",
            Self::Unknown { word, .. } => word,
        }
    }

    /// The stored ids, as JSON; nothing where there are none.
    pub fn ids(&self) -> Option<String> {
        let ids = match self {
            Self::Comment { id, media } | Self::Mention { id, media } => {
                serde_json::to_string(&IdOn {
                    id: id.clone(),
                    media: media.clone(),
                })
            }
            Self::DeletionRequest { id } | Self::Media { id } => {
                serde_json::to_string(&Id { id: id.clone() })
            }
            Self::Post { remote_id } => serde_json::to_string(&OfPost {
                remote_id: remote_id.to_string(),
            }),
            Self::AccessRevoked | Self::Other => return None,
            Self::Unknown { ids, .. } => return ids.clone(),
        };
        ids.ok()
    }

    /// Reads what is stored; nothing when the word is known and its ids are not there.
    pub fn read(word: &str, ids: Option<&str>) -> Option<Self> {
        Some(match word {
            "access_revoked" => Self::AccessRevoked,
            "comment" => {
                let IdOn { id, media } = parse(ids)?;
                Self::Comment { id, media }
            }
            "deletion_request" => Self::DeletionRequest {
                id: parse::<Id>(ids)?.id,
            },
            "media" => Self::Media {
                id: parse::<Id>(ids)?.id,
            },
            "mention" => {
                let IdOn { id, media } = parse(ids)?;
                Self::Mention { id, media }
            }
            "other" => Self::Other,
            "post" => Self::Post {
                remote_id: RemoteId::from_stored(parse::<OfPost>(ids)?.remote_id),
            },
            _ => Self::Unknown {
                word: word.to_owned(),
                ids: ids.map(str::to_owned),
            },
        })
    }

    /// Whether this release has a word for it.
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown { .. })
    }

    /// What tells it from another subject of its word; none where no order is kept.
    pub(super) fn order<'a>(&'a self, account: Option<&'a str>) -> Option<&'a str> {
        match self {
            Self::AccessRevoked => account,
            Self::Comment { id, .. }
            | Self::DeletionRequest { id }
            | Self::Media { id }
            | Self::Mention { id, .. } => Some(id),
            Self::Other => None,
            Self::Post { remote_id } => Some(remote_id.as_str()),
            Self::Unknown { ids, .. } => ids.as_deref(),
        }
    }
}

fn parse<T: DeserializeOwned>(ids: Option<&str>) -> Option<T> {
    serde_json::from_str(ids?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<EventSubject> {
        let text = |text: &str| text.to_owned();
        vec![
            EventSubject::AccessRevoked,
            EventSubject::Comment {
                id: text("1\0\u{feff}"),
                media: Some(text("2")),
            },
            EventSubject::DeletionRequest { id: text("") },
            EventSubject::Media { id: text("\"") },
            EventSubject::Mention {
                id: text("3"),
                media: None,
            },
            EventSubject::Other,
            EventSubject::Post {
                remote_id: RemoteId::new("v_pub~1").unwrap(),
            },
        ]
    }

    #[test]
    fn what_is_stored_is_read_again() {
        for subject in all() {
            let read = EventSubject::read(subject.word(), subject.ids().as_deref());
            assert_eq!(read.as_ref(), Some(&subject));
            assert!(subject.is_known());
        }
    }

    #[test]
    fn every_word_is_listed() {
        let subjects = all();
        let words: Vec<_> = subjects.iter().map(EventSubject::word).collect();
        assert_eq!(words, EventSubject::WORDS);
    }

    #[test]
    fn a_word_of_a_newer_release_is_kept_as_it_is() {
        let newer = EventSubject::read("story", Some("{\"id\": 7}"));
        let newer = newer.expect("it is no damage");
        assert!(!newer.is_known());
        assert_eq!(newer.word(), "story");
        assert_eq!(newer.ids().as_deref(), Some("{\"id\": 7}"));
    }

    #[test]
    fn a_known_word_without_its_ids_is_damage() {
        assert_eq!(EventSubject::read("post", None), None);
        assert_eq!(EventSubject::read("post", Some("{\"id\":\"1\"}")), None);
        assert_eq!(EventSubject::read("comment", Some("nonsense")), None);
    }
}
