use super::*;

fn with(values: &[(&str, &str)]) -> Result<TikTok, BuildError> {
    let lookup = |name: &str| {
        let found = values.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| OsString::from(value))
    };
    TikTokBuilder::from_lookup(lookup).build()
}

#[test]
fn everything_missing_is_named_at_once() {
    let missing = |values: &[(&str, &str)]| match with(values) {
        Err(BuildError::Missing { names, .. }) => names,
        other => panic!("{other:?}"),
    };
    assert_eq!(missing(&[]), [CLIENT_KEY, CLIENT_SECRET]);
    assert_eq!(
        missing(&[(CLIENT_KEY, "key"), (CLIENT_SECRET, " ")]),
        [CLIENT_SECRET]
    );
    let error = TikTok::builder().build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "TikTok was not given: client_key, client_secret"
    );
}

#[test]
fn blanks_around_a_value_are_cut_off_and_what_can_never_work_is_refused_by_name() {
    let all = |key, secret, scopes| {
        with(&[
            (CLIENT_KEY, key),
            (CLIENT_SECRET, secret),
            (BASE_URL, " http://127.0.0.1:1\n"),
            (SCOPES_NAMED, scopes),
        ])
    };
    let app = all(" key\n", "\tsecret ", "user.info.basic, video.publish").unwrap();
    assert_eq!(app.client().client_key(), "key");
    let text = format!("{app:?}");
    assert!(
        text.contains("\"video.publish\"") && !text.contains("profile"),
        "{text}"
    );
    let usual = format!("{:?}", all("key", "secret", "").unwrap());
    assert!(usual.contains("user.info.profile"), "{usual}");
    for (app, name) in [
        (all("k ey", "secret", ""), CLIENT_KEY),
        (all("key", "se cret", ""), CLIENT_SECRET),
        (
            all("key", "secret", "video.publish video.upload"),
            SCOPES_NAMED,
        ),
        (all("key", "secret", ","), SCOPES_NAMED),
    ] {
        match app {
            Err(BuildError::Invalid { setting, .. }) => assert_eq!(setting, name),
            other => panic!("{name}: {other:?}"),
        }
    }
    let builder = TikTok::builder().client_key("key").client_secret("secret");
    let none = builder
        .scopes(social_core::model::Scopes::default())
        .build();
    assert!(none.unwrap_err().to_string().contains("scopes"));
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text_is_refused_and_not_taken_for_a_missing_one() {
    use std::os::unix::ffi::OsStringExt as _;

    for name in [CLIENT_KEY, CLIENT_SECRET, BASE_URL, SCOPES_NAMED] {
        let lookup = |wanted: &str| {
            let given = || OsString::from("http://127.0.0.1:1");
            let broken = || OsString::from_vec(b"SESAME\xff".to_vec());
            let is_app = [CLIENT_KEY, CLIENT_SECRET].contains(&wanted);
            (wanted == name).then(broken).or(is_app.then(given))
        };
        let error = TikTokBuilder::from_lookup(lookup).build().unwrap_err();
        assert!(
            matches!(error, BuildError::Invalid { setting, .. } if setting == name),
            "{error:?}"
        );
        assert!(error.to_string().contains("not text"), "{error}");
    }
}

#[test]
fn a_base_is_secure_or_on_this_machine() {
    let base = |url: &str| {
        with(&[
            (CLIENT_KEY, "key"),
            (CLIENT_SECRET, "secret"),
            (BASE_URL, url),
        ])
        .is_ok()
    };
    assert!(base("http://127.0.0.1:4100"));
    assert!(base("http://localhost:4100/"));
    assert!(!base("http://127.0.0.1:0"), "nothing listens there");
    assert!(base("http://[::1]:4100"));
    for bad in [
        "http://sandbox.example",
        "127.0.0.1:4100",
        "ftp://127.0.0.1",
        "http://127.0.0.1/?a=b",
    ] {
        assert!(!base(bad), "{bad}");
    }
}

#[test]
fn the_secret_is_not_shown() {
    let values = [
        (CLIENT_KEY, "key"),
        (CLIENT_SECRET, "sesame"),
        (BASE_URL, "http://127.0.0.1:1"),
    ];
    let app = with(&values).unwrap();
    let text = format!("{app:?} {:?}", TikTok::builder().client_secret("sesame"));
    assert!(text.contains("key") && !text.contains("sesame"), "{text}");
}
