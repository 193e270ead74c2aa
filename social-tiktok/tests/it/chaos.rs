//! Whatever goes wrong wherever: one post in the end, never two.

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::json;
use social_core::publish::Outcome;
use social_sandbox::{Endpoint, Fault, FaultKind};

use crate::stage::{CHUNK, Stage};

fn faults() -> impl Strategy<Value = Vec<(Endpoint, FaultKind, u64)>> {
    let endpoint = prop_oneof![
        Just(Endpoint::CreatorInfo),
        Just(Endpoint::Init),
        Just(Endpoint::Upload),
        Just(Endpoint::Status),
    ];
    let kind = prop_oneof![
        Just(FaultKind::DropBefore),
        Just(FaultKind::DropAfter),
        Just(FaultKind::Status {
            status: 500,
            body: json!({"error": {"code": "internal_error"}})
        }),
        Just(FaultKind::Status {
            status: 502,
            body: json!("<html>")
        }),
        Just(FaultKind::Status {
            status: 200,
            body: json!("<html>")
        }),
    ];
    proptest::collection::vec((endpoint, kind, 0..3_u64), 1..6)
}

async fn one_post(size: u64, faults: &[(Endpoint, FaultKind, u64)]) {
    let stage = Stage::new().await;
    let request = stage.request(size).await;
    for (endpoint, kind, skip) in faults {
        stage.arm_fault(Fault::new(*endpoint, kind.clone()).skip(*skip));
    }
    let done = stage.publish(&request).await;
    assert!(matches!(done.outcome, Outcome::Published(_)), "{done:?}");
    stage.assert_one_post();
    assert_eq!(stage.control().posts()[0].size, size);
}

#[test]
fn faults_never_cost_a_post_and_never_make_two() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let config = Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    };
    let sizes = prop_oneof![Just(60_000), Just(2 * CHUNK + 17)];
    TestRunner::new(config)
        .run(&(sizes, faults()), |(size, faults)| {
            runtime.block_on(one_post(size, &faults));
            Ok(())
        })
        .unwrap();
}
