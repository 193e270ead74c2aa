use std::sync::Arc;

use super::bench::{Bench, PLATFORM, Planner, app};
use crate::{
    BuildError, ErrorKind, LocalKeyRing, MediaDir, PlatformKit, Social,
    conformance::named,
    hub::SocialBuilder,
    memory::MemoryStore,
    model::{AppKey, Platform},
    time::ManualClock,
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
    let apps: Vec<_> = social.publishers().map(|(app, _)| app.clone()).collect();
    assert_eq!(apps, [beside(), app()]);
    let request = Bench::new().await.request();
    social.publisher(&beside()).unwrap().plan(&request).unwrap();
    let planned = [first, second].map(|planner| *planner.planned.lock().unwrap());
    assert_eq!(planned, [0, 1]);
}

#[tokio::test]
async fn an_app_that_is_not_there_is_named() {
    let bench = Bench::new().await;
    let error = bench.social.publisher(&beside()).unwrap_err();
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

async fn refused(builder: SocialBuilder) -> String {
    match builder.build().await {
        Err(BuildError::Failed(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}
