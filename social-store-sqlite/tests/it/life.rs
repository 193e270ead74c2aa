//! What tells a restored or copied file from the one that was accepted.

use std::{
    fs,
    path::{Path, PathBuf},
};

use social_core::{
    error::{ErrorKind, Remedy},
    store::{Incarnations, InstallationStore, LastWrites, PostStore},
};
use social_store_sqlite::SqliteStore;

use crate::{
    fixtures::{post, tamper},
    processes::{Role, gather},
};

async fn lives(path: &Path) -> Incarnations {
    let store = SqliteStore::open(path).await.unwrap();
    let lives = store.incarnations().await.unwrap();
    store.close().await;
    lives
}

fn beside(path: &Path) -> PathBuf {
    path.with_extension("db.life")
}

/// A closed store with a post in it.
async fn used(folder: &Path) -> PathBuf {
    let path = folder.join("social.db");
    let store = SqliteStore::open(&path).await.unwrap();
    store.submit(&post(1, "a")).await.unwrap();
    assert!(store.incarnations().await.unwrap().is_same());
    store.close().await;
    path
}

async fn write_more(path: &Path, number: u64) {
    let store = SqliteStore::open(path).await.unwrap();
    store.submit(&post(number, "a")).await.unwrap();
    store.close().await;
}

/// Another life, on every opening, until it is accepted.
async fn is_noticed(path: &Path) {
    let first = lives(path).await;
    assert!(!first.is_same());
    write_more(path, 1_000).await;
    let again = lives(path).await;
    assert_eq!(again, first, "what is written meanwhile changes nothing");

    let store = SqliteStore::open(path).await.unwrap();
    let stale = store
        .accept_incarnation(&first.accepted, LastWrites::Kept)
        .await
        .unwrap_err();
    assert_eq!(stale.kind(), ErrorKind::Conflict, "{stale:?}");
    store
        .accept_incarnation(&first.present, LastWrites::Kept)
        .await
        .unwrap();
    let accepted = store.incarnations().await.unwrap();
    assert!(accepted.is_same());
    assert_eq!(accepted.present, first.present);
    store.close().await;
    assert!(lives(path).await.is_same(), "it stays accepted");
}

#[tokio::test]
async fn a_file_opened_again_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = used(folder.path()).await;
    let first = lives(&path).await;
    for number in 2..5 {
        write_more(&path, number).await;
        assert_eq!(lives(&path).await, first);
        assert!(first.is_same());
    }
}

#[tokio::test]
async fn a_copy_elsewhere_is_noticed_and_the_original_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = used(folder.path()).await;
    for with_life in [false, true] {
        let copy = folder.path().join(format!("copy-{with_life}.db"));
        fs::copy(&path, &copy).unwrap();
        if with_life {
            fs::copy(beside(&path), beside(&copy)).unwrap();
        }
        is_noticed(&copy).await;
        assert!(lives(&path).await.is_same());
    }
}

#[tokio::test]
async fn an_online_backup_put_in_place_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    let store = SqliteStore::open(&path).await.unwrap();
    store.submit(&post(1, "a")).await.unwrap();
    let mut other = crate::fixtures::raw(&path).await;
    let backup = folder.path().join("backup.db");
    let vacuum = sqlx::AssertSqlSafe(format!("VACUUM INTO '{}'", backup.display()));
    sqlx::query(vacuum).execute(&mut other).await.unwrap();
    drop(other);
    // The store was not opened again between the backup and the end.
    store.submit(&post(2, "a")).await.unwrap();
    store.close().await;

    fs::copy(&backup, &path).unwrap();
    is_noticed(&path).await;
    fs::rename(&backup, &path).unwrap();
    is_noticed(&path).await;
}

#[tokio::test]
async fn an_older_copy_written_over_the_file_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = used(folder.path()).await;
    let older = fs::read(&path).unwrap();
    write_more(&path, 2).await;
    fs::write(&path, older).unwrap();
    is_noticed(&path).await;
}

#[tokio::test]
async fn a_copy_of_an_abandoned_life_is_noticed_even_when_it_went_further() {
    let folder = tempfile::tempdir().unwrap();
    let path = used(folder.path()).await;
    let older = fs::read(&path).unwrap();
    for number in 2..60 {
        write_more(&path, number).await;
    }
    let further = fs::read(&path).unwrap();
    fs::write(&path, older).unwrap();
    is_noticed(&path).await;
    fs::write(&path, further).unwrap();
    is_noticed(&path).await;
}

#[tokio::test]
async fn a_file_without_its_companion_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = used(folder.path()).await;
    fs::remove_file(beside(&path)).unwrap();
    is_noticed(&path).await;
    fs::write(beside(&path), "nonsense").unwrap();
    is_noticed(&path).await;
}

