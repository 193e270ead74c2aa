use social_core::error::ErrorKind;

use super::*;

fn options(address: &str) -> PgConnectOptions {
    Address::parse(address).unwrap().options(false)
}

fn refusal(address: &str) -> String {
    let Err(error) = Address::parse(address) else {
        panic!("taken");
    };
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error:?}");
    format!("{error:?} {error}")
}

#[test]
fn reads_an_address() {
    let options = options(" postgres://me:p%3Fw@db.example:6000/social?sslmode=require\n");
    assert_eq!(options.get_host(), "db.example");
    assert_eq!(options.get_port(), 6_000);
    assert_eq!(options.get_database(), Some("social"));
    assert_eq!(options.get_application_name(), Some("social"));
}

#[test]
fn refuses_what_is_none_and_repeats_nothing() {
    for address in [
        "",
        "SECRET",
        "mysql://me:SECRET@host/db",
        "https://me:SECRET@host/db",
        "postgres://me:SEC?RET@host/db",
        "postgres://me:SECRET@host/db?passwrod=SECRET",
        "postgres://me:SECRET@host/db?sslmode=SECRET",
        "postgres://me:SECRET@host:port/db",
    ] {
        let said = refusal(address);
        assert!(!said.contains("SEC") && !said.contains("RET"), "{said}");
    }
}

/// The port is a number, so the cut goes unnoticed until somebody connects to a host named like the user.
#[test]
fn a_password_that_is_cut_is_refused_and_no_piece_of_it_is_named() {
    for cut in ["?RET", "?a&RET=1", "#RET", "/RET", "?RET=x"] {
        let said = refusal(&format!("postgres://me:123{cut}@host/db"));
        assert!(said.contains("%3F") && !said.contains("RET"), "{said}");
    }
    for cut in ["&RET", "&RET=", "&RET=x", "&port=1&RET"] {
        let said = refusal(&format!("postgres://me@host/db?password=SEC{cut}"));
        let place = cut.matches('&').count() + 1;
        let place = format!("setting {place} behind the ?");
        assert!(said.contains(&place) && !said.contains("RET"), "{said}");
    }
    let said = refusal("postgres://me@host/db?RET%00RET=1");
    assert!(!said.contains("RET"), "{said}");
}

#[test]
fn a_setting_that_is_refused_is_named_where_it_is_known_and_counted_where_not() {
    for (setting, words) in [
        ("sslpassword=SESAME", "sslpassword"),
        ("passwrod=SESAME", "setting 1"),
        ("sslmode=&keepalives=SESAME", "keepalives"),
        ("sslmode=SESAME", "verify-full"),
        ("port=SESAME", "port"),
        ("hostaddr=SESAME", "hostaddr"),
        ("connect_timeout=SESAME", "connect_timeout"),
        ("pgbouncer=SESAME", "pgbouncer"),
        ("channel_binding=require", "sslmode=verify-full"),
        ("gssencmode=require", "gssencmode"),
        ("target_session_attrs=standby", "the primary"),
        ("target_session_attrs=SESAME", "target_session_attrs"),
        ("options[SESAME", "setting 1"),
        ("sslmode=&passwrod", "setting 2"),
    ] {
        let said = refusal(&format!("postgres://me@host/db?{setting}"));
        assert!(
            said.contains(words) && !said.contains("SESAME"),
            "{setting}: {said}"
        );
    }
    let said = refusal("postgres://me@one,two:5432/db");
    assert!(said.contains("several hosts"), "{said}");
}

#[test]
fn addresses_as_providers_give_them_are_taken() {
    for settings in [
        "sslmode=require",
        "sslmode=require&channel_binding=prefer",
        "sslmode=verify-full&sslrootcert=system",
        "connect_timeout=10&target_session_attrs=read-write",
        "connection_limit=1&pool_timeout=0",
        "sslmode=&connect_timeout=",
        "gssencmode=disable&supa=base-pooler.x",
        "options=-c%20statement_timeout%3D5s&options[lock_timeout]=1s",
    ] {
        let address = Address::parse(&format!("postgresql://me:pw@host/db?{settings}"));
        assert!(!address.unwrap().is_pooler, "{settings}");
    }
    assert!(
        Address::parse("postgres://me@host/db?pgbouncer=true")
            .unwrap()
            .is_pooler
    );
    assert!(
        !Address::parse("postgres://me@host/db?pgbouncer=false")
            .unwrap()
            .is_pooler
    );
    let options = options("postgres://me@host/db?sslrootcert=system");
    assert!(format!("{:?}", options.get_ssl_mode()).contains("VerifyFull"));
}
