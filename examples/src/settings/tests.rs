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
    ] {
        assert_eq!(check.sandbox("BASE", Some(elsewhere)), None);
    }
    let wrong = check.end("the program", Some(())).unwrap_err().to_string();
    assert_eq!(wrong.lines().count(), 8, "{wrong}");
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
