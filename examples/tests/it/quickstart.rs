//! The quickstart as a person meets it: the built program, what its terminal says and what the browser's tab shows.

mod killed;
mod program;

use std::{ffi::OsString, time::Duration};

use serde_json::json;

use super::harness::{fixture, not_text, page, pause};
use program::Desk;

#[tokio::test]
async fn asking_for_help_signs_nobody_in_and_leaves_no_folder() {
    for (flag, shown) in [("--help", "Usage:"), ("--version", "quickstart 0")] {
        let desk = Desk::new();
        let end = desk.start(&[flag]).await.end().await;
        assert_eq!(end.code, 0, "{end:?}");
        assert!(end.out.contains(shown), "{end:?}");
        assert!(!desk.data().exists(), "{flag} made a folder");
    }
}

#[tokio::test]
async fn a_file_of_no_use_is_told_before_anybody_signs_in() {
    let desk = Desk::new();
    desk.put("text.mp4", &fixture("not-a-video.mp4"));
    desk.put("empty.mp4", b"");
    for (file, why) in [
        ("missing.mp4", "missing.mp4 cannot be found"),
        ("text.mp4", "text.mp4 is not a video"),
        ("empty.mp4", "empty.mp4 is empty"),
        (".", ". is not a file"),
    ] {
        let end = desk.start(&[file]).await.end().await;
        assert_eq!(end.code, 1, "{end:?}");
        assert!(end.err.contains(why), "{end:?}");
        assert_eq!(end.out, "", "somebody was asked something");
        assert!(!desk.data().exists(), "{file} made a folder");
    }
}

#[tokio::test]
async fn a_pipe_is_no_video_and_is_not_waited_for() {
    let desk = Desk::new();
    let made = std::process::Command::new("mkfifo")
        .arg(desk.file("pipe.mp4"))
        .status();
    assert!(made.expect("mkfifo").success());
    let end = desk.start(&["pipe.mp4"]).await.end().await;
    assert_eq!(end.code, 1, "{end:?}");
    assert!(end.err.contains("pipe.mp4 is not a file"), "{end:?}");
}

#[tokio::test]
async fn a_name_that_no_post_can_have_is_told_before_anybody_signs_in() {
    let desk = Desk::new();
    let long = "x".repeat(201);
    for (name, why) in [
        ("", "--key names nothing"),
        (" ", "--key names nothing"),
        (long.as_str(), "--key has 201 bytes"),
    ] {
        let end = desk.start(&["--key", name]).await.end().await;
        assert_eq!(end.code, 1, "{end:?}");
        assert!(end.err.contains(why), "{end:?}");
        assert_eq!(end.out, "", "somebody was asked something");
        assert!(!desk.data().exists(), "it made a folder");
    }
}

#[tokio::test]
async fn settings_that_can_never_work_are_told_before_anybody_signs_in() {
    let app = [
        ("TIKTOK_CLIENT_KEY", "key"),
        ("TIKTOK_CLIENT_SECRET", "secret"),
        ("TIKTOK_BASE_URL", "http://127.0.0.1:1"),
    ];
    let app = || app.map(|(name, value)| (name, OsString::from(value)));
    let desk = Desk::new();
    let scopes = ("TIKTOK_SCOPES", "user.info.basic".into());
    let settings: Vec<_> = app().into_iter().chain([scopes]).collect();
    let end = desk.start_with(&[], &settings).await.end().await;
    assert_eq!(end.code, 1, "{end:?}");
    assert!(
        end.err.contains("TIKTOK_SCOPES lacks video.publish"),
        "{end:?}"
    );
    // One that cannot be read is not a missing one: a sandbox would stand in for TikTok.
    for name in app()
        .map(|(name, _)| name)
        .into_iter()
        .chain(["TIKTOK_SCOPES"])
    {
        let end = desk
            .start_with(&[], &[(name, not_text())])
            .await
            .end()
            .await;
        assert_eq!(end.code, 1, "{end:?}");
        assert!(end.err.contains(&format!("{name} is not text")), "{end:?}");
        assert_eq!(end.out, "", "{name}: somebody was asked something");
        assert!(!end.err.contains("SESAME"), "{end:?}");
    }
}

