use social_core::error::words::Field;

use super::*;

fn facts() -> Facts<'static> {
    Facts::new()
        .with(Field::Platform, "TikTok")
        .with(Field::Account, "studio-backup")
        .with(Field::When, "14:20")
}

fn said(problem: &Problem) -> (String, String, Option<&'static str>) {
    let words = problem.words();
    (words.title, words.line, words.button)
}

fn limited(reason: Reason) -> Error {
    let wait = std::time::Duration::from_secs(60);
    let scope = social_core::LimitScope::Account;
    Error::new(ErrorKind::RateLimited, "x")
        .with_remedy(Remedy::After { wait, scope })
        .with_reason(reason)
}

#[test]
fn access_is_named_with_its_account_and_its_remedy() {
    let lost = Problem::because(Reason::AccessRemoved, &facts());
    let (title, line, button) = said(&lost);
    assert_eq!(
        (title.as_str(), button),
        ("Reconnect needed", Some("Reconnect"))
    );
    assert!(
        line.starts_with("studio-backup must be connected again: access was removed on TikTok."),
        "{line}"
    );
    assert!(lost.is_access());
    let right = facts().with(Field::Right, "Posting");
    let refused = Problem::because(Reason::ScopeMissing, &right);
    assert_eq!(
        said(&refused).1,
        "Posting was not allowed at sign-in. Connect the account again and leave it ticked."
    );
    assert!(refused.is_access());
    assert!(!Problem::because(Reason::Spam, &facts()).is_access());
}

#[test]
fn what_goes_on_by_itself_has_a_time_and_no_button() {
    for reason in [Reason::CallLimit, Reason::DailyLimit, Reason::AppLimit] {
        let problem = Problem::of(&limited(reason), &facts().waits());
        let words = problem.words();
        assert!(words.line.contains("14:20"), "{words:?}");
        assert_eq!(words.button, None, "{words:?}");
        assert!(!problem.afterwards().contains("14:20"), "{words:?}");
        assert!(problem.afterwards().contains("TikTok"), "{words:?}");
    }
}

#[test]
fn not_knowing_promises_not_to_post_twice() {
    let next = Some("14:06:20".to_owned());
    let (_, line, button) = said(&Problem::Undecided { next });
    assert_eq!(
        line,
        "It is not sent again. TikTok is asked what became of it, next at 14:06:20."
    );
    assert_eq!(button, Some("Ask now"));
    let nobody_asks = said(&Problem::Undecided { next: None });
    assert_eq!(nobody_asks.2, Some("Ask now"));
    let nobody_tells = said(&Problem::NotTold {
        why: "Nobody tells.",
    });
    assert_eq!(nobody_tells.2, None);
    for (title, line, _) in [nobody_asks, nobody_tells] {
        assert_eq!(title, "We do not know yet whether TikTok published this.");
        assert!(line.starts_with("It is not sent again."), "{line}");
        assert!(!line.contains("next"), "{line}");
        assert!(line.contains("settle it here"), "{line}");
    }
}

#[test]
fn a_failed_sign_in_says_why_and_has_a_way_on() {
    let limit = facts().with(Field::Limit, "10 minutes");
    for (reason, why) in [
        (
            Reason::LoginExpired,
            "This sign-in no longer counts: it was opened more than 10 minutes ago.",
        ),
        (Reason::ConsentRefused, "You refused on TikTok's page."),
        (Reason::LoginUnknown, "This sign-in did not start here."),
    ] {
        let (title, line, button) = said(&Problem::because(reason, &limit));
        assert_eq!(title, "TikTok did not connect");
        let nothing = "Nothing was stored and nothing changed.";
        assert!(line.starts_with(&format!("{why} {nothing}")), "{line}");
        assert_eq!(button, Some("Connect TikTok again"));
    }
}

#[test]
fn what_a_person_has_to_do_has_a_button() {
    for (reason, button) in [
        (Reason::AppNotAudited, "Check again"),
        (Reason::MediaRule, "Replace"),
    ] {
        assert_eq!(said(&Problem::because(reason, &facts())).2, Some(button));
    }
}
