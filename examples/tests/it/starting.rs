//! What the server says when it cannot start. It never makes things worse.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::process::Command;

use crate::harness::{Browser, Server, Setup, program};

/// A data folder with an account in it, and no server on it.
async fn used() -> Setup {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    server.stop().await.0.listen("127.0.0.1:0")
}

#[tokio::test]
async fn what_it_keeps_is_for_its_owner_only() {
    let setup = used().await;
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&setup.data()), 0o700);
    for name in [
        "social.db",
        "social.key",
        "server.db",
        "sandbox.json",
        "server.lock",
    ] {
        assert_eq!(mode(&setup.data().join(name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_taken_port_is_told_with_the_way_out() {
    let server = Server::start().await;
    let address = server.base.trim_start_matches("http://");
    let said = Setup::new().listen(address).refused().await;
    assert!(
        said.contains(&format!("{address} is taken")) && said.contains("--listen"),
        "{said}"
    );
}

#[tokio::test]
async fn one_folder_has_one_server() {
    let server = Server::start().await;
    let said = server.setup.clone().refused().await;
    assert!(
        said.contains("another server uses the data folder") && said.contains("--data-dir"),
        "{said}"
    );
}

#[tokio::test]
async fn a_missing_key_is_never_made_anew() {
    let setup = used().await;
    let key = setup.data().join("social.key");
    let kept = std::fs::read(&key).expect("a key");
    std::fs::remove_file(&key).expect("removed");
    let said = setup.refused().await;
    assert!(
        said.contains(
            "social.key is missing beside an existing database; restore it from the backup"
        ),
        "{said}"
    );
    assert!(!key.exists(), "no new key");
    std::fs::write(&key, kept).expect("restored");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("private");
    setup.start().await;
}

#[tokio::test]
async fn a_wrong_key_and_one_that_others_read_are_refused() {
    let setup = used().await;
    let key = setup.data().join("social.key");
    let kept = std::fs::read(&key).expect("a key");
    std::fs::write(&key, format!("{}\n", "ab".repeat(32))).expect("another key");
    let said = setup.refused().await;
    assert!(said.contains("key"), "{said}");
    assert!(!said.contains("abab"), "the key is not told: {said}");
    std::fs::write(&key, &kept).expect("restored");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("open to others");
    let said = setup.refused().await;
    assert!(said.contains("chmod 600"), "{said}");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let setup = used().await;
    let path = setup.data().join("social.db");
    let mut database = SqliteConnectOptions::new()
        .filename(&path)
        .connect()
        .await
        .expect("opened");
    sqlx::query("UPDATE installation SET schema_version = 999")
        .execute(&mut database)
        .await
        .expect("newer");
    let said = setup.refused().await;
    assert!(said.contains("newer"), "{said}");
    let version: i64 = sqlx::query_scalar("SELECT schema_version FROM installation")
        .fetch_one(&mut database)
        .await
        .expect("read");
    assert_eq!(version, 999);

    let setup = used().await;
    let own = setup.data().join("server.db");
    let mut database = SqliteConnectOptions::new()
        .filename(&own)
        .connect()
        .await
        .expect("opened");
    sqlx::query("PRAGMA user_version = 999")
        .execute(&mut database)
        .await
        .expect("newer");
    let said = setup.refused().await;
    assert!(
        said.contains("server.db was written by a newer version"),
        "{said}"
    );
}

#[tokio::test]
async fn a_database_that_cannot_be_written_says_so() {
    let setup = used().await;
    let read_only = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("changed")
    };
    // Whoever may do everything may also write to a read-only file; so the server runs as somebody else.
    let nobody = 65_534;
    let root = std::fs::metadata("/proc/self")
        .is_ok_and(|facts| std::os::unix::fs::MetadataExt::uid(&facts) == 0);
    let setup = if root {
        read_only(setup.folder(), 0o711);
        let all = [setup.data()]
            .into_iter()
            .chain(crate::privacy::walk(&setup.data()));
        for path in all {
            std::os::unix::fs::chown(&path, Some(nobody), Some(nobody)).expect("given away");
        }
        setup.run_by(nobody)
    } else {
        setup
    };
    read_only(&setup.data().join("social.db"), 0o400);
    let said = setup.refused().await;
    assert!(
        said.contains("make the file and its folder writable"),
        "{said}"
    );
}

#[tokio::test]
async fn half_a_configuration_names_everything_that_is_missing() {
    let said = Setup::new()
        .var("TIKTOK_CLIENT_KEY", "aw1")
        .var("PUBLIC_URL", "http://social.example.com")
        .refused()
        .await;
    for words in [
        "TIKTOK_CLIENT_SECRET is not set",
        "OWNER_TOKEN is not set",
        "PUBLIC_URL does not begin with https",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let said = Setup::new()
        .var("OWNER_TOKEN", "short-and-secret")
        .refused()
        .await;
    assert!(
        said.contains("OWNER_TOKEN is too short") && !said.contains("short-and-secret"),
        "{said}"
    );
}

#[tokio::test]
async fn a_configured_server_signs_in_by_token_with_secure_cookies() {
    let sandbox = social_sandbox::Sandbox::start().await.expect("a sandbox");
    let token = "0123456789abcdef0123456789abcdef";
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("its address").to_string();
    drop(free);
    let server = Setup::new()
        .listen(&address)
        .var("TIKTOK_BASE_URL", sandbox.url())
        .var("PUBLIC_URL", "https://social.example.com")
        .var("OWNER_TOKEN", token)
        .start()
        .await;
    assert_eq!(server.line, "Open https://social.example.com/sign-in");
    let mut browser = Browser::new(&format!("http://{address}"));
    for path in ["/sign-in", "/nothing-is-here"] {
        let request = browser.request(reqwest::Method::GET, path);
        let request = request.header("host", "social.example.com");
        let answer = browser.send(request).await;
        assert_eq!(
            answer.header("strict-transport-security"),
            "max-age=31536000"
        );
    }
    drop(server);

    let server = Server::start().await;
    let answer = server.stranger().get("/sign-in").await;
    let name = "strict-transport-security";
    assert_eq!(
        answer.header(name),
        "",
        "this machine is not reached by https"
    );
}

#[tokio::test]
async fn a_program_introduces_itself_by_what_it_does() {
    for (name, does) in [
        ("quickstart", "Publishes one video on TikTok"),
        ("server", "Publishes videos to TikTok"),
        ("worker", "Publishes what was submitted"),
    ] {
        let help = Command::new(program(name)).arg("--help").output().await;
        let help = String::from_utf8(help.expect("it runs").stdout).expect("text");
        assert!(help.starts_with(does), "{name}: {help}");
    }
}
