//! One error for everything: what happened, and what to do now.

mod build;
mod kind;
mod reason;
mod remedy;
pub mod words;

#[cfg(test)]
mod tests;

use std::{borrow::Cow, collections::BTreeMap, error::Error as StdError, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

pub use build::BuildError;
pub use kind::ErrorKind;
pub use reason::Reason;
pub use remedy::{LimitScope, Remedy};
use words::{Facts, Field, Words};

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
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<Field, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finding: Option<Cow<'static, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    advice: Option<Cow<'static, str>>,
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
            fields: BTreeMap::new(),
            finding: None,
            advice: None,
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

    /// What is known of it beside the reason, for the sentences about it.
    pub fn field(&self, field: Field) -> Option<&str> {
        self.0.fields.get(&field).map(String::as_str)
    }

    /// What a person is told, with what the caller knows beside the error.
    pub fn words(&self, facts: &Facts<'_>) -> Words {
        words::of(self, facts)
    }

    /// [`words`](Self::words) in one line, in English and without any facts: what happened, and what to do now.
    pub fn user_message(&self) -> String {
        self.words(&Facts::new()).line()
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

    /// Replaces what a log is told.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.0.message = message.into();
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

    /// Keeps something that the sentences about it name. No secret and no URL with one.
    #[must_use]
    pub fn with_field(mut self, field: Field, value: impl Into<String>) -> Self {
        self.0.fields.insert(field, value.into());
        self
    }

    /// Says in a whole sentence for a person what happened, where the [table](words) cannot know it. The table's advice is
    /// not told with it.
    #[must_use]
    pub fn with_user_message(mut self, finding: impl Into<Cow<'static, str>>) -> Self {
        self.0.finding = Some(finding.into());
        self
    }

    /// Says in whole sentences for a person what to do now, in place of the table's advice.
    #[must_use]
    pub fn with_advice(mut self, advice: impl Into<Cow<'static, str>>) -> Self {
        self.0.advice = Some(advice.into());
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
            && a.fields == b.fields
            && a.finding == b.finding
            && a.advice == b.advice
    }
}
