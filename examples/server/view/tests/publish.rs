//! The duties of the publish page, as they stand in the markup.

use askama::Template as _;

use super::markup::{Element, parse};
use crate::form::{FormFields, validate};
use crate::view::publish::{PublishBody, PublishForm};
use crate::view::samples::{STUDIO, facts, publish_page, returned};

fn page(form: PublishForm) -> Vec<Element> {
    let html = publish_page(STUDIO, PublishBody::Form(Box::new(form)))
        .render()
        .expect("rendered");
    parse("publish", &html)
}

fn fresh() -> Vec<Element> {
    page(PublishForm::fresh("key-1", FormFields::default(), facts()))
}

fn sent(pairs: &[(&str, &str)]) -> Vec<Element> {
    let pairs = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    page(returned(
        "key-1",
        FormFields::from_pairs(pairs),
        facts(),
        None,
    ))
}

fn by_id<'a>(page: &'a [Element], id: &str) -> &'a Element {
    page.iter()
        .find(|e| e.attr("id") == Some(id))
        .unwrap_or_else(|| panic!("nothing has the id {id}"))
}

fn has(page: &[Element], id: &str, attribute: &str) -> bool {
    by_id(page, id).attr(attribute).is_some()
}

fn option<'a>(page: &'a [Element], value: &str) -> &'a Element {
    page.iter()
        .find(|e| e.name == "option" && e.attr("value") == Some(value))
        .expect("an option")
}

#[test]
fn a_new_form_has_nothing_chosen_and_scolds_nobody() {
    let page = fresh();
    assert!(
        !page
            .iter()
            .any(|e| e.name == "option" && e.attr("selected").is_some())
    );
    let audiences: Vec<_> = page
        .iter()
        .filter(|e| e.name == "option" && e.inside.len() == option(&page, "SELF_ONLY").inside.len())
        .filter_map(|e| Some((e.attr("value")?, e.text.as_str())))
        .take(4)
        .collect();
    assert_eq!(
        audiences,
        [
            ("", "Choose…"),
            ("PUBLIC_TO_EVERYONE", "Everyone"),
            (
                "MUTUAL_FOLLOW_FRIENDS",
                "Friends: followers you follow back"
            ),
            ("SELF_ONLY", "Only me"),
        ]
    );
    for id in [
        "allow_comment",
        "allow_duet",
        "allow_stitch",
        "disclose",
        "own-brand",
        "branded",
    ] {
        assert!(!has(&page, id, "checked"), "{id}");
    }
    assert!(
        !page
            .iter()
            .any(|e| e.has_class("violation") || e.attr("aria-invalid") == Some("true"))
    );
    assert!(!page.iter().any(|e| e.attr("id") == Some("summary")));
    // The checks know already what is missing, so Post leads to it.
    assert_eq!(by_id(&page, "preflight").attr("data-blocked"), Some("true"));
    assert_eq!(
        by_id(&page, "preflight").attr("data-say"),
        Some("2 things to fix")
    );
}

#[test]
fn what_the_account_does_not_allow_is_closed_and_says_why() {
    let page = fresh();
    assert!(has(&page, "allow_stitch", "disabled") && !has(&page, "allow_duet", "disabled"));
    let why = by_id(
        &page,
        by_id(&page, "allow_stitch")
            .attr("aria-describedby")
            .expect("a description"),
    );
    assert_eq!(why.text, "Off in this account's TikTok settings.");
}

#[test]
fn a_refused_form_keeps_every_value_and_its_key() {
    let page = sent(&[
        ("idempotency_key", "key-1"),
        ("title", "\nTwo\r\nlines"),
        ("allow_duet", "on"),
        ("disclose", "on"),
        ("brand_organic", "on"),
        ("when", "later"),
        ("due", "2026-11-21T18:00"),
        ("missed", "fail"),
    ]);
    // The first line break after the tag is dropped by the browser's parser.
    assert_eq!(by_id(&page, "title").text, "\n\nTwo\nlines");
    assert_eq!(by_id(&page, "due").attr("value"), Some("2026-11-21T18:00"));
    assert!(option(&page, "fail").attr("selected").is_some());
    for id in ["allow_duet", "disclose", "own-brand", "later"] {
        assert!(has(&page, id, "checked"), "{id}");
    }
    let key = page
        .iter()
        .find(|e| e.attr("name") == Some("idempotency_key"));
    assert_eq!(key.and_then(|e| e.attr("value")), Some("key-1"));
}

