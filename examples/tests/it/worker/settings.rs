//! Settings as people, consoles and compose files give them.

use super::{Place, Postgres};
use crate::harness::not_text;

const SECRET: &str = "SESAME-open-7f3a";

const ALL: [&str; 11] = [
    "DATABASE_POOLER",
    "DATABASE_SCHEMA",
    "DATABASE_URL",
    "DATA_DIR",
    "KEY_FILE",
    "LOG_FORMAT",
    "MEDIA_DIR",
    "RUST_LOG",
    "SOCIAL_KEYS",
    "SPOOL_DIR",
    "TIKTOK_BASE_URL",
];

#[tokio::test]
async fn nothing_of_an_address_is_logged_and_a_refused_setting_is_named() {
    for (setting, name) in [
        ("sslpassword", "sslpassword"),
        ("passwrod", "setting 1 behind the ?"),
        ("sslmode", "sslmode"),
        ("channel_binding", "sslmode=verify-full"),
        ("connect_timeout", "connect_timeout"),
        ("pgbouncer", "pgbouncer"),
        ("target_session_attrs", "target_session_attrs"),
    ] {
        let url = format!("postgres://owner:{SECRET}@127.0.0.1:1/db?{setting}={SECRET}");
        for command in [
            &["migrate"][..],
            &["status"],
            &["reseal"],
            &["accept-incarnation", "a"],
            &["run"],
        ] {
            let place = Place::of(&url)
                .var("RUST_LOG", "trace")
                .var("TIKTOK_CLIENT_KEY", "key")
                .var("TIKTOK_CLIENT_SECRET", SECRET);
            let said = place.run(command).await;
            said.says(1, &[name]);
            said.hides(SECRET);
            assert!(!said.err.contains("unrecognized"), "{said:?}");
        }
    }
}

#[tokio::test]
async fn an_address_as_a_console_gives_it_works() {
    let database = Postgres::make().await;
    for settings in [
        "sslmode=prefer&channel_binding=prefer&connect_timeout=10",
        "target_session_attrs=read-write&application_name=worker",
        "pgbouncer=false&connection_limit=5&sslmode=",
    ] {
        let mut url = database.url();
        url.set_query(Some(settings));
        let place = Place::of(url.as_str());
        place.well(&["migrate"]).await;
        let said = place.well(&["status"]).await;
        assert!(said.contains("PostgreSQL, schema social"), "{said}");
    }
    // Through a pooler that the address itself names.
    let mut url = database.pooled_url();
    url.set_query(Some("pgbouncer=true"));
    let said = Place::of(url.as_str()).well(&["status"]).await;
    assert!(said.contains("PostgreSQL, schema social"), "{said}");
    database.remove().await;
}

#[tokio::test]
async fn a_variable_with_nothing_in_it_is_as_if_it_were_not_there() {
    for nothing in ["", " "] {
        let mut place = Place::sqlite();
        for name in ALL {
            if name != "DATABASE_URL" {
                place = place.var(name, nothing);
            }
        }
        let said = place.well(&["migrate"]).await;
        assert!(said.contains("tables made"), "{said}");
        place.well(&["status"]).await;
    }
    let said = Place::of(" ").run(&["status"]).await;
    said.says(1, &["DATABASE_URL is not set"]);
    let said = Place::sqlite()
        .var("TIKTOK_CLIENT_KEY", " ")
        .var("TIKTOK_CLIENT_SECRET", "")
        .run(&["run"])
        .await;
    said.says(
        1,
        &[
            "TIKTOK_CLIENT_KEY is not set",
            "TIKTOK_CLIENT_SECRET is not set",
        ],
    );
}

