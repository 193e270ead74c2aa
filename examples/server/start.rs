//! From settings to a running server, and to its end.

mod address;
mod data;
mod platform;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use examples::signals;
use social_core::hub::SocialBuilder;
use social_core::media::fetch::Fetcher;
use social_core::store::InstanceName;
use social_core::{LocalKeyRing, MediaDir, Social};
use social_store_sqlite::{SqliteBuilder, SqliteStore};
use social_workers::{
    EventWorker, MaintenanceWorker, PlatformEvents, PublishWorker, RefreshWorker,
    SubscriptionWorker,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::{App, Server, router};
use crate::carry;
use crate::live::{Streams, Watch};
use crate::own::Own;
use crate::receive::Received;
use crate::routes::publish::{Forms, picture};
use crate::serve::{Limits, serve};
use crate::settings::Settings;
use crate::sign_in::{self, Gate};
use data::Data;

const KEY: &str = "social.key";
/// The server's own tables.
const OWN: &str = "server.db";
/// Under which it is remembered there that a database was made.
const DATABASE: &str = "database";

/// How often what is over is removed.
const SWEEP: Duration = Duration::from_secs(3_600);

/// Runs until Ctrl-C or SIGTERM.
pub(crate) async fn run(settings: Settings) -> Result<()> {
    let ended = signals::stop()?;
    let listener = listen(settings.listen).await?;
    let base = address::base(settings.public_url.as_ref(), listener.local_addr()?).await?;
    let data = Data::open(&settings.data)?;
    let own = Own::open(&data.file(OWN)).await?;
    look_for_database(&settings, &own, &data).await?;
    let platform = platform::start(&settings, &own, &data, &base).await?;

    let store = SqliteStore::builder();
    let store =
        (settings.instance.iter().map(InstanceName::as_str)).fold(store, SqliteBuilder::instance);
    let store = store
        .open(&settings.database)
        .await
        .with_context(|| format!("the database {}", settings.database.display()))?;
    own.remember(DATABASE, "made").await?;
    let social = Social::builder();
    let social = settings
        .hold_after_loss
        .into_iter()
        .fold(social, SocialBuilder::hold_after_loss);
    let social = social
        .stores(store.clone())
        .keys(LocalKeyRing::file(data.file(KEY)))
        .media(MediaDir::open(data.file("media"))?)
        .platform(platform.kit)
        .spool(data.file("spool"))
        .build()
        .await?;

    // A database that can be read and not written would be noticed only by the first person.
    social
        .worker()
        .logins()
        .purge()
        .await
        .with_context(|| format!("the database {}", settings.database.display()))?;

    let gate = Gate::new(&settings.sign_in);
    let stop = CancellationToken::new();
    let app: App = Arc::new(Server {
        social: social.clone(),
        own,
        tiktok: platform.app,
        base: base.clone(),
        user: settings.user.clone(),
        gate,
        sandbox: platform.address,
        pictures: pictures(&social),
        forms: Forms::default(),
        received: Received::default(),
        watch: Watch::new(),
        streams: Streams::default(),
        begun: TaskTracker::new(),
        stop: stop.clone(),
    });
    let tasks = background(&app, &settings, &stop);
    sign_in::print(&app.gate, &base, &**social.random())?;
    tasks.spawn(sign_in::keep_printed(app.clone()));

    let server = serve(
        listener,
        router(&app),
        Arc::clone(social.clock()),
        stop.clone(),
        Limits {
            proxies: settings.proxies,
            ..Limits::default()
        },
    );
    let server = tokio::spawn(server);
    ended.await;
    stop.cancel();
    let served = server.await;
    carry::ended(&app).await;
    tasks.close();
    tasks.wait().await;
    // Last of all that works: what must not be cut off still asks the platform and writes to the database.
    let closed = social.close().await;
    if let Some(sandbox) = platform.sandbox {
        sandbox.stop().await;
    }
    app.own.pool.close().await;
    store.close().await;
    drop(data);
    served?;
    Ok(closed?)
}

/// Refuses an empty database in the place of one that was there. Whoever begins anew all the same leaves the small file
/// `.life` where it is: then nothing is sent before an operator has accepted that.
async fn look_for_database(settings: &Settings, own: &Own, data: &Data) -> Result<()> {
    let mut others = vec![data.file(KEY)];
    if own.recall(DATABASE).await?.is_some() {
        others.push(data.file(OWN));
    }
    examples::lost::check(&settings.database, &others)
}

/// Pages do without: an account is shown by its name.
fn pictures(social: &Social) -> Option<Fetcher> {
    picture::fetcher(Arc::clone(social.clock()))
        .inspect_err(|error| tracing::warn!(%error, "pictures of accounts are not fetched"))
        .ok()
}

async fn listen(address: SocketAddr) -> Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => bail!(
            "{address} is taken: stop the program that listens there, or choose another port with --listen {}:{}",
            address.ip(),
            address.port().wrapping_add(1).max(1024)
        ),
        Err(error) => {
            bail!("{address} cannot be listened on: {error}; choose another with --listen")
        }
    }
}

/// What goes on beside the answers.
fn background(app: &App, settings: &Settings, stop: &CancellationToken) -> TaskTracker {
    let tasks = TaskTracker::new();
    let (watch, database) = (app.watch.clone(), settings.database.clone());
    let (clock, end) = (Arc::clone(app.social.clock()), stop.clone());
    tasks.spawn(async move { watch.run(&database, clock, end).await });
    tasks.spawn(sweep(app.clone()));
    let events = EventWorker::new(&app.social, PlatformEvents::new(&app.social));
    let end = stop.clone();
    tasks.spawn(async move { events.run(end.cancelled_owned()).await });
    let (maintenance, end) = (MaintenanceWorker::new(&app.social), stop.clone());
    tasks.spawn(async move { maintenance.run(end.cancelled_owned()).await });
    if settings.workers {
        let (publish, end) = (PublishWorker::new(&app.social), stop.clone());
        tasks.spawn(async move { publish.run(end.cancelled_owned()).await });
        let (refresh, end) = (RefreshWorker::new(&app.social), stop.clone());
        tasks.spawn(async move { refresh.run(end.cancelled_owned()).await });
        // Where no platform has to be asked for events, as TikTok has not, it does nothing.
        let (subscriptions, end) = (SubscriptionWorker::new(&app.social), stop.clone());
        tasks.spawn(async move { subscriptions.run(end.cancelled_owned()).await });
    }
    tasks
}

/// Removes what is over of this server's own: sessions, forms, files that no form asked for. What fails keeps none of the others.
async fn sweep(app: App) {
    loop {
        let now = app.social.clock().now();
        let swept = [
            app.own.purge_sessions(now).await,
            app.own.purge_forms(now).await.map(|_| ()),
            app.own
                .purge_uploads(app.social.media(), now)
                .await
                .map(|_| ()),
        ];
        for error in swept.into_iter().filter_map(std::result::Result::err) {
            tracing::warn!(%error, "what is over could not be removed");
        }
        tokio::select! {
            () = app.social.clock().sleep(SWEEP) => {}
            () = app.stop.cancelled() => return,
        }
    }
}
