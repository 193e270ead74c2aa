//! The file: who may read it, what is refused, and what is said then.

use std::{fs, path::Path};

use social_core::{
    conformance::named,
    error::{Error, ErrorKind, Remedy},
    store::{
        EventStore, Expect, InstallationStore, Limit, Limits, LoginRecord, LoginStore, PostContent,
        PostEdit, PostStore, Revision, TokenStore, Window,
    },
};
use social_store_sqlite::SqliteStore;

use crate::fixtures::{at, event, kept, key, post, raw, tamper, token};

async fn refusal(path: &Path) -> Error {
    SqliteStore::open(path).await.expect_err("opens")
}

/// Says that an operator must act, and holds these words.
#[track_caller]
fn says(error: &Error, kind: ErrorKind, words: &[&str]) {
    assert_eq!(error.kind(), kind, "{error:?}");
    assert_eq!(*error.remedy(), Remedy::Operator, "{error:?}");
    for word in words {
        assert!(error.to_string().contains(word), "{word} in {error}");
    }
}

#[tokio::test]
async fn an_installation_is_one_however_often_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    let first = SqliteStore::open(&path).await.unwrap();
    let second = SqliteStore::open(&path).await.unwrap();
    let id = first.installation().await.unwrap().id;
    assert_eq!(second.installation().await.unwrap().id, id);
    first.close().await;
    second.close().await;
    let third = SqliteStore::open(&path).await.unwrap();
    assert_eq!(third.installation().await.unwrap().id, id);
}

