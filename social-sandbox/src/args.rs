//! The program's arguments, and what it says when it has started.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use social_sandbox::{
    DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, DEMO_REDIRECT_URIS, SAMPLE_MEDIA_URL, Sandbox,
    SandboxBuilder, Settings,
};

/// TikTok offline: its dialect, rules, clock and faults, on this machine only.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Where to listen: a loopback address. Port 0 takes a free port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4100")]
    listen: SocketAddr,
    /// An app, as PLATFORM:ID:SECRET; may be given several times.
    #[arg(long = "app", value_name = "PLATFORM:ID:SECRET", value_parser = parse_app)]
    apps: Vec<NamedApp>,
    /// A redirect URI of the apps; may be given several times. Loopback URIs may have `*` for
    /// their port.
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// Where the apps' events are sent: http on this machine.
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,
    /// Keeps apps, tokens, publishes and posts in this file.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// A folder that media are fetched from, as https://HOST/=FOLDER; may be given several times.
    #[arg(long = "media", value_name = "URL=FOLDER", value_parser = parse_media)]
    media: Vec<(String, PathBuf)>,
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

#[derive(Clone)]
struct NamedApp {
    client_key: String,
    client_secret: String,
}

fn parse_app(text: &str) -> Result<NamedApp, String> {
    let mut parts = text.splitn(3, ':');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("tiktok"), Some(key), Some(secret)) if !key.is_empty() && !secret.is_empty() => {
            Ok(NamedApp {
                client_key: key.to_owned(),
                client_secret: secret.to_owned(),
            })
        }
        (Some("tiktok"), ..) => Err("an app is tiktok:CLIENT_KEY:CLIENT_SECRET".to_owned()),
        _ => Err("the only platform is tiktok: tiktok:CLIENT_KEY:CLIENT_SECRET".to_owned()),
    }
}

fn parse_media(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((url, folder)) if !url.is_empty() && !folder.is_empty() => {
            Ok((url.to_owned(), PathBuf::from(folder)))
        }
        _ => Err("media are https://HOST/=FOLDER".to_owned()),
    }
}

impl Args {
    pub(crate) fn builder(&self) -> SandboxBuilder {
        let settings = Settings::default().hash(!self.no_hash);
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
