use super::{key_file::write, *};
use crate::vault::tests::logs;

const KEY_HEX: &str = "616e206578616d706c65206b65792c203332206279746573206c6f6e672e2e2e";
const OLD_BASE64: &str = "YW5vdGhlciBleGFtcGxlIGtleSBvZiAzMiBieXRlcy4";

struct OnDisk {
    _folder: tempfile::TempDir,
    path: std::path::PathBuf,
}

impl OnDisk {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("social.key");
        let this = Self {
            _folder: folder,
            path,
        };
        this.put(text);
        this
    }

    /// As an editor does it: a new file in the place of the old one.
    fn put(&self, text: &str) {
        let draft = self.path.with_extension("new");
        write(&draft, text.as_bytes());
        std::fs::rename(draft, &self.path).unwrap();
    }

    /// A process.
    async fn open(&self) -> Vault {
        let ring = LocalKeyRing::file(&self.path);
        ring.prepare(false).await.unwrap();
        vault_of(ring)
    }
}

fn both() -> String {
    format!("{KEY_HEX}\n{OLD_BASE64}\n")
}

fn is_under(sealed: &[u8], key: &[u8; 32]) -> bool {
    sealed[1..9] == SealingKey::new(key).id().as_bytes()[..]
}

#[tokio::test]
async fn reloading_puts_the_new_key_in_front() {
    let disk = OnDisk::new(OLD_BASE64);
    let vault = disk.open().await;
    let before = vault.seal(&PLACE, b"secret").await.unwrap();
    assert!(is_under(&before, &OLD));
    disk.put(&both());
    vault.reload().await.unwrap();
    assert!(is_under(&vault.seal(&PLACE, b"x").await.unwrap(), &KEY));
    assert_eq!(
        vault.open(&PLACE, &before).await.unwrap().as_slice(),
        b"secret"
    );
}

#[tokio::test]
async fn a_value_under_an_unknown_key_makes_a_process_look_at_the_file_again() {
    let disk = OnDisk::new(OLD_BASE64);
    let (late, early) = (disk.open().await, disk.open().await);
    disk.put(&both());
    early.reload().await.unwrap();
    let sealed = early.seal(&PLACE, b"secret").await.unwrap();
    assert!(is_under(&sealed, &KEY));
    assert_eq!(
        late.open(&PLACE, &sealed).await.unwrap().as_slice(),
        b"secret"
    );
    assert!(is_under(&late.seal(&PLACE, b"x").await.unwrap(), &KEY));
}

#[tokio::test]
async fn a_broken_file_keeps_the_keys_and_is_reported_once() {
    let disk = OnDisk::new(OLD_BASE64);
    let vault = disk.open().await;
    let unknown = super::vault().seal(&PLACE, b"secret").await.unwrap();
    for broken in ["", "61206b6579", "no key at all!"] {
        let (heard, _subscribed) = logs::hear();
        disk.put(broken);
        for _ in 0..3 {
            assert_operator(&vault.open(&PLACE, &unknown).await.unwrap_err());
        }
        assert_eq!(heard.count("ERROR"), 1, "once for each change of the file");
        let error = vault.reload().await.unwrap_err();
        assert_operator(&error);
        assert!(!error.to_string().contains("6120"), "{error}");
        assert!(is_under(&vault.seal(&PLACE, b"x").await.unwrap(), &OLD));
    }
    std::fs::remove_file(&disk.path).unwrap();
    let error = vault.reload().await.unwrap_err();
    assert!(
        error.message().contains("restore it from the backup"),
        "{error}"
    );
    assert!(is_under(&vault.seal(&PLACE, b"x").await.unwrap(), &OLD));
    disk.put(&both());
    assert_eq!(
        vault.open(&PLACE, &unknown).await.unwrap().as_slice(),
        b"secret"
    );
}

#[tokio::test]
async fn reloading_makes_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let ring = LocalKeyRing::file(folder.path().join("social.key"));
    ring.reload().await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let fixed = LocalKeyRing::from_keys([&KEY]).unwrap();
    fixed.reload().await.unwrap();
    fixed.current().await.unwrap();
}

#[tokio::test]
async fn resealing_touches_only_what_is_under_another_key() {
    let old = vault_of(LocalKeyRing::from_keys([&OLD]).unwrap());
    let rotated = vault_of(LocalKeyRing::from_keys([&KEY, &OLD]).unwrap());
    let sealed = old.seal(&PLACE, b"secret").await.unwrap();
    let new = rotated.reseal(&PLACE, &sealed).await.unwrap().unwrap();
    assert!(is_under(&new, &KEY));
    assert_eq!(
        vault().open(&PLACE, &new).await.unwrap().as_slice(),
        b"secret"
    );
    assert_eq!(rotated.reseal(&PLACE, &new).await.unwrap(), None);
    let elsewhere = Place::new("accounts", "8", "tokens");
    assert_operator(&rotated.reseal(&elsewhere, &sealed).await.unwrap_err());
}

#[tokio::test]
async fn the_key_check_moves_with_the_key() {
    let old = vault_of(LocalKeyRing::from_keys([&OLD]).unwrap());
    let rotated = vault_of(LocalKeyRing::from_keys([&KEY, &OLD]).unwrap());
    let check = old.key_check().await.unwrap();
    let health = rotated.check_health(&check).await.unwrap();
    assert_eq!(health.current, SealingKey::new(&KEY).id());
    assert_eq!(health.key_check, SealingKey::new(&OLD).id());
    let moved = rotated.reseal_key_check(&check).await.unwrap().unwrap();
    assert_eq!(rotated.reseal_key_check(&moved).await.unwrap(), None);
    vault().verify_key_check(&moved).await.unwrap();
    assert_operator(&old.verify_key_check(&moved).await.unwrap_err());
    assert_operator(&old.check_health(&moved).await.unwrap_err());
}
