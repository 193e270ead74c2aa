//! What the view models work out for themselves.

use askama::Template as _;

use super::markup::{Element, parse};
use crate::view::account::{TIKTOK, Who, distinct_slugs};
use crate::view::posts::{Filter, StateFilter, short_title};
use crate::view::samples::STUDIO;
use crate::view::timeline::{Hop, HopState, PostPage, Progress, sent_words};

fn sample(name: &str) -> PostPage {
    let (_, page) = crate::view::samples::posts(STUDIO)
        .into_iter()
        .find(|(known, _)| *known == name)
        .expect("a sample");
    page
}

fn rendered(page: &PostPage) -> Vec<Element> {
    parse("post", &page.render().expect("rendered"))
}

fn by_id<'a>(page: &'a [Element], id: &str) -> &'a Element {
    page.iter()
        .find(|e| e.attr("id") == Some(id))
        .unwrap_or_else(|| panic!("nothing has the id {id}"))
}

#[test]
fn slugs_are_plain_and_never_the_same_twice() {
    let names = [
        "Studio.Account",
        "studio-account",
        "studio-account-2",
        "Ünï <code>",
        "",
        "",
    ];
    let who = names.map(|name| Who {
        platform: TIKTOK,
        name: name.to_owned(),
        detail: String::new(),
    });
    let slugs = distinct_slugs(who.iter());
    assert_eq!(
        slugs,
        [
            "tiktok-studio-account",
            "tiktok-studio-account-2",
            "tiktok-studio-account-2-2",
            "tiktok--n---code-",
            "tiktok-",
            "tiktok--2",
        ]
    );
}

#[test]
fn a_caption_becomes_a_heading() {
    assert_eq!(short_title("\n  First line  \nsecond"), "First line");
    assert_eq!(short_title(" \n "), "Untitled video");
    assert_eq!(short_title(&"ä".repeat(80)), "ä".repeat(80));
    assert_eq!(
        short_title(&format!("{} tail", "ä".repeat(79))),
        format!("{}…", "ä".repeat(79))
    );
}

#[test]
fn a_state_survives_the_query_and_an_unknown_one_is_every() {
    for state in [
        StateFilter::Working,
        StateFilter::NeedsYou,
        StateFilter::Published,
        StateFilter::Failed,
        StateFilter::Cancelled,
    ] {
        assert_eq!(StateFilter::from_query(state.query()), state);
        assert!(
            Filter {
                state,
                ..Filter::default()
            }
            .is_set()
        );
    }
    assert_eq!(StateFilter::from_query("nonsense"), StateFilter::Every);
    assert!(!Filter::default().is_set());
}

#[test]
fn the_bar_of_hop_two_has_the_names_that_progress_events_use() {
    let page = rendered(&sample("post-sending"));
    let bar = by_id(&page, "hop2-bar");
    assert_eq!(
        (bar.attr("max"), bar.attr("value")),
        (Some("182000000"), Some("113000000"))
    );
    assert_eq!(by_id(&page, "hop2-bar-pct").text, "62%");
    assert_eq!(
        by_id(&page, "hop2-bar-say").text,
        sent_words(113_000_000, 182_000_000, 12, 18)
    );
    assert_eq!(
        sent_words(113_000_000, 182_000_000, 12, 18),
        "113 MB of 182 MB · part 12 of 18"
    );
    assert_eq!(
        by_id(&page, "live").attr("data-stream"),
        Some("/events?post=01JD4Z7Q8M3W")
    );
}

#[test]
fn progress_is_read_out_by_quarters() {
    let say = |sent| {
        let mut page = sample("post-sending");
        page.progress = Some(Progress {
            line: "",
            hops: vec![
                Hop::received(100),
                Hop::sending(HopState::Running, sent, 100, ""),
                Hop::platform(HopState::Todo),
            ],
        });
        by_id(&rendered(&page), "progress")
            .attr("data-say")
            .map(str::to_owned)
            .expect("words")
    };
    assert_eq!(say(24), "Sending to TikTok");
    assert_eq!(say(25), say(49));
    assert_eq!(say(25), "Sending to TikTok, more than a quarter done");
    assert_eq!(say(75), "Sending to TikTok, more than three quarters done");
    assert_eq!(say(100), "Sending to TikTok, all parts sent");
}

#[test]
fn a_wait_of_unknown_length_has_no_figure() {
    let page = rendered(&sample("post-processing"));
    let bar = by_id(&page, "hop3-bar");
    assert_eq!((bar.attr("max"), bar.attr("value")), (None, None));
    assert_eq!(by_id(&page, "hop2-bar-pct").text, "Done");
}

#[test]
fn the_parts_of_a_post_are_there_even_when_they_are_empty() {
    // The module can only swap what the page had when it was opened.
    for name in [
        "post-sending",
        "post-published",
        "post-missed",
        "post-undecided",
    ] {
        let page = rendered(&sample(name));
        for part in ["state", "acts", "verdict", "progress", "timeline", "ids"] {
            assert!(
                by_id(&page, part).attr("data-part").is_some(),
                "{name}: {part}"
            );
        }
    }
}

#[test]
fn an_undecided_post_can_be_asked_about_and_settled_but_not_sent_again() {
    let page = rendered(&sample("post-undecided"));
    let actions: Vec<_> = page
        .iter()
        .filter(|e| e.name == "form")
        .filter_map(|e| e.attr("action"))
        .collect();
    assert_eq!(
        actions,
        [
            "/sign-out",
            "/posts/01JD4Z7Q8M3W/reconcile",
            "/posts/01JD4Z7Q8M3W/settle"
        ]
    );
    assert!(
        !page
            .iter()
            .any(|e| e.attr("href").is_some_and(|href| href.contains("again=")))
    );
    assert!(
        by_id(&page, "verdict")
            .text
            .contains("It is not sent again.")
    );
}

/// A word about a post that is there in part is about the rest, and fails nothing.
#[test]
fn what_is_there_in_part_is_not_marked_as_failed() {
    let words = |name| by_id(&rendered(&sample(name)), "settle").text.clone();
    assert!(words("post-undecided").contains("Mark as failed."));
    let in_part = words("post-undecided-in-part");
    assert!(!in_part.contains("failed"), "{in_part}");
    assert!(in_part.contains("The rest is not there"), "{in_part}");
    assert!(
        in_part.contains("What is there stays published"),
        "{in_part}"
    );
}

#[test]
fn an_ended_post_offers_a_new_one_and_nothing_to_cancel() {
    for name in ["post-failed", "post-missed", "post-cancelled"] {
        let page = rendered(&sample(name));
        assert!(
            page.iter()
                .any(|e| e.attr("href") == Some("/publish/tiktok?again=01JD4Z7Q8M3W")),
            "{name}"
        );
        assert!(
            !page.iter().any(|e| e.attr("id") == Some("cancel")),
            "{name}"
        );
    }
}
