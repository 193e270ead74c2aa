use proptest::prelude::*;

mod content;

use super::*;

const PUBLIC: &str = "PUBLIC_TO_EVERYONE";

fn now() -> DateTime<Utc> {
    "2026-11-20T14:04:02Z".parse().expect("a time")
}

fn facts() -> FormFacts {
    FormFacts {
        now: now(),
        audiences: [PUBLIC, "MUTUAL_FOLLOW_FRIENDS", ONLY_ME]
            .map(str::to_owned)
            .to_vec(),
        comment_off: false,
        duet_off: false,
        stitch_off: true,
        max_seconds: 600,
        max_bytes: 4_000_000_000,
        may_inbox: true,
        direct_closed: None,
        file: Some(FileFacts {
            name: "clip.MP4".to_owned(),
            size: 182_000_000,
            duration_ms: Some(42_000),
        }),
    }
}

/// A form that is in order, with these fields on top.
fn fields(changes: &[(&str, &str)]) -> FormFields {
    let base = [
        ("idempotency_key", "01JD4Z7Q8M3W"),
        ("title", "Autumn"),
        ("privacy", PUBLIC),
        ("when", "now"),
    ];
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    FormFields::from_pairs(changes.iter().chain(&base).map(pair))
}

fn problems(changes: &[(&str, &str)], facts: &FormFacts) -> Vec<(Field, String)> {
    let found = validate(&fields(changes), facts).err().unwrap_or_default();
    found
        .iter()
        .map(|problem| (problem.field, problem.words.clone()))
        .collect()
}

