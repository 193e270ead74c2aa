//! What is answered when something is not as asked: a page for people, JSON for programs, both with the id that the log
//! line carries.

mod render;
mod words;

use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use social_core::{Error, ErrorKind};

pub(crate) use render::{panicked, render};

use crate::view::problem::{Button, Words};
use crate::view::shell::SignIn;

/// An answer that is not what was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Failure(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    status: StatusCode,
    title: String,
    line: String,
    buttons: Vec<Button>,
    code: String,
    /// Shown under "Details for support".
    details: Vec<(String, String)>,
    retry_after: Option<u64>,
    sign_in: Option<SignIn>,
    /// For the log.
    cause: Option<Error>,
}

impl Failure {
    /// A failure in the words of a page.
    pub(crate) fn new(status: StatusCode, code: &str, words: Words) -> Self {
        Self(Box::new(Parts {
            status,
            title: words.title,
            line: words.line,
            buttons: vec![Button::link("To the start", "/")],
            code: code.to_owned(),
            details: Vec::new(),
            retry_after: None,
            sign_in: None,
            cause: None,
        }))
    }

    /// There is nothing at this address, or nothing of this person.
    pub(crate) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            words::of_error(&Error::new(ErrorKind::NotFound, "nothing here")),
        )
    }

    /// The page is somebody's, and nobody is signed in.
    pub(crate) fn sign_in(why: SignIn) -> Self {
        let words = Words {
            title: "Sign in first".to_owned(),
            line: "This address needs a sign-in.".to_owned(),
            button: None,
        };
        let mut failure = Self::new(StatusCode::UNAUTHORIZED, "sign_in", words);
        failure.0.sign_in = Some(why);
        failure
    }

    /// Keeps the cause for the log, and its codes for support.
    #[must_use]
    pub(crate) fn with_cause(mut self, cause: Error) -> Self {
        let detail = |name: &str, value: Option<&str>| {
            value.map(|value| (name.to_owned(), value.to_owned()))
        };
        self.0.details.extend(detail("Code", cause.code()));
        self.0.details.extend(detail("Request", cause.request_id()));
        self.0.details.extend(detail("During", cause.operation()));
        self.0.cause = Some(cause);
        self
    }

    /// An answer of the HTTP layers in words.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        if status == StatusCode::NOT_FOUND {
            return Self::not_found();
        }
        let (code, title, line) = words::of_status(status);
        Self::new(
            status,
            code,
            Words {
                title: title.to_owned(),
                line: line.to_owned(),
                button: None,
            },
        )
    }
}

impl IntoResponse for Failure {
    /// Without a body: [`render`] knows who asks and in which form.
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        if error.kind() == ErrorKind::NotFound {
            return Self::not_found().with_cause(error);
        }
        let status = words::status(&error);
        let mut failure = Self::new(status, words::code(&error), words::of_error(&error));
        failure.0.retry_after = words::retry_after(&error);
        if status == StatusCode::CONFLICT && error.kind() == ErrorKind::Unauthorized {
            failure.0.buttons = vec![Button::link("Reconnect", "/accounts")];
        }
        failure.with_cause(error)
    }
}

impl From<askama::Error> for Failure {
    fn from(_: askama::Error) -> Self {
        Self::of_status(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<FormRejection> for Failure {
    fn from(rejection: FormRejection) -> Self {
        Self::of_status(rejection.status())
    }
}

impl From<QueryRejection> for Failure {
    fn from(rejection: QueryRejection) -> Self {
        Self::of_status(rejection.status())
    }
}

impl From<PathRejection> for Failure {
    fn from(_: PathRejection) -> Self {
        Self::not_found()
    }
}
