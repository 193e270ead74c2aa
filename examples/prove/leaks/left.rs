//! Gathers what is left: files, and what a database server gives away.

use std::path::Path;

use examples::stage::{Dump, Ground};

use super::trail::Trail;

/// The database of the first stage on a ground.
const DATABASE: &str = "stage_0";

/// Names of all files, and the content of all but the key, the address of the database, and the media.
pub(super) fn gather(trail: &mut Trail, folder: &Path) -> anyhow::Result<()> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        names.extend(name.as_bytes());
        names.push(b'\n');
        if path.is_dir() {
            gather_names(&path, &mut names)?;
        } else if !["social.key", "social.url"].contains(&name.as_str()) {
            trail.leave(&name, std::fs::read(&path)?);
        }
    }
    trail.leave("names", names);
    Ok(())
}

fn gather_names(folder: &Path, names: &mut Vec<u8>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        names.extend(path.to_string_lossy().as_bytes());
        names.push(b'\n');
        if path.is_dir() {
            gather_names(&path, names)?;
        }
    }
    Ok(())
}

/// Dumps of a server's database in both forms, the bytes that they hold as digits, and the server's log.
pub(super) async fn dump(trail: &mut Trail, ground: &Ground) -> anyhow::Result<()> {
    let Some(cluster) = ground.cluster() else {
        return Ok(());
    };
    let plain = cluster.dump(DATABASE, Dump::Plain).await?;
    trail.leave("bytea", digits(&plain));
    trail.leave("pg_dump", plain);
    let custom = cluster.dump(DATABASE, Dump::Custom).await?;
    trail.leave("pg_dump, custom", custom);
    trail.leave("server's log", cluster.logged()?);
    Ok(())
}

/// What stands as hexadecimal digits after `\x`, as bytes.
fn digits(dump: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let mut at = 0;
    while at + 1 < dump.len() {
        if dump[at..].starts_with(b"\\x") {
            at += 2;
            while let [high, low, ..] = dump[at..]
                && let (Some(high), Some(low)) = (digit(high), digit(low))
            {
                bytes.push(high << 4 | low);
                at += 2;
            }
            bytes.push(b'\n');
        } else {
            at += 1;
        }
    }
    bytes
}

/// Leaves a secret in a server's database, as text and as bytes.
pub(super) async fn plant(ground: &Ground, secret: &str) -> anyhow::Result<()> {
    let Some(cluster) = ground.cluster() else {
        return Ok(());
    };
    let statements = format!(
        "UPDATE social.accounts SET consent = '{secret}';
        UPDATE social.posts SET request = convert_to('{secret}', 'UTF8')"
    );
    cluster.execute(DATABASE, &statements).await
}
