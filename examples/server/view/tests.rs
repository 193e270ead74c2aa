//! Every page, rendered with sample data and with hostile data, against the rules of the markup.

use std::collections::{BTreeMap, BTreeSet};

use super::samples::{Given, STUDIO, pages};
use crate::form::{Commercial, Kind, disclosure_line};

mod markup;
mod models;
mod publish;

use markup::{Element, parse};

const HOSTILE: Given = Given {
    user: "<script>alert('user')</script>",
    name: "\"><img src=x onerror=alert(1)><!--",
    title: "</textarea></title><script>alert(\"title\")</script> ' onfocus='x & {{ y }}",
    key: "../\"><svg onload=x>?&#",
};

const CSS: &str = include_str!("../assets/app.css");
const JS: &str = include_str!("../assets/app.js");

fn rendered(given: Given) -> BTreeMap<String, String> {
    let render = |(name, html): (String, askama::Result<String>)| (name, html.expect("rendered"));
    pages(given).into_iter().map(render).collect()
}

fn parsed(given: Given) -> BTreeMap<String, Vec<Element>> {
    rendered(given)
        .into_iter()
        .map(|(name, html)| (name.clone(), parse(&name, &html)))
        .collect()
}

/// Holds `rule` against every page of both kinds of data; it answers what is wrong.
fn each(rule: impl Fn(&[Element]) -> Vec<String>) {
    for given in [STUDIO, HOSTILE] {
        let pages = parsed(given);
        assert!(pages.len() > 40, "only {} pages", pages.len());
        for (name, page) in pages {
            let wrong = rule(&page);
            assert!(wrong.is_empty(), "{name}: {wrong:#?}");
        }
    }
}

fn ids(page: &[Element]) -> BTreeSet<&str> {
    page.iter()
        .filter_map(|element| element.attr("id"))
        .collect()
}

#[test]
fn every_page_has_one_h1_one_main_and_begins_with_the_skip_link() {
    each(|page| {
        let count = |name: &str| page.iter().filter(|e| e.name == name).count();
        let skip = page
            .iter()
            .find(|e| e.is_focusable())
            .map(|e| (e.attr("class"), e.attr("href")));
        let main = page
            .iter()
            .find(|e| e.name == "main")
            .map(|e| (e.attr("id"), e.attr("tabindex")));
        let title = page
            .iter()
            .find(|e| e.name == "title")
            .map(|e| e.text.trim().len());
        [
            (count("h1") == 1, "h1"),
            (count("main") == 1, "main"),
            (main == Some((Some("main"), Some("-1"))), "main#main"),
            (
                skip == Some((Some("skip"), Some("#main"))),
                "skip link first",
            ),
            (
                title.is_some_and(|length| length > " · social".len()),
                "title",
            ),
            (
                page.first()
                    .is_some_and(|e| e.name == "html" && e.attr("lang") == Some("en")),
                "lang",
            ),
        ]
        .into_iter()
        .filter(|(holds, _)| !holds)
        .map(|(_, what)| what.to_owned())
        .collect()
    });
}

#[test]
fn nothing_is_inline_and_nothing_comes_from_elsewhere() {
    each(|page| {
        let inline = page.iter().filter(|e| {
            let attribute =
                |(name, _): &(String, String)| name == "style" || name.starts_with("on");
            let script = e.name == "script" && (e.attr("src").is_none() || !e.text.is_empty());
            let loads = matches!(
                e.name.as_str(),
                "script" | "link" | "img" | "video" | "iframe" | "use"
            );
            let address = e.attr("src").or(e.attr("href")).unwrap_or_default();
            let own = address.starts_with('/') && !address.starts_with("//");
            let elsewhere = loads && !address.starts_with('#') && !own;
            e.attrs.iter().any(attribute) || e.name == "style" || script || elsewhere
        });
        inline.map(|e| format!("{e:?}")).collect()
    });
}

