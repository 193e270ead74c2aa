//! Whether the creator may post this now.

use std::time::Duration;

use social_core::{
    Error, ErrorKind, LimitScope, Remedy, Result,
    publish::{Checkpoint, Preflight, PublishRequest, Step, Violation, media_missing},
};

use super::{
    init, lost,
    options::{Mode, PostOptions},
    rules::{self, File},
    run::Run,
    state::{Creator, Pull, State},
};
use crate::{limits::Bucket, wire::CreatorInfo};

pub(super) async fn advance(run: &Run<'_>, at: &Checkpoint, mut state: State) -> Result<Step> {
    let options = PostOptions::stored(run.cx.request.options.as_ref());
    let options = match options {
        Ok(options) => options,
        Err(error) => return run.refused(at, &state, error),
    };
    run.check_scope(options.mode)?;
    let mut found = Preflight::default();
    let file = match rules::media(run, &mut found).await {
        Ok(file) => file,
        // Nothing was ever begun, so nothing is lost by waiting for the file.
        Err(error) if state.begun == 0 => return run.refused(at, &state, media_missing(error)),
        Err(error) => return run.refused(at, &state, error),
    };
    if let Some(error) = rules::first(&found) {
        return Ok(Step::failed(at.clone(), error));
    }
    if options.mode == Mode::Direct {
        let info = match ask(run).await {
            Ok(info) => info,
            Err(error) => return run.refused(at, &state, error),
        };
        rules::creator(&info, &options, &file, &mut found);
        if let Some(error) = rules::first(&found) {
            return Ok(Step::failed(at.clone(), error));
        }
        state.creator = Some(Creator::from(info));
    }
    state.kind = file.kind;
    if !state.way.is_upload() {
        let newest = match state.creator {
            Some(_) => lost::newest(run).await,
            None => None,
        };
        state.pull = Some(Pull {
            begun_at: run.now(),
            cancelled: false,
            newest,
        });
    }
    state.blocked_since = None;
    Ok(Step::pending(
        init::checkpoint(run, &state)?,
        Duration::ZERO,
    ))
}

async fn ask(run: &Run<'_>) -> Result<CreatorInfo> {
    run.book(Bucket::CreatorInfo).await?;
    let answer = run
        .client
        .creator_info(&run.cx.tokens.access, run.cx.deadline)
        .await;
    match answer {
        Err(error) => Err(run.heed(Bucket::CreatorInfo, Mode::Direct, error).await),
        Ok(info) => Ok(info),
    }
}

/// Everything that can be known beforehand.
pub(super) async fn preflight(run: &Run<'_>, request: &PublishRequest) -> Result<Preflight> {
    let mut found = Preflight::default();
    let options = PostOptions::submitted(request.options.as_ref());
    let options = options
        .inspect_err(|error| rules::note(error, &mut found))
        .ok();
    rules::request(
        request,
        options.as_ref(),
        &run.settings.verified,
        &mut found,
    );
    let file = rules::all_media(run, &mut found).await?;
    let mode = options
        .as_ref()
        .map_or(Mode::Direct, |options| options.mode);
    if let Err(error) = run.check_scope(mode) {
        found.violations.push(account("account.scope", &error));
        if mode == Mode::Direct {
            let unknown = "the creator's settings: the account did not allow it";
            found.not_checked.push(unknown.to_owned());
        }
        return Ok(found);
    }
    run.left(mode, &mut found).await?;
    if mode == Mode::Direct {
        live(run, options.as_ref(), &file, &mut found).await?;
    }
    Ok(found)
}

async fn live(
    run: &Run<'_>,
    options: Option<&PostOptions>,
    file: &File,
    found: &mut Preflight,
) -> Result<()> {
    match ask(run).await {
        Ok(info) => {
            if let Some(options) = options {
                rules::creator(&info, options, file, found);
            }
        }
        Err(error) if is_block(&error) => found.violations.push(account("account.blocked", &error)),
        Err(error) if error.kind() == ErrorKind::RateLimited => {
            found
                .not_checked
                .push("the creator's settings: asked too often just now".to_owned());
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Whether TikTok says that this creator may not post.
fn is_block(error: &Error) -> bool {
    match error.remedy() {
        Remedy::After { scope, .. } => *scope != LimitScope::Endpoint,
        _ => error.kind() == ErrorKind::Rejected,
    }
}

fn account(rule: &str, error: &Error) -> Violation {
    Violation::of_error(rule, "account", error)
}
