//! Fields that several inits have in common, and what refusing them says.

use serde_json::{Map, Value};
use url::Url;

use crate::media::is_fetchable;
use crate::tiktok::envelope::Refusal;

const AUDIENCES: [&str; 4] = [
    "PUBLIC_TO_EVERYONE",
    "MUTUAL_FOLLOW_FRIENDS",
    "FOLLOWER_OF_CREATOR",
    "SELF_ONLY",
];

pub(super) type Object = Map<String, Value>;

pub(super) fn post_info() -> Refusal {
    Refusal::params("The request post info is empty or incorrect")
}

pub(super) fn source_info() -> Refusal {
    Refusal::params("The request source info is empty or incorrect")
}

pub(super) fn object<'a>(body: &'a Value, name: &str) -> Option<&'a Object> {
    body.get(name).and_then(Value::as_object)
}

/// An optional text of at most `max` UTF-16 code units.
pub(super) fn text(post: &Object, name: &str, max: usize) -> Result<String, Refusal> {
    let text = match post.get(name) {
        None | Some(Value::Null) => "",
        Some(Value::String(text)) => text,
        Some(_) => return Err(post_info()),
    };
    if text.encode_utf16().count() > max {
        return Err(Refusal::params(format!("The {name} is too long")));
    }
    Ok(text.to_owned())
}

/// Each is left out, null, or a truth value.
pub(super) fn flags(post: &Object, names: &[&str]) -> Result<(), Refusal> {
    let is_flag =
        |name: &&str| matches!(post.get(*name), None | Some(Value::Null | Value::Bool(_)));
    if names.iter().all(is_flag) {
        Ok(())
    } else {
        Err(post_info())
    }
}

/// None of these may be there: they belong to another kind of post.
pub(super) fn none_of(fields: &Object, names: &[&str]) -> Result<(), Refusal> {
    match names.iter().find(|name| fields.contains_key(**name)) {
        Some(name) => Err(Refusal::params(format!(
            "The field {name} is not allowed here"
        ))),
        None => Ok(()),
    }
}

/// Takes these out, and answers those that were there.
pub(super) fn without(fields: &mut Object, names: &[&'static str]) -> Vec<&'static str> {
    let mut taken = names.to_vec();
    taken.retain(|name| fields.remove(*name).is_some());
    taken
}

/// The audience, which branded content has to reach.
pub(super) fn privacy(post: &Object) -> Result<String, Refusal> {
    let privacy = post
        .get("privacy_level")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !AUDIENCES.contains(&privacy) {
        return Err(post_info());
    }
    let branded = post.get("brand_content_toggle").and_then(Value::as_bool) == Some(true);
    if branded && privacy == "SELF_ONLY" {
        return Err(Refusal::params("Branded content cannot be private"));
    }
    Ok(privacy.to_owned())
}

/// An address the platform would fetch.
pub(super) fn address(value: Option<&Value>) -> Result<Url, Refusal> {
    value
        .and_then(Value::as_str)
        .and_then(|text| Url::parse(text).ok())
        .filter(is_fetchable)
        .ok_or_else(source_info)
}
