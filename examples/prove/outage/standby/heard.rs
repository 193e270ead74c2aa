//! What a store says while it is opened.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use social_store_postgres::{PgBuilder, PgStore};
use tracing::Level;

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Opens it; the store, and the lines of its warnings.
pub(super) async fn while_opening(
    builder: PgBuilder,
    url: &str,
) -> anyhow::Result<(PgStore, Vec<String>)> {
    let heard = Heard::default();
    let writer = heard.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::WARN)
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    // This future is the program's own, which stays on its thread.
    let store = {
        let _heard = tracing::subscriber::set_default(subscriber);
        builder.connect(url).await?
    };
    let kept = heard.0.lock().unwrap_or_else(PoisonError::into_inner);
    let lines = String::from_utf8_lossy(&kept)
        .lines()
        .map(str::to_owned)
        .collect();
    Ok((store, lines))
}
