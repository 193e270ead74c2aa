use clap::{CommandFactory as _, FromArgMatches as _, Parser as _, builder::Resettable};

use secrecy::ExposeSecret as _;

use super::*;

/// Whatever the environment of the test says.
fn check(flags: &[&str]) -> Result<Settings, Wrong> {
    let command = Args::command().mut_args(|flag| flag.env(Resettable::Reset));
    let matches = command.try_get_matches_from(["server"].iter().chain(flags));
    Args::from_arg_matches(&matches.expect("flags that are known"))
        .expect("flags that are known")
        .check()
}

fn wrong(flags: &[&str]) -> String {
    check(flags)
        .expect_err("settings that do not fit")
        .to_string()
}

const LONG: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn with_nothing_set_it_is_alone_on_loopback() {
    let settings = check(&[]).expect("nothing is needed");
    assert!(matches!(settings.tiktok, Platform::Sandbox));
    assert!(matches!(settings.sign_in, SignInBy::Link));
    assert!(settings.listen.ip().is_loopback() && settings.workers);
    assert_eq!(
        (settings.user.as_str(), settings.public_url),
        ("local", None)
    );
    assert_eq!(settings.database, PathBuf::from("social-data/social.db"));
}

#[test]
fn what_is_asked_for_at_sign_in_can_be_less() {
    let asked = |flags: &[&str]| check(flags).expect("settings").scopes.to_string();
    let all = asked(&[]);
    assert!(all.contains("video.upload"), "{all}");
    for less in [
        "user.info.basic,video.publish",
        " user.info.basic, video.publish ,\n",
    ] {
        let less = asked(&["--tiktok-scopes", less]);
        assert_eq!(less, "user.info.basic, video.publish");
    }
    for nothing in ["", " "] {
        assert_eq!(asked(&["--tiktok-scopes", nothing]), all, "{nothing:?}");
    }
    assert!(wrong(&["--tiktok-scopes", " , "]).contains("TIKTOK_SCOPES"));
    let said = wrong(&["--tiktok-scopes", "user.info.basic,video.upload"]);
    assert!(said.contains("lacks video.publish"), "{said}");
    let said = wrong(&["--tiktok-scopes", "user.info.basic video.publish"]);
    assert!(
        said.contains("TIKTOK_SCOPES") && said.contains("user.info.basic video.publish"),
        "{said}"
    );
}

#[test]
fn an_empty_setting_is_as_if_it_were_not_there() {
    let plain = format!("{:?}", check(&[]).expect("nothing is needed"));
    for flag in [
        "--listen",
        "--data-dir",
        "--user",
        "--public-url",
        "--proxies",
        "--tiktok-client-key",
        "--tiktok-client-secret",
        "--tiktok-scopes",
        "--tiktok-base-url",
        "--database-url",
        "--owner-token",
    ] {
        for nothing in ["", "  ", "\n"] {
            let settings = check(&[flag, nothing]);
            let settings = settings.unwrap_or_else(|wrong| panic!("{flag}: {wrong}"));
            assert_eq!(format!("{settings:?}"), plain, "{flag}");
        }
    }
}

#[test]
fn blanks_around_a_setting_are_cut_off() {
    let settings = check(&[
        "--listen",
        " 127.0.0.1:9 ",
        "--tiktok-client-key",
        " aw1\n",
        "--tiktok-client-secret",
        "\tsecret ",
        "--public-url",
        " https://a.example ",
        "--owner-token",
        &format!(" {LONG}\n"),
        "--database-url",
        " sqlite:a.db ",
    ])
    .expect("settings");
    let Platform::App { key, secret, .. } = &settings.tiktok else {
        panic!("a sandbox");
    };
    assert_eq!((key.as_str(), secret.expose_secret()), ("aw1", "secret"));
    let SignInBy::Token(token) = &settings.sign_in else {
        panic!("a link");
    };
    assert_eq!(token.expose_secret(), LONG);
    assert_eq!(settings.database, PathBuf::from("a.db"));
    assert_eq!(settings.listen.port(), 9);
}

#[test]
fn what_can_never_work_is_refused_by_name_and_never_repeated() {
    for (flag, name) in [
        ("--listen", "LISTEN"),
        ("--public-url", "PUBLIC_URL"),
        ("--proxies", "PROXIES"),
        ("--tiktok-client-key", "TIKTOK_CLIENT_KEY"),
        ("--tiktok-client-secret", "TIKTOK_CLIENT_SECRET"),
        ("--tiktok-base-url", "TIKTOK_BASE_URL"),
        ("--database-url", "DATABASE_URL"),
        ("--owner-token", "OWNER_TOKEN"),
    ] {
        let said = wrong(&[flag, "SESAME open"]);
        assert!(
            said.contains(name) && !said.contains("SESAME"),
            "{flag}: {said}"
        );
    }
    for elsewhere in ["https://u:SESAME@a.example", "https://:SESAME@a.example"] {
        let said = wrong(&["--public-url", elsewhere]);
        assert!(
            said.contains("without path, user") && !said.contains("SESAME"),
            "{said}"
        );
    }
}

