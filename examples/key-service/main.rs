//! Keys in a key service: data keys are kept wrapped beside the database, and only the service can unwrap them.
//!
//! ```sh
//! cargo run --example key-service
//! ```
//!
//! A small server in this program plays the service. What stands in `ring.rs` is what a service of one's own needs: put the
//! calls of AWS KMS, Google Cloud KMS, Azure Key Vault or Vault's transit engine into `client.rs`.

mod client;
mod file;
mod ring;
mod service;
mod story;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    story::tell(folder.path(), &examples::stage::say).await
}