fn one(changes: &[(&str, &str)]) -> (Field, String) {
    let mut found = problems(changes, &facts());
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[test]
fn a_plain_form_says_nothing_it_was_not_told() {
    let form = validate(&fields(&[]), &facts()).expect("valid");
    assert_eq!(
        form,
        Entered {
            idempotency_key: "01JD4Z7Q8M3W".to_owned(),
            content: Some(Content::VideoFile),
            kind: Kind::Video,
            caption: "Autumn".to_owned(),
            title: None,
            direct: Some(Direct {
                privacy: Some(PUBLIC.to_owned()),
                ..Direct::default()
            }),
            schedule: Some(Schedule::Now),
        }
    );
}

#[test]
fn what_was_ticked_is_what_is_asked_for() {
    let form = validate(
        &fields(&[
            ("allow_comment", "on"),
            ("allow_duet", "on"),
            ("disclose", "on"),
            ("brand_organic", "on"),
        ]),
        &facts(),
    )
    .expect("valid");
    let direct = form.direct.expect("direct");
    assert!(direct.allow_comment && direct.allow_duet && !direct.allow_stitch);
    assert_eq!(
        direct.commercial,
        Commercial {
            own_brand: true,
            branded: false
        }
    );
}

#[test]
fn the_audience_is_never_chosen_for_anybody() {
    let sentence =
        "Choose who can see this post. TikTok asks each time, so nothing is chosen for you.";
    assert_eq!(
        one(&[("privacy", "")]),
        (Field::Privacy, sentence.to_owned())
    );
    let absent = FormFields::from_pairs([("idempotency_key".to_owned(), "k".to_owned())]);
    let found = validate(&absent, &facts()).expect_err("no audience");
    assert_eq!(found.at(Field::Privacy)[0].words, sentence);
}

#[test]
fn an_audience_the_account_does_not_have_is_refused() {
    for other in ["FOLLOWER_OF_CREATOR", "public_to_everyone", "SELF_ONLY "] {
        let expected = "The audiences of this account changed in TikTok. Choose again.";
        assert_eq!(
            one(&[("privacy", other)]),
            (Field::Privacy, expected.to_owned()),
            "{other}"
        );
    }
}

#[test]
fn disclosure_without_a_choice_is_refused_in_the_platforms_words() {
    let sentence =
        "You need to indicate if your content promotes yourself, a third party, or both.";
    assert_eq!(
        one(&[("disclose", "on")]),
        (Field::OwnBrand, sentence.to_owned())
    );
}

#[test]
fn boxes_under_a_switch_that_is_off_do_not_count() {
    let form = validate(
        &fields(&[("brand_content", "on"), ("privacy", ONLY_ME)]),
        &facts(),
    )
    .expect("valid");
    assert!(!form.is_branded());
}

#[test]
fn branded_content_is_never_private() {
    let (field, words) = one(&[
        ("disclose", "on"),
        ("brand_content", "on"),
        ("privacy", ONLY_ME),
    ]);
    assert_eq!(field, Field::Privacy);
    assert!(
        words.starts_with("Branded content visibility cannot be set to private. "),
        "{words}"
    );
    // One's own brand may be.
    assert!(
        problems(
            &[
                ("disclose", "on"),
                ("brand_organic", "on"),
                ("privacy", ONLY_ME)
            ],
            &facts()
        )
        .is_empty()
    );
}

#[test]
fn the_label_is_the_platforms() {
    let with =
        |own_brand, branded| disclosure_line(true, Commercial { own_brand, branded }, Kind::Video);
    assert_eq!(
        with(true, false),
        "Your video will be labeled as “Promotional content”."
    );
    assert_eq!(
        with(false, true),
        "Your video will be labeled as “Paid partnership”."
    );
    assert_eq!(with(true, true), with(false, true));
    assert_eq!(with(false, false), INDICATE);
    assert_eq!(
        disclosure_line(
            false,
            Commercial {
                own_brand: true,
                branded: true
            },
            Kind::Photos
        ),
        ""
    );
    let photo =
        |own_brand, branded| disclosure_line(true, Commercial { own_brand, branded }, Kind::Photos);
    assert_eq!(
        photo(true, false),
        "Your photo will be labeled as “Promotional content”."
    );
    assert_eq!(
        photo(true, true),
        "Your photo will be labeled as “Paid partnership”."
    );
}

#[test]
fn the_declaration_names_both_policies_for_branded_content_only() {
    assert_eq!(
        declaration(false),
        "By posting, you agree to TikTok's Music Usage Confirmation."
    );
    assert_eq!(
        declaration(true),
        "By posting, you agree to TikTok's Branded Content Policy and Music Usage Confirmation."
    );
}

#[test]
fn what_the_creator_switched_off_cannot_be_allowed() {
    let (field, words) = one(&[("allow_stitch", "on")]);
    assert_eq!(field, Field::Stitch);
    assert!(
        words.starts_with("Stitch is off in this account's TikTok settings."),
        "{words}"
    );
}

#[test]
fn line_breaks_count_once_however_they_are_sent() {
    let form = validate(&fields(&[("title", "one\r\ntwo\rthree\nfour")]), &facts()).expect("valid");
    assert_eq!(form.caption, "one\ntwo\nthree\nfour");
    // 1,100 lines: 2,200 units, but 3,300 as the browser sends them.
    assert!(problems(&[("title", &"a\r\n".repeat(1_100))], &facts()).is_empty());
}

#[test]
fn a_title_is_counted_in_utf_16_units() {
    // Two units each.
    assert!(problems(&[("title", &"😀".repeat(1_100))], &facts()).is_empty());
    let (field, words) = one(&[("title", &format!("{}a", "😀".repeat(1_100)))]);
    assert_eq!(
        (field, words.as_str()),
        (
            Field::Title,
            "Title is 2,201 characters, 1 too many. Shorten it."
        )
    );
    // One unit each, though two bytes.
    assert!(problems(&[("title", &"ä".repeat(2_200))], &facts()).is_empty());
}

#[test]
fn a_schedule_is_read_as_utc() {
    for (due, expected) in [
        ("2026-11-20T14:05", "2026-11-20T14:05:00Z"),
        ("2026-11-20T14:04:03", "2026-11-20T14:04:03Z"),
        ("2027-02-28T00:00:00.500", "2027-02-28T00:00:00.5Z"),
    ] {
        let form = validate(
            &fields(&[("when", "later"), ("due", due), ("missed", "30m")]),
            &facts(),
        )
        .expect(due);
        let at = expected.parse().expect("a time");
        assert_eq!(
            form.schedule,
            Some(Schedule::At {
                due: at,
                grace: Some(TimeDelta::minutes(30))
            })
        );
    }
    let form = validate(
        &fields(&[
            ("when", "later"),
            ("due", "2026-11-21T18:00"),
            ("missed", "fail"),
        ]),
        &facts(),
    );
    assert!(matches!(
        form.expect("valid").schedule,
        Some(Schedule::At { grace: None, .. })
    ));
}

#[test]
fn a_time_that_is_past_or_no_time_is_refused() {
    let words = |due| one(&[("when", "later"), ("due", due), ("missed", "fail")]);
    let past = (
        Field::Due,
        "That time has passed. Give a later one, or choose Now.".to_owned(),
    );
    assert_eq!(words("2026-11-20T14:04"), past);
    assert_eq!(words("2026-11-20T14:04:02"), past);
    for wrong in [
        "",
        "tomorrow",
        "2026-02-30T10:00",
        "2026-11-21",
        "2026-11-21T18:00+02:00",
    ] {
        assert_eq!(words(wrong).1, "Give a date and a time.", "{wrong}");
    }
    assert_eq!(
        one(&[
            ("when", "later"),
            ("due", "2026-11-21T18:00"),
            ("missed", "never")
        ])
        .0,
        Field::Missed
    );
    assert_eq!(one(&[("when", "someday")]).0, Field::When);
}

#[test]
fn a_time_does_not_count_when_now_is_chosen() {
    let form = validate(
        &fields(&[("due", "nonsense"), ("missed", "nonsense")]),
        &facts(),
    )
    .expect("valid");
    assert_eq!(form.schedule, Some(Schedule::Now));
}

#[test]
fn the_file_is_held_against_its_limits() {
    let with = |name: &str, size, duration_ms| {
        let file = Some(FileFacts {
            name: name.to_owned(),
            size,
            duration_ms,
        });
        problems(&[], &FormFacts { file, ..facts() })
    };
    let file = |words: &str| vec![(Field::File, words.to_owned())];
    assert!(with("clip.webm", 4_000_000_000, Some(600_000)).is_empty());
    assert!(with("clip.mov", 1, None).is_empty());
    assert_eq!(
        with("clip.mp4", 0, None),
        file("The file is empty. Choose another video.")
    );
    assert_eq!(
        with("clip.mp4", 5_100_000_000, None),
        file("The file is 5.1 GB; TikTok takes up to 4 GB. Export it smaller.")
    );
    assert_eq!(
        with("clip.mp4", 9, Some(612_000)),
        file("The video is 10:12 long; this account may post up to 10 minutes. Shorten it.")
    );
    for name in ["notes.txt", "mp4", ".gitignore", "clip.mp4.exe"] {
        let found = with(name, 9, None);
        assert_eq!(
            found[0].1,
            format!("“{name}” is not a video TikTok takes. Choose an MP4, MOV or WebM file.")
        );
    }
    assert_eq!(
        problems(
            &[],
            &FormFacts {
                file: None,
                ..facts()
            }
        ),
        file("Choose a video from this device.")
    );
}

#[test]
fn a_form_without_its_key_is_asked_for_again() {
    let long = "k".repeat(65);
    for key in ["", "has space", "ü", long.as_str()] {
        let (field, words) = one(&[("idempotency_key", key)]);
        assert_eq!(field, Field::Form);
        assert_eq!(
            words,
            "This form was open too long. Your words are kept; press Post again."
        );
    }
}

#[test]
fn every_problem_is_told_at_once_in_the_order_of_the_page() {
    let long = "a".repeat(2_201);
    let changes = [
        ("title", long.as_str()),
        ("privacy", ""),
        ("disclose", "on"),
        ("when", "later"),
        ("missed", "fail"),
    ];
    let found = problems(
        &changes,
        &FormFacts {
            file: None,
            ..facts()
        },
    );
    let order: Vec<Field> = found.into_iter().map(|(field, _)| field).collect();
    assert_eq!(
        order,
        [
            Field::File,
            Field::Title,
            Field::Privacy,
            Field::OwnBrand,
            Field::Due
        ]
    );
}

#[test]
fn of_a_name_sent_twice_the_first_value_counts() {
    let pairs =
        [("privacy", PUBLIC), ("privacy", ONLY_ME)].map(|(n, v)| (n.to_owned(), v.to_owned()));
    assert_eq!(FormFields::from_pairs(pairs).value("privacy"), PUBLIC);
}

#[test]
fn facts_of_a_file_need_a_name_and_a_size() {
    let read = |pairs: &[(&str, &str)]| {
        FormFields::from_pairs(
            pairs
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned())),
        )
        .file_facts()
    };
    let whole = [
        ("file_name", "a.mp4"),
        ("file_size", "12"),
        ("duration_ms", "900"),
    ];
    let expected = FileFacts {
        name: "a.mp4".to_owned(),
        size: 12,
        duration_ms: Some(900),
    };
    assert_eq!(read(&whole), Some(expected));
    assert_eq!(read(&[("file_name", "a.mp4"), ("file_size", "many")]), None);
    assert_eq!(read(&[("file_size", "12")]), None);
    assert_eq!(
        read(&[
            ("file_name", "a.mp4"),
            ("file_size", "12"),
            ("duration_ms", "-1")
        ])
        .and_then(|f| f.duration_ms),
        None
    );
}

