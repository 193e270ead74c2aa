//! In a real browser, as a person uses it.

mod back;
mod crash;
mod driver;
mod elsewhere;
mod form;
mod frame;
mod story;

use thirtyfour::prelude::*;

use crate::harness::eventually;

/// Waits for an element that says this.
async fn says(driver: &WebDriver, css: &str, words: &str) {
    eventually(&format!("{css} saying {words:?}"), || async {
        let element = driver.find(By::Css(css)).await.ok()?;
        let text = element.text().await.ok()?;
        text.contains(words).then_some(())
    })
    .await;
}

/// Waits until the page was drawn. Chromium takes no key before that: one that is pressed earlier is lost.
async fn painted(driver: &WebDriver) {
    eventually("the page is drawn", || async {
        let drawn = "return performance.getEntriesByType('paint').length > 0";
        let drawn = driver.execute(drawn, Vec::new()).await.ok()?;
        drawn.json().as_bool()?.then_some(())
    })
    .await;
}

/// Presses a button or follows a link of these words.
async fn press(driver: &WebDriver, words: &str) {
    let path = format!("//main//*[self::a or self::button][normalize-space()='{words}']");
    let found = driver.query(By::XPath(&*path)).first().await;
    found
        .unwrap_or_else(|_| panic!("no button {words:?}"))
        .click()
        .await
        .expect("pressed");
}

async fn text(driver: &WebDriver, css: &str) -> String {
    let element = driver.query(By::Css(css)).first().await;
    element
        .unwrap_or_else(|_| panic!("no {css}"))
        .text()
        .await
        .expect("text")
}

async fn attribute(driver: &WebDriver, css: &str, name: &str) -> Option<String> {
    let element = driver.query(By::Css(css)).first().await;
    element
        .unwrap_or_else(|_| panic!("no {css}"))
        .attr(name)
        .await
        .expect("an attribute")
}

async fn click(driver: &WebDriver, css: &str) {
    let element = driver.query(By::Css(css)).first().await;
    element
        .unwrap_or_else(|_| panic!("no {css}"))
        .click()
        .await
        .expect("clicked");
}

/// Goes back, as the button does it. The driver's own command waits at a page that the browser takes out of its cache of whole
/// pages, and now and then loses sight of it.
async fn back(driver: &WebDriver) {
    let here = driver.current_url().await.expect("an address");
    let press = "setTimeout(() => history.back(), 0)";
    driver.execute(press, Vec::new()).await.expect("pressed");
    eventually("the page before", || async {
        let there = driver.current_url().await.ok()?;
        (there != here).then_some(())
    })
    .await;
}

/// Connects an account on the consent page.
async fn connect(driver: &WebDriver) {
    press(driver, "Connect TikTok").await;
    says(driver, "h1", "use your account?").await;
    press(driver, "Allow").await;
    says(driver, "#account-tiktok-studio-account", "Connected").await;
}
