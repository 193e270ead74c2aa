//! Every setting of every program is a canary once, well-formed and not: mixed up, cut in a wrong place, or as it should
//! be. What the programs then say is searched like everything else.
//!
//! Which settings there are the programs tell themselves, in their help; one that is not looked at here fails the proof.
//! `custom-store` and `key-service` have none. What a proof is told by its arguments is no secret.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, ensure};
use examples::stage::within;
use sha2::{Digest, Sha256};
use social_core::platform::hex;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::Command,
};

use super::trail::Trail;

/// How long a program may take to start, or to say why it does not.
const PATIENCE: Duration = Duration::from_secs(60);

/// What stands for a canary in a form.
const HERE: &str = "{}";

/// A program with its settings.
struct Program {
    name: &'static str,
    /// What to run it with, each time.
    commands: &'static [&'static [&'static str]],
    /// What it needs besides.
    base: &'static [(&'static str, &'static str)],
    settings: &'static [Setting],
    /// Whether it goes on when nothing is wrong, after its first line.
    stays: fn(&[&str]) -> bool,
}

/// A setting, with the forms in which it is tried. One without a form is meant to be shown: a folder, a name.
struct Setting {
    name: &'static str,
    forms: &'static [&'static str],
}

const fn of(name: &'static str, forms: &'static [&'static str]) -> Setting {
    Setting { name, forms }
}

/// Those that could work lead to a socket that is not there, which is noticed at once.
const ADDRESSES: &[&str] = &[
    "postgres://owner:{}@%2Fnowhere/db",
    "postgres://owner:{}@127.0.0.1:port/db",
    "postgres://owner@127.0.0.1:1/db?sslpassword={}",
    "postgres://owner@127.0.0.1:1/db?sslmode={}",
    "postgres://owner@127.0.0.1:1/db?channel_binding={}",
    "postgres://owner@127.0.0.1:1/db?connect_timeout={}",
    "postgres://owner@127.0.0.1:1/db?pgbouncer={}",
    "postgres://owner@127.0.0.1:1/db?target_session_attrs={}",
    "postgres://owner@%2Fnowhere/db?password={}",
    "postgres://owner@%2Fnowhere/db?options=-c%20a%3D{}",
    "postgres://owner@%2Fnowhere/db?options[a]={}",
    "postgres://owner@127.0.0.1:1/db?options[{}",
    "postgres://owner:1?{}@127.0.0.1:1/db",
    "postgres://owner:1#{}@127.0.0.1:1/db",
    "postgres://owner:1/{}@127.0.0.1:1/db",
    "mysql://owner:{}@127.0.0.1/db",
    "postgres:owner:{}@127.0.0.1/db",
    "postgres://owner@127.0.0.1:1/db?password=a&{}",
    "postgres://owner@127.0.0.1:1/db?password=a&{}=b",
    "sqlite:a.db?key={}",
    "host=127.0.0.1 password={} dbname=db",
    "owner:{}@127.0.0.1/db",
    "{}",
];
const WEB: &[&str] = &[
    "{}",
    "https://a:{}@a.example",
    "https://a.example/{}",
    "http://a:{}@127.0.0.1",
];
const WORD: &[&str] = &["{}", " {} \n", "{} and more"];
const FILTER: &[&str] = &["a={}=b", "[{}"];

const SERVER: Program = Program {
    name: "server",
    commands: &[&[]],
    base: &[
        ("LISTEN", "127.0.0.1:0"),
        ("TIKTOK_BASE_URL", "http://127.0.0.1:1"),
    ],
    settings: &[
        of("DATABASE_INSTANCE", &["{} and more"]),
        of("DATABASE_URL", ADDRESSES),
        of("DATA_DIR", &[]),
        of("HOLD_AFTER_LOSS_HOURS", WORD),
        of("LISTEN", &["{}", "{}:80"]),
        of("OWNER_TOKEN", &["{}", "{}{}", " {}{}\n"]),
        of("PROXIES", &["{}", "10.0.0.0/{}"]),
        of("PUBLIC_URL", WEB),
        of("RUST_LOG", FILTER),
        of("TIKTOK_BASE_URL", WEB),
        of("TIKTOK_CLIENT_KEY", &["{} and more"]),
        of("TIKTOK_CLIENT_SECRET", WORD),
        of("TIKTOK_SCOPES", &[]),
    ],
    stays: |_| true,
};

const WORKER: Program = Program {
    name: "worker",
    commands: &[
        &["migrate"],
        &["status"],
        &["reseal"],
        &["accept-incarnation", "a"],
        &["run"],
    ],
    base: &[
        ("DATABASE_URL", "sqlite:a.db"),
        ("TIKTOK_CLIENT_KEY", "key"),
        ("TIKTOK_CLIENT_SECRET", "secret"),
        ("TIKTOK_BASE_URL", "http://127.0.0.1:1"),
    ],
    settings: &[
        of("ACCEPT_PROMOTION", WORD),
        of("DATABASE_INSTANCE", &["{} and more"]),
        of("DATABASE_POOLER", WORD),
        of("DATABASE_SCHEMA", &["{}", "{} open"]),
        of("DATABASE_URL", ADDRESSES),
        of("DATA_DIR", &[]),
        of("HOLD_AFTER_LOSS_HOURS", WORD),
        of("KEY_FILE", &[]),
        of("LOG_FORMAT", WORD),
        of("MEDIA_DIR", &[]),
        of("RUST_LOG", FILTER),
        of("SOCIAL_KEYS", WORD),
        of("SPOOL_DIR", &[]),
        of("TIKTOK_BASE_URL", WEB),
        of("TIKTOK_CLIENT_KEY", &["{} and more"]),
        of("TIKTOK_CLIENT_SECRET", WORD),
    ],
    stays: |command| command == ["run"],
};

const QUICKSTART: Program = Program {
    name: "quickstart",
    commands: &[&[]],
    base: &[
        ("TIKTOK_CLIENT_KEY", "key"),
        ("TIKTOK_CLIENT_SECRET", "secret"),
        ("TIKTOK_BASE_URL", "http://127.0.0.1:1"),
    ],
    settings: &[
        of("TIKTOK_BASE_URL", WEB),
        of("TIKTOK_CLIENT_KEY", &["{} and more"]),
        of("TIKTOK_CLIENT_SECRET", WORD),
        of("TIKTOK_SCOPES", &[]),
    ],
    stays: |_| true,
};

/// The sandbox is told everything by flags. What it is told of webhooks and media is a test's.
const APP: [&[&str]; 4] = [
    &["--app", "tiktok:key:{}"],
    &["--app", "tiktok:key:{} and more"],
    &["--app", "tiktok:{}"],
    &["--app", "instagram:key:{}"],
];

/// Tries everything, and leaves what was said.
pub(super) async fn play(trail: &mut Trail) -> anyhow::Result<()> {
    let mut said = Vec::new();
    let mut canaries = Canaries::default();
    for program in [&SERVER, &WORKER, &QUICKSTART] {
        let path = beside(program.name, true)?;
        if program.name != QUICKSTART.name {
            is_complete(program, &path).await?;
        }
        for setting in program.settings {
            for (tried, form) in setting.forms.iter().enumerate() {
                let value = form.replace(HERE, &canaries.next(trail, setting.name));
                for command in program.commands {
                    let stage = Stage::new(program, &path, setting.name, &value)?;
                    let output = stage.run(command, tried == 0).await;
                    let output =
                        output.with_context(|| format!("{} {}", program.name, setting.name))?;
                    said.extend(output);
                }
            }
        }
    }
    let sandbox = beside("social-sandbox", false)?;
    for flags in APP {
        let canary = canaries.next(trail, "--app");
        let flags: Vec<String> = flags
            .iter()
            .map(|flag| flag.replace(HERE, &canary))
            .collect();
        let mut command = Command::new(&sandbox);
        command.args(["--listen", "127.0.0.1:0"]).args(flags);
        said.extend(listen(command, true).await?);
    }
    ensure!(said.len() > 10_000, "the programs said next to nothing");
    trail.leave("programs", said);
    Ok(())
}

/// Words that stand nowhere else, and have no piece in common.
#[derive(Default)]
struct Canaries(u32);

impl Canaries {
    fn next(&mut self, trail: &mut Trail, setting: &str) -> String {
        self.0 += 1;
        let canary = hex::encode(&Sha256::digest(self.0.to_be_bytes())[..12]);
        trail.secret(&format!("setting {setting}"), &canary);
        canary
    }
}

/// Built beside this proof.
fn beside(name: &str, example: bool) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let mut path = own.parent().context("a folder")?.to_owned();
    if example {
        path.push("examples");
    }
    path.push(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    ensure!(
        path.exists(),
        "there is no {}: build it with `cargo build --workspace --bins --examples`",
        path.display()
    );
    Ok(path)
}

/// Whether every variable that the program's help names, and the help of each of its commands, is looked at here.
async fn is_complete(program: &Program, path: &Path) -> anyhow::Result<()> {
    let help = async |command: Option<&str>| {
        let output = Command::new(path).args(command).arg("--help").output();
        Ok::<_, anyhow::Error>(String::from_utf8(output.await?.stdout)?)
    };
    let whole = help(None).await?;
    let commands = whole.split_once("\nCommands:\n").map(|(_, rest)| rest);
    let commands = commands.into_iter().flat_map(|rest| {
        let lines = rest.lines().take_while(|line| !line.trim().is_empty());
        lines.filter_map(|line| line.split_whitespace().next())
    });
    let mut texts = vec![whole.clone()];
    for command in commands.filter(|command| *command != "help") {
        texts.push(help(Some(command)).await?);
    }
    let mut named = BTreeSet::from(["RUST_LOG".to_owned()]);
    for text in &texts {
        named.extend(text.split("[env: ").skip(1).map(|rest| {
            let name = rest.split(['=', ']']).next();
            name.unwrap_or_default().to_owned()
        }));
    }
    let known: BTreeSet<String> = program
        .settings
        .iter()
        .map(|setting| setting.name.to_owned())
        .collect();
    ensure!(
        named == known,
        "{} has settings that are not looked at, or no longer those that are: {:?}",
        program.name,
        named.symmetric_difference(&known).collect::<Vec<_>>()
    );
    Ok(())
}

/// A folder to run a program in, with one setting.
struct Stage<'a> {
    program: &'a Program,
    path: &'a Path,
    setting: (&'a str, &'a str),
    folder: TempDir,
}

