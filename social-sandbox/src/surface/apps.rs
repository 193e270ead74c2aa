//! Registering apps, as HTTP.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use http::StatusCode;
use serde_json::{Map, Value};

use super::{Shares, body, control};
use crate::control::ControlError;
use crate::tiktok::app::App;

const PLATFORM: &str = "tiktok";

fn wrong(error: serde_json::Error) -> ControlError {
    ControlError(error.to_string())
}

/// Every app, without its secret.
pub(super) async fn list(State(shared): Shares) -> Result<Json<Vec<Value>>, ControlError> {
    let view = |app: &App| {
        let mut view = serde_json::to_value(app).map_err(wrong)?;
        if let Some(fields) = view.as_object_mut() {
            fields.remove("client_secret");
            fields.insert("platform".to_owned(), PLATFORM.into());
        }
        Ok(view)
    };
    let apps = control(shared).apps();
    apps.iter().map(view).collect::<Result<_, _>>().map(Json)
}

/// Takes the fields of [`App`]; what is left out is as [`App::new`] makes it.
pub(super) async fn add(
    State(shared): Shares,
    new: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<StatusCode, ControlError> {
    let mut new = body(new)?;
    let platform = new.remove("platform").unwrap_or_default();
    if platform != PLATFORM {
        return Err(ControlError(format!(
            "there is no platform {platform}, only {PLATFORM}"
        )));
    }
    let mut app = serde_json::to_value(App::new("", "")).map_err(wrong)?;
    for (name, value) in new {
        let field = app.get_mut(&name);
        *field.ok_or_else(|| ControlError(format!("an app has no field {name:?}")))? = value;
    }
    control(shared).add_app(serde_json::from_value(app).map_err(wrong)?)?;
    Ok(StatusCode::CREATED)
}
