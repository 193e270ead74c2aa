//! The rules of the publish form, as a person meets them.

use serde_json::json;
use thirtyfour::prelude::*;

use super::driver::Screen;
use super::{attribute, click, connect, says, text};
use crate::harness::{SandboxSide, Server, eventually, fixture};

pub(super) async fn value(driver: &WebDriver, script: &str) -> serde_json::Value {
    driver
        .execute(format!("return {script}"), Vec::new())
        .await
        .expect(script)
        .json()
        .clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_chosen_beforehand_and_every_gap_is_told() {
    let server = Server::start().await;
    let screen = Screen::at(&server).await;
    let driver = &screen.driver;
    connect(driver).await;
    driver
        .goto(format!("{}/publish/tiktok", server.base))
        .await
        .expect("opened");
    let mut own = server.stranger();
    let name = server.cookie("session");
    let session = driver.get_named_cookie(&name).await.expect("signed in");
    own.cookies.insert(name, session.value);
    let sandbox = SandboxSide::of(&mut own).await;

    assert_eq!(
        value(driver, "document.getElementById('privacy').value").await,
        json!("")
    );
    let options = "[...document.querySelectorAll('#privacy option')].map(o => o.value)";
    assert_eq!(
        value(driver, options).await,
        json!([
            "",
            "PUBLIC_TO_EVERYONE",
            "MUTUAL_FOLLOW_FRIENDS",
            "SELF_ONLY"
        ])
    );
    assert_eq!(
        value(
            driver,
            "document.querySelectorAll('[name^=allow_]:checked').length"
        )
        .await,
        json!(0)
    );
    assert_eq!(
        value(driver, "document.querySelector('#allow_stitch').disabled").await,
        json!(true)
    );
    assert_eq!(
        text(driver, "#allow_stitch-why").await,
        "Off in this account's TikTok settings."
    );
    assert_eq!(
        value(driver, "document.getElementById('disclose').checked").await,
        json!(false)
    );

    // Disclosure on with nothing ticked: TikTok's own sentence, and no way to post.
    click(driver, "#disclose").await;
    let indicate =
        "You need to indicate if your content promotes yourself, a third party, or both.";
    says(driver, "#disclose-label", indicate).await;
    assert_eq!(
        attribute(driver, "#post", "aria-disabled").await.as_deref(),
        Some("true")
    );
    // Branded content is never private, and the declaration names both policies.
    click(driver, "#branded").await;
    says(driver, "#disclose-label", "“Paid partnership”").await;
    assert_eq!(
        value(
            driver,
            "document.querySelector('#privacy option[value=SELF_ONLY]').disabled"
        )
        .await,
        json!(true)
    );
    says(
        driver,
        "#declaration",
        "Branded Content Policy and Music Usage Confirmation",
    )
    .await;
    screen.picture("15-branded").await;
    click(driver, "#branded").await;
    let declaration = text(driver, "#declaration").await;
    assert!(
        !declaration.contains("Branded Content Policy"),
        "{declaration}"
    );
    click(driver, "#disclose").await;
    click(driver, "#privacy option[value=SELF_ONLY]").await;
    assert_eq!(
        value(driver, "document.getElementById('branded').disabled").await,
        json!(true)
    );

    // The counter changes its limit after what TikTok's lists show.
    let title = driver.find(By::Id("title")).await.expect("the title");
    title.send_keys("x".repeat(150)).await.expect("typed");
    assert_eq!(text(driver, "#title-count").await, "150 / 150");
    title.send_keys("y").await.expect("typed");
    assert_eq!(text(driver, "#title-count").await, "151 / 2,200");

    // Pressing Post with a gap leads to the gap and sends nothing.
    click(driver, "#post").await;
    eventually("the focus at the file", || async {
        (value(driver, "document.activeElement.id").await == json!("file")).then_some(())
    })
    .await;
    says(driver, "#file-msg", "Choose a video from this device.").await;
    screen.picture("16-gap").await;
    assert_eq!(sandbox.calls("init").await, 0);
    screen.is_clean(&[&server.base, &sandbox.base]).await;
    screen.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_refused_is_told_on_the_same_page_and_can_be_replaced() {
    let server = Server::start().await;
    let screen = Screen::at(&server).await;
    let driver = &screen.driver;
    connect(driver).await;
    driver
        .goto(format!("{}/publish/tiktok", server.base))
        .await
        .expect("opened");
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str, content: Vec<u8>| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("a file");
        path.display().to_string()
    };
    let input = driver.find(By::Id("file")).await.expect("the file's field");
    input
        .send_keys(path("holiday.mp4", fixture("not-a-video.mp4")))
        .await
        .expect("chosen");
    let title = driver.find(By::Id("title")).await.expect("the title");
    title.send_keys("Holiday").await.expect("typed");
    click(driver, "#privacy option[value=PUBLIC_TO_EVERYONE]").await;
    says(driver, "#preflight", "is within 4 GB").await;
    click(driver, "#post").await;
    says(
        driver,
        "#summary",
        "1 thing to fix before this can be posted",
    )
    .await;
    says(driver, "#file-msg", "This file is not a video").await;
    assert_eq!(
        value(driver, "document.getElementById('title').value").await,
        json!("Holiday")
    );
    assert_eq!(
        value(driver, "document.activeElement.id").await,
        json!("summary")
    );
    screen.picture("17-refused-file").await;
    assert_eq!(screen.complaints().await, Vec::<String>::new());

    let input = driver.find(By::Id("file")).await.expect("the file's field");
    input
        .send_keys(path("holiday-2.mp4", fixture("clip.mp4")))
        .await
        .expect("chosen");
    says(driver, "#preflight", "54 kB is within 4 GB").await;
    eventually("the way to be free", || async {
        (attribute(driver, "#post", "aria-disabled").await.as_deref() == Some("false"))
            .then_some(())
    })
    .await;
    click(driver, "#post").await;
    says(driver, "h1", "Holiday").await;
    says(driver, "#state", "Published").await;
    screen.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_works_without_script() {
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
    driver
        .goto(format!("{}/publish/tiktok", server.base))
        .await
        .expect("opened");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("plain.mp4");
    std::fs::write(&file, fixture("clip.mp4")).expect("a file");
    let input = driver.find(By::Id("file")).await.expect("the file's field");
    input
        .send_keys(file.display().to_string())
        .await
        .expect("chosen");
    let title = driver.find(By::Id("title")).await.expect("the title");
    title.send_keys("Without script").await.expect("typed");
    click(driver, "#check").await;
    says(driver, "#summary", "1 thing to fix").await;
    says(
        driver,
        "#kept",
        "plain.mp4 is kept, no need to choose it again.",
    )
    .await;
    screen.picture("18-checked-without-script").await;
    click(driver, "#privacy option[value=PUBLIC_TO_EVERYONE]").await;
    click(driver, "#post").await;
    says(driver, "h1", "Without script").await;
    eventually("published, by loading again", || async {
        driver.refresh().await.ok()?;
        text(driver, "#state")
            .await
            .contains("Published")
            .then_some(())
    })
    .await;
    screen.close().await;
}
