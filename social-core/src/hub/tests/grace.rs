use std::time::Duration;

use super::bench::{Bench, PLATFORM, Planner, app};
use crate::{
    PlatformKit, Social,
    conformance::named,
    hub::SocialBuilder,
    model::AppKey,
    store::{ClaimPosts, PostStore},
    time::Clock,
    vault::tests::logs,
};

const SECOND: Duration = Duration::from_secs(1);

/// A process with one app whose steps settle at once, and a second one whose longest takes 200 s.
async fn process(bench: &Bench, set: Option<Duration>) -> Social {
    let slow = Planner {
        settle: 200 * SECOND,
        ..Planner::default()
    };
    let kit = PlatformKit::new(AppKey::new(PLATFORM, named("second"))).publisher(slow);
    let options = |builder: SocialBuilder| {
        let builder = builder.platform(kit);
        set.into_iter().fold(builder, SocialBuilder::restore_grace)
    };
    bench.process_with(bench.store.clone(), options).await
}

#[tokio::test]
async fn it_is_a_minute_more_than_the_longest_settle_time_of_all_publishers() {
    let bench = Bench::new().await;
    assert_eq!(bench.social.restore_grace(), 60 * SECOND);
    let (heard, _listening) = logs::hear();
    let social = process(&bench, None).await;
    assert_eq!(social.restore_grace(), 260 * SECOND);
    assert_eq!(heard.count("grace after a restore"), 0, "nothing is wrong");

    let post = social.submit(&bench.account, "due", bench.request()).await;
    post.unwrap();
    bench.store.reincarnate();
    let seen = social.incarnations().await.unwrap().present;
    social.accept_incarnation(&seen).await.unwrap();
    let which = ClaimPosts::new(bench.clock.now(), SECOND, 1, vec![(app(), 1)]);
    let claims = bench.store.claim(&which).await.unwrap();
    assert_eq!(claims[0].settles_in, Some(260 * SECOND), "for every app");
}

#[tokio::test]
async fn one_that_is_set_counts_and_the_log_names_the_app_that_needs_more() {
    let bench = Bench::new().await;
    for (set, warnings) in [(260, 0), (259, 1), (59, 2)] {
        let (heard, _listening) = logs::hear();
        let social = process(&bench, Some(set * SECOND)).await;
        assert_eq!(social.restore_grace(), set * SECOND);
        assert_eq!(heard.count("grace after a restore"), warnings, "{set}");
        if warnings == 1 {
            let text = heard.text();
            for told in [
                "example/second",
                "set_seconds=259",
                "needed_seconds=260",
                "Set `SocialBuilder::restore_grace`",
            ] {
                assert!(text.contains(told), "{told} in {text}");
            }
        }
    }
}
