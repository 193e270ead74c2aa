use super::bench::Bench;
use crate::{error::ErrorKind, store::InstallationStore};

const NEW: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00112233445566778899aabbccddeeff1";

/// Puts a new key in front of the one in the file.
fn rotate(bench: &Bench) -> String {
    let path = bench.folder.path().join("key");
    let old = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{NEW}\n{old}")).unwrap();
    old
}

#[tokio::test]
async fn the_key_check_moves_once_the_keys_have_changed() {
    let bench = Bench::new().await;
    let social = &bench.social;
    let before = social.check_vault().await.unwrap();
    assert_eq!(before.current, before.key_check);
    assert!(!social.renew_key_check().await.unwrap(), "nothing to do");
    rotate(&bench);
    social.reload_keys().await.unwrap();
    let rotated = social.check_vault().await.unwrap();
    assert_ne!(rotated.current, before.current);
    assert_eq!(rotated.key_check, before.current);
    assert!(social.renew_key_check().await.unwrap());
    assert!(!social.renew_key_check().await.unwrap());
    assert_eq!(
        social.check_vault().await.unwrap().key_check,
        rotated.current
    );
    // The old key is no longer needed to start.
    std::fs::write(bench.folder.path().join("key"), NEW).unwrap();
    bench.process().await;
}

#[tokio::test]
async fn a_check_that_another_process_moved_is_not_moved_back() {
    let bench = Bench::new().await;
    let late = bench.process().await;
    rotate(&bench);
    bench.social.reload_keys().await.unwrap();
    bench.social.renew_key_check().await.unwrap();
    let moved = bench.store.installation().await.unwrap().key_check;
    // Its own current key is still the old one; the check makes it look at the file again.
    assert!(!late.renew_key_check().await.unwrap());
    assert_eq!(bench.store.installation().await.unwrap().key_check, moved);
}

#[tokio::test]
async fn seals_are_counted_in_the_store() {
    let bench = Bench::new().await;
    let seals = bench.social.check_vault().await.unwrap().seals;
    assert_eq!(seals, 4_096, "one block");
    bench.process().await;
    assert_eq!(bench.social.check_vault().await.unwrap().seals, 2 * 4_096);
}

#[tokio::test]
async fn a_damaged_check_is_told() {
    let bench = Bench::new().await;
    let check = bench.store.installation().await.unwrap().key_check.unwrap();
    let mut damaged = check.clone();
    *damaged.last_mut().unwrap() ^= 1;
    bench
        .store
        .put_key_check(&damaged, Some(&check))
        .await
        .unwrap();
    let error = bench.social.check_vault().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Seal);
    assert!(error.message().contains("Restore the database"), "{error}");
    assert!(bench.social.renew_key_check().await.is_err());
}
