//! `GET /v2/user/info/?fields=...`: the fields that were asked for, if the scopes cover them all.
//!
//! <https://developers.tiktok.com/doc/tiktok-api-v2-get-user-info>

use std::sync::Arc;

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use crate::calls::{Call, about};
use crate::clock::Millis;
use crate::shared::Shared;
use crate::tiktok::bearer;
use crate::tiktok::display;
use crate::tiktok::envelope::{self, Refusal};
use crate::tiktok::form::Form;
use crate::world::{Caller, World};

const SCOPES: [&str; 3] = ["user.info.basic", "user.info.profile", "user.info.stats"];

/// The handler.
pub(crate) async fn info(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = Form::parse(query.unwrap_or_default().as_bytes());
    let answer = shared.change(|world, now| decide(world, now, &call, &headers, &query));
    match answer {
        Ok((caller, user)) => {
            let response = envelope::ok(&call, json!({ "user": user }));
            about(response, Some(&caller.client_key), None)
        }
        Err(refusal) => refusal.answer(&call),
    }
}

fn decide(
    world: &mut World,
    now: Millis,
    call: &Call,
    headers: &HeaderMap,
    query: &Form,
) -> Result<(Caller, Map<String, Value>), Refusal> {
    let caller = bearer::caller(world, headers, now, call.endpoint, &SCOPES)?;
    let fields = query
        .one("fields")
        .ok_or_else(|| Refusal::params("Fields is required"))?;
    let mut user = Map::new();
    for name in fields.split(',') {
        let (scope, value) = field(world, now, &caller, name)
            .ok_or_else(|| Refusal::params(format!("Invalid fields: {name}")))?;
        if !caller.scopes.iter().any(|granted| granted == scope) {
            return Err(permission_missed());
        }
        user.insert(name.to_owned(), value);
    }
    Ok((caller, user))
}

/// 400: the user has granted some scopes of this call, but not the one of a field.
fn permission_missed() -> Refusal {
    let message = "A field needs a scope that was not granted.";
    Refusal::new(StatusCode::BAD_REQUEST, "scope_permission_missed", message).with_data()
}

/// A field's value, and the scope that opens it.
fn field(world: &World, now: Millis, caller: &Caller, name: &str) -> Option<(&'static str, Value)> {
    let Caller {
        client_key,
        account,
        ..
    } = caller;
    let [basic, profile, stats] = SCOPES;
    let counts = || {
        world
            .stats
            .get(account.username)
            .copied()
            .unwrap_or_default()
    };
    Some(match name {
        "open_id" => (basic, json!(account.open_id(client_key))),
        "union_id" => (basic, json!(account.union_id())),
        "avatar_url" => (basic, json!(account.avatar_url("168x168"))),
        "avatar_url_100" => (basic, json!(account.avatar_url("100x100"))),
        "avatar_large_url" => (basic, json!(account.avatar_url("1080x1080"))),
        "display_name" => (basic, json!(account.nickname)),
        "bio_description" => (profile, json!("")),
        "profile_deep_link" => (
            profile,
            json!(format!("https://vm.tiktok.com/{}/", account.username)),
        ),
        "is_verified" => (profile, json!(false)),
        "username" => (profile, json!(account.username)),
        "follower_count" => (stats, json!(counts().follower_count)),
        "following_count" => (stats, json!(counts().following_count)),
        "likes_count" => (stats, json!(counts().likes_count)),
        "video_count" => (stats, json!(display::public(world, account, now).len())),
        _ => return None,
    })
}