#[tokio::test]
async fn a_database_that_is_gone_or_was_copied_is_told() {
    let desk = Desk::new();
    let mut run = desk.start(&[]).await;
    run.sign_in("studio-account").await;
    assert_eq!(run.end().await.code, 0);

    let copy = Desk::new();
    std::fs::create_dir(copy.data()).expect("a folder");
    for entry in std::fs::read_dir(desk.data()).expect("its files").flatten() {
        if entry.path().is_file() {
            std::fs::copy(entry.path(), copy.data().join(entry.file_name())).expect("copied");
        }
    }
    let end = copy.start(&["--key", "order-18"]).await.end().await;
    assert_eq!(end.code, 1, "{end:?}");
    assert!(end.err.contains("was copied, restored or moved"), "{end:?}");

    std::fs::remove_file(desk.data().join("social.db")).expect("removed");
    let end = desk.start(&[]).await.end().await;
    assert_eq!(end.code, 1, "{end:?}");
    for words in [
        "social.db is missing or empty",
        "social.key",
        "social.db.life",
    ] {
        assert!(end.err.contains(words), "{words}: {end:?}");
    }
    assert_eq!(desk.posts().await, 1);
}

#[tokio::test]
async fn a_file_beside_the_caller_is_published_and_the_same_name_is_the_same_post() {
    let desk = Desk::new();
    desk.put("my.mp4", &fixture("clip.mp4"));
    let mut run = desk.start(&["my.mp4"]).await;
    let tab = run.sign_in("studio-account").await;
    assert_eq!(page::h1(&tab), "Connected");
    let end = run.end().await;
    assert_eq!(end.code, 0, "{end:?}");
    assert!(end.out.contains("Published"), "{end:?}");
    assert!(end.out.contains("TikTok's id of it: v_pub"), "{end:?}");
    // The same again, without a browser: nothing is sent, and it says why.
    let end = desk.start(&["my.mp4"]).await.end().await;
    assert_eq!(end.code, 0, "{end:?}");
    assert!(
        end.out.contains("order-17 is the name of an earlier post"),
        "{end:?}"
    );
    // Another name is another post.
    let end = desk
        .start(&["my.mp4", "--key", "order-18"])
        .await
        .end()
        .await;
    assert_eq!(end.code, 0, "{end:?}");
    assert_eq!(desk.posts().await, 2);
}

#[tokio::test]
async fn what_tiktok_would_refuse_is_told_and_the_name_is_not_spent() {
    let desk = Desk::new();
    desk.put("slow.mp4", &fixture("clip-15fps.mp4"));
    desk.put("good.mp4", &fixture("clip.mp4"));
    let mut run = desk.start(&["slow.mp4"]).await;
    run.sign_in("studio-account").await;
    let end = run.end().await;
    assert_eq!(end.code, 1, "{end:?}");
    assert!(end.err.contains("nothing was sent"), "{end:?}");
    assert!(end.err.contains("23 to 60"), "{end:?}");
    let end = desk.start(&["good.mp4"]).await.end().await;
    assert_eq!(end.code, 0, "{end:?}");
    assert_eq!(desk.posts().await, 1);
}

#[tokio::test]
async fn who_refuses_is_told_so_in_the_tab_and_in_the_terminal() {
    let desk = Desk::new();
    let mut run = desk.start(&[]).await;
    let tab = run.refuse().await;
    assert_eq!(page::h1(&tab), "Not connected");
    assert!(page::words(&tab).contains("You refused"), "{tab}");
    let end = run.end().await;
    assert_eq!(end.code, 1, "{end:?}");
    assert!(end.err.contains("You refused"), "{end:?}");
    assert!(end.err.contains("Start this program again"), "{end:?}");
    // And that is not the end of the folder.
    let mut run = desk.start(&[]).await;
    run.sign_in("studio-account").await;
    assert_eq!(run.end().await.code, 0);
}

