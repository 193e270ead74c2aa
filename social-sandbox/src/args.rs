//! The program's arguments, and what it says when it has started.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use social_sandbox::{
    DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, DEMO_REDIRECT_URIS, SAMPLE_MEDIA_URL, Sandbox,
    SandboxBuilder,
};

const LISTEN: &str = "127.0.0.1:4100";

/// TikTok offline: its dialect, rules, clock and faults, on this machine only. An empty value counts as not given.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Where to listen: a loopback address. Port 0 takes a free port [default: 127.0.0.1:4100].
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// An app, as PLATFORM:ID:SECRET; may be given several times.
    #[arg(long = "app", value_name = "PLATFORM:ID:SECRET")]
    apps: Vec<String>,
    /// A redirect URI of the apps; may be given several times. Loopback URIs may have `*` for
    /// their port.
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// Where the apps' events are sent: http on this machine.
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,
    /// Keeps apps, tokens, publishes and posts in this file.
    #[arg(long, value_name = "FILE")]
    state: Option<OsString>,
    /// A folder that media are fetched from, as https://HOST/=FOLDER; may be given several times.
    #[arg(long = "media", value_name = "URL=FOLDER")]
    media: Vec<String>,
    /// A domain that the apps have verified, with its subdomains; may be given several times.
    #[arg(long = "verified-domain", value_name = "DOMAIN")]
    domains: Vec<String>,
    /// A URL prefix that the apps have verified; may be given several times.
    #[arg(long = "verified-prefix", value_name = "URL")]
    prefixes: Vec<String>,
    /// Does not hash the uploaded bytes.
    #[arg(long)]
    no_hash: bool,
}

/// Arguments that can be used.
pub(crate) struct Settings {
    listen: SocketAddr,
    apps: Vec<NamedApp>,
    redirect_uris: Vec<String>,
    webhook: Option<String>,
    state: Option<PathBuf>,
    media: Vec<(String, PathBuf)>,
    domains: Vec<String>,
    prefixes: Vec<String>,
    no_hash: bool,
}

struct NamedApp {
    client_key: String,
    client_secret: String,
}

/// Without the blanks around it, and not empty.
fn given(value: &str) -> Option<&str> {
    Some(value.trim()).filter(|value| !value.is_empty())
}

fn all(values: &[String]) -> Vec<String> {
    values
        .iter()
        .filter_map(|value| given(value))
        .map(str::to_owned)
        .collect()
}

fn parse_app(text: &str) -> Option<NamedApp> {
    let word = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace);
    let mut parts = text.splitn(3, ':').map(str::trim);
    match (parts.next(), parts.next(), parts.next()) {
        (Some("tiktok"), Some(key), Some(secret)) if word(key) && word(secret) => Some(NamedApp {
            client_key: key.to_owned(),
            client_secret: secret.to_owned(),
        }),
        _ => None,
    }
}

fn parse_media(text: &str) -> Option<(String, PathBuf)> {
    let (url, folder) = text.split_once('=')?;
    let (url, folder) = (given(url)?, given(folder)?);
    Some((url.to_owned(), PathBuf::from(folder)))
}

impl Args {
    /// Reads everything.
    ///
    /// # Errors
    /// The names of all that can never work. No value is repeated: an app holds a secret.
    pub(crate) fn check(self) -> Result<Settings, String> {
        let mut wrong = Vec::new();
        let listen = self.listen.as_deref().and_then(given).unwrap_or(LISTEN);
        let listen = listen.parse();
        if listen.is_err() {
            wrong.push("--listen is not a loopback address with a port, such as 127.0.0.1:4100");
        }
        let apps: Option<Vec<_>> = all(&self.apps).iter().map(|app| parse_app(app)).collect();
        if apps.is_none() {
            wrong.push("--app is not of the form tiktok:CLIENT_KEY:CLIENT_SECRET; the only platform is tiktok");
        }
        let media: Option<Vec<_>> = all(&self.media)
            .iter()
            .map(|media| parse_media(media))
            .collect();
        if media.is_none() {
            wrong.push("--media is not of the form https://HOST/=FOLDER");
        }
        match (listen, apps, media) {
            (Ok(listen), Some(apps), Some(media)) => Ok(Settings {
                listen,
                apps,
                redirect_uris: all(&self.redirect_uris),
                webhook: self.webhook.as_deref().and_then(given).map(str::to_owned),
                state: self
                    .state
                    .filter(|file| !file.is_empty())
                    .map(PathBuf::from),
                media,
                domains: all(&self.domains),
                prefixes: all(&self.prefixes),
                no_hash: self.no_hash,
            }),
            _ => Err(format!(
                "the sandbox did not start:\n  {}",
                wrong.join("\n  ")
            )),
        }
    }
}

impl Settings {
    pub(crate) fn builder(&self) -> SandboxBuilder {
        let settings = social_sandbox::Settings::default().hash(!self.no_hash);
        let mut builder = Sandbox::builder().listen(self.listen).settings(settings);
        for app in &self.apps {
            builder = builder.tiktok_app(&app.client_key, &app.client_secret);
        }
        for uri in &self.redirect_uris {
            builder = builder.redirect_uri(uri);
        }
        if let Some(url) = &self.webhook {
            builder = builder.webhook(url);
        }
        for (url, folder) in &self.media {
            builder = builder.media(url, folder);
        }
        for domain in &self.domains {
            builder = builder.verified_domain(domain);
        }
        for prefix in &self.prefixes {
            builder = builder.verified_prefix(prefix);
        }
        if let Some(path) = &self.state {
            builder = builder.state_file(path);
        }
        builder
    }

    /// Says where it is and which defaults are in use. Secrets that were given are not repeated.
    #[expect(clippy::print_stdout, reason = "this is what the program is for")]
    pub(crate) fn greet(&self, sandbox: &Sandbox) {
        let url = sandbox.url();
        println!("Sandbox standing in for TikTok, on this machine only: {url}");
        println!("  authorize   {url}/www.tiktok.com/v2/auth/authorize/");
        println!("  API         {url}/open.tiktokapis.com/v2/");
        println!("  transcript  {url}/_sandbox");
        println!("  inbox       {url}/www.tiktok.com/inbox");
        if self.apps.is_empty() {
            println!("  app         --app tiktok:{DEMO_CLIENT_KEY}:{DEMO_CLIENT_SECRET} (default)");
        }
        for app in &self.apps {
            println!("  app         {} (its secret as given)", app.client_key);
        }
        if self.redirect_uris.is_empty() {
            for uri in DEMO_REDIRECT_URIS {
                println!("  redirect    --redirect-uri {uri} (default)");
            }
        }
        for uri in &self.redirect_uris {
            println!("  redirect    {uri}");
        }
        match &self.webhook {
            Some(url) => println!("  webhooks    {url}"),
            None => println!("  webhooks    not sent (--webhook URL sends them)"),
        }
        println!("  media       {SAMPLE_MEDIA_URL} (sample.mp4, sample.jpg, sample.webp)");
        for (url, folder) in &self.media {
            println!("  media       {url} is {}", folder.display());
        }
        for property in self.domains.iter().chain(&self.prefixes) {
            println!("  verified    {property}");
        }
        match &self.state {
            Some(path) => println!("  state       {}", path.display()),
            None => println!("  state       not kept (--state FILE keeps it)"),
        }
        println!("Ctrl-C stops it.");
    }
}
