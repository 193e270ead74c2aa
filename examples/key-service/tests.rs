//! The key ring over a key service, and the story of the program.
#![cfg(test)]

mod client;
mod file;
mod ring;
mod service;
mod story;
mod suite;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use client::KeyService;
use examples::stage::LeapClock;
use ring::ServiceKeyRing;
use secrecy::SecretString;
use service::KeyServer;
use social_core::{ErrorKind, KeyRing, Remedy};

#[tokio::test]
async fn the_story_is_true() {
    let folder = tempfile::tempdir().unwrap();
    let told = Mutex::new(Vec::new());
    let say = |line: &str| told.lock().unwrap().push(line.to_owned());
    story::tell(folder.path(), &say).await.unwrap();
    let told = told.into_inner().unwrap();
    assert_eq!(told.len(), 11, "{told:#?}");
    assert_eq!(told[1], "1000 reads, data keys unwrapped by the service: 1");
    assert_eq!(told[2], "another process reads it too; unwrapped: 2");
    for line in [4, 5, 6] {
        assert!(
            told[line].contains("the key service does not answer"),
            "{}",
            told[line]
        );
    }
}

struct Bench {
    server: KeyServer,
    clock: LeapClock,
    folder: tempfile::TempDir,
}

impl Bench {
    async fn new() -> Self {
        Self {
            server: KeyServer::start().await.unwrap(),
            clock: LeapClock::default(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("data-keys")
    }

    fn ring_of(&self, server: &KeyServer, token: SecretString) -> ServiceKeyRing {
        let service = KeyService::new(server.address(), token).unwrap();
        ServiceKeyRing::new(service, self.path(), Arc::new(self.clock.clone()))
    }

    fn ring(&self) -> ServiceKeyRing {
        self.ring_of(&self.server, self.server.token())
    }
}

#[tokio::test]
async fn a_key_is_unwrapped_again_when_its_time_is_over() {
    let bench = Bench::new().await;
    let ring = bench.ring();
    ring.prepare(true).await.unwrap();
    let key = ring.current().await.unwrap().id();
    bench.clock.set(299);
    ring.get(&key).await.unwrap().unwrap();
    assert_eq!(bench.server.unwraps(), 1);
    bench.clock.set(301);
    for _ in 0..3 {
        ring.get(&key).await.unwrap().unwrap();
    }
    assert_eq!(bench.server.unwraps(), 2);
}

#[tokio::test]
async fn a_key_that_the_service_refuses_ends_at_once() {
    let bench = Bench::new().await;
    let ring = bench.ring();
    ring.prepare(true).await.unwrap();
    let key = ring.current().await.unwrap().id();
    bench.server.revoke();
    ring.get(&key).await.unwrap().unwrap();
    bench.clock.set(301);
    for _ in 0..2 {
        let error = ring.get(&key).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.remedy()),
            (ErrorKind::Seal, &Remedy::Operator)
        );
        assert!(error.message().contains("refuses this data key"), "{error}");
    }
}

#[tokio::test]
async fn another_master_key_unwraps_nothing_of_ours() {
    let bench = Bench::new().await;
    bench.ring().prepare(true).await.unwrap();
    let other = KeyServer::start().await.unwrap();
    let elsewhere = bench.ring_of(&other, other.token());
    elsewhere.prepare(false).await.unwrap();
    let error = elsewhere.current().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Seal, &Remedy::Operator)
    );
}

#[tokio::test]
async fn nobody_without_the_token_is_served() {
    let bench = Bench::new().await;
    let ring = bench.ring_of(&bench.server, SecretString::from("guessed"));
    let error = ring.prepare(true).await.unwrap_err();
    assert_eq!(error.remedy(), &Remedy::Operator);
    assert!(
        error.message().contains("does not accept the token"),
        "{error}"
    );
    assert!(!format!("{ring:?} {error:?}").contains("guessed"));
    assert!(!bench.path().exists(), "no key was made");
}

#[tokio::test]
async fn a_missing_file_beside_a_database_is_no_reason_for_a_new_key() {
    let bench = Bench::new().await;
    let error = bench.ring().prepare(false).await.unwrap_err();
    assert_eq!(error.remedy(), &Remedy::Operator);
    assert!(!bench.path().exists());
}

#[tokio::test]
async fn two_processes_that_make_the_first_key_agree() {
    let bench = Bench::new().await;
    let rings: Vec<_> = (0..4).map(|_| bench.ring()).collect();
    let ready = rings.iter().map(|ring| ring.prepare(true));
    futures_util::future::try_join_all(ready).await.unwrap();
    let first = rings[0].current().await.unwrap().id();
    for ring in &rings {
        assert_eq!(ring.current().await.unwrap().id(), first);
    }
}

#[tokio::test]
async fn a_file_with_exchanged_keys_is_refused() {
    let bench = Bench::new().await;
    let ring = bench.ring();
    ring.prepare(true).await.unwrap();
    ring.rotate().await.unwrap();
    let mut keys = file::read(&bench.path()).await.unwrap().unwrap();
    let first = keys[0].key.clone();
    keys[0].key = std::mem::replace(&mut keys[1].key, first);
    file::write(&bench.path(), &keys, false).await.unwrap();
    let fresh = bench.ring();
    fresh.prepare(false).await.unwrap();
    let error = fresh.current().await.unwrap_err();
    assert!(error.message().contains("another key than"), "{error}");
}
