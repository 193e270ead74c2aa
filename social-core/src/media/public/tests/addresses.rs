use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::*;
use crate::{
    media::{ADDRESS_LIFETIME_MAX, ADDRESS_LIFETIME_MIN},
    platform::hex,
};

/// The time at which the clock stands.
const NOW: u64 = 1_767_225_600;

#[tokio::test]
async fn an_address_is_base_id_expiry_and_signature() {
    let stage = Stage::new();
    let id = stage.put(b"photo").await;
    let url = stage.media.public_url(&id, HOUR).await.unwrap().unwrap();
    let expires = NOW + 3_602;
    let message = format!("social public media, version 1\n/a/files\n{id}\n{expires}");
    let mac = Hmac::<Sha256>::new_from_slice(&key(1)).unwrap();
    let tag = mac.chain_update(message).finalize().into_bytes();
    let hex = hex::encode(tag);
    assert_eq!(
        url.expose().as_str(),
        format!("{BASE}/{id}?expires={expires}&signature={hex}")
    );
    assert_eq!(stage.get(&stage.target(&id).await).await.body, b"photo");
}

#[tokio::test]
async fn a_base_may_end_with_a_slash_or_be_a_host_alone() {
    for (base, path) in [
        ("https://media.example.com", ""),
        ("https://media.example.com/", ""),
        ("https://media.example.com/files/", "/files"),
    ] {
        let stage = Stage::with(base, &[1], |_| {});
        let id = stage.put(b"photo").await;
        let target = stage.target(&id).await;
        assert!(target.starts_with(&format!("{path}/{id}?")), "{target}");
        assert_eq!(stage.get(&target).await.status, 200);
    }
}

#[tokio::test]
async fn an_address_lives_as_long_as_was_asked_within_its_bounds() {
    let second = Duration::from_secs(1);
    for (asked, least) in [
        (Duration::ZERO, ADDRESS_LIFETIME_MIN),
        (HOUR, HOUR),
        (Duration::from_millis(3_600_999), HOUR + second),
        (Duration::from_secs(86_400), ADDRESS_LIFETIME_MAX),
        (Duration::MAX, ADDRESS_LIFETIME_MAX),
    ] {
        let stage = Stage::new();
        stage.clock.advance(Duration::from_micros(999_999));
        let id = stage.put(b"photo").await;
        let url = stage.media.public_url(&id, asked).await.unwrap().unwrap();
        let target = url.expose().as_str();
        stage.clock.advance(least);
        assert_eq!(stage.get(target).await.status, 200, "{asked:?}");
        stage.clock.advance(second * 2);
        assert_eq!(stage.get(target).await.status, 404, "{asked:?}");
    }
}

