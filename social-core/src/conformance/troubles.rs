use std::fmt::Debug;

use crate::error::Result;

/// What befalls a call on its way to a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// It is carried out, and its answer is lost.
    LostAfter,
    /// It is not carried out, and nobody is told.
    LostBefore,
    /// The platform refuses it for good: no other try could succeed.
    Refused,
    /// The platform says that it has a failure of its own, and carries nothing out.
    ServerError,
}

/// Fails when what is shown holds a secret. Says which of them by its number only.
#[track_caller]
pub(super) fn hides(shown: &str, secrets: &[String], what: &str) {
    for (number, secret) in secrets.iter().enumerate() {
        assert!(!secret.is_empty(), "an empty secret is in every text");
        assert!(!shown.contains(secret), "{what} shows secret {number}");
    }
}

/// The error, which must not show a secret either.
#[track_caller]
pub(super) fn error_of<T: Debug>(answer: Result<T>, rule: &str) -> crate::Error {
    match answer {
        Err(error) => error,
        Ok(other) => panic!("{rule}: it was not refused but answered {other:?}"),
    }
}

/// Walks through pages until one has no next, of any kind. A platform of a test has no thousand pages.
macro_rules! pages {
    ($from:ident => $page:expr) => {{
        let (mut items, mut places) = (Vec::new(), Vec::<String>::new());
        loop {
            let $from = places.last().map(String::as_str);
            let page = $page?;
            items.extend(page.items);
            let Some(next) = page.next else { break items };
            assert!(!places.contains(&next), "paging ends: {next:?} comes again");
            places.push(next);
        }
    }};
}

pub(super) use pages;
