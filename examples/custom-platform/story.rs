use std::{sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use secrecy::ExposeSecret;
use social_core::{
    Error, ErrorKind, LocalKeyRing, MediaDir, PlatformKit, PublishRequest, Social,
    content::{ContentContext, NewComment},
    http::ApiClient,
    memory::MemoryStore,
    model::{Account, AppId, OwnerId, PostId},
    publish::Outcome,
    store::{EventStore, ReceivedEvent},
    time::{Deadline, ManualClock},
    tokens::ValidTokens,
    webhook::Delivery,
};
use social_workers::{EventWorker, PlatformEvents, PublishWorker, SubscriptionWorker};
use url::Url;

use super::{
    client::Client,
    content::Shown,
    oauth::Login,
    peer::{APP, Peer, SECRET, Trouble},
    publish::Publishing,
    subscriptions::Subscribing,
    webhook::{HEADER, Webhooks, sign},
};

/// What the platform brings to the hub.
pub(crate) fn kit(client: &Client) -> social_core::Result<PlatformKit> {
    let kit = PlatformKit::new(client.app_key())
        .connector(Login(client.clone()))
        .publisher(Publishing(client.clone()))
        .verifier(webhooks())
        .content(Shown(client.clone()))
        .comments(Shown(client.clone()))
        .insights(Shown(client.clone()))
        .subscriptions(Subscribing(client.clone()), callback()?);
    Ok(kit)
}

/// Where the app receives.
pub(crate) fn callback() -> social_core::Result<Url> {
    let no_address = |_| Error::new(ErrorKind::Invalid, "the callback is no address");
    Url::parse("https://app.example/hooks/postcard").map_err(no_address)
}

pub(crate) fn webhooks() -> Webhooks {
    Webhooks {
        app: AppId::from_stored(APP),
        secret: SECRET.into(),
    }
}

pub(crate) fn client(peer: &Peer, clock: &ManualClock) -> social_core::Result<Client> {
    let http = ApiClient::builder(Arc::new(clock.clone()))
        .loopback_only()
        .retries(0)
        .build()?;
    Ok(Client::new(
        http,
        peer.url.clone(),
        AppId::new(APP)?,
        SECRET.into(),
    ))
}

/// The browser: follows the address to the platform, and tells with what query it comes back.
pub(crate) async fn browse(address: &str) -> anyhow::Result<String> {
    let browser = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_only([])
        .no_proxy()
        .build()?;
    let page = browser.get(address).send().await?;
    let back = page.headers().get("location").context("a way back")?;
    let query = Url::parse(back.to_str()?)?.query().map(str::to_owned);
    query.context("an answer")
}

/// Tells it line by line, and fails where it is not true.
pub(crate) async fn tell(say: &(dyn Fn(&str) + Sync)) -> anyhow::Result<()> {
    let clock = ManualClock::default();
    let peer = Peer::start(Arc::new(clock.clone())).await?;
    let store = MemoryStore::new(Arc::new(clock.clone()));
    let folder = tempfile::tempdir()?;
    let social = Social::builder()
        .stores(store.clone())
        .keys(LocalKeyRing::file(folder.path().join("social.key")))
        .media(MediaDir::open(folder.path().join("media"))?)
        .clock(Arc::new(clock.clone()))
        .platform(kit(&client(&peer, &clock)?)?)
        .build()
        .await?;
    let accounts = connect(&social, say).await?;
    subscribe(&social, &peer, &accounts, say).await?;
    publish(&social, &peer, &clock, &accounts[0], say).await?;
    answer(&social, &peer, &store, &accounts[0], say).await?;
    disconnect(&social, &peer, &accounts[1], say).await?;
    end(&social, &peer, &accounts[0], say).await?;
    social.close().await?;
    Ok(())
}

pub(crate) async fn connect(
    social: &Social,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<Vec<Account>> {
    let redirect = Url::parse("https://app.example/callback")?;
    let login = social.connectors().next().context("the login")?;
    let start = social
        .begin_login(&owner()?, login, None, &redirect)
        .await?;
    let query = browse(start.url.expose_secret()).await?;
    let offer = social
        .finish_login(&owner()?, login, &redirect, Some(&start.browser), &query)
        .await?;
    let all: Vec<_> = offer.accounts.iter().map(|it| it.account.clone()).collect();
    let accounts = social.accept_offer(&owner()?, offer.id, &all).await?;
    ensure!(accounts.len() == 2, "one consent, two accounts");
    say("connected: 2 accounts by one consent");
    Ok(accounts)
}

/// The app's address and every account are looked at.
async fn subscribe(
    social: &Social,
    peer: &Peer,
    accounts: &[Account],
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<()> {
    let report = SubscriptionWorker::new(social).run_once().await?;
    ensure!(
        report.subscribed == 2 && report.callbacks == 1,
        "{report:?}"
    );
    let address = callback()?;
    for account in accounts {
        let sent = peer
            .world()
            .sent(account.key.account.as_str(), address.as_str());
        ensure!(sent.len() == 2, "{sent:?}");
    }
    say("subscribed: 2 kinds of events for each of 2 accounts");
    Ok(())
}

/// One account goes: what happens to it is sent no more, and its tokens end.
async fn disconnect(
    social: &Social,
    peer: &Peer,
    account: &Account,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<()> {
    social.disconnect(&account.key).await?;
    let address = callback()?;
    let sent = peer
        .world()
        .sent(account.key.account.as_str(), address.as_str());
    ensure!(sent.is_empty(), "{sent:?}");
    say("disconnected: 1 account, of which nothing is sent any more");
    Ok(())
}

/// Three cards, each of which meets another trouble where it counts.
async fn publish(
    social: &Social,
    peer: &Peer,
    clock: &ManualClock,
    account: &Account,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<()> {
    for (words, trouble) in [
        ("From the sea", Trouble::LostAfter),
        ("From the hills", Trouble::LostBefore),
        ("From the moon", Trouble::Refused),
    ] {
        let request = PublishRequest::text(words);
        let post = social.submit(account, words, request).await?;
        peer.world().trouble = Some(("POST posts", trouble));
        let outcome = work(social, clock, post.id).await?;
        let there = peer
            .world()
            .posts
            .iter()
            .filter(|it| it.text == words)
            .count();
        match outcome {
            Outcome::Published(_) => ensure!(there == 1, "{there} cards"),
            Outcome::Failed(_) => ensure!(there == 0, "{there} cards"),
            other => anyhow::bail!("{other:?}"),
        }
        say(&format!("{words}: {trouble:?}, {there} on the platform"));
    }
    Ok(())
}

/// What the worker program does, with a clock that is moved by hand.
async fn work(social: &Social, clock: &ManualClock, post: PostId) -> anyhow::Result<Outcome> {
    let worker = PublishWorker::new(social);
    for _ in 0..20 {
        worker.run_once().await?;
        if let Some(outcome) = social.post(&owner()?, post).await?.outcome {
            return Ok(outcome);
        }
        clock.advance(Duration::from_secs(90));
    }
    anyhow::bail!("the post never ends")
}

/// The platform's event is believed and handled; a note on the card is answered once and hidden.
async fn answer(
    social: &Social,
    peer: &Peer,
    store: &MemoryStore,
    account: &Account,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<()> {
    let (time, body) = peer.world().hooks.first().cloned().context("an event")?;
    let mut headers = http::HeaderMap::new();
    let signature = format!(
        "t={time},s={}",
        sign(&SECRET.into(), &time.to_string(), &body)
    );
    headers.insert(HEADER, signature.parse()?);
    let now = social.clock().now();
    let verifier = social.worker().verifier(&account.key.app_key())?;
    let verified = verifier.verify(Delivery::new(&headers, &body), now)?;
    let events = verified.events.into_iter();
    let events: Vec<_> = events.map(|it| ReceivedEvent::new(it, now)).collect();
    store.insert(&events).await?;
    let report = EventWorker::new(social, PlatformEvents::new(social))
        .run_once()
        .await?;
    ensure!(report.handed_over == 1, "{report:?}");
    say("heard: 1 event, handed over to its post");

    let card = peer.world().posts[0].id.clone();
    let note = peer.world().write(&card, None, "bob", "Bring me a shell");
    let comments = social.comments(&account.key.app_key())?;
    let answer = |valid: ValidTokens| {
        let (card, note) = (&card, &note);
        async move {
            let deadline = Deadline::after(social.clock().clone(), Duration::from_secs(30));
            let cx = ContentContext::new(&valid.account, &valid.tokens, social.limits(), &deadline);
            let page = comments.comments(&cx, card, None).await?;
            if let Some(first) = page.items.first().filter(|first| first.id == *note) {
                let reply = NewComment::on(card, "I will").in_reply_to(first);
                comments.write(&cx, &reply).await?;
            }
            comments.replies(&cx, note, None).await
        }
    };
    let replies = social.with_valid(&account.key, answer).await?;
    ensure!(replies.items.len() == 1, "one reply");
    say("answered: 1 note");
    Ok(())
}

/// The person ends it on the platform.
async fn end(
    social: &Social,
    peer: &Peer,
    account: &Account,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<()> {
    let tokens = social.worker().tokens().valid(&account.key).await?;
    peer.world().end_access();
    let renewed = social.worker().tokens().rejected(&tokens).await;
    ensure!(renewed.is_err(), "nobody renews what was taken away");
    say("ended on the platform: the account must be connected again");
    Ok(())
}

/// Whose accounts these are: an id of the embedding service.
fn owner() -> social_core::Result<OwnerId> {
    OwnerId::new("ann")
}
