use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

use super::*;

fn refusal(result: Result<()>) -> String {
    let error = result.unwrap_err();
    assert_operator(&error);
    error.to_string()
}

pub(super) fn write(path: &std::path::Path, text: &[u8]) {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path).unwrap().write_all(text).unwrap();
}

#[tokio::test]
async fn is_made_for_a_fresh_store_only_and_then_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.key");

    let text = refusal(LocalKeyRing::file(&path).prepare(false).await);
    assert!(
        text.contains("missing beside an existing database; restore it"),
        "{text}"
    );
    assert!(!path.exists());

    let ring = LocalKeyRing::file(&path);
    ring.prepare(true).await.unwrap();
    ring.prepare(false).await.unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no draft is left"
    );

    for fresh in [true, false] {
        let again = LocalKeyRing::file(&path);
        again.prepare(fresh).await.unwrap();
        assert_eq!(
            again.current().await.unwrap().id(),
            ring.current().await.unwrap().id()
        );
    }
}

#[tokio::test]
async fn two_processes_that_make_it_agree() {
    let folder = tempfile::tempdir().unwrap();
    let rings: Vec<_> = (0..8)
        .map(|_| LocalKeyRing::file(folder.path().join("social.key")))
        .collect();
    let ready = rings.iter().map(|ring| ring.prepare(true));
    futures_util::future::try_join_all(ready).await.unwrap();
    let mut ids = HashSet::new();
    for ring in &rings {
        ids.insert(ring.current().await.unwrap().id());
    }
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn others_must_not_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.key");
    LocalKeyRing::file(&path).prepare(true).await.unwrap();
    for mode in [0o640, 0o604, 0o660, 0o644] {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        let text = refusal(LocalKeyRing::file(&path).prepare(false).await);
        assert!(
            text.contains(&format!("chmod 600 {}", path.display())),
            "{text}"
        );
    }
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o400)).unwrap();
    LocalKeyRing::file(&path).prepare(false).await.unwrap();
}

#[tokio::test]
async fn what_is_no_key_is_refused_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.key");
    let short = "61206b657920746861742069732033322062797465";
    let long = "612f6b657920746861742069732033332062797465732c20696e20686578206c6f6e672e";
    for (text, told) in [
        (&b""[..], "no key"),
        (b"# only a comment\n\n", "no key"),
        (
            short.as_bytes(),
            "line 1 of the keys is no key: 21 bytes are too short",
        ),
        (
            long.as_bytes(),
            "line 1 of the keys is no key: 36 bytes are too long",
        ),
        (
            b"# mine\nYSBzaG9ydCBvbmU=",
            "line 2 of the keys is no key: 11 bytes are too short",
        ),
        (
            b"YW5vdGhlciBleGFtcGxlIGtleSBvZiAzMyBieXRlcyEh",
            "33 bytes are too long",
        ),
        (b"change me!", "neither hex digits nor base64"),
        (b"\xff\xfe\x00raw bytes, not text", "is not text"),
        (&[b'0'; 64], "one byte repeated"),
        (
            &b"0123456789abcdef".repeat(4),
            "8 bytes repeated, a placeholder",
        ),
        (b"c2l4dGVlbiBieXRlcyEhc2l4dGVlbiBieXRlcyEh", "are too short"),
    ] {
        write(&path, text);
        for fresh in [true, false] {
            let shown = refusal(LocalKeyRing::file(&path).prepare(fresh).await);
            assert!(
                shown.contains(told) && shown.contains("social.key"),
                "{shown}"
            );
            assert!(
                !["6120", "612f", "YSB", "change"]
                    .iter()
                    .any(|part| shown.contains(part)),
                "{shown}"
            );
        }
        assert_eq!(std::fs::read(&path).unwrap(), text, "it is left as it is");
    }
    let pipe = folder.path().join("pipe.key");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for other in [folder.path(), &pipe] {
        let text = refusal(LocalKeyRing::file(other).prepare(true).await);
        assert!(text.contains("is not a file"), "{text}");
    }
}

#[tokio::test]
async fn reads_hex_and_base64_and_comments() {
    let hex = "616E206578616D706C65206B65792C203332206279746573206C6F6E672E2E2E";
    let base64 = "YW5vdGhlciBleGFtcGxlIGtleSBvZiAzMiBieXRlcy4";
    let ring =
        LocalKeyRing::parse(&format!("# rotated\r\n\r\n  {hex}\r\n{base64}=\n{base64}")).unwrap();
    let (first, second) = (SealingKey::new(&KEY).id(), SealingKey::new(&OLD).id());
    assert_eq!(ring.current().await.unwrap().id(), first);
    assert!(ring.get(&second).await.unwrap().is_some());
    assert!(LocalKeyRing::from_keys([]).is_err());
}

#[tokio::test]
async fn keys_are_missed_before_it_is_read() {
    let ring = LocalKeyRing::file("never read");
    assert_operator(&ring.current().await.unwrap_err());
    assert_operator(&ring.get(&SealingKey::new(&KEY).id()).await.unwrap_err());
    let sealed = vault().seal(&PLACE, b"secret").await.unwrap();
    let error = vault_of(ring).open(&PLACE, &sealed).await.unwrap_err();
    assert!(
        error.message().contains("prepare the key ring first"),
        "{error}"
    );
}

#[tokio::test]
async fn made_keys_differ() {
    let folder = tempfile::tempdir().unwrap();
    let mut ids = HashSet::new();
    for name in ["a", "b"] {
        let ring = LocalKeyRing::file(folder.path().join(name));
        ring.prepare(true).await.unwrap();
        ids.insert(ring.current().await.unwrap().id());
    }
    assert_eq!(ids.len(), 2);
}