#[cfg(unix)]
#[tokio::test]
async fn every_file_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("social.db"))
        .await
        .unwrap();
    store.submit(&post(1, "a")).await.unwrap();
    let mut names = Vec::new();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    let expected = [
        "social.db",
        "social.db-shm",
        "social.db-wal",
        "social.db.life",
    ];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn a_closed_store_leaves_two_files_and_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let clone = store.clone();
    store.save(&token("a"), Expect::Absent).await.unwrap();
    store.close().await;
    store.close().await;
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let error = TokenStore::load(&clone, &key("a")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(clone.hold(&key("a")).await.is_err());
    let again = SqliteStore::open(&path).await.unwrap();
    assert!(TokenStore::load(&again, &key("a")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_name_that_sqlite_would_read_otherwise_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for name in [":memory:", "file:x?mode=memory", "with space %41 ä.db"] {
        let path = folder.path().join(name);
        let store = SqliteStore::open(&path).await.unwrap();
        store.close().await;
        assert!(fs::metadata(&path).unwrap().len() > 0, "{name}");
    }
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = refusal(&folder.path().join("none/social.db")).await;
    says(
        &error,
        ErrorKind::Storage,
        &["none/social.db", "folder does not exist"],
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_path_that_is_not_text_is_told_and_nothing_is_made() {
    use std::os::unix::ffi::OsStrExt as _;

    let folder = tempfile::tempdir().unwrap();
    let name = std::ffi::OsStr::from_bytes(b"soci\xffal.db");
    let error = refusal(&folder.path().join(name)).await;
    says(&error, ErrorKind::Storage, &["not text (UTF-8)"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_folder_is_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let error = refusal(folder.path()).await;
    says(&error, ErrorKind::Storage, &["cannot be opened"]);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let text = "not a database\n".repeat(1_000);
    fs::write(&path, &text).unwrap();
    let error = refusal(&path).await;
    says(&error, ErrorKind::Storage, &["not a SQLite database"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn another_programs_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    tamper(&path, "CREATE TABLE posts (id INTEGER)").await;
    let before = fs::read(&path).unwrap();
    let error = refusal(&path).await;
    says(&error, ErrorKind::Storage, &["another program"]);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_newer_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    SqliteStore::open(&path).await.unwrap().close().await;
    tamper(&path, "UPDATE installation SET schema_version = 99").await;
    let before = fs::read(&path).unwrap();
    let error = refusal(&path).await;
    says(
        &error,
        ErrorKind::Unsupported,
        &["version 99", "version 2", "newer"],
    );
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn tables_of_others_may_be_added() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    SqliteStore::open(&path).await.unwrap().close().await;
    tamper(
        &path,
        "CREATE TABLE sessions (id TEXT); PRAGMA user_version = 7",
    )
    .await;
    SqliteStore::open(&path).await.unwrap();
}

#[tokio::test]
async fn a_damaged_file_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    let store = SqliteStore::open(&path).await.unwrap();
    for number in 0..200 {
        store.submit(&post(number, "a")).await.unwrap();
    }
    store.close().await;
    let mut bytes = fs::read(&path).unwrap();
    let pages = bytes.len() / 4_096;
    assert!(pages > 20);
    bytes[4_096 * 2..].fill(0x5a);
    fs::write(&path, bytes).unwrap();
    let error = match SqliteStore::open(&path).await {
        Err(error) => error,
        Ok(store) => store.submit(&post(1_000, "a")).await.unwrap_err(),
    };
    says(&error, ErrorKind::Storage, &["damaged", "backup"]);
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_stops_nothing_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    SqliteStore::open(&path).await.unwrap().close().await;
    let pages = u32::try_from(fs::metadata(&path).unwrap().len() / 4_096).unwrap();
    let builder = SqliteStore::builder().page_limit(pages + 8);
    let store = builder.open(&path).await.unwrap();
    let mut kept = Vec::new();
    let mut error = None;
    for number in 0..100_u8 {
        let mut login = LoginRecord::new(named("VALUE-OF-A-ROW"), token("a").connector(), at(60));
        login.state_hash = [number; 32];
        login.sealed = vec![number; 2_000];
        match store.put(&login).await {
            Ok(()) => kept.push(login),
            Err(full) => error = error.or(Some(full)),
        }
    }
    let error = error.expect("it never was full");
    says(&error, ErrorKind::Storage, &["disk", "full", "free space"]);
    assert_eq!(error.operation(), Some("logins.put"));
    assert!(!format!("{error:?} {error}").contains("VALUE"), "{error:?}");
    assert!(!kept.is_empty() && kept.len() < 100);
    for login in kept {
        let taken = store.take(&login.state_hash, at(0)).await.unwrap();
        assert_eq!(taken, Some(login));
    }
    let mut login = LoginRecord::new(named("owner"), token("a").connector(), at(60));
    login.sealed = vec![1; 2_000];
    store.put(&login).await.expect("there is room again");
}

#[tokio::test]
async fn a_full_disk_leaves_nothing_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    SqliteStore::open(&path).await.unwrap().close().await;
    let pages = u32::try_from(fs::metadata(&path).unwrap().len() / 4_096).unwrap();
    let builder = SqliteStore::builder().page_limit(pages + 8);
    let store = builder.open(&path).await.unwrap();
    store.submit(&post(1, "a")).await.unwrap();
    store.insert(&[event(0)]).await.unwrap();
    let beside = fs::read(path.with_extension("db.life")).unwrap();

    let big = |number| {
        let mut event = event(number);
        event.event.body = vec![1; 3_000];
        event
    };
    let batch: Vec<_> = (1..=40).map(big).collect();
    let error = store.insert(&batch).await.unwrap_err();
    says(&error, ErrorKind::Storage, &["disk", "full", "free space"]);
    assert_eq!(error.operation(), Some("events.insert"));
    let backlog = store.backlog(at(100)).await.unwrap();
    assert_eq!(backlog.ready, 1, "all or nothing");

    let key = |number| format!("{number} {}", "k".repeat(1_000));
    let limit = |number| Limit::of_calls(key(number), Window::per_minute(9));
    let limits: Vec<_> = (0..200).map(limit).collect();
    let error = store.book(&limits, "holder").await.unwrap_err();
    says(&error, ErrorKind::Storage, &["disk", "full"]);
    assert_eq!(store.usage(&limits[0]).await.unwrap().used, 0);

    let checkpoint = post(1, "a").checkpoint;
    let mut edit = PostEdit::new(at(50), None);
    edit.content = Some(PostContent::new("Other", vec![1; 90_000], checkpoint));
    let id = post(1, "a").id;
    let error = store
        .edit(&named("owner"), id, Revision(1), &edit, at(1))
        .await;
    says(&error.unwrap_err(), ErrorKind::Storage, &["disk", "full"]);
    let kept = kept(&store, 1).await;
    assert_eq!((kept.revision, kept.caption.as_str()), (Revision(1), ""));
    let after = fs::read(path.with_extension("db.life")).unwrap();
    assert_eq!(after, beside, "what was not written is not counted");
    assert_eq!(store.insert(&[event(1)]).await.unwrap(), [true]);
}

/// Played as another user, because the superuser may write anything.
#[cfg(unix)]
#[test]
fn a_read_only_file_is_refused() {
    use crate::processes::Role;

    let said = Role::ReadOnly.play_as_nobody();
    assert!(said.contains("kind Storage remedy Operator"), "{said}");
    assert!(
        said.contains("make the file and its folder writable"),
        "{said}"
    );
}

#[tokio::test]
async fn a_file_without_tables_becomes_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.db");
    fs::write(&path, b"").unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    store.submit(&post(1, "a")).await.unwrap();
    drop(raw(&path).await);
}
