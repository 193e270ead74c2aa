mod adopt;
mod count;
mod key_file;
pub(crate) mod logs;
mod moved;
mod rotate;

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::random::SeededRandom;

const KEY: [u8; 32] = *b"an example key, 32 bytes long...";
const OLD: [u8; 32] = *b"another example key of 32 bytes.";
const PLACE: Place<'static> = Place::new("accounts", "7", "tokens");

fn vault_of(ring: LocalKeyRing) -> Vault {
    Vault::new(
        Uuid::from_u128(1),
        Arc::new(ring),
        Arc::new(SeededRandom::new(1)),
    )
}

fn vault() -> Vault {
    vault_of(LocalKeyRing::from_keys([&KEY]).unwrap())
}

fn assert_operator(error: &Error) {
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Seal, &Remedy::Operator),
        "{error}"
    );
}

#[tokio::test]
async fn the_envelope_has_its_documented_layout() {
    let sealed = vault().seal(&PLACE, b"secret").await.unwrap();
    assert_eq!(sealed.len(), 37 + 6);
    assert_eq!(sealed[0], 1);
    assert_eq!(sealed[1..9], SealingKey::new(&KEY).id().as_bytes()[..]);
    assert!(!sealed.windows(6).any(|window| window == b"secret"));
}

#[tokio::test]
async fn equal_values_are_sealed_differently() {
    let vault = vault();
    let mut seen = HashSet::new();
    for _ in 0..100 {
        assert!(seen.insert(vault.seal(&PLACE, b"secret").await.unwrap()[9..21].to_vec()));
    }
}

#[tokio::test]
async fn every_single_bit_flip_is_refused() {
    let vault = vault();
    let sealed = vault.seal(&PLACE, b"secret").await.unwrap();
    let mut messages = HashSet::new();
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let error = vault.open(&PLACE, &changed).await.unwrap_err();
        assert_operator(&error);
        if !(8..72).contains(&bit) {
            messages.insert(error.to_string());
        }
    }
    assert_eq!(
        messages.len(),
        1,
        "outside the key id all read the same: {messages:?}"
    );
}

#[tokio::test]
async fn every_truncation_and_an_extension_is_refused() {
    let vault = vault();
    let mut sealed = vault.seal(&PLACE, b"secret").await.unwrap();
    for length in 0..sealed.len() {
        assert_operator(&vault.open(&PLACE, &sealed[..length]).await.unwrap_err());
    }
    sealed.push(0);
    assert_operator(&vault.open(&PLACE, &sealed).await.unwrap_err());
}

#[tokio::test]
async fn a_value_opens_only_in_its_place_and_installation() {
    let vault = vault();
    let sealed = vault.seal(&PLACE, b"secret").await.unwrap();
    for place in [
        Place::new("logins", "7", "tokens"),
        Place::new("accounts", "8", "tokens"),
        Place::new("accounts", "7", "spool"),
        Place::new("accounts7", "", "tokens"),
        Place::new("accounts", "7tokens", ""),
    ] {
        assert_operator(&vault.open(&place, &sealed).await.unwrap_err());
    }
    let other = Vault {
        installation: Uuid::from_u128(2),
        ..vault.clone()
    };
    assert_operator(&other.open(&PLACE, &sealed).await.unwrap_err());
    assert_eq!(
        vault.open(&PLACE, &sealed).await.unwrap().as_slice(),
        b"secret"
    );
}

#[tokio::test]
async fn a_missing_key_is_named() {
    let old = vault_of(LocalKeyRing::from_keys([&OLD]).unwrap());
    let sealed = old.seal(&PLACE, b"secret").await.unwrap();
    let error = vault().open(&PLACE, &sealed).await.unwrap_err();
    assert_operator(&error);
    let id = SealingKey::new(&OLD).id();
    assert_eq!(
        error.message(),
        format!("sealed under key {id}, which the key ring does not hold: add that key")
    );
}

#[tokio::test]
async fn older_keys_open_and_the_first_seals() {
    let old = vault_of(LocalKeyRing::from_keys([&OLD]).unwrap());
    let sealed = old.seal(&PLACE, b"secret").await.unwrap();
    let both = vault_of(LocalKeyRing::from_keys([&KEY, &OLD]).unwrap());
    assert_eq!(
        both.open(&PLACE, &sealed).await.unwrap().as_slice(),
        b"secret"
    );
    let again = both.seal(&PLACE, b"secret").await.unwrap();
    assert_eq!(again[1..9], SealingKey::new(&KEY).id().as_bytes()[..]);
}

#[tokio::test]
async fn the_key_check_tells_a_wrong_key_from_a_changed_check() {
    let vault = vault();
    let mut check = vault.key_check().await.unwrap();
    vault.verify_key_check(&check).await.unwrap();

    let wrong = vault_of(LocalKeyRing::from_keys([&OLD]).unwrap());
    let error = wrong.verify_key_check(&check).await.unwrap_err();
    assert_operator(&error);
    let needed = SealingKey::new(&KEY).id().to_string();
    assert!(
        error
            .message()
            .starts_with("this key is not the one this database was made with")
            && error.message().contains(&needed),
        "{error}"
    );

    // Another sealed value of the same key is no check.
    let value = vault.seal(&PLACE, KEY_CHECK).await.unwrap();
    assert_operator(&vault.verify_key_check(&value).await.unwrap_err());
    *check.last_mut().unwrap() ^= 1;
    let error = vault.verify_key_check(&check).await.unwrap_err();
    assert_operator(&error);
    assert!(error.message().contains("was changed"), "{error}");
}

#[tokio::test]
async fn nothing_of_a_key_is_shown() {
    let text = "61206b657920746861742069732033322062797465732e2e2e2e2e2e2e2e2e2e";
    let vault = vault_of(LocalKeyRing::parse(text).unwrap());
    let shown = format!("{vault:?}");
    assert!(
        shown.contains("KeyId(") && !shown.contains("6120"),
        "{shown}"
    );
}

proptest! {
    #[test]
    fn what_is_sealed_opens(
        plain: Vec<u8>, table: String, row: String, field: String, other in any::<(String, String, String)>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let vault = vault();
            let place = Place::new(&table, &row, &field);
            let sealed = vault.seal(&place, &plain).await.unwrap();
            let opened = vault.open(&place, &sealed).await.unwrap();
            prop_assert_eq!(opened.as_slice(), &plain[..]);
            if (&table, &row, &field) != (&other.0, &other.1, &other.2) {
                let elsewhere = Place::new(&other.0, &other.1, &other.2);
                prop_assert!(vault.open(&elsewhere, &sealed).await.is_err());
            }
            Ok(())
        })?;
    }

    #[test]
    fn no_bytes_make_opening_panic(bytes: Vec<u8>) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        prop_assert!(runtime.block_on(vault().open(&PLACE, &bytes)).is_err());
    }

    /// Moving a character over a border between two parts changes what a value is bound to.
    #[test]
    fn places_that_join_to_the_same_text_differ(text in ".{2,12}", a in 0..13_usize, b in 0..13_usize) {
        let cut = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(at, _)| at);
        let (a, b) = (cut(a), cut(b));
        let one = vault().associated(&Place::new(&text[..a], &text[a..], ""));
        let two = vault().associated(&Place::new(&text[..b], &text[b..], ""));
        prop_assert_eq!(a == b, one == two);
    }
}
