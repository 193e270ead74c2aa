use anyhow::{Context, ensure};
use secrecy::ExposeSecret;
use social_core::{
    Social,
    model::{Account, Connector},
};
use social_tiktok::Route;
use url::Url;

use super::owner;

/// Where the platform sends the browser back to.
pub const REDIRECT: &str = "http://127.0.0.1:8080/api/auth/tiktok/callback";

/// What the person does on the consent page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Presses Allow.
    Allow,
    /// Presses Refuse.
    Deny,
}

/// Connects an account of the sandbox by its consent page, as a browser would.
///
/// # Errors
/// When any step of the login does not go as it should.
pub async fn connect(social: &Social, account: &str) -> anyhow::Result<Account> {
    connect_by(social, &desktop(social)?, account).await
}

/// The same, by one of several logins.
///
/// # Errors
/// When any step of the login does not go as it should.
pub async fn connect_by(
    social: &Social,
    connector: &Connector,
    account: &str,
) -> anyhow::Result<Account> {
    let redirect: Url = REDIRECT.parse()?;
    let start = social
        .begin_login(&owner(), connector, None, &redirect)
        .await?;
    let query = browse(start.url.expose_secret(), account, Decision::Allow).await?;
    let offer = social
        .finish_login(&owner(), connector, &redirect, Some(&start.browser), &query)
        .await?;
    let chosen: Vec<_> = offer
        .accounts
        .iter()
        .map(|offered| offered.account.clone())
        .collect();
    let mut linked = social.accept_offer(&owner(), offer.id, &chosen).await?;
    linked.pop().context("the offer holds an account")
}

/// The login of the one TikTok app that serves addresses of this machine.
///
/// # Errors
/// When the installation has no such login.
pub fn desktop(social: &Social) -> anyhow::Result<Connector> {
    let name = Route::Desktop.name();
    let found = social.connectors().find(|login| login.route == name);
    found.cloned().context("the login of a desktop")
}

/// Opens the consent page and answers it; the query of the address it then leads to.
///
/// # Errors
/// When the page is not as it should be.
pub async fn browse(consent: &str, account: &str, decision: Decision) -> anyhow::Result<String> {
    let browser = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_only([])
        .build()?;
    let page = browser.get(consent).send().await?.text().await?;
    let hidden = page
        .split_once("name=\"page\" value=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(value, _)| value)
        .context("the consent page has its hidden field")?;
    let decision = match decision {
        Decision::Allow => "allow",
        Decision::Deny => "deny",
    };
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("page", hidden)
        .append_pair("account", account)
        .append_pair("decision", decision)
        .append_pair("scope", "video.list")
        .append_pair("scope", "video.upload")
        .append_pair("scope", "video.publish")
        .finish();
    let answer = browser
        .post(consent)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await?;
    ensure!(
        answer.status() == 303,
        "the consent page answered {}",
        answer.status()
    );
    let back = answer
        .headers()
        .get("location")
        .context("a way back")?
        .to_str()?;
    Ok(Url::parse(back)?.query().unwrap_or_default().to_owned())
}
