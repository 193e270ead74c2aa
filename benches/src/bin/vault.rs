//! Sealing and opening 200 bytes: the vault beside the bare aes-gcm crate.
//!
//! Both run in this process, by turns, with a random nonce from the operating system for every seal, the same
//! associated data, and a key expanded once. The crate is handed its associated data ready; the vault builds it from
//! the place every time. Fails when the vault's speed is under 70 % of the crate's.

use std::{hint::black_box, sync::Arc, time::Duration};

use aes_gcm::{
    Aes256Gcm, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use anyhow::{Result, anyhow, ensure};
use social_core::{
    Vault,
    random::SystemRandom,
    vault::{LocalKeyRing, Place},
};

const TURNS: usize = 31;
const ROUNDS: u32 = 20_000;
const LEAST: f64 = 0.70;

const KEY: [u8; 32] = *b"a key that nothing real is under";
const INSTALLATION: [u8; 16] = [7; 16];
const PLACE: Place<'static> =
    Place::new("accounts", "0197c5a2-6b1e-7d40-9d3f-2a6c51c0e8b4", "tokens");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let plain = [42_u8; 200];
    let cipher = Aes256Gcm::new(&KEY.into());
    let bound = associated();
    let ring = LocalKeyRing::from_keys([&KEY])?;
    let installation = "07070707-0707-0707-0707-070707070707".parse()?;
    let vault = Vault::new(
        installation,
        Arc::new(ring),
        Arc::new(SystemRandom::default()),
    );
    check_same_work(&vault, &cipher, &bound, &plain).await?;

    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        bare.push(run_bare(&cipher, &bound, &plain)?);
        ours.push(run_vault(&vault, &plain).await?);
    }
    let (bare, ours) = (median(bare), median(ours));
    let ratio = bare.as_secs_f64() / ours.as_secs_f64();
    report("aes-gcm", bare);
    report("vault", ours);
    line(&format!(
        "the vault runs at {:.0} % of the crate's speed",
        ratio * 100.0
    ));
    ensure!(ratio >= LEAST, "at least {:.0} % is asked", LEAST * 100.0);
    Ok(())
}

/// What the vault binds a value to: version, installation, table, row, field, each after its length.
fn associated() -> Vec<u8> {
    let parts: [&[u8]; 5] = [
        &[1],
        &INSTALLATION,
        PLACE.table.as_bytes(),
        PLACE.row.as_bytes(),
        PLACE.field.as_bytes(),
    ];
    parts
        .iter()
        .flat_map(|part| [&(part.len() as u64).to_be_bytes(), *part].concat())
        .collect()
}

/// The crate opens what the vault sealed, so both do the same.
async fn check_same_work(
    vault: &Vault,
    cipher: &Aes256Gcm,
    bound: &[u8],
    plain: &[u8],
) -> Result<()> {
    let sealed = vault.seal(&PLACE, plain).await?;
    let nonce: [u8; 12] = sealed[9..21].try_into()?;
    let payload = Payload {
        msg: &sealed[21..],
        aad: bound,
    };
    let opened = cipher
        .decrypt(&Nonce::from(nonce), payload)
        .map_err(|_| anyhow!("the crate does not open what the vault sealed"))?;
    ensure!(opened == plain, "the crate opens something else");
    Ok(())
}

fn run_bare(cipher: &Aes256Gcm, bound: &[u8], plain: &[u8]) -> Result<Duration> {
    let start = now();
    for _ in 0..ROUNDS {
        let mut nonce = [0_u8; 12];
        getrandom::fill(&mut nonce).map_err(|error| anyhow!("{error}"))?;
        let nonce = Nonce::from(nonce);
        let payload = Payload {
            msg: black_box(plain),
            aad: bound,
        };
        let sealed = cipher
            .encrypt(&nonce, payload)
            .map_err(|_| anyhow!("not sealed"))?;
        let payload = Payload {
            msg: black_box(&sealed),
            aad: bound,
        };
        let opened = cipher
            .decrypt(&nonce, payload)
            .map_err(|_| anyhow!("not opened"))?;
        black_box(opened);
    }
    Ok(now().duration_since(start) / ROUNDS)
}

async fn run_vault(vault: &Vault, plain: &[u8]) -> Result<Duration> {
    let start = now();
    for _ in 0..ROUNDS {
        let sealed = vault.seal(&PLACE, black_box(plain)).await?;
        let opened = vault.open(&PLACE, black_box(&sealed)).await?;
        black_box(opened);
    }
    Ok(now().duration_since(start) / ROUNDS)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn report(name: &str, time: Duration) {
    line(&format!(
        "{name:<8} seal + open of 200 bytes: {:>5} ns, median of {TURNS} turns of {ROUNDS}",
        time.as_nanos()
    ));
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn line(text: &str) {
    println!("{text}");
}
