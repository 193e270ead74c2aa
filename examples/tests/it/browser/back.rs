//! The way back to a form, and a sign-in that ended meanwhile.

use thirtyfour::prelude::*;

use super::driver::Screen;
use super::form::value;
use super::{attribute, back, click, connect, says, text};
use crate::harness::{Server, eventually, fixture};

/// Fills the form in until it can be posted.
async fn fill(driver: &WebDriver, server: &Server, folder: &tempfile::TempDir) {
    let form = format!("{}/publish/tiktok", server.base);
    driver.goto(form).await.expect("opened");
    let file = folder.path().join("clip.mp4");
    std::fs::write(&file, fixture("clip.mp4")).expect("a video");
    let input = driver.find(By::Id("file")).await.expect("the file's field");
    let file = file.display().to_string();
    input.send_keys(file).await.expect("chosen");
    let title = driver.find(By::Id("title")).await.expect("the title");
    title.send_keys("There and back").await.expect("typed");
    click(driver, "#privacy option[value=PUBLIC_TO_EVERYONE]").await;
    says(driver, "#preflight", "is within 4 GB").await;
    free(driver).await;
}

async fn free(driver: &WebDriver) {
    eventually("the way to be free", || async {
        (attribute(driver, "#post", "aria-disabled").await.as_deref() == Some("false"))
            .then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_back_leads_to_a_form_that_knows_what_is_in_it() {
    let server = Server::start().await;
    let screen = Screen::at(&server).await;
    let driver = &screen.driver;
    connect(driver).await;
    let folder = tempfile::tempdir().expect("a folder");
    fill(driver, &server, &folder).await;
    let elsewhere = format!("{}/posts", server.base);
    driver.goto(elsewhere).await.expect("opened");
    back(driver).await;
    eventually("the title as it was", || async {
        let title = driver.find(By::Id("title")).await.ok()?;
        let title = title.prop("value").await.ok()??;
        (title == "There and back").then_some(())
    })
    .await;
    says(driver, "#file-name", "clip.mp4").await;
    says(driver, "#preflight", "is within 4 GB").await;
    free(driver).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_back_from_a_post_passes_by_its_form() {
    let server = Server::start().await;
    let screen = Screen::at(&server).await;
    let driver = &screen.driver;
    connect(driver).await;
    let folder = tempfile::tempdir().expect("a folder");
    fill(driver, &server, &folder).await;
    click(driver, "#post").await;
    says(driver, "#state", "Published").await;
    back(driver).await;
    let there = driver.current_url().await.expect("an address");
    assert_eq!(there.path(), "/accounts", "the page before the form");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_posts_signed_out_is_told_the_way_in() {
    let server = Server::start().await;
    let screen = Screen::at(&server).await;
    let driver = &screen.driver;
    connect(driver).await;
    let folder = tempfile::tempdir().expect("a folder");
    fill(driver, &server, &folder).await;
    let session = server.cookie("session");
    driver.delete_cookie(session).await.expect("signed out");
    click(driver, "#post").await;
    says(driver, "#hop1-say", "Open the newest link in the terminal").await;
    assert!(
        text(driver, "#hop1-say")
            .await
            .starts_with("Sign in first.")
    );
    let title = value(driver, "document.getElementById('title').value").await;
    assert_eq!(title, "There and back", "the words are kept");
}
