//! Files of the data folder that are gone, or are something else: what was posted must not be forgotten without a word.

use std::path::Path;

use tokio::net::TcpListener;
use tokio::process::Command;

use crate::harness::form::post_of;
use crate::harness::{Browser, Post, SandboxSide, Server, Setup, fixture, program};

/// A server that has posted, its browser, and the form that it posted.
async fn posted() -> (Server, Browser, Post) {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    let post = post_of(&form.send(&mut browser).await);
    crate::posting::says(&browser, &post, "Published").await;
    (server, browser, form)
}

fn remove(data: &Path, names: &[&str]) {
    for name in names {
        // Some are there only while the database is open.
        let _ = std::fs::remove_file(data.join(name));
    }
}

const DATABASE: [&str; 3] = ["social.db", "social.db-wal", "social.db-shm"];

#[tokio::test]
async fn a_database_that_is_gone_is_not_begun_anew_while_something_of_it_is_there() {
    let (server, _, _) = posted().await;
    let setup = server.stop().await.0;
    let data = setup.data();
    let all = ["social.key", "server.db"];
    for empty in [false, true] {
        remove(&data, &DATABASE);
        if empty {
            std::fs::write(data.join("social.db"), "").expect("emptied");
        }
        let said = setup.refused().await;
        assert!(said.contains("social.db is missing or empty"), "{said}");
        for name in all {
            assert!(said.contains(name), "{name}: {said}");
        }
    }
    // As a disk of its own that is not mounted, where nothing but the server's own file tells.
    remove(&data, &["social.key"]);
    let said = setup.refused().await;
    assert!(
        said.contains("move away") && said.contains("server.db"),
        "{said}"
    );
    remove(&data, &["social.db"]);
    assert!(setup.refused().await.contains("is missing or empty"));

    // Begun anew on purpose: it waits for an operator, and so do new posts.
    remove(&data, &["server.db", "server.db-wal", "server.db-shm"]);
    let server = setup.var("HOLD_AFTER_LOSS_HOURS", "24").start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    post_of(&form.send(&mut browser).await);
    assert!(server.log().contains("another life"), "{}", server.log());
    let (_, held) = worker(&data, &["held"]).await;
    assert_eq!(
        held.lines().filter(|line| line.contains("tiktok")).count(),
        1,
        "{held}"
    );
    let (_, status) = worker(&data, &["status"]).await;
    let name = status
        .lines()
        .find_map(|line| line.strip_prefix("incarnation"));
    let name = name.expect("its line").trim();
    let (code, said) = worker(&data, &["accept-incarnation", name]).await;
    assert!(code == Some(3) && said.contains("1 posts"), "{said}");
    let sandbox = SandboxSide::of(&mut browser).await;
    assert_eq!(sandbox.posts().await.len(), 1, "the first one");
}

/// The operators' program on the same data.
async fn worker(data: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(program("worker"))
        .args(arguments)
        .env(
            "DATABASE_URL",
            format!("sqlite:{}", data.join("social.db").display()),
        )
        .env("DATA_DIR", data)
        .output()
        .await
        .expect("it runs");
    (
        output.status.code(),
        String::from_utf8(output.stdout).expect("text"),
    )
}

#[tokio::test]
async fn a_database_that_is_put_back_goes_on() {
    let (server, mut browser, form) = posted().await;
    let setup = server.stop().await.0;
    let data = setup.data();
    let aside = setup.folder().join("aside.db");
    std::fs::rename(data.join("social.db"), &aside).expect("moved");
    setup.refused().await;
    std::fs::rename(&aside, data.join("social.db")).expect("put back");
    let server = setup.start().await;
    post_of(&form.send(&mut browser).await);
    let sandbox = SandboxSide::of(&mut browser).await;
    assert_eq!(sandbox.posts().await.len(), 1);
    assert!(!server.log().contains("another life"), "{}", server.log());
}

#[tokio::test]
async fn a_database_elsewhere_is_missed_too() {
    let setup = Setup::new();
    let elsewhere = setup.folder().join("disk");
    std::fs::create_dir(&elsewhere).expect("a folder");
    let database = elsewhere.join("social.db");
    let sandbox = social_sandbox::Sandbox::start().await.expect("a sandbox");
    let setup = setup
        .var("TIKTOK_BASE_URL", sandbox.url())
        .var("DATABASE_URL", format!("sqlite:{}", database.display()));
    let setup = setup.start().await.stop().await.0;
    std::fs::remove_dir_all(&elsewhere).expect("unmounted");
    std::fs::create_dir(&elsewhere).expect("its mount point");
    let said = setup.refused().await;
    assert!(
        said.contains("disk/social.db is missing or empty") && said.contains("social.key"),
        "{said}"
    );
    assert!(!database.exists(), "nothing was made");
}

#[tokio::test]
async fn a_file_of_its_own_that_is_none_is_told_as_that() {
    let setup = Server::start().await.stop().await.0;
    let own = setup.data().join("server.db");
    std::fs::write(&own, [0x5e; 8_192]).expect("garbage");
    let said = setup.refused().await;
    assert!(
        said.contains("server.db cannot be used") && said.contains("is not a SQLite database"),
        "{said}"
    );
    assert!(!said.contains("writable"), "{said}");
}

#[tokio::test]
async fn the_port_of_the_sandbox_is_not_left_for_another() {
    let (server, mut browser, _form) = posted().await;
    let sandbox = SandboxSide::of(&mut browser).await;
    let setup = server.stop().await.0;
    let address = sandbox.base.trim_start_matches("http://");
    let taken = TcpListener::bind(address).await.expect("it is free");
    let said = setup.refused().await;
    assert!(
        said.contains(address) && said.contains("used by another program"),
        "{said}"
    );
    drop(taken);
    setup.start().await;
}
