use super::*;

/// In the order of the enum. A variant that is added has to be added here, by the match.
const REASONS: &[Reason] = &[
    Reason::AccessExpired,
    Reason::AccessRemoved,
    Reason::AccountBanned,
    Reason::AccountTaken,
    Reason::ActionNeeded,
    Reason::AddressNotVerified,
    Reason::ApiVersionEnded,
    Reason::AppCreditSpent,
    Reason::AppLimit,
    Reason::AppMisconfigured,
    Reason::AppNotAudited,
    Reason::AppOutdated,
    Reason::AudienceRefused,
    Reason::CallLimit,
    Reason::Cancelled,
    Reason::CommentsOff,
    Reason::ConsentFailed,
    Reason::ConsentRefused,
    Reason::DailyLimit,
    Reason::Disconnected,
    Reason::Duplicate,
    Reason::GrantSuspected,
    Reason::LoginCodeRefused,
    Reason::LoginElsewhere,
    Reason::LoginExpired,
    Reason::LoginUnknown,
    Reason::LoginUsed,
    Reason::MediaMissing,
    Reason::MediaRule,
    Reason::MediaUnreachable,
    Reason::Missed,
    Reason::NoAccount,
    Reason::OfferEnded,
    Reason::OfferOver,
    Reason::PendingLimit,
    Reason::PlatformFailed,
    Reason::RefreshAnswerLost,
    Reason::RefreshBusy,
    Reason::RefreshedJustNow,
    Reason::RestMissing,
    Reason::RestoredNotAccepted,
    Reason::RoleMissing,
    Reason::ScopeMissing,
    Reason::ShuttingDown,
    Reason::Spam,
    Reason::NewerRelease,
    Reason::StorageFull,
    Reason::TokensUnsaved,
    Reason::TooLateToStop,
];

/// Whether a person is told it in words of its own. What is between stores and workers, and what is not known, is told by
/// its kind.
fn has_words(reason: Reason) -> bool {
    match reason {
        Reason::RemoteIdTaken | Reason::Unknown => false,
        Reason::AccessExpired
        | Reason::AccessRemoved
        | Reason::AccountBanned
        | Reason::AccountTaken
        | Reason::ActionNeeded
        | Reason::AddressNotVerified
        | Reason::ApiVersionEnded
        | Reason::AppCreditSpent
        | Reason::AppLimit
        | Reason::AppMisconfigured
        | Reason::AppNotAudited
        | Reason::AppOutdated
        | Reason::AudienceRefused
        | Reason::CallLimit
        | Reason::Cancelled
        | Reason::CommentsOff
        | Reason::ConsentFailed
        | Reason::ConsentRefused
        | Reason::DailyLimit
        | Reason::Disconnected
        | Reason::Duplicate
        | Reason::GrantSuspected
        | Reason::LoginCodeRefused
        | Reason::LoginElsewhere
        | Reason::LoginExpired
        | Reason::LoginUnknown
        | Reason::LoginUsed
        | Reason::MediaMissing
        | Reason::MediaRule
        | Reason::MediaUnreachable
        | Reason::Missed
        | Reason::NoAccount
        | Reason::OfferEnded
        | Reason::OfferOver
        | Reason::PendingLimit
        | Reason::PlatformFailed
        | Reason::RefreshAnswerLost
        | Reason::RefreshBusy
        | Reason::RefreshedJustNow
        | Reason::RestMissing
        | Reason::RestoredNotAccepted
        | Reason::RoleMissing
        | Reason::ScopeMissing
        | Reason::ShuttingDown
        | Reason::Spam
        | Reason::NewerRelease
        | Reason::StorageFull
        | Reason::TokensUnsaved
        | Reason::TooLateToStop => true,
    }
}

const KINDS: [ErrorKind; 13] = [
    ErrorKind::Conflict,
    ErrorKind::Invalid,
    ErrorKind::NotFound,
    ErrorKind::Permission,
    ErrorKind::Protocol,
    ErrorKind::RateLimited,
    ErrorKind::Rejected,
    ErrorKind::Seal,
    ErrorKind::Storage,
    ErrorKind::Timeout,
    ErrorKind::Unauthorized,
    ErrorKind::Unavailable,
    ErrorKind::Unsupported,
];

#[test]
fn every_reason_and_every_kind_has_its_row_once() {
    let rows = |about| ENGLISH.rows.iter().filter(|row| row.about == about).count();
    for reason in REASONS {
        assert!(has_words(*reason));
        assert_eq!(rows(About::Reason(*reason)), 1, "{reason:?}");
    }
    for kind in KINDS {
        assert_eq!(rows(About::Kind(kind)), 1, "{kind:?}");
    }
    let reasons = ENGLISH.rows.iter();
    let reasons = reasons.filter(|row| matches!(row.about, About::Reason(_)));
    assert_eq!(reasons.count(), REASONS.len());
}

#[test]
fn every_reason_says_what_to_do_now() {
    for reason in REASONS {
        let error = Error::new(ErrorKind::Rejected, "x").with_reason(*reason);
        for facts in [Facts::new().over(), Facts::new().waits()] {
            let words = error.words(&facts);
            assert!(!words.advice.is_empty(), "{reason:?}: {words:?}");
        }
    }
}

#[test]
fn every_reason_is_read_as_it_was_stored() {
    for reason in REASONS {
        let stored = serde_json::to_string(reason).unwrap();
        let read: Reason = serde_json::from_str(&stored).unwrap();
        assert_eq!(read, *reason, "{stored}");
    }
}