impl<'a> Stage<'a> {
    fn new(
        program: &'a Program,
        path: &'a Path,
        name: &'a str,
        value: &'a str,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            program,
            path,
            setting: (name, value),
            folder: TempDir::new()?,
        })
    }

    /// The program with what it needs, and nothing of this process's own settings.
    fn plain(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.path);
        for setting in self.program.settings {
            command.env_remove(setting.name);
        }
        command
            .args(arguments)
            .env("RUST_LOG", "trace")
            .envs(self.program.base.iter().copied())
            .current_dir(self.folder.path());
        command
    }

    fn with_setting(&self, arguments: &[&str]) -> Command {
        let mut command = self.plain(arguments);
        command.env(self.setting.0, self.setting.1);
        command
    }

    /// What it says, and what its help says.
    async fn run(&self, command: &[&str], helps: bool) -> anyhow::Result<Vec<u8>> {
        let mut said = Vec::new();
        if helps && self.program.name != QUICKSTART.name {
            let mut help = self.with_setting(&[command, &["--help"]].concat());
            let help = help.output().await?;
            said.extend([help.stdout, help.stderr].concat());
        }
        if command == ["run"] {
            // It works on tables that are there.
            self.plain(&["migrate"]).output().await?;
        }
        let stays = (self.program.stays)(command);
        said.extend(listen(self.with_setting(command), stays).await?);
        Ok(said)
    }
}

/// What a program says until it ends. One that stays is ended after its first line.
async fn listen(mut command: Command, stays: bool) -> anyhow::Result<Vec<u8>> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let out = child.stdout.take().context("a pipe")?;
    let mut errors = child.stderr.take().context("a pipe")?;
    let mut said = Vec::new();
    let mut told = Vec::new();
    let both = async {
        let first = async {
            let mut out = BufReader::new(out);
            out.read_until(b'\n', &mut said).await?;
            if stays {
                child.start_kill()?;
            }
            out.read_to_end(&mut said).await?;
            child.wait().await
        };
        tokio::try_join!(first, errors.read_to_end(&mut told))
    };
    let ended = within(PATIENCE, both).await;
    ended.context("a program neither started nor ended")??;
    said.extend(told);
    Ok(said)
}
