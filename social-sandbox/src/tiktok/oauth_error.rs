//! The errors of OAuth, for those that a user can be asked to let happen.
//!
//! <https://developers.tiktok.com/doc/oauth-error-handling>

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::tiktok::envelope::OAuthRefusal;

/// A value of `error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OAuthError {
    AccessDenied,
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    InvalidScope,
    ServerError,
    TemporarilyUnavailable,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedResponseType,
}

impl OAuthError {
    pub(crate) const ALL: [Self; 10] = [
        Self::AccessDenied,
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::InvalidRequest,
        Self::InvalidScope,
        Self::ServerError,
        Self::TemporarilyUnavailable,
        Self::UnauthorizedClient,
        Self::UnsupportedGrantType,
        Self::UnsupportedResponseType,
    ];

    pub(crate) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|error| error.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidScope => "invalid_scope",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
        }
    }

    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::AccessDenied => "User denied access",
            Self::InvalidClient => OAuthRefusal::CLIENT.description,
            Self::InvalidGrant => OAuthRefusal::CODE.description,
            Self::InvalidRequest => OAuthRefusal::MALFORMED.description,
            Self::InvalidScope => "The requested scope is invalid.",
            Self::ServerError => OAuthRefusal::SERVER.description,
            Self::TemporarilyUnavailable => "The service is temporarily unavailable.",
            Self::UnauthorizedClient => "The client may not make this request.",
            Self::UnsupportedGrantType => OAuthRefusal::GRANT_TYPE.description,
            Self::UnsupportedResponseType => "The response type is not supported.",
        }
    }

    /// The token endpoint's answer. No statuses are documented; see [`OAuthRefusal`].
    pub(crate) fn refusal(self) -> OAuthRefusal {
        let status = match self {
            Self::InvalidClient | Self::InvalidGrant => StatusCode::OK,
            Self::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        OAuthRefusal {
            status,
            error: self.name(),
            description: self.description(),
        }
    }
}