#[test]
fn ids_are_unique_and_every_reference_leads_to_one() {
    each(|page| {
        let known = ids(page);
        let mut wrong = Vec::new();
        let all: Vec<&str> = page.iter().filter_map(|e| e.attr("id")).collect();
        if all.len() != known.len() {
            wrong.push(format!("an id twice among {all:?}"));
        }
        for element in page {
            let names = [
                "for",
                "aria-labelledby",
                "aria-describedby",
                "popovertarget",
                "data-count-for",
            ];
            let mut references: Vec<&str> = names
                .iter()
                .filter_map(|name| element.attr(name))
                .flat_map(str::split_whitespace)
                .collect();
            references.extend(element.attr("href").and_then(|href| href.strip_prefix('#')));
            let dead = references.into_iter().filter(|id| !known.contains(id));
            wrong.extend(dead.map(|id| format!("{}: nothing has the id {id:?}", element.name)));
        }
        wrong
    });
}

#[test]
fn every_control_has_a_name() {
    each(|page| {
        let labelled: BTreeSet<&str> = page
            .iter()
            .filter(|e| e.name == "label")
            .filter_map(|e| e.attr("for"))
            .collect();
        let nameless = page.iter().filter(|e| match e.name.as_str() {
            "input" | "select" | "textarea" => {
                e.attr("type") != Some("hidden")
                    && e.attr("aria-label").is_none()
                    && !e.inside.iter().any(|(name, _)| name == "label")
                    && !e.attr("id").is_some_and(|id| labelled.contains(id))
            }
            "button" | "a" | "summary" => {
                e.attr("aria-label").is_none() && e.text.trim().is_empty()
            }
            "progress" => e.attr("aria-label").is_none() && e.attr("aria-labelledby").is_none(),
            "nav" | "section" | "aside" => {
                e.attr("aria-label").is_none() && e.attr("aria-labelledby").is_none()
            }
            _ => false,
        });
        nameless.map(|e| format!("{e:?}")).collect()
    });
}

#[test]
fn a_part_has_an_id_and_never_holds_a_field() {
    each(|page| {
        let mut wrong: Vec<String> = Vec::new();
        let parts = page.iter().filter(|e| e.attr("data-part").is_some());
        wrong.extend(
            parts
                .filter(|e| e.attr("id").is_none())
                .map(|e| format!("{e:?}")),
        );
        let fields = page.iter().filter(|e| {
            matches!(e.name.as_str(), "input" | "select" | "textarea")
                && e.attr("type") != Some("hidden")
        });
        let held = fields.filter(|e| e.inside.iter().any(|(_, part)| *part));
        wrong.extend(held.map(|e| format!("in a part: {e:?}")));
        wrong
    });
}

#[test]
fn a_page_has_at_most_one_main_button_and_headings_in_steps() {
    each(|page| {
        let main = page
            .iter()
            .filter(|e| e.has_class("btn") && e.has_class("main"))
            .count();
        let mut wrong: Vec<String> = (main > 1)
            .then(|| format!("{main} main buttons"))
            .into_iter()
            .collect();
        let levels = page
            .iter()
            .filter_map(|e| e.name.strip_prefix('h')?.parse::<u32>().ok());
        let mut last = 0;
        for level in levels {
            if level > last + 1 {
                wrong.push(format!("h{level} after h{last}"));
            }
            last = level;
        }
        wrong
    });
}

#[test]
fn hostile_words_change_no_element_and_no_attribute() {
    let shape = |page: &[Element]| -> Vec<String> {
        let names = |e: &Element| {
            e.attrs
                .iter()
                .map(|(name, _)| name.clone())
                .collect::<Vec<_>>()
                .join(" ")
        };
        page.iter()
            .map(|e| format!("{} {}", e.name, names(e)))
            .collect()
    };
    let (plain, hostile) = (parsed(STUDIO), parsed(HOSTILE));
    for (name, page) in &plain {
        assert_eq!(shape(page), shape(&hostile[name]), "{name}");
    }
}