#[tokio::test]
async fn only_what_is_stored_has_an_address() {
    let stage = Stage::new();
    let id = MediaId::from_digest([7; 32]);
    let error = stage.media.public_url(&id, HOUR).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn an_address_that_was_changed_anywhere_leads_nowhere() {
    let stage = Stage::new();
    let id = stage.put(b"photo").await;
    let target = stage.target(&id).await;
    let asked = stage.times();
    for at in 1..target.len() {
        for other in ["0", "1", "f", "/", "&", "=", "%", "A", "-"] {
            let mut changed = target.clone();
            changed.replace_range(at..=at, other);
            if changed == target {
                continue;
            }
            let told = stage.get(&changed).await;
            assert_eq!(told.status, 404, "{changed}");
        }
        let mut cut = target.clone();
        cut.remove(at);
        assert_eq!(stage.get(&cut).await.status, 404, "{cut}");
    }
    assert_eq!(stage.times(), asked, "the store is not asked");
    assert_eq!(stage.get(&target).await.status, 200);
}

#[tokio::test]
async fn hostile_addresses_lead_nowhere() {
    let stage = Stage::new();
    let id = stage.put(b"photo").await;
    let target = stage.target(&id).await;
    let (path, query) = target.split_once('?').unwrap();
    let (expires, signature) = query.split_once('&').unwrap();
    let other = stage.put(b"another").await;
    let upper = signature["signature=".len()..].to_ascii_uppercase();
    let long = "a".repeat(30_000);
    let asked = stage.times();
    for hostile in [
        path.to_owned(),
        format!("{path}?"),
        format!("{path}?{expires}"),
        format!("{path}?{signature}"),
        format!("{path}?{signature}&{expires}"),
        format!("{target}&a=b"),
        format!("{target}&{signature}"),
        format!("{target}&{expires}"),
        format!("{path}?{expires}&{query}"),
        format!("{path}?a=b&{query}"),
        format!("{path}?{expires}&signature={upper}"),
        format!("{path}?{expires}&signature="),
        format!("{path}?{expires}&{signature}00"),
        format!("{path}?{expires}&{signature}{long}"),
        format!("{path}?{long}"),
        format!("{path}?expires=&{signature}"),
        format!("{path}?expires=+1767229202&{signature}"),
        format!("{path}?expires=01767229202&{signature}"),
        format!("{path}?expires=-1&{signature}"),
        format!("{path}?expires=1e9&{signature}"),
        format!("{path}?expires=18446744073709551615&{signature}"),
        format!("{path}?expires=18446744073709551616&{signature}"),
        format!("{path}?expires=99999999999999999999999999&{signature}"),
        format!("/a/files/{other}?{query}"),
        format!("/a/files/{}?{query}", id.as_str().to_ascii_uppercase()),
        format!("/a/files/..%2f{id}?{query}"),
        format!("/a/files/../{id}?{query}"),
        format!("/a/files/{id}/?{query}"),
        format!("/a/files/{id}.mp4?{query}"),
        format!("/a/files/%00?{query}"),
        format!("/a/files/?{query}"),
        format!("/b/files/{id}?{query}"),
        format!("//{id}?{query}"),
        format!("/?{query}"),
        "*".to_owned(),
    ] {
        let told = stage.get(&hostile).await;
        assert_eq!(told.status, 404, "{hostile:.200}");
    }
    assert_eq!(stage.times(), asked, "the store is not asked");
}

/// A proxy or a router may have cut off what stands before.
#[tokio::test]
async fn the_beginning_of_the_path_may_be_cut_off() {
    let stage = Stage::new();
    let id = stage.put(b"photo").await;
    let target = stage.target(&id).await;
    for cut in ["", "/a", "/a/files"] {
        let rest = target.strip_prefix(cut).unwrap();
        assert_eq!(stage.get(rest).await.status, 200, "{rest}");
    }
}

#[tokio::test]
async fn keys_rotate_without_an_address_being_lost() {
    let both = [&[1, 2][..], &[2, 1]];
    for (signs, reads, status) in [
        (&[1][..], both[0], 200),
        (&[1], both[1], 200),
        (both[1], both[0], 200),
        (both[1], &[2], 200),
        (both[1], &[1], 404),
        (&[1], &[2], 404),
    ] {
        let before = Stage::with(BASE, signs, |_| {});
        let after = Stage::with(BASE, reads, |_| {});
        let id = before.put(b"photo").await;
        after.put(b"photo").await;
        let told = after.get(&before.target(&id).await).await;
        assert_eq!(told.status, status, "{signs:?} {reads:?}");
    }
}

#[tokio::test]
async fn an_address_of_another_base_leads_nowhere() {
    let one = Stage::with("https://media.example.com/files", &[1], |_| {});
    let two = Stage::with("https://media.example.com/b/files", &[1], |_| {});
    let id = one.put(b"photo").await;
    two.put(b"photo").await;
    assert_eq!(two.get(&one.target(&id).await).await.status, 404);
}

#[tokio::test]
async fn nothing_prints_an_address_or_a_key() {
    let stage = Stage::new();
    let id = stage.put(b"photo").await;
    let url = stage.media.public_url(&id, HOUR).await.unwrap().unwrap();
    assert_eq!(format!("{url:?}"), "PublicUrl([REDACTED])");
    let shown = format!("{:?} {:?}", stage.media, keys(&[1, 2]));
    assert!(
        shown.contains(BASE) && shown.contains("AddressKeys(2)"),
        "{shown}"
    );
    assert!(!shown.contains("1, 2, 3"), "{shown}");
}

#[test]
fn keys_are_32_random_bytes() {
    let hex = hex::encode(key(1));
    let parsed = AddressKeys::parse(&format!("# comment\n{hex}\n\n{hex}")).unwrap();
    assert_eq!(parsed.sign(b"a"), keys(&[1]).sign(b"a"));
    for bad in ["", "sesame", &"00".repeat(32), &hex[2..]] {
        let error = AddressKeys::parse(bad).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Seal, "{bad}");
        assert!(!format!("{error:?}").contains("sesame"));
    }
    assert!(AddressKeys::from_keys([]).is_err());
    assert!(AddressKeys::from_keys([&[7; 32]]).is_err());
}

#[test]
fn what_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = || MediaDir::open(folder.path()).unwrap();
    let base = BASE.parse::<Url>().unwrap();
    let no_base = PublicMedia::builder(store()).keys(keys(&[1])).build();
    let no_keys = PublicMedia::builder(store()).base(base).build();
    let local = "http://127.0.0.1:8080".parse::<Url>().unwrap();
    let unreachable = PublicMedia::builder(store())
        .keys(keys(&[1]))
        .base(local.clone())
        .build();
    for (built, field) in [(no_base, "base"), (no_keys, "keys"), (unreachable, "base")] {
        let error = built.unwrap_err();
        assert!(
            matches!(error.remedy(), crate::Remedy::FixInput { field: told, .. } if told == field),
            "{error:?}"
        );
    }
    PublicMedia::builder(store())
        .keys(keys(&[1]))
        .base(local)
        .dangerously_allow_unreachable_base_for_sandbox()
        .build()
        .unwrap();
}
