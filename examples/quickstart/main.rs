//! Publishes one video on TikTok, once, however often it is killed and started again.
//!
//! ```sh
//! cargo run --example quickstart                 # offline, with a sandbox and a short clip
//! TIKTOK_CLIENT_KEY=… TIKTOK_CLIENT_SECRET=… cargo run --example quickstart -- clip.mp4
//! ```

mod connect;
mod data;
mod file;
mod follow;
mod offline;
mod words;

use std::{
    path::{Path, PathBuf},
    pin::pin,
    process::ExitCode,
    sync::LazyLock,
};

use anyhow::ensure;
use clap::Parser;
use data::Data;
use examples::signals;
use social_core::{
    LocalKeyRing, MediaDir, Post, PublishRequest, Social, Submission,
    model::{AccountKey, IdempotencyKey, OwnerId},
    publish::Consent,
};
use social_store_sqlite::SqliteStore;
use social_tiktok::{PostOptions, Privacy, TikTok};
use social_workers::PublishWorker;

/// Whose accounts and posts these are.
static ME: LazyLock<OwnerId> = LazyLock::new(|| OwnerId::from_stored("me"));
/// Publishes one video on TikTok, once, however often it is killed and started again. Without TIKTOK_CLIENT_KEY a sandbox
/// on this machine stands in for TikTok.
#[derive(Debug, Parser)]
#[command(name = "quickstart", version)]
struct Args {
    /// The video; a short clip when none is named.
    file: Option<PathBuf>,
    /// Your name for the post. The same name is the same post, however often it is sent.
    #[arg(long, default_value = "order-17", value_name = "NAME")]
    key: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Args::parse()).await {
        Ok(code) => code,
        Err(error) => {
            words::complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let ended = signals::stop()?;
    // Before anything else: a name or a file of no use costs no sign-in, and leaves no folder behind.
    check_key(&args.key)?;
    let file = file::look(args.file.as_deref()).await?;
    let data = Data::open("quickstart-data")?;
    // `TikTok::from_env()?`, or a sandbox when the environment names no app.
    let (tiktok, sandbox) = offline::tiktok(&data).await?;
    let done = match open(tiktok, &data).await {
        Ok(social) => {
            let done = publish(&social, &file, &args.key, ended).await;
            // What must not be cut off ends first. How the post stands is told in any case.
            let closed = social.close().await.map_err(Into::into);
            done.and_then(|code| closed.map(|()| code))
        }
        Err(error) => Err(error),
    };
    if let Some(sandbox) = sandbox {
        sandbox.stop().await;
    }
    done
}

fn check_key(key: &str) -> anyhow::Result<()> {
    ensure!(
        !key.trim().is_empty(),
        "--key names nothing; give a name for the post, for example --key order-18"
    );
    ensure!(
        key.len() <= IdempotencyKey::MAX,
        "--key has {} bytes, and the name of a post has at most {}; give a shorter one",
        key.len(),
        IdempotencyKey::MAX
    );
    Ok(())
}

async fn open(tiktok: TikTok, data: &Data) -> anyhow::Result<Social> {
    let (database, key) = (data.file("social.db"), data.file("social.key"));
    examples::lost::check(&database, &[key.clone(), data.file("social.db.life")])?;
    let social = Social::builder()
        .stores(SqliteStore::open(database).await?)
        .keys(LocalKeyRing::file(key))
        .media(MediaDir::open(data.file("media"))?)
        .platform(tiktok)
        .build()
        .await?;
    // Else the post would wait without a word.
    ensure!(
        social.incarnations().await?.is_same(),
        "{folder} was copied, restored or moved, so what it would send may have been sent already; go on in the folder \
         where it was, or move this one away to begin anew",
        folder = data.file("").display()
    );
    Ok(social)
}

async fn publish(
    social: &Social,
    file: &Path,
    key: &str,
    ended: impl Future<Output = ()> + Send,
) -> anyhow::Result<ExitCode> {
    let mut ended = pin!(ended);
    let (account, post) = tokio::select! {
        taken = taken(social, file, key) => match taken? {
            Taken::Before(settled) => return Ok(words::end(&settled, key)),
            Taken::Now(account, post) => (account, post),
        },
        () = &mut ended => return Ok(words::stopped()),
    };
    let settled = follow::settled(social, &account, post);
    let until = async {
        tokio::select! {
            status = settled => Some(status),
            () = ended => None,
        }
    };
    match PublishWorker::new(social).run(until).await {
        Some(status) => Ok(words::end(&status?, key)),
        None => Ok(words::stopped()),
    }
}

/// What became of the request.
enum Taken {
    /// The name stands for a post that has ended.
    Before(Box<Post>),
    /// It is on its way.
    Now(AccountKey, Submission),
}

async fn taken(social: &Social, file: &Path, key: &str) -> anyhow::Result<Taken> {
    let begun = follow::begun(social, key).await?;
    if let Some(settled) = begun.as_ref().filter(|post| post.outcome.is_some()) {
        words::say(&format!(
            "{key} is the name of an earlier post. The same name is the same post, so nothing is sent again. It ended like this:"
        ));
        return Ok(Taken::Before(Box::new(settled.clone())));
    }
    let request = PublishRequest::video(file::import(social, file).await?)
        .caption("Hello from Rust")
        .options(PostOptions::direct(
            Privacy::SelfOnly,
            Consent::given_by(ME.as_str()),
        ))?;
    let account = match &begun {
        Some(post) => connect::again(social, &post.account).await?,
        None => follow::checked(social, &request).await?,
    };
    // The same key is the same post: kill this anywhere and start it again.
    let post = social.submit(&account, key, request).await;
    let post = post.map_err(|error| words::not_taken(error, key))?;
    if !post.is_new {
        words::say(&format!(
            "{key} was begun before. It goes on where it was stopped, within a quarter of a minute."
        ));
    }
    Ok(Taken::Now(account.key, post))
}
