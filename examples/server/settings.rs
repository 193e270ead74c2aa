//! What is set by flags and environment, checked as a whole.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use examples::settings::{
    Check, DatabaseAddress, Wrong, can_lead, given, given_path, given_secret, is_bare,
};
use secrecy::SecretString;
use social_core::model::{OwnerId, Scopes};
use social_core::platform::is_loopback;
use social_core::store::InstanceName;
use social_sandbox::{DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET};
use social_tiktok::Route;
use url::Url;

use crate::login::callback_address;
use crate::serve::Proxies;

#[cfg(test)]
mod tests;

/// The fewest characters of an owner token: with that many nobody guesses it.
const OWNER_TOKEN_MIN: usize = 32;

const LISTEN: &str = "127.0.0.1:8080";
const DATA_DIR: &str = "social-data";
const USER: &str = "local";
const SCOPES: &str = "user.info.basic,user.info.profile,video.publish,video.upload";

/// Publishes videos to TikTok. With nothing set it runs alone on this machine, with a sandbox in place of TikTok.
///
/// An empty value counts as not given. Every value is text here and is read by [`check`](Args::check), which says
/// everything that is wrong at once and repeats nothing.
#[derive(Debug, Parser)]
#[command(name = "server", long_about = None)]
pub(crate) struct Args {
    /// Where to listen. Port 0 takes a free port [default: 127.0.0.1:8080].
    #[arg(long, env = "LISTEN", hide_env_values = true, value_name = "ADDRESS")]
    listen: Option<String>,
    /// The folder for database, media and key [default: social-data].
    #[arg(long, env = "DATA_DIR", value_name = "FOLDER")]
    data_dir: Option<OsString>,
    /// Who is signed in by the link or the token [default: local].
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Leave publishing and refreshing to other processes on the same database.
    #[arg(long)]
    no_workers: bool,
    /// The address under which people reach this server, for example https://social.example.com.
    #[arg(long, env = "PUBLIC_URL", hide_env_values = true, value_name = "URL")]
    public_url: Option<SecretString>,
    /// Addresses or networks of proxies in front of this server, separated by commas: their connections are everybody's,
    /// so they are not counted by address.
    #[arg(
        long,
        env = "PROXIES",
        hide_env_values = true,
        value_name = "ADDRESSES"
    )]
    proxies: Option<String>,
    /// The TikTok app's client key.
    #[arg(
        long,
        env = "TIKTOK_CLIENT_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    tiktok_client_key: Option<String>,
    /// The TikTok app's client secret. From the environment, other users of the machine do not see it.
    #[arg(
        long,
        env = "TIKTOK_CLIENT_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    tiktok_client_secret: Option<SecretString>,
    /// What is asked for at sign-in, separated by commas. Each has to be approved for the app; posting needs video.publish,
    /// the inbox video.upload as well [default: user.info.basic,user.info.profile,video.publish,video.upload].
    #[arg(long, env = "TIKTOK_SCOPES", value_name = "SCOPES")]
    tiktok_scopes: Option<String>,
    /// A sandbox's address, to be used in place of TikTok.
    #[arg(
        long,
        env = "TIKTOK_BASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    tiktok_base_url: Option<SecretString>,
    /// sqlite:PATH, for a database outside the data folder.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<SecretString>,
    /// Your name for the place where these data are at work, such as prod-eu-1: a copy that is given another one, or none,
    /// sends nothing.
    #[arg(
        long,
        env = "DATABASE_INSTANCE",
        hide_env_values = true,
        value_name = "NAME"
    )]
    database_instance: Option<String>,
    /// For so many hours after the data were restored, posts under new keys wait for an operator's word (`worker held`).
    #[arg(
        long,
        env = "HOLD_AFTER_LOSS_HOURS",
        hide_env_values = true,
        value_name = "HOURS"
    )]
    hold_after_loss_hours: Option<String>,
    /// At least 32 random characters; whoever has them may sign in at /sign-in.
    #[arg(
        long,
        env = "OWNER_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    owner_token: Option<SecretString>,
}