proptest! {
    #[test]
    fn counting_agrees_with_utf_16_after_normalising(text in "(\r\n|\r|\n|[a-z]|\\PC){0,200}") {
        let normal = normalise(&text);
        prop_assert!(!normal.contains('\r'));
        prop_assert_eq!(utf16_units(&normal), normal.encode_utf16().count());
        prop_assert_eq!(normalise(&normal), normal.clone());
        // As many breaks as there were, and nothing else was touched.
        let breaks = text.replace("\r\n", "\n").matches(['\r', '\n']).count();
        prop_assert_eq!(normal.matches('\n').count(), breaks);
        let bare = |s: &str| s.replace(['\r', '\n'], "");
        prop_assert_eq!(bare(&normal), bare(&text));
    }

    #[test]
    fn a_title_is_refused_exactly_above_the_limit(
        letters in 1_900_usize..2_000, breaks in 0_usize..200, pairs in 0_usize..100,
    ) {
        let text = format!("{}{}{}", "ä".repeat(letters), "\r\n".repeat(breaks), "😀".repeat(pairs));
        let units = letters + breaks + 2 * pairs;
        let refused = validate(&fields(&[("title", &text)]), &facts()).is_err();
        prop_assert_eq!(refused, units > TITLE_MAX);
    }

    #[test]
    fn no_field_makes_it_fail(pairs in prop::collection::vec(("[a-z_]{1,16}", "\\PC{0,40}"), 0..12)) {
        let _ = validate(&FormFields::from_pairs(pairs), &facts());
    }
}

#[test]
fn a_file_is_the_same_by_name_size_and_about_its_length() {
    let of = |name: &str, size, duration_ms| FileFacts {
        name: name.to_owned(),
        size,
        duration_ms,
    };
    let kept = of("a.mp4", 10, Some(4_000));
    for (file, same) in [
        (of("a.mp4", 10, None), true),
        (of("a.mp4", 10, Some(4_066)), true),
        (of("a.mp4", 10, Some(5_000)), false),
        (of("a.mp4", 11, Some(4_000)), false),
        (of("b.mp4", 10, Some(4_000)), false),
    ] {
        assert_eq!(kept.is_same(&file), same, "{file:?}");
    }
}
