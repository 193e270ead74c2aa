//! What the platform dictates over HTTP, and for how long it is heeded.

use std::{sync::Arc, time::Duration};

use examples::stage::{self, LeapClock, Setup};
use serde_json::json;
use social_core::{Social, model::Account, tokens::TokenSettings};
use social_sandbox::{
    App, DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, Endpoint, Fault, FaultKind, Sandbox,
};
use tempfile::TempDir;

const WHO: &str = "studio-account";

struct Ground {
    sandbox: Sandbox,
    clock: LeapClock,
    social: Social,
    account: Account,
    _folder: TempDir,
}

impl Ground {
    /// An account whose access tokens live for so many seconds, as the platform says.
    async fn of_tokens_that_live(seconds: u32) -> Self {
        let app = App::new(DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET).lifetimes(seconds, 15_552_000);
        let sandbox = Sandbox::builder().app(app).start().await.unwrap();
        let (folder, clock) = (tempfile::tempdir().unwrap(), LeapClock::default());
        let setup = Setup {
            clock: Arc::new(clock.clone()),
            tokens: TokenSettings::default(),
            ..Setup::default()
        };
        let social = stage::social(folder.path(), sandbox.url(), setup);
        let social = social.await.unwrap();
        let account = stage::connect(&social, WHO).await.unwrap();
        Self {
            sandbox,
            clock,
            social,
            account,
            _folder: folder,
        }
    }

    fn refreshes(&self) -> u64 {
        let counts = self.sandbox.control().refresh_counts();
        counts.get(WHO).map_or(0, |count| count.successful)
    }

    /// A round of a refresh worker, and a caller beside it.
    async fn round(&self) {
        let tokens = self.social.worker().tokens();
        tokens.refresh_due(10).await.unwrap();
        let _valid = tokens.valid(&self.account.key).await;
    }
}

#[tokio::test]
async fn tokens_that_end_at_once_cost_a_refresh_a_minute() {
    let ground = Ground::of_tokens_that_live(0).await;
    for second in (0..600).step_by(5) {
        ground.clock.set(second);
        ground.round().await;
    }
    let refreshes = ground.refreshes();
    assert!((5..=12).contains(&refreshes), "{refreshes} in ten minutes");
    ground.sandbox.stop().await;
}

#[tokio::test]
async fn a_token_endpoint_is_left_alone_for_an_hour_at_most() {
    for (asked, at_least, at_most) in [
        ("0", 5, 3_600),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 5, 3_600),
        ("1000000000000", 3_590, 3_605),
    ] {
        let ground = Ground::of_tokens_that_live(7_200).await;
        let kind = FaultKind::Answer {
            status: 429,
            headers: [("retry-after".to_owned(), asked.to_owned())].into(),
            body: json!({"error": {"code": "rate_limit_exceeded", "log_id": "1"}}),
            done: false,
        };
        let fault = Fault::new(Endpoint::Refresh, kind);
        let fault = ground.sandbox.control().arm(fault).unwrap();
        ground.clock.set(7_200);
        ground.round().await;
        let struck = ground.sandbox.control();
        assert!(struck.struck(fault, Duration::from_secs(5)).await);
        assert_eq!(ground.refreshes(), 0, "{asked}");
        let mut waited = 0;
        while ground.refreshes() == 0 {
            waited += 10;
            assert!(waited <= at_most, "{asked}: {waited} s");
            ground.clock.set(7_200 + waited);
            ground.round().await;
        }
        assert!(waited >= at_least, "{asked}: {waited} s");
        ground.sandbox.stop().await;
    }
}
