use serde::{Deserialize, Deserializer};
use social_core::{model::More, platform::lenient};

use super::answer;

/// What became of a post that was begun. Every field may be missing.
///
/// <https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishStatus {
    /// Where it stands; nothing when the answer does not say.
    pub state: Option<PublishState>,
    /// Why it failed, in TikTok's word.
    pub fail_reason: Option<String>,
    /// Ids of the public posts that it became. Empty for private posts, before moderation, and for some apps always.
    pub post_ids: Vec<String>,
    /// How many bytes of a file TikTok has taken.
    pub uploaded_bytes: Option<u64>,
    /// How many bytes TikTok has fetched from an address.
    pub downloaded_bytes: Option<u64>,
    /// What this version does not know.
    pub more: More,
}

/// Where a post stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublishState {
    /// `PROCESSING_UPLOAD`: bytes are missing or being processed.
    ProcessingUpload,
    /// `PROCESSING_DOWNLOAD`: TikTok is fetching the file.
    ProcessingDownload,
    /// `SEND_TO_USER_INBOX`: the person finishes it in the app.
    SentToInbox,
    /// `PUBLISH_COMPLETE`: posted. The id may come later.
    Complete,
    /// `FAILED`: it did not become a post.
    Failed,
    /// One that this version does not know.
    Other(String),
}

/// As sent, with both spellings of the ids.
#[derive(Deserialize)]
struct Sent {
    #[serde(default, deserialize_with = "lenient::text")]
    status: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    fail_reason: Option<String>,
    /// TikTok's own spelling.
    #[serde(default, deserialize_with = "lenient::ids")]
    publicaly_available_post_id: Vec<String>,
    #[serde(default, deserialize_with = "lenient::ids")]
    publicly_available_post_id: Vec<String>,
    #[serde(default, deserialize_with = "lenient::int")]
    uploaded_bytes: Option<i64>,
    #[serde(default, deserialize_with = "lenient::int")]
    downloaded_bytes: Option<i64>,
    #[serde(flatten)]
    more: More,
}

impl<'de> Deserialize<'de> for PublishStatus {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let sent = Sent::deserialize(from)?;
        let mut post_ids = sent.publicaly_available_post_id;
        post_ids.extend(sent.publicly_available_post_id);
        let mut seen = std::collections::BTreeSet::new();
        post_ids.retain(|id| seen.insert(id.clone()));
        Ok(Self {
            state: sent.status.map(PublishState::from),
            fail_reason: (sent.fail_reason)
                .filter(|reason| !reason.is_empty())
                .map(|reason| answer::code(&reason)),
            post_ids,
            uploaded_bytes: sent.uploaded_bytes.and_then(|n| u64::try_from(n).ok()),
            downloaded_bytes: sent.downloaded_bytes.and_then(|n| u64::try_from(n).ok()),
            more: sent.more,
        })
    }
}

impl From<String> for PublishState {
    fn from(word: String) -> Self {
        match word.as_str() {
            "PROCESSING_UPLOAD" => Self::ProcessingUpload,
            "PROCESSING_DOWNLOAD" => Self::ProcessingDownload,
            "SEND_TO_USER_INBOX" => Self::SentToInbox,
            "PUBLISH_COMPLETE" => Self::Complete,
            "FAILED" => Self::Failed,
            _ => Self::Other(answer::capitals(&word)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(json: &str) -> Vec<String> {
        serde_json::from_str::<PublishStatus>(json)
            .unwrap()
            .post_ids
    }

    #[test]
    fn ids_keep_every_digit_in_every_form() {
        let expected = ["7654321098765432109"];
        for json in [
            r#"{"publicaly_available_post_id":[7654321098765432109]}"#,
            r#"{"publicaly_available_post_id":["7654321098765432109"]}"#,
            r#"{"publicaly_available_post_id":7654321098765432109}"#,
            r#"{"publicly_available_post_id":"7654321098765432109"}"#,
            r#"{"publicly_available_post_id":[7654321098765432109],"publicaly_available_post_id":null}"#,
            r#"{"publicly_available_post_id":[7654321098765432109],"publicaly_available_post_id":["7654321098765432109"]}"#,
        ] {
            assert_eq!(ids(json), expected, "{json}");
        }
        assert!(
            ids(r#"{"publicaly_available_post_id":[7.654321098765432e18, null, {}, ""]}"#)
                .is_empty()
        );
        let two = r#"{"publicaly_available_post_id":[7654321098765432109,7654321098765432999]}"#;
        assert_eq!(ids(two).len(), 2);
    }

    #[test]
    fn the_least_and_the_unknown_are_read() {
        let least: PublishStatus =
            serde_json::from_str(r#"{"status":"SEND_TO_USER_INBOX"}"#).unwrap();
        assert_eq!(least.state, Some(PublishState::SentToInbox));
        let json = r#"{"status":"NEW_ONE","uploaded_bytes":"12","more":{"a":1}}"#;
        let unknown: PublishStatus = serde_json::from_str(json).unwrap();
        assert_eq!(
            unknown.state,
            Some(PublishState::Other("NEW_ONE".to_owned()))
        );
        assert_eq!(unknown.uploaded_bytes, Some(12));
        let odd = r#"{"status":"act.Zk3vQ8","fail_reason":"act.Zk3vQ8"}"#;
        let odd: PublishStatus = serde_json::from_str(odd).unwrap();
        let other = PublishState::Other("unreadable".to_owned());
        assert_eq!(odd.state, Some(other));
        assert_eq!(odd.fail_reason.as_deref(), Some("unreadable"));
        let failed = r#"{"status":"FAILED","fail_reason":"picture_size_check_failed","uploaded_bytes":10000}"#;
        let failed: PublishStatus = serde_json::from_str(failed).unwrap();
        assert_eq!(
            failed.fail_reason.as_deref(),
            Some("picture_size_check_failed")
        );
    }
}
