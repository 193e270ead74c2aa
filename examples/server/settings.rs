//! What is set by flags and environment, checked as a whole.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use secrecy::{ExposeSecret, SecretString};
use social_sandbox::{DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET};
use url::Url;

#[cfg(test)]
mod tests;

/// The fewest characters of an owner token: with that many nobody guesses it.
const OWNER_TOKEN_MIN: usize = 32;

/// Publishes videos to TikTok. With nothing set it runs alone on this machine, with a sandbox in place of TikTok.
#[derive(Debug, Parser)]
#[command(name = "server", about)]
pub(crate) struct Args {
    /// Where to listen. Port 0 takes a free port.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The folder for database, media and key.
    #[arg(long, env = "DATA_DIR", default_value = "social-data")]
    data_dir: PathBuf,
    /// Who is signed in by the link or the token.
    #[arg(long, default_value = "local", value_name = "NAME")]
    user: String,
    /// Leave publishing and refreshing to other processes on the same database.
    #[arg(long)]
    no_workers: bool,
    /// The address under which people reach this server, for example https://social.example.com.
    #[arg(long, env = "PUBLIC_URL")]
    public_url: Option<Url>,
    /// The TikTok app's client key.
    #[arg(long, env = "TIKTOK_CLIENT_KEY")]
    tiktok_client_key: Option<String>,
    /// The TikTok app's client secret. From the environment, other users of the machine do not see it.
    #[arg(long, env = "TIKTOK_CLIENT_SECRET", hide_env_values = true)]
    tiktok_client_secret: Option<SecretString>,
    /// What is asked for at sign-in. Each has to be approved for the app; the inbox needs video.upload.
    #[arg(
        long,
        env = "TIKTOK_SCOPES",
        value_delimiter = ',',
        default_value = "user.info.basic,user.info.profile,video.publish,video.upload"
    )]
    tiktok_scopes: Vec<String>,
    /// A sandbox's address, to be used in place of TikTok.
    #[arg(long, env = "TIKTOK_BASE_URL")]
    tiktok_base_url: Option<Url>,
    /// sqlite:PATH, for a database outside the data folder.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<SecretString>,
    /// At least 32 random characters; whoever has them may sign in at /sign-in.
    #[arg(long, env = "OWNER_TOKEN", hide_env_values = true)]
    owner_token: Option<SecretString>,
}

/// Settings that fit together.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) data: PathBuf,
    pub(crate) database: PathBuf,
    pub(crate) user: String,
    pub(crate) workers: bool,
    /// Without it the address is the one listened on.
    pub(crate) public_url: Option<Url>,
    pub(crate) sign_in: SignInBy,
    pub(crate) tiktok: Platform,
    /// What is asked for at sign-in.
    pub(crate) scopes: Vec<String>,
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

/// Everything that is wrong, at once.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong(Vec<String>);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server did not start:")?;
        self.0.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

impl std::error::Error for Wrong {}

impl Args {
    /// Checks everything together.
    ///
    /// # Errors
    /// Everything that is missing or does not fit, at once.
    pub(crate) fn check(self) -> Result<Settings, Wrong> {
        let mut wrong = Vec::new();
        let mut need = |holds: bool, line: &str| {
            if !holds {
                wrong.push(line.to_owned());
            }
        };
        let alone = self.is_alone();
        let offline = alone || self.tiktok_base_url.is_some();
        let exposed = self.public_url.is_some() || !self.listen.ip().is_loopback();
        if !offline {
            need(
                given(self.tiktok_client_key.as_deref()),
                "TIKTOK_CLIENT_KEY is not set: it is in your app's page at developers.tiktok.com",
            );
            need(
                given(expose(self.tiktok_client_secret.as_ref())),
                "TIKTOK_CLIENT_SECRET is not set: it is in your app's page at developers.tiktok.com",
            );
            need(
                self.public_url.is_some(),
                "PUBLIC_URL is not set: give the https address under which people reach this server",
            );
        }
        need(
            self.tiktok_base_url.as_ref().is_none_or(is_loopback),
            "TIKTOK_BASE_URL is not a loopback address: it is for a sandbox on this machine; leave it unset for TikTok",
        );
        need(
            !exposed || self.public_url.is_some(),
            "LISTEN is not a loopback address, so PUBLIC_URL is needed: give the https address under which people reach this server",
        );
        if let Some(url) = &self.public_url {
            need(
                url.scheme() == "https" || (offline && url.scheme() == "http" && is_loopback(url)),
                "PUBLIC_URL does not begin with https: sign-in cookies need it (http only on loopback, with a sandbox)",
            );
            need(
                url.path() == "/"
                    && url.query().is_none()
                    && url.fragment().is_none()
                    && url.username().is_empty(),
                "PUBLIC_URL has more than a host: give it without path, user and query",
            );
        }
        let needs_token = exposed || !offline;
        let token = expose(self.owner_token.as_ref());
        need(
            !needs_token || token.is_some(),
            "OWNER_TOKEN is not set: give at least 32 random characters (openssl rand -hex 32); whoever has them may sign in",
        );
        need(
            token.is_none_or(|token| token.chars().count() >= OWNER_TOKEN_MIN),
            "OWNER_TOKEN is too short: give at least 32 random characters (openssl rand -hex 32)",
        );
        need(given(Some(&self.user)), "--user is empty: give a name");
        let database = self.database();
        if let Err(line) = &database {
            need(false, line);
        }
        match database {
            Ok(database) if wrong.is_empty() => Ok(self.into_settings(database, alone)),
            _ => Err(Wrong(wrong)),
        }
    }

    /// Nothing is configured, so nothing is meant to leave this machine.
    fn is_alone(&self) -> bool {
        self.tiktok_client_key.is_none()
            && self.tiktok_client_secret.is_none()
            && self.public_url.is_none()
            && self.database_url.is_none()
            && self.tiktok_base_url.is_none()
    }

    fn database(&self) -> Result<PathBuf, String> {
        let Some(url) = expose(self.database_url.as_ref()) else {
            return Ok(self.data_dir.join("social.db"));
        };
        match url.strip_prefix("sqlite:") {
            Some(path) if !path.trim_start_matches('/').is_empty() => {
                Ok(path.strip_prefix("//").unwrap_or(path).into())
            }
            _ => Err(
                "DATABASE_URL is not of the form sqlite:PATH, the only kind this server has"
                    .to_owned(),
            ),
        }
    }

    fn into_settings(self, database: PathBuf, alone: bool) -> Settings {
        let tiktok = if alone {
            Platform::Sandbox
        } else {
            let demo = || SecretString::from(DEMO_CLIENT_SECRET);
            Platform::App {
                key: self
                    .tiktok_client_key
                    .unwrap_or_else(|| DEMO_CLIENT_KEY.to_owned()),
                secret: self.tiktok_client_secret.unwrap_or_else(demo),
                sandbox: self.tiktok_base_url,
            }
        };
        Settings {
            listen: self.listen,
            data: self.data_dir,
            database,
            user: self.user,
            workers: !self.no_workers,
            public_url: self.public_url,
            sign_in: self.owner_token.map_or(SignInBy::Link, SignInBy::Token),
            tiktok,
            scopes: self.tiktok_scopes,
        }
    }
}

fn given(value: Option<&str>) -> bool {
    value.is_some_and(|value| !value.trim().is_empty())
}

fn expose(secret: Option<&SecretString>) -> Option<&str> {
    secret.map(|secret| secret.expose_secret())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
