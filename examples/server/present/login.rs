//! Why a login did not connect an account: a short name for the address, and the words for the name.

use social_core::{Error, ErrorKind, Reason, Remedy};

use crate::view::problem::{Problem, Words};

/// How long a login counts.
pub(crate) const LOGIN_MINUTES: u64 = 10;

/// A name and nothing that came from outside.
pub(crate) fn why(error: &Error) -> Why {
    Why(match (error.reason(), error.kind()) {
        (Some(Reason::LoginExpired), _) => "expired",
        (Some(Reason::LoginUsed), _) => "used",
        (Some(Reason::LoginElsewhere), _) => "browser",
        (Some(Reason::AccountTaken), _) => "taken",
        (Some(Reason::ConsentRefused), _) => "refused",
        (Some(Reason::LoginUnknown), _) => "unknown",
        (_, ErrorKind::Storage) => "storage",
        (_, ErrorKind::Timeout) => "silent",
        (_, ErrorKind::Unavailable | ErrorKind::RateLimited) => "busy",
        _ if *error.remedy() == Remedy::Operator => "setup",
        // A word of the consent page that the table does not know: there was no code.
        _ if error.operation() == Some("callback") => "ended",
        _ => "platform",
    })
}

/// One of the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Why(pub(crate) &'static str);

/// The words for a name; an unknown one is a login that did not start here.
pub(crate) fn words(why: &str) -> Words {
    let failed = |line: &str| Words {
        title: "TikTok did not connect".to_owned(),
        line: line.to_owned(),
        button: Some("Connect TikTok again"),
    };
    match why {
        "expired" => Problem::LoginExpired {
            minutes: LOGIN_MINUTES,
        }
        .words(),
        "refused" => Problem::LoginRefused.words(),
        "used" => failed("This sign-in was already used. Look at your accounts, or start again."),
        "browser" => failed(
            "This sign-in was begun in another browser. Finish it there, or start again here. Nothing was stored and nothing changed.",
        ),
        "taken" => failed(
            "Another user of this server has connected that account. It has to be disconnected there first. Nothing changed.",
        ),
        "silent" => {
            failed("TikTok did not answer in time. Nothing was stored. Try again in a minute.")
        }
        "busy" => failed(
            "TikTok could not do this just now: it cannot be reached, or something failed on its side. Nothing was stored. Try again in a minute.",
        ),
        "ended" => failed(
            "TikTok ended the sign-in with an error that is not known here. Nothing was stored and nothing changed.",
        ),
        "storage" => failed(
            "This server cannot reach its database. Nothing was stored. Try again in a minute.",
        ),
        "setup" => failed(
            "TikTok does not accept this server's app: its key, secret, redirect address or what it asks for. Whoever runs this server has to look. Nothing was stored.",
        ),
        "platform" => failed(
            "TikTok did not accept the sign-in: its code is expired, used or of another app. Nothing was stored and nothing changed.",
        ),
        _ => Problem::LoginUnknown.words(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_the_title_and_says_what_to_do() {
        let kinds = [
            Error::new(ErrorKind::Unauthorized, "x").with_reason(Reason::LoginExpired),
            Error::new(ErrorKind::Conflict, "x").with_reason(Reason::LoginUsed),
            Error::new(ErrorKind::Unauthorized, "x").with_reason(Reason::LoginElsewhere),
            Error::new(ErrorKind::Conflict, "x").with_reason(Reason::AccountTaken),
            Error::new(ErrorKind::Rejected, "x").with_reason(Reason::ConsentRefused),
            Error::new(ErrorKind::NotFound, "x").with_reason(Reason::LoginUnknown),
            Error::storage("x"),
            Error::new(ErrorKind::Timeout, "x"),
            Error::new(ErrorKind::Unavailable, "x").with_code("server_error"),
            Error::new(ErrorKind::Rejected, "x")
                .with_operation("callback")
                .with_code("brand_new"),
            Error::new(ErrorKind::Unauthorized, "x").with_remedy(Remedy::Operator),
            Error::new(ErrorKind::Unauthorized, "x").with_code("invalid_grant"),
        ];
        let mut lines = std::collections::BTreeSet::new();
        for error in kinds {
            let words = words(why(&error).0);
            assert_eq!(words.title, "TikTok did not connect");
            assert_eq!(words.button, Some("Connect TikTok again"));
            assert!(
                lines.insert(words.line.clone()),
                "said twice: {}",
                words.line
            );
        }
        assert!(
            words("<script>")
                .line
                .starts_with("This sign-in did not start here.")
        );
    }
}
