//! One error for everything: what happened, and what to do now.

mod build;
mod reason;

use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

pub use build::BuildError;
pub use reason::Reason;

use crate::model::Platform;

/// What every fallible call of this family returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What happened ([`kind`](Self::kind)), and what to do now ([`remedy`](Self::remedy)).
///
/// The platform's own code and request id are always kept. One word wide. Neither `Display` nor `Debug` ever holds a
/// token, a code, or a URL with one: errors are built from the name of the call, never from its address.
///
/// Serializable, so that a post's failure reads the same after a restart; the [`source`](StdError::source) is not kept
/// then.
///
/// ```
/// use social_core::{Error, ErrorKind, Remedy};
///
/// let error = Error::new(ErrorKind::Invalid, "the caption has 2300 UTF-16 units, the limit is 2200")
///     .with_remedy(Remedy::FixInput { field: "caption".into(), rule: "caption.length".into() });
/// assert_eq!(error.kind(), ErrorKind::Invalid);
/// assert!(!error.is_transient());
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Error(Box<Repr>);

#[derive(Clone, Serialize, Deserialize)]
struct Repr {
    kind: ErrorKind,
    remedy: Remedy,
    message: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    platform: Option<Platform>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operation: Option<Cow<'static, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_message: Option<Cow<'static, str>>,
    #[serde(skip)]
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind` with the remedy that usually fits it.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Repr {
            kind,
            remedy: kind.usual_remedy(),
            message: message.into(),
            reason: None,
            code: None,
            request_id: None,
            platform: None,
            operation: None,
            user_message: None,
            source: None,
        }))
    }

    /// An input that breaks `rule`; `field` names what to change.
    pub fn invalid(
        field: impl Into<String>,
        rule: impl Into<String>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(ErrorKind::Invalid, message).with_remedy(Remedy::FixInput {
            field: field.into(),
            rule: rule.into(),
        })
    }

    /// A failure of a store or of a file.
    pub fn storage(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Storage, message)
    }

    /// What happened.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What to do now.
    pub fn remedy(&self) -> &Remedy {
        &self.0.remedy
    }

    /// Why, in words that hold on every platform; `None` where no more is known than the kind says.
    pub fn reason(&self) -> Option<Reason> {
        self.0.reason
    }

    /// The platform's own code, for example `spam_risk_too_many_posts`.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The platform's id of the request; its support asks for it.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The platform that answered.
    pub fn platform(&self) -> Option<&Platform> {
        self.0.platform.as_ref()
    }

    /// The name of the call that failed, never its address.
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// What happened, in words for a log.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// A sentence fit to show to the person who uses the service.
    pub fn user_message(&self) -> &str {
        self.0
            .user_message
            .as_deref()
            .unwrap_or_else(|| match self.0.remedy {
                // "It is tried again" would not be so.
                Remedy::Reconcile => {
                    "The platform did not say whether it did this. It is asked, and nothing is posted twice."
                }
                _ => self.0.kind.user_message(),
            })
    }

    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self.0.remedy, Remedy::Backoff | Remedy::After { .. })
    }

    /// Replaces the remedy.
    #[must_use]
    pub fn with_remedy(mut self, remedy: Remedy) -> Self {
        self.0.remedy = remedy;
        self
    }

    /// Says why, in words that hold on every platform.
    #[must_use]
    pub fn with_reason(mut self, reason: Reason) -> Self {
        self.0.reason = Some(reason);
        self
    }

    /// Keeps the platform's own code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Keeps the platform's request id.
    #[must_use]
    pub fn with_request_id(mut self, id: impl Into<String>) -> Self {
        self.0.request_id = Some(id.into());
        self
    }

    /// Names the platform that answered.
    #[must_use]
    pub fn with_platform(mut self, platform: Platform) -> Self {
        self.0.platform = Some(platform);
        self
    }

    /// Names the call that failed.
    #[must_use]
    pub fn with_operation(mut self, operation: impl Into<Cow<'static, str>>) -> Self {
        self.0.operation = Some(operation.into());
        self
    }

    /// Sets the sentence fit to show to a person.
    #[must_use]
    pub fn with_user_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.0.user_message = Some(message.into());
        self
    }

    /// Keeps the cause. It must hold no secret: drop a URL first.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = &self.0.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&self.0.message)?;
        match (&self.0.code, &self.0.request_id) {
            (Some(code), Some(id)) => write!(f, " (code {code}, request {id})"),
            (Some(code), None) => write!(f, " (code {code})"),
            (None, Some(id)) => write!(f, " (request {id})"),
            (None, None) => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Error");
        out.field("kind", &self.0.kind)
            .field("remedy", &self.0.remedy);
        out.field("message", &self.0.message);
        if let Some(operation) = &self.0.operation {
            out.field("operation", operation);
        }
        if let Some(reason) = &self.0.reason {
            out.field("reason", reason);
        }
        if let Some(code) = &self.0.code {
            out.field("code", code);
        }
        if let Some(id) = &self.0.request_id {
            out.field("request_id", id);
        }
        if let Some(source) = &self.0.source {
            out.field("source", &source.to_string());
        }
        out.finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}

impl PartialEq for Error {
    /// Equal in everything but the source.
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&self.0, &other.0);
        a.kind == b.kind
            && a.remedy == b.remedy
            && a.message == b.message
            && a.reason == b.reason
            && a.code == b.code
            && a.request_id == b.request_id
            && a.platform == b.platform
            && a.operation == b.operation
            && a.user_message == b.user_message
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// Somebody else changed or holds it, or the same key was used with another content.
    Conflict,
    /// The input breaks a rule.
    Invalid,
    /// There is no such thing, or not for this owner.
    NotFound,
    /// The account did not grant the right that the call needs.
    Permission,
    /// The answer does not have the documented shape.
    Protocol,
    /// A limit is reached; it passes by itself.
    RateLimited,
    /// The platform understood and refused.
    Rejected,
    /// A sealed value cannot be opened, or a key is missing.
    Seal,
    /// A database or a file failed.
    Storage,
    /// No answer in time.
    Timeout,
    /// The credential is not, or no longer, accepted.
    Unauthorized,
    /// The service cannot be reached or fails on its side.
    Unavailable,
    /// Not possible on this platform, account or build.
    Unsupported,
}

impl ErrorKind {
    fn usual_remedy(self) -> Remedy {
        match self {
            Self::RateLimited | Self::Timeout | Self::Unavailable | Self::Storage => {
                Remedy::Backoff
            }
            Self::Permission => Remedy::Reauthorize,
            Self::Unauthorized => Remedy::Refresh,
            Self::Seal => Remedy::Operator,
            Self::Conflict
            | Self::Invalid
            | Self::NotFound
            | Self::Protocol
            | Self::Rejected
            | Self::Unsupported => Remedy::Never,
        }
    }

    fn user_message(self) -> &'static str {
        match self {
            Self::Conflict => {
                "Something else changed this in the meantime. Look again, then repeat."
            }
            Self::Invalid => {
                "Something in this request is not allowed. Change it and send it again."
            }
            Self::NotFound => "There is nothing here.",
            Self::Permission => {
                "The account did not allow this. Connect it again and tick the right."
            }
            Self::Protocol => "The platform answered in a way this program does not know.",
            Self::RateLimited => "The platform asks us to wait. This goes on by itself.",
            Self::Rejected => "The platform refused this.",
            Self::Seal => "A stored secret cannot be read. The operator must look at the keys.",
            Self::Storage => {
                "This server cannot reach its storage. What was sent before is safe. Try again in a minute."
            }
            Self::Timeout | Self::Unavailable => "The platform does not answer. It is tried again.",
            Self::Unauthorized => "The platform does not accept this access now.",
            Self::Unsupported => "This is not possible here.",
        }
    }
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Remedy {
    /// Try the same again, later and ever more seldom. Of a call that causes something it also says: it was certainly
    /// not carried out.
    Backoff,
    /// Try the same again after `wait`; everything in `scope` has to wait.
    After {
        /// How long, at least.
        wait: Duration,
        /// What has to wait.
        scope: LimitScope,
    },
    /// Change `field`; `rule` names what it breaks.
    FixInput {
        /// The field, as the request names it.
        field: String,
        /// A stable id of the rule, for example `caption.length`.
        rule: String,
    },
    /// Refresh the access token once, then try again.
    Refresh,
    /// The person has to connect the account again.
    Reauthorize,
    /// The call may have been carried out: find out, never repeat.
    Reconcile,
    /// Whoever runs this has to change configuration, keys or storage.
    Operator,
    /// Nothing helps; do not try again.
    Never,
}

/// What a limit covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LimitScope {
    /// One connected account.
    Account,
    /// The whole platform app.
    App,
    /// One endpoint of one account.
    Endpoint,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_word_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }

    #[test]
    fn what_may_have_been_done_is_not_said_to_be_tried_again() {
        for kind in [ErrorKind::Timeout, ErrorKind::Unavailable] {
            let lost = Error::new(kind, "no answer").with_remedy(Remedy::Reconcile);
            assert!(!lost.user_message().contains("tried again"), "{kind:?}");
            let own = lost.with_user_message("Look at the profile.");
            assert_eq!(own.user_message(), "Look at the profile.");
        }
    }

    #[test]
    fn survives_storage_without_its_source() {
        let error = Error::new(ErrorKind::Rejected, "refused")
            .with_reason(Reason::Spam)
            .with_code("spam_risk")
            .with_request_id("log-1")
            .with_platform(Platform::new("example"))
            .with_operation("publish")
            .with_source(std::io::Error::other("cause"));
        let text = serde_json::to_string(&error).unwrap();
        let back: Error = serde_json::from_str(&text).unwrap();
        assert_eq!(back, error);
        assert!(StdError::source(&error).is_some() && StdError::source(&back).is_none());
        assert_eq!(
            back.to_string(),
            "publish: refused (code spam_risk, request log-1)"
        );
    }
}
