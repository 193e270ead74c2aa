//! PostgreSQL's programs: where they are, and as whom they run.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail, ensure};

/// The folder of the programs and the user they run as.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    bin: PathBuf,
    /// PostgreSQL refuses to run as root, so root runs it as somebody else.
    user: Option<User>,
}

#[derive(Clone, Copy, Debug)]
struct User {
    id: u32,
    group: u32,
}

impl Programs {
    pub(super) fn find() -> anyhow::Result<Self> {
        let complete = |folder: &PathBuf| {
            [
                "initdb",
                "postgres",
                "pg_dump",
                "pg_restore",
                "pg_basebackup",
            ]
            .iter()
            .all(|name| folder.join(name).is_file())
        };
        let bin = candidates().into_iter().find(complete).context(
            "no PostgreSQL server on this machine: install one (Debian: apt-get install postgresql), \
             or set PG_BIN to the folder that holds initdb and postgres",
        )?;
        let user = if id("-u", None)? == 0 {
            let name = ["postgres", "nobody"]
                .into_iter()
                .find(|name| id("-u", Some(name)).is_ok())
                .context("neither a user postgres nor nobody to run PostgreSQL as")?;
            Some(User {
                id: id("-u", Some(name))?,
                group: id("-g", Some(name))?,
            })
        } else {
            None
        };
        Ok(Self { bin, user })
    }

    /// The command that runs one of them.
    pub(super) fn command(&self, name: &str) -> Command {
        let program = self.bin.join(name);
        let mut command = match self.user {
            None => Command::new(program),
            Some(User { id, group }) => {
                let mut command = Command::new("setpriv");
                command
                    .arg(format!("--reuid={id}"))
                    .arg(format!("--regid={group}"))
                    .args(["--clear-groups", "--"])
                    .arg(program);
                command
            }
        };
        // Where they may go, whoever they are.
        command.current_dir("/").env("LC_ALL", "C");
        command
    }

    /// Makes a folder theirs.
    pub(super) fn give(&self, folder: &Path) -> anyhow::Result<()> {
        if let Some(User { id, group }) = self.user {
            std::os::unix::fs::chown(folder, Some(id), Some(group))?;
        }
        Ok(())
    }
}

/// `PG_BIN`, then the folders of `PATH`, then where packages put servers, the newest first.
fn candidates() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os("PG_BIN")
        .filter(|folder| !folder.is_empty())
        .into_iter()
        .map(Into::into)
        .collect();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    for (root, below) in [
        ("/usr/lib/postgresql", "bin"),
        ("/usr/local/opt", "bin"),
        ("/opt/homebrew/opt", "bin"),
    ] {
        let mut found: Vec<(u32, PathBuf)> = (std::fs::read_dir(root).into_iter().flatten())
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let name = path.file_name()?.to_str()?;
                let version = name.trim_start_matches("postgresql@").parse().ok()?;
                Some((version, path.join(below)))
            })
            .collect();
        found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
        folders.extend(found.into_iter().map(|(_, folder)| folder));
    }
    folders
}

fn id(which: &str, user: Option<&str>) -> anyhow::Result<u32> {
    let output = Command::new("id").arg(which).args(user).output()?;
    ensure!(output.status.success(), "there is no such user");
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// Runs a program to its end; what it printed.
pub(super) async fn run(mut command: Command) -> anyhow::Result<Vec<u8>> {
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("{}: {}", output.status, errors.trim_end());
    }
    Ok(output.stdout)
}

/// Sends a signal. One that is gone already is fine.
pub(super) fn signal(name: &str, processes: &[u32]) -> anyhow::Result<()> {
    let ids = processes.iter().map(u32::to_string);
    // The shell's own `kill` is everywhere; the program of that name is not.
    let script = "signal=$1; shift; for id; do kill -\"$signal\" \"$id\" 2>/dev/null; done; true";
    let told = Command::new("sh")
        .args(["-c", script, "sh", name])
        .args(ids)
        .status()?;
    ensure!(told.success(), "{name} could not be sent");
    Ok(())
}

/// The processes that this one has started.
pub(super) fn children(parent: u32) -> anyhow::Result<Vec<u32>> {
    let mut children = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // Gone meanwhile is fine.
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // After the name, which is in parentheses: the state, then the parent.
        let of = stat
            .rsplit_once(") ")
            .and_then(|(_, rest)| rest.split(' ').nth(1)?.parse::<u32>().ok());
        if of == Some(parent) {
            children.push(id);
        }
    }
    Ok(children)
}
