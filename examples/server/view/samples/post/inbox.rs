//! Posts that TikTok fetches, that wait in the app, that became several, and that are not public any more.

use super::{ID, at, page};
use crate::view::badge::Badge;
use crate::view::link::Link;
use crate::view::samples::Given;
use crate::view::timeline::{Entry, Hop, HopState, PostPage, Progress, Verdict};

const HOST: &str = "media.example.com";

fn fetched(two: Hop, three: Hop) -> Option<Progress> {
    Some(Progress {
        line: "You can close this page. It goes on without it.",
        hops: vec![two, three],
    })
}

fn link(id: &str) -> Option<Link> {
    Link::parse(&format!(
        "https://www.tiktok.com/@studio-account/video/{id}"
    ))
}

pub(super) fn pages(given: Given) -> Vec<(&'static str, PostPage)> {
    let begun = || {
        vec![
            Entry::accepted(at(0), given.user),
            Entry::asked_to_start(at(1), true),
            Entry::platform_accepted(at(2), None, None),
            Entry::fetching(at(2), HOST),
        ]
    };
    let waiting = || {
        let mut entries = begun();
        entries.push(Entry::in_the_inbox(at(20)));
        entries
    };
    let links: Vec<Link> = ["1", "2"].into_iter().filter_map(link).collect();
    let mut several = waiting();
    several.push(Entry::published(at(60), None));
    let known = links.iter().cloned();
    several.extend(known.map(|link| Entry::link_known(at(61), link)));
    let mut gone = begun();
    gone.extend([
        Entry::published(at(60), None),
        Entry::no_longer_public(at(90)),
    ]);
    vec![
        (
            "post-fetching",
            PostPage {
                cancel: true,
                progress: fetched(
                    Hop::fetching(HopState::Running, None, HOST),
                    Hop::platform(HopState::Todo),
                ),
                ..page(given, Badge::processing(), begun())
            },
        ),
        (
            "post-inbox",
            PostPage {
                verdict: Some(Verdict::awaiting_user(ID, given.name, None)),
                link_line: "Comes when you have posted it in the app",
                progress: fetched(
                    Hop::fetching(HopState::Done, None, HOST),
                    Hop::in_the_inbox(),
                ),
                ..page(given, Badge::awaiting_user(), waiting())
            },
        ),
        (
            "post-several",
            PostPage {
                open: links.first().cloned(),
                links,
                ..page(given, Badge::published(), several)
            },
        ),
        (
            "post-hidden",
            PostPage {
                verdict: Some(Verdict::no_longer_public(Some("14:02:10 UTC"))),
                link_line: "No longer public",
                ..page(given, Badge::no_longer_public(), gone)
            },
        ),
    ]
}

#[test]
fn a_post_shows_every_link_and_counts_its_hops_from_the_first() {
    use askama::Template as _;

    let html = |name: &str| {
        let found = pages(crate::view::samples::STUDIO);
        let page = found.into_iter().find(|(known, _)| *known == name);
        page.expect("a sample").1.render().expect("rendered")
    };
    let several = html("post-several");
    for id in ["1", "2"] {
        let address = format!("/video/{id}\"");
        assert_eq!(
            several.matches(&address).count(),
            if id == "1" { 3 } else { 2 }
        );
    }
    let inbox = html("post-inbox");
    assert!(!inbox.contains("id=\"hop1\"") && inbox.contains("id=\"hop2-bar\""));
    assert!(inbox.contains("1. TikTok fetches") && inbox.contains("2. You finish it"));
    assert!(inbox.contains("Finish it in the TikTok app"));
    assert!(inbox.contains(&format!("/posts/{ID}")) || inbox.contains(ID));
}
