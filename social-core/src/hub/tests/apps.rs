use std::{sync::Arc, time::Duration};

use url::Url;

use super::bench::{Bench, PLATFORM, Planner, app};
use crate::{
    BuildError, ErrorKind, LocalKeyRing, MediaDir, PlatformKit, Social,
    conformance::named,
    content::ContentContext,
    hub::SocialBuilder,
    memory::MemoryStore,
    model::{AppKey, Platform},
    time::ManualClock,
    webhook::{CallbackContext, EventSubscriptions},
};

fn beside() -> AppKey {
    AppKey::new(PLATFORM, named("another app"))
}

fn builder(folder: &tempfile::TempDir) -> SocialBuilder {
    let clock = ManualClock::default();
    Social::builder()
        .stores(MemoryStore::new(Arc::new(clock.clone())))
        .keys(LocalKeyRing::file(folder.path().join("key")))
        .media(MediaDir::open(folder.path().join("media")).unwrap())
        .clock(Arc::new(clock))
}

fn kit(app: AppKey) -> (PlatformKit, Planner) {
    let planner = Planner::default();
    (PlatformKit::new(app).publisher(planner.clone()), planner)
}

#[tokio::test]
async fn each_app_of_a_platform_has_its_own_publisher() {
    let folder = tempfile::tempdir().unwrap();
    let (one, first) = kit(app());
    let (two, second) = kit(beside());
    let social = builder(&folder).platform(one).platform(two).build();
    let social = social.await.unwrap();
    let apps: Vec<_> = social
        .worker()
        .publishers()
        .map(|(app, _)| app.clone())
        .collect();
    assert_eq!(apps, [beside(), app()]);
    let request = Bench::new().await.request();
    social
        .worker()
        .publisher(&beside())
        .unwrap()
        .plan(&request)
        .unwrap();
    let planned = [first, second].map(|planner| *planner.planned.lock().unwrap());
    assert_eq!(planned, [0, 1]);
}

#[tokio::test]
async fn an_app_that_is_not_there_is_named() {
    let bench = Bench::new().await;
    let error = bench.social.worker().publisher(&beside()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("example/another app"), "{error}");
}

#[tokio::test]
async fn an_app_is_given_once() {
    let folder = tempfile::tempdir().unwrap();
    let both = builder(&folder)
        .platform(kit(app()).0)
        .platform(kit(app()).0);
    let error = refused(both).await;
    assert!(error.contains("example/app was given twice"), "{error}");
}

#[tokio::test]
async fn a_kit_has_parts_of_its_own_platform_only() {
    let folder = tempfile::tempdir().unwrap();
    let strange = AppKey::new(Platform::new("other"), named("app"));
    let error = refused(builder(&folder).platform(kit(strange).0)).await;
    assert!(
        error.contains("the kit of other/app has a part of example"),
        "{error}"
    );
}

/// Keeps nothing up, of the platform that it is told.
#[derive(Clone, Debug)]
struct Keeper(Platform);

#[async_trait::async_trait]
impl EventSubscriptions for Keeper {
    fn platform(&self) -> Platform {
        self.0.clone()
    }

    fn account_every(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn callback_every(&self) -> Option<Duration> {
        None
    }

    async fn subscribe(&self, _: &ContentContext<'_>, _: &Url) -> crate::Result<Vec<String>> {
        Ok(Vec::new())
    }

    async fn unsubscribe(&self, _: &ContentContext<'_>, _: &Url) -> crate::Result<()> {
        Ok(())
    }

    async fn keep_callback(&self, _: &CallbackContext<'_>) -> crate::Result<Vec<String>> {
        Ok(Vec::new())
    }
}

fn keeping(platform: Platform, callback: &str) -> PlatformKit {
    PlatformKit::new(app()).subscriptions(Keeper(platform), callback.parse().unwrap())
}

#[tokio::test]
async fn what_keeps_subscriptions_up_is_given_out_by_its_app() {
    let folder = tempfile::tempdir().unwrap();
    let address = "https://service.example/hooks?of=example";
    let social = builder(&folder).platform(keeping(PLATFORM, address));
    let social = social.build().await.unwrap();
    let of = social.worker().subscriptions_of(&app()).unwrap();
    assert_eq!(of.callback.as_str(), address);
    let of_address = of.callback_key(&app());
    assert!(
        of_address.starts_with("example/callback/app/"),
        "{of_address}"
    );
    let apps: Vec<_> = social
        .worker()
        .subscriptions()
        .map(|(app, _)| app.clone())
        .collect();
    assert_eq!(apps, [app()]);
    let error = social.worker().subscriptions_of(&beside()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("example/another app"), "{error}");
    assert!(!format!("{social:?} {of:?}").contains("of=example"));
}

#[tokio::test]
async fn what_keeps_subscriptions_up_is_of_the_kits_platform() {
    let folder = tempfile::tempdir().unwrap();
    let strange = keeping(Platform::new("other"), "https://service.example/");
    let error = refused(builder(&folder).platform(strange)).await;
    assert!(
        error.contains("the kit of example/app has a part of other"),
        "{error}"
    );
}

/// Nothing would ever come, and nobody would know why.
#[tokio::test]
async fn a_callback_that_no_platform_can_send_to_is_refused() {
    for bad in [
        "ftp://service.example/",
        "mailto:ann@service.example",
        "https://ann:word@service.example/",
        "https://service.example/#hooks",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let error = refused(builder(&folder).platform(keeping(PLATFORM, bad))).await;
        assert!(error.contains("the callback of example/app"), "{error}");
        assert!(!error.contains("ann"), "{error}");
    }
}

async fn refused(builder: SocialBuilder) -> String {
    match builder.build().await {
        Err(BuildError::Failed(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}
