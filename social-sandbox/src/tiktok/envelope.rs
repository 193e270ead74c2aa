//! The two answer shapes: flat for OAuth, nested for everything else.
//!
//! <https://developers.tiktok.com/doc/oauth-error-handling> and
//! <https://developers.tiktok.com/doc/tiktok-api-v2-error-handling>.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;

use crate::calls::{Call, Note};

/// A refusal in the nested shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// Errors come with an empty `data` or without it; both have been recorded.
    pub(crate) data: bool,
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
struct Nested<'a, T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<T>,
    error: Inner<'a>,
}

#[derive(Serialize)]
struct Inner<'a> {
    code: &'a str,
    message: &'a str,
    log_id: &'a str,
}

/// HTTP 200 with `error.code` "ok".
pub(crate) fn ok<T: Serialize>(call: &Call, data: T) -> Response {
    let error = Inner {
        code: "ok",
        message: "",
        log_id: &call.log_id,
    };
    let mut response = Json(Nested {
        data: Some(data),
        error,
    })
    .into_response();
    response.extensions_mut().insert(Note::new("ok"));
    response
}

/// The same without `data`, as `cancel` answers.
pub(crate) fn ok_without_data(call: &Call) -> Response {
    let refusal = Refusal::new(StatusCode::OK, "ok", "");
    refusal.answer(call)
}

impl Refusal {
    /// A refusal whose body has no `data`, like the recorded ones of the posting endpoints.
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            data: false,
        }
    }

    /// The same with an empty `data`.
    pub(crate) fn with_data(mut self) -> Self {
        self.data = true;
        self
    }

    /// 400 `invalid_params`, the spelling of every recorded body.
    pub(crate) fn params(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_params", message)
    }

    /// 403 with the generic message that comes with most of them.
    pub(crate) fn forbidden(code: &'static str) -> Self {
        let message = "Please review our integration guidelines at \
                       https://developers.tiktok.com/doc/content-sharing-guidelines/";
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// 429, without a Retry-After header: none is documented.
    pub(crate) fn rate_limited() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded", "").with_data()
    }

    pub(crate) fn answer(&self, call: &Call) -> Response {
        let error = Inner {
            code: self.code,
            message: &self.message,
            log_id: &call.log_id,
        };
        let body = Nested {
            data: self.data.then_some(Empty {}),
            error,
        };
        let mut response = (self.status, Json(body)).into_response();
        response.extensions_mut().insert(Note::new(self.code));
        response
    }
}

/// A refusal in the flat shape of the OAuth endpoints.
///
/// The documentation gives no HTTP status for these. Bodies with `invalid_grant` and
/// `invalid_client` have been reported with HTTP 200, so the sandbox sends those two that way: a
/// client has to decide from the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OAuthRefusal {
    pub(crate) status: StatusCode,
    pub(crate) error: &'static str,
    pub(crate) description: &'static str,
}

#[derive(Serialize)]
struct Flat<'a> {
    error: &'a str,
    error_description: &'a str,
    log_id: &'a str,
}

impl OAuthRefusal {
    pub(crate) const MALFORMED: Self = Self::request("The request parameters are malformed.");
    pub(crate) const NO_SECRET: Self = Self::request("Client secret is missed in request.");
    pub(crate) const REDIRECT: Self =
        Self::request("Redirect_uri is not matched with the uri when requesting code.");
    pub(crate) const PKCE: Self = Self::request("Code verifier or code challenge is invalid.");
    pub(crate) const CODE: Self = Self::grant("Authorization code is expired.");
    pub(crate) const REFRESH: Self = Self::grant("Refresh token is invalid or expired.");
    pub(crate) const ACCESS: Self = Self::grant("Access token is invalid or expired.");
    pub(crate) const CLIENT: Self = Self {
        status: StatusCode::OK,
        error: "invalid_client",
        description: "Client key or secret is incorrect.",
    };
    pub(crate) const GRANT_TYPE: Self = Self {
        status: StatusCode::BAD_REQUEST,
        error: "unsupported_grant_type",
        description: "The grant type is not supported.",
    };
    pub(crate) const SERVER: Self = Self {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        error: "server_error",
        description: "Internal server error.",
    };

    const fn request(description: &'static str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error: "invalid_request",
            description,
        }
    }

    const fn grant(description: &'static str) -> Self {
        Self {
            status: StatusCode::OK,
            error: "invalid_grant",
            description,
        }
    }

    pub(crate) fn answer(&self, call: &Call) -> Response {
        let body = Flat {
            error: self.error,
            error_description: self.description,
            log_id: &call.log_id,
        };
        let mut response = (self.status, Json(body)).into_response();
        response.extensions_mut().insert(Note::new(self.error));
        response
    }
}
