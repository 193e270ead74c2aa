//! Beginning a publish, and what processing and moderation will make of it.

use crate::calls::Call;
use crate::clock::Millis;
use crate::reached::UPLOAD;
use crate::shared::Settings;
use crate::tiktok::account;
use crate::tiktok::publish::{Disabled, Done, Publish};
use crate::tiktok::pull::Downloaded;
use crate::tiktok::request::{Request, Wanted};
use crate::tiktok::standing::{AccountSettings, Ruling};
use crate::world::{Caller, World};

/// What the answer says.
#[derive(Clone, Debug)]
pub(crate) struct Begun {
    pub(crate) publish_id: String,
    pub(crate) upload_url: Option<String>,
}

/// Begins a publish. Every call begins a new one: there is no idempotency key.
pub(crate) fn begin(
    world: &mut World,
    settings: &Settings,
    call: &Call,
    caller: &Caller,
    request: Request,
    downloaded: Option<Downloaded>,
    now: Millis,
) -> Begun {
    let seconds = now / 1000;
    let prefix = request.kind.prefix();
    let publish_id = format!("{prefix}{}", world.random.snowflake(seconds));
    let upload_id = world.random.snowflake(seconds).to_string();
    let upload_token = world.random.word(36);
    let standing = world.standing(caller.account);
    let mut publish = Publish {
        publish_id: publish_id.clone(),
        upload_token: upload_token.clone(),
        client_key: caller.client_key.clone(),
        account: caller.account.username.to_owned(),
        title: request.title,
        description: request.description,
        privacy_level: request.privacy_level,
        kind: request.kind,
        disabled: Disabled::of(&request.post_info, &standing),
        post_info: request.post_info,
        video_size: 0,
        chunk_size: 0,
        total_chunk_count: 0,
        received: 0,
        hash: None,
        scan: None,
        init_at: now,
        pull: None,
        done: None,
        stopped: None,
        drafts: Vec::new(),
        discarded_at: None,
        ruling: Ruling::default(),
    };
    let mut upload_url = None;
    match (request.source, downloaded) {
        (
            Wanted::File {
                video_size,
                chunk_size,
                total_chunk_count,
            },
            _,
        ) => {
            (publish.video_size, publish.chunk_size) = (video_size, chunk_size);
            publish.total_chunk_count = total_chunk_count;
            publish.hash = settings.hash.then(Default::default);
            publish.scan = settings.check_uploads.then(Default::default);
            let app = world.apps.get(&caller.client_key);
            let host = app.map_or(UPLOAD, |app| app.upload_host.as_str());
            let base = call.reached.base(host);
            let url = format!("{base}/video/?upload_id={upload_id}&upload_token={upload_token}");
            world.secrets.issue("upload_token", &upload_token);
            world.secrets.issue("upload_url", &url);
            upload_url = Some(url);
        }
        (
            Wanted::Urls(_),
            Some(Downloaded {
                size,
                pull,
                failure,
            }),
        ) => {
            publish.video_size = size;
            let post_id = world.random.snowflake(seconds);
            publish.done = Some(outcome(
                settings,
                &standing,
                &publish.ruling,
                failure,
                pull.ends_at,
                post_id,
            ));
            publish.pull = Some(pull);
        }
        (Wanted::Urls(_), None) => {}
    }
    world.publishes.insert(upload_id, publish);
    Begun {
        publish_id,
        upload_url,
    }
}

/// What becomes of media whose last byte arrives at `at`.
pub(crate) fn outcome(
    settings: &Settings,
    standing: &AccountSettings,
    ruling: &Ruling,
    failure: Option<&str>,
    at: Millis,
    post_id: i64,
) -> Done {
    let posted_at = later(at, settings.processing_millis);
    let of_moderation = ruling
        .fail_reason
        .as_deref()
        .or(standing.fail_reason.as_deref());
    Done {
        posted_at,
        public_at: later(posted_at, moderation(settings, standing, ruling)),
        post_id,
        failure: failure.or(of_moderation).map(str::to_owned),
        withheld: ruling.withhold_id.unwrap_or(standing.withhold_id),
        withdrawn_at: None,
    }
}

/// How long moderation takes.
pub(crate) fn moderation(settings: &Settings, standing: &AccountSettings, ruling: &Ruling) -> u64 {
    let own = ruling.moderation_millis.or(standing.moderation_millis);
    own.unwrap_or(settings.moderation_millis)
}

pub(crate) fn later(at: Millis, by: u64) -> Millis {
    at.saturating_add(Millis::try_from(by).unwrap_or(Millis::MAX))
}

impl World {
    /// How the account of a publish stands.
    pub(crate) fn standing_of(&self, username: &str) -> Option<AccountSettings> {
        account::find(username).map(|account| self.standing(account))
    }
}
