//! Data that were restored from an older copy, or are opened as another place's.

use std::path::{Path, PathBuf};

use crate::harness::form::post_of;
use crate::harness::page::hidden;
use crate::harness::{Post, SandboxSide, Setup, fixture};
use crate::posting::says;

#[tokio::test]
async fn while_nothing_is_sent_every_page_says_so() {
    let server = Setup::new().var("DATABASE_INSTANCE", "here").start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let page = browser.get("/").await.words();
    assert!(!page.contains("Nothing is sent now"), "{page}");
    let (setup, _) = server.stop().await;
    let server = setup.var("DATABASE_INSTANCE", "elsewhere").start().await;
    let form = Post::open(&mut browser).await;
    let form = form.file("clip.mp4", fixture("clip.mp4"));
    let post = post_of(&form.send(&mut browser).await);
    let page = browser.get(&format!("/posts/{post}")).await.words();
    for words in [
        "Queued",
        "Nothing is sent now",
        "Whoever runs this server finds with `worker status` what to do; then all goes on.",
        "Then: go on When this server may send again: see above.",
    ] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
    assert!(!page.contains("As soon as a worker is free"), "{page}");
    let list = browser.get("/posts").await;
    list.says("Waits: nothing is sent now");
    let overview = browser.get("/").await;
    overview.says("Nothing is sent now");
    overview.says("Nothing else needs you.");
    assert!(SandboxSide::of(&mut browser).await.posts().await.is_empty());
    drop(server);
}

/// The database alone, as a backup of it would hold it.
fn copy_of(setup: &Setup) -> PathBuf {
    let copy = setup.folder().join("older.db");
    std::fs::copy(setup.data().join("social.db"), &copy).expect("a copy");
    copy
}

fn restore(setup: &Setup, copy: &Path) {
    for beside in ["social.db-wal", "social.db-shm"] {
        // After a gentle end they may be gone already.
        let _ = std::fs::remove_file(setup.data().join(beside));
    }
    std::fs::copy(copy, setup.data().join("social.db")).expect("restored");
}

#[tokio::test]
async fn a_form_whose_post_is_lost_with_newer_data_is_no_second_post_by_accident() {
    let setup = Setup::new().var("HOLD_AFTER_LOSS_HOURS", "24");
    let server = setup.start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let (setup, _) = server.stop().await;
    let older = copy_of(&setup);
    let server = setup.start().await;
    let form = Post::open(&mut browser).await;
    let form = form.file("clip.mp4", fixture("clip.mp4"));
    let post = post_of(&form.send(&mut browser).await);
    says(&browser, &post, "Public link known").await;
    let (setup, _) = server.stop().await;
    restore(&setup, &older);

    let server = setup.start().await;
    assert_eq!(browser.get(&format!("/posts/{post}")).await.status, 404);
    let answer = form.send(&mut browser).await;
    assert_eq!(answer.status, 422);
    answer.says("This form was posted before");
    answer.says("Look there first; pressing Post again makes a second post.");
    let key = hidden(&answer.text, "idempotency_key").expect("a key");
    assert_ne!(key, form.key, "pressing again is a decision");
    assert!(browser.get("/posts").await.words().contains("No posts yet"));

    // It is kept back, and whoever cancels it may do so because it is out.
    let upload = hidden(&answer.text, "upload_id").expect("the file is kept");
    let mut anew = form.kept(&upload);
    anew.key = key;
    let second = post_of(&anew.send(&mut browser).await);
    says(&browser, &second, "Kept back").await;
    browser.post(&format!("/posts/{second}/cancel"), &[]).await;
    let page = says(&browser, &second, "Cancelled").await;
    assert!(
        page.contains("Look at the profile before you post it again."),
        "{page}"
    );
    assert!(!page.contains("Nothing was posted"), "{page}");
    let list = browser.get("/posts").await.words();
    assert!(!list.contains("Nothing was posted"), "{list}");
    drop(server);
}
