//! Connecting an account from a terminal: the browser comes back to a loopback address.

mod desk;

use anyhow::Context;
use secrecy::ExposeSecret;
use social_core::{
    Reason, Social,
    model::{Account, AccountKey, AccountStatus},
};
use social_tiktok::Route;

use crate::{
    ME,
    words::{self, say},
};
use desk::{Desk, Told};

/// A connected account: one that is there, or the one that is connected now.
pub(crate) async fn any(social: &Social) -> anyhow::Result<Account> {
    let accounts = social.accounts(&ME).await?;
    let usable = accounts.iter().find(|account| is_connected(account));
    if let Some(account) = usable {
        return Ok(account.clone());
    }
    if let Some(lost) = accounts.first() {
        say(&format!(
            "{}: access to this account has ended at TikTok. Connect it again.",
            name_of(lost)
        ));
    }
    connect(social).await
}

/// This account, connected again if it must be.
pub(crate) async fn again(social: &Social, wanted: &AccountKey) -> anyhow::Result<Account> {
    loop {
        let accounts = social.accounts(&ME).await?;
        let known = accounts.iter().find(|account| account.key == *wanted);
        if let Some(account) = known.filter(|account| is_connected(account)) {
            return Ok(account.clone());
        }
        let name = known.map_or("The account of this post", name_of);
        say(&format!(
            "{name}: access to this account has ended at TikTok, and the post waits for it. Connect this account again."
        ));
        connect(social).await?;
    }
}

pub(crate) fn is_connected(account: &Account) -> bool {
    account.status == AccountStatus::Connected
}

/// TikTok does not always tell the name.
fn name_of(account: &Account) -> &str {
    match account.name.trim() {
        "" => "A TikTok account",
        name => name,
    }
}

/// Prints the address to open, waits for the browser, and connects the account.
pub(crate) async fn connect(social: &Social) -> anyhow::Result<Account> {
    let route = Route::Desktop.name();
    let mut routes = social.connectors();
    let connector = routes.find(|login| login.route == route);
    let connector = connector.context("the app has a login for this machine")?;
    let mut desk = Desk::open(social).await?;
    let redirect = desk.redirect().clone();
    let start = social.begin_login(&ME, connector, None, &redirect).await?;
    say(&format!(
        "Open this address in a browser on this machine and press Allow; the program then goes on by itself:\n\n    {}\n",
        desk.lead_to(start.url.expose_secret())
    ));
    let done = loop {
        let back = desk.next().await.context("nobody can come back any more")?;
        let offer = social
            .finish_login(&ME, connector, &redirect, Some(&start.browser), &back.query)
            .await;
        let done = match offer {
            Ok(offer) => accept(social, offer).await,
            Err(error) => Err(error),
        };
        back.tell(match &done {
            Ok(account) => Told::Connected(name_of(account).to_owned()),
            Err(error) => Told::Not(words::over(error)),
        });
        match done {
            Err(error) if is_strange(&error) => {
                say("Somebody came back from a sign-in that was not begun here. Still waiting.");
            }
            done => break done,
        }
    };
    desk.close(social).await;
    let account = done.map_err(|error| {
        let words = format!(
            "TikTok did not connect. {} Start this program again to sign in",
            words::over(&error)
        );
        anyhow::Error::from(error).context(words)
    })?;
    say(&format!("Connected: {}.", name_of(&account)));
    Ok(account)
}

async fn accept(social: &Social, offer: social_core::login::Offer) -> social_core::Result<Account> {
    let chosen: Vec<_> = offer
        .accounts
        .iter()
        .map(|offered| offered.account.clone())
        .collect();
    let mut accounts = social.accept_offer(&ME, offer.id, &chosen).await?;
    accounts.pop().ok_or_else(|| {
        social_core::Error::new(
            social_core::ErrorKind::Rejected,
            "the consent yields no account",
        )
    })
}

/// Whether a return belongs to another sign-in, so that the right one may still come.
fn is_strange(error: &social_core::Error) -> bool {
    matches!(
        error.reason(),
        Some(Reason::LoginUnknown | Reason::LoginElsewhere)
    )
}
