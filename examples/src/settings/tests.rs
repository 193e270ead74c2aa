use super::*;

#[test]
fn blanks_around_are_cut_off_and_empty_is_not_given() {
    assert_eq!(given(Some(" a b\n")), Some("a b"));
    for nothing in [None, Some(""), Some(" \t\n")] {
        assert_eq!(given(nothing), None);
        assert_eq!(given_secret(nothing.map(SecretString::from).as_ref()), None);
        assert_eq!(given_path(nothing.map(OsString::from).as_ref()), None);
    }
    assert_eq!(
        given_path(Some(&OsString::from(" data\n"))),
        Some(PathBuf::from("data"))
    );
}

#[test]
fn everything_wrong_is_said_at_once_and_no_value_is_repeated() {
    let mut check = Check::default();
    assert_eq!(check.word("KEY", Some("SESAME open")), None);
    assert!(!check.flag("POOLER", Some("SESAME")));
    for elsewhere in [
        "SESAME",
        "http://SESAME.example",
        "http://u:SESAME@127.0.0.1",
        "ftp://127.0.0.1",
        "http://127.0.0.1/?a",
        "http://127.0.0.1:0",
    ] {
        assert_eq!(check.sandbox("BASE", Some(elsewhere)), None);
    }
    let wrong = check.end("the program", Some(())).unwrap_err().to_string();
    assert_eq!(wrong.lines().count(), 9, "{wrong}");
    for name in ["KEY", "POOLER", "BASE", "the program did not start"] {
        assert!(wrong.contains(name), "{wrong}");
    }
    assert!(!wrong.contains("SESAME"), "{wrong}");
}

#[test]
fn a_flag_is_on_or_off_and_off_when_nothing_is_said() {
    let mut check = Check::default();
    assert!(check.flag("A", Some("Yes")) && check.flag("A", Some("1")));
    assert!(!check.flag("A", Some("off")) && !check.flag("A", None));
    check.end("the program", Some(())).unwrap();
}

#[test]
fn an_address_can_lead_somewhere_or_not() {
    let leads = |text: &str| can_lead(&Url::parse(text).unwrap());
    let part = "b".repeat(63);
    for address in [
        "https://social.example.com",
        "https://social.example.com.:8443",
        "https://a_b.example",
        "https://\u{fc}ber.example",
        "http://localhost:8080",
        "https://203.0.113.5",
        "http://[::1]:8080",
        &format!("https://{part}.example"),
    ] {
        assert!(leads(address), "{address}");
    }
    for address in [
        "https://*.example.com",
        "https://example.com:0",
        "http://127.0.0.1:0",
        "https://0.0.0.0",
        "https://[::]",
        "https://a..example",
        "https://a$b.example",
        &format!("https://{part}b.example"),
        &format!("https://{part}.{part}.{part}.{part}.example"),
    ] {
        assert!(!leads(address), "{address}");
    }
}

#[test]
fn scopes_without_which_nothing_can_be_posted_are_missed() {
    let read = |text| {
        let mut check = Check::default();
        let scopes = check.tiktok_scopes(Some(text));
        check
            .end("the program", scopes)
            .map_err(|wrong| wrong.to_string())
    };
    assert!(read("user.info.basic, video.publish").is_ok());
    for less in ["user.info.basic", "video.upload", "video.publsh"] {
        let said = read(less).unwrap_err();
        assert!(said.contains("TIKTOK_SCOPES lacks video.publish"), "{said}");
    }
    assert!(Check::default().tiktok_scopes(None).is_none());
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text_is_refused_by_name() {
    use std::os::unix::ffi::OsStrExt as _;

    let mut check = Check::default();
    let value = OsStr::from_bytes(b"SESAME\xff");
    assert_eq!(check.read_text("KEY", value), None);
    assert_eq!(
        check.read_text("OTHER", OsStr::new(" a ")),
        Some("a".to_owned())
    );
    let said = check.end("the program", Some(())).unwrap_err().to_string();
    assert!(
        said.contains("KEY is not text") && !said.contains("SESAME"),
        "{said}"
    );
    assert!(!said.contains("OTHER"), "{said}");
}

#[test]
fn a_database_is_a_server_or_a_file() {
    let file = |text| match DatabaseAddress::parse(text) {
        Ok(DatabaseAddress::Sqlite(path)) => path.display().to_string(),
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(file("sqlite:social.db"), "social.db");
    assert_eq!(file("sqlite:///var/social.db"), "/var/social.db");
    assert_eq!(file("sqlite:C:\\social.db"), "C:\\social.db");
    let server = DatabaseAddress::parse("postgres://u:SESAME@host/db");
    assert!(matches!(server, Ok(DatabaseAddress::Postgres(_))));
    assert!(!format!("{server:?}").contains("SESAME"));
    for none in [
        "sqlite:",
        "sqlite:///",
        "sqlite:social.db?mode=SESAME",
        "sqlite::memory:",
        "mysql://u:SESAME@host/db",
        "postgres:u:SESAME@host",
        "SESAME",
        "SESAME/social.db",
        "u:SESAME@host/db",
        "host=127.0.0.1 password=SESAME dbname=db",
    ] {
        let said = DatabaseAddress::parse(none).unwrap_err();
        assert!(
            said.contains("DATABASE_URL") && !said.contains("SESAME"),
            "{said}"
        );
    }
}