#[test]
fn hostile_words_are_shown_as_they_were_given() {
    let pages = parsed(HOSTILE);
    let list = &pages["posts"];
    assert!(
        list.iter().any(
            |e| e.has_class("title") && HOSTILE.title.starts_with(e.text.trim_end_matches('…'))
        )
    );
    let input = list.iter().find(|e| e.attr("id") == Some("f-q"));
    assert_eq!(input.and_then(|e| e.attr("value")), Some(""));
    let narrowed = pages["posts-narrowed"]
        .iter()
        .find(|e| e.attr("id") == Some("f-q"));
    assert_eq!(narrowed.and_then(|e| e.attr("value")), Some(HOSTILE.title));
    // A key cannot leave its place in an address.
    let form = pages["disconnect"]
        .iter()
        .find(|e| e.name == "form" && e.has_class("acts"));
    let action = form.and_then(|e| e.attr("action")).expect("a form");
    assert_eq!(
        action,
        "/accounts/..%2F%22%3E%3Csvg%20onload%3Dx%3E%3F%26%23/disconnect"
    );
}

#[test]
fn every_icon_exists_and_every_symbol_is_used() {
    let pages = parsed(STUDIO);
    let mut used = BTreeSet::new();
    for page in pages.values() {
        used.extend(
            page.iter()
                .filter(|e| e.name == "use")
                .filter_map(|e| e.attr("href")?.strip_prefix("#i-")),
        );
    }
    let sprite = parse("sprite", include_str!("../templates/sprite.html"));
    let known: BTreeSet<&str> = sprite
        .iter()
        .filter_map(|e| e.attr("id")?.strip_prefix("i-"))
        .collect();
    assert_eq!(known, used);
}

#[test]
fn every_class_of_the_style_sheet_is_used() {
    let pages = parsed(STUDIO);
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for page in pages.values() {
        used.extend(
            page.iter()
                .filter_map(|e| e.attr("class"))
                .flat_map(str::split_whitespace),
        );
    }
    let name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut idle = BTreeSet::new();
    for selector in CSS
        .split('}')
        .filter_map(|rule| rule.rsplit_once('{'))
        .map(|(head, _)| head)
    {
        for after in selector.split('.').skip(1) {
            let class = after.split(|c| !name(c)).next().unwrap_or_default();
            let starts = class
                .chars()
                .next()
                .is_some_and(|c| c.is_ascii_alphabetic());
            if starts && !used.contains(class) && !JS.contains(&format!("'{class}'")) {
                idle.insert(class);
            }
        }
    }
    assert_eq!(idle, BTreeSet::new());
}

#[test]
fn the_module_says_the_same_sentences_as_the_server() {
    for (own_brand, branded) in [(false, false), (true, false), (false, true)] {
        for kind in [Kind::Photos, Kind::Video] {
            let words = disclosure_line(true, Commercial { own_brand, branded }, kind);
            assert!(JS.contains(words), "{words}");
        }
    }
}

#[test]
fn a_page_without_a_sign_in_has_no_navigation_and_nothing_of_anybody() {
    for name in ["sign-in", "sign-in-spent", "signed-out", "error-signed-out"] {
        let html = &rendered(STUDIO)[name];
        assert!(
            !html.contains("id=\"nav\"")
                && !html.contains("/sign-out")
                && !html.contains(STUDIO.user),
            "{name}"
        );
    }
}

#[test]
fn the_current_page_is_marked_in_the_navigation() {
    let pages = parsed(STUDIO);
    for (name, href) in [
        ("overview", "/"),
        ("publish", "/publish/tiktok"),
        ("post-sending", "/posts"),
        ("accounts", "/accounts"),
    ] {
        let marked: Vec<_> = pages[name]
            .iter()
            .filter(|e| e.name == "a" && e.attr("aria-current") == Some("page"))
            .filter_map(|e| e.attr("href"))
            .collect();
        assert_eq!(marked, [href], "{name}");
    }
}
