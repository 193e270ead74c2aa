//! `POST /v2/oauth/revoke/`: the user's consent to the app ends.
//!
//! <https://developers.tiktok.com/docs/en/oauth-revoke-a-user-access-token>: the body of a success
//! is empty, and the sample shows `{}`. The sandbox sends the one and the other in turn.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::calls::{Call, Note, about};
use crate::clock::Millis;
use crate::shared::Shared;
use crate::tiktok::account;
use crate::tiktok::envelope::OAuthRefusal;
use crate::tiktok::form::{Form, is_content_type};
use crate::world::World;

/// Why the consent ended: the developer revoked it.
const REASON: u8 = 5;

/// The handler.
pub(crate) async fn revoke(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::parse(&body);
    let answer = if is_content_type(&headers, "application/x-www-form-urlencoded") {
        shared.change(|world, now| decide(world, now, &form))
    } else {
        Err(OAuthRefusal::MALFORMED)
    };
    let response = match answer {
        Ok(count) => {
            let mut response = if count % 2 == 1 {
                axum::Json(serde_json::json!({})).into_response()
            } else {
                StatusCode::OK.into_response()
            };
            response.extensions_mut().insert(Note::new("ok"));
            response
        }
        Err(refusal) => refusal.answer(&call),
    };
    about(response, form.one("client_key"), None)
}

fn decide(world: &mut World, now: Millis, form: &Form) -> Result<u64, OAuthRefusal> {
    world
        .secrets
        .receive("client_secret", form.one("client_secret"));
    world.secrets.receive("access_token", form.one("token"));
    if form.repeats() {
        return Err(OAuthRefusal::MALFORMED);
    }
    let client_key = form.one("client_key").ok_or(OAuthRefusal::MALFORMED)?;
    let secret = form.one("client_secret").ok_or(OAuthRefusal::NO_SECRET)?;
    let token = form.one("token").ok_or(OAuthRefusal::MALFORMED)?;
    world
        .client(client_key, secret)
        .ok_or(OAuthRefusal::CLIENT)?;
    let grant = world.grants.by_access(token, now);
    let account = grant
        .filter(|grant| grant.client_key == client_key)
        .and_then(|grant| account::find(&grant.account))
        .ok_or(OAuthRefusal::ACCESS)?;
    world.revoke(client_key, account, REASON, now);
    world.revocations += 1;
    Ok(world.revocations)
}
