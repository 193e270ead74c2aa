//! What surrounds every page: the menu, the skip link, narrow windows, names of controls.

use serde_json::json;
use thirtyfour::prelude::*;

use super::driver::Screen;
use super::{click, connect, painted};
use crate::harness::{Server, eventually};

/// Every control has a name, every page one h1 and its main part, nothing is styled or scripted inline, nothing is wider
/// than the window.
pub(super) const RULES: &str = r"
    const wrong = [];
    const all = s => [...document.querySelectorAll(s)];
    if (all('h1').length !== 1) wrong.push('h1: ' + all('h1').length);
    if (!document.querySelector('main#main[tabindex=\'-1\']')) wrong.push('main');
    if (all('[style]').length || all('script:not([src])').length || all('style').length) wrong.push('inline');
    for (const e of all('a, button, input:not([type=hidden]), select, textarea, summary')) {
      const name = e.ariaLabel || e.textContent.trim() || [...(e.labels || [])].map(l => l.textContent.trim()).join('') || e.title;
      if (!name) wrong.push('no name: ' + e.outerHTML.slice(0, 120));
    }
    const wide = document.documentElement.scrollWidth - innerWidth;
    if (wide > 0) wrong.push('wider than the window by ' + wide);
    return wrong;
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_keeps_the_rules_in_every_width() {
    let server = Server::start().await;
    let screen = Screen::at(&server).await;
    let driver = &screen.driver;
    connect(driver).await;
    for address in [
        "/",
        "/accounts",
        "/publish/tiktok",
        "/posts",
        "/nowhere",
        "/posts?q=nothing",
    ] {
        for width in [360, 390, 768, 1280, 1920] {
            screen.looks(width, "light").await;
            driver
                .goto(format!("{}{address}", server.base))
                .await
                .expect("opened");
            let wrong = driver.execute(RULES, Vec::new()).await.expect("looked at");
            assert_eq!(wrong.json(), &json!([]), "{address} at {width}");
        }
    }
    screen.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_menu_opens_and_closes_and_the_skip_link_comes_first() {
    let server = Server::start().await;
    let screen = Screen::at(&server).await;
    let driver = &screen.driver;
    screen.looks(390, "light").await;
    driver
        .goto(format!("{}/accounts", server.base))
        .await
        .expect("opened");
    let is_open = async || {
        let asked = driver
            .execute(
                "return document.getElementById('nav').matches(':popover-open')",
                Vec::new(),
            )
            .await;
        asked.expect("asked").json() == &json!(true)
    };
    assert!(!is_open().await);
    click(driver, "button[popovertarget=nav]").await;
    assert!(is_open().await);
    driver
        .action_chain()
        .send_keys(Key::Escape)
        .perform()
        .await
        .expect("pressed");
    eventually("the menu to close", || async {
        (!is_open().await).then_some(())
    })
    .await;
    let focus = "return document.activeElement.textContent.trim()";
    assert_eq!(
        driver
            .execute(focus, Vec::new())
            .await
            .expect("asked")
            .json(),
        &json!("Menu")
    );
    let current = "return document.querySelector('nav [aria-current=page]').textContent.trim()";
    assert_eq!(
        driver
            .execute(current, Vec::new())
            .await
            .expect("asked")
            .json(),
        &json!("Accounts")
    );

    driver
        .goto(format!("{}/accounts", server.base))
        .await
        .expect("opened");
    painted(driver).await;
    driver
        .action_chain()
        .send_keys(Key::Tab)
        .perform()
        .await
        .expect("pressed");
    eventually("the link to the content has the focus", || async {
        let focused = driver.execute(focus, Vec::new()).await.ok()?;
        (focused.json() == &json!("Skip to content")).then_some(())
    })
    .await;
    driver
        .action_chain()
        .send_keys(Key::Enter)
        .perform()
        .await
        .expect("pressed");
    let main = "return document.activeElement.id";
    assert_eq!(
        driver
            .execute(main, Vec::new())
            .await
            .expect("asked")
            .json(),
        &json!("main")
    );
    screen.close().await;
}