#[tokio::test]
async fn a_new_file_in_the_place_of_one_that_is_gone_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = used(folder.path()).await;
    let lose = || {
        fs::remove_file(&path).unwrap();
        for rest in ["db-wal", "db-shm"] {
            let _ = fs::remove_file(path.with_extension(rest));
        }
    };
    lose();
    let store = SqliteStore::open(&path).await.unwrap();
    let mut doubted = post(1, "a");
    doubted.hold_after_loss = Some(std::time::Duration::from_secs(86_400));
    store.submit(&doubted).await.unwrap();
    assert_eq!(
        store.held(None, 10).await.unwrap().len(),
        1,
        "its key may be used"
    );
    store.close().await;
    is_noticed(&path).await;

    lose();
    fs::write(&path, "").unwrap();
    is_noticed(&path).await;

    lose();
    fs::remove_file(beside(&path)).unwrap();
    assert!(lives(&path).await.is_same(), "nothing tells of another one");
}

#[cfg(unix)]
#[tokio::test]
async fn a_moved_file_is_the_same_with_its_companion() {
    let folder = tempfile::tempdir().unwrap();
    let path = used(folder.path()).await;
    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let moved = elsewhere.join("moved.db");
    fs::rename(&path, &moved).unwrap();
    fs::rename(beside(&path), beside(&moved)).unwrap();
    assert!(lives(&moved).await.is_same());

    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(&moved, &link).unwrap();
    assert!(lives(&link).await.is_same(), "a link leads to the same");
    assert!(!beside(&link).exists());
}

/// The folder of the companion is missing, so that it cannot be made: the process ends between the two writes.
#[cfg(unix)]
#[tokio::test]
async fn an_end_between_the_two_writes_of_a_new_file_is_no_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    std::os::unix::fs::symlink(folder.path().join("none/life"), beside(&path)).unwrap();
    let error = SqliteStore::open(&path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage, "{error:?}");
    assert_eq!(*error.remedy(), Remedy::Operator, "{error:?}");
    assert!(error.to_string().contains("social.db.life"), "{error}");
    fs::remove_file(beside(&path)).unwrap();
    assert!(lives(&path).await.is_same());
    assert!(lives(&path).await.is_same());
    fs::remove_file(beside(&path)).unwrap();
    is_noticed(&path).await;
}

#[cfg(unix)]
#[tokio::test]
async fn an_end_between_the_two_writes_of_another_life_hides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = used(folder.path()).await;
    fs::remove_file(beside(&path)).unwrap();
    std::os::unix::fs::symlink(folder.path().join("none/life"), beside(&path)).unwrap();
    SqliteStore::open(&path).await.unwrap_err();
    fs::remove_file(beside(&path)).unwrap();
    is_noticed(&path).await;
}

/// As when a process is killed after a commit, or the power fails before the companion is on the disk.
#[tokio::test]
async fn a_companion_that_fell_behind_is_no_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let path = used(folder.path()).await;
    let behind = fs::read(beside(&path)).unwrap();
    write_more(&path, 2).await;
    assert_ne!(
        fs::read(beside(&path)).unwrap(),
        behind,
        "a write is counted"
    );
    fs::write(beside(&path), behind).unwrap();
    assert!(lives(&path).await.is_same());
    write_more(&path, 3).await;
    assert!(lives(&path).await.is_same());
}

#[tokio::test]
async fn what_writes_nothing_is_not_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = used(folder.path()).await;
    let before = fs::read(beside(&path)).unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    store.hold(&crate::fixtures::key("a")).await.unwrap();
    let held = fs::read(beside(&path)).unwrap();
    assert_ne!(held, before);
    assert!(
        store
            .claim(&crate::fixtures::claim(1))
            .await
            .unwrap()
            .is_empty()
    );
    store.submit(&post(1, "a")).await.unwrap();
    assert_eq!(fs::read(beside(&path)).unwrap(), held);
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_put_in_place_of_an_open_one_stops_who_has_it_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = used(folder.path()).await;
    let copy = folder.path().join("copy.db");
    fs::copy(&path, &copy).unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    assert!(store.incarnations().await.unwrap().is_same());
    fs::rename(&copy, &path).unwrap();
    let lives = store.incarnations().await.unwrap();
    assert!(!lives.is_same());
    let error = store
        .accept_incarnation(&lives.present, LastWrites::Kept)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
    fs::remove_file(&path).unwrap();
    assert!(!store.incarnations().await.unwrap().is_same());
}

#[test]
fn many_processes_that_open_and_write_at_once_raise_no_alarm() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..3 {
        let path = folder.path().join(format!("{round}.db"));
        for _ in 0..2 {
            let said = gather((0..8).map(|_| Role::Reopen.spawn(&path)).collect());
            assert_eq!(said.len(), 8 * 20);
            assert!(said.iter().all(|line| line == "same"), "{said:?}");
        }
    }
}

#[tokio::test]
async fn killed_processes_raise_no_alarm() {
    use std::io::{BufRead, BufReader};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    for round in 0..10_usize {
        let mut child = Role::Write.spawn(&path);
        let out = BufReader::new(child.stdout.take().unwrap());
        for _ in out.lines().take(1 + round * 3) {}
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(lives(&path).await.is_same(), "{round}");
        tamper(&path, "DELETE FROM post_history; DELETE FROM posts").await;
    }
}
