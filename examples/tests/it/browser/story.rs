//! Connect, publish, see it published without reloading, disconnect.

use thirtyfour::prelude::*;

use super::driver::Screen;
use super::{attribute, back, click, connect, press, says, text};
use crate::harness::{SandboxSide, Server, eventually, video_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_connects_publishes_watches_and_disconnects() {
    let server = Server::start().await;
    let screen = Screen::at(&server).await;
    let driver = &screen.driver;
    let mut own = server.stranger();
    let name = server.cookie("session");
    let session = driver.get_named_cookie(&name).await.expect("signed in");
    own.cookies.insert(name, session.value);
    let sandbox = SandboxSide::of(&mut own).await;

    assert_eq!(text(driver, "h1").await, "Connect an account");
    screen.picture("01-connect").await;
    connect(driver).await;
    says(driver, "#toasts", "Studio Account is connected").await;
    screen.picture("02-accounts").await;

    let hold = sandbox.hold("upload", 4).await;
    click(driver, "#account-tiktok-studio-account a").await;
    says(driver, "h1", "Publish to TikTok").await;
    says(driver, ".who", "Posting as Studio Account").await;
    screen.picture("03-form").await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("autumn-teaser.mp4");
    std::fs::write(&file, video_of(75_000_000)).expect("a video");
    let input = driver.find(By::Id("file")).await.expect("the file's field");
    input
        .send_keys(file.display().to_string())
        .await
        .expect("chosen");
    says(driver, "#file-name", "autumn-teaser.mp4").await;
    let title = driver.find(By::Id("title")).await.expect("the title");
    title
        .send_keys("Autumn teaser, first cut #autumn")
        .await
        .expect("typed");
    click(driver, "#privacy option[value=PUBLIC_TO_EVERYONE]").await;
    click(driver, "#allow_comment").await;
    says(driver, "#preflight", "75 MB is within 4 GB").await;
    eventually("the way to be free", || async {
        (attribute(driver, "#post", "aria-disabled").await.as_deref() == Some("false"))
            .then_some(())
    })
    .await;
    screen.picture("04-form-filled").await;
    click(driver, "#post").await;
    click(driver, "body").await;

    // The file arrives, the page becomes the post's, the second hop grows by itself.
    says(driver, "h1", "Autumn teaser").await;
    assert!(
        driver
            .current_url()
            .await
            .expect("an address")
            .path()
            .starts_with("/posts/")
    );
    sandbox.holds(hold).await;
    says(driver, "#hop2-bar-say", "part 5 of 7").await;
    says(driver, "#live", "Live").await;
    says(driver, "#state", "Sending").await;
    driver
        .execute("window.same = true", Vec::new())
        .await
        .expect("marked");
    screen.picture("05-sending").await;
    sandbox.disarm().await;
    says(driver, "#state", "Published").await;
    says(driver, "#timeline", "Public link known").await;
    let same = driver
        .execute("return window.same === true", Vec::new())
        .await
        .expect("asked");
    assert_eq!(
        same.json(),
        &serde_json::json!(true),
        "nothing was reloaded"
    );
    screen.picture("06-published").await;
    assert_eq!(sandbox.posts().await.len(), 1);

    for (address, name) in [
        ("/", "07-overview"),
        ("/posts", "08-posts"),
        ("/nowhere", "09-error"),
    ] {
        driver
            .goto(format!("{}{address}", server.base))
            .await
            .expect("opened");
        screen.picture(name).await;
    }
    // The page that is not there is the one thing the console may name.
    let complaints = screen.complaints().await;
    assert!(
        complaints
            .iter()
            .all(|line| line.contains("/nowhere") && line.contains("404")),
        "{complaints:?}"
    );

    driver
        .goto(format!("{}/accounts", server.base))
        .await
        .expect("opened");
    click(driver, "#account-tiktok-studio-account a.risk").await;
    says(driver, "h1", "Disconnect Studio Account?").await;
    screen.picture("10-disconnect").await;
    click(driver, "#disconnect").await;
    says(driver, "#account-tiktok-studio-account", "Disconnected").await;
    says(driver, "#toasts", "Studio Account is disconnected").await;
    assert_eq!(sandbox.calls("revoke").await, 1);
    driver
        .goto(format!("{}/publish/tiktok", server.base))
        .await
        .expect("opened");
    assert_eq!(
        driver.current_url().await.expect("an address").path(),
        "/accounts"
    );
    screen.is_clean(&[&server.base, &sandbox.base]).await;
    screen.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusing_and_going_back_connect_nothing() {
    let server = Server::start().await;
    let screen = Screen::at(&server).await;
    let driver = &screen.driver;
    press(driver, "Connect TikTok").await;
    says(driver, "h1", "use your account?").await;
    screen.picture("11-consent").await;
    press(driver, "Refuse").await;
    says(driver, "h1", "TikTok did not connect").await;
    says(driver, "main", "You refused on TikTok's page.").await;
    screen.picture("12-refused").await;
    driver
        .goto(format!("{}/accounts", server.base))
        .await
        .expect("opened");
    assert_eq!(text(driver, "h1").await, "Connect an account");
    connect(driver).await;
    back(driver).await;
    driver
        .goto(format!("{}/accounts", server.base))
        .await
        .expect("opened");
    let accounts = driver
        .find_all(By::Css("#accounts > li"))
        .await
        .expect("a list");
    assert_eq!(accounts.len(), 1);
    screen.close().await;
}