#[test]
fn one_credential_asks_for_all_that_is_missing_at_once() {
    let words = wrong(&["--tiktok-client-key", "aw1"]);
    for name in ["TIKTOK_CLIENT_SECRET", "PUBLIC_URL", "OWNER_TOKEN"] {
        assert!(words.contains(&format!("{name} is not set")), "{words}");
    }
    assert!(!words.contains("TIKTOK_CLIENT_KEY is"), "{words}");
    assert_eq!(words.lines().count(), 4, "{words}");
}

#[test]
fn an_empty_secret_is_a_missing_one() {
    let words = wrong(&[
        "--tiktok-client-key",
        "aw1",
        "--tiktok-client-secret",
        " ",
        "--public-url",
        "https://a.example",
        "--owner-token",
        LONG,
    ]);
    assert_eq!(words.lines().count(), 2, "{words}");
    assert!(words.contains("TIKTOK_CLIENT_SECRET is not set"), "{words}");
}

#[test]
fn the_public_address_is_https_and_no_more_than_a_host() {
    let with = |url| {
        check(&[
            "--tiktok-client-key",
            "aw1",
            "--tiktok-client-secret",
            "s",
            "--public-url",
            url,
            "--owner-token",
            LONG,
        ])
    };
    assert!(with("https://social.example.com").is_ok());
    assert!(with("https://social.example.com:8443/").is_ok());
    for url in [
        "http://social.example.com",
        "http://127.0.0.1:8080",
        "https://a.example/path",
        "https://a.example/?q",
        "https://user@a.example/",
        "https://*.example.com",
        "https://a.example:0",
        "https://localhost",
        "https://127.0.0.2:8443",
    ] {
        assert!(with(url).is_err(), "{url}");
    }
}

#[test]
fn an_address_that_no_sign_in_comes_back_to_is_refused() {
    for listen in ["127.0.0.1:0", "[::1]:0"] {
        assert!(check(&["--listen", listen]).is_ok(), "{listen}");
    }
    let said = wrong(&["--listen", "127.0.0.2:0"]);
    assert!(said.contains("listen on 127.0.0.1"), "{said}");
    assert_eq!(said.lines().count(), 2, "{said}");
    let elsewhere = [
        "--tiktok-base-url",
        "http://127.0.0.1:4100",
        "--owner-token",
        LONG,
        "--public-url",
    ];
    let with = |url| check(&[elsewhere.as_slice(), &[url]].concat());
    for url in ["http://127.0.0.1:8080", "http://localhost:8080"] {
        assert!(with(url).is_ok(), "{url}");
    }
    for url in [
        "http://127.0.0.2:8080",
        "http://[::1]:8080",
        "http://localhost",
    ] {
        let said = with(url).expect_err("no way back").to_string();
        assert!(
            said.contains("PUBLIC_URL") && said.contains("comes back to"),
            "{said}"
        );
    }
    // Reached through something else, it may listen where it likes.
    let through = [
        "--listen",
        "127.0.0.2:0",
        "--public-url",
        "http://localhost:8080",
        "--owner-token",
        LONG,
    ];
    assert!(
        check(
            &[
                through.as_slice(),
                &["--tiktok-base-url", "http://127.0.0.1:4100"]
            ]
            .concat()
        )
        .is_ok()
    );
}

#[cfg(unix)]
#[test]
fn a_data_folder_has_a_name_that_sqlite_takes() {
    use std::os::unix::ffi::OsStringExt as _;

    let mut args = Args::parse_from(["server"]);
    args.data_dir = Some(OsString::from_vec(b"a\xffb".to_vec()));
    let said = args.check().expect_err("no text").to_string();
    assert!(said.contains("DATA_DIR is not text"), "{said}");
}

#[test]
fn with_a_sandbox_elsewhere_loopback_is_enough() {
    let base = "http://127.0.0.1:4100";
    let settings = check(&["--tiktok-base-url", base]).expect("demo credentials");
    let Platform::App { key, sandbox, .. } = settings.tiktok else {
        panic!("a sandbox of its own");
    };
    assert_eq!(key, DEMO_CLIENT_KEY);
    assert_eq!(
        sandbox.map(String::from).as_deref(),
        Some("http://127.0.0.1:4100/")
    );
    let local = [
        "--tiktok-base-url",
        base,
        "--public-url",
        "http://localhost:8080",
        "--owner-token",
        LONG,
    ];
    assert!(check(&local).is_ok());
    assert!(
        wrong(&["--tiktok-base-url", "https://open.tiktokapis.com"]).contains("TIKTOK_BASE_URL")
    );
}

#[test]
fn listening_beyond_loopback_needs_address_and_token() {
    let words = wrong(&["--listen", "0.0.0.0:8080"]);
    assert!(
        words.contains("PUBLIC_URL") && words.contains("OWNER_TOKEN"),
        "{words}"
    );
}

#[test]
fn a_short_token_is_refused_and_never_shown() {
    let words = wrong(&["--owner-token", "too-short-token"]);
    assert!(
        words.contains("OWNER_TOKEN is too short") && !words.contains("too-short-token"),
        "{words}"
    );
    let args = Args::try_parse_from(["server", "--owner-token", "too-short-token"]).expect("flags");
    assert!(!format!("{args:?}").contains("too-short-token"));
}

#[test]
fn only_sqlite_is_known() {
    for elsewhere in ["postgres://a", "social.db"] {
        let said = wrong(&["--database-url", elsewhere]);
        assert!(
            said.contains("DATABASE_URL is not of the form sqlite:PATH"),
            "{said}"
        );
    }
}
