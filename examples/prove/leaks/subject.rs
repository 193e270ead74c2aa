//! The process that is searched: it does what it is told, logs everything and prints everything.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use examples::stage::{self, LeapClock, REDIRECT, Setup, owner, say, within};
use secrecy::{ExposeSecret, SecretString};
use social_core::{
    Error, Social, Submission,
    media::MediaStoreExt,
    model::{Account, RemoteId},
    store::{PostFilter, PostState},
    time::Deadline,
    tokens::TokenSettings,
};
use social_tiktok::{PostInfo, Privacy, Route, SourceInfo, TikTok, UserField, VideoInit};
use social_workers::{PublishWorker, RefreshWorker};
use tokio::io::{AsyncBufReadExt, BufReader};
use tracing_subscriber::fmt::format::FmtSpan;
use url::Url;

use super::{
    order::{BEGUN, Begun, Browser, LOG, OK, Order, REFUSED, WAITING},
    shown::{outcome, show},
};

/// How long an order to publish works at most.
const WHILE: Duration = Duration::from_secs(2);

struct Subject {
    social: Social,
    tiktok: TikTok,
    clock: LeapClock,
    aside: PathBuf,
    browser: Option<SecretString>,
    posts: Vec<Submission>,
}

pub(crate) async fn run(aside: PathBuf, folder: PathBuf, sandbox: &str) -> anyhow::Result<()> {
    let log = std::fs::File::create(aside.join(LOG))?;
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(log)
        .init();
    // First, because opening prints as well.
    say("ready");
    let mut subject = Subject::open(aside, &folder, sandbox).await?;
    let mut orders = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = orders.next_line().await? {
        let order: Order = serde_json::from_str(&line).map_err(|_| anyhow::anyhow!("an order"))?;
        say(subject.obey(order).await?);
    }
    Ok(subject.social.close().await?)
}

impl Subject {
    async fn open(aside: PathBuf, folder: &Path, sandbox: &str) -> anyhow::Result<Self> {
        let clock = LeapClock::default();
        let mut tokens = TokenSettings::default();
        tokens.lease = Duration::from_secs(6);
        tokens.deadline = Duration::from_secs(4);
        tokens.backoff = Duration::from_millis(200);
        tokens.backoff_limit = Duration::from_millis(400);
        tokens.save_attempts = 2;
        // Orders come one after the other, as fast as they are obeyed.
        tokens.distance = Duration::ZERO;
        tokens.refused_distance = Duration::ZERO;
        let setup = Setup {
            clock: Arc::new(clock.clone()),
            tokens,
            spool: Some("subject".to_owned()),
            busy: Some(Duration::from_millis(500)),
            ..Setup::default()
        };
        let tiktok = stage::tiktok(sandbox, &setup)?;
        show("setup", &setup);
        let builder = TikTok::builder().client_secret(social_sandbox::DEMO_CLIENT_SECRET);
        show("app builder", &builder);
        show("builder", &Social::builder().platform(tiktok.clone()));
        let social = stage::social(folder, sandbox, setup).await?;
        Ok(Self {
            social,
            tiktok,
            clock,
            aside,
            browser: None,
            posts: Vec::new(),
        })
    }

