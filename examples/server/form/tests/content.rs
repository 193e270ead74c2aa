//! Videos by address, photos, and the inbox.

use url::Url;

use super::*;

/// Two photos that are in order, with these fields on top.
fn photos(changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let base = [
        ("kind", "photos"),
        (
            "photos",
            "https://media.example.com/1.jpg\r\n\r\n https://media.example.com/2.webp ",
        ),
    ];
    let pairs = changes.iter().chain(&base);
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn read_photos(changes: &[(&str, &str)]) -> Result<Entered, FormProblems> {
    let pairs = photos(changes);
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    validate(&fields(&pairs), &facts())
}

fn words(found: Result<Entered, FormProblems>) -> Vec<(Field, String)> {
    let found = found.expect_err("problems");
    found
        .iter()
        .map(|problem| (problem.field, problem.words.clone()))
        .collect()
}

#[test]
fn photos_keep_their_order_and_count_from_one() {
    let form = read_photos(&[
        ("cover", "2"),
        ("photo_title", "Rain"),
        ("description", "on glass"),
        ("auto_music", "on"),
        ("allow_comment", "on"),
    ])
    .expect("valid");
    let Some(Content::Photos { photos, cover }) = form.content else {
        panic!("photos");
    };
    let names: Vec<_> = photos.iter().map(Url::as_str).collect();
    assert_eq!(
        names,
        [
            "https://media.example.com/1.jpg",
            "https://media.example.com/2.webp"
        ]
    );
    assert_eq!(cover, 1);
    assert_eq!(
        (form.title.as_deref(), form.caption.as_str()),
        (Some("Rain"), "on glass")
    );
    let direct = form.direct.expect("direct");
    assert!(direct.auto_music && direct.allow_comment);
    assert!(read_photos(&[]).is_ok(), "the first is the cover");
}

#[test]
fn what_only_videos_know_does_not_count_for_photos() {
    let form = read_photos(&[
        ("allow_duet", "on"),
        ("allow_stitch", "on"),
        ("is_aigc", "on"),
        ("cover_at", "nonsense"),
        ("title", &"a".repeat(3_000)),
    ])
    .expect("valid");
    let direct = form.direct.expect("direct");
    assert!(!direct.allow_duet && !direct.allow_stitch && !direct.is_aigc);
    assert_eq!(direct.cover_ms, None);
}

#[test]
fn photos_are_one_to_thirty_five_and_the_cover_is_one_of_them() {
    let many = |n: usize| "https://media.example.com/a.jpg\n".repeat(n);
    assert!(read_photos(&[("photos", &many(35)), ("cover", "35")]).is_ok());
    assert_eq!(
        words(read_photos(&[("photos", &many(36))])),
        [(
            Field::Photos,
            "These are 36 photos; TikTok takes up to 35. Leave some out.".to_owned()
        )]
    );
    assert_eq!(
        words(read_photos(&[("photos", " \n ")]))[0].0,
        Field::Photos
    );
    for cover in ["0", "3", "-1", "first"] {
        assert_eq!(
            words(read_photos(&[("cover", cover)])),
            [(
                Field::Cover,
                "The cover is one of the photos: give a number from 1 to 2.".to_owned()
            )]
        );
    }
}

#[test]
fn an_address_that_tiktok_would_not_fetch_is_told_with_its_number() {
    let found = words(read_photos(&[(
        "photos",
        "https://media.example.com/1.jpg\nhttp://media.example.com/2.jpg\nhttps://192.0.2.1/3.jpg\nnonsense\nhttps://a:b@media.example.com/",
    )]));
    let begins = [
        "Photo 2: TikTok fetches from https addresses only.",
        "Photo 3: TikTok fetches from a domain",
        "Photo 4: this is no web address.",
        "Photo 5: the address holds a user name or a password.",
    ];
    assert_eq!(found.len(), begins.len(), "{found:?}");
    for ((field, words), begin) in found.iter().zip(begins) {
        assert_eq!(*field, Field::Photos);
        assert!(words.starts_with(begin), "{words}");
    }
}

#[test]
fn texts_of_photos_have_their_own_limits() {
    assert!(
        read_photos(&[
            ("photo_title", &"ä".repeat(90)),
            ("description", &"😀".repeat(2_000))
        ])
        .is_ok()
    );
    assert_eq!(
        words(read_photos(&[
            ("photo_title", &"ä".repeat(91)),
            ("description", &format!("{}a", "😀".repeat(2_000)))
        ])),
        [
            (
                Field::PhotoTitle,
                "Title is 91 characters, 1 too many. Shorten it.".to_owned()
            ),
            (
                Field::Description,
                "Text is 4,001 characters, 1 too many. Shorten it.".to_owned()
            ),
        ]
    );
}

#[test]
fn a_video_at_an_address_needs_no_file() {
    let no_file = FormFacts {
        file: None,
        ..facts()
    };
    let address = "https://media.example.com/clip.mp4";
    let form = validate(
        &fields(&[("source", "url"), ("video_url", address)]),
        &no_file,
    )
    .expect("valid");
    let url = Url::parse(address).expect("an address");
    assert_eq!(form.content, Some(Content::VideoUrl(url)));
    assert_eq!(
        problems(&[("source", "url")], &no_file),
        [(
            Field::VideoUrl,
            "Give the address of the video, or upload a file.".to_owned()
        )]
    );
    let shown = format!("{:?}", form.content);
    assert!(!shown.contains("clip.mp4"), "{shown}");
}

#[test]
fn what_is_finished_in_the_app_asks_for_nothing_that_is_chosen_there() {
    let form = validate(
        &fields(&[
            ("way", "inbox"),
            ("privacy", ""),
            ("disclose", "on"),
            ("allow_stitch", "on"),
            ("title", "Dropped by TikTok"),
        ]),
        &facts(),
    )
    .expect("valid");
    assert_eq!((form.direct, form.caption.as_str()), (None, ""));
    // Of photos the words are taken over.
    let form = read_photos(&[
        ("way", "inbox"),
        ("privacy", ""),
        ("photo_title", "Rain"),
        ("description", "on glass"),
    ])
    .expect("valid");
    assert_eq!(
        (form.title.as_deref(), form.caption.as_str()),
        (Some("Rain"), "on glass")
    );
}

#[test]
fn the_inbox_needs_its_own_right() {
    let without = FormFacts {
        may_inbox: false,
        direct_closed: None,
        ..facts()
    };
    assert_eq!(
        problems(&[("way", "inbox")], &without),
        [(Field::Way, NO_INBOX.to_owned())]
    );
    assert!(problems(&[], &without).is_empty());
}

#[test]
fn the_cover_of_a_video_is_a_second_of_it() {
    for (text, ms) in [("1.5", 1_500), ("0", 0), ("2,25", 2_250), (" 3 ", 3_000)] {
        let form = validate(&fields(&[("cover_at", text)]), &facts()).expect(text);
        assert_eq!(form.direct.expect("direct").cover_ms, Some(ms), "{text}");
    }
    for text in ["-1", "soon", "NaN", "inf", "1e9"] {
        assert_eq!(one(&[("cover_at", text)]).0, Field::CoverAt, "{text}");
    }
    let form = validate(&fields(&[("is_aigc", "on")]), &facts()).expect("valid");
    assert!(form.direct.expect("direct").is_aigc);
}