#[test]
fn what_the_app_has_used_up_names_nobody() {
    let error = Error::new(ErrorKind::RateLimited, "x").with_reason(Reason::AppLimit);
    assert_eq!(
        error.words(&Facts::new()).finding,
        "The app has used up what the platform gives it for a while."
    );
}

#[test]
fn every_sentence_is_whole_and_names_only_fields() {
    for row in ENGLISH.rows {
        assert!(
            !row.title.is_empty() && !row.title.ends_with('.'),
            "{row:?}"
        );
        assert!(row.finding.ends_with('.'), "{row:?}");
        for text in [row.advice, row.waits] {
            assert!(text.is_empty() || text.ends_with('.'), "{row:?}");
        }
        for text in [row.title, row.finding, row.advice, row.waits] {
            for name in template::slots(text) {
                assert!(template::of(name).is_some(), "{name} in {text}");
            }
            for banned in ['!', '—'] {
                assert!(!text.contains(banned), "{text}");
            }
            let lower = text.to_lowercase();
            assert!(
                !lower.contains("please") && !lower.contains("sorry"),
                "{text}"
            );
        }
    }
}

#[test]
fn no_sentence_of_the_findings_is_written_twice() {
    let mut seen = std::collections::BTreeSet::new();
    for row in ENGLISH.rows {
        assert!(seen.insert(row.finding), "{}", row.finding);
    }
}

fn daily() -> Error {
    Error::new(ErrorKind::RateLimited, "x").with_reason(Reason::DailyLimit)
}

#[test]
fn what_is_not_known_is_left_out_or_named_in_general() {
    let words = daily().words(&Facts::new().waits());
    assert_eq!(
        words.finding,
        "The platform takes no more posts from this account today."
    );
    assert_eq!(words.advice, "It starts by itself.");
    let facts = Facts::new()
        .with(Field::Account, "studio")
        .with(Field::Platform, "Example")
        .with(Field::When, "14:20");
    let words = daily().words(&facts.clone().waits());
    assert_eq!(
        words.line(),
        "Example takes no more posts from studio today. It starts by itself at 14:20."
    );
    let over = daily().words(&facts.over());
    assert!(!over.line().contains("14:20"), "{over:?}");
}

#[test]
fn what_the_error_knows_goes_before_what_the_caller_knows() {
    let error = daily().with_field(Field::Account, "second");
    let facts = Facts::new().with(Field::Account, "first");
    assert!(error.words(&facts).finding.contains("second"));
}

#[test]
fn a_wait_is_told_in_words() {
    let error = |seconds| {
        Error::new(ErrorKind::RateLimited, "x").with_remedy(Remedy::After {
            wait: Duration::from_secs(seconds),
            scope: crate::LimitScope::Endpoint,
        })
    };
    for (seconds, words) in [
        (1, "Try again in a minute."),
        (61, "Try again in 2 minutes."),
        (86_400, "Try again in 24 hours."),
    ] {
        assert_eq!(error(seconds).words(&Facts::new().over()).advice, words);
    }
}

#[test]
fn not_every_silence_is_the_platforms() {
    let error = Error::new(ErrorKind::Unavailable, "x");
    assert!(
        !error.user_message().contains("platform"),
        "{}",
        error.user_message()
    );
    let call = error.with_operation("publish");
    assert!(
        call.user_message()
            .starts_with("The platform does not answer.")
    );
}

#[test]
fn own_words_take_the_place_of_the_tables() {
    let own = daily().with_user_message("Look at the profile.");
    assert_eq!(own.user_message(), "Look at the profile.");
    let advised = daily().with_advice("Wait.");
    assert!(
        advised.user_message().ends_with("today. Wait."),
        "{}",
        advised.user_message()
    );
}

#[test]
fn a_further_language_is_data() {
    const GERMAN: Language = Language {
        tag: "de",
        rows: &[Row {
            about: About::Reason(Reason::DailyLimit),
            title: "Tageslimit erreicht",
            finding: "{platform} nimmt heute von {account} nichts mehr an.",
            advice: "Morgen geht es wieder.",
            waits: "",
        }],
        unknown: &[
            (Field::Account, "diesem Konto"),
            (Field::Platform, "die Plattform"),
        ],
        span: |wait| format!("{} s", wait.as_secs()),
    };
    let words = daily().words(&Facts::new().language(&GERMAN));
    assert_eq!(
        words.finding,
        "Die Plattform nimmt heute von diesem Konto nichts mehr an."
    );
    let other = Error::new(ErrorKind::Seal, "a key is missing");
    let words = other.words(&Facts::new().language(&GERMAN));
    assert_eq!(
        words.finding, ENGLISH_SEAL,
        "what a language lacks is told in English"
    );
}

const ENGLISH_SEAL: &str = "A stored secret cannot be read. Nothing was changed.";

#[test]
fn a_field_of_a_newer_release_is_read() {
    let text = serde_json::to_string(&daily().with_field(Field::Limit, "5")).unwrap();
    let newer = text.replace("\"limit\"", "\"brand_new\"");
    let read: Error = serde_json::from_str(&newer).unwrap();
    assert_eq!(read.reason(), Some(Reason::DailyLimit));
    assert_eq!(read.field(Field::Unknown), Some("5"));
}