#[tokio::test]
async fn what_can_never_work_is_refused_by_name_without_its_value() {
    for (name, value) in [
        ("DATABASE_POOLER", SECRET.to_owned()),
        ("LOG_FORMAT", SECRET.to_owned()),
        ("RUST_LOG", format!("a={SECRET}=c")),
        ("TIKTOK_BASE_URL", format!("https://{SECRET}.example")),
        ("TIKTOK_CLIENT_KEY", format!("{SECRET} b")),
        ("TIKTOK_CLIENT_SECRET", format!("{SECRET} b")),
        ("DATABASE_URL", format!("sqlite:a.db?key={SECRET}")),
        ("DATABASE_URL", format!("mysql://u:{SECRET}@host/db")),
        ("DATABASE_URL", SECRET.to_owned()),
        ("DATABASE_URL", format!("u:{SECRET}@host/db")),
        (
            "DATABASE_URL",
            format!("host=127.0.0.1 password={SECRET} dbname=db"),
        ),
        ("SOCIAL_KEYS", SECRET.to_owned()),
    ] {
        let place = Place::sqlite();
        place.well(&["migrate"]).await;
        let place = place
            .var("TIKTOK_CLIENT_KEY", "key")
            .var("TIKTOK_CLIENT_SECRET", "secret")
            .var(name, &value);
        let said = place.run(&["run"]).await;
        said.says(1, &[name]);
        said.hides(SECRET);
    }
    let place = Place::sqlite()
        .var("SOCIAL_KEYS", SECRET)
        .var("KEY_FILE", "a");
    place
        .run(&["status"])
        .await
        .says(1, &["both SOCIAL_KEYS and KEY_FILE"]);
}

#[tokio::test]
async fn a_secret_in_the_place_of_the_database_becomes_no_file() {
    for wrong in [
        SECRET.to_owned(),
        format!("host=127.0.0.1 password={SECRET}"),
    ] {
        let place = Place::of(&wrong);
        for command in ["migrate", "status"] {
            let said = place.run(&[command]).await;
            said.says(1, &["DATABASE_URL is neither", "sqlite:PATH"]);
            said.hides(SECRET);
        }
        let made = std::fs::read_dir(place.folder()).unwrap().count();
        assert_eq!(made, 0, "a file was made");
    }
    let cut = format!("postgres://owner@127.0.0.1:1/db?password=ab&{SECRET}");
    let said = Place::of(&cut).run(&["status"]).await;
    said.says(1, &["setting 2 behind the ?", "%26"]);
    said.hides(SECRET);
}

#[tokio::test]
async fn a_schema_that_is_none_is_not_repeated() {
    let place = Place::of("postgres://owner@127.0.0.1:1/db").var("DATABASE_SCHEMA", SECRET);
    for command in ["migrate", "status"] {
        let said = place.run(&[command]).await;
        said.says(1, &["DATABASE_SCHEMA", "the schema's name must have"]);
        said.hides(SECRET);
    }
}

#[tokio::test]
async fn a_variable_that_is_not_text_is_refused_by_name() {
    for name in [
        "DATABASE_INSTANCE",
        "DATABASE_POOLER",
        "DATABASE_SCHEMA",
        "DATABASE_URL",
        "LOG_FORMAT",
        "RUST_LOG",
        "SOCIAL_KEYS",
        "TIKTOK_BASE_URL",
        "TIKTOK_CLIENT_KEY",
        "TIKTOK_CLIENT_SECRET",
    ] {
        let said = Place::sqlite().var(name, not_text()).run(&["run"]).await;
        said.says(1, &[&format!("{name} is not text")]);
        said.hides("SESAME");
    }
}

#[tokio::test]
async fn a_pooler_is_said_by_a_flag_or_a_variable() {
    let database = Postgres::make().await;
    Place::of(database.url().as_str()).well(&["migrate"]).await;
    let pooled = database.pooled_url();
    for variable in ["true", "1", "yes"] {
        let place = Place::of(pooled.as_str()).var("DATABASE_POOLER", variable);
        place.well(&["status"]).await;
    }
    let place = Place::of(pooled.as_str());
    place.well(&["--database-pooler", "status"]).await;
    place.well(&["status", "--database-pooler=true"]).await;
    database.remove().await;
}
