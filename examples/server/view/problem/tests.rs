use super::*;

fn said(problem: Problem) -> (String, String, Option<&'static str>) {
    let words = problem.words();
    (words.title, words.line, words.button)
}

fn line(problem: Problem) -> String {
    problem.words().line
}

#[test]
fn access_is_named_with_its_account_and_its_remedy() {
    let lost = Problem::AccessLost {
        account: "studio-backup".into(),
        why: "access was removed in TikTok".into(),
    };
    assert_eq!(
        said(lost),
        (
            "Reconnect needed".into(),
            "studio-backup must be connected again: access was removed in TikTok.".into(),
            Some("Reconnect")
        )
    );
    assert_eq!(
        line(Problem::NotAllowed { what: "Posting" }),
        "Posting was not allowed at sign-in. Connect the account again and leave it ticked."
    );
}

#[test]
fn what_goes_on_by_itself_has_a_time_and_no_button() {
    let until = || "14:20".to_owned();
    for (problem, words) in [
        (
            Problem::AskedToWait { until: until() },
            "This goes on by itself at 14:20.",
        ),
        (
            Problem::DailyLimit { starts: until() },
            "TikTok takes no more posts from this account today. This post starts at 14:20.",
        ),
        (
            Problem::NotFetched { next_try: until() },
            "An address of the media must answer everybody, without a redirect. Next try at 14:20.",
        ),
        (
            Problem::NoAnswer { next_try: until() },
            "Next try at 14:20.",
        ),
    ] {
        let said = problem.words();
        assert_eq!(said.line, words);
        assert_eq!(said.button, None, "{words}");
        assert!(!problem.afterwards().contains("14:20"), "{words}");
    }
}

#[test]
fn not_knowing_promises_not_to_post_twice() {
    let next = Some("14:06:20".to_owned());
    let (_, line, button) = said(Problem::Undecided { next });
    assert_eq!(
        line,
        "It is not sent again. TikTok is asked what became of it, next at 14:06:20."
    );
    assert_eq!(button, Some("Ask now"));
    let nobody_asks = said(Problem::Undecided { next: None });
    assert_eq!(nobody_asks.2, Some("Ask now"));
    let nobody_tells = said(Problem::NotTold {
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
fn a_failed_sign_in_says_why_and_that_nothing_changed() {
    for (problem, why) in [
        (
            Problem::LoginExpired { minutes: 10 },
            "The sign-in was opened more than 10 minutes ago, so it no longer counts.",
        ),
        (Problem::LoginRefused, "You refused on TikTok's page."),
        (Problem::LoginUnknown, "This sign-in did not start here."),
    ] {
        assert_eq!(
            said(problem),
            (
                "TikTok did not connect".into(),
                format!("{why} Nothing was stored and nothing changed."),
                Some("Connect TikTok again")
            )
        );
    }
}

#[test]
fn every_problem_has_words_without_shouting_or_begging() {
    let problems = [
        Problem::UserCap,
        Problem::Unaudited {
            account: "studio-account".into(),
        },
        Problem::AudienceChanged,
        Problem::Media {
            finding: "Frame rate is 15 fps; TikTok wants 23 to 60".into(),
            fix: "Export it again at 30 fps.".into(),
        },
        Problem::Spam,
        Problem::Storage,
        Problem::NotFound,
        Problem::Other {
            words: "The file could not be read.".into(),
        },
    ];
    for problem in problems {
        let words = problem.words();
        let text = format!("{} {}", words.title, words.line);
        assert!(
            !words.title.is_empty() && words.line.ends_with('.'),
            "{text}"
        );
        for banned in ["!", "please", "Please", "oops", "Oops", "Sorry", "sorry"] {
            assert!(!text.contains(banned), "{text}");
        }
    }
}