/// Settings that fit together.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) data: PathBuf,
    pub(crate) database: PathBuf,
    pub(crate) instance: Option<InstanceName>,
    pub(crate) hold_after_loss: Option<Duration>,
    pub(crate) user: OwnerId,
    pub(crate) workers: bool,
    /// Without it the address is the one listened on.
    pub(crate) public_url: Option<Url>,
    pub(crate) proxies: Proxies,
    pub(crate) sign_in: SignInBy,
    pub(crate) tiktok: Platform,
    /// What is asked for at sign-in.
    pub(crate) scopes: Scopes,
}

/// How a person proves to be the owner.
#[derive(Debug)]
pub(crate) enum SignInBy {
    /// By a link that is printed at the start and counts once. On loopback only.
    Link,
    /// By a token that the operator gave out.
    Token(SecretString),
}

/// Which TikTok is talked to.
#[derive(Debug)]
pub(crate) enum Platform {
    /// A sandbox that this process starts.
    Sandbox,
    /// TikTok itself, or a sandbox that runs elsewhere on this machine.
    App {
        key: String,
        secret: SecretString,
        sandbox: Option<Url>,
    },
}

impl Args {
    /// Checks everything together.
    ///
    /// # Errors
    /// Everything that is missing or does not fit, at once.
    pub(crate) fn check(self) -> Result<Settings, Wrong> {
        let mut check = Check::default();
        let alone = self.is_alone();
        let listen = self.listen(&mut check);
        let public_url = self.public_url(&mut check);
        let proxies = check.read(
            given(self.proxies.as_deref()),
            "PROXIES names something that is neither an address nor a network such as 10.0.0.0/8",
            Proxies::parse,
        );
        let tiktok = self.tiktok(&mut check, alone);
        let scopes = given(self.tiktok_scopes.as_deref()).unwrap_or(SCOPES);
        let scopes = check.tiktok_scopes(Some(scopes));
        let sign_in = self.sign_in(&mut check, listen, alone);
        let data = given_path(self.data_dir.as_ref()).unwrap_or_else(|| DATA_DIR.into());
        check.need(
            data.to_str().is_some(),
            "DATA_DIR is not text (UTF-8), and SQLite takes no other name: give another folder",
        );
        let database = self.database(&mut check);
        let instance = check.instance(given(self.database_instance.as_deref()));
        let hold_after_loss = check.hold_after_loss(given(self.hold_after_loss_hours.as_deref()));
        let user = check.read(
            Some(given(self.user.as_deref()).unwrap_or(USER)),
            "--user has to be a name of 1 to 512 bytes",
            |user| OwnerId::new(user).ok(),
        );
        let needed = listen.zip(scopes).zip(user);
        let fitting = needed.map(|((listen, scopes), user)| Settings {
            listen,
            database: database.unwrap_or_else(|| data.join("social.db")),
            instance,
            hold_after_loss,
            data,
            user,
            workers: !self.no_workers,
            public_url,
            proxies: proxies.unwrap_or_default(),
            sign_in,
            tiktok,
            scopes,
        });
        check.end("the server", fitting)
    }

    /// Nothing is configured, so nothing is meant to leave this machine.
    fn is_alone(&self) -> bool {
        given(self.tiktok_client_key.as_deref()).is_none()
            && [
                &self.tiktok_client_secret,
                &self.public_url,
                &self.database_url,
                &self.tiktok_base_url,
            ]
            .iter()
            .all(|secret| given_secret(secret.as_ref()).is_none())
    }

    fn is_offline(&self) -> bool {
        self.is_alone() || given_secret(self.tiktok_base_url.as_ref()).is_some()
    }

    /// Where others than this machine can reach it.
    fn is_exposed(&self, listen: Option<SocketAddr>) -> bool {
        given_secret(self.public_url.as_ref()).is_some()
            || listen.is_some_and(|listen| !listen.ip().is_loopback())
    }