#[tokio::test]
async fn a_return_that_nobody_made_uses_nothing_up() {
    let desk = Desk::new();
    let mut run = desk.start(&[]).await;
    let back = run.consent("studio-account").await;
    let http = reqwest::Client::new();
    let head = http.head(&back).send().await.expect("an answer");
    assert_eq!(head.status().as_u16(), 503);
    for name in ["sec-purpose", "purpose", "x-moz"] {
        let early = http.get(&back).header(name, "prefetch");
        let early = early.send().await.expect("an answer");
        assert_eq!(early.status().as_u16(), 503, "{name}");
    }
    let forged = back.replace("state=", "state=x");
    let forged = http.get(&forged).send().await.expect("an answer");
    let tab = forged.text().await.expect("text");
    assert_eq!(page::h1(&tab), "Not connected");
    let tab = run.come_back(&back).await;
    assert_eq!(page::h1(&tab), "Connected");
    assert_eq!(run.end().await.code, 0);
}

#[tokio::test]
async fn an_account_whose_access_has_ended_is_connected_again() {
    let desk = Desk::new();
    let mut run = desk.start(&[]).await;
    run.sign_in("studio-account").await;
    assert_eq!(run.end().await.code, 0);
    // Between two runs.
    let mut run = desk.start_removed("studio-account", "order-18").await;
    let tab = run.sign_in("studio-account").await;
    assert_eq!(page::h1(&tab), "Connected");
    let end = run.end().await;
    assert_eq!(end.code, 0, "{end:?}");
    assert_eq!(desk.posts().await, 2);
}

#[tokio::test]
async fn an_account_that_is_removed_on_the_way_is_connected_again_and_the_post_goes_on() {
    let desk = Desk::new();
    let mut run = desk.start(&[]).await;
    let sandbox = desk.sandbox().await;
    let hold = sandbox.hold("init", 0).await;
    run.sign_in("studio-account").await;
    sandbox.holds(hold).await;
    let removal =
        json!({ "client_key": social_sandbox::DEMO_CLIENT_KEY, "account": "studio-account" });
    sandbox.send("/disconnect", removal).await;
    sandbox.disarm().await;
    let tab = run.sign_in("studio-account").await;
    assert_eq!(page::h1(&tab), "Connected");
    let end = run.end().await;
    assert_eq!(end.code, 0, "{end:?}");
    assert!(
        end.out.contains("access to this account has ended"),
        "{end:?}"
    );
    assert_eq!(desk.posts().await, 1);
}

#[tokio::test]
async fn a_post_that_failed_is_no_success() {
    let desk = Desk::new();
    let mut run = desk.start(&[]).await;
    let sandbox = desk.sandbox().await;
    let failing = json!({ "fail_reason": "spam_risk" });
    sandbox.put("/accounts/studio-account", failing).await;
    run.sign_in("studio-account").await;
    for _ in 0..2 {
        let end = run.end().await;
        assert_eq!(end.code, 1, "{end:?}");
        assert!(
            end.out.contains("Failed. TikTok took this post for spam."),
            "{end:?}"
        );
        assert!(end.out.contains("--key NAME"), "{end:?}");
        run = desk.start(&[]).await;
    }
    run.end().await;
}

#[tokio::test]
async fn two_at_once_in_one_folder_are_refused() {
    let desk = Desk::new();
    let run = desk.start(&[]).await;
    run.address().await;
    let end = desk.start(&[]).await.end().await;
    assert_eq!(end.code, 1, "{end:?}");
    assert!(end.err.contains("another quickstart"), "{end:?}");
}

/// The answer with the only living token is on its way when somebody presses Ctrl-C.
#[tokio::test]
async fn ctrl_c_cuts_no_refresh_off() {
    let desk = Desk::new();
    let mut run = desk.start(&[]).await;
    let sandbox = desk.sandbox().await;
    let dies = json!({ "endpoint": "creator_info", "kind": "expire_token", "times": 1 });
    sandbox.arm(dies).await;
    let answer = json!({ "endpoint": "refresh", "kind": "hold", "times": 1 });
    let answer = sandbox.arm(answer).await;
    run.sign_in("studio-account").await;
    sandbox.holds(answer).await;
    run.interrupt().await;
    pause(Duration::from_secs(1)).await;
    assert!(run.is_running(), "it waits for the answer");
    sandbox.disarm().await;
    let end = run.end().await;
    assert_eq!(end.code, 130, "{end:?}");
    assert!(end.out.contains("Stopped. Start it again"), "{end:?}");

    let end = desk.start(&[]).await.end().await;
    assert_eq!(end.code, 0, "nobody signs in again: {end:?}");
    assert_eq!(desk.posts().await, 1);
}
