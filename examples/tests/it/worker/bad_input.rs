//! What an operator gets wrong is told with the way out, and without the password.

use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};

use super::{Place, Postgres};

const PASSWORD: &str = "p4ssw0rd-nobody-sees";

#[tokio::test]
async fn a_wrong_address_is_told_without_its_password() {
    let unreachable = format!("postgres://user:{PASSWORD}@127.0.0.1:1/social");
    for (url, words) in [
        (format!("mysql://user:{PASSWORD}@host/db"), "neither"),
        (format!("postgres:user:{PASSWORD}@host/db"), "neither"),
        (format!("user:{PASSWORD}@host/db"), "neither"),
        (unreachable, "check host"),
    ] {
        for command in ["migrate", "status"] {
            let said = Place::of(&url).run(&[command]).await;
            said.says(1, &[words]);
            said.hides(PASSWORD);
        }
    }
    let place = Place::sqlite();
    let mut command = place.command(&["status"]);
    let output = command.env_remove("DATABASE_URL").output().await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("DATABASE_URL is not set"), "{said}");
}

#[tokio::test]
async fn a_refused_role_or_database_is_told() {
    let database = Postgres::make().await;
    let role = format!("{}_role", database.name());
    let make = format!("CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'");
    database.execute(&make).await;
    let mut elsewhere = database.url();
    elsewhere.set_path("no_such_database");
    for (url, words) in [
        (database.url_of(&role, "wrong"), "password"),
        (elsewhere, "create it"),
        (database.url_of(&role, PASSWORD), "privilege"),
    ] {
        let said = Place::of(url.as_str()).run(&["migrate"]).await;
        said.says(1, &[words]);
        said.hides(PASSWORD);
        said.hides(url.password().unwrap());
    }
    database.execute(&format!("DROP ROLE {role}")).await;
    database.remove().await;
}

#[tokio::test]
async fn tables_of_a_newer_version_are_left_alone() {
    let database = Postgres::make().await;
    let place = Place::of(database.url().as_str());
    place.well(&["migrate"]).await;
    let newer = "UPDATE social.installation SET schema_version = 99";
    database.execute(newer).await;
    for command in ["migrate", "status"] {
        let said = place.run(&[command]).await;
        said.says(1, &["version 99", "newer program"]);
    }
    database.remove().await;

    let place = Place::sqlite();
    place.well(&["migrate"]).await;
    let file = SqliteConnectOptions::new().filename(place.folder().join("social.db"));
    let mut conn = file.connect().await.unwrap();
    let newer = "UPDATE installation SET schema_version = 99";
    sqlx::raw_sql(newer).execute(&mut conn).await.unwrap();
    drop(conn);
    for command in ["migrate", "status"] {
        let said = place.run(&[command]).await;
        said.says(1, &["version 99", "newer program"]);
    }
}

#[tokio::test]
async fn secrets_of_the_environment_are_not_in_the_help() {
    let place = Place::of(&format!("postgres://user:{PASSWORD}@host/db"))
        .var("TIKTOK_CLIENT_SECRET", PASSWORD)
        .var("SOCIAL_KEYS", PASSWORD);
    for command in [&["--help"][..], &["run", "--help"]] {
        let said = place.run(command).await;
        said.says(0, &["DATABASE_URL"]);
        said.hides(PASSWORD);
    }
    let said = place.run(&["run"]).await;
    said.says(1, &["TIKTOK_CLIENT_KEY is not set"]);
    said.hides(PASSWORD);
}