#[test]
fn the_summary_counts_and_leads_to_the_fields() {
    let page = sent(&[("idempotency_key", "key-1"), ("title", "x")]);
    let summary = by_id(&page, "summary");
    assert!(
        summary
            .text
            .contains("2 things to fix before this can be posted"),
        "{}",
        summary.text
    );
    assert_eq!(
        (summary.attr("role"), summary.attr("tabindex")),
        (Some("alert"), Some("-1"))
    );
    assert!(
        by_id(&page, "privacy-msg")
            .text
            .contains("so nothing is chosen for you.")
    );
    assert_eq!(by_id(&page, "privacy").attr("aria-invalid"), Some("true"));
    assert_eq!(by_id(&page, "title").attr("aria-invalid"), Some("false"));
}

#[test]
fn branded_content_and_only_me_close_each_other() {
    let branded = [
        ("idempotency_key", "k"),
        ("disclose", "on"),
        ("brand_content", "on"),
    ];
    let page = sent(&branded);
    assert!(option(&page, "SELF_ONLY").attr("disabled").is_some());
    assert!(!has(&page, "branded", "disabled"));

    let page = sent(&[("idempotency_key", "k"), ("privacy", "SELF_ONLY")]);
    assert!(has(&page, "branded", "disabled"));
    assert_eq!(
        by_id(&page, "branded-why").text,
        "Branded content visibility cannot be set to private."
    );

    // Both at once, which only a page without script can send: both stay open.
    let both = [branded.as_slice(), &[("privacy", "SELF_ONLY")]].concat();
    let page = sent(&both);
    assert!(
        option(&page, "SELF_ONLY").attr("disabled").is_none() && !has(&page, "branded", "disabled")
    );
    assert!(option(&page, "SELF_ONLY").attr("selected").is_some());
    assert!(
        by_id(&page, "privacy-msg")
            .text
            .contains("cannot be set to private.")
    );
}

#[test]
fn the_declaration_stands_before_the_button_with_both_links() {
    let page = fresh();
    let place = |id: &str| {
        page.iter()
            .position(|e| e.attr("id") == Some(id))
            .expect("there")
    };
    assert!(place("declaration") < place("post"));
    assert_eq!(
        by_id(&page, "declaration").text,
        "By posting, you agree to TikTok's Branded Content Policy and Music Usage Confirmation."
    );
    let optional = page
        .iter()
        .find(|e| e.name == "span" && e.has_class("if-branded"))
        .expect("a span");
    assert_eq!(optional.text, "Branded Content Policy and ");
}

#[test]
fn the_counter_shows_what_lists_show_until_that_is_passed() {
    let count = |title: &str| {
        by_id(&sent(&[("title", title)]), "title-count")
            .text
            .clone()
    };
    assert_eq!(count(&"a".repeat(150)), "150 / 150");
    assert_eq!(count(&"a".repeat(151)), "151 / 2,200");
    assert_eq!(count(&"😀".repeat(75)), "150 / 150");
    assert_eq!(count(&"a\r\n".repeat(75)), "150 / 150");
}

#[test]
fn a_form_in_order_is_not_blocked() {
    let mut facts = facts();
    facts.file = Some(crate::form::FileFacts {
        name: "a.mp4".to_owned(),
        size: 9,
        duration_ms: Some(42_000),
    });
    let pairs = [("idempotency_key", "k"), ("privacy", "PUBLIC_TO_EVERYONE")];
    let fields = FormFields::from_pairs(pairs.map(|(n, v)| (n.to_owned(), v.to_owned())));
    assert!(validate(&fields, &facts).is_ok());
    let page = page(returned("k", fields, facts, None));
    assert_eq!(
        by_id(&page, "preflight").attr("data-blocked"),
        Some("false")
    );
    assert!(
        by_id(&page, "preflight")
            .text
            .contains("0:42 is within 10 minutes")
    );
    assert!(!page.iter().any(|e| e.attr("id") == Some("summary")));
}
