//! What happens, in order. Time is moved by hand, so that hours pass at once.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, ensure};
use examples::stage::LeapClock;
use social_core::{KeyRing, Vault, random::SystemRandom, vault::Place};

use crate::{client::KeyService, ring::ServiceKeyRing, service::KeyServer};

const TOKENS: Place<'static> = Place::new("accounts", "7", "tokens");
const SECRET: &[u8] = b"a refresh token";

/// A process of the service that seals: a key ring, and the vault over it.
struct Process {
    ring: Arc<ServiceKeyRing>,
    vault: Vault,
}

impl Process {
    fn new(server: &KeyServer, folder: &Path, clock: &LeapClock) -> Result<Self> {
        let service = KeyService::new(server.address(), server.token())?;
        let path = folder.join("data-keys");
        let ring = Arc::new(ServiceKeyRing::new(service, path, Arc::new(clock.clone())));
        let random = Arc::new(SystemRandom::default());
        let vault = Vault::new(Default::default(), Arc::clone(&ring) as _, random);
        Ok(Self { ring, vault })
    }

    async fn reads(&self, sealed: &[u8]) -> Result<()> {
        let plain = self.vault.open(&TOKENS, sealed).await?;
        ensure!(plain.as_slice() == SECRET, "it opens as something else");
        Ok(())
    }
}

/// Tells the story; fails when something is not as told.
pub(crate) async fn tell(folder: &Path, say: &(dyn Fn(&str) + Sync)) -> Result<()> {
    let mut server = KeyServer::start().await?;
    let clock = LeapClock::default();

    let one = Process::new(&server, folder, &clock)?;
    one.ring.prepare(true).await?;
    let sealed = one.vault.seal(&TOKENS, SECRET).await?;
    say(
        "a data key was made, wrapped by the service and written to the file; a value is sealed under it",
    );

    for _ in 0..1_000 {
        one.reads(&sealed).await?;
    }
    say(&format!(
        "1000 reads, data keys unwrapped by the service: {}",
        server.unwraps()
    ));

    let two = Process::new(&server, folder, &clock)?;
    two.ring.prepare(false).await?;
    two.reads(&sealed).await?;
    say(&format!(
        "another process reads it too; unwrapped: {}",
        server.unwraps()
    ));

    server.stop().await;
    clock.set(3_600);
    one.reads(&sealed).await?;
    one.vault.seal(&TOKENS, SECRET).await?;
    say("the service is down for an hour: the key in memory goes on");

    let three = Process::new(&server, folder, &clock)?;
    three.ring.prepare(false).await?;
    let error = three
        .reads(&sealed)
        .await
        .err()
        .context("it was read without the service")?;
    say(&format!("a process that starts now has to wait: {error}"));
    let error = one
        .ring
        .rotate()
        .await
        .err()
        .context("a key was wrapped without the service")?;
    say(&format!("there is no new key either: {error}"));

    clock.set(5 * 3_600);
    let error = one
        .reads(&sealed)
        .await
        .err()
        .context("the key went on for ever")?;
    say(&format!(
        "down for five hours: the key in memory has ended: {error}"
    ));

    server.run().await?;
    one.reads(&sealed).await?;
    three.reads(&sealed).await?;
    say("the service is back, and everybody reads");

    one.ring.rotate().await?;
    let under_new = one.vault.seal(&TOKENS, SECRET).await?;
    two.reads(&under_new).await?;
    let resealed = two.vault.reseal(&TOKENS, &sealed).await?;
    let resealed = resealed.context("it was under the new key already")?;
    one.reads(&resealed).await?;
    say(
        "a new data key is in front: the other process finds it by itself, and seals the old value again",
    );

    server.revoke();
    clock.set(5 * 3_600 + 301);
    let error = one.reads(&resealed).await;
    let error = error.err().context("a revoked key went on")?;
    say(&format!(
        "the keys are revoked, and five minutes later nobody reads: {error}"
    ));

    let file = tokio::fs::read_to_string(folder.join("data-keys")).await?;
    say(&format!(
        "the file holds {} wrapped keys and nothing that opens them",
        file.lines().count()
    ));
    server.stop().await;
    Ok(())
}
