//! Data that were restored from an older copy.

use std::path::{Path, PathBuf};

use crate::harness::form::post_of;
use crate::harness::page::hidden;
use crate::harness::{Post, Setup, fixture};
use crate::posting::says;

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
    let setup = Setup::new();
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
    drop(server);
}
