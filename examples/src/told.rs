//! Why a program ends, in one line.

/// What happened and its causes, each once: some errors say their cause themselves.
pub fn told(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if line.contains(&cause) {
            continue;
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&cause);
    }
    line
}

#[cfg(test)]
mod tests {
    use std::io;

    use social_core::{BuildError, Error};

    use super::*;

    #[test]
    fn a_cause_is_said_once() {
        let denied = || io::Error::new(io::ErrorKind::PermissionDenied, "Permission denied");
        let says_it = Error::storage("cannot use media: Permission denied").with_source(denied());
        let error = anyhow::Error::from(says_it.clone()).context("the data");
        let line = "the data: cannot use media: Permission denied";
        assert_eq!(told(&error), line);
        let error = anyhow::Error::from(BuildError::Failed(says_it)).context("the data");
        assert_eq!(told(&error), line);
        let silent = Error::storage("cannot use media").with_source(denied());
        assert_eq!(
            told(&anyhow::Error::from(silent)),
            "cannot use media: Permission denied"
        );
    }
}
