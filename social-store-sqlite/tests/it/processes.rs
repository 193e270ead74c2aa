//! Several processes on one file. The example `other-process` plays the others.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use social_core::conformance::named;
use social_core::store::{Expect, InstallationStore, PostStore, TokenStore};
use social_store_sqlite::SqliteStore;
use tokio::task::JoinSet;

use crate::fixtures::{post, post_id, token};

/// How many lanes and accounts there are to claim.
const ROWS: u64 = 300;

/// What another process does.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    Claim,
    Open,
    ReadOnly,
    Reopen,
    Write,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Open => "open",
            Self::ReadOnly => "read-only",
            Self::Reopen => "reopen",
            Self::Write => "write",
        }
    }

    fn command(self, program: &Path, file: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .arg(self.name())
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn spawn(self, file: &Path) -> Child {
        self.command(&program(), file).spawn().unwrap()
    }

    /// What it says, played by a user who may write neither the file nor its folder.
    #[cfg(unix)]
    pub(crate) fn play_as_nobody(self) -> String {
        use std::{
            fs,
            os::unix::{fs::PermissionsExt, process::CommandExt},
        };

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("social.db");
        let program = folder.path().join("program");
        fs::copy(self::program(), &program).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async { SqliteStore::open(&file).await.unwrap().close().await });
        fs::set_permissions(&file, PermissionsExt::from_mode(0o444)).unwrap();
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o555)).unwrap();
        let mut command = self.command(&program, &file);
        // Fails for anybody but the superuser, who is the only one in need of it.
        let probe = fs::write(folder.path().join("probe"), b"");
        if probe.is_ok() {
            command.uid(65_534).gid(65_534);
        }
        let output = command.current_dir("/").output().unwrap();
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Built with the tests: `target/PROFILE/examples` beside `target/PROFILE/deps`.
fn program() -> PathBuf {
    let deps = env::current_exe().unwrap();
    let profile = deps.parent().and_then(Path::parent).unwrap();
    profile.join("examples").join("other-process")
}

/// Lets all start at once and gathers what they say.
pub(crate) fn gather(mut children: Vec<Child>) -> Vec<String> {
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

#[test]
fn processes_that_open_a_new_file_at_once_make_one_installation() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..5 {
        let file = folder.path().join(format!("{round}.db"));
        let ids = gather((0..8).map(|_| Role::Open.spawn(&file)).collect());
        assert_eq!(ids.len(), 8);
        assert_eq!(ids.into_iter().collect::<BTreeSet<_>>().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_that_open_a_new_file_at_once_make_one_installation() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..10 {
        let file = folder.path().join(format!("{round}.db"));
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            let file = file.clone();
            tasks.spawn(async move {
                let store = SqliteStore::open(file).await.unwrap();
                store.installation().await.unwrap().id
            });
        }
        let ids: BTreeSet<_> = tasks.join_all().await.into_iter().collect();
        assert_eq!(ids.len(), 1);
    }
}

#[tokio::test]
async fn two_processes_claim_each_row_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("social.db");
    let store = SqliteStore::open(&file).await.unwrap();
    for number in 0..ROWS {
        let account = format!("account-{number}");
        store.submit(&post(number, &account)).await.unwrap();
        store.save(&token(&account), Expect::Absent).await.unwrap();
    }
    let lines = gather(vec![Role::Claim.spawn(&file), Role::Claim.spawn(&file)]);
    let mut times = BTreeMap::<&str, u32>::new();
    for line in &lines {
        *times.entry(line).or_default() += 1;
    }
    assert_eq!(times.len() as u64, 2 * ROWS);
    assert!(times.values().all(|times| *times == 1), "{times:?}");
}

#[tokio::test]
async fn a_killed_process_loses_nothing_that_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..5_u64 {
        let file = folder.path().join(format!("{round}.db"));
        let mut child = Role::Write.spawn(&file);
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut answered = 0;
        for line in out.lines() {
            answered = line.unwrap().parse::<u64>().unwrap();
            if answered == 20 + round * 13 {
                child.kill().unwrap();
            }
        }
        let status = child.wait().unwrap();
        assert!(
            !status.success() && answered >= 20 + round * 13,
            "{status:?}"
        );
        let store = SqliteStore::open(&file).await.unwrap();
        for number in 0..=answered {
            let kept = PostStore::load(&store, &named("owner"), post_id(number))
                .await
                .unwrap();
            assert!(kept.is_some(), "{number} of {answered}");
            let lines = store
                .history(&named("owner"), post_id(number))
                .await
                .unwrap();
            assert_eq!(lines.len(), 1);
        }
        let statistics = store.statistics(&named("owner"), None).await.unwrap();
        assert!(
            statistics.total <= answered + 2,
            "one may have been under way"
        );
    }
}
