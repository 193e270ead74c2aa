//! Photos, addresses and the inbox, as a person meets them.

use serde_json::json;
use thirtyfour::prelude::*;

use super::driver::Screen;
use super::form::value;
use super::frame::RULES;
use super::{attribute, click, connect, says, text};
use crate::harness::{SandboxSide, Server, eventually, fixture};

async fn sandbox(server: &Server, driver: &WebDriver) -> SandboxSide {
    let mut own = server.stranger();
    let name = server.cookie("session");
    let session = driver.get_named_cookie(&name).await.expect("signed in");
    own.cookies.insert(name, session.value);
    SandboxSide::of(&mut own).await
}

async fn shown(driver: &WebDriver, css: &str) -> bool {
    let element = driver.query(By::Css(css)).first().await;
    let element = element.unwrap_or_else(|_| panic!("no {css}"));
    element.is_displayed().await.expect("asked")
}

async fn free(driver: &WebDriver) {
    eventually("the way to be free", || async {
        (attribute(driver, "#post", "aria-disabled").await.as_deref() == Some("false"))
            .then_some(())
    })
    .await;
}

async fn keeps_the_rules(screen: &Screen, what: &str) {
    for width in [360, 768, 1280] {
        screen.looks(width, "light").await;
        let wrong = screen.driver.execute(RULES, Vec::new()).await;
        assert_eq!(
            wrong.expect("looked at").json(),
            &json!([]),
            "{what} at {width}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn photos_are_ordered_published_and_no_longer_public_without_reloading() {
    let server = Server::start().await;
    let screen = Screen::at(&server).await;
    let driver = &screen.driver;
    connect(driver).await;
    let sandbox = sandbox(&server, driver).await;
    driver
        .goto(format!("{}/publish/tiktok", server.base))
        .await
        .expect("opened");
    assert!(shown(driver, "#allow_duet").await && !shown(driver, "#photos").await);
    click(driver, "#kind-photos").await;
    for (css, is_shown) in [
        ("#photos", true),
        ("#photo_title", true),
        ("#allow_comment", true),
        ("#auto_music", true),
        ("#allow_duet", false),
        ("#allow_stitch", false),
        ("#is_aigc", false),
        ("#title", false),
        ("#source-file", false),
    ] {
        assert_eq!(shown(driver, css).await, is_shown, "{css}");
    }
    let field = driver.find(By::Id("photos")).await.expect("the addresses");
    field
        .send_keys("https://media.example.com/sample.jpg\nhttps://media.example.com/sample.webp")
        .await
        .expect("typed");
    says(driver, "#photo-list", "sample.webp").await;
    says(driver, "#photo-list li:first-child", "Cover").await;

    // Another cover, then another order: the cover stays the same photo.
    click(driver, "#photo-list [data-cover='2']").await;
    says(driver, "#photo-list li:last-child", "Cover").await;
    click(driver, "#photo-list [data-up='2']").await;
    says(driver, "#photo-list li:first-child", "sample.webp").await;
    says(driver, "#photo-list li:first-child", "Cover").await;
    let lines = "document.getElementById('photos').value.split('\\n').map(l => l.split('/').pop())";
    assert_eq!(
        value(driver, lines).await,
        json!(["sample.webp", "sample.jpg"])
    );
    for (id, words) in [("photo_title", "Rain"), ("description", "on glass")] {
        let field = driver.find(By::Id(id)).await.expect("a field");
        field.send_keys(words).await.expect("typed");
    }
    assert_eq!(text(driver, "#photo_title-count").await, "4 / 90");
    assert_eq!(text(driver, "#preview p").await, "on glass");
    click(driver, "#disclose").await;
    click(driver, "#own-brand").await;
    assert_eq!(
        text(driver, "#disclose-label").await,
        "Your photo will be labeled as “Promotional content”."
    );
    click(driver, "#privacy option[value=PUBLIC_TO_EVERYONE]").await;
    says(driver, "#preflight", "2 photos of 35 at most").await;
    free(driver).await;
    keeps_the_rules(&screen, "photos").await;
    screen.picture("19-photos").await;
    click(driver, "#post").await;
    says(driver, "h1", "on glass").await;
    says(driver, "#state", "Published").await;
    says(driver, "#timeline", "Public link known").await;
    driver
        .execute("window.same = true", Vec::new())
        .await
        .expect("marked");
    let posts = sandbox.posts().await;
    let id = posts[0]["post_id"].as_str().expect("an id");
    sandbox
        .send(&format!("/posts/{id}/withdraw"), json!({}))
        .await;
    says(driver, "#state", "No longer public").await;
    says(driver, "#verdict", "It was published.").await;
    assert_eq!(value(driver, "window.same === true").await, json!(true));
    screen.picture("20-no-longer-public").await;
    keeps_the_rules(&screen, "no longer public").await;
    screen.is_clean(&[&server.base, &sandbox.base]).await;
    screen.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_inbox_asks_for_less_and_the_post_waits_for_the_person() {
    let server = Server::start().await;
    let screen = Screen::at(&server).await;
    let driver = &screen.driver;
    connect(driver).await;
    let sandbox = sandbox(&server, driver).await;
    driver
        .goto(format!("{}/publish/tiktok", server.base))
        .await
        .expect("opened");
    assert_eq!(text(driver, "#post").await, "Post to TikTok");
    click(driver, "#way-inbox").await;
    for css in [
        "#title",
        "#privacy",
        "#allow_comment",
        "#disclose",
        "#is_aigc",
    ] {
        assert!(!shown(driver, css).await, "{css}");
    }
    assert!(shown(driver, "#declaration").await);
    assert_eq!(text(driver, "#post").await, "Send to the inbox");
    click(driver, "#source-url").await;
    assert!(shown(driver, "#video_url").await && !shown(driver, "#drop").await);
    click(driver, "#post").await;
    says(driver, "#video_url-msg", "Give the address of the video").await;
    let field = driver.find(By::Id("video_url")).await.expect("the address");
    field
        .send_keys("https://media.example.com/sample.mp4")
        .await
        .expect("typed");
    says(driver, "#preview-why", "from media.example.com").await;
    free(driver).await;
    keeps_the_rules(&screen, "an address for the inbox").await;
    screen.picture("21-inbox").await;
    click(driver, "#post").await;
    says(driver, "#state", "Finish in TikTok").await;
    says(driver, "#verdict", "Finish it in the TikTok app").await;
    says(driver, "#timeline", "Waiting in the TikTok inbox").await;
    screen.picture("22-waiting-in-the-inbox").await;
    keeps_the_rules(&screen, "waiting in the inbox").await;
    assert!(sandbox.posts().await.is_empty());
    screen.is_clean(&[&server.base, &sandbox.base]).await;
    screen.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_script_photos_and_previews_work_too() {
    let server = Server::start().await;
    let screen = Screen::at(&server).await;
    let driver = &screen.driver;
    screen
        .tell(
            "Emulation.setScriptExecutionDisabled",
            json!({ "value": true }),
        )
        .await;
    driver
        .goto(format!("{}/accounts", server.base))
        .await
        .expect("opened");
    connect(driver).await;
    let open = async || {
        driver
            .goto(format!("{}/publish/tiktok", server.base))
            .await
            .expect("opened");
    };
    open().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("kept.mp4");
    std::fs::write(&file, fixture("clip.mp4")).expect("a file");
    let input = driver.find(By::Id("file")).await.expect("the file's field");
    input
        .send_keys(file.display().to_string())
        .await
        .expect("chosen");
    click(driver, "#check").await;
    says(driver, "#kept", "kept.mp4 is kept").await;
    let source = attribute(driver, "#preview video", "src").await;
    assert!(source.is_some_and(|source| source.starts_with("/publish/kept/")));

    open().await;
    click(driver, "#kind-photos").await;
    let field = driver.find(By::Id("photos")).await.expect("the addresses");
    field
        .send_keys("https://media.example.com/sample.jpg")
        .await
        .expect("typed");
    let cover = driver.find(By::Id("cover")).await.expect("the cover");
    cover.clear().await.expect("cleared");
    cover.send_keys("2").await.expect("typed");
    click(driver, "#post").await;
    says(driver, "#summary", "2 things to fix").await;
    says(driver, "#cover-msg", "give a number from 1 to 1").await;
    assert!(!shown(driver, "#title").await && shown(driver, "#photo_title").await);
    let cover = driver.find(By::Id("cover")).await.expect("the cover");
    cover.clear().await.expect("cleared");
    cover.send_keys("1").await.expect("typed");
    click(driver, "#privacy option[value=SELF_ONLY]").await;
    click(driver, "#post").await;
    says(driver, "h1", "Untitled photos").await;
    eventually("published, by loading again", || async {
        driver.refresh().await.ok()?;
        let state = text(driver, "#state").await;
        state.contains("Published").then_some(())
    })
    .await;
    screen.close().await;
}
