//! The server dies while a person looks at the post.

use thirtyfour::prelude::*;

use super::driver::Screen;
use super::{click, connect, says};
use crate::harness::{SandboxSide, Server, video_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_half_the_page_recovers_and_there_is_one_post() {
    let server = Server::start().await;
    let screen = Screen::at(&server).await;
    let driver = &screen.driver;
    connect(driver).await;
    let mut own = server.stranger();
    let name = server.cookie("session");
    let session = driver.get_named_cookie(&name).await.expect("signed in");
    own.cookies.insert(name, session.value);
    let sandbox = SandboxSide::of(&mut own).await;
    let hold = sandbox.hold("upload", 3).await;

    driver
        .goto(format!("{}/publish/tiktok", server.base))
        .await
        .expect("opened");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("half.mp4");
    std::fs::write(&file, video_of(75_000_000)).expect("a video");
    let input = driver.find(By::Id("file")).await.expect("the file's field");
    input
        .send_keys(file.display().to_string())
        .await
        .expect("chosen");
    let title = driver.find(By::Id("title")).await.expect("the title");
    title.send_keys("Half way").await.expect("typed");
    click(driver, "#privacy option[value=SELF_ONLY]").await;
    says(driver, "#preflight", "75 MB is within 4 GB").await;
    click(driver, "#post").await;
    says(driver, "h1", "Half way").await;
    sandbox.holds(hold).await;
    says(driver, "#live", "Live").await;
    says(driver, "#hop2-bar-say", "part 4 of 7").await;

    let setup = server.kill().await;
    says(driver, "#live", "Connection lost, trying again").await;
    screen.picture("13-connection-lost").await;
    let server = setup.start().await;
    says(driver, "#live", "Live").await;
    says(driver, "#state", "Published").await;
    says(driver, "#timeline", "Worker stopped, another took over").await;
    screen.picture("14-took-over").await;
    let sandbox = SandboxSide::of(&mut own).await;
    assert_eq!(sandbox.posts().await.len(), 1);
    assert_eq!(
        sandbox.calls("init").await,
        0,
        "since the restart nothing was begun anew"
    );
    screen.close().await;
    drop(server);
}