    async fn obey(&mut self, order: Order) -> anyhow::Result<&'static str> {
        let well = match order {
            Order::Clock(seconds) => {
                self.clock.set(seconds);
                true
            }
            Order::Login => self.login().await?,
            Order::Finish { query, browser } => self.finish(&query, browser).await?,
            Order::Use => self.tokens().await?,
            Order::Calls => self.calls().await?,
            Order::Submit(name) => self.submit(&name).await?,
            Order::Publish => return self.publish().await,
            Order::Refresh => {
                let worker = RefreshWorker::new(&self.social);
                show("worker", &worker);
                outcome("refreshed", &worker.run_once().await)
            }
            Order::Show => self.show().await?,
            Order::Disconnect => {
                let key = self.account().await?.key;
                outcome("disconnected", &self.social.disconnect(&key).await)
            }
        };
        Ok(if well { OK } else { REFUSED })
    }

    async fn account(&self) -> anyhow::Result<Account> {
        let accounts = self
            .social
            .worker()
            .tokens()
            .accounts(&owner())
            .await?
            .pop();
        accounts.context("an account")
    }

    fn deadline(&self) -> Deadline {
        Deadline::after(Arc::clone(self.social.clock()), Duration::from_secs(20))
    }

    async fn login(&mut self) -> anyhow::Result<bool> {
        let redirect: Url = REDIRECT.parse()?;
        let connector = self.tiktok.connector(Route::Desktop);
        let begun = self
            .social
            .begin_login(&owner(), &connector, None, &redirect)
            .await;
        if !outcome("login", &begun) {
            return Ok(false);
        }
        let begun = begun?;
        let aside = Begun {
            address: begun.url.expose_secret().to_owned(),
            browser: begun.browser.expose_secret().to_owned(),
        };
        std::fs::write(self.aside.join(BEGUN), serde_json::to_vec(&aside)?)?;
        self.browser = Some(begun.browser);
        Ok(true)
    }

    async fn finish(&self, query: &str, browser: Browser) -> anyhow::Result<bool> {
        let redirect: Url = REDIRECT.parse()?;
        let connector = self.tiktok.connector(Route::Desktop);
        let other = SecretString::from("another browser's secret");
        let browser = match browser {
            Browser::Same => self.browser.as_ref(),
            Browser::Other => Some(&other),
            Browser::Unknown => None,
        };
        let owner = owner();
        let finish = self
            .social
            .finish_login(&owner, &connector, &redirect, browser, query);
        let offer = finish.await;
        if !outcome("offer", &offer) {
            return Ok(false);
        }
        let offer = offer?;
        let chosen: Vec<_> = offer
            .accounts
            .iter()
            .map(|offered| offered.account.clone())
            .collect();
        let accepted = self.social.accept_offer(&owner, offer.id, &chosen).await;
        Ok(outcome("accepted", &accepted))
    }

    async fn tokens(&self) -> anyhow::Result<bool> {
        let accounts = self.social.worker().tokens().accounts(&owner()).await;
        if !outcome("accounts", &accounts) {
            return Ok(false);
        }
        let key = accounts?.pop().context("an account")?.key;
        let valid = self.social.worker().tokens().valid(&key).await;
        if !outcome("valid", &valid) {
            return Ok(false);
        }
        let valid = valid?;
        show("token set", &valid.tokens);
        let fresh = self.social.worker().tokens().rejected(&valid).await;
        Ok(outcome("after a 401", &fresh))
    }

    /// Every call, each with its answer shown.
    async fn calls(&self) -> anyhow::Result<bool> {
        let client = self.tiktok.client();
        let valid = self
            .social
            .worker()
            .tokens()
            .valid(&self.account().await?.key)
            .await?;
        let (access, deadline) = (&valid.tokens.access, self.deadline());
        let fields = UserField::granted(&valid.tokens.scopes);
        let user = client.user_info(access, &fields, &deadline).await;
        let creator = client.creator_info(access, &deadline).await;
        let init = video_init();
        show("init", &init);
        let upload = client.video_init(access, &init, &deadline).await;
        let id = match &upload {
            Ok(upload) => upload.publish_id.clone(),
            Err(_) => RemoteId::from_stored("v_pub_file~v2-1.1"),
        };
        let status = client.status(access, id.as_str(), &deadline).await;
        Ok(outcome("user", &user)
            & outcome("creator", &creator)
            & outcome("upload", &upload)
            & outcome("status", &status))
    }

    async fn submit(&mut self, name: &str) -> anyhow::Result<bool> {
        let medium = self.social.media().put_bytes(stage::clip(100_000)).await?;
        show("medium", &medium);
        let account = self.account().await?;
        let post = stage::submit(&self.social, &account, &medium.id, name).await?;
        show("post", &post);
        self.posts.push(post);
        Ok(true)
    }

    async fn publish(&self) -> anyhow::Result<&'static str> {
        let worker = PublishWorker::new(&self.social).settings(stage::hasty());
        show("worker", &worker);
        let newest = self.posts.last().context("a post")?.clone();
        let settled = self.social.wait(&newest.owner, newest.id, |status| {
            say(&status.to_string());
            show("status", &status);
        });
        let Some(status) = worker.run(within(WHILE, settled)).await else {
            return Ok(WAITING);
        };
        outcome("settled", &status);
        let published = status.is_ok_and(|status| status.state == PostState::Published);
        Ok(if published { OK } else { REFUSED })
    }

    /// Every value on the way.
    async fn show(&self) -> anyhow::Result<bool> {
        let social = &self.social;
        show("social", social);
        show("stores", social.worker().stores());
        show("tokens", social.worker().tokens());
        show("logins", social.worker().logins());
        show("vault", social.worker().vault());
        show("media", social.media());
        social
            .worker()
            .publishers()
            .for_each(|(_, publisher)| show("publisher", publisher));
        show("app", &self.tiktok);
        show("client", self.tiktok.client());
        show("oauth", &self.tiktok.oauth(Route::Desktop));
        let account = self.account().await?;
        show("account", &account);
        show(
            "record",
            &social.worker().stores().tokens.load(&account.key).await?,
        );
        for post in social.posts(&owner(), &PostFilter::default()).await? {
            show("post", &post);
            let stored = social
                .worker()
                .stores()
                .posts
                .load(&owner(), post.id)
                .await?;
            let stored = stored.context("a stored post")?;
            show("stored post", &stored);
            let open = social.worker().open_post(&stored).await?;
            show("open post", &open);
            show("request", &open.request);
            show("checkpoint", &open.checkpoint);
            let opened: Result<_, Error> = social.request(&owner(), post.id).await;
            outcome("opened", &opened);
            show("history", &social.history(&owner(), post.id).await?);
        }
        Ok(true)
    }
}

fn video_init() -> VideoInit {
    VideoInit {
        post_info: PostInfo {
            title: "a call".to_owned(),
            privacy_level: Privacy::SelfOnly,
            disable_duet: false,
            disable_comment: false,
            disable_stitch: false,
            video_cover_timestamp_ms: None,
            brand_content_toggle: false,
            brand_organic_toggle: false,
            is_aigc: false,
        },
        source_info: SourceInfo::File {
            video_size: 1_000,
            chunk_size: 1_000,
            total_chunk_count: 1,
        },
    }
}