    fn listen(&self, check: &mut Check) -> Option<SocketAddr> {
        let text = given(self.listen.as_deref()).unwrap_or(LISTEN);
        let line = "LISTEN is not an address with a port, such as 127.0.0.1:8080";
        let listen = check.read(Some(text), line, |text| text.parse::<SocketAddr>().ok());
        let has_url = given_secret(self.public_url.as_ref()).is_some();
        check.need(
            has_url || !self.is_exposed(listen),
            "LISTEN is not a loopback address, so PUBLIC_URL is needed: give the https address under which people reach this server",
        );
        let is_other = |ip: IpAddr| ip.is_loopback() && ip.is_ipv4() && ip != Ipv4Addr::LOCALHOST;
        check.need(
            has_url || !listen.is_some_and(|listen| is_other(listen.ip())),
            "LISTEN is another loopback address than 127.0.0.1, and TikTok's sign-in comes back to 127.0.0.1 and localhost \
             only: listen on 127.0.0.1, or give PUBLIC_URL",
        );
        listen
    }

    fn public_url(&self, check: &mut Check) -> Option<Url> {
        let text = given_secret(self.public_url.as_ref());
        check.need(
            text.is_some() || self.is_offline(),
            "PUBLIC_URL is not set: give the https address under which people reach this server",
        );
        let line = "PUBLIC_URL is not an address: give it as https://social.example.com";
        let url = check.read(text, line, |text| Url::parse(text).ok().filter(can_lead))?;
        let local = self.is_offline() && url.scheme() == "http" && is_loopback(&url);
        check.need(
            url.scheme() == "https" || local,
            "PUBLIC_URL does not begin with https: sign-in cookies need it (http only on loopback, with a sandbox)",
        );
        check.need(
            is_bare(&url),
            "PUBLIC_URL has more than a host: give it without path, user and query",
        );
        check.need(
            !is_loopback(&url) || comes_back(&url),
            "PUBLIC_URL is not one of the loopback addresses that TikTok's sign-in comes back to: give \
             http://127.0.0.1:PORT or http://localhost:PORT",
        );
        Some(url)
    }

    fn tiktok(&self, check: &mut Check, alone: bool) -> Platform {
        let (key, secret) = check.tiktok_app(
            !self.is_offline(),
            self.tiktok_client_key.as_deref(),
            self.tiktok_client_secret.as_ref(),
        );
        let sandbox = check.sandbox(
            "TIKTOK_BASE_URL",
            given_secret(self.tiktok_base_url.as_ref()),
        );
        if alone {
            return Platform::Sandbox;
        }
        Platform::App {
            key: key.unwrap_or_else(|| DEMO_CLIENT_KEY.to_owned()),
            secret: secret.unwrap_or_else(|| DEMO_CLIENT_SECRET.into()),
            sandbox,
        }
    }

    fn sign_in(&self, check: &mut Check, listen: Option<SocketAddr>, alone: bool) -> SignInBy {
        let token = given_secret(self.owner_token.as_ref());
        let needed = self.is_exposed(listen) || !(alone || self.is_offline());
        check.need(
            !needed || token.is_some(),
            "OWNER_TOKEN is not set: give at least 32 random characters (openssl rand -hex 32); whoever has them may sign in",
        );
        check.need(
            token.is_none_or(|token| token.chars().count() >= OWNER_TOKEN_MIN),
            "OWNER_TOKEN is too short: give at least 32 random characters (openssl rand -hex 32)",
        );
        token.map_or(SignInBy::Link, |token| SignInBy::Token(token.into()))
    }

    fn database(&self, check: &mut Check) -> Option<PathBuf> {
        let text = given_secret(self.database_url.as_ref());
        check.try_read(text, |text| match DatabaseAddress::parse(text) {
            Ok(DatabaseAddress::Sqlite(path)) => Ok(path),
            Err(line) if text.starts_with("sqlite:") => Err(line),
            _ => Err(
                "DATABASE_URL is not of the form sqlite:PATH, the only kind this server has"
                    .to_owned(),
            ),
        })
    }
}

/// Whether TikTok's sign-in can lead back to the server at this address.
fn comes_back(base: &Url) -> bool {
    let check = |callback: Url| Route::of(&callback).check(&callback);
    callback_address(base).and_then(check).is_ok()
}
