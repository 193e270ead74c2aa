use std::borrow::Cow;

use super::Error;

/// Why something could not be built out of its settings: the hub, or what a platform's crate makes of an app.
///
/// A builder names everything that is missing at once.
#[derive(Clone, Debug, thiserror::Error)]
#[expect(
    clippy::exhaustive_enums,
    reason = "missing, wrong, or not possible here"
)]
pub enum BuildError {
    /// A setting cannot be used.
    #[error("{setting} cannot be used: {reason}")]
    Invalid {
        /// Its name.
        setting: &'static str,
        /// What is wrong with it. Never the value, which may be a secret.
        reason: Cow<'static, str>,
    },
    /// Settings were not given.
    #[error("{of} was not given: {}", names.join(", "))]
    Missing {
        /// What was to be built.
        of: &'static str,
        /// The settings, by the names under which they are given.
        names: Vec<&'static str>,
    },
    /// Something that was given does not work. It says what the error says, so the next in the chain is the error's cause.
    #[error(transparent)]
    Failed(#[from] Error),
}

#[cfg(test)]
mod tests {
    use std::{error::Error as _, io};

    use super::*;

    #[test]
    fn what_failed_is_not_its_own_cause() {
        let failed = Error::storage("no folder").with_source(io::Error::other("the disk"));
        let error = BuildError::from(failed);
        assert_eq!(error.to_string(), "no folder");
        assert_eq!(error.source().unwrap().to_string(), "the disk");
    }

    #[test]
    fn everything_that_is_missing_is_named() {
        let error = BuildError::Missing {
            of: "Social::builder()",
            names: vec!["stores", "keys"],
        };
        assert_eq!(
            error.to_string(),
            "Social::builder() was not given: stores, keys"
        );
    }
}
