//! Four processes on one schema. The example `other-process` plays the others.

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use social_core::conformance::named;
use social_core::store::PostStore;
use tokio::task::JoinSet;

use crate::{
    fixtures::post,
    schemas::{Schemas, database_url},
};

const LANES: u64 = 400;

/// Built with the tests: `target/PROFILE/examples` beside `target/PROFILE/deps`.
fn program() -> PathBuf {
    let deps = env::current_exe().unwrap();
    let profile = deps.parent().and_then(Path::parent).unwrap();
    profile.join("examples").join("other-process-postgres")
}

fn spawn(role: &str, schema: &str) -> Child {
    let mut command = Command::new(program());
    command.arg(role).arg(schema);
    command.env("DATABASE_URL", database_url());
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// Lets all start at once and gathers what they say.
fn gather(mut children: Vec<Child>) -> Vec<String> {
    for child in &mut children {
        drop(child.stdin.take());
    }
    let mut lines = Vec::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        lines.extend(text.lines().map(str::to_owned));
    }
    lines
}

#[tokio::test]
async fn four_processes_claim_each_lane_once() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let mut tasks = JoinSet::new();
    for number in 0..LANES {
        let store = store.clone();
        let account = format!("account-{number}");
        tasks.spawn(async move { store.submit(&post(number, &account)).await.unwrap() });
    }
    tasks.join_all().await;
    let lines = gather((0..4).map(|_| spawn("claim-posts", &name)).collect());
    let mut times = BTreeMap::<&str, u32>::new();
    for line in &lines {
        *times.entry(line).or_default() += 1;
    }
    assert_eq!(times.len() as u64, LANES);
    assert!(times.values().all(|times| *times == 1), "{times:?}");
}

/// Each process submits the same 200 posts: one of them makes each, and all hear of the same.
#[tokio::test]
async fn four_processes_submit_each_key_once() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let lines = gather((0..4).map(|_| spawn("submit-posts", &name)).collect());
    assert_eq!(lines.len(), 800);
    let new = lines.iter().filter(|line| line.starts_with("new ")).count();
    assert_eq!(new, 200);
    assert_eq!(
        store.statistics(&named("owner"), None).await.unwrap().total,
        200
    );
}
