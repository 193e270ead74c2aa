//! The end of a program: what must not be cut off ends first.

use std::time::Duration;

use serde_json::json;

use crate::harness::{SandboxSide, Setup, eventually, pause};

#[tokio::test]
async fn a_refresh_on_its_way_when_the_server_is_told_to_end_is_saved() {
    let server = Setup::new().flags(&["--no-workers"]).start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let sandbox = SandboxSide::of(&mut browser).await;
    // The token that the page uses has died; the one that takes its place is given, and its answer is on its way.
    let dies = json!({ "endpoint": "creator_info", "kind": "expire_token", "times": 1 });
    sandbox.arm(dies).await;
    let answer = json!({ "endpoint": "refresh", "kind": "hold", "times": 1 });
    let answer = sandbox.arm(answer).await;
    let mut other = browser.clone();
    let page = tokio::spawn(async move { other.get("/publish/tiktok").await });
    sandbox.holds(answer).await;

    server.terminate().await;
    eventually("the end of the connections", || {
        let cut = server.log().contains("connections were cut at the end");
        async move { cut.then_some(()) }
    })
    .await;
    assert!(page.await.is_err(), "whoever asked is gone");
    pause(Duration::from_secs(2)).await;
    sandbox.disarm().await;
    let setup = server.ended().await;

    let server = setup.start().await;
    let mut browser = server.visitor().await;
    let page = browser.get("/publish/tiktok").await;
    page.says("Posting as Studio Account");
}
